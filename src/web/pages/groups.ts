import type { Context } from 'koa';
import { allServices, defaultNetworks, greengateServices } from '../../policy/builtin.ts';
import { defaultServices } from '../../policy/default-services.ts';
import { sameName } from '../../policy/resolve.ts';
import type { Policy } from '../../policy/schema.ts';
import { type Kind, kinds } from '../collections.ts';
import { type Pages, queryOf, type Web } from '../context.ts';
import { setFlash } from '../flash.ts';
import { type Faults, faultsOf, fieldsOf, formOf, noFaults } from '../form.ts';
import { seeOther, showPage } from '../frame.ts';
import { savedText, saveEdit } from '../save.ts';
import { useView } from '../uses.ts';
import { serviceText } from '../words.ts';
import { getPolicy } from './objects.ts';

/** The form of address groups and service groups: members come and go without script, and are kept with Save. */
export const groupPages: Pages = (router, web) => {
  for (const kind of [kinds['address-groups'], kinds['service-groups']]) {
    const path = `/firewall/objects/${kind.page}`;
    router.get(`${path}/new`, (ctx) => show(web, ctx, kind, { group: emptyGroup, faults: noFaults }));
    router.get(`${path}/edit`, async (ctx) => {
      const was = queryOf(ctx, 'name');
      const found = groupsOf(await getPolicy(web, ctx), kind).find(({ name }) => name === was);
      if (found === undefined) return ctx.throw(404);
      await show(web, ctx, kind, { group: { ...found, was, add: '' }, faults: noFaults });
    });
    router.post(`${path}/new`, (ctx) => step(web, ctx, kind));
    router.post(`${path}/edit`, (ctx) => step(web, ctx, kind));
  }
};

type Member = { name: string; enabled: boolean };
type GroupValues = { was: string; name: string; remark: string; members: Member[]; add: string };

const emptyGroup: GroupValues = { was: '', name: '', remark: '', members: [], add: '' };

const groupsOf = (policy: Policy, kind: Kind) =>
  kind.collection === 'addressGroups' ? policy.addressGroups : policy.serviceGroups;

/** Add and Remove only show the form again; Save saves, and takes a member that is chosen but not added yet along. */
const step = async (web: Web, ctx: Context, kind: Kind): Promise<void> => {
  const fields = fieldsOf(ctx);
  const removed = fields.get('remove');
  const group = withAdded(readGroup(fields));
  if (removed !== null || fields.get('step') === 'add') {
    const members = group.members.filter((_, index) => String(index) !== removed);
    return show(web, ctx, kind, { group: { ...group, members }, faults: noFaults });
  }
  const { was, name, remark, members } = group;
  const saved = await saveEdit(web.agent, ctx, {
    do: 'save',
    collection: kind.collection,
    ...(was === '' ? {} : { was }),
    value: { name, remark, members },
  });
  if (!saved.ok) {
    ctx.status = 422;
    return show(web, ctx, kind, { group, faults: faultsOf(saved, fieldOf) });
  }
  setFlash(ctx, 'done', savedText(saved.cut));
  seeOther(ctx, `/firewall/objects/${kind.page}`);
};

const fieldOf = (place: string): string | undefined => {
  const member = /^members\/(\d+)/.exec(place);
  if (member !== null) return `member${member[1]}`;
  return ['name', 'remark', 'members'].includes(place) ? place : undefined;
};

const readGroup = (fields: URLSearchParams): GroupValues => {
  const enabled = new Set(fields.getAll('enabled'));
  return {
    was: fields.get('was') ?? '',
    name: fields.get('name') ?? '',
    remark: fields.get('remark') ?? '',
    members: fields.getAll('member').map((name, index) => ({ name, enabled: enabled.has(String(index)) })),
    add: fields.get('add') ?? '',
  };
};

const withAdded = (group: GroupValues): GroupValues => {
  const { add, members } = group;
  const known = members.some((one) => sameName(one.name, add));
  return add === '' || known
    ? { ...group, add: '' }
    : { ...group, add: '', members: [...members, { name: add, enabled: true }] };
};

const show = async (
  web: Web,
  ctx: Context,
  kind: Kind,
  { group, faults }: { group: GroupValues; faults: Faults },
): Promise<void> => {
  const policy = await getPolicy(web, ctx);
  const title = group.was === '' ? `New ${kind.one}` : `Edit ${kind.one}`;
  const details = detailsOf(policy, kind);
  await showPage(web, ctx, { title, nav: 'objects' }, 'group-form.njk', {
    kind,
    title,
    was: group.was,
    uses: useView(policy, kind.collection, group.was),
    members: group.members.map((one) => ({ ...one, detail: details.get(one.name.toLowerCase()) ?? 'missing' })),
    choices: choicesOf(policy, kind, group.members),
    form: formOf({ name: group.name, remark: group.remark }, faults),
  });
};

const detailsOf = (policy: Policy, kind: Kind): Map<string, string> =>
  new Map(
    kind.collection === 'addressGroups'
      ? [...defaultNetworks(policy), ...policy.addresses].map(({ name, value }) => [name.toLowerCase(), value])
      : allServices(policy).map((one) => [one.name.toLowerCase(), serviceText(one)]),
  );

/** What may still be added, in the order: own, the box's, default ones. */
const choicesOf = (policy: Policy, kind: Kind, members: Member[]) => {
  const taken = new Set(members.map(({ name }) => name.toLowerCase()));
  const details = detailsOf(policy, kind);
  const options = (list: readonly { name: string }[]) =>
    list
      .filter(({ name }) => !taken.has(name.toLowerCase()))
      .map(({ name }) => ({ value: name, label: `${name} — ${details.get(name.toLowerCase())}` }));
  return kind.collection === 'addressGroups'
    ? [
        { label: 'Addresses', options: options(policy.addresses) },
        { label: 'Default networks', options: options(defaultNetworks(policy)) },
      ]
    : [
        { label: 'Services', options: options(policy.services) },
        { label: 'Default services', options: options(defaultServices) },
        { label: 'Greengate', options: options(greengateServices(policy)) },
      ];
};
