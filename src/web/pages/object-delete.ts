import type { Context } from 'koa';
import type { Edit } from '../../policy/edit.ts';
import type { Policy } from '../../policy/schema.ts';
import { type Kind, kinds } from '../collections.ts';
import { mustBeAble, type Pages, queryOf, sessionOf, tokenOf, type Web } from '../context.ts';
import { setFlash } from '../flash.ts';
import { fieldsOf } from '../form.ts';
import { formatCount } from '../format.ts';
import { seeOther, showPage } from '../frame.ts';
import { deletable, foundNames } from '../object-list.ts';
import { addressOf } from '../paging.ts';
import { problemText, revisionOf, savedText, saveEdit } from '../save.ts';
import { useView } from '../uses.ts';

/** Deleting objects, one or many: asked about by name, those in use left where they are, done as one change, taken back by one click. */
export const objectDeletePages: Pages = (router, web) => {
  for (const kind of Object.values(kinds)) {
    const path = `/firewall/objects/${kind.page}`;
    router.get(`${path}/delete`, async (ctx) => {
      const { policy, revision } = await ask(web, ctx);
      const names = known(policy, kind, [queryOf(ctx, 'name', 300)]);
      if (names.length === 0) return ctx.throw(404);
      await show(web, ctx, kind, { names, policy, revision, place: queryOf(ctx, 'place', 2000), moved: false });
    });
    router.get(`${path}/selected`, (ctx) => ctx.redirect(path));
    router.post(`${path}/selected`, (ctx) => askMany(web, ctx, kind));
    router.post(`${path}/delete`, (ctx) => remove(web, ctx, kind));
  }
};

const ask = (web: Web, ctx: Context) => web.agent('policy.get', {}, tokenOf(ctx));

type Shown = { names: string[]; policy: Policy; revision: number; place: string; moved: boolean };

const askMany = async (web: Web, ctx: Context, kind: Kind): Promise<void> => {
  const fields = fieldsOf(ctx);
  const place = fields.get('place') ?? '';
  const { policy, revision } = await ask(web, ctx);
  const all = fields.get('all') === 'yes';
  const filter = new URLSearchParams(place).get('q') ?? '';
  const names = all ? foundNames(policy, kind, filter) : known(policy, kind, fields.getAll('name'));
  if (names.length > 0) return show(web, ctx, kind, { names, policy, revision, place, moved: false });
  setFlash(ctx, 'refused', `Nothing is selected. Tick the boxes beside the ${kind.many.toLowerCase()} first.`);
  seeOther(ctx, listAt(kind, place));
};

/** Those that are there, in the order of the policy. */
const known = (policy: Policy, { collection }: Kind, names: readonly string[]): string[] => {
  const wanted = new Set(names);
  return (policy[collection] as { name: string }[]).map(({ name }) => name).filter((name) => wanted.has(name));
};

const show = async (web: Web, ctx: Context, kind: Kind, shown: Shown): Promise<void> => {
  mustBeAble(ctx, 'administer');
  const { names, policy, revision, place, moved } = shown;
  const go = new Set(deletable(policy, kind, names));
  const stay = names.filter((name) => !go.has(name));
  if (moved) ctx.status = 409;
  await showPage(web, ctx, { title: `Delete ${countOf(kind, names)}`, nav: 'objects' }, 'object-delete.njk', {
    kind,
    count: countOf(kind, names),
    names: names.filter((name) => go.has(name)),
    listed: LISTED,
    words: countOf(kind, [...go]),
    stay: stay.slice(0, LISTED).map((name) => ({ name, uses: useView(policy, kind.collection, name) })),
    more: Math.max(0, stay.length - LISTED),
    revision,
    place,
    back: listAt(kind, place),
    moved,
  });
};

const LISTED = 50;

const remove = async (web: Web, ctx: Context, kind: Kind): Promise<void> => {
  mustBeAble(ctx, 'administer');
  const fields = fieldsOf(ctx);
  const place = fields.get('place') ?? '';
  const names = fields.getAll('name');
  const { policy } = await ask(web, ctx);
  const first = deletable(policy, kind, names);
  // What is in use or gone is still asked for: the policy says why it cannot be deleted.
  const ordered = [...first, ...names.filter((name) => !first.includes(name))];
  const edits = ordered.map((name): Edit => ({ do: 'delete', collection: kind.collection, name }));
  const [only, ...others] = edits;
  if (only === undefined) return seeOther(ctx, listAt(kind, place));
  const edit: Edit = others.length === 0 ? only : { do: 'batch', edits };
  const saved = await saveEdit(web.agent, ctx, edit, revisionOf(fields));
  if (!saved.ok && saved.moved) {
    const { policy: newest, revision } = await ask(web, ctx);
    const left = known(newest, kind, names);
    if (left.length > 0) return show(web, ctx, kind, { names: left, policy: newest, revision, place, moved: true });
  }
  if (!saved.ok) setFlash(ctx, 'refused', problemText(saved.problems));
  else {
    const undo = web.kept.keep(sessionOf(ctx).user, restoring(policy, kind, names));
    setFlash(ctx, 'done', savedText(saved.cut, `${countOf(kind, names)} deleted.`), undo);
  }
  seeOther(ctx, listAt(kind, place));
};

/** The edits that put the objects back where they stood. */
const restoring = (policy: Policy, kind: Kind, names: readonly string[]) => {
  const gone = new Set(names);
  const { collection } = kind;
  const edits = (policy[collection] as { name: string }[]).flatMap((value, position): Edit[] =>
    gone.has(value.name) ? [{ do: 'save', collection, position, value }] : [],
  );
  const done = `${countOf(kind, names)} ${names.length === 1 ? 'is' : 'are'} back.`;
  return { edits: () => edits, done, to: `/firewall/objects/${kind.page}` };
};

/** `“Reception”`, `12 addresses`. */
const countOf = (kind: Kind, names: readonly string[]): string =>
  names.length === 1 ? `“${names[0]}”` : `${formatCount(names.length)} ${kind.many.toLowerCase()}`;

/** The list as it was left: filter, sorting and page. */
const listAt = (kind: Kind, place: string): string => {
  const fields = new URLSearchParams(place.slice(0, 2000));
  const kept = ['q', 'sort', 'dir', 'page'].map((name) => [name, (fields.get(name) ?? '').slice(0, 200)]);
  return addressOf(`/firewall/objects/${kind.page}`, Object.fromEntries(kept));
};
