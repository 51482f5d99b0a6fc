import type { Context } from 'koa';
import { renderSVG } from 'uqr';
import { type Pages, queryOf, sessionOf, tokenOf, type Web } from '../context.ts';
import { setFlash } from '../flash.ts';
import { type Faults, fault, fieldsOf, formOf, noFaults, take } from '../form.ts';
import { askStatus, seeOther, showPage } from '../frame.ts';
import { refusalFaults } from '../refusals.ts';
import { roleLabels, roleOf, roleOptions } from '../roles.ts';
import { tokenEnd, tokenRows, tokenSpans } from '../token-rows.ts';

const path = '/system/account';

/** System → My account: password, the second step at login, tokens for programs. */
export const accountPages: Pages = (router, web) => {
  router.get(path, (ctx) => show(web, ctx, {}, noFaults));
  router.post('/system/password', (ctx) => changePassword(web, ctx));
  router.post(`${path}/totp`, (ctx) => beginTotp(web, ctx));
  router.post(`${path}/totp/confirm`, (ctx) => confirmTotp(web, ctx));
  router.post(`${path}/totp/remove`, (ctx) => removeTotp(web, ctx));
  router.post(`${path}/token`, (ctx) => makeToken(web, ctx));
  router.get(`${path}/token/revoke`, (ctx) => showRevoke(web, ctx));
  router.post(`${path}/token/revoke`, async (ctx) => {
    await web.agent('tokens.revoke', { id: fieldsOf(ctx).get('id') ?? '' }, tokenOf(ctx));
    setFlash(ctx, 'done', 'Token revoked.');
    seeOther(ctx, path);
  });
};

const show = async (web: Web, ctx: Context, values: Record<string, string>, faults: Faults): Promise<void> => {
  const { user, role, totp } = sessionOf(ctx);
  const [status, { tokens }] = await Promise.all([askStatus(web, ctx), web.agent('tokens.list', {}, tokenOf(ctx))]);
  const clock = { zone: status.timezone, now: status.time };
  await showPage(web, ctx, { title: 'My account', nav: 'account', status }, 'account.njk', {
    user,
    role: roleLabels[role],
    totp,
    tokens: tokenRows({ name: user, role }, tokens, clock),
    roles: roleOptions(role),
    spans: tokenSpans,
    form: formOf({ tokenRole: 'viewer', tokenSpan: 'year', ...values }, faults),
  });
};

const refuse = (web: Web, ctx: Context, values: Record<string, string>, faults: Faults): Promise<void> => {
  ctx.status = 422;
  return show(web, ctx, values, faults);
};

const changePassword = async (web: Web, ctx: Context): Promise<void> => {
  const values = take(fieldsOf(ctx), ['old', 'new', 'again']);
  if (values.new !== values.again) return refuse(web, ctx, {}, fault('again', 'The two passwords differ.'));
  try {
    await web.agent('password.change', { old: values.old, new: values.new }, tokenOf(ctx));
  } catch (error) {
    return refuse(web, ctx, {}, refusalFaults(error, { old: 'old', new: 'new' }));
  }
  setFlash(ctx, 'done', 'Password changed.');
  seeOther(ctx, path);
};

const beginTotp = async (web: Web, ctx: Context): Promise<void> => {
  const password = fieldsOf(ctx).get('totpPassword') ?? '';
  try {
    const { secret, uri } = await web.agent('totp.begin', { password }, tokenOf(ctx));
    await showSecret(web, ctx, { secret, uri }, noFaults);
  } catch (error) {
    await refuse(web, ctx, {}, refusalFaults(error, { password: 'totpPassword' }));
  }
};

/** The picture is `data:`: the pages' rules for content allow no style inside them. */
const showSecret = (web: Web, ctx: Context, { secret, uri }: { secret: string; uri: string }, faults: Faults) =>
  showPage(web, ctx, { title: 'Second step', nav: 'account' }, 'totp.njk', {
    picture: `data:image/svg+xml;base64,${Buffer.from(renderSVG(uri)).toString('base64')}`,
    secret,
    uri,
    groups: secret.replaceAll(/(.{4})(?=.)/g, '$1 '),
    form: formOf({}, faults),
  });

const confirmTotp = async (web: Web, ctx: Context): Promise<void> => {
  const { code, secret, uri } = take(fieldsOf(ctx), ['code', 'secret', 'uri']);
  try {
    const { recovery } = await web.agent('totp.confirm', { code }, tokenOf(ctx));
    await showPage(web, ctx, { title: 'Recovery codes', nav: 'account' }, 'recovery.njk', { recovery });
  } catch (error) {
    ctx.status = 422;
    await showSecret(web, ctx, { secret, uri }, refusalFaults(error, { code: 'code' }));
  }
};

const removeTotp = async (web: Web, ctx: Context): Promise<void> => {
  try {
    await web.agent('totp.remove', { password: fieldsOf(ctx).get('totpPassword') ?? '' }, tokenOf(ctx));
  } catch (error) {
    return refuse(web, ctx, {}, refusalFaults(error, { password: 'totpPassword' }));
  }
  setFlash(ctx, 'done', 'The second step is off.');
  seeOther(ctx, path);
};

const makeToken = async (web: Web, ctx: Context): Promise<void> => {
  const values = take(fieldsOf(ctx), ['tokenName', 'tokenRole', 'tokenSpan', 'tokenDate', 'tokenPassword']);
  const kept = { ...values, tokenPassword: '' };
  const role = roleOf(values.tokenRole);
  if (role === null) return refuse(web, ctx, kept, fault('tokenRole', 'Choose what the token may do.'));
  const status = await askStatus(web, ctx);
  const end = tokenEnd(values, { zone: status.timezone, now: status.time });
  if ('field' in end) return refuse(web, ctx, kept, fault(end.field, end.message));
  try {
    const wanted = { name: values.tokenName, role, expires: end.expires, password: values.tokenPassword };
    const { token } = await web.agent('tokens.create', wanted, tokenOf(ctx));
    await showPage(web, ctx, { title: 'New token', nav: 'account' }, 'token-made.njk', {
      token,
      name: values.tokenName,
    });
  } catch (error) {
    const field = values.tokenSpan === 'date' ? 'tokenDate' : 'tokenSpan';
    const fields = { password: 'tokenPassword', name: 'tokenName', role: 'tokenRole', expires: field };
    await refuse(web, ctx, kept, refusalFaults(error, fields));
  }
};

const showRevoke = async (web: Web, ctx: Context): Promise<void> => {
  const id = queryOf(ctx, 'id');
  const { tokens } = await web.agent('tokens.list', {}, tokenOf(ctx));
  const token = tokens.find((one) => one.id === id);
  if (token === undefined) ctx.throw(404, 'There is no such token any more.', { expose: true });
  await showPage(web, ctx, { title: 'Revoke token', nav: 'account' }, 'token-revoke.njk', {
    token,
    user: '',
    action: `${path}/token/revoke`,
    back: path,
    backLabel: 'My account',
  });
};
