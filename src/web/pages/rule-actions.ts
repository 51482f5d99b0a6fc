import type { Context } from 'koa';
import type { Edit } from '../../policy/edit.ts';
import type { Rule } from '../../policy/schema.ts';
import { type Pages, sessionOf, tokenOf, type Web } from '../context.ts';
import { foundIds } from '../findings.ts';
import { setFlash } from '../flash.ts';
import { fieldsOf } from '../form.ts';
import { seeOther } from '../frame.ts';
import { type ListPlace, listAddress, placeOfText, ruleFilter } from '../rule-filter.ts';
import { moveEdits, numbersOf } from '../rule-moves.ts';
import { ruleMark } from '../rule-rows.ts';
import { problemText, revisionOf, savedText, saveEdit } from '../save.ts';
import { type Meant, showRules } from './bot.ts';
import { idOf, type ListChange, selectionPages } from './rule-selection.ts';

/** What is done to the rules of the list: switch, move, delete and take that back; one rule or many as one change. */
export const ruleActionPages: Pages = (router, web) => {
  router.post('/firewall/bot', (ctx) => fromRow(web, ctx));
  router.post('/firewall/bot/rules/:id/toggle', (ctx) => {
    const fields = fieldsOf(ctx);
    const what = fields.get('enabled') === null ? 'log' : 'enabled';
    return toggle(web, ctx, { id: idOf(ctx), what, on: fields.get(what) === 'yes' });
  });
  router.post('/firewall/bot/rules/:id/move', (ctx) => moveOne(web, ctx));
  router.post('/firewall/bot/rules/:id/delete', (ctx) => remove(web, ctx, [idOf(ctx)]));
  router.post('/firewall/bot/bulk', (ctx) => bulk(web, ctx));
  selectionPages(router, web, {
    finish: (ctx, change) => finish(web, ctx, change),
    remove: (ctx, ids) => remove(web, ctx, ids),
  });
};

const finish = async (web: Web, ctx: Context, change: ListChange): Promise<void> => {
  const fields = fieldsOf(ctx);
  const place = placeOfText(fields.get('place') ?? '');
  const [first, ...others] = change.edits;
  if (first === undefined) return seeOther(ctx, listAddress(place));
  const edit: Edit = others.length === 0 ? first : { do: 'batch', edits: change.edits };
  const saved = await saveEdit(web.agent, ctx, edit, revisionOf(fields));
  if (!saved.ok && saved.moved === true) return conflict(web, ctx, place, change.meant);
  if (!saved.ok) setFlash(ctx, 'refused', problemText(saved.problems));
  else if (change.undo !== undefined) setFlash(ctx, 'done', savedText(saved.cut, change.done), change.undo());
  else if (change.done !== undefined || saved.cut > 0) setFlash(ctx, 'done', savedText(saved.cut, change.done));
  seeOther(ctx, `${listAddress(place)}${change.to === undefined ? '' : `#rule-${change.to}`}`);
};

/** Somebody else saved meanwhile: the list as it is now, with what was meant above it, ready to be done. */
const conflict = (
  web: Web,
  ctx: Context,
  place: ListPlace,
  sentence: string,
  meant?: Partial<Meant>,
): Promise<void> => {
  // htmx puts only answers of success into the page.
  ctx.status = ctx.get('HX-Request') === '' ? 409 : 200;
  const fields = [...fieldsOf(ctx)].filter(([name]) => name !== 'csrf' && name !== 'revision');
  return showRules(web, ctx, place, { action: ctx.path, fields, sentence, ...meant });
};

/** The buttons of a row say what they are for in one field; a form sent without one (by Enter) changes nothing. */
const fromRow = (web: Web, ctx: Context): Promise<void> | void => {
  const fields = fieldsOf(ctx);
  const gone = fields.get('delete');
  if (gone !== null) return remove(web, ctx, [gone]);
  const off = fields.get('off');
  if (off !== null) return switchOff(web, ctx, off);
  const [, id = '', mark = '', what = '', on = ''] =
    /^([a-z0-9]{1,16}) ([\w-]{8}) (enabled|log) (yes|no)$/.exec(fields.get('set') ?? '') ?? [];
  if (id === '') return seeOther(ctx, listAddress(placeOfText(fields.get('place') ?? '')));
  return toggle(web, ctx, { id, mark, what: what === 'log' ? 'log' : 'enabled', on: on === 'yes' });
};

type Toggle = { id: string; mark?: string; what: 'enabled' | 'log'; on: boolean };

/** The rule counts, not the revision: switching it is right as long as it says what it said when it was looked at. */
const toggle = async (web: Web, ctx: Context, { id, mark, what, on }: Toggle): Promise<void> => {
  const place = placeOfText(fieldsOf(ctx).get('place') ?? '');
  const { policy, revision } = await web.agent('policy.get', {}, tokenOf(ctx));
  const index = policy.rules.findIndex((rule) => rule.id === id);
  const rule = policy.rules[index];
  const overtaken = () =>
    conflict(web, ctx, place, `switch ${what === 'log' ? 'logging of ' : ''}rule ${index + 1} ${on ? 'on' : 'off'}`, {
      action: `/firewall/bot/rules/${id}/toggle`,
      fields: [
        [what, on ? 'yes' : 'no'],
        ['place', fieldsOf(ctx).get('place') ?? ''],
      ],
    });
  if (rule !== undefined && mark !== undefined && mark !== ruleMark(rule)) return overtaken();
  const edit: Edit = { do: 'toggleRule', id, [what]: on };
  const saved = await saveEdit(web.agent, ctx, edit, rule === undefined ? undefined : revision);
  if (!saved.ok && saved.moved === true) return overtaken();
  if (!saved.ok) setFlash(ctx, 'refused', problemText(saved.problems));
  else if (saved.cut > 0) setFlash(ctx, 'done', savedText(saved.cut));
  seeOther(ctx, `${listAddress(place)}#rule-${id}`);
};

/** A rule that does nothing as the others are: unlike a switch, this is right only while nobody has saved since. */
const switchOff = async (web: Web, ctx: Context, id: string): Promise<void> => {
  const { policy } = await web.agent('policy.get', {}, tokenOf(ctx));
  const set = (enabled: boolean): Edit[] => [{ do: 'toggleRule', id, enabled }];
  const words = numbersOf(policy.rules, [id]);
  await finish(web, ctx, {
    edits: set(false),
    done: 'Rule switched off.',
    meant: `switch off ${words}`,
    undo: () =>
      web.kept.keep(sessionOf(ctx).user, {
        edits: () => set(true),
        done: 'The rule is on again.',
        to: `/firewall/bot#rule-${id}`,
      }),
  });
};

/** To `position`, counting from 0 as in the policy, or beside a rule: `after` or `before` its id. `heading` overrides the place's. */
const moveOne = async (web: Web, ctx: Context): Promise<void> => {
  const fields = fieldsOf(ctx);
  const { policy } = await web.agent('policy.get', {}, tokenOf(ctx));
  const id = idOf(ctx);
  const index = policy.rules.findIndex((rule) => rule.id === id);
  const rest = policy.rules.filter((rule) => rule.id !== id);
  const beside = fields.get('after') ?? fields.get('before');
  const found = rest.findIndex((rule) => rule.id === beside);
  const wanted = beside === null ? Number.parseInt(fields.get('position') ?? '', 10) : found;
  if (!(wanted >= 0)) return ctx.throw(400, 'No position was given.', { expose: true });
  const at = fields.get('after') === null ? wanted : wanted + 1;
  const edits: Edit[] =
    index < 0
      ? [{ do: 'moveRule', id, position: at }]
      : moveEdits(policy.rules, [id], at, fields.get('heading') ?? undefined);
  await finish(web, ctx, { edits, meant: `move rule ${index + 1} to position ${at + 1}`, to: id });
};

/** Deletes at once; the bar on the next page takes it back. */
const remove = async (web: Web, ctx: Context, ids: string[]): Promise<void> => {
  const { policy } = await web.agent('policy.get', {}, tokenOf(ctx));
  const deleted = policy.rules.flatMap((rule, position) => (ids.includes(rule.id) ? [{ rule, position }] : []));
  const numbers = numbersOf(policy.rules, ids);
  await finish(web, ctx, {
    // A rule that is gone already is still asked for: the policy says what became of it.
    edits: (deleted.length > 0 ? deleted.map(({ rule }) => rule.id) : ids).map((id) => ({ do: 'deleteRule', id })),
    done: deleted.length === 1 ? 'Rule deleted.' : `${deleted.length} rules deleted.`,
    meant: `delete ${numbers}`,
    undo: () =>
      web.kept.keep(sessionOf(ctx).user, {
        edits: () => restored(deleted),
        done: deleted.length === 1 ? 'The rule is back in its place.' : 'The rules are back in their places.',
        to: `/firewall/bot${deleted.length === 1 ? `#rule-${deleted[0]?.rule.id}` : ''}`,
      }),
  });
};

/** The edits that bring rules back under their ids and in their places. */
export const restored = (deleted: { rule: Rule; position: number }[]): Edit[] =>
  deleted.map(({ rule: { id, ...value }, position }) => ({ do: 'saveRule', id, value, position, restore: true }));

/** The bar below a selection: switches act at once, the rest asks for more on a page of its own. */
const bulk = async (web: Web, ctx: Context): Promise<void> => {
  const fields = fieldsOf(ctx);
  const word = fields.get('do') ?? '';
  const place = placeOfText(fields.get('place') ?? '');
  const all = fields.get('all') === 'yes';
  const { policy, revision } = await web.agent('policy.get', {}, tokenOf(ctx));
  const status = all ? await web.agent('status', {}, tokenOf(ctx)) : null;
  const ids =
    status === null
      ? fields.getAll('rule')
      : policy.rules
          .filter(ruleFilter(policy, place.filter, status.time, await foundIds(web, ctx, place.filter, revision)))
          .map(({ id }) => id);
  if (ids.length === 0) {
    setFlash(ctx, 'refused', 'No rule is selected. Tick the boxes beside the rules first.');
    return seeOther(ctx, listAddress(place));
  }
  const change = switches[word];
  if (change !== undefined)
    return finish(web, ctx, {
      edits: ids.map((id) => ({ do: 'toggleRule', id, ...change.set })),
      done: `${ids.length === 1 ? '1 rule' : `${ids.length} rules`} ${change.done}.`,
      meant: `${change.verb} ${numbersOf(policy.rules, ids)}`,
    });
  if (word === 'delete' && ids.length === 1) return remove(web, ctx, ids);
  if (!['move', 'heading', 'delete'].includes(word))
    return ctx.throw(400, 'This cannot be done to rules.', { expose: true });
  const query = new URLSearchParams({ do: word, place: fields.get('place') ?? '' });
  if (all) query.append('all', 'yes');
  else for (const id of ids.slice(0, MOST_IN_ADDRESS)) query.append('rule', id);
  leadTo(ctx, `/firewall/bot/selected?${query}`);
};

/** A page of its own also for htmx, which would look for the list in it. */
const leadTo = (ctx: Context, target: string): void => {
  if (ctx.get('HX-Request') === '') seeOther(ctx, target);
  else {
    ctx.set('HX-Redirect', target);
    ctx.body = '';
  }
};

const switches: Record<string, { set: { enabled?: boolean; log?: boolean }; verb: string; done: string }> = {
  enable: { set: { enabled: true }, verb: 'enable', done: 'enabled' },
  disable: { set: { enabled: false }, verb: 'disable', done: 'disabled' },
  log: { set: { log: true }, verb: 'log', done: 'logged from now on' },
  nolog: { set: { log: false }, verb: 'no longer log', done: 'no longer logged' },
};

/** One page has fifty; a browser that sends more than this is none of ours. */
const MOST_IN_ADDRESS = 500;
