import { type Pages, tokenOf } from '../context.ts';
import { showPage } from '../frame.ts';
import { logLinks, logState, numberFilter, placeOf, textFilter } from '../log-view.ts';

const path = '/logs/proxy';
const names = ['client', 'host', 'status', 'denied', 'q'] as const;

/** Logs → Proxy: which web sites were asked for, newest first. */
export const proxyLogPages: Pages = (router, web) => {
  router.get(path, async (ctx) => {
    const state = logState(ctx, path, names);
    const { client, host, status, denied } = state.filters;
    const page = web.logs.proxy({
      ...placeOf(state),
      ...textFilter('client', client),
      ...textFilter('host', host),
      ...numberFilter('status', status),
      ...(denied === '1' ? { denied: true } : {}),
    });
    const { leases } = await web.agent('leases.get', {}, tokenOf(ctx));
    const hosts = new Map(leases.map((lease) => [lease.address, lease.name]));
    await showPage(web, ctx, { title: 'Proxy log', nav: 'log-proxy' }, 'log-proxy.njk', {
      lines: page.lines.map((line) => ({ ...line, clientName: hosts.get(line.client) ?? '' })),
      state,
      links: logLinks(state, page),
    });
  });
};
