import type { Context } from 'koa';
import type { Verbs } from '../../agent/api.ts';
import { AgentRefusal } from '../../agent/client.ts';
import { type Pages, visitorOf, type Web } from '../context.ts';
import { writeCookie } from '../cookies.ts';
import { type Faults, fault, fieldsOf, formOf, noFaults, take } from '../form.ts';
import { seeOther, showBare } from '../frame.ts';

/** First use: the code from the console, then everything else on one page. Also after the console reset the password. */
export const setupPages: Pages = (router, web) => {
  router.get('/setup', async (ctx) => {
    const { needed, reason } = await web.agent('setup.status', {});
    if (!needed) return seeOther(ctx, '/');
    showCode(web, ctx, { reason: reason ?? 'first' });
  });
  router.post('/setup', async (ctx) => {
    const status = await web.agent('setup.status', {});
    if (!status.needed) return seeOther(ctx, '/');
    const reason = status.reason ?? 'first';
    const values = take(fieldsOf(ctx), fields);
    try {
      const offer = await web.agent('setup.check', { code: values.code.trim(), visitor: visitorOf(ctx) });
      if (values.step === 'code') return showRest(web, ctx, { reason, offer, values: firstValues(values, offer) });
      const faults = passwordFaults(values);
      if (faults !== noFaults) return refuse(web, ctx, { reason, offer, values, faults });
      await finish(web, ctx, { reason, offer, values });
    } catch (error) {
      if (!(error instanceof AgentRefusal) || error.status >= 500) throw error;
      ctx.status = error.status === 429 ? 429 : 422;
      const wait = error.retryAfter > 0 ? ` Try again in ${Math.ceil(error.retryAfter)} seconds.` : '';
      showCode(web, ctx, { reason, code: values.code.slice(0, 200), faults: fault('code', `${error.message}${wait}`) });
    }
  });
};

const fields = [
  'step',
  'code',
  'password',
  'again',
  'timezone',
  'green',
  'red',
  'block',
  'consolePassword',
  'consoleAgain',
] as const;

type Values = Record<(typeof fields)[number], string>;
type Reason = 'first' | 'reset';
type Rest = { reason: Reason; offer: Verbs['setup.check']['out']; values: Values; faults?: Faults };

const finish = async (web: Web, ctx: Context, rest: Rest): Promise<void> => {
  const { values, reason } = rest;
  const first = {
    timezone: values.timezone,
    green: values.green,
    red: values.red,
    block: values.block !== 'no',
    ...(values.consolePassword === '' ? {} : { consolePassword: values.consolePassword }),
  };
  try {
    const { token } = await web.agent('setup.finish', {
      code: values.code.trim(),
      password: values.password,
      visitor: visitorOf(ctx),
      ...(reason === 'first' ? first : {}),
    });
    writeCookie(ctx, 'session', token);
    writeCookie(ctx, 'form', '');
    seeOther(ctx, '/');
  } catch (error) {
    if (!(error instanceof AgentRefusal) || (error.status !== 422 && error.status !== 400)) throw error;
    refuse(web, ctx, { ...rest, faults: finishFaults(error) });
  }
};

const refuse = (web: Web, ctx: Context, rest: Rest): void => {
  ctx.status = 422;
  showRest(web, ctx, rest);
};

const finishFaults = (error: AgentRefusal): Faults => {
  const faults: Faults = { fields: {}, general: [] };
  for (const { place, message } of error.problems) {
    const field = place.split('/').at(-1) ?? '';
    if ((fields as readonly string[]).includes(field)) faults.fields[field] ??= message;
    else faults.general.push(message);
  }
  return error.problems.length === 0 ? fault('', error.message) : faults;
};

const passwordFaults = (values: Values): Faults => {
  if (values.password !== values.again) return fault('again', 'The two passwords differ.');
  if (values.consolePassword !== values.consoleAgain) return fault('consoleAgain', 'The two passwords differ.');
  if (values.green !== '' && values.green === values.red)
    return fault('red', 'GREEN and RED need different network cards.');
  return noFaults;
};

const firstValues = (values: Values, offer: Verbs['setup.check']['out']): Values => ({
  ...values,
  timezone: 'UTC',
  green: offer.green,
  red: offer.red,
  block: 'yes',
});

const showCode = (
  web: Web,
  ctx: Context,
  { reason, code = '', faults }: { reason: Reason; code?: string; faults?: Faults },
) => showBare(web, ctx, 'Set up Greengate', 'setup-code.njk', { reason, form: formOf({ code }, faults) });

const showRest = (web: Web, ctx: Context, { reason, offer, values, faults }: Rest): void =>
  showBare(web, ctx, 'Set up Greengate', 'setup.njk', {
    reason,
    nics: offer.nics,
    timezones: offer.timezones,
    // Passwords are never sent back; everything else that was typed is.
    form: formOf({ ...values, password: '', again: '', consolePassword: '', consoleAgain: '' }, faults),
  });
