import { createHash } from 'node:crypto';
import type { Context } from 'koa';
import type { Edit } from '../../policy/edit.ts';
import { sameRule } from '../../policy/same-rule.ts';
import type { Policy, Rule } from '../../policy/schema.ts';
import { ruleSentence } from '../../policy/sentence.ts';
import { mustBeAble, type Pages, queryOf, sessionOf, tokenOf, type Web } from '../context.ts';
import { setFlash } from '../flash.ts';
import { type Faults, fault, fieldsOf, noFaults } from '../form.ts';
import { askStatus, seeOther } from '../frame.ts';
import { expiresOf } from '../rule-expiry.ts';
import { ruleFaults } from '../rule-faults.ts';
import { makesOf } from '../rule-makes.ts';
import { prefilled } from '../rule-prefill.ts';
import { positionOf, type Round, type Same, showRuleForm, showRuleReview } from '../rule-show.ts';
import { type RuleValues, readRule, ruleOf, valuesOfRule } from '../rule-values.ts';
import { revisionOf, savedText, saveEdit } from '../save.ts';
import { restored } from './rule-actions.ts';

/** New Rule and Edit: form → review in plain words → save. */
export const ruleFormPages: Pages = (router, web) => {
  router.get('/firewall/bot/rules/new', async (ctx) => {
    mustBeAble(ctx, 'administer');
    const round = await begin(web, ctx);
    const [copy, source, destination] = [queryOf(ctx, 'copy'), queryOf(ctx, 'source'), queryOf(ctx, 'destination')];
    const wanted = { copy, source, destination, service: queryOf(ctx, 'service'), action: queryOf(ctx, 'action') };
    await showRuleForm(web, ctx, round, {
      values: prefilled(round.policy, wanted, round.clock.zone),
      faults: noFaults,
    });
  });
  router.post('/firewall/bot/rules/new', (ctx) => step(web, ctx));
  router.get('/firewall/bot/rules/:id', async (ctx) => {
    const round = await begin(web, ctx);
    if (round.rule === undefined) return ctx.throw(404);
    const position = String(round.policy.rules.indexOf(round.rule) + 1);
    const values = { ...valuesOfRule(round.policy, round.rule, round.clock.zone), position };
    await showRuleForm(web, ctx, round, { values, faults: noFaults });
  });
  router.post('/firewall/bot/rules/:id', (ctx) => step(web, ctx));
};

const begin = async (web: Web, ctx: Context): Promise<Round> => {
  const [status, { policy, revision }] = await Promise.all([
    askStatus(web, ctx),
    web.agent('policy.get', {}, tokenOf(ctx)),
  ]);
  const { id } = (ctx as Context & { params: { id?: string } }).params;
  const rule = policy.rules.find((one) => one.id === id);
  const clock = { zone: policy.network.timezone, now: status.time };
  return { policy, revision, status, clock, id, rule, seen: rule === undefined ? '' : markOf(rule) };
};

const markOf = (rule: Rule): string =>
  createHash('sha256').update(JSON.stringify(rule)).digest('base64url').slice(0, 16);

/** One round of the form: Next leads to the review, Back to the form again, Save saves. Nothing typed is ever lost. */
const step = async (web: Web, ctx: Context): Promise<void> => {
  mustBeAble(ctx, 'administer');
  const fields = fieldsOf(ctx);
  const values = readRule(fields);
  const wanted = fields.get('step') ?? 'next';
  let round = await begin(web, ctx);
  const again = (status: number, faults: Faults, same?: Same) => {
    ctx.status = status;
    return showRuleForm(web, ctx, round, { values, faults, ...(same === undefined ? {} : { same }) });
  };
  if (round.id !== undefined && round.rule === undefined) return again(409, fault('', deletedMeanwhile));
  if (round.seen !== (fields.get('seen') ?? round.seen)) return again(409, fault('', changedMeanwhile(round)));
  if (wanted === 'back') return again(200, noFaults);
  if (wanted === 'advanced') {
    const saved = await saveEdit(web.agent, ctx, { do: 'section', section: 'settings', value: { advancedMode: true } });
    round = await begin(web, ctx);
    return again(200, saved.ok ? noFaults : fault('', saved.problems[0]?.message ?? ''));
  }
  const tried = await tryRule(web, ctx, round, values);
  if (!tried.ok) return again(422, tried.faults, tried.same);
  if (wanted !== 'save') return showRuleReview(web, ctx, round, { values, ...tried });
  const gone = fixesOf(tried, fields);
  const saved = await saveEdit(web.agent, ctx, withFixes(tried.edit, gone), revisionOf(fields));
  if (saved.ok) {
    const words = gone.length === 0 ? 'Rule saved.' : `Rule saved, and ${countOf(gone.length)} deleted.`;
    setFlash(ctx, 'done', savedText(saved.cut, words), gone.length === 0 ? '' : keepFixes(web, ctx, gone));
    return seeOther(ctx, '/firewall/bot');
  }
  round = await begin(web, ctx);
  return again(saved.moved === true ? 409 : 422, ruleFaults(saved.problems, values, tried.places));
};

type Tried =
  | { ok: false; faults: Faults; same?: Same }
  | { ok: true; edit: Edit; places: Parameters<typeof ruleFaults>[2]; policy: Policy; rule: Rule; changes: string[] };

type Gone = { rule: Rule; position: number }[];

/** The rules that are to go with the change, as the review offered: never the one that is saved. Places are those before they go. */
const fixesOf = ({ policy, rule }: Extract<Tried, { ok: true }>, fields: URLSearchParams): Gone => {
  const ids = new Set(fields.getAll('fix'));
  return policy.rules.flatMap((one, position) =>
    ids.has(one.id) && one.id !== rule.id ? [{ rule: one, position }] : [],
  );
};

const withFixes = (edit: Edit, gone: Gone): Edit => {
  if (gone.length === 0) return edit;
  const edits = edit.do === 'batch' ? edit.edits : [edit];
  return { do: 'batch', edits: [...edits, ...gone.map(({ rule }): Edit => ({ do: 'deleteRule', id: rule.id }))] };
};

const keepFixes = (web: Web, ctx: Context, gone: Gone): string =>
  web.kept.keep(sessionOf(ctx).user, {
    edits: () => restored(gone),
    done: gone.length === 1 ? 'The rule is back in its place.' : 'The rules are back in their places.',
    to: '/firewall/bot',
  });

const countOf = (count: number): string => (count === 1 ? 'one rule' : `${count} rules`);

/** The edit that the form means, checked by the agent; every fault of the form at once, beside its field. */
const tryRule = async (web: Web, ctx: Context, round: Round, values: RuleValues): Promise<Tried> => {
  const { policy, id } = round;
  const end = expiresOf(values, round.clock);
  const position = positionOf(round, values.position);
  const ruleEdit = {
    do: 'saveRule' as const,
    ...(id === undefined ? {} : { id }),
    value: ruleOf(policy, values, 'expires' in end ? end.expires : null),
    ...(typeof position === 'number' ? { position } : {}),
  };
  const makes = makesOf(policy, values);
  const edit: Edit =
    makes.length === 0 ? ruleEdit : { do: 'batch', edits: [...makes.map((one) => one.edit), ruleEdit] };
  const last = id === undefined ? policy.rules.length : policy.rules.findIndex((one) => one.id === id);
  const places = { policy, makes, rule: `rules/${typeof position === 'number' ? position : last}` };
  const { problems, changes = [] } = await web.agent('policy.check', { edit }, tokenOf(ctx));
  const faults = ruleFaults(problems, values, places);
  if ('field' in end) faults.fields[end.field] = end.message;
  if (typeof position === 'string') faults.fields.position = position;
  Object.assign(faults.fields, idleInversions(values));
  if (faults.general.length > 0 || Object.keys(faults.fields).length > 0) return { ok: false, faults };
  // Loaded when it is needed: the schemas behind it are the largest part of this process.
  const { applyEdit } = await import('../../policy/edit.ts');
  const result = applyEdit(policy, edit);
  if (!result.ok) return { ok: false, faults: ruleFaults(result.problems, values, places) };
  const others = new Set(policy.rules.filter((one) => one.id !== id).map((one) => one.id));
  const rule = result.policy.rules.find((one) => !others.has(one.id)) as Rule;
  const same = sameRule(result.policy, rule);
  if (rule.enabled && same?.rule.enabled === true)
    return { ok: false, faults: fault('', sameText(same.number)), same: { id: same.rule.id, number: same.number } };
  return { ok: true, edit, places, policy: result.policy, rule, changes };
};

/** A tick that would do nothing is a fault: nothing is ignored silently. */
const idleInversions = (values: RuleValues): Record<string, string> =>
  Object.fromEntries(
    (['source', 'destination', 'service'] as const)
      .filter((side) => values[`${side}Invert`] === 'on' && ['any', 'greengate'].includes(values[side]))
      .map((side) => [
        `${side}Invert`,
        '“Everything but” needs something to leave out. Choose it, or switch this off.',
      ]),
  );

const sameText = (number: number): string =>
  `Rule ${number} says exactly this already. Change something, or leave it at that rule.`;

const deletedMeanwhile =
  'Somebody deleted this rule meanwhile. What you typed is still below: saving it now makes a new rule.';

const changedMeanwhile = ({ policy, rule }: Round): string =>
  `Somebody else changed this rule meanwhile. It says now: ${rule === undefined ? '' : ruleSentence(policy, rule)} What you typed is still below: see whether it still fits.`;
