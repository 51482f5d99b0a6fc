import { appendFile, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import { attendConsole } from '../../src/agent/console.ts';
import { addUser, type Lab, PASSWORD, readyLab, VISITOR } from './lab.ts';

const act = (lab: Lab, text: string) => appendFile(join(lab.data, 'console-acts'), `${text}\n`);
const log = async (lab: Lab) =>
  (await lab.root('audit.get', { limit: 6 })).lines.filter(({ user }) => user === 'console').map(({ what }) => what);
const login = (lab: Lab, user = 'admin', password = PASSWORD) => lab.web('login', { user, password, visitor: VISITOR });

test('what was done at the console is in the log of changes once, and told at an administrator’s next login', async (t) => {
  const lab = await readyLab(t, { block: true });
  t.deepEqual((await login(lab)).atConsole, []);
  await act(lab, 'opened a shell');
  await act(lab, 'released BOT');
  await attendConsole(lab.box);
  await attendConsole(lab.box);
  t.deepEqual(await log(lab), ['released BOT', 'opened a shell']);
  t.deepEqual((await login(lab)).atConsole, ['opened a shell', 'released BOT']);
  t.deepEqual((await login(lab)).atConsole, []);
  const left = await readdir(lab.data);
  t.false(left.some((name) => name.startsWith('console-acts')));
});

test('what was done while the agent was down, or before a power cut, is not lost', async (t) => {
  const lab = await readyLab(t, { block: true });
  await writeFile(join(lab.data, 'console-acts.taken'), 'rebooted\n');
  await act(lab, 'opened a shell');
  await lab.restart(true);
  await attendConsole(lab.box);
  t.deepEqual(await log(lab), ['opened a shell', 'rebooted']);
});

test('others are not told, a long line is cut, and a log that cannot be written keeps nobody from undoing', async (t) => {
  const lab = await readyLab(t, { block: true });
  await addUser(lab, 'olga', 'operator');
  await act(lab, `opened ${'a '.repeat(3000)}shell`);
  const { audit } = lab.box.store;
  lab.box.store.audit = () => Promise.reject(new Error('ENOSPC'));
  await t.notThrowsAsync(attendConsole(lab.box));
  t.regex(await readFile(join(lab.data, 'console-acts.taken'), 'utf8'), /^opened/);
  lab.box.store.audit = audit;
  await attendConsole(lab.box);
  t.is((await log(lab))[0]?.length, 300);
  t.deepEqual((await login(lab, 'olga', 'olga password')).atConsole, []);
});
