import type { Context } from 'koa';
import { isMac, normalMac } from '../../policy/address.ts';
import type { Policy } from '../../policy/schema.ts';
import { type Pages, queryOf, sessionOf, tokenOf, type Web } from '../context.ts';
import { setFlash } from '../flash.ts';
import { type Faults, fault, faultsOf, fieldsOf, formOf, noFaults, take } from '../form.ts';
import { seeOther, showPage } from '../frame.ts';
import { pageOf } from '../paging.ts';
import { problemText, revisionAgain, revisionOf, savedText, saveEdit } from '../save.ts';

const path = '/services/dhcp';
const dhcpNames = ['enabled', 'start', 'end', 'leaseMinutes'] as const;
const leaseNames = ['mac', 'address', 'name', 'remark'] as const;

/** Services → DHCP and DNS: the range, who has an address, fixed leases, upstream DNS servers. */
export const dhcpPages: Pages = (router, web) => {
  router.get(path, (ctx) => show(web, ctx, {}, noFaults));
  router.post(path, async (ctx) => {
    const values = take(fieldsOf(ctx), dhcpNames);
    await save(web, ctx, { section: 'dhcp', value: { ...values, enabled: values.enabled === 'on' } }, values);
  });
  router.post(`${path}/dns`, async (ctx) => {
    const { servers } = take(fieldsOf(ctx), ['servers']);
    const value = { servers: servers.split(/[\s,]+/).filter((one) => one !== '') };
    await save(web, ctx, { section: 'dns', value }, { servers });
  });
  router.post(`${path}/fix`, (ctx) => fixLease(web, ctx));
  router.get(`${path}/lease`, (ctx) => showLeaseOf(web, ctx));
  router.post(`${path}/lease`, (ctx) => saveLease(web, ctx));
  router.post(`${path}/lease/delete`, (ctx) => deleteLease(web, ctx));
};

type Fixed = Policy['dhcp']['fixed'][number];

const save = async (
  web: Web,
  ctx: Context,
  { section, value }: { section: 'dhcp' | 'dns'; value: unknown },
  typed: Record<string, string>,
): Promise<void> => {
  const sent = revisionOf(fieldsOf(ctx));
  const saved = await saveEdit(web.agent, ctx, { do: 'section', section, value }, sent);
  if (!saved.ok) {
    ctx.status = saved.moved ? 409 : 422;
    const fieldOf = (place: string) => (place.startsWith('servers') ? 'servers' : place in typed ? place : undefined);
    return show(web, ctx, typed, faultsOf(saved, fieldOf), (newest) => revisionAgain(saved, sent, newest));
  }
  setFlash(ctx, 'done', savedText(saved.cut));
  seeOther(ctx, path);
};

/** `again`: the revision of the form that is shown again, out of the newest. */
const show = async (
  web: Web,
  ctx: Context,
  typed: Record<string, string>,
  faults: Faults,
  again: (newest: number) => number = (newest) => newest,
): Promise<void> => {
  const [{ policy, revision }, { leases }] = await Promise.all([
    web.agent('policy.get', {}, tokenOf(ctx)),
    web.agent('leases.get', {}, tokenOf(ctx)),
  ]);
  const { dhcp, dns, network } = policy;
  const kept = {
    enabled: dhcp.enabled ? 'on' : '',
    start: dhcp.start,
    end: dhcp.end,
    leaseMinutes: String(dhcp.leaseMinutes),
    servers: dns.servers.join('\n'),
  };
  const fixedMacs = new Set(dhcp.fixed.map(({ mac }) => mac));
  const rows = leases.map((lease) => ({ ...lease, fixed: lease.fixed || fixedMacs.has(lease.mac) }));
  const q = queryOf(ctx, 'q');
  await showPage(web, ctx, { title: 'DHCP and DNS', nav: 'dhcp' }, 'dhcp.njk', {
    form: formOf({ ...kept, ...typed }, faults),
    revision: again(revision),
    green: network.green,
    domain: network.domain,
    fixed: dhcp.fixed,
    q,
    path,
    list: pageOf(rows, q, queryOf(ctx, 'page'), (row) => `${row.mac} ${row.address} ${row.name}`),
  });
};

/** One click: the address that a computer has now becomes its own for good. */
const fixLease = async (web: Web, ctx: Context): Promise<void> => {
  const mac = fieldsOf(ctx).get('mac') ?? '';
  const { leases } = await web.agent('leases.get', {}, tokenOf(ctx));
  const lease = leases.find((one) => one.mac === mac);
  if (lease === undefined) setFlash(ctx, 'refused', 'This lease has ended meanwhile.');
  else {
    const { policy, revision } = await web.agent('policy.get', {}, tokenOf(ctx));
    const { dhcp } = policy;
    // Names in leases come from the computers themselves; a name that DNS does not allow is left out.
    const name = /^[A-Za-z0-9-]{1,63}$/.test(lease.name) ? lease.name : '';
    const fixed = [...dhcp.fixed, { mac, address: lease.address, name, remark: '' }];
    const saved = await saveEdit(web.agent, ctx, { do: 'section', section: 'dhcp', value: { fixed } }, revision);
    if (saved.ok) setFlash(ctx, 'done', `${lease.address} now always goes to ${name || mac}.`);
    else setFlash(ctx, 'refused', problemText(saved.problems));
  }
  seeOther(ctx, `${path}#leases`);
};

const showLeaseOf = async (web: Web, ctx: Context): Promise<void> => {
  const was = queryOf(ctx, 'mac');
  const { policy, revision } = await web.agent('policy.get', {}, tokenOf(ctx));
  const found = policy.dhcp.fixed.find(({ mac }) => mac === was);
  if (was !== '' && found === undefined) return ctx.throw(404);
  const { mac = '', address = '', name = '', remark = '' } = found ?? {};
  await showLease(web, ctx, { was, values: { mac, address, name, remark }, faults: noFaults, revision });
};

type Leased = { was: string; values: Record<string, string>; faults: Faults; revision: number };

const showLease = (web: Web, ctx: Context, { was, values, faults, revision }: Leased): Promise<void> => {
  const title = was === '' ? 'New fixed lease' : 'Edit fixed lease';
  return showPage(web, ctx, { title, nav: 'dhcp' }, 'lease-form.njk', {
    title,
    was,
    revision,
    form: formOf(values, faults),
  });
};

const saveLease = async (web: Web, ctx: Context): Promise<void> => {
  const fields = fieldsOf(ctx);
  const was = fields.get('was') ?? '';
  const values = take(fields, leaseNames);
  const sent = revisionOf(fields);
  const { policy, revision } = await web.agent('policy.get', {}, tokenOf(ctx));
  const { fixed } = policy.dhcp;
  const found = fixed.findIndex(({ mac }) => mac === was);
  const index = found < 0 ? fixed.length : found;
  const value = { fixed: fixed.toSpliced(index, 1, values) };
  // The whole list is sent: without a revision, what somebody else added meanwhile would go.
  const saved = await saveEdit(web.agent, ctx, { do: 'section', section: 'dhcp', value }, sent ?? revision);
  if (!saved.ok) {
    ctx.status = saved.moved ? 409 : 422;
    const faults = leaseFaults(saved, fixed, index, values.mac);
    return showLease(web, ctx, { was, values, faults, revision: revisionAgain(saved, sent, revision) });
  }
  setFlash(ctx, 'done', savedText(saved.cut));
  seeOther(ctx, `${path}#fixed`);
};

/** A MAC or address that is given twice is reported at the later lease, which need not be the one in the form. */
const leaseFaults = (
  saved: { at: string; problems: Parameters<typeof faultsOf>[0]['problems'] },
  fixed: Fixed[],
  index: number,
  mac: string,
): Faults => {
  const wanted = isMac(mac) ? normalMac(mac) : '';
  const problems = saved.problems.map((problem) => {
    const [, , at = '', field = ''] = problem.place.split('/');
    const other = fixed[Number(at)];
    const clash = other !== undefined && Number(at) !== index && (field === 'address' || other.mac === wanted);
    return clash ? { ...problem, place: `dhcp/fixed/${index}/${field}` } : problem;
  });
  return faultsOf({ at: `dhcp/fixed/${index}`, problems }, (place) =>
    (leaseNames as readonly string[]).includes(place) ? place : undefined,
  );
};

/** Deletes at once; the bar on the next page takes it back. */
const deleteLease = async (web: Web, ctx: Context): Promise<void> => {
  const fields = fieldsOf(ctx);
  const mac = fields.get('was') ?? '';
  const { policy, revision } = await web.agent('policy.get', {}, tokenOf(ctx));
  const index = policy.dhcp.fixed.findIndex((one) => one.mac === mac);
  const gone = policy.dhcp.fixed[index];
  if (gone === undefined) setFlash(ctx, 'refused', 'This fixed lease is not there any more.');
  else {
    const sent = revisionOf(fields);
    const saved = await saveEdit(web.agent, ctx, fixedEdit(policy.dhcp.fixed.toSpliced(index, 1)), sent ?? revision);
    if (!saved.ok && saved.moved === true) {
      ctx.status = 409;
      const faults = fault(
        '',
        'Somebody else saved a change meanwhile. This is the lease as it is now; nothing was deleted.',
      );
      return showLease(web, ctx, { was: mac, values: { ...gone }, faults, revision });
    }
    if (!saved.ok) setFlash(ctx, 'refused', problemText(saved.problems));
    else {
      const undo = web.kept.keep(sessionOf(ctx).user, {
        edits: ({ dhcp }) => [fixedEdit(dhcp.fixed.toSpliced(Math.min(index, dhcp.fixed.length), 0, gone))],
        done: 'The fixed lease is back.',
        to: `${path}#fixed`,
      });
      setFlash(ctx, 'done', savedText(saved.cut, 'Fixed lease deleted.'), undo);
    }
  }
  seeOther(ctx, `${path}#fixed`);
};

const fixedEdit = (fixed: Fixed[]) => ({ do: 'section' as const, section: 'dhcp' as const, value: { fixed } });
