import type { Context } from 'koa';
import type { Policy } from '../../policy/schema.ts';
import { type Kind, kinds } from '../collections.ts';
import { type Pages, queryOf, tokenOf, type Web } from '../context.ts';
import { setFlash } from '../flash.ts';
import { type Faults, faultsOf, fieldsOf, formOf, noFaults } from '../form.ts';
import { seeOther, showPage } from '../frame.ts';
import {
  choicesOf,
  circles,
  countText,
  emptyGroup,
  type GroupValues,
  groupChoices,
  groupsOf,
  type Member,
  objectsOf,
  readGroup,
  withAdded,
} from '../group-values.ts';
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

/** Add and Remove only show the form again; Save saves, and takes what is chosen but not added yet along. */
const step = async (web: Web, ctx: Context, kind: Kind): Promise<void> => {
  const fields = fieldsOf(ctx);
  const { policy, revision } = await ask(web, ctx);
  const sent = revisionOf(fields);
  const removed = fields.get('remove');
  const { values: group, unknown } = withAdded(policy, kind, readGroup(fields));
  const early = earlyFaults(policy, kind, group, unknown);
  const adding = fields.get('step') === 'add';
  if (removed !== null || adding) {
    const members = group.members.filter((_, index) => String(index) !== removed);
    const faults = adding ? early : noFaults;
    return show(web, ctx, kind, { group: { ...group, members }, faults, policy, revision: sent ?? revision });
  }
  const edit = editOf(kind, group);
  const wrong = Object.keys(early.fields).length > 0;
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

/** What the form itself knows: names in the list that nothing has, and members through which the group would hold itself. */
const earlyFaults = (policy: Policy, kind: Kind, group: GroupValues, unknown: string[]): Faults => {
  const fields: Record<string, string> = {};
  const names = unknown.slice(0, 5).map((name) => `“${name.length > 60 ? `${name.slice(0, 59)}…` : name}”`);
  const more = unknown.length > 5 ? ` and ${unknown.length - 5} more` : '';
  if (unknown.length > 0) fields.addMany = `Nothing is called ${names.join(', ')}${more}.`;
  for (const index of circles(policy, kind, group))
    fields[`member${index}`] =
      `This would put the group into itself: “${group.members[index]?.name}” holds it, or is it.`;
  return Object.keys(fields).length === 0 ? noFaults : { fields, general: [] };
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

type Shown = { group: GroupValues; faults: Faults; policy: Policy; revision: number };

const show = async (web: Web, ctx: Context, kind: Kind, shown: Shown): Promise<void> => {
  const { group, faults, policy, revision } = shown;
  const title = group.was === '' ? `New ${kind.one}` : `Edit ${kind.one}`;
  const detail = detailer(policy, kind);
  await showPage(web, ctx, { title, nav: 'objects' }, 'group-form.njk', {
    kind,
    title,
    was: group.was,
    revision,
    uses: useView(policy, kind.collection, group.was),
    members: group.members.map((one) => ({ ...one, detail: detail(one) })),
    choices: choicesOf(policy, kind, group),
    groups: groupChoices(policy, kind, group),
    form: formOf({ name: group.name, remark: group.remark, addMany: group.addMany }, faults),
  });
};

/** What is behind a member: the value of an object, the size of a group, or that it is not there. */
const detailer = (policy: Policy, kind: Kind): ((member: Member) => string) => {
  const objects = new Map(objectsOf(policy, kind).map(({ name, detail }) => [name.toLowerCase(), detail]));
  const groups = new Map(groupsOf(policy, kind).map((one) => [one.name.toLowerCase(), one.members.length]));
  return ({ name, kind: as }) => {
    if (as === 'object') return objects.get(name.toLowerCase()) ?? 'missing';
    const count = groups.get(name.toLowerCase());
    return count === undefined ? 'missing' : `group of ${countText(count)}`;
  };
};
