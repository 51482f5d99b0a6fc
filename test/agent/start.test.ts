import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import { attendConsole } from '../../src/agent/console.ts';
import { freshLab, type Lab, readyLab, refusal } from './lab.ts';

const touch = (lab: Lab) =>
  lab.root('policy.edit', {
    edit: { do: 'save', collection: 'addresses', value: { name: 'One', value: '192.168.51.1' } },
  });

test('the agent leaves the rules alone when the kernel holds them', async (t) => {
  const lab = await readyLab(t, { block: true });
  await lab.restart();
  t.deepEqual(lab.twin.done, []);
});

test('the agent loads its generation when the kernel holds another one, or none', async (t) => {
  const lab = await readyLab(t, { block: true });
  const { number } = lab.box.generation;
  await lab.restart(true);
  t.deepEqual(lab.twin.done, [`load ${number}`, 'network'], 'forwarding waited for the rules');
  t.is(lab.twin.held?.ruleset.mode, 'blocking');
});

test('BOT released at the console stays released over a restart of the agent, until a save', async (t) => {
  const lab = await readyLab(t, { block: true });
  lab.twin.released = true;
  await lab.restart();
  t.deepEqual(lab.twin.done, []);
  const status = await lab.root('status', {});
  t.is(status.bot, 'released');
  await touch(lab);
  t.is((await lab.root('status', {})).bot, 'enabled');
  lab.twin.released = true;
  await lab.root('bot.enable', {});
  t.false(lab.twin.released, 'Enable ends it too');
});

test('a rescue in which even our tables went is no release: the agent closes', async (t) => {
  const lab = await readyLab(t, { block: true });
  lab.twin.held = null;
  lab.twin.released = true;
  await lab.restart();
  t.is((await lab.twin.look()).bot, 'enabled');
});

test('plan files that somebody changed in RUN are put right, and their daemon is restarted', async (t) => {
  const lab = await readyLab(t, { block: true });
  lab.twin.files['squid.conf'] = '# edited by hand';
  await lab.restart();
  t.deepEqual(lab.twin.done, ['restart squid']);
  t.is(lab.twin.files['squid.conf'], lab.box.generation.files['squid.conf'] ?? 'none');
});

/** What another version would have made of the same policy. */
const otherWords = async (lab: Lab): Promise<number> => {
  const { generation, store } = lab.box;
  const number = await store.nextNumber();
  const files = { ...generation.files, 'squid.conf': '# as the last version put it', 'gone.conf': '' };
  await store.save({ ...generation, number, files });
  return number;
};

test('after an update the policy is compiled anew, as a generation of its own, and loaded', async (t) => {
  const lab = await readyLab(t, { block: true });
  const squid = lab.box.generation.files['squid.conf'];
  const number = await otherWords(lab);
  await lab.restart();
  t.is(lab.box.generation.number, number + 1);
  t.is(lab.box.generation.what, 'compiled anew by version 0');
  t.is(lab.box.generation.files['squid.conf'], squid);
  t.false('gone.conf' in lab.box.generation.files);
  t.is(lab.twin.held?.generation, number + 1);
  await lab.restart();
  t.is(lab.box.generation.number, number + 1, 'once');
});

test('after an update a released BOT stays released, and rules that the kernel refuses are not kept', async (t) => {
  const lab = await readyLab(t, { block: true });
  lab.twin.released = true;
  const number = await otherWords(lab);
  await lab.restart();
  t.true(lab.twin.released);
  t.is(lab.box.generation.number, number + 1);
  const next = await otherWords(lab);
  lab.twin.checkProblems = [{ place: '', owner: '', message: 'No.' }];
  await lab.restart();
  t.is(lab.box.generation.number, next);
  t.true((await lab.root('status', {})).notices.some((one) => one.includes('compiled anew')));
});

test('a torn generation is passed over for the one before, and a notice names it', async (t) => {
  const lab = await readyLab(t, { block: true });
  const { revision } = await touch(lab);
  const path = join(lab.data, 'generations', String(revision), 'policy.json');
  await writeFile(path, (await readFile(path, 'utf8')).slice(0, 100));
  await lab.restart();
  t.is(lab.box.generation.number, revision - 1);
  t.is(lab.twin.held?.generation, revision, 'the kernel keeps the newer rules: the older ones may allow more');
  t.true((await lab.root('status', {})).notices.some((one) => one.includes(`generations/${revision}`)));
  t.true((await touch(lab)).revision > revision, 'and no number is used twice');
});

test('a policy edited by hand does not match its sums and is not obeyed', async (t) => {
  const lab = await readyLab(t, { block: true });
  const { revision } = await touch(lab);
  const path = join(lab.data, 'generations', String(revision), 'policy.json');
  await writeFile(path, (await readFile(path, 'utf8')).replace('"enabled": true', '"enabled": false'));
  await lab.restart(true);
  t.is(lab.twin.held?.ruleset.mode, 'blocking');
  t.is(lab.box.generation.number, revision - 1);
});

test('users.json is torn: the one before is used; both are: the console shows a code, the rules stay', async (t) => {
  const lab = await readyLab(t, { block: true });
  const path = join(lab.data, 'users.json');
  await lab.web('password.change', { old: 'correct horse battery', new: 'another long one' }, lab.token);
  await writeFile(path, '{"schema":1,"us');
  await lab.restart(true);
  t.is((await lab.web('login', { user: 'admin', password: 'correct horse battery', visitor: 'x' })).user, 'admin');
  await writeFile(`${path}.last`, 'gone too');
  await lab.restart(true);
  t.is((await lab.web('setup.status', {})).reason, 'reset');
  t.is(lab.twin.held?.ruleset.mode, 'blocking');
  t.regex(await lab.code(), /-/);
});

test('the agent starts without a writable disk, closed, and says so', async (t) => {
  const lab = await freshLab(t);
  await rm(lab.data, { recursive: true });
  await mkdir(lab.data);
  await writeFile(join(lab.data, 'generations'), 'not a directory');
  await lab.restart();
  t.is(lab.twin.held?.ruleset.mode, 'closed');
  t.true((await lab.root('status', {})).notices.some((one) => one.includes('could not be written to the disk')));
  t.is((await refusal(t, touch(lab))).status, 500);
});

test('the GREEN address set at the console moves into the policy, DHCP with it', async (t) => {
  const lab = await readyLab(t, { block: true });
  await writeFile(join(lab.data, 'green-override'), "GREEN_CIDR='10.20.30.1/28'\n");
  await attendConsole(lab.box);
  const { policy } = lab.box.generation;
  t.deepEqual(policy.network.green, { address: '10.20.30.1', netmask: '255.255.255.240' });
  t.deepEqual([policy.dhcp.start, policy.dhcp.end], ['10.20.30.2', '10.20.30.14']);
  t.is(lab.box.generation.user, 'console');
  t.regex(lab.twin.files['network.env'] ?? '', /GREEN_CIDR='10\.20\.30\.1\/28'/);
  t.is(await lab.box.store.greenOverride(), null);
  t.true(lab.twin.done.includes('network'));
});

test('an impossible GREEN address is not taken over, is forgotten, and a notice says why', async (t) => {
  const lab = await readyLab(t, { block: true });
  const before = lab.box.generation;
  for (const cidr of ['10.20.30.0/24', 'nonsense', '10.20.30.1/31', '']) {
    await writeFile(join(lab.data, 'green-override'), `GREEN_CIDR='${cidr}'\n`);
    await attendConsole(lab.box);
    t.is(lab.box.generation, before, cidr);
    t.is(await lab.box.store.greenOverride(), null);
    t.true(
      (await lab.root('status', {})).notices.some((one) => one.includes('set at the console')),
      cidr,
    );
  }
});

test('another GREEN address does not bring back the rules that the console released', async (t) => {
  const lab = await readyLab(t, { block: true });
  lab.twin.released = true;
  await writeFile(join(lab.data, 'green-override'), "GREEN_CIDR='10.20.30.1/24'\n");
  await lab.restart();
  t.is(lab.box.generation.policy.network.green.address, '10.20.30.1');
  await lab.restart();
  t.true(lab.twin.released, 'nor does the next start, though the kernel holds an older generation');
  t.false(lab.twin.done.some((one) => one.startsWith('load') || one.startsWith('cut')));
});
