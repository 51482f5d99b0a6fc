import type { Context } from 'koa';
import type { Role } from '../../agent/api.ts';
import { mustBeAble, type Pages, queryOf, sessionOf, tokenOf, type Web } from '../context.ts';
import { setFlash } from '../flash.ts';
import { type Faults, fault, fieldsOf, formOf, noFaults, take } from '../form.ts';
import { seeOther, showPage } from '../frame.ts';
import { refusalFaults } from '../refusals.ts';
import { roleLabels, roleOf, roleOptions } from '../roles.ts';

const path = '/system/users';
const names = ['name', 'role', 'newPassword', 'again', 'removeTotp', 'password'] as const;
type Values = Record<(typeof names)[number], string>;

/** System → Users: who may log in, and what they may do. */
export const userPages: Pages = (router, web) => {
  router.get(path, async (ctx) => {
    mustBeAble(ctx, 'administer');
    const { users } = await web.agent('users.list', {}, tokenOf(ctx));
    await showPage(web, ctx, { title: 'Users', nav: 'users' }, 'users.njk', {
      users: users.map((user) => ({ ...user, label: roleLabels[user.role], own: user.name === sessionOf(ctx).user })),
    });
  });
  router.get(`${path}/new`, (ctx) => showForm(web, ctx, { ...empty, role: 'viewer' }, null, noFaults));
  router.post(`${path}/new`, (ctx) => save(web, ctx, null));
  router.get(`${path}/edit`, async (ctx) => {
    const user = await asked(web, ctx);
    await showForm(web, ctx, { ...empty, name: user.name, role: user.role }, user, noFaults);
  });
  router.post(`${path}/edit`, async (ctx) => save(web, ctx, await asked(web, ctx)));
  router.get(`${path}/delete`, async (ctx) => showDelete(web, ctx, (await asked(web, ctx)).name, noFaults));
  router.post(`${path}/delete`, (ctx) => remove(web, ctx));
};

const empty: Values = { name: '', role: '', newPassword: '', again: '', removeTotp: '', password: '' };

type Known = { name: string; role: Role; totp: boolean };

/** The user that the address names; 404 when there is none. */
const asked = async (web: Web, ctx: Context): Promise<Known> => {
  mustBeAble(ctx, 'administer');
  const { users } = await web.agent('users.list', {}, tokenOf(ctx));
  const name = queryOf(ctx, 'name');
  return (
    users.find((user) => user.name === name) ?? ctx.throw(404, 'There is no such user any more.', { expose: true })
  );
};

const showForm = async (web: Web, ctx: Context, values: Values, user: Known | null, faults: Faults): Promise<void> => {
  mustBeAble(ctx, 'administer');
  const title = user === null ? 'New user' : 'Edit user';
  await showPage(web, ctx, { title, nav: 'users' }, 'user-form.njk', {
    user,
    action: user === null ? `${path}/new` : `${path}/edit?name=${encodeURIComponent(user.name)}`,
    roles: roleOptions('administrator'),
    form: formOf(values, faults),
  });
};

const save = async (web: Web, ctx: Context, user: Known | null): Promise<void> => {
  mustBeAble(ctx, 'administer');
  const fields = fieldsOf(ctx);
  const values = take(fields, names);
  const wasRole = roleOf(fields.get('wasRole') ?? '');
  const refuse = (faults: Faults) => {
    ctx.status = 422;
    return showForm(web, ctx, { ...values, newPassword: '', again: '', password: '' }, user, faults);
  };
  const role = roleOf(values.role);
  if (role === null) return refuse(fault('role', 'Choose a role.'));
  if (values.newPassword !== values.again) return refuse(fault('again', 'The two passwords differ.'));
  const name = user?.name ?? values.name.trim();
  try {
    await web.agent(
      'users.save',
      {
        name,
        role,
        create: user === null,
        password: values.password,
        ...(values.newPassword === '' ? {} : { newPassword: values.newPassword }),
        ...(values.removeTotp === 'on' ? { removeTotp: true } : {}),
        ...(user === null || wasRole === null ? {} : { wasRole }),
      },
      tokenOf(ctx),
    );
  } catch (error) {
    return refuse(
      refusalFaults(error, { password: 'password', name: 'name', role: 'role', newPassword: 'newPassword' }),
    );
  }
  setFlash(ctx, 'done', user === null ? `User ${name} added.` : `User ${name} changed.`);
  seeOther(ctx, path);
};

const showDelete = (web: Web, ctx: Context, name: string, faults: Faults): Promise<void> =>
  showPage(web, ctx, { title: 'Delete user', nav: 'users' }, 'user-delete.njk', { name, form: formOf({}, faults) });

const remove = async (web: Web, ctx: Context): Promise<void> => {
  mustBeAble(ctx, 'administer');
  const { name, password } = take(fieldsOf(ctx), ['name', 'password']);
  try {
    await web.agent('users.delete', { name, password }, tokenOf(ctx));
  } catch (error) {
    ctx.status = 422;
    return showDelete(web, ctx, name, refusalFaults(error, { password: 'password' }));
  }
  setFlash(ctx, 'done', `User ${name} deleted.`);
  seeOther(ctx, path);
};
