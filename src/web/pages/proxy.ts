import type { Context } from 'koa';
import { type Pages, tokenOf, type Web } from '../context.ts';
import { setFlash } from '../flash.ts';
import { type Faults, faultsOf, fieldsOf, formOf, noFaults, take } from '../form.ts';
import { askStatus, seeOther, showPage } from '../frame.ts';
import { reachesProxy } from '../rule-notes.ts';
import { revisionAgain, revisionOf, savedText, saveEdit } from '../save.ts';

const names = ['enabled', 'port', 'cache', 'cacheMegabytes', 'safePorts', 'connectPorts'] as const;

/** Services → Proxy. */
export const proxyPages: Pages = (router, web) => {
  router.get('/services/proxy', async (ctx) => {
    const { proxy } = (await web.agent('policy.get', {}, tokenOf(ctx))).policy;
    const values = { ...proxy, enabled: box(proxy.enabled), cache: box(proxy.cache) };
    const texts = Object.fromEntries(Object.entries(values).map(([name, value]) => [name, String(value)]));
    await show(web, ctx, { values: texts, faults: noFaults });
  });
  router.post('/services/proxy', async (ctx) => {
    const fields = fieldsOf(ctx);
    const values = take(fields, names);
    const value = { ...values, enabled: values.enabled === 'on', cache: values.cache === 'on' };
    const sent = revisionOf(fields);
    const saved = await saveEdit(web.agent, ctx, { do: 'section', section: 'proxy', value }, sent);
    if (!saved.ok) {
      ctx.status = saved.moved ? 409 : 422;
      const faults = faultsOf(saved, (place) => (place in values ? place : undefined));
      return show(web, ctx, { values, faults, again: (newest) => revisionAgain(saved, sent, newest) });
    }
    setFlash(ctx, 'done', savedText(saved.cut));
    seeOther(ctx, '/services/proxy');
  });
};

const box = (value: boolean): string => (value ? 'on' : '');

type Shown = { values: Record<string, string>; faults: Faults; again?: (newest: number) => number };

const show = async (web: Web, ctx: Context, { values, faults, again }: Shown): Promise<void> => {
  const [status, { policy, revision }] = await Promise.all([
    askStatus(web, ctx),
    web.agent('policy.get', {}, tokenOf(ctx)),
  ]);
  const rules = policy.rules.filter((rule) => rule.enabled && rule.action === 'accept' && reachesProxy(policy, rule));
  await showPage(web, ctx, { title: 'Proxy', nav: 'proxy', status }, 'proxy.njk', {
    form: formOf(values, faults),
    revision: again?.(revision) ?? revision,
    address: policy.network.green.address,
    port: policy.proxy.port,
    enabled: policy.proxy.enabled,
    running: status.services.some(({ name, running }) => name === 'squid' && running),
    bot: status.bot,
    rules: rules.length,
  });
};
