import type { Context } from 'koa';
import type { ServiceName } from '../../agent/api.ts';
import { type Pages, tokenOf, type Web } from '../context.ts';
import { setFlash } from '../flash.ts';
import { type Faults, fault, fieldsOf, formOf, noFaults, take } from '../form.ts';
import { askStatus, seeOther, showBare, showPage } from '../frame.ts';
import { refusalFaults } from '../refusals.ts';
import { serviceLabels } from './home.ts';

/** System → This box: console password, services, version, and the way to switch off. */
export const systemPages: Pages = (router, web) => {
  router.get('/system', (ctx) => show(web, ctx, noFaults));
  router.post('/system/console-password', (ctx) => changeConsolePassword(web, ctx));
  router.post('/system/restart', async (ctx) => {
    const name = fieldsOf(ctx).get('name') ?? '';
    if (!(name in serviceLabels)) return ctx.throw(400, 'There is no such service.', { expose: true });
    const service = name as ServiceName;
    await web.agent('services.restart', { name: service }, tokenOf(ctx));
    setFlash(ctx, 'done', `${serviceLabels[service]} restarted.`);
    seeOther(ctx, '/system#services');
  });
  for (const verb of ['reboot', 'poweroff'] as const) {
    router.get(`/system/${verb}`, (ctx) => showSwitch(web, ctx, verb, noFaults));
    router.post(`/system/${verb}`, (ctx) => switchOff(web, ctx, verb));
  }
};

const show = async (web: Web, ctx: Context, faults: Faults): Promise<void> => {
  const status = await askStatus(web, ctx);
  await showPage(web, ctx, { title: 'System', nav: 'system', status }, 'system.njk', {
    status,
    form: formOf({}, faults),
    services: status.services.map(({ name, running }) => ({ name, running, label: serviceLabels[name] })),
  });
};

const refuse = (web: Web, ctx: Context, faults: Faults): Promise<void> => {
  ctx.status = 422;
  return show(web, ctx, faults);
};

const changeConsolePassword = async (web: Web, ctx: Context): Promise<void> => {
  const values = take(fieldsOf(ctx), ['consoleOld', 'consoleNew', 'consoleAgain', 'step']);
  const removing = values.step === 'remove';
  if (!removing && values.consoleNew !== values.consoleAgain)
    return refuse(web, ctx, fault('consoleAgain', 'The two passwords differ.'));
  // An empty new password means removing to the agent; here it is only a field left empty.
  if (!removing && values.consoleNew === '') return refuse(web, ctx, fault('consoleNew', 'A password is needed.'));
  try {
    const wanted = removing ? '' : values.consoleNew;
    await web.agent('console.password', { password: values.consoleOld, new: wanted }, tokenOf(ctx));
  } catch (error) {
    return refuse(web, ctx, refusalFaults(error, { password: 'consoleOld', new: 'consoleNew' }));
  }
  setFlash(ctx, 'done', removing ? 'The console asks for no password now.' : 'Console password changed.');
  seeOther(ctx, '/system');
};

const words = {
  reboot: { title: 'Reboot', button: 'Reboot', after: 'Greengate is restarting' },
  poweroff: { title: 'Power off', button: 'Power off', after: 'Greengate is switching off' },
};

const showSwitch = (web: Web, ctx: Context, verb: 'reboot' | 'poweroff', faults: Faults): Promise<void> =>
  showPage(web, ctx, { title: words[verb].title, nav: 'system' }, 'switch-off.njk', {
    verb,
    ...words[verb],
    form: formOf({}, faults),
  });

const switchOff = async (web: Web, ctx: Context, verb: 'reboot' | 'poweroff'): Promise<void> => {
  try {
    await web.agent(verb, { password: fieldsOf(ctx).get('password') ?? '' }, tokenOf(ctx));
  } catch (error) {
    ctx.status = 422;
    return showSwitch(web, ctx, verb, refusalFaults(error, { password: 'password' }));
  }
  showBare(web, ctx, words[verb].after, 'switched-off.njk', { verb });
};
