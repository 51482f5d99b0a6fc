import type { Context } from 'koa';
import type { GenerationInfo, Verbs } from '../../agent/api.ts';
import { AgentRefusal } from '../../agent/client.ts';
import type { Edit } from '../../policy/edit.ts';
import { clockWords } from '../../policy/zones.ts';
import { isAmong } from '../admins.ts';
import { can, mustBeAble, type Pages, queryOf, tokenOf, visitorOf, type Web } from '../context.ts';
import { effectsOf } from '../effects.ts';
import { setFlash } from '../flash.ts';
import { fieldsOf } from '../form.ts';
import { askStatus, type Status, seeOther, showPage } from '../frame.ts';
import { answerThen } from '../moved.ts';
import { pageOf } from '../paging.ts';
import { checkEdit, problemText, revisionOf, savedText } from '../save.ts';

const path = '/system/generations';
const ROWS = 25;

/** System → Generations: every policy that was in force and is kept; what one would change, and the button that brings it back. */
export const generationPages: Pages = (router, web) => {
  router.get(path, (ctx) => showList(web, ctx));
  router.get(`${path}/:number`, async (ctx) => show(web, ctx, await ask(web, ctx)));
  router.post(`${path}/:number`, async (ctx) => {
    mustBeAble(ctx, 'administer');
    const asked = await ask(web, ctx);
    // What is looked for still is asked for again by the form of the page.
    return fieldsOf(ctx).get('step') === 'restore' ? restore(web, ctx, asked) : show(web, ctx, asked);
  });
};

type Asked = Verbs['generations.diff']['out'] & { base: Verbs['policy.get']['out']['policy'] };

const ask = async (web: Web, ctx: Context): Promise<Asked> => {
  const text = (ctx as Context & { params: { number?: string } }).params.number ?? '';
  if (!/^[1-9]\d{0,8}$/.test(text)) return ctx.throw(404);
  const [diff, { policy }] = await Promise.all([
    web.agent('generations.diff', { number: Number(text) }, tokenOf(ctx)),
    web.agent('policy.get', {}, tokenOf(ctx)),
  ]);
  return { ...diff, base: policy };
};

const rowOf = (one: GenerationInfo, { timezone }: Status) => ({
  ...one,
  when: one.damaged ? '' : clockWords(timezone, one.time),
  href: one.damaged ? '' : `${path}/${one.number}`,
});

const showList = async (web: Web, ctx: Context): Promise<void> => {
  const [status, { generations }] = await Promise.all([
    askStatus(web, ctx),
    web.agent('generations.list', {}, tokenOf(ctx)),
  ]);
  await showPage(web, ctx, { title: 'Generations', nav: 'generations', status }, 'generations.njk', {
    path,
    list: pageOf(
      generations.map((one) => rowOf(one, status)),
      '',
      queryOf(ctx, 'page'),
      () => '',
      ROWS,
    ),
  });
};

const replaced = ({ policy }: Asked): Edit => ({ do: 'replace', value: policy });

const show = async (web: Web, ctx: Context, asked: Asked, refused = ''): Promise<void> => {
  const { generation, differences, revision } = asked;
  const offered = can(ctx, 'administer') && differences.length > 0;
  const status = await askStatus(web, ctx);
  const effects = offered ? await effectsOf(web, ctx, replaced(asked), revision) : null;
  await showPage(web, ctx, { title: `Generation ${generation.number}`, nav: 'generations', status }, 'generation.njk', {
    path,
    one: rowOf(generation, status),
    differences,
    revision,
    effects,
    notes: notesOf(ctx, asked, status),
    // What would be refused says so before it is tried.
    problem: refused || (offered && effects === null ? await faultOf(web, ctx, asked) : ''),
    offered,
  });
};

const faultOf = async (web: Web, ctx: Context, asked: Asked): Promise<string> => {
  const checked = await checkEdit(web.agent, ctx, replaced(asked));
  return checked.ok ? '' : problemText(checked.problems);
};

const notesOf = (ctx: Context, { policy, base }: Asked, status: Status): string[] => {
  const admins = ({ settings }: Asked['policy']) => [settings.adminMac, ...settings.moreAdmins];
  const visitor = { address: visitorOf(ctx), mac: status.visitorMac };
  const loses = isAmong(visitor, admins(base)) && !isAmong(visitor, admins(policy));
  return [
    `BOT stays ${base.settings.enabled ? 'on' : 'off'}, and blocked hosts stay as they are now.`,
    ...(loses ? ['This computer is not among the administrators of that generation: it may be shut out.'] : []),
  ];
};

const restore = async (web: Web, ctx: Context, asked: Asked): Promise<void> => {
  const { generation, policy, base } = asked;
  const { number } = generation;
  const revision = revisionOf(fieldsOf(ctx)) ?? asked.revision;
  const token = tokenOf(ctx);
  const change = () => web.agent('generations.restore', { number, revision }, token);
  const { address } = policy.network.green;
  const { uiPort: port } = policy.settings;
  // Who moves this page is answered before the change is made; what is refused is refused below.
  const moves = address !== base.network.green.address || port !== base.settings.uiPort;
  if (moves && revision === asked.revision && (await checkEdit(web.agent, ctx, replaced(asked))).ok)
    return answerThen(web, ctx, { address, port }, change);
  try {
    const { cut } = await change();
    setFlash(ctx, 'done', savedText(cut, `Generation ${number} is restored.`));
    seeOther(ctx, path);
  } catch (error) {
    if (!(error instanceof AgentRefusal) || ![409, 422].includes(error.status)) throw error;
    ctx.status = error.status;
    await show(web, ctx, await ask(web, ctx), problemText(error.problems) || error.message);
  }
};
