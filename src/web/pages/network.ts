import type { Context } from 'koa';
import type { Verbs } from '../../agent/api.ts';
import { AgentRefusal } from '../../agent/client.ts';
import type { Policy } from '../../policy/schema.ts';
import { type Pages, tokenOf, type Web } from '../context.ts';
import { setFlash } from '../flash.ts';
import { type Faults, fault, faultsOf, fieldsOf, formOf, noFaults, take } from '../form.ts';
import { askStatus, seeOther, showPage } from '../frame.ts';
import { answerThenSave } from '../moved.ts';
import { checkEdit, problemText, revisionAgain, revisionOf, type Saved, savedText, saveEdit } from '../save.ts';

const names = [
  'greenAddress',
  'greenNetmask',
  'redMode',
  'redAddress',
  'redNetmask',
  'redGateway',
  'hostname',
  'domain',
  'names',
  'timezone',
] as const;
type Values = Record<(typeof names)[number], string>;

/** Network: GREEN, RED, names, and which card is which. */
export const networkPages: Pages = (router, web) => {
  router.get('/network', async (ctx) => {
    const { policy } = await web.agent('policy.get', {}, tokenOf(ctx));
    await show(web, ctx, { values: valuesOf(policy.network), faults: noFaults });
  });
  router.post('/network', (ctx) => save(web, ctx));
  router.post('/network/cards', (ctx) => saveCards(web, ctx));
};

/** The cards are no part of the policy and have no revision: the form carries what they were when it was made. */
const saveCards = async (web: Web, ctx: Context): Promise<void> => {
  const { green, red, wasGreen, wasRed } = take(fieldsOf(ctx), ['green', 'red', 'wasGreen', 'wasRed']);
  const { policy } = await web.agent('policy.get', {}, tokenOf(ctx));
  const refuse = (status: number, message: string): Promise<void> => {
    ctx.status = status;
    return show(web, ctx, { values: valuesOf(policy.network), faults: fault('red', message), cards: { green, red } });
  };
  if (green === red) return refuse(422, 'GREEN and RED need different network cards.');
  const now = await web.agent('nics.get', {}, tokenOf(ctx));
  if (now.green !== wasGreen || now.red !== wasRed)
    return refuse(
      409,
      'Somebody else changed the cards meanwhile. See whether your choice still fits, then save again.',
    );
  try {
    const { reboot } = await web.agent('nics.set', { green, red }, tokenOf(ctx));
    const done = reboot ? 'Saved. The cards change their places at the next start: System, Reboot.' : 'Saved.';
    setFlash(ctx, 'done', done);
    seeOther(ctx, '/network#cards');
  } catch (error) {
    if (!(error instanceof AgentRefusal) || (error.status !== 400 && error.status !== 422)) throw error;
    await refuse(422, problemText(error.problems) || error.message);
  }
};

const valuesOf = ({ green, red, ...network }: Policy['network']): Values => ({
  greenAddress: green.address,
  greenNetmask: green.netmask,
  redMode: red.mode,
  redAddress: red.address,
  redNetmask: red.netmask,
  redGateway: red.gateway,
  hostname: network.hostname,
  domain: network.domain,
  names: network.names.join('\n'),
  timezone: network.timezone,
});

const save = async (web: Web, ctx: Context): Promise<void> => {
  const fields = fieldsOf(ctx);
  const values = take(fields, names);
  const sent = revisionOf(fields);
  const { policy, revision: newest } = await web.agent('policy.get', {}, tokenOf(ctx));
  const green = { address: values.greenAddress.trim(), netmask: values.greenNetmask.trim() };
  const network = {
    green,
    red: { mode: values.redMode, address: values.redAddress, netmask: values.redNetmask, gateway: values.redGateway },
    hostname: values.hostname,
    domain: values.domain,
    names: values.names.split(/[\s,]+/).filter((name) => name !== ''),
    timezone: values.timezone,
  };
  const edit = { do: 'section' as const, section: 'network' as const, value: network };
  const refuse = (outcome: Extract<Saved, { ok: false }>): Promise<void> => {
    ctx.status = outcome.moved ? 409 : 422;
    const faults = faultsOf({ at: 'network', problems: outcome.problems }, fieldOf);
    return show(web, ctx, { values, faults, again: (last) => revisionAgain(outcome, sent, last) });
  };
  const checked = await checkEdit(web.agent, ctx, edit);
  if (!checked.ok) return refuse(checked);
  const revision = sent ?? newest;
  // Who moves GREEN is answered before the change is made; what is refused for its age is refused below.
  if (green.address !== policy.network.green.address && revision === newest)
    return answerThenSave(web, ctx, edit, { address: green.address, port: policy.settings.uiPort, revision });
  const saved = await saveEdit(web.agent, ctx, edit, revision);
  if (!saved.ok) return refuse(saved);
  setFlash(ctx, 'done', savedText(saved.cut));
  seeOther(ctx, '/network');
};

const fieldOf = (place: string): string | undefined => {
  const [first = '', second = ''] = place.split('/');
  if (first === 'green' || first === 'red') return `${first}${second.charAt(0).toUpperCase()}${second.slice(1)}`;
  return (names as readonly string[]).includes(first) ? first : undefined;
};

type Shown = {
  values: Values;
  faults: Faults;
  /** The revision of the form that is shown again, out of the newest. */
  again?: (newest: number) => number;
  cards?: { green: string; red: string };
};

const show = async (web: Web, ctx: Context, shown: Shown): Promise<void> => {
  const { values, faults, again = (newest) => newest } = shown;
  const [status, cards, { revision }] = await Promise.all([
    askStatus(web, ctx),
    web.agent('nics.get', {}, tokenOf(ctx)),
    web.agent('policy.get', {}, tokenOf(ctx)),
  ]);
  await showPage(web, ctx, { title: 'Network', nav: 'network', status }, 'network.njk', {
    status,
    form: formOf(values, faults),
    revision: again(revision),
    was: { green: cards.green, red: cards.red },
    cards: formOf(shown.cards ?? { green: cards.green, red: cards.red }, faults),
    nics: nicOptions(cards.nics),
    timezones: zonesWith(values.timezone),
  });
};

/** A card in words that help to recognise it: name, driver, MAC, and whether a cable is in. */
export const nicOptions = (nics: Verbs['nics.get']['out']['nics']) =>
  nics.map(({ mac, name, driver, carrier }) => ({
    value: mac,
    label: `${name}, ${carrier ? 'cable in' : 'no cable'}, ${mac}, ${driver}`,
  }));

/** Every time zone this Node knows, and the one in use. */
export const zonesWith = (current: string): string[] =>
  [...new Set(['UTC', ...Intl.supportedValuesOf('timeZone'), current])].sort();
