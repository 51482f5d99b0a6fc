import { stat } from 'node:fs/promises';
import { request } from 'node:http';
import { join } from 'node:path';
import test from 'ava';
import type { VerbName } from '../../src/agent/api.ts';
import { connectAgent } from '../../src/agent/client.ts';
import { listen } from '../../src/agent/server.ts';
import { verbNames } from '../../src/agent/verbs.ts';
import { freshLab, PASSWORD, raw, readyLab, refusal, VISITOR } from './lab.ts';

const open: VerbName[] = ['login', 'setup.check', 'setup.finish', 'setup.status', 'web.config'];
const rootOnly: VerbName[] = ['admin.reset'];

test('every verb needs a session, but for those listed here', async (t) => {
  const lab = await readyLab(t, { block: false });
  const before = await lab.root('policy.get', {});
  const answers = new Map<string, number>();
  for (const verb of verbNames) {
    for (const token of [
      undefined,
      'A'.repeat(43),
      `${lab.token.slice(0, -1)}${lab.token.endsWith('A') ? 'B' : 'A'}`,
    ]) {
      const status = await raw(lab.web, verb, {}, token).then(
        () => 200,
        (error) => error.status,
      );
      answers.set(verb, status);
      if (rootOnly.includes(verb)) t.is(status, 404, verb);
      else if (!open.includes(verb)) t.is(status, 401, verb);
    }
  }
  t.deepEqual(await lab.root('policy.get', {}), before);
  t.true(answers.size >= 22);
  for (const verb of open) t.not(answers.get(verb), 401, verb);
});

test('a session that is logged out, and one of another agent, opens nothing', async (t) => {
  const [lab, other] = [await readyLab(t, { block: false }), await readyLab(t, { block: false })];
  t.is((await lab.web('session', {}, lab.token)).user, 'admin');
  t.is((await refusal(t, lab.web('session', {}, other.token))).status, 401);
  await lab.web('logout', {}, lab.token);
  t.is((await refusal(t, lab.web('policy.get', {}, lab.token))).status, 401);
});

test('a page that asks by a clock keeps nobody logged in', async (t) => {
  const lab = await readyLab(t, { block: false });
  for (let minutes = 0; minutes < 40; minutes += 10) {
    await lab.web('session', { polling: true }, lab.token).catch(() => {});
    await lab.web('status', {}, lab.token).catch(() => {});
    lab.time.now += 600;
  }
  t.is((await refusal(t, lab.web('session', {}, lab.token))).status, 401);
  const { token } = await lab.web('login', { user: 'admin', password: PASSWORD, visitor: VISITOR });
  for (let minutes = 0; minutes < 40; minutes += 10) {
    lab.time.now += 600;
    t.is((await lab.web('session', {}, token)).user, 'admin');
  }
});

test('login gives a new token each time; a wrong password and an unknown user get the same answer', async (t) => {
  const lab = await readyLab(t, { block: false });
  const one = await lab.web('login', { user: 'admin', password: PASSWORD, visitor: VISITOR });
  const two = await lab.web('login', { user: 'admin', password: PASSWORD, visitor: VISITOR });
  t.not(one.token, two.token);
  t.not(one.csrf, two.csrf);
  t.is((await lab.web('session', {}, two.token)).csrf, two.csrf);
  const wrong = await refusal(t, lab.web('login', { user: 'admin', password: 'something else', visitor: VISITOR }));
  const nobody = await refusal(t, lab.web('login', { user: 'root', password: PASSWORD, visitor: VISITOR }));
  t.deepEqual([wrong.status, wrong.message], [403, 'User or password is wrong.']);
  t.deepEqual([nobody.status, nobody.message, nobody.problems], [wrong.status, wrong.message, wrong.problems]);
});

test('guessing is slowed down, and the right password gets in after the wait', async (t) => {
  const lab = await readyLab(t, { block: false });
  const guess = (password: string) => lab.web('login', { user: 'admin', password, visitor: '192.168.51.66' });
  for (let tries = 0; tries < 5; tries += 1) t.is((await refusal(t, guess('wrong password'))).status, 403);
  const slow = await refusal(t, guess(PASSWORD));
  t.is(slow.status, 429);
  t.is(slow.retryAfter, 1);
  lab.time.now += slow.retryAfter;
  t.is((await guess(PASSWORD)).user, 'admin');
});

test('a login of one’s own between the guesses does not make them free', async (t) => {
  const lab = await readyLab(t, { block: false });
  const eva = {
    name: 'eva',
    role: 'viewer',
    create: true,
    password: PASSWORD,
    newPassword: 'long enough for eva',
  } as const;
  await lab.web('users.save', eva, lab.token);
  const login = (user: string, password: string) => lab.web('login', { user, password, visitor: '192.168.51.66' });
  for (let tries = 0; tries < 5; tries += 1) {
    await login('eva', 'long enough for eva');
    t.is((await refusal(t, login('Admin', `guess number ${tries}`))).status, 403);
  }
  t.is((await refusal(t, login('admin', 'guess number 6'))).status, 429);
});

test('a new password logs out everywhere else, and asks for the old one', async (t) => {
  const lab = await readyLab(t, { block: false });
  const other = await lab.web('login', { user: 'admin', password: PASSWORD, visitor: VISITOR });
  const change = (old: string, next: string) => lab.web('password.change', { old, new: next }, lab.token);
  const wrong = await refusal(t, change('not the old one', 'another long one'));
  t.deepEqual([wrong.status, wrong.problems[0]?.place], [403, 'old']);
  const short = await refusal(t, change(PASSWORD, 'short'));
  t.deepEqual([short.status, short.problems[0]?.place], [422, 'new']);
  t.regex(short.problems[0]?.message ?? '', /at least 10 characters; this one has 5/);
  await change(PASSWORD, 'another long one');
  t.is((await lab.web('session', {}, lab.token)).user, 'admin');
  t.is((await refusal(t, lab.web('session', {}, other.token))).status, 401);
  t.is((await refusal(t, lab.web('login', { user: 'admin', password: PASSWORD, visitor: VISITOR }))).status, 403);
  await lab.restart(true);
  t.is((await lab.web('login', { user: 'admin', password: 'another long one', visitor: VISITOR })).user, 'admin');
});

test('a restart of the agent logs nobody out, a reboot everybody', async (t) => {
  const lab = await readyLab(t, { block: false });
  await lab.restart();
  t.is((await lab.web('session', {}, lab.token)).user, 'admin');
  await lab.restart(true);
  t.is((await refusal(t, lab.web('session', {}, lab.token))).status, 401);
});

test('the sockets belong to root and to the web process alone', async (t) => {
  const lab = await freshLab(t);
  t.is((await stat(join(lab.run, 'root.sock'))).mode & 0o777, 0o600);
  t.is((await stat(join(lab.run, 'web.sock'))).mode & 0o777, 0o660);
  const again = listen(lab.box, { path: join(lab.run, 'web.sock'), root: false, group: null });
  await t.throwsAsync(again, { message: /Another agent is running/ });
  t.true((await lab.web('setup.status', {})).needed, 'and it still answers');
});

test('what is no verb, no JSON, too long or of the wrong shape is refused and told apart', async (t) => {
  const lab = await readyLab(t, { block: false });
  t.is((await refusal(t, raw(lab.web, 'no.such', {}, lab.token))).status, 404);
  t.is((await refusal(t, raw(lab.web, 'toString', {}, lab.token))).status, 404);
  t.is((await refusal(t, raw(lab.web, 'policy.edit', { edit: { do: 'format' } }, lab.token))).status, 400);
  t.is((await refusal(t, raw(lab.web, 'policy.get', { more: 1 }, lab.token))).status, 400);
  t.is((await refusal(t, raw(lab.web, 'login', { user: 'a'.repeat(1_100_000) }))).status, 413);
  const socketPath = join(lab.run, 'web.sock');
  t.is(await plain(socketPath, 'POST', '{"user":'), 400);
  t.is(await plain(socketPath, 'GET', ''), 400);
  t.true((await connectAgent(socketPath)('setup.status', {})).needed === false);
});

test('the audit log names who did what, and holds no secret', async (t) => {
  const lab = await readyLab(t, { block: false });
  await refusal(t, lab.web('login', { user: 'admin', password: 'wrong password', visitor: VISITOR }));
  await lab.web(
    'policy.edit',
    { edit: { do: 'save', collection: 'addresses', value: { name: 'Mail', value: '192.168.51.9' } } },
    lab.token,
  );
  const text = await import('node:fs/promises').then((fs) => fs.readFile(join(lab.data, 'log/audit.jsonl'), 'utf8'));
  const lines = text
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
  t.deepEqual(
    lines.map((line) => line.what),
    [
      'finished set-up: open until BOT is enabled',
      'finished set-up and logged in',
      'login refused',
      'added to addresses: “Mail”',
    ],
  );
  t.is(lines[3].user, 'admin');
  t.false(text.includes(PASSWORD) || text.includes('wrong password') || text.includes(lab.token));
});

const plain = (socketPath: string, method: string, body: string): Promise<number> =>
  new Promise((resolve, reject) => {
    const sent = request({ socketPath, path: '/login', method }, (answer) => {
      answer.resume();
      answer.on('end', () => resolve(answer.statusCode ?? 0));
    });
    sent.on('error', reject);
    sent.end(body);
  });
