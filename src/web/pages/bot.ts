import type { Context } from 'koa';
import type { Edit } from '../../policy/edit.ts';
import type { Policy, Rule } from '../../policy/schema.ts';
import { type Pages, queryOf, tokenOf, type Web } from '../context.ts';
import { setFlash } from '../flash.ts';
import { fieldsOf } from '../form.ts';
import { askStatus, type Status, seeOther, showPage } from '../frame.ts';
import { addressOf, type Paged, pageOf } from '../paging.ts';
import { problemText, savedText, saveEdit } from '../save.ts';
import { destinationTerm, ruleSentence, serviceTerm, sourceTerm, type Term } from '../words.ts';

/** Firewall → Block Outgoing Traffic: state, and the rules as a policy to read. */
export const botPages: Pages = (router, web) => {
  router.get('/firewall/bot', (ctx) => showRules(web, ctx));
  router.post('/firewall/bot/rules/:id/toggle', (ctx) => {
    const { enabled, log } = Object.fromEntries(fieldsOf(ctx));
    return change(web, ctx, {
      do: 'toggleRule',
      id: idOf(ctx),
      ...(enabled === undefined ? {} : { enabled: enabled === 'yes' }),
      ...(log === undefined ? {} : { log: log === 'yes' }),
    });
  });
  router.post('/firewall/bot/rules/:id/move', (ctx) => {
    const position = Number.parseInt(fieldsOf(ctx).get('position') ?? '', 10);
    if (!(position >= 0)) return ctx.throw(400, 'No position was given.', { expose: true });
    return change(web, ctx, { do: 'moveRule', id: idOf(ctx), position });
  });
  router.get('/firewall/bot/rules/:id/delete', async (ctx) => {
    const { policy } = await web.agent('policy.get', {}, tokenOf(ctx));
    const rule = policy.rules.find(({ id }) => id === idOf(ctx));
    if (rule === undefined) return ctx.throw(404);
    await showPage(web, ctx, { title: 'Delete rule', nav: 'bot' }, 'rule-delete.njk', {
      id: rule.id,
      number: policy.rules.indexOf(rule) + 1,
      remark: rule.remark,
      sentence: ruleSentence(policy, rule),
    });
  });
  router.post('/firewall/bot/rules/:id/delete', (ctx) =>
    change(web, ctx, { do: 'deleteRule', id: idOf(ctx) }, 'Rule deleted.'),
  );
};

const idOf = (ctx: Context): string => (ctx as Context & { params: { id: string } }).params.id;

/** Makes the change and leads back to the list as it was, to the rule that was touched. */
const change = async (web: Web, ctx: Context, edit: Edit & { id: string }, done?: string): Promise<void> => {
  const saved = await saveEdit(web.agent, ctx, edit);
  if (!saved.ok) setFlash(ctx, 'refused', problemText(saved.problems));
  else if (done !== undefined || saved.cut > 0) setFlash(ctx, 'done', savedText(saved.cut, done));
  const fields = fieldsOf(ctx);
  const query = { q: fields.get('q') ?? '', page: fields.get('page') ?? '' };
  seeOther(ctx, `${addressOf('/firewall/bot', query)}#rule-${edit.id}`);
};

const showRules = async (web: Web, ctx: Context): Promise<void> => {
  const [status, { policy }] = await Promise.all([askStatus(web, ctx), web.agent('policy.get', {}, tokenOf(ctx))]);
  const q = queryOf(ctx, 'q');
  const rows = policy.rules.map((rule, index) => rowOf(policy, rule, index, status));
  await showPage(web, ctx, { title: 'Block Outgoing Traffic', nav: 'bot', status }, 'bot.njk', {
    bot: status.bot,
    settings: policy.settings,
    configured: policy.settings.adminMac !== '',
    q,
    path: '/firewall/bot',
    list: pageOf(rows, q, queryOf(ctx, 'page'), (row) => row.text) satisfies Paged<Row>,
    last: policy.rules.length - 1,
    defaults: status.counters.default ?? { packets: 0, bytes: 0 },
  });
};

type Row = ReturnType<typeof rowOf>;

const rowOf = (policy: Policy, rule: Rule, index: number, { counters }: Status) => {
  const who = sourceTerm(policy, rule.source);
  const what = serviceTerm(policy, rule.service);
  const where = destinationTerm(policy, rule.destination);
  const termText = (term: Term) => `${term.name} ${term.detail}`;
  return {
    id: rule.id,
    index,
    enabled: rule.enabled,
    log: rule.log,
    action: rule.action,
    remark: rule.remark,
    who,
    what,
    where,
    counter: counters[rule.id] ?? { packets: 0, bytes: 0 },
    text: `${rule.remark} ${termText(who)} ${termText(what)} ${termText(where)}`,
  };
};
