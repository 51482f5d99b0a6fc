import type { Context } from 'koa';
import type { Verbs } from '../agent/api.ts';
import { can, type Pages, sessionOf, tokenOf, visitorOf, type Web } from './context.ts';
import { type Flash, takeFlash } from './flash.ts';
import { csrfOf } from './middleware/csrf.ts';
import { roleLabels } from './roles.ts';

export type Status = Verbs['status']['out'];

/** What a page says of itself. `nav` is the id of its menu entry; `warn`: extra sentences for the bar on top. */
export type PageHead = { title: string; nav: string; status?: Status };

/** Asks the agent what the box is doing. Counts as the visitor's own look: prefills the Admin MAC. */
export const askStatus = (web: Web, ctx: Context): Promise<Status> =>
  web.agent('status', { visitor: visitorOf(ctx) }, tokenOf(ctx));

/** Answers with a view inside the frame: menu, the bar on top, the sentence of the last change. */
export const showPage = async (web: Web, ctx: Context, head: PageHead, view: string, struct: object): Promise<void> => {
  const status = head.status ?? (await askStatus(web, ctx));
  const frame = {
    ...barOf(ctx, status),
    title: head.title,
    nav: head.nav,
    menu,
    flash: takeFlash(ctx) satisfies Flash | null,
    zone: status.timezone,
    // A form that is shown again holds what is not saved.
    unsaved: ctx.method === 'POST',
    now: status.time,
  };
  ctx.type = 'html';
  ctx.body = web.render(view, { frame, ...struct });
};

/** The bar on top alone: open pages ask for it again and again, so that it is always true. */
export const barPages: Pages = (router, web) => {
  router.get('/topbar', async (ctx) => {
    const frame = barOf(ctx, await askStatus(web, ctx));
    ctx.type = 'html';
    ctx.body = web.render('topbar.njk', { frame });
  });
};

/** Answers with a view without menu: login and set-up. */
export const showBare = (web: Web, ctx: Context, title: string, view: string, struct: object): void => {
  ctx.type = 'html';
  ctx.body = web.render(view, { title, csrf: csrfOf(ctx), flash: takeFlash(ctx), ...struct });
};

/** Answers a form that was done: the browser loads another page, so that reloading repeats nothing. */
export const seeOther = (ctx: Context, target: string): void => {
  ctx.redirect(target);
  ctx.status = 303;
};

const barOf = (ctx: Context, status: Status) => ({
  csrf: csrfOf(ctx),
  user: sessionOf(ctx).user,
  role: roleLabels[sessionOf(ctx).role],
  can: { operate: can(ctx, 'operate'), administer: can(ctx, 'administer') },
  hostname: status.hostname,
  bot: status.bot,
  trial: status.trial,
  warnings: warningsOf(status),
});

/** RED is said to be down in one place only, whether the agent has a notice for it or not. */
const warningsOf = ({ red, notices }: Status): string[] => {
  if (notices.some((notice) => /\bRED\b/.test(notice))) return notices;
  if (!red.carrier) return ['RED is down: no cable, or the other end is off.', ...notices];
  return red.address === '' ? ['RED has no address: nothing can leave.', ...notices] : notices;
};

const menu = [
  { id: 'home', icon: 'home', label: 'Home', href: '/', children: [] },
  { id: 'network', icon: 'network', label: 'Network', href: '/network', children: [] },
  {
    id: 'services',
    icon: 'services',
    label: 'Services',
    href: '',
    children: [
      { id: 'proxy', label: 'Proxy', href: '/services/proxy' },
      { id: 'dhcp', label: 'DHCP and DNS', href: '/services/dhcp' },
      { id: 'time', label: 'Time', href: '/services/time' },
      { id: 'ssh', label: 'SSH', href: '/services/ssh' },
    ],
  },
  {
    id: 'firewall',
    icon: 'firewall',
    label: 'Firewall',
    href: '',
    children: [
      { id: 'bot', label: 'Block Outgoing Traffic', href: '/firewall/bot' },
      { id: 'objects', label: 'Advanced BOT Config', href: '/firewall/objects/addresses' },
      { id: 'why', label: 'Why?', href: '/firewall/why' },
      { id: 'blocks', label: 'Blocked hosts', href: '/firewall/blocks' },
      { id: 'import', label: 'Import and export', href: '/firewall/import' },
    ],
  },
  {
    id: 'logs',
    icon: 'logs',
    label: 'Logs',
    href: '',
    children: [
      { id: 'log-firewall', label: 'Firewall log', href: '/logs/firewall' },
      { id: 'log-proxy', label: 'Proxy log', href: '/logs/proxy' },
      { id: 'log-changes', label: 'Changes', href: '/logs/changes' },
    ],
  },
  {
    id: 'system-group',
    icon: 'system',
    label: 'System',
    href: '',
    children: [
      { id: 'system', label: 'This box', href: '/system' },
      { id: 'generations', label: 'Generations', href: '/system/generations' },
      { id: 'certificate', label: 'Certificate', href: '/system/certificate' },
      { id: 'users', label: 'Users', href: '/system/users' },
      { id: 'account', label: 'My account', href: '/system/account' },
    ],
  },
];
