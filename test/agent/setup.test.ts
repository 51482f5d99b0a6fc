import { access, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import { ADMIN_MAC, freshLab, PASSWORD, readyLab, refusal, VISITOR } from './lab.ts';

const exists = (path: string): Promise<boolean> =>
  access(path).then(
    () => true,
    () => false,
  );

test('first use: nothing is forwarded, and the console shows a code that only root may read', async (t) => {
  const lab = await freshLab(t);
  t.deepEqual(await lab.web('setup.status', {}), { needed: true, reason: 'first', hostname: 'greengate' });
  t.is(lab.twin.held?.ruleset.mode, 'closed');
  t.regex(await lab.code(), /^[0-9A-HJKMNP-TV-Z]{5}-[0-9A-HJKMNP-TV-Z]{5}$/);
  t.is((await stat(join(lab.run, 'setup-code'))).mode & 0o777, 0o600);
  t.regex(await readFile(join(lab.run, 'fingerprint'), 'utf8'), /^([0-9A-F]{2}:){31}[0-9A-F]{2}\n$/);
});

test('the code is asked for by both steps, and may be typed carelessly', async (t) => {
  const lab = await freshLab(t);
  const code = await lab.code();
  for (const wrong of ['', 'AAAAA-AAAAA', code.slice(0, -1)]) {
    const check = await refusal(t, lab.web('setup.check', { code: wrong, visitor: 'a' }));
    t.deepEqual([check.status, check.problems[0]?.place], [403, 'code'], wrong);
    const finish = lab.web('setup.finish', { code: wrong, password: PASSWORD, visitor: VISITOR, block: false });
    t.is((await refusal(t, finish)).status, 403, wrong);
  }
  t.is(lab.box.generation.setUp, false);
  const typed = code.toLowerCase().replace('-', ' ').replaceAll('0', 'o').replaceAll('1', 'l');
  const offer = await lab.web('setup.check', { code: typed, visitor: 'b' });
  t.deepEqual([offer.green, offer.red], ['00:16:3e:00:00:01', '00:16:3e:00:00:02']);
  t.true(offer.timezones.includes('UTC') && offer.timezones.includes('Europe/Berlin'));
});

test('after 10 wrong tries the console shows another code, and the old one is worth nothing', async (t) => {
  const lab = await freshLab(t);
  const old = await lab.code();
  for (let tries = 1; tries <= 10; tries += 1) {
    t.is(await lab.code(), old, `before try ${tries}`);
    await refusal(t, lab.web('setup.check', { code: 'WRONGWRONG', visitor: `10.0.0.${tries}` }));
  }
  t.not(await lab.code(), old);
  t.is((await refusal(t, lab.web('setup.check', { code: old, visitor: VISITOR }))).status, 403);
  t.is((await lab.web('setup.check', { code: await lab.code(), visitor: VISITOR })).nics.length, 2);
});

test('guessing codes is slowed down for the one who guesses, not for the owner', async (t) => {
  const lab = await freshLab(t);
  const guess = (visitor: string) => lab.web('setup.check', { code: 'WRONGWRONG', visitor });
  for (let tries = 0; tries < 5; tries += 1) t.is((await refusal(t, guess('192.168.51.66'))).status, 403);
  t.is((await refusal(t, guess('192.168.51.66'))).status, 429);
  t.is((await lab.web('setup.check', { code: await lab.code(), visitor: VISITOR })).nics.length, 2);
});

test('blocking at once: BOT is on with this computer as Admin MAC and GREEN may use DNS', async (t) => {
  const lab = await freshLab(t);
  const grant = await lab.web('setup.finish', {
    code: await lab.code(),
    password: PASSWORD,
    visitor: `::ffff:${VISITOR}`,
    block: true,
    timezone: 'Asia/Tokyo',
    consolePassword: 'console pw',
  });
  const { policy } = await lab.web('policy.get', {}, grant.token);
  t.true(policy.settings.enabled);
  t.is(policy.settings.adminMac, ADMIN_MAC);
  t.deepEqual(
    policy.rules.map((rule) => rule.remark),
    ['GREEN may use DNS on Greengate'],
  );
  t.is(policy.network.timezone, 'Asia/Tokyo');
  t.is(lab.twin.held?.ruleset.mode, 'blocking');
  t.regex(await readFile(join(lab.data, 'console-password'), 'utf8'), /^\$6\$/);
  t.deepEqual(await lab.web('setup.status', {}), { needed: false, reason: null, hostname: 'greengate' });
  t.false(await exists(join(lab.run, 'setup-code')));
});

test('open like IPCop: GREEN reaches RED, BOT is off and has no rules yet', async (t) => {
  const lab = await readyLab(t, { block: false });
  t.is(lab.twin.held?.ruleset.mode, 'open');
  t.deepEqual((await lab.web('policy.get', {}, lab.token)).policy.rules, []);
});

test('a refused set-up changes nothing, says at which field, and can be tried again with the same code', async (t) => {
  const lab = await freshLab(t);
  const good = { code: await lab.code(), password: PASSWORD, visitor: VISITOR, block: true };
  const cases: [string, object][] = [
    ['password', { password: 'too short' }],
    ['timezone', { timezone: 'Mars/Olympus' }],
    ['consolePassword', { consolePassword: 'x' }],
    ['red', { green: '00:16:3e:00:00:01', red: '00:16:3e:00:00:01' }],
    ['green', { green: '00:16:3e:00:00:99', red: '00:16:3e:00:00:01' }],
    ['block', { visitor: '192.168.51.77' }],
  ];
  for (const [place, fault] of cases) {
    const refused = await refusal(t, lab.web('setup.finish', { ...good, ...fault }));
    t.deepEqual([refused.status, refused.problems[0]?.place], [422, place]);
    t.true((await lab.web('setup.status', {})).needed);
    t.is(lab.twin.held?.ruleset.mode, 'closed', place);
  }
  t.is((await lab.web('setup.finish', good)).user, 'admin');
  t.is((await refusal(t, lab.web('setup.finish', good))).status, 409);
});

test('other network cards are bound, and a notice asks for the reboot that takes', async (t) => {
  const lab = await freshLab(t);
  const swapped = { green: '00:16:3e:00:00:02', red: '00:16:3e:00:00:01' };
  const { token } = await lab.web('setup.finish', {
    code: await lab.code(),
    password: PASSWORD,
    visitor: VISITOR,
    block: false,
    ...swapped,
  });
  t.like(await lab.web('nics.get', {}, token), swapped);
  t.true((await lab.web('status', {}, token)).notices.some((one) => one.includes('assigned anew')));
});

test('the console forgets the password: logged out everywhere, a new code, and the rules stay', async (t) => {
  const lab = await readyLab(t, { block: true });
  const before = lab.box.generation;
  await writeFile(join(lab.data, 'reset-admin'), '');
  t.deepEqual(await lab.web('setup.status', {}), { needed: true, reason: 'reset', hostname: 'greengate' });
  t.is((await refusal(t, lab.web('session', {}, lab.token))).status, 401);
  t.is((await refusal(t, lab.web('login', { user: 'admin', password: PASSWORD, visitor: VISITOR }))).status, 403);
  t.false(await exists(join(lab.data, 'reset-admin')));
  t.false(await exists(join(lab.data, 'users.json.last')), 'a torn users.json must not bring it back');
  const finish = { code: await lab.code(), password: 'a wholly new one', visitor: '192.168.51.99' };
  t.is((await lab.web('setup.finish', finish)).user, 'admin');
  t.is(lab.box.generation, before);
  t.deepEqual(lab.twin.done, []);
});

test('root resets the password by verb, the web process cannot', async (t) => {
  const lab = await readyLab(t, { block: true });
  t.is((await refusal(t, lab.web('admin.reset', {}, lab.token))).status, 404);
  await lab.root('admin.reset', {});
  t.is((await lab.web('setup.status', {})).reason, 'reset');
});

test('a restart of the agent leaves the code that somebody is typing; a reboot makes another', async (t) => {
  const lab = await freshLab(t);
  const code = await lab.code();
  await lab.restart();
  t.is(await lab.code(), code);
  await lab.restart(true);
  t.not(await lab.code(), code);
});
