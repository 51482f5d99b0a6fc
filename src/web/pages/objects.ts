import type { Context } from 'koa';
import { defaultNetworks, greengateServices } from '../../policy/builtin.ts';
import { defaultServices } from '../../policy/default-services.ts';
import type { Address, Group, Policy, Service } from '../../policy/schema.ts';
import { type Kind, kinds, objectTabs } from '../collections.ts';
import { type Pages, queryOf, tokenOf, type Web } from '../context.ts';
import { setFlash } from '../flash.ts';
import { type Faults, faultsOf, fieldsOf, formOf, noFaults, take } from '../form.ts';
import { seeOther, showPage } from '../frame.ts';
import { pageOf } from '../paging.ts';
import { problemText, savedText, saveEdit } from '../save.ts';
import { useView } from '../uses.ts';
import { serviceText } from '../words.ts';

/** Firewall → Advanced BOT Config: the lists, deleting, and the forms of addresses and services (groups have their own). */
export const objectPages: Pages = (router, web) => {
  router.get('/firewall/objects', (ctx) => seeOther(ctx, '/firewall/objects/addresses'));
  for (const kind of Object.values(kinds)) {
    const path = `/firewall/objects/${kind.page}`;
    router.get(path, (ctx) => showList(web, ctx, kind));
    router.get(`${path}/delete`, (ctx) => showDelete(web, ctx, kind));
    router.post(`${path}/delete`, (ctx) => remove(web, ctx, kind));
    if (kind.group) continue;
    router.get(`${path}/new`, (ctx) => showForm(web, ctx, kind, { values: {}, faults: noFaults, was: '' }));
    router.get(`${path}/edit`, (ctx) => showEdit(web, ctx, kind));
    router.post(`${path}/new`, (ctx) => save(web, ctx, kind));
    router.post(`${path}/edit`, (ctx) => save(web, ctx, kind));
  }
  router.get('/firewall/objects/default-services', (ctx) => showDefaults(web, ctx, 'default-services'));
  router.get('/firewall/objects/default-networks', (ctx) => showDefaults(web, ctx, 'default-networks'));
};

export const getPolicy = async (web: Web, ctx: Context): Promise<Policy> =>
  (await web.agent('policy.get', {}, tokenOf(ctx))).policy;

const showList = async (web: Web, ctx: Context, kind: Kind): Promise<void> => {
  const policy = await getPolicy(web, ctx);
  const q = queryOf(ctx, 'q');
  const rows = (policy[kind.collection] as (Address | Service | Group)[]).map((one) => ({
    name: one.name,
    detail: detailOf(one),
    remark: one.remark,
  }));
  const list = pageOf(rows, q, queryOf(ctx, 'page'), (row) => `${row.name} ${row.detail} ${row.remark}`);
  await showPage(web, ctx, { title: kind.many, nav: 'objects' }, 'objects.njk', {
    kind,
    tabs: objectTabs,
    q,
    path: `/firewall/objects/${kind.page}`,
    list: { ...list, rows: list.rows.map((row) => ({ ...row, uses: useView(policy, kind.collection, row.name) })) },
  });
};

const detailOf = (one: Address | Service | Group): string => {
  if ('value' in one) return one.value;
  if ('protocol' in one) return serviceText(one);
  return one.members.map(({ name, enabled }) => (enabled ? name : `${name} (off)`)).join(', ');
};

const showDefaults = async (web: Web, ctx: Context, id: 'default-services' | 'default-networks'): Promise<void> => {
  const policy = await getPolicy(web, ctx);
  const q = queryOf(ctx, 'q');
  const rows =
    id === 'default-networks'
      ? defaultNetworks(policy).map(({ name, value, remark }) => ({ name, detail: value, remark }))
      : [...greengateServices(policy), ...defaultServices].map((one) => ({
          name: one.name,
          detail: serviceText(one),
          remark: one.remark,
        }));
  const list = pageOf(rows, q, queryOf(ctx, 'page'), (row) => `${row.name} ${row.detail} ${row.remark}`);
  const title = id === 'default-networks' ? 'Default networks' : 'Default services';
  await showPage(web, ctx, { title, nav: 'objects' }, 'objects-default.njk', {
    id,
    title,
    tabs: objectTabs,
    q,
    path: `/firewall/objects/${id}`,
    list,
  });
};

const fieldNames = {
  addresses: ['name', 'value', 'remark'],
  services: ['name', 'protocol', 'ports', 'icmpType', 'remark'],
} as const;

type Shown = { values: Record<string, string>; faults: Faults; was: string };

const showEdit = async (web: Web, ctx: Context, kind: Kind): Promise<void> => {
  const was = queryOf(ctx, 'name');
  const policy = await getPolicy(web, ctx);
  const found = (policy[kind.collection] as (Address | Service)[]).find(({ name }) => name === was);
  if (found === undefined) return ctx.throw(404);
  const values = Object.fromEntries(Object.entries(found).map(([name, value]) => [name, String(value)]));
  await showForm(web, ctx, kind, { values, faults: noFaults, was });
};

const showForm = async (web: Web, ctx: Context, kind: Kind, { values, faults, was }: Shown): Promise<void> => {
  const policy = await getPolicy(web, ctx);
  const title = was === '' ? `New ${kind.one}` : `Edit ${kind.one}`;
  await showPage(web, ctx, { title, nav: 'objects' }, `${kind.page === 'addresses' ? 'address' : 'service'}-form.njk`, {
    kind,
    title,
    was,
    uses: was === '' ? useView(policy, kind.collection, '') : useView(policy, kind.collection, was),
    form: formOf(values, faults),
  });
};

const save = async (web: Web, ctx: Context, kind: Kind): Promise<void> => {
  const fields = fieldsOf(ctx);
  const values = take(fields, fieldNames[kind.page as keyof typeof fieldNames]) as Record<string, string>;
  const was = fields.get('was') ?? '';
  const saved = await saveEdit(web.agent, ctx, {
    do: 'save',
    collection: kind.collection,
    ...(was === '' ? {} : { was }),
    value: kind.page === 'services' ? serviceValue(values) : values,
  });
  if (!saved.ok) {
    ctx.status = 422;
    const faults = faultsOf(saved, (place) => (place in values ? place : undefined));
    return showForm(web, ctx, kind, { values, faults, was });
  }
  setFlash(ctx, 'done', savedText(saved.cut));
  seeOther(ctx, `/firewall/objects/${kind.page}`);
};

/** Fields that the chosen protocol does not have are left behind: the form shows them all, for it works without script. */
const serviceValue = (values: Record<string, string>): Record<string, string> => {
  const { protocol = '' } = values;
  const hasPorts = ['tcp', 'udp', 'tcp&udp'].includes(protocol);
  return {
    ...values,
    ports: hasPorts ? (values.ports ?? '') : '',
    icmpType: protocol === 'icmp' ? (values.icmpType ?? '') : '',
  };
};

const showDelete = async (web: Web, ctx: Context, kind: Kind): Promise<void> => {
  const name = queryOf(ctx, 'name');
  const policy = await getPolicy(web, ctx);
  if (!(policy[kind.collection] as { name: string }[]).some((one) => one.name === name)) return ctx.throw(404);
  await showPage(web, ctx, { title: `Delete ${kind.one}`, nav: 'objects' }, 'object-delete.njk', {
    kind,
    name,
    uses: useView(policy, kind.collection, name),
  });
};

const remove = async (web: Web, ctx: Context, kind: Kind): Promise<void> => {
  const name = fieldsOf(ctx).get('name') ?? '';
  const saved = await saveEdit(web.agent, ctx, { do: 'delete', collection: kind.collection, name });
  if (saved.ok) setFlash(ctx, 'done', savedText(saved.cut, `“${name}” deleted.`));
  else setFlash(ctx, 'refused', problemText(saved.problems));
  seeOther(ctx, `/firewall/objects/${kind.page}`);
};
