import { appendFile, mkdir, rename, rmdir } from 'node:fs/promises';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { codeAt, STEP } from '../../src/agent/totp.ts';
import type { Edit } from '../../src/policy/edit.ts';
import { type Lab, PASSWORD, readyLab, refusal, VISITOR } from './lab.ts';

/** Users, roles, the second step and API tokens, as the agent decides them. */
const OTHER = 'another long password';
const add = (lab: Lab, name: string, role: 'viewer' | 'operator' | 'administrator') =>
  lab.web('users.save', { name, role, create: true, password: PASSWORD, newPassword: OTHER }, lab.token);
const login = async (lab: Lab, user: string, password = OTHER, code?: string) =>
  (await lab.web('login', { user, password, visitor: VISITOR, ...(code === undefined ? {} : { code }) })).token;
const toggle = { do: 'toggleRule', id: 'dns', log: true } as const;
const now = () => Math.floor(Date.now() / 1000);
/** Codes work once: the second of a test is that of the next step. */
const code = (secret: string, later = 0) => codeAt(secret, Math.floor(now() / STEP) + later);
const status = async (t: ExecutionContext, call: Promise<unknown>) => (await refusal(t, call)).status;

test('a viewer looks, an operator switches and blocks, only an administrator does the rest', async (t) => {
  const lab = await readyLab(t, { block: true });
  await add(lab, 'eva', 'viewer');
  await add(lab, 'otto', 'operator');
  const [eva, otto] = [await login(lab, 'EVA'), await login(lab, 'otto')];
  t.is((await lab.web('session', {}, eva)).role, 'viewer');
  await lab.web('policy.get', {}, eva);
  t.is(await status(t, lab.web('policy.edit', { edit: toggle }, eva)), 403);
  await lab.web('policy.edit', { edit: toggle }, otto);
  const block = { do: 'block', host: '192.168.51.7', action: 'drop', until: null, by: 'somebody else' } as const;
  await lab.web('policy.edit', { edit: { do: 'batch', edits: [toggle, block] } }, otto);
  t.is(lab.box.generation.policy.blocks[0]?.by, 'otto');
  const edits: Edit[] = [
    { do: 'deleteRule', id: 'dns' },
    { do: 'batch', edits: [toggle, { do: 'deleteRule', id: 'dns' }] },
    { do: 'section', section: 'settings', value: { logging: false } },
    { do: 'replace', value: {} },
    { do: 'block', host: '0.0.0.0/0', action: 'accept', until: null },
    { do: 'block', host: '192.168.51.1-192.168.51.9', action: 'accept', until: null },
  ];
  for (const edit of edits) t.is(await status(t, lab.web('policy.edit', { edit }, otto)), 403);
  for (const call of [
    lab.web('users.list', {}, otto),
    lab.web('bot.disable', { password: OTHER }, otto),
    lab.web('reboot', { password: OTHER }, otto),
    lab.web('users.save', { name: 'otto', role: 'administrator', create: false, password: OTHER }, otto),
  ])
    t.is(await status(t, call), 403);
});

test('the last administrator stays one; a new role logs out', async (t) => {
  const lab = await readyLab(t, { block: true });
  const demote = { name: 'admin', role: 'viewer', create: false, password: PASSWORD } as const;
  t.regex(
    (await refusal(t, lab.web('users.save', demote, lab.token))).problems[0]?.message ?? '',
    /last administrator/,
  );
  t.is(await status(t, lab.web('users.delete', { name: 'admin', password: PASSWORD }, lab.token)), 422);
  await add(lab, 'otto', 'operator');
  const otto = await login(lab, 'otto');
  await lab.web('users.save', { name: 'otto', role: 'viewer', create: false, password: PASSWORD }, lab.token);
  t.is(await status(t, lab.web('session', {}, otto)), 401);
  const again = await login(lab, 'otto');
  await lab.web('users.delete', { name: 'otto', password: PASSWORD }, lab.token);
  t.is(await status(t, lab.web('session', {}, again)), 401);
  t.is(await status(t, login(lab, 'otto')), 403);
});

test('users are added with a sound name and password, and the password of who adds them', async (t) => {
  const lab = await readyLab(t, { block: true });
  const base = { name: 'eva', role: 'viewer', create: true, password: PASSWORD, newPassword: OTHER } as const;
  const place = async (more: object) =>
    (await refusal(t, lab.web('users.save', { ...base, ...more }, lab.token))).problems[0]?.place;
  t.is(await place({ name: 'root' }), 'name');
  t.is(await place({ name: '<b>' }), 'name');
  t.is(await place({ name: 'ADMIN' }), 'name');
  t.is(await place({ newPassword: 'short' }), 'newPassword');
  t.is(await place({ password: 'wrong' }), 'password');
  t.deepEqual(
    (await lab.box.store.users()).map(({ name }) => name),
    ['admin'],
  );
});

test('the second step: the password alone is not enough, a code works once, a recovery code too', async (t) => {
  const lab = await readyLab(t, { block: true });
  const { secret, uri } = await lab.web('totp.begin', { password: PASSWORD }, lab.token);
  t.true(uri.startsWith('otpauth://totp/') && uri.includes(secret));
  t.is(await status(t, lab.web('totp.confirm', { code: '000000' }, lab.token)), 422);
  const { recovery } = await lab.web('totp.confirm', { code: code(secret, -1) }, lab.token);
  t.is(recovery.length, 8);
  const [user] = await lab.box.store.users();
  t.false(JSON.stringify(user).includes(recovery[0] ?? 'none'), 'recovery codes are kept hashed');
  const needed = await refusal(t, login(lab, 'admin', PASSWORD));
  t.deepEqual([needed.status, needed.problems[0]?.place], [403, 'code']);
  t.is((await refusal(t, login(lab, 'admin', 'wrong password', code(secret)))).problems[0]?.place, 'password');
  const first = code(secret);
  await login(lab, 'admin', PASSWORD, first);
  t.is((await refusal(t, login(lab, 'admin', PASSWORD, first))).problems[0]?.place, 'code');
  const written = (recovery[0] ?? '').toLowerCase().replace('-', ' ');
  await login(lab, 'admin', PASSWORD, written);
  t.is(await status(t, login(lab, 'admin', PASSWORD, written)), 403);
});

test('wrong codes are throttled as wrong passwords are', async (t) => {
  const lab = await readyLab(t, { block: true });
  const { secret } = await lab.web('totp.begin', { password: PASSWORD }, lab.token);
  await lab.web('totp.confirm', { code: code(secret) }, lab.token);
  let last = 0;
  for (let tries = 0; tries < 8 && last !== 429; tries += 1)
    last = await status(t, login(lab, 'admin', PASSWORD, '12345x'));
  t.is(last, 429);
});

test('a token does what its role may, never what a person must, and is kept as a hash', async (t) => {
  const lab = await readyLab(t, { block: true });
  const make = (name: string, role: 'viewer' | 'administrator', expires: number | null) =>
    lab.web('tokens.create', { name, role, expires, password: PASSWORD }, lab.token);
  const { token, id } = await make('script', 'administrator', null);
  t.regex(token, /^gg_[\w-]{43}$/);
  t.false(JSON.stringify(await lab.box.store.users()).includes(token));
  await lab.web('policy.edit', { edit: toggle }, token);
  for (const call of [
    lab.web('bot.disable', { password: PASSWORD }, token),
    lab.web('users.list', {}, token),
    lab.web('tokens.create', { name: 'more', role: 'viewer', expires: null, password: PASSWORD }, token),
    lab.web('password.change', { old: PASSWORD, new: OTHER }, token),
  ])
    t.is(await status(t, call), 403);
  const viewer = await make('look', 'viewer', null);
  t.is(await status(t, lab.web('policy.edit', { edit: toggle }, viewer.token)), 403);
  t.is((await refusal(t, make('old', 'viewer', now() - 5))).problems[0]?.place, 'expires');
  await lab.web('tokens.revoke', { id }, lab.token);
  t.is(await status(t, lab.web('policy.get', {}, token)), 401);
  const { lines } = await lab.web('audit.get', { limit: 50 }, lab.token);
  t.true(lines.some(({ user, what }) => user === 'admin (script)' && what === 'switched on the log of rule dns'));
});

test('an operator’s token cannot be an administrator’s; a demoted user’s token is demoted too', async (t) => {
  const lab = await readyLab(t, { block: true });
  await add(lab, 'otto', 'operator');
  const otto = await login(lab, 'otto');
  const wanted = { name: 'mine', expires: null, password: OTHER };
  t.is(
    (await refusal(t, lab.web('tokens.create', { ...wanted, role: 'administrator' }, otto))).problems[0]?.place,
    'role',
  );
  const { token } = await lab.web('tokens.create', { ...wanted, role: 'operator' }, otto);
  await lab.web('policy.edit', { edit: toggle }, token);
  await lab.web('users.save', { name: 'otto', role: 'viewer', create: false, password: PASSWORD }, lab.token);
  t.is(await status(t, lab.web('policy.edit', { edit: toggle }, token)), 403);
});

test('the audit log tells who changed what, the newest first, page by page', async (t) => {
  const lab = await readyLab(t, { block: true });
  for (const name of ['one', 'two', 'three']) await add(lab, name, 'viewer');
  const first = await lab.web('audit.get', { limit: 2 }, lab.token);
  t.deepEqual(
    first.lines.map(({ user, what, visitor }) => [user, what, visitor]),
    [
      ['admin', 'added user three (viewer)', VISITOR],
      ['admin', 'added user two (viewer)', VISITOR],
    ],
  );
  t.true(first.older);
  const next = await lab.web('audit.get', { limit: 1, before: first.lines.at(-1)?.id ?? 0 }, lab.token);
  t.is(next.lines[0]?.what, 'added user one (viewer)');
  t.is((await lab.web('audit.get', { limit: 9, q: 'USER two' }, lab.token)).lines.length, 1);
});

test('codes are those of RFC 6238, appendix B, in six digits', (t) => {
  // The RFC's secret, 20 ASCII digits, in base32.
  const secret = 'GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ';
  for (const [at, expected] of [
    [59, '287082'],
    [1111111109, '081804'],
    [1111111111, '050471'],
    [1234567890, '005924'],
    [2000000000, '279037'],
    [20000000000, '353130'],
  ] as const)
    t.is(codeAt(secret, Math.floor(at / STEP)), expected);
});

test('what was typed as a user’s name and is none is not written down', async (t) => {
  const lab = await readyLab(t, { block: true });
  await refusal(t, login(lab, 'my secret passphrase'));
  const { lines } = await lab.web('audit.get', { limit: 1 }, lab.token);
  t.deepEqual([lines[0]?.user, lines[0]?.what], ['unknown', 'login refused']);
});

test('a torn line of the audit log does not take the next one with it', async (t) => {
  const lab = await readyLab(t, { block: true });
  await appendFile(join(lab.data, 'log/audit.jsonl'), '{"time":"2026-1');
  await add(lab, 'eva', 'viewer');
  const { lines } = await lab.web('audit.get', { limit: 1 }, lab.token);
  t.is(lines[0]?.what, 'added user eva (viewer)');
});

test('a log of changes that cannot be written is a notice until it can', async (t) => {
  const lab = await readyLab(t, { block: true });
  const path = join(lab.data, 'log/audit.jsonl');
  await rename(path, `${path}.aside`);
  await mkdir(path);
  await add(lab, 'eva', 'viewer');
  const told = async () =>
    (await lab.web('status', {}, lab.token)).notices.some((one) => one.startsWith('The log of changes'));
  t.true(await told());
  await rmdir(path);
  await add(lab, 'otto', 'viewer');
  t.false(await told());
});
