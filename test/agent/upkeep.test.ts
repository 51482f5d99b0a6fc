import test from 'ava';
import type { Flow } from '../../src/agent/ports.ts';
import { openUpkeep } from '../../src/agent/upkeep.ts';
import type { Edit } from '../../src/policy/edit.ts';
import { type Lab, readyLab } from './lab.ts';

/** What the rules in force need while nobody changes them. The machine is a twin; the agent's clock is moved by hand. */
const flow: Flow = {
  direction: 'forward',
  protocol: 6,
  src: '192.168.51.77',
  dst: '203.0.113.9',
  sport: 40000,
  dport: 110,
  expected: false,
  mark: 0,
  handle: 'mail',
};
const mail = (more: object): Edit => ({
  do: 'saveRule',
  value: {
    source: { kind: 'any' },
    destination: { kind: 'any' },
    service: { kind: 'service', name: 'POP3' },
    action: 'accept',
    ...more,
  },
});
const edit = (lab: Lab, one: Edit) => lab.web('policy.edit', { edit: one }, lab.token);

/** The upkeep of a box whose clock the test moves. */
const upkeepOf = (lab: Lab) => {
  const time = { now: lab.box.clock() };
  const upkeep = openUpkeep(Object.assign(lab.box, { clock: () => time.now }));
  return { time, upkeep };
};

test('a flow is cut when the drop that forbids it begins', async (t) => {
  const lab = await readyLab(t, { block: true });
  const now = lab.box.clock();
  const clock = (at: number) => new Date(at * 1000).toISOString().slice(11, 16);
  const days = { kind: 'week', days: [0, 1, 2, 3, 4, 5, 6] };
  await edit(lab, mail({ action: 'drop', frame: { days, start: clock(now + 3600), end: clock(now + 7200) } }));
  await edit(lab, mail({}));
  lab.twin.traffic = [flow];
  const { time, upkeep } = upkeepOf(lab);
  await upkeep();
  t.deepEqual(lab.twin.traffic, [flow]);
  time.now = now + 3600;
  await upkeep();
  t.deepEqual(lab.twin.traffic, []);
});

test('nothing is cut or loaded while somebody has released BOT', async (t) => {
  const lab = await readyLab(t, { block: true });
  const now = lab.box.clock();
  await edit(lab, mail({ expires: now + 100 }));
  lab.twin.traffic = [flow];
  lab.twin.released = true;
  lab.twin.done = [];
  const { time, upkeep } = upkeepOf(lab);
  time.now = now + 300 * 86_400;
  await upkeep();
  t.deepEqual(lab.twin.done, []);
});

test('times are laid out anew before they run out, and after the clock was set back', async (t) => {
  const lab = await readyLab(t, { block: true });
  const now = lab.box.clock();
  await edit(lab, mail({ expires: now + 500 * 86_400 }));
  const number = lab.box.generation.number;
  lab.twin.done = [];
  const { time, upkeep } = upkeepOf(lab);
  await upkeep();
  t.deepEqual(lab.twin.done, []);
  time.now = now + 201 * 86_400;
  await upkeep();
  t.deepEqual(lab.twin.done, [`load ${number}`]);
  time.now = now - 30 * 86_400;
  await upkeep();
  t.deepEqual(lab.twin.done, [`load ${number}`, `load ${number}`]);
});

test('without times nothing is loaded, however long the box runs', async (t) => {
  const lab = await readyLab(t, { block: true });
  await edit(lab, mail({}));
  lab.twin.done = [];
  const { time, upkeep } = upkeepOf(lab);
  time.now += 500 * 86_400;
  await upkeep();
  t.deepEqual(lab.twin.done, []);
});

test('rules that name RED’s network are loaded anew when RED moves', async (t) => {
  const lab = await readyLab(t, { block: true });
  await edit(lab, mail({ destination: { kind: 'address', name: 'RED Network' } }));
  const { upkeep } = upkeepOf(lab);
  await upkeep();
  lab.twin.done = [];
  const before = lab.twin.facts;
  lab.twin.facts = async () => ({ ...(await before()), red: { address: '203.0.113.5', network: '203.0.113.0/24' } });
  await upkeep();
  await upkeep();
  t.deepEqual(lab.twin.done, [`load ${lab.box.generation.number}`]);
});

test('DNS names are asked for at once, and again every ten minutes', async (t) => {
  const lab = await readyLab(t, { block: true });
  await edit(lab, mail({ destination: { kind: 'typed', value: 'www.example.org' } }));
  lab.twin.done = [];
  const { upkeep } = upkeepOf(lab);
  await upkeep();
  await upkeep();
  t.deepEqual(lab.twin.done, ['refresh www.example.org']);
  lab.time.now += 601;
  await upkeep();
  t.deepEqual(lab.twin.done, ['refresh www.example.org', 'refresh www.example.org']);
});
