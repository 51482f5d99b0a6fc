import type { Context } from 'koa';
import type { Policy } from '../../policy/schema.ts';
import { formTitle, type Kind, kinds } from '../collections.ts';
import { type Pages, queryOf, tokenOf, type Web } from '../context.ts';
import { setFlash } from '../flash.ts';
import { type Faults, faultsOf, fieldsOf, formOf, noFaults } from '../form.ts';
import { seeOther, showPage } from '../frame.ts';
import {
  circles,
  detailer,
  emptyGroup,
  type GroupValues,
  groupsOf,
  type Member,
  memberChoices,
  membersText,
  readGroup,
  withAdded,
} from '../group-values.ts';
import { reviewFirst } from '../object-review.ts';
import { pageOf } from '../paging.ts';
import { embedded } from '../pick-search.ts';
import { checkEdit, revisionAgain, revisionOf, type Saved, savedText, saveEdit } from '../save.ts';
import { useView } from '../uses.ts';

/** The form of address groups and service groups: members come and go without script, and are kept with Save. */
export const groupPages: Pages = (router, web) => {
  for (const kind of [kinds['address-groups'], kinds['service-groups']]) {
    const path = `/firewall/objects/${kind.page}`;
    router.get(`${path}/new`, (ctx) => showNew(web, ctx, kind));
    router.get(`${path}/edit`, async (ctx) => {
      const was = queryOf(ctx, 'name', 300);
      const { policy, revision } = await ask(web, ctx);
      const found = groupsOf(policy, kind).find(({ name }) => name === was);
      if (found === undefined) return ctx.throw(404);
      await show(web, ctx, kind, { group: { ...emptyGroup, ...found, was }, faults: noFaults, policy, revision });
    });
    router.post(`${path}/new`, (ctx) => step(web, ctx, kind));
    router.post(`${path}/edit`, (ctx) => step(web, ctx, kind));
  }
};

const ask = (web: Web, ctx: Context) => web.agent('policy.get', {}, tokenOf(ctx));

const showNew = async (web: Web, ctx: Context, kind: Kind): Promise<void> => {
  const { policy, revision } = await ask(web, ctx);
  const copy = queryOf(ctx, 'copy', 300);
  const found = groupsOf(policy, kind).find(({ name }) => name === copy);
  if (copy !== '' && found === undefined) return ctx.throw(404);
  const group = found === undefined ? emptyGroup : { ...emptyGroup, ...found, name: `${copy.slice(0, 190)} (copy)` };
  await show(web, ctx, kind, { group, faults: noFaults, policy, revision });
};

/** Add, Remove, Find and the pages of the members only show the form again; Save saves, and takes what is chosen but not added yet along. */
const step = async (web: Web, ctx: Context, kind: Kind): Promise<void> => {
  const fields = fieldsOf(ctx);
  const { policy, revision } = await ask(web, ctx);
  const sent = revisionOf(fields);
  const wanted = wantedOf(fields);
  const { values: group, unknown } = withAdded(policy, kind, readGroup(fields));
  const early = earlyFaults(policy, kind, group, unknown);
  if (wanted !== 'save') {
    const removed = fields.get('remove');
    const members = group.members.filter((_, index) => String(index) !== removed);
    const added = group.members.length > readGroup(fields).members.length;
    const faults = wanted === 'add' ? early : noFaults;
    const page = added ? LAST : (fields.get('page') ?? fields.get('at') ?? '');
    const find = added ? '' : group.find;
    const shown = { group: { ...group, members, find }, faults, policy, revision: sent ?? revision, page };
    return show(web, ctx, kind, shown);
  }
  const edit = editOf(kind, group);
  const wrong = Object.keys(early.fields).length > 0;
  if (!wrong && (await reviewFirst(web, ctx, kind, { edit, was: group.was, fields, sent }))) return;
  const saved: Saved = wrong ? await checkEdit(web.agent, ctx, edit) : await saveEdit(web.agent, ctx, edit, sent);
  if (saved.ok && !wrong) {
    setFlash(ctx, 'done', savedText(saved.cut));
    return seeOther(ctx, `/firewall/objects/${kind.page}`);
  }
  ctx.status = !saved.ok && saved.moved ? 409 : 422;
  const found = saved.ok ? noFaults : faultsOf(saved, fieldOf);
  // The circle is told at its member; the policy tells it of every group that is part of it.
  const general = early === noFaults || !wrong ? found.general : [];
  const faults = { fields: { ...found.fields, ...early.fields }, general };
  const newest = !saved.ok && saved.moved ? await ask(web, ctx) : { policy, revision };
  const again = saved.ok ? (sent ?? revision) : revisionAgain(saved, sent, newest.revision);
  await show(web, ctx, kind, { group, faults, policy: newest.policy, revision: again });
};

/** Which button was pressed. Enter presses the one of the field that it was typed in: Add, Find, else Save. */
const wantedOf = (fields: URLSearchParams): 'add' | 'show' | 'save' => {
  if (fields.get('remove') !== null || fields.get('page') !== null) return 'show';
  const button = fields.get('step');
  if (button === 'add' || (button === 'enter' && fields.get('add') !== '')) return 'add';
  const found = button === 'enter' && (fields.get('find') ?? '') !== (fields.get('found') ?? '');
  return found || !['save', 'enter', 'confirm'].includes(button ?? '') ? 'show' : 'save';
};

/** A page beyond the end is the last one: there stands what was added. */
const LAST = '999999';

/** What the form itself knows: names that nothing has, and members through which the group would hold itself. */
const earlyFaults = (
  policy: Policy,
  kind: Kind,
  group: GroupValues,
  unknown: Record<'add' | 'addMany', string[]>,
): Faults => {
  const fields: Record<string, string> = {};
  for (const field of ['add', 'addMany'] as const)
    if (unknown[field].length > 0) fields[field] = nothingText(unknown[field]);
  for (const index of circles(policy, kind, group))
    fields[`member${index}`] =
      `This would put the group into itself: “${group.members[index]?.name}” holds it, or is it.`;
  return Object.keys(fields).length === 0 ? noFaults : { fields, general: [] };
};

const nothingText = (unknown: string[]): string => {
  const names = unknown.slice(0, 5).map((name) => `“${name.length > 60 ? `${name.slice(0, 59)}…` : name}”`);
  return `Nothing is called ${names.join(', ')}${unknown.length > 5 ? ` and ${unknown.length - 5} more` : ''}.`;
};

const editOf = (kind: Kind, { was, name, remark, members }: GroupValues) => ({
  do: 'save' as const,
  collection: kind.collection,
  ...(was === '' ? {} : { was }),
  value: { name, remark, members },
});

const fieldOf = (place: string): string | undefined => {
  const member = /^members\/(\d+)/.exec(place);
  if (member !== null) return `member${member[1]}`;
  return ['name', 'remark', 'members'].includes(place) ? place : undefined;
};

type Shown = { group: GroupValues; faults: Faults; policy: Policy; revision: number; page?: string };

const show = async (web: Web, ctx: Context, kind: Kind, shown: Shown): Promise<void> => {
  const { group, faults, policy, revision } = shown;
  const title = formTitle(ctx, kind, group.was);
  await showPage(web, ctx, { title, nav: 'objects' }, 'group-form.njk', {
    kind,
    title,
    was: group.was,
    revision,
    uses: useView(policy, kind.collection, group.was),
    members: membersText(group.members),
    list: listOf(policy, kind, shown),
    choices: embedded(memberChoices(policy, kind, group.was), { list: kind.page, group: group.was }),
    form: formOf(
      { name: group.name, remark: group.remark, add: group.add, addMany: group.addMany, find: group.find },
      faults,
    ),
  });
};

/** One page of the members; those with a fault come first of all. */
const listOf = (policy: Policy, kind: Kind, { group, faults, page }: Shown) => {
  const detail = detailer(policy, kind);
  const rows = group.members.map((one: Member, index) => ({ ...one, index, detail: detail(one) }));
  const wrong = rows.filter(({ index }) => faults.fields[`member${index}`] !== undefined);
  if (wrong.length > 0 && rows.length > wrong.length)
    return { ...pageOf(wrong, '', '', () => ''), total: rows.length, wrong: true };
  return { ...pageOf(rows, group.find.trim(), page ?? '', (one) => `${one.name} ${one.detail}`), wrong: false };
};
