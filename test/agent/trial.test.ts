import { readFile, readlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { attendConsole } from '../../src/agent/console.ts';
import type { Flow } from '../../src/agent/ports.ts';
import { attendTrial } from '../../src/agent/trial.ts';
import { addUser, type Lab, readyLab, refusal } from './lab.ts';

/** A box on which changes are on trial for 90 seconds; the admin's connection was opened long ago. */
const trialLab = async (t: ExecutionContext): Promise<Lab> => {
  const lab = await readyLab(t, { block: true });
  lab.trials = true;
  lab.box.trials = true;
  connect(lab, -10);
  return lab;
};

const touch = (lab: Lab, name = 'One', token = lab.token) =>
  lab.web(
    'policy.edit',
    { edit: { do: 'save', collection: 'addresses', value: { name, value: '192.168.51.1' } } },
    token,
  );
const connect = (lab: Lab, later = 0) => {
  const opened = lab.time.now + later;
  lab.opened = () => opened;
};
/** The browser connects anew, some seconds later. */
const reconnect = (lab: Lab) => {
  lab.time.now += 3;
  connect(lab);
};
const onDisk = async (lab: Lab) => Number((await readlink(join(lab.data, 'current'))).replace('generations/', ''));
const names = async (lab: Lab) => (await lab.root('policy.get', {})).policy.addresses.map(({ name }) => name);
const log = async (lab: Lab) =>
  (await lab.root('audit.get', { limit: 3 })).lines.map(({ user, what }) => `${user} ${what}`);
const mark = (lab: Lab) => readFile(join(lab.run, 'trial'), 'utf8').catch(() => null);
const trial = async (lab: Lab, token = lab.token) => (await lab.web('status', {}, token)).trial;

const flow: Flow = {
  direction: 'forward',
  protocol: 6,
  src: '192.168.51.30',
  dst: '203.0.113.9',
  sport: 40000,
  dport: 25,
  expected: false,
  mark: 0,
  handle: 'let in on trial',
};

test('a change is kept when the same user comes back on a new connection', async (t) => {
  const lab = await trialLab(t);
  const before = await onDisk(lab);
  const { revision } = await touch(lab);
  t.deepEqual([lab.twin.held?.generation, await onDisk(lab)], [revision, before], 'in force, and not confirmed');
  t.deepEqual(await trial(lab), { revision, what: 'added to addresses: “One”', user: 'admin', left: 90, mine: true });
  t.regex((await mark(lab)) ?? '', new RegExp(`^${revision} ${lab.time.now + 90} admin\n`));
  reconnect(lab);
  t.deepEqual(await lab.web('trial.keep', {}, lab.token), { revision });
  t.is(await onDisk(lab), revision);
  t.deepEqual([await trial(lab), await mark(lab)], [null, null]);
  t.is((await log(lab))[0], 'admin kept the change: added to addresses: “One”');
  lab.time.now += 1000;
  await attendTrial(lab.box);
  t.deepEqual(await names(lab), ['One']);
});

test('a connection from before the load proves nothing: the change is undone when its time is over, and what it let in is cut', async (t) => {
  const lab = await trialLab(t);
  const before = await onDisk(lab);
  const accept = {
    source: { kind: 'any' },
    destination: { kind: 'any' },
    service: { kind: 'service', name: 'SMTP' },
    action: 'accept',
  };
  await lab.web('policy.edit', { edit: { do: 'saveRule', value: accept } }, lab.token);
  lab.twin.traffic = [flow];
  lab.time.now += 80;
  const refused = await refusal(t, lab.web('trial.keep', {}, lab.token));
  t.is(refused.status, 409);
  t.regex(refused.message, /older than the change/);
  await attendTrial(lab.box);
  t.is((await trial(lab))?.left, 10, 'not before its time');
  t.deepEqual(lab.twin.traffic, [flow]);
  lab.twin.done = [];
  lab.time.now += 10;
  await attendTrial(lab.box);
  t.deepEqual(lab.twin.done, [`load ${before}`, 'cut let in on trial']);
  t.deepEqual(
    [await onDisk(lab), (await lab.root('policy.get', {})).policy.rules.length],
    [before, lab.box.generation.policy.rules.length],
  );
  t.false(lab.box.generation.policy.rules.some(({ service }) => 'name' in service && service.name === 'SMTP'));
  t.regex((await log(lab))[0] ?? '', /^greengate undid a change that nobody confirmed in time: /);
  t.deepEqual([await trial(lab), await mark(lab)], [null, null]);
});

test('without a word of when the connection was opened nothing is kept', async (t) => {
  const lab = await trialLab(t);
  await touch(lab);
  lab.time.now += 5;
  lab.opened = () => undefined;
  t.is((await refusal(t, lab.web('trial.keep', {}, lab.token))).status, 409);
  lab.opened = () => Number.NaN;
  t.is((await refusal(t, lab.web('trial.keep', {}, lab.token))).status, 409);
});

test('somebody else keeps nothing and changes nothing meanwhile; an administrator may undo, an operator may not', async (t) => {
  const lab = await trialLab(t);
  const [eve, olga] = [await addUser(lab, 'eve', 'administrator'), await addUser(lab, 'olga', 'operator')];
  await touch(lab);
  reconnect(lab);
  t.is((await trial(lab, eve))?.mine, false);
  t.regex(
    (await refusal(t, lab.web('trial.keep', {}, eve))).message,
    /Only admin, who made the change, or the console/,
  );
  const refused = await refusal(t, touch(lab, 'Two', eve));
  t.is(refused.status, 409);
  t.regex(refused.message, /by admin is on trial for 87 more seconds: added to addresses: “One”/);
  t.is((await refusal(t, lab.web('trial.undo', {}, olga))).status, 403);
  await lab.web('trial.undo', {}, eve);
  t.deepEqual(await names(lab), []);
  t.is((await log(lab))[0], 'eve undid the change: added to addresses: “One”');
});

test('the next change by the same user keeps the one before, on a new connection only', async (t) => {
  const lab = await trialLab(t);
  const { revision: first } = await touch(lab);
  t.is((await refusal(t, touch(lab, 'Two'))).status, 409);
  reconnect(lab);
  const { revision: second } = await touch(lab, 'Two');
  t.deepEqual([await onDisk(lab), lab.twin.held?.generation], [first, second]);
  t.is((await trial(lab))?.revision, second);
  lab.time.now += 90;
  await attendTrial(lab.box);
  t.deepEqual(await names(lab), ['One']);
});

for (const how of ['the end of the agent', 'a reboot'] as const) {
  test(`${how} in the middle of a trial brings the confirmed rules back`, async (t) => {
    const lab = await trialLab(t);
    const before = await onDisk(lab);
    const { revision } = await touch(lab);
    lab.twin.done = [];
    await lab.restart(how === 'a reboot');
    t.is(lab.twin.done[0], `load ${before}`);
    t.deepEqual([lab.twin.held?.generation, await onDisk(lab), await names(lab)], [before, before, []]);
    t.is(await mark(lab), null);
    if (how === 'a reboot') return;
    t.is((await log(lab))[0], 'greengate undid a change by admin at the restart: added to addresses: “One”');
    t.true((await lab.root('policy.edit', edit('Two'))).revision > revision, 'no number comes twice');
  });
}

const edit = (name: string) =>
  ({ edit: { do: 'save', collection: 'addresses', value: { name, value: '192.168.51.1' } } }) as const;

test('after an undo no number comes twice: a form that was loaded meanwhile is refused', async (t) => {
  const lab = await trialLab(t);
  const { revision } = await touch(lab);
  reconnect(lab);
  await lab.web('trial.undo', {}, lab.token);
  await lab.root('policy.edit', edit('Two'));
  t.is((await refusal(t, lab.root('policy.edit', { ...edit('Three'), revision }))).status, 409);
});

test('root’s changes are kept at once, and undo what is on trial', async (t) => {
  const lab = await trialLab(t);
  await touch(lab);
  const { revision } = await lab.root('policy.edit', edit('Two'));
  t.deepEqual([await onDisk(lab), await names(lab), await trial(lab)], [revision, ['Two'], null]);
  await touch(lab);
  await lab.root('trial.keep', {});
  t.deepEqual(await names(lab), ['Two', 'One']);
  t.is((await refusal(t, lab.root('trial.keep', {}))).status, 409);
  t.is((await refusal(t, lab.root('trial.undo', {}))).status, 409);
});

test('the console keeps and undoes, whoever made the change', async (t) => {
  const lab = await trialLab(t);
  for (const [wish, found] of [
    ['keep', ['One']],
    ['undo', ['One']],
  ] as const) {
    await touch(lab, wish === 'keep' ? 'One' : 'Two');
    await writeFile(join(lab.run, 'trial-wish'), `${wish}\n`);
    await attendConsole(lab.box);
    t.deepEqual([await trial(lab), await names(lab)], [null, found]);
    t.regex((await log(lab))[0] ?? '', /^console (kept|undid) the change: added/);
  }
  await writeFile(join(lab.run, 'trial-wish'), 'undo\n');
  await attendConsole(lab.box);
  await touch(lab, 'Three');
  await attendConsole(lab.box);
  t.is((await trial(lab))?.what, 'added to addresses: “Three”', 'a wish is for the change of its moment');
});

test('an undo that fails is a notice and is tried again', async (t) => {
  const lab = await trialLab(t);
  await touch(lab);
  lab.time.now += 91;
  lab.twin.refuseLoad = new Error('nft: Killed');
  await attendTrial(lab.box);
  t.regex((await lab.root('status', {})).notices.join(), /could not be undone/);
  t.not(await trial(lab), null);
  await attendTrial(lab.box);
  t.deepEqual([await trial(lab), await names(lab)], [null, []]);
  t.notRegex((await lab.root('status', {})).notices.join(), /could not be undone/);
});

test('a disk that refuses to keep leaves the change on trial', async (t) => {
  const lab = await trialLab(t);
  await touch(lab);
  reconnect(lab);
  const { keep } = lab.box.store;
  lab.box.store.keep = () => Promise.reject(new Error('ENOSPC'));
  t.is((await refusal(t, lab.web('trial.keep', {}, lab.token))).status, 500);
  t.not(await trial(lab), null);
  lab.box.store.keep = keep;
  await t.notThrowsAsync(lab.web('trial.keep', {}, lab.token));
});

test('who changes the network has ten minutes to find the box again', async (t) => {
  const lab = await trialLab(t);
  const { network } = lab.box.generation.policy;
  const value = { ...network, green: { ...network.green, address: '192.168.51.250' } };
  await lab.web('policy.edit', { edit: { do: 'section', section: 'network', value } }, lab.token);
  t.is((await trial(lab))?.left, 600);
});

test('nobody shortens the trial of the very change by which he does it', async (t) => {
  const lab = await trialLab(t);
  const setSeconds = (trialSeconds: number) =>
    lab.web('policy.edit', { edit: { do: 'section', section: 'settings', value: { trialSeconds } } }, lab.token);
  t.regex((await refusal(t, setSeconds(29))).problems[0]?.message ?? '', /At least 30 seconds/);
  await setSeconds(30);
  t.is((await trial(lab))?.left, 90);
  reconnect(lab);
  await touch(lab);
  t.is((await trial(lab))?.left, 30);
  reconnect(lab);
  await setSeconds(300);
  t.is((await trial(lab))?.left, 300);
});
