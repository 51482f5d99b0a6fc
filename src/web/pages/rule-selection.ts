import type Router from '@koa/router';
import type { Context } from 'koa';
import type { Edit } from '../../policy/edit.ts';
import type { Policy, Rule } from '../../policy/schema.ts';
import { mustBeAble, queryOf, tokenOf, type Web } from '../context.ts';
import { foundIds } from '../findings.ts';
import { type Faults, fault, fieldsOf, formOf, noFaults } from '../form.ts';
import { showPage } from '../frame.ts';
import { listAddress, placeOfText, ruleFilter } from '../rule-filter.ts';
import { areTogether, headingEdits, moveEdits, numbersOf, runOf } from '../rule-moves.ts';
import { revisionOf } from '../save.ts';
import { ruleSentence } from '../words.ts';

/** A change to the list: its edits, what it says when done, and what was meant when it was refused. */
export type ListChange = { edits: Edit[]; done?: string; meant: string; to?: string; undo?: () => string };

/** What these pages lead to. */
export type SelectionEnds = {
  finish: (ctx: Context, change: ListChange) => Promise<void>;
  remove: (ctx: Context, ids: string[]) => Promise<void>;
};

/** Pages that ask for more about rules that were chosen: where to, under which heading, whether to delete that many. */
export const selectionPages = (router: Router, web: Web, ends: SelectionEnds): void => {
  router.get('/firewall/bot/rules/:id/move', (ctx) =>
    ctx.redirect(`/firewall/bot/selected?${new URLSearchParams({ do: 'move', rule: idOf(ctx) })}`),
  );
  router.get('/firewall/bot/rules/:id/delete', (ctx) =>
    ctx.redirect(`/firewall/bot/selected?${new URLSearchParams({ do: 'delete', rule: idOf(ctx) })}`),
  );
  router.get('/firewall/bot/selected', async (ctx) => {
    const rules = ctx.query.rule ?? [];
    const word = queryOf(ctx, 'do');
    const asked = { all: queryOf(ctx, 'all') === 'yes', ids: [rules].flat(), place: queryOf(ctx, 'place', 2000) };
    const { policy, revision } = await getPolicy(web, ctx);
    const ids = await selected(web, ctx, { policy, revision }, asked);
    await show(web, ctx, {
      word,
      ids,
      policy,
      revision,
      place: asked.place,
      values: startValues(word, policy, ids),
      faults: noFaults,
    });
  });
  router.post('/firewall/bot/selected/done', (ctx) => done(web, ctx, ends));
  router.get('/firewall/bot/heading', (ctx) => showHeading(web, ctx));
  router.post('/firewall/bot/heading/done', async (ctx) => {
    const fields = fieldsOf(ctx);
    const { policy } = await getPolicy(web, ctx);
    const ids = fields.getAll('rule');
    const heading = (fields.get('heading') ?? '').trim();
    await ends.finish(ctx, {
      edits: headingEdits(policy.rules, ids, heading),
      meant: heading === '' ? `remove the heading of ${numbersOf(policy.rules, ids)}` : `call the group “${heading}”`,
    });
  });
};

/** The rule that the address names. */
export const idOf = (ctx: Context): string => (ctx as Context & { params: { id: string } }).params.id;

type Shown = {
  word: string;
  ids: string[];
  policy: Policy;
  revision: number;
  place: string;
  values: Record<string, string>;
  faults: Faults;
};

const getPolicy = (web: Web, ctx: Context) => web.agent('policy.get', {}, tokenOf(ctx));

/** The ids that are still there; with `all`, every rule that the filter of the place lets through. */
const selected = async (
  web: Web,
  ctx: Context,
  { policy, revision }: { policy: Policy; revision: number },
  { all, ids, place }: { all: boolean; ids: string[]; place: string },
): Promise<string[]> => {
  if (!all) return policy.rules.filter(({ id }) => ids.includes(id)).map(({ id }) => id);
  const { time } = await web.agent('status', {}, tokenOf(ctx));
  const { filter } = placeOfText(place);
  const found = await foundIds(web, ctx, filter, revision);
  return policy.rules.filter(ruleFilter(policy, filter, time, found)).map(({ id }) => id);
};

const startValues = (word: string, policy: Policy, ids: string[]): Record<string, string> => {
  const first = policy.rules.findIndex(({ id }) => ids.includes(id));
  if (word === 'move') return { where: 'position', number: String(first + 1) };
  return { heading: policy.rules[first]?.heading ?? '', together: areTogether(policy.rules, ids) ? '' : 'on' };
};

const show = async (web: Web, ctx: Context, shown: Shown): Promise<void> => {
  mustBeAble(ctx, 'administer');
  const { word, ids, policy, revision, place, values, faults } = shown;
  if (!['move', 'heading', 'delete'].includes(word)) return ctx.throw(404);
  if (ids.length === 0) return ctx.throw(404);
  const { rules } = policy;
  const numbers = numbersOf(rules, ids);
  const title = { move: `Move ${numbers}`, heading: `Heading for ${numbers}`, delete: `Delete ${numbers}` }[word] ?? '';
  await showPage(web, ctx, { title, nav: 'bot' }, 'rule-selected.njk', {
    word,
    ids,
    numbers,
    revision,
    place,
    back: listAddress(placeOfText(place)),
    form: formOf(values, faults),
    total: rules.length,
    rest: rules.length - ids.length,
    together: areTogether(rules, ids),
    listed: rules.flatMap((rule, index) => (ids.includes(rule.id) ? [lineOf(policy, rule, index)] : [])).slice(0, 20),
    more: Math.max(0, ids.length - 20),
    choices:
      rules.length > 200
        ? []
        : rules.map((rule, index) => ({ value: String(index + 1), label: labelOf(policy, rule) })),
    headings: [...new Set(rules.map(({ heading }) => heading))].filter((heading) => heading !== '').slice(0, 200),
  });
};

const lineOf = (policy: Policy, rule: Rule, index: number) => ({
  number: index + 1,
  sentence: ruleSentence(policy, rule),
  remark: rule.remark,
});

const labelOf = (policy: Policy, rule: Rule): string => {
  const text =
    rule.remark ||
    ruleSentence(policy, rule)
      .map((piece) => piece.text)
      .join('');
  return text.length > 70 ? `${text.slice(0, 69)}…` : text;
};

const done = async (web: Web, ctx: Context, ends: SelectionEnds): Promise<void> => {
  const fields = fieldsOf(ctx);
  const word = fields.get('do') ?? '';
  const { policy, revision } = await getPolicy(web, ctx);
  const ids = fields.getAll('rule').filter((id) => policy.rules.some((rule) => rule.id === id));
  const values = Object.fromEntries(
    ['where', 'number', 'heading', 'together'].map((name) => [name, fields.get(name) ?? '']),
  );
  if (word === 'delete') return ends.remove(ctx, fields.getAll('rule'));
  const change = word === 'move' ? moveChange(policy, ids, values) : headingChange(policy, ids, values);
  if (!('fields' in change)) return ends.finish(ctx, change);
  ctx.status = 422;
  const again = revisionOf(fields) ?? revision;
  await show(web, ctx, {
    word,
    ids,
    policy,
    revision: again,
    place: fields.get('place') ?? '',
    values,
    faults: change,
  });
};

const moveChange = (
  { rules }: Policy,
  ids: string[],
  { where = '', number = '' }: Record<string, string>,
): ListChange | Faults => {
  const rest = rules.filter(({ id }) => !ids.includes(id));
  const at = { first: 0, last: rest.length }[where] ?? placeFor(rules, rest, where, number.trim());
  if (typeof at === 'string') return fault('number', at);
  return {
    edits: moveEdits(rules, ids, at),
    meant: `move ${numbersOf(rules, ids)} to position ${at + 1}`,
    ...(ids[0] === undefined ? {} : { to: ids[0] }),
  };
};

/** The place among the rest, or what is wrong with what was typed. */
const placeFor = (rules: readonly Rule[], rest: readonly Rule[], where: string, number: string): number | string => {
  const wanted = /^\d{1,6}$/.test(number) ? Number(number) : 0;
  if (wanted < 1 || wanted > rules.length) return `Write the number of a rule, from 1 to ${rules.length}.`;
  if (where === 'position') return Math.min(wanted - 1, rest.length);
  const beside = rest.findIndex(({ id }) => id === rules[wanted - 1]?.id);
  if (beside < 0) return `Rule ${wanted} is one of those that move. Choose another one.`;
  return where === 'after' ? beside + 1 : beside;
};

const headingChange = (
  { rules }: Policy,
  ids: string[],
  { heading = '', together = '' }: Record<string, string>,
): ListChange | Faults => {
  const wanted = heading.trim();
  if (wanted.length > 80) return fault('heading', 'At most 80 characters.');
  const numbers = numbersOf(rules, ids);
  const meant = wanted === '' ? `take ${numbers} out of their group` : `put ${numbers} under “${wanted}”`;
  const to = ids[0] === undefined ? {} : { to: ids[0] };
  if (together !== 'on' || wanted === '') return { edits: headingEdits(rules, ids, wanted), meant, ...to };
  const rest = rules.filter(({ id }) => !ids.includes(id));
  const group = rest.findLastIndex((rule) => rule.heading === wanted);
  const first = rules.findIndex(({ id }) => ids.includes(id));
  return { edits: moveEdits(rules, ids, group < 0 ? first : group + 1, wanted), meant, ...to };
};

const showHeading = async (web: Web, ctx: Context): Promise<void> => {
  mustBeAble(ctx, 'administer');
  const { policy, revision } = await getPolicy(web, ctx);
  const index = policy.rules.findIndex(({ id }) => id === queryOf(ctx, 'rule'));
  const heading = policy.rules[index]?.heading ?? '';
  if (heading === '') return ctx.throw(404);
  const [from, to] = runOf(policy.rules, index);
  await showPage(web, ctx, { title: 'Rename heading', nav: 'bot' }, 'rule-heading.njk', {
    ids: policy.rules.slice(from, to).map(({ id }) => id),
    place: queryOf(ctx, 'place', 2000),
    back: listAddress(placeOfText(queryOf(ctx, 'place', 2000))),
    form: formOf({ heading }),
    revision,
  });
};
