import type { Context } from 'koa';
import { POLICY_BODY_MAX } from '../../agent/api.ts';
import { Unreadable } from '../../import-read/tar.ts';
import { type Policy, SCHEMA } from '../../policy/schema.ts';
import { ruleSentence } from '../../policy/sentence.ts';
import { mustBeAble, type Pages, queryOf, tokenOf, type Web } from '../context.ts';
import { setFlash } from '../flash.ts';
import { fieldsOf } from '../form.ts';
import { formatBytes } from '../format.ts';
import { seeOther, showPage } from '../frame.ts';
import { type Answers, type Kept, KeptUploads, outcomeOf } from '../import-kept.ts';
import { answerThenSave } from '../moved.ts';
import { pageOf } from '../paging.ts';
import { checkEdit, problemText, savedText, saveEdit } from '../save.ts';
import { UPLOAD_MAX, uploadOf } from '../upload.ts';

/** Firewall → Import: old files or a policy are uploaded, looked at, and applied on confirmation. And the policy as one file. */
export const importPages: Pages = (router, web) => {
  const uploads = new KeptUploads();
  router.get('/firewall/import', (ctx) => showStart(web, ctx, uploads, ''));
  router.get('/firewall/import/policy.json', (ctx) => sendPolicy(web, ctx));
  router.post('/firewall/import', (ctx) => takeFile(web, ctx, uploads));
  router.get('/firewall/import/preview', (ctx) => showPreview(web, ctx, uploads, 'report'));
  router.get('/firewall/import/rules', (ctx) => showPreview(web, ctx, uploads, 'rules'));
  router.post('/firewall/import/answers', (ctx) => takeAnswers(ctx, uploads));
  router.post('/firewall/import/apply', (ctx) => apply(web, ctx, uploads));
  router.post('/firewall/import/forget', (ctx) => {
    uploads.forget(tokenOf(ctx));
    seeOther(ctx, '/firewall/import');
  });
};

const PREVIEW = '/firewall/import/preview';
const GONE = 'There is no upload any more: it waits for 15 minutes. Upload the file again.';

const showStart = (web: Web, ctx: Context, uploads: KeptUploads, fault: string): Promise<void> =>
  showPage(web, ctx, { title: 'Import and export', nav: 'import' }, 'import.njk', {
    fault,
    schema: SCHEMA,
    waiting: uploads.of(tokenOf(ctx))?.name ?? '',
  });

const sendPolicy = async (web: Web, ctx: Context): Promise<void> => {
  const { policy, revision } = await web.agent('policy.get', {}, tokenOf(ctx));
  ctx.type = 'application/json';
  ctx.attachment(`${policy.network.hostname}-policy-${revision}.json`);
  ctx.body = `${JSON.stringify(policy, null, 2)}\n`;
};

const takeFile = async (web: Web, ctx: Context, uploads: KeptUploads): Promise<void> => {
  mustBeAble(ctx, 'administer');
  const upload = uploadOf(ctx);
  try {
    if (upload === null) throw new Unreadable('Choose a file.');
    if (upload.large) throw new Unreadable(`The file is larger than ${UPLOAD_MAX / 1_000_000} MB.`);
    uploads.keep(tokenOf(ctx), upload);
  } catch (error) {
    if (!(error instanceof Unreadable)) throw error;
    ctx.status = 422;
    await showStart(web, ctx, uploads, error.message);
    return;
  }
  seeOther(ctx, PREVIEW);
};

const takeAnswers = (ctx: Context, uploads: KeptUploads): void => {
  mustBeAble(ctx, 'administer');
  const kept = uploads.of(tokenOf(ctx));
  if (kept !== null) {
    const fields = fieldsOf(ctx);
    const pick = <T extends string>(name: string, known: readonly T[], now: T): T =>
      known.find((one) => one === fields.get(name)) ?? now;
    const modes: Answers['mode'][] = kept.content.kind === 'old' ? ['replace', 'below'] : ['rules', 'all'];
    kept.answers = {
      mode: pick('mode', modes, kept.answers.mode),
      advanced: pick('advanced', ['closed', 'as-written', 'as-ran'], kept.answers.advanced),
      green: pick('green', ['closed', 'as-written'], kept.answers.green),
    };
  }
  seeOther(ctx, PREVIEW);
};

const showPreview = async (
  web: Web,
  ctx: Context,
  uploads: KeptUploads,
  view: 'report' | 'rules',
  faults: string[] = [],
): Promise<void> => {
  mustBeAble(ctx, 'administer');
  const kept = uploads.of(tokenOf(ctx));
  if (kept === null) {
    setFlash(ctx, 'refused', GONE);
    seeOther(ctx, '/firewall/import');
    return;
  }
  const { policy: base, revision } = await web.agent('policy.get', {}, tokenOf(ctx));
  const { policy, report, questions } = outcomeOf(kept, base, revision);
  const q = queryOf(ctx, 'q');
  const page = queryOf(ctx, 'page', 6);
  const shown = view === 'rules' || kept.content.kind === 'policy' ? 'rules' : 'report';
  const lines = pageOf(
    report,
    q,
    page,
    (one) => `[${one.outcome}] ${one.file}:${one.line} ${one.text} ${one.why} ${one.review ? '[check it]' : ''}`,
  );
  const rules = pageOf(
    policy.rules.map((rule, index) => ({ rule, number: index + 1 })),
    q,
    page,
    ({ rule }) =>
      `${shown === 'rules' && q !== '' ? ruleSentence(policy, rule) : ''} ${rule.remark} ${rule.heading} ${rule.enabled ? '' : '[off]'}`,
  );
  await showPage(web, ctx, { title: 'Import', nav: 'import' }, 'import-preview.njk', {
    id: kept.id,
    name: kept.name,
    old: kept.content.kind === 'old',
    schema: kept.content.kind === 'policy' ? kept.content.schema : 0,
    answers: kept.answers,
    questions,
    revision,
    faults: faults.length > 0 ? faults : sizeFaults(policy),
    fits: sizeFaults(policy).length === 0,
    q,
    shown,
    lines,
    path: shown === 'rules' ? '/firewall/import/rules' : PREVIEW,
    rules: {
      ...rules,
      rows: rules.rows.map(({ rule, number }) => ({
        number,
        enabled: rule.enabled,
        remark: rule.remark,
        sentence: ruleSentence(policy, rule),
      })),
    },
    counts: countsOf(report),
    skipped: kept.skipped.slice(0, 50),
    skippedCount: kept.skipped.length,
    changes: changesOf(base, policy),
  });
};

/** What is longer than the agent takes is told before it is tried. */
const sizeFaults = (policy: Policy): string[] => {
  const size = Buffer.byteLength(JSON.stringify(policy)) + ENVELOPE;
  return size <= POLICY_BODY_MAX
    ? []
    : [
        `The policy would be ${formatBytes(size)}; Greengate takes at most ${formatBytes(POLICY_BODY_MAX)}. Shorten it, for example by networks and groups instead of one rule for each computer.`,
      ];
};

/** What goes around a policy when it is sent. */
const ENVELOPE = 200;

const countsOf = (report: { outcome: string; review: boolean }[]): { word: string; count: number }[] =>
  ['imported', 'imported disabled', 'refused', 'note', 'ignored', 'check it']
    .map((word) => ({
      word,
      count: report.filter(({ outcome, review }) => (word === 'check it' ? review : outcome === word)).length,
    }))
    .filter(({ count }) => count > 0);

/** What happens to the box besides rules and objects, one sentence each. */
const changesOf = (base: Policy, next: Policy): string[] => {
  const found = [
    `${base.rules.length} rules now, ${next.rules.length} afterwards, ${next.rules.filter(({ enabled }) => enabled).length} of them in force.`,
    base.settings.enabled
      ? 'BOT stays enabled: the new rules are in force at once.'
      : 'BOT stays disabled until you enable it.',
  ];
  if (base.settings.adminMac !== next.settings.adminMac && base.settings.adminMac !== '')
    found.push(
      `The Admin MAC becomes ${next.settings.adminMac}. ${base.settings.adminMac} stays among the further administrators, so that nobody is locked out.`,
    );
  if (base.settings.adminMac === '' && next.settings.adminMac !== '')
    found.push(`The Admin MAC becomes ${next.settings.adminMac}.`);
  if (base.settings.uiPort !== next.settings.uiPort)
    found.push(`This user interface moves to port ${next.settings.uiPort}.`);
  if (base.network.green.address !== next.network.green.address)
    found.push(`GREEN moves from ${base.network.green.address} to ${next.network.green.address}.`);
  if (base.settings.connectionState !== next.settings.connectionState)
    found.push(`“Connection state” is switched ${next.settings.connectionState ? 'on' : 'off'}.`);
  if (base.settings.defaultDeny !== next.settings.defaultDeny)
    found.push(`What matches no rule: ${next.settings.defaultDeny} instead of ${base.settings.defaultDeny}.`);
  return found;
};

const apply = async (web: Web, ctx: Context, uploads: KeptUploads): Promise<void> => {
  mustBeAble(ctx, 'administer');
  const fields = fieldsOf(ctx);
  const kept = uploads.of(tokenOf(ctx));
  if (kept === null || kept.id !== fields.get('id')) {
    setFlash(ctx, 'refused', kept === null ? GONE : 'Another file was uploaded since. This is what it would do.');
    seeOther(ctx, kept === null ? '/firewall/import' : PREVIEW);
    return;
  }
  const { policy: base, revision } = await web.agent('policy.get', {}, tokenOf(ctx));
  const answered = JSON.stringify(kept.answers) === fields.get('answers');
  if (String(revision) !== fields.get('revision') || !answered) {
    setFlash(
      ctx,
      'refused',
      'Nothing was changed: policy or answers are others than when this page was loaded. Look at the preview again.',
    );
    seeOther(ctx, PREVIEW);
    return;
  }
  await replace(web, ctx, uploads, kept, base, revision);
};

const replace = async (
  web: Web,
  ctx: Context,
  uploads: KeptUploads,
  kept: Kept,
  base: Policy,
  revision: number,
): Promise<void> => {
  const { policy } = outcomeOf(kept, base, revision);
  if (sizeFaults(policy).length > 0) {
    ctx.status = 422;
    return showPreview(web, ctx, uploads, 'report');
  }
  const edit = { do: 'replace', value: policy } as const;
  const { uiPort } = policy.settings;
  const { address } = policy.network.green;
  if (uiPort !== base.settings.uiPort || address !== base.network.green.address) {
    const checked = await checkEdit(web.agent, ctx, edit);
    if (checked.ok) {
      uploads.forget(tokenOf(ctx));
      await answerThenSave(web, ctx, edit, { address, port: uiPort, revision });
      return;
    }
  }
  const saved = await saveEdit(web.agent, ctx, edit, revision);
  if (!saved.ok) {
    ctx.status = 422;
    await showPreview(web, ctx, uploads, 'report', [problemText(saved.problems)]);
    return;
  }
  uploads.forget(tokenOf(ctx));
  setFlash(ctx, 'done', savedText(saved.cut, `Imported: ${policy.rules.length} rules.`));
  seeOther(ctx, '/firewall/bot');
};
