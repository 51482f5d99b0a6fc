import test from 'ava';
import { codeAt, STEP } from '../../src/agent/totp.ts';
import { PASSWORD, readyLab, refusal, VISITOR } from './lab.ts';

/** The way back in from the console: who is forgotten, and who is not. */
const OTHER = 'another long password';
/** Codes work once: the second of a test is that of the next step. */
const code = (secret: string, later = 0) => codeAt(secret, Math.floor(Date.now() / 1000 / STEP) + later);

test('the console’s reset forgets administrators and the name admin; operators and viewers stay as they are', async (t) => {
  const lab = await readyLab(t, { block: true });
  const add = (name: string, role: 'viewer' | 'operator' | 'administrator') =>
    lab.web('users.save', { name, role, create: true, password: PASSWORD, newPassword: OTHER }, lab.token);
  const login = async (user: string, more: { code?: string } = {}) =>
    (await lab.web('login', { user, password: OTHER, visitor: VISITOR, ...more })).token;
  const status = async (call: Promise<unknown>) => (await refusal(t, call)).status;
  await add('olga', 'administrator');
  await add('otto', 'operator');
  await add('eva', 'viewer');
  const make = async (token: string, password: string) => {
    const wanted = { name: 'script', role: 'viewer', expires: null, password } as const;
    return (await lab.web('tokens.create', wanted, token)).token;
  };
  const [olga, otto] = [await login('olga'), await login('otto')];
  const [lost, kept] = [await make(olga, OTHER), await make(otto, OTHER)];
  const phone = await lab.web('totp.begin', { password: OTHER }, otto);
  await lab.web('totp.confirm', { code: code(phone.secret, -1) }, otto);
  // An operator called admin: the name is what set-up gives anew.
  const demoted = { name: 'admin', role: 'operator', create: false, password: OTHER } as const;
  await lab.web('users.save', demoted, olga);
  await lab.root('admin.reset', {});
  t.deepEqual(
    (await lab.box.store.users()).map(({ name, role }) => `${name} ${role}`),
    ['otto operator', 'eva viewer'],
  );
  t.true((await lab.web('setup.status', {})).needed);
  for (const token of [lab.token, olga, otto, lost]) t.is(await status(lab.web('policy.get', {}, token)), 401);
  t.is(await status(login('olga')), 403);
  t.is((await lab.web('policy.get', {}, kept)).revision, lab.box.generation.number);
  const eva = await login('eva');
  t.is(await status(login('otto')), 403, 'the second step is still asked for');
  await login('otto', { code: code(phone.secret) });
  await lab.restart();
  const finish = { code: await lab.code(), password: 'a wholly new one', visitor: VISITOR };
  lab.token = (await lab.web('setup.finish', finish)).token;
  t.deepEqual(
    (await lab.web('users.list', {}, lab.token)).users.map(({ name, role, totp }) => [name, role, totp]),
    [
      ['admin', 'administrator', false],
      ['otto', 'operator', true],
      ['eva', 'viewer', false],
    ],
  );
  t.is((await lab.web('session', {}, eva)).role, 'viewer', 'and is not logged out by it');
  const { lines } = await lab.web('audit.get', { limit: 9, q: 'forgot' }, lab.token);
  t.deepEqual(
    lines.map(({ user, what }) => [user, what]),
    [['console', 'reset the admin password, which forgot admin, olga']],
  );
});

test('the console’s reset takes the second step along', async (t) => {
  const lab = await readyLab(t, { block: true });
  const { secret } = await lab.web('totp.begin', { password: PASSWORD }, lab.token);
  await lab.web('totp.confirm', { code: code(secret) }, lab.token);
  await lab.root('admin.reset', {});
  const finish = { code: await lab.code(), password: OTHER, visitor: VISITOR };
  await lab.web('setup.finish', finish);
  const back = await lab.web('login', { user: 'admin', password: OTHER, visitor: VISITOR });
  t.is(back.user, 'admin');
});
