import { readFile, readlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import { catchUp } from '../../src/agent/catch-up.ts';
import { type Flow, LoadError } from '../../src/agent/ports.ts';
import { openUpkeep } from '../../src/agent/upkeep.ts';
import { type Lab, readyLab, refusal } from './lab.ts';

/** A change that something breaks off half-way: nothing that is forbidden goes on, kernel and disk end up alike, and the owner is told. */
const forbidden: Flow = {
  direction: 'forward',
  protocol: 6,
  src: '192.168.51.30',
  dst: '203.0.113.9',
  sport: 40000,
  dport: 4444,
  expected: false,
  mark: 0,
  handle: 'forbidden',
};
const killed = new Error('nft: Killed');
const touch = (lab: Lab, name = 'One') =>
  lab.root('policy.edit', { edit: { do: 'save', collection: 'addresses', value: { name, value: '192.168.51.1' } } });
const notices = async (lab: Lab) => (await lab.root('status', {})).notices.join('\n');
const marked = (lab: Lab) =>
  readFile(join(lab.run, 'cut-due')).then(
    () => true,
    () => false,
  );
const onDisk = async (lab: Lab) => Number((await readlink(join(lab.data, 'current'))).replace('generations/', ''));

/** The next load is switched to, and then breaks off; the loads after it are as `later` says. */
const breakAfterSwitch = (lab: Lab, later: Lab['twin']['load']) => {
  lab.twin.load = async (plan, steps) => {
    await steps?.staged?.();
    lab.twin.held = plan;
    lab.twin.load = later;
    throw killed;
  };
};

test('killed after the disk had it, before the switch: the next start loads, and cuts', async (t) => {
  const lab = await readyLab(t, { block: true });
  const { generation, store } = lab.box;
  await store.save({ ...generation, number: await store.nextNumber() });
  lab.twin.traffic = [forbidden];
  await lab.restart();
  t.deepEqual(lab.twin.done, [`load ${lab.box.generation.number}`, 'network', 'cut forbidden']);
  t.false(await marked(lab));
});

test('killed between the switch and the cut: the next start cuts', async (t) => {
  const lab = await readyLab(t, { block: true });
  lab.twin.traffic = [forbidden];
  const { flows } = lab.twin;
  // Until the test ends this agent stands where it would have been killed.
  let go = () => {};
  const wait = new Promise<void>((resolve) => {
    go = resolve;
  });
  let reached = () => {};
  const there = new Promise<void>((resolve) => {
    reached = resolve;
  });
  lab.twin.flows = async () => {
    reached();
    await wait;
    return [];
  };
  const old = touch(lab).catch(() => {});
  await there;
  t.true(await marked(lab));
  const mark = await readFile(join(lab.run, 'cut-due'), 'utf8');
  go();
  await old;
  t.false(await marked(lab));
  await writeFile(join(lab.run, 'cut-due'), mark);
  lab.twin.flows = flows;
  lab.twin.done = [];
  await lab.restart();
  t.deepEqual(lab.twin.done, ['cut forbidden']);
  t.false(await marked(lab));
});

test('a cut that is due waits for the end of a release', async (t) => {
  const lab = await readyLab(t, { block: true });
  await writeFile(join(lab.run, 'cut-due'), '');
  lab.twin.traffic = [forbidden];
  lab.twin.released = true;
  await lab.restart();
  await openUpkeep(lab.box)();
  t.deepEqual(lab.twin.done, []);
  t.is((await touch(lab)).cut, 1);
  t.false(await marked(lab));
});

test('a cut that failed is tried again', async (t) => {
  const lab = await readyLab(t, { block: true });
  lab.twin.traffic = [forbidden];
  const { cut } = lab.twin;
  lab.twin.cut = () => Promise.reject(new Error('conntrack: Killed'));
  await touch(lab);
  t.regex(await notices(lab), /could not be cut/);
  t.true(await marked(lab));
  lab.twin.cut = cut;
  await openUpkeep(lab.box)();
  t.deepEqual(lab.twin.traffic, []);
  t.false(await marked(lab));
  t.notRegex(await notices(lab), /could not be cut/);
});

test('a refused load leaves no cut due', async (t) => {
  const lab = await readyLab(t, { block: true });
  lab.twin.refuseLoad = new LoadError('no', []);
  await refusal(t, touch(lab));
  t.is(lab.box.cutDue, null);
  t.false(await marked(lab));
});

test('broken off after the switch: those from before are loaded again, and what got through meanwhile is cut', async (t) => {
  const lab = await readyLab(t, { block: true });
  const { number } = lab.box.generation;
  lab.twin.traffic = [forbidden];
  breakAfterSwitch(lab, lab.twin.load);
  const refused = await refusal(t, touch(lab));
  t.deepEqual(
    [refused.status, refused.message],
    [500, 'The rules could not be loaded. Those from before are in force.'],
  );
  t.deepEqual(lab.twin.done, [`load ${number}`, 'cut forbidden']);
  t.deepEqual([lab.twin.held?.generation, await onDisk(lab)], [number, number]);
});

test('a kernel that is ahead of the disk is said to be, and brought back at the next start', async (t) => {
  const lab = await readyLab(t, { block: true });
  const { number } = lab.box.generation;
  const { load } = lab.twin;
  breakAfterSwitch(lab, () => Promise.reject(killed));
  const refused = await refusal(t, touch(lab));
  t.regex(refused.message, new RegExp(`could not be put back.*holds generation ${number + 1}, and ${number} is saved`));
  t.is(await onDisk(lab), number);
  t.regex(await notices(lab), /may not be those shown here/);
  lab.twin.load = load;
  lab.twin.done = [];
  await lab.restart();
  t.deepEqual(lab.twin.done, [`load ${number}`, 'network']);
  t.notRegex(await notices(lab), /may not be those|The kernel holds/);
});

test('neither load worked, but the kernel holds what it held: that is what is said', async (t) => {
  const lab = await readyLab(t, { block: true });
  lab.twin.load = async (_, steps) => {
    await steps?.staged?.();
    throw killed;
  };
  t.regex((await refusal(t, touch(lab))).message, /Those from before are in force/);
  t.notRegex(await notices(lab), /may not be those/);
});

test('rules of before that could not be removed are a notice, not a failed load', async (t) => {
  const lab = await readyLab(t, { block: true });
  lab.twin.packets = { r1: { packets: 6, bytes: 600 } };
  lab.twin.refuseRemoval = true;
  const { revision } = await touch(lab);
  t.deepEqual([lab.twin.held?.generation, await onDisk(lab)], [revision, revision]);
  t.regex(await notices(lab), /could not be removed/);
  t.deepEqual((await lab.root('status', {})).counters, lab.twin.packets, 'counted once');
  lab.twin.refuseRemoval = false;
  await touch(lab, 'Two');
  t.notRegex(await notices(lab), /could not be removed/);
  t.deepEqual((await lab.root('status', {})).counters, { r1: { packets: 6, bytes: 600 } });
});

test('what was counted survives the end of the agent around the removal, and is counted once', async (t) => {
  const lab = await readyLab(t, { block: true });
  const leaving = { r1: { packets: 6, bytes: 600 }, r2: { packets: 1, bytes: 60 } };
  await writeFile(join(lab.run, 'counters.json'), JSON.stringify({ counted: {}, leaving }));
  lab.twin.packets = { r2: { packets: 1, bytes: 60 } };
  await lab.restart();
  t.deepEqual((await lab.root('status', {})).counters, leaving, 'r1 was gone, r2 still there');
});

test('counts that cannot be written are a notice, not a failed load', async (t) => {
  const lab = await readyLab(t, { block: true });
  const { run } = lab.box;
  const write = run.write;
  run.write = (name, ...more) =>
    name === 'counters.json' ? Promise.reject(new Error('ENOSPC')) : write(name, ...more);
  lab.twin.packets = { r1: { packets: 6, bytes: 600 } };
  const { revision } = await touch(lab);
  t.is(lab.twin.held?.generation, revision);
  t.regex(await notices(lab), /could not be kept/);
  t.deepEqual((await lab.root('status', {})).counters, { r1: { packets: 6, bytes: 600 } });
});

test('a refused change that the disk does not let go of is a notice, is tried again, and nothing is saved on top of it', async (t) => {
  const lab = await readyLab(t, { block: true });
  const { store, generation } = lab.box;
  const { rollback } = store;
  store.rollback = () => Promise.reject(new Error('ENOSPC'));
  lab.twin.refuseLoad = new LoadError('no', []);
  t.is((await refusal(t, touch(lab))).status, 422);
  t.is(await onDisk(lab), generation.number + 1);
  t.regex(await notices(lab), /could not be taken off the disk/);
  t.is((await refusal(t, touch(lab))).status, 500);
  store.rollback = rollback;
  await catchUp(lab.box);
  t.is(await onDisk(lab), generation.number);
  t.notRegex(await notices(lab), /could not be taken off the disk/);
  await t.notThrowsAsync(touch(lab));
});

test('broken off, and the disk does not let go: the kernel is brought back first all the same', async (t) => {
  const lab = await readyLab(t, { block: true });
  const { store, generation } = lab.box;
  store.rollback = () => Promise.reject(new Error('ENOSPC'));
  breakAfterSwitch(lab, lab.twin.load);
  t.regex((await refusal(t, touch(lab))).message, /Those from before are in force/);
  t.is(lab.twin.held?.generation, generation.number);
  t.regex(await notices(lab), /could not be taken off the disk/);
});
