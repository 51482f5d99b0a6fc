import type { Context } from 'koa';
import { AgentRefusal } from '../../agent/client.ts';
import { mustBeAble, type Pages, queryOf, tokenOf, type Web } from '../context.ts';
import { setFlash } from '../flash.ts';
import { fieldsOf } from '../form.ts';
import { askStatus, type Status, seeOther, showPage } from '../frame.ts';
import { pageOf } from '../paging.ts';
import { type TokenRow, tokenRows } from '../token-rows.ts';

const path = '/system/users/tokens';

/** System → Users → Tokens: what programs of all users log in with, and revoking it. For administrators. */
export const tokenPages: Pages = (router, web) => {
  router.get(path, async (ctx) => {
    mustBeAble(ctx, 'administer');
    const status = await askStatus(web, ctx);
    const rows = await allRows(web, ctx, status);
    const q = queryOf(ctx, 'q');
    await showPage(web, ctx, { title: 'Tokens for programs', nav: 'users', status }, 'tokens.njk', {
      path,
      q,
      list: pageOf(rows, q, queryOf(ctx, 'page'), ({ user, name, role }) => `${user} ${name} ${role}`),
    });
  });
  router.get(`${path}/revoke`, (ctx) => showRevoke(web, ctx));
  router.post(`${path}/revoke`, (ctx) => revoke(web, ctx));
};

const allRows = async (web: Web, ctx: Context, status: Status): Promise<TokenRow[]> => {
  const { users } = await web.agent('users.list', {}, tokenOf(ctx));
  const clock = { zone: status.timezone, now: status.time };
  const lists = users
    .filter(({ tokens }) => tokens > 0)
    .map(async (user) =>
      tokenRows(user, (await web.agent('tokens.list', { user: user.name }, tokenOf(ctx))).tokens, clock),
    );
  return (await Promise.all(lists)).flat();
};

const showRevoke = async (web: Web, ctx: Context): Promise<void> => {
  mustBeAble(ctx, 'administer');
  const [user, id] = [queryOf(ctx, 'user'), queryOf(ctx, 'id')];
  const status = await askStatus(web, ctx);
  const token = (await allRows(web, ctx, status)).find((one) => one.id === id && one.user === user);
  if (token === undefined) ctx.throw(404, 'There is no such token any more.', { expose: true });
  await showPage(web, ctx, { title: 'Revoke token', nav: 'users', status }, 'token-revoke.njk', {
    token,
    user,
    action: `${path}/revoke`,
    back: path,
    backLabel: 'Tokens for programs',
  });
};

const revoke = async (web: Web, ctx: Context): Promise<void> => {
  mustBeAble(ctx, 'administer');
  const fields = fieldsOf(ctx);
  try {
    const wanted = { id: fields.get('id') ?? '', user: fields.get('user') ?? '' };
    await web.agent('tokens.revoke', wanted, tokenOf(ctx));
    setFlash(ctx, 'done', 'Token revoked.');
  } catch (error) {
    if (!(error instanceof AgentRefusal) || error.status !== 404) throw error;
    setFlash(ctx, 'refused', error.message);
  }
  seeOther(ctx, path);
};
