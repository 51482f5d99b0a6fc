import type { Context } from 'koa';
import { defaultNetworks, greengateServices } from '../../policy/builtin.ts';
import { defaultServices } from '../../policy/default-services.ts';
import type { Address, Policy, Service } from '../../policy/schema.ts';
import {
  type AddressValues,
  addressAdvice,
  addressFields,
  addressOfForm,
  keptAs,
  netmaskFault,
} from '../address-values.ts';
import { formTitle, type Kind, kinds } from '../collections.ts';
import { type Pages, queryOf, tokenOf, type Web } from '../context.ts';
import { namesNow } from '../dns-names.ts';
import { setFlash } from '../flash.ts';
import { type Faults, faultsOf, fieldsOf, formOf, noFaults, take } from '../form.ts';
import { seeOther, showPage } from '../frame.ts';
import { icmp6Types, icmpTypes } from '../icmp.ts';
import { reviewFirst } from '../object-review.ts';
import { checkEdit, revisionAgain, revisionOf, type Saved, savedText, saveEdit } from '../save.ts';
import {
  emptyService,
  protocolChoices,
  type ServiceValues,
  serviceFaults,
  serviceFields,
  serviceOfForm,
  typeChoices,
  valuesOfService,
} from '../service-values.ts';
import { useView } from '../uses.ts';

/** The forms of addresses and services: new, copied (also from a default one), edited. */
export const objectFormPages: Pages = (router, web) => {
  for (const look of [addressLook, serviceLook]) {
    const path = `/firewall/objects/${look.kind.page}`;
    router.get(`${path}/new`, (ctx) => showNew(web, ctx, look));
    router.get(`${path}/edit`, (ctx) => showEdit(web, ctx, look));
    router.post(`${path}/new`, (ctx) => save(web, ctx, look));
    router.post(`${path}/edit`, (ctx) => save(web, ctx, look));
  }
};

type Values = Record<string, string>;
type Refused = Extract<Saved, { ok: false }>;

/** What the two forms do not have in common. `early` are faults that only the form knows of, before anything is sent. */
type Look = {
  kind: Kind;
  view: string;
  fields: readonly string[];
  empty: Values;
  valuesOf: (one: Address | Service) => Values;
  objectOf: (values: Values) => Record<string, unknown>;
  early: (values: Values) => Faults;
  faults: (outcome: Refused, values: Values) => Faults;
  /** What may be copied: own ones, and the default ones. */
  all: (policy: Policy) => readonly (Address | Service)[];
  note: (values: Values) => string;
};

const addressLook: Look = {
  kind: kinds.addresses,
  view: 'address-form.njk',
  fields: addressFields,
  empty: { name: '', value: '', netmask: '', remark: '' },
  valuesOf: (one) => ({ name: one.name, value: (one as Address).value, netmask: '', remark: one.remark }),
  objectOf: (values) => addressOfForm(values as AddressValues),
  early: (values) => {
    const wrong = netmaskFault(values as AddressValues);
    return wrong === undefined ? noFaults : { fields: { netmask: wrong }, general: [] };
  },
  faults: (outcome, values) => {
    const faults = faultsOf(outcome, (place) => (place in values ? place : undefined));
    const advice = addressAdvice(values.value ?? '');
    if (faults.fields.value?.startsWith('Not an address') && advice !== undefined) faults.fields.value = advice;
    return faults;
  },
  all: (policy) => [...policy.addresses, ...defaultNetworks(policy)],
  note: (values) => {
    const kept = keptAs(addressOfForm(values as AddressValues).value);
    return kept === '' ? '' : `Saved as the network ${kept}.`;
  },
};

const serviceLook: Look = {
  kind: kinds.services,
  view: 'service-form.njk',
  fields: serviceFields,
  empty: emptyService,
  valuesOf: (one) => valuesOfService(one as Service),
  objectOf: (values) => serviceOfForm(values as ServiceValues),
  early: () => noFaults,
  faults: (outcome, values) => serviceFaults(outcome, values as ServiceValues),
  all: (policy) => [...policy.services, ...greengateServices(policy), ...defaultServices],
  note: () => '',
};

type Shown = { values: Values; faults: Faults; was: string; policy: Policy; revision: number };

const ask = (web: Web, ctx: Context) => web.agent('policy.get', {}, tokenOf(ctx));

const showNew = async (web: Web, ctx: Context, look: Look): Promise<void> => {
  const { policy, revision } = await ask(web, ctx);
  const copy = queryOf(ctx, 'copy', 300);
  const found = copy === '' ? undefined : look.all(policy).find(({ name }) => name === copy);
  if (copy !== '' && found === undefined) return ctx.throw(404);
  const values =
    found === undefined ? look.empty : { ...look.valuesOf(found), name: freeName(look.all(policy), found.name) };
  await show(web, ctx, look, { values, faults: noFaults, was: '', policy, revision });
};

/** A name for a copy that nothing has yet: `HTTP (own)`, `HTTP (own 2)`. */
const freeName = (taken: readonly { name: string }[], name: string): string => {
  const known = new Set(taken.map((one) => one.name.toLowerCase()));
  const short = name.slice(0, 180);
  for (let number = 1; ; number++) {
    const tried = `${short} (own${number === 1 ? '' : ` ${number}`})`;
    if (!known.has(tried.toLowerCase())) return tried;
  }
};

const showEdit = async (web: Web, ctx: Context, look: Look): Promise<void> => {
  const was = queryOf(ctx, 'name', 300);
  const { policy, revision } = await ask(web, ctx);
  const found = (policy[look.kind.collection] as (Address | Service)[]).find(({ name }) => name === was);
  if (found === undefined) return ctx.throw(404);
  await show(web, ctx, look, { values: look.valuesOf(found), faults: noFaults, was, policy, revision });
};

const show = async (web: Web, ctx: Context, look: Look, shown: Shown): Promise<void> => {
  const { kind, view } = look;
  const { values, faults, was, policy, revision } = shown;
  const title = formTitle(ctx, kind, was);
  const kept = policy.addresses.find(({ name }) => name === was)?.value;
  const nowOf = await namesNow(web, ctx, kind.page === 'addresses' && kept !== undefined ? [kept] : []);
  await showPage(web, ctx, { title, nav: 'objects' }, view, {
    kind,
    title,
    was,
    revision,
    now: kept === undefined ? '' : nowOf(kept),
    // Shown in advanced mode, and where it is in use already, so that nothing in force is hidden.
    advanced: policy.settings.advancedMode || values.invertPorts === 'on' || values.invertProtocol === 'on',
    choices: { protocols: protocolChoices, icmp: typeChoices(icmpTypes), icmp6: typeChoices(icmp6Types) },
    uses: useView(policy, kind.collection, was),
    form: formOf(values, faults),
  });
};

const save = async (web: Web, ctx: Context, look: Look): Promise<void> => {
  const fields = fieldsOf(ctx);
  const values: Values = take(fields, look.fields);
  const was = fields.get('was') ?? '';
  const sent = revisionOf(fields);
  if (fields.get('step') === 'back') {
    const { policy, revision } = await ask(web, ctx);
    return show(web, ctx, look, { values, faults: noFaults, was, policy, revision: sent ?? revision });
  }
  const early = look.early(values);
  const edit = editOf(look, values, was);
  if (early === noFaults && (await reviewFirst(web, ctx, look.kind, { edit, was, fields, sent }))) return;
  const saved: Saved =
    early === noFaults ? await saveEdit(web.agent, ctx, edit, sent) : refused(await checkEdit(web.agent, ctx, edit));
  if (!saved.ok) {
    ctx.status = saved.moved ? 409 : 422;
    const found = look.faults(saved, values);
    const faults = { fields: { ...found.fields, ...early.fields }, general: found.general };
    const { policy, revision } = await ask(web, ctx);
    return show(web, ctx, look, { values, faults, was, policy, revision: revisionAgain(saved, sent, revision) });
  }
  setFlash(ctx, 'done', savedText(saved.cut, look.note(values) || 'Saved.'));
  seeOther(ctx, `/firewall/objects/${look.kind.page}`);
};

/** What the form alone found is refused as well, beside what the policy says to the rest. */
const refused = (checked: Saved): Saved => (checked.ok ? { ok: false, at: '', problems: [] } : checked);

const editOf = (look: Look, values: Values, was: string) => ({
  do: 'save' as const,
  collection: look.kind.collection,
  ...(was === '' ? {} : { was }),
  value: look.objectOf(values),
});
