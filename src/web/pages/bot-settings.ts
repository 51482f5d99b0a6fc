import type { Context } from 'koa';
import { AgentRefusal } from '../../agent/client.ts';
import type { Policy } from '../../policy/schema.ts';
import { adminFaults, adminLines, isAmong } from '../admins.ts';
import { type Pages, tokenOf, visitorOf, type Web } from '../context.ts';
import { setFlash } from '../flash.ts';
import { type Faults, fault, faultsOf, fieldsOf, formOf, noFaults, take } from '../form.ts';
import { askStatus, type Status, seeOther, showPage } from '../frame.ts';
import { answerThenSave } from '../moved.ts';
import { checkEdit, problemText, revisionAgain, revisionOf, type Saved, savedText, saveEdit } from '../save.ts';

const names = [
  'adminMac',
  'moreAdmins',
  'uiPort',
  'connectionState',
  'logging',
  'defaultDeny',
  'advancedMode',
  'trialSeconds',
  'sure',
] as const;
type Values = Record<(typeof names)[number], string>;

/** BOT's settings, and its switch. */
export const botSettingsPages: Pages = (router, web) => {
  router.get('/firewall/bot/settings', async (ctx) => {
    const [status, { policy, revision }] = await ask(web, ctx);
    await show(web, ctx, status, { values: valuesOf(policy, status), faults: noFaults, sure: false, revision });
  });
  router.post('/firewall/bot/settings', (ctx) => save(web, ctx));
  router.post('/firewall/bot/enable', (ctx) => enable(web, ctx));
  router.get('/firewall/bot/disable', (ctx) => showDisable(web, ctx, noFaults));
  router.post('/firewall/bot/disable', (ctx) => disable(web, ctx));
};

const ask = (web: Web, ctx: Context) => Promise.all([askStatus(web, ctx), web.agent('policy.get', {}, tokenOf(ctx))]);

const valuesOf = ({ settings }: Policy, status: Status): Values => ({
  adminMac: settings.adminMac === '' ? status.visitorMac : settings.adminMac,
  moreAdmins: settings.moreAdmins.join('\n'),
  uiPort: String(settings.uiPort),
  connectionState: settings.connectionState ? 'on' : '',
  logging: settings.logging ? 'on' : '',
  defaultDeny: settings.defaultDeny,
  advancedMode: settings.advancedMode ? 'on' : '',
  trialSeconds: String(settings.trialSeconds),
  sure: '',
});

const save = async (web: Web, ctx: Context): Promise<void> => {
  const fields = fieldsOf(ctx);
  const values = take(fields, names);
  const sent = revisionOf(fields);
  const [status, { policy, revision }] = await ask(web, ctx);
  const edit = editOf(values);
  const refuse = (saved: Saved, faults: Faults): Promise<void> => {
    ctx.status = !saved.ok && saved.moved ? 409 : 422;
    const again = saved.ok ? (sent ?? revision) : revisionAgain(saved, sent, revision);
    return show(web, ctx, status, { values, faults, sure: false, revision: again });
  };
  const checked = await checkEdit(web.agent, ctx, edit);
  const wrong = settingsFaults(checked, values);
  if (wrong !== null) return refuse(checked, wrong);
  const visitor = { address: visitorOf(ctx), mac: status.visitorMac };
  const outside = !isAmong(visitor, [values.adminMac, ...adminLines(values.moreAdmins).map(({ text }) => text)]);
  if (policy.settings.enabled && outside && values.sure === '') {
    ctx.status = 422;
    return show(web, ctx, status, { values, faults: noFaults, sure: true, revision: sent ?? revision });
  }
  // Who moves the port is answered before the change is made; what is refused for its age is refused below.
  if (Number(values.uiPort) !== policy.settings.uiPort && (sent ?? revision) === revision)
    return answerThenSave(web, ctx, edit, {
      address: policy.network.green.address,
      port: Number(values.uiPort),
      revision,
    });
  const saved = await saveEdit(web.agent, ctx, edit, sent);
  if (!saved.ok) return refuse(saved, settingsFaults(saved, values) ?? noFaults);
  const note = outside && !policy.settings.enabled ? ` ${OUTSIDE}` : '';
  setFlash(ctx, 'done', `${savedText(saved.cut, 'Settings saved.')}${note}`);
  seeOther(ctx, '/firewall/bot');
};

/** Said while BOT is off: from Enable BOT on this computer would be shut out. */
const OUTSIDE =
  'This computer is not among the administrators: once BOT is on, it reaches this page only if a rule lets it.';

const editOf = (values: Values) => ({
  do: 'section' as const,
  section: 'settings' as const,
  value: {
    adminMac: values.adminMac,
    moreAdmins: adminLines(values.moreAdmins).map(({ text }) => text),
    uiPort: values.uiPort,
    connectionState: values.connectionState === 'on',
    logging: values.logging === 'on',
    defaultDeny: values.defaultDeny,
    advancedMode: values.advancedMode === 'on',
    trialSeconds: values.trialSeconds,
  },
});

/** The faults of the settings, those of the list of administrators by line; null when there are none. */
const settingsFaults = (outcome: Saved, values: Values): Faults | null => {
  const problems = outcome.ok ? [] : outcome.problems;
  const list = adminFaults(adminLines(values.moreAdmins), problems, 'settings/moreAdmins');
  if (outcome.ok && list === '') return null;
  const faults = outcome.ok
    ? { fields: {}, general: [] }
    : faultsOf(outcome, (place) => (place.startsWith('moreAdmins') ? 'moreAdmins' : place || undefined));
  return list === '' ? faults : { ...faults, fields: { ...faults.fields, moreAdmins: list } };
};

const show = (
  web: Web,
  ctx: Context,
  status: Status,
  { values, faults, sure, revision }: { values: Values; faults: Faults; sure: boolean; revision: number },
): Promise<void> =>
  showPage(web, ctx, { title: 'BOT settings', nav: 'bot', status }, 'bot-settings.njk', {
    form: formOf(values, faults),
    visitorMac: status.visitorMac,
    visitor: visitorOf(ctx),
    revision,
    sure,
  });

/** The first time, the ready-made rules are offered before; the form that offers them says so by `offer`. */
const enable = async (web: Web, ctx: Context): Promise<void> => {
  const fields = fieldsOf(ctx);
  const chosen = fields.get('offer') === null ? {} : { starters: fields.getAll('starter') };
  const [status, { policy }] = await ask(web, ctx);
  if (status.firstEnable && policy.settings.adminMac !== '' && chosen.starters === undefined)
    return seeOther(ctx, '/firewall/bot#offer');
  const visitor = { address: visitorOf(ctx), mac: status.visitorMac };
  const admins = [policy.settings.adminMac, ...policy.settings.moreAdmins].filter((one) => one !== '');
  // Without any administrator it is refused anyway, with its reason.
  if (admins.length > 0 && !isAmong(visitor, admins) && fields.get('sure') === null) {
    ctx.status = 422;
    return showPage(web, ctx, { title: 'Enable BOT', nav: 'bot', status }, 'bot-enable.njk', {
      form: formOf({}),
      chosen: chosen.starters,
      visitor: visitor.address,
      visitorMac: visitor.mac,
    });
  }
  try {
    const { cut } = await web.agent('bot.enable', chosen, tokenOf(ctx));
    setFlash(ctx, 'done', savedText(cut, 'BOT is on: nothing leaves GREEN unless a rule says so.'));
  } catch (error) {
    if (!(error instanceof AgentRefusal) || (error.status !== 422 && error.status !== 409)) throw error;
    setFlash(ctx, 'refused', `BOT was not enabled. ${problemText(error.problems) || error.message}`);
  }
  seeOther(ctx, '/firewall/bot');
};

const disable = async (web: Web, ctx: Context): Promise<void> => {
  try {
    await web.agent('bot.disable', { password: fieldsOf(ctx).get('password') ?? '' }, tokenOf(ctx));
  } catch (error) {
    if (!(error instanceof AgentRefusal) || ![400, 403, 409, 422, 429].includes(error.status)) throw error;
    ctx.status = 422;
    const wait = error.retryAfter > 0 ? ` Try again in ${Math.ceil(error.retryAfter)} seconds.` : '';
    return showDisable(web, ctx, fault('password', `${problemText(error.problems) || error.message}${wait}`));
  }
  setFlash(ctx, 'done', 'BOT is off: GREEN reaches RED freely.');
  seeOther(ctx, '/firewall/bot');
};

const showDisable = (web: Web, ctx: Context, faults: Faults): Promise<void> =>
  showPage(web, ctx, { title: 'Disable BOT', nav: 'bot' }, 'bot-disable.njk', { form: formOf({}, faults) });
