import type { Context } from 'koa';
import { AgentRefusal } from '../../agent/client.ts';
import { isMac, normalMac } from '../../policy/address.ts';
import type { Policy } from '../../policy/schema.ts';
import { type Pages, tokenOf, type Web } from '../context.ts';
import { setFlash } from '../flash.ts';
import { type Faults, fault, faultsOf, fieldsOf, formOf, noFaults, take } from '../form.ts';
import { askStatus, type Status, seeOther, showPage } from '../frame.ts';
import { answerThenSave } from '../moved.ts';
import { checkEdit, problemText, savedText, saveEdit } from '../save.ts';

const names = ['adminMac', 'uiPort', 'connectionState', 'logging', 'defaultDeny', 'sure'] as const;
type Values = Record<(typeof names)[number], string>;

/** BOT's settings, and its switch. */
export const botSettingsPages: Pages = (router, web) => {
  router.get('/firewall/bot/settings', async (ctx) => {
    const [status, { policy }] = await ask(web, ctx);
    await show(web, ctx, status, { values: valuesOf(policy, status), faults: noFaults, sure: false });
  });
  router.post('/firewall/bot/settings', (ctx) => save(web, ctx));
  router.post('/firewall/bot/enable', (ctx) => enable(web, ctx));
  router.get('/firewall/bot/disable', (ctx) => showDisable(web, ctx, noFaults));
  router.post('/firewall/bot/disable', (ctx) => disable(web, ctx));
};

const ask = (web: Web, ctx: Context) => Promise.all([askStatus(web, ctx), web.agent('policy.get', {}, tokenOf(ctx))]);

const valuesOf = ({ settings }: Policy, status: Status): Values => ({
  adminMac: settings.adminMac === '' ? status.visitorMac : settings.adminMac,
  uiPort: String(settings.uiPort),
  connectionState: settings.connectionState ? 'on' : '',
  logging: settings.logging ? 'on' : '',
  defaultDeny: settings.defaultDeny,
  sure: '',
});

const save = async (web: Web, ctx: Context): Promise<void> => {
  const values = take(fieldsOf(ctx), names);
  const [status, { policy, revision }] = await ask(web, ctx);
  const edit = {
    do: 'section' as const,
    section: 'settings' as const,
    value: {
      adminMac: values.adminMac,
      uiPort: values.uiPort,
      connectionState: values.connectionState === 'on',
      logging: values.logging === 'on',
      defaultDeny: values.defaultDeny,
    },
  };
  const checked = await checkEdit(web.agent, ctx, edit);
  if (!checked.ok)
    return refuse(
      web,
      ctx,
      status,
      values,
      faultsOf(checked, (place) => place || undefined),
    );
  if (locksOut(values, status, policy)) {
    ctx.status = 422;
    return show(web, ctx, status, { values, faults: noFaults, sure: true });
  }
  if (Number(values.uiPort) !== policy.settings.uiPort)
    return answerThenSave(web, ctx, edit, {
      address: policy.network.green.address,
      port: Number(values.uiPort),
      revision,
    });
  const saved = await saveEdit(web.agent, ctx, edit);
  if (!saved.ok)
    return refuse(
      web,
      ctx,
      status,
      values,
      faultsOf(saved, (place) => place || undefined),
    );
  setFlash(ctx, 'done', savedText(saved.cut, 'Settings saved.'));
  seeOther(ctx, '/firewall/bot');
};

/** Would this computer lose the UI at once? Only asked while BOT is on, and only when the box sees another MAC here. */
const locksOut = (values: Values, status: Status, { settings }: Policy): boolean => {
  const typed = isMac(values.adminMac.trim()) ? normalMac(values.adminMac.trim()) : '';
  return settings.enabled && values.sure !== 'yes' && status.visitorMac !== '' && typed !== status.visitorMac;
};

const refuse = (web: Web, ctx: Context, status: Status, values: Values, faults: Faults): Promise<void> => {
  ctx.status = 422;
  return show(web, ctx, status, { values, faults, sure: false });
};

const show = (
  web: Web,
  ctx: Context,
  status: Status,
  { values, faults, sure }: { values: Values; faults: Faults; sure: boolean },
): Promise<void> =>
  showPage(web, ctx, { title: 'BOT settings', nav: 'bot', status }, 'bot-settings.njk', {
    form: formOf(values, faults),
    visitorMac: status.visitorMac,
    sure,
  });

const enable = async (web: Web, ctx: Context): Promise<void> => {
  try {
    const { cut } = await web.agent('bot.enable', {}, tokenOf(ctx));
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
