import type { Context } from 'koa';
import { isIp, isMac, normalAddress, normalMac } from '../../policy/address.ts';
import type { Policy } from '../../policy/schema.ts';
import {
  activeBlocks,
  type BlockValues,
  blockFields,
  blockOf,
  blockSpans,
  formatIn,
  safeBack,
} from '../block-values.ts';
import { mustBeAble, type Pages, queryOf, sessionOf, tokenOf, visitorOf, type Web } from '../context.ts';
import { setFlash } from '../flash.ts';
import { type Faults, fault, faultsOf, fieldsOf, formOf, noFaults, take } from '../form.ts';
import { askStatus, type Status, seeOther, showPage } from '../frame.ts';
import { hostNamer, leasedMac } from '../hosts.ts';
import { pageOf } from '../paging.ts';
import { problemText, savedText, saveEdit } from '../save.ts';

const path = '/firewall/blocks';

/** Firewall → Blocked hosts: who is blocked or let through for a time, before all rules; and the form that does it. */
export const blockPages: Pages = (router, web) => {
  router.get(path, (ctx) => showList(web, ctx));
  router.get(`${path}/new`, (ctx) => showNew(web, ctx));
  router.post(`${path}/new`, (ctx) => save(web, ctx));
  router.post(`${path}/end`, (ctx) => end(web, ctx));
};

const ask = (web: Web, ctx: Context) =>
  Promise.all([
    askStatus(web, ctx),
    web.agent('policy.get', {}, tokenOf(ctx)),
    web.agent('leases.get', {}, tokenOf(ctx)),
  ]);

/** The blocks in force as a page shows them; those that end soonest come first. */
export const blockRows = (policy: Policy, nameOf: (host: string) => string, now: number) =>
  activeBlocks(policy.blocks, now)
    .toSorted((a, b) => (a.until ?? Number.POSITIVE_INFINITY) - (b.until ?? Number.POSITIVE_INFINITY) || 0)
    .map((one) => ({ ...one, name: nameOf(one.host), in: one.until === null ? '' : formatIn(one.until, now) }));

const showList = async (web: Web, ctx: Context): Promise<void> => {
  const [status, { policy }, { leases }] = await ask(web, ctx);
  const q = queryOf(ctx, 'q');
  const rows = blockRows(policy, hostNamer(policy, leases), status.time);
  await showPage(web, ctx, { title: 'Blocked hosts', nav: 'blocks', status }, 'blocks.njk', {
    path,
    q,
    bot: status.bot,
    list: pageOf(rows, q, queryOf(ctx, 'page'), (row) => `${row.host} ${row.name} ${row.by} ${row.remark}`),
  });
};

/** The form for a host that a log line or a lease named; without one, for any host. */
const showNew = async (web: Web, ctx: Context): Promise<void> => {
  mustBeAble(ctx, 'operate');
  const asked = await ask(web, ctx);
  const [, { policy }, { leases }] = asked;
  const host = queryOf(ctx, 'host');
  const mac = await macOf(web, ctx, host, leasedMac(policy, leases, host) || queryOf(ctx, 'mac'));
  const values: BlockValues = {
    host,
    mac,
    by: mac === '' ? 'address' : 'mac',
    action: queryOf(ctx, 'action') === 'accept' ? 'accept' : 'drop',
    expiry: '30',
    expiryDate: '',
    expiryTime: '',
    remark: '',
    back: safeBack(queryOf(ctx, 'back', 2000)),
  };
  await show(web, ctx, asked, { values, faults: noFaults });
};

/** The MAC of a host on GREEN: what the box sees now counts more than what a lease or a log line says. */
const macOf = async (web: Web, ctx: Context, host: string, said: string): Promise<string> => {
  if (!isIp(host)) return '';
  const { visitorMac } = await web.agent('status', { visitor: host }, tokenOf(ctx));
  return visitorMac || (isMac(said) ? normalMac(said) : '');
};

/** What is in force for these hosts: a new block takes its place. */
const blocksOf = (policy: Policy, hosts: string[], now: number) => {
  const wanted = hosts.filter((one) => one !== '').map(normalAddress);
  return activeBlocks(policy.blocks, now).filter(({ host }) => wanted.includes(host));
};

type Asked = [Status, { policy: Policy; revision: number }, Awaited<ReturnType<typeof ask>>[2]];

const show = async (
  web: Web,
  ctx: Context,
  [status, { policy }, { leases }]: Asked,
  { values, faults }: { values: BlockValues; faults: Faults },
): Promise<void> => {
  const nameOf = hostNamer(policy, leases);
  const own = [visitorOf(ctx), status.visitorMac].filter((one) => one !== '');
  const there = blocksOf(policy, [values.host.trim(), values.mac], status.time);
  await showPage(web, ctx, { title: 'Block a host', nav: 'blocks', status }, 'block-form.njk', {
    form: formOf(values, faults),
    values,
    name: nameOf(values.mac) || nameOf(values.host),
    spans: blockSpans,
    self: own.includes(values.host.trim()) || (values.mac !== '' && own.includes(values.mac)),
    already: there[0] ?? null,
    seen: there.map(({ id }) => id).join(' '),
    bot: status.bot,
  });
};

const save = async (web: Web, ctx: Context): Promise<void> => {
  const fields = fieldsOf(ctx);
  const values = take(fields, blockFields);
  const seen = (fields.get('seen') ?? '').split(' ');
  const asked = await ask(web, ctx);
  const [status] = asked;
  const block = blockOf(values, { zone: status.timezone, now: status.time }, sessionOf(ctx).user);
  const refuse = (faults: Faults): Promise<void> => {
    ctx.status = 422;
    return show(web, ctx, asked, { values: { ...values, back: safeBack(values.back) }, faults });
  };
  if ('field' in block) return refuse(fault(block.field, block.message));
  const [, { policy }] = asked;
  const unseen = blocksOf(policy, [block.edit.host.trim()], status.time).filter(({ id }) => !seen.includes(id));
  if (unseen.length > 0) {
    await refuse(
      fault('', 'Something is in force for this host already, as told below. Press the button again to replace it.'),
    );
    ctx.status = 409;
    return;
  }
  const saved = await saveEdit(web.agent, ctx, block.edit);
  if (!saved.ok) return refuse(faultsOf(saved, (place) => (place in values ? place : undefined)));
  const what = block.edit.action === 'drop' ? 'blocked' : 'let through';
  const until =
    block.edit.until === null ? 'until somebody ends it' : `and ends ${formatIn(block.edit.until, status.time)}`;
  setFlash(ctx, 'done', savedText(saved.cut, `${block.edit.host.trim()} is ${what} ${until}.`));
  seeOther(ctx, safeBack(values.back));
};

const end = async (web: Web, ctx: Context): Promise<void> => {
  const fields = fieldsOf(ctx);
  const saved = await saveEdit(web.agent, ctx, { do: 'unblock', id: fields.get('id') ?? '' });
  if (saved.ok) setFlash(ctx, 'done', savedText(saved.cut, 'Ended.'));
  else setFlash(ctx, 'refused', problemText(saved.problems));
  seeOther(ctx, safeBack(fields.get('back') ?? ''));
};
