import type { Context } from 'koa';
import { normalAddress } from '../../policy/address.ts';
import { defaultNetworks, greengateServices } from '../../policy/builtin.ts';
import { defaultServices } from '../../policy/default-services.ts';
import type { Policy } from '../../policy/schema.ts';
import { addressKind } from '../address-values.ts';
import { type Kind, kinds, objectTabs } from '../collections.ts';
import { type Pages, queryOf, tokenOf, type Web } from '../context.ts';
import { namesNow } from '../dns-names.ts';
import { askStatus, type Status, seeOther, showPage } from '../frame.ts';
import { type Column, columnsOf, type Row, rowsOf, rowText, type Sorting, sorted, sortingOf } from '../object-list.ts';
import { addressOf, type Paged, pageOf } from '../paging.ts';
import { useView } from '../uses.ts';
import { serviceText } from '../words.ts';

/** Firewall → Advanced BOT Config: the lists. Forms and deleting have pages of their own. */
export const objectPages: Pages = (router, web) => {
  router.get('/firewall/objects', (ctx) => seeOther(ctx, '/firewall/objects/addresses'));
  for (const kind of Object.values(kinds)) {
    const path = `/firewall/objects/${kind.page}`;
    router.get(path, (ctx) => showList(web, ctx, kind));
  }
  router.get('/firewall/objects/default-services', (ctx) => showDefaults(web, ctx, 'default-services'));
  router.get('/firewall/objects/default-networks', (ctx) => showDefaults(web, ctx, 'default-networks'));
};

export const getPolicy = async (web: Web, ctx: Context): Promise<Policy> =>
  (await web.agent('policy.get', {}, tokenOf(ctx))).policy;

/** What a list shows: one page of it, filtered and sorted, and the addresses of its heads. `place` is all that as a query. */
type Listed = {
  q: string;
  path: string;
  place: string;
  sorting: Sorting;
  heads: ReturnType<typeof headsOf>;
  list: Paged<Row>;
};

const listOf = (ctx: Context, page: string, rows: Row[]): Listed => {
  const [q, path, columns] = [queryOf(ctx, 'q'), `/firewall/objects/${page}`, columnsOf(page)];
  const sorting = sortingOf(columns, queryOf(ctx, 'sort'), queryOf(ctx, 'dir'));
  const list = pageOf(sorted(rows, sorting), q, queryOf(ctx, 'page'), rowText);
  const at = { q, sort: sorting.by, dir: sorting.down ? 'down' : '', page: list.page === 1 ? '' : list.page };
  const place = addressOf('', at).replace('?', '');
  return { q, path, place, sorting, list, heads: headsOf(columns, path, q, sorting) };
};

/** The head of each column: a click sorts by it, another one the other way round. */
const headsOf = (columns: Column[], path: string, q: string, { by, down }: Sorting) =>
  columns.map(({ id, label }) => ({
    label,
    sort: id !== by ? 'none' : down ? 'descending' : 'ascending',
    href: addressOf(path, { q, sort: id, dir: id === by && !down ? 'down' : '' }),
  }));

const showList = async (web: Web, ctx: Context, kind: Kind): Promise<void> => {
  const policy = await getPolicy(web, ctx);
  const listed = listOf(ctx, kind.page, rowsOf(policy, kind));
  const shown = kind.page === 'addresses' ? listed.list.rows.map(({ detail }) => detail) : [];
  const nowOf = await namesNow(web, ctx, shown);
  await showPage(web, ctx, { title: kind.many, nav: 'objects' }, 'objects.njk', {
    ...listed,
    kind,
    tabs: objectTabs,
    list: {
      ...listed.list,
      rows: listed.list.rows.map((row) => ({
        ...row,
        now: kind.page === 'addresses' ? nowOf(row.detail) : '',
        uses: useView(policy, kind.collection, row.name),
      })),
    },
  });
};

const showDefaults = async (web: Web, ctx: Context, page: 'default-services' | 'default-networks'): Promise<void> => {
  const [policy, status] = await Promise.all([getPolicy(web, ctx), askStatus(web, ctx)]);
  const rows = page === 'default-networks' ? networkRows(policy, status) : serviceRows(policy);
  await showPage(web, ctx, { title: defaultTitles[page], nav: 'objects', status }, 'objects-default.njk', {
    ...listOf(ctx, page, rows),
    id: page,
    title: defaultTitles[page],
    tabs: objectTabs,
  });
};

const defaultTitles = { 'default-services': 'Default services', 'default-networks': 'Default networks' };

/** The default networks with what they stand for now; “—” while RED has no address. */
const networkRows = (policy: Policy, status: Status): Row[] =>
  defaultNetworks(policy, knownOf(status)).map(({ name, value, remark }) => ({
    name,
    kind: addressKind(value),
    detail: value === '' ? '—' : value,
    rest: '',
    remark,
    used: 0,
  }));

/** What the status says of RED, for the default networks: the agent gives its address with the prefix. */
const knownOf = ({ red }: Status) => {
  const [address = ''] = red.address.split('/');
  return { red: { address, network: normalAddress(red.address) } };
};

const serviceRows = (policy: Policy): Row[] =>
  [...greengateServices(policy), ...defaultServices].map((one) => ({
    name: one.name,
    kind: '',
    detail: serviceText(one),
    rest: '',
    remark: one.remark,
    used: 0,
  }));
