import test, { type ExecutionContext } from 'ava';
import type { Affected, Role } from '../../src/agent/api.ts';
import type { Flow } from '../../src/agent/ports.ts';
import { flowMark } from '../../src/compile/ruleset.ts';
import type { Edit } from '../../src/policy/edit.ts';
import { type Lab, PASSWORD, readyLab, refusal, VISITOR } from './lab.ts';

/** What an edit would do is told before it is done, and is what it does. */

const flow = (handle: string, more: Partial<Flow>): Flow => ({
  direction: 'forward',
  protocol: 6,
  src: '192.168.51.7',
  dst: '203.0.113.9',
  sport: 40000,
  dport: 25,
  expected: false,
  mark: flowMark('r1'),
  handle,
  ...more,
});

const mailRule = {
  source: { kind: 'group', name: 'MailAccess', invert: false },
  destination: { kind: 'any' },
  service: { kind: 'service', name: 'SMTP', invert: false },
  action: 'accept',
  remark: 'Mail out',
};

const members = (...names: string[]): Edit => ({
  do: 'save',
  collection: 'addressGroups',
  was: 'MailAccess',
  value: { name: 'MailAccess', members: names.map((name) => ({ kind: 'object', name, enabled: true })) },
});

const setUp: Edit = {
  do: 'batch',
  edits: [
    { do: 'save', collection: 'addresses', value: { name: 'Anna', value: '192.168.51.7' } },
    { do: 'save', collection: 'addresses', value: { name: 'Bert', value: '192.168.51.8' } },
    { ...members('Anna', 'Bert'), was: undefined } as unknown as Edit,
    { do: 'saveRule', value: mailRule },
    { do: 'saveRule', value: { ...mailRule, source: { kind: 'any' }, service: { kind: 'service', name: 'HTTP' } } },
  ],
};

const mailLab = async (t: ExecutionContext): Promise<Lab> => {
  const lab = await readyLab(t, { block: true });
  await lab.web('policy.edit', { edit: JSON.parse(JSON.stringify(setUp)) }, lab.token);
  lab.twin.traffic = [
    flow('anna', {}),
    flow('anna too', { sport: 40001 }),
    flow('bert', { src: '192.168.51.8' }),
    flow('web', { src: '192.168.51.8', dport: 80, mark: flowMark('r2') }),
    flow('ui', { direction: 'input', src: VISITOR, dst: '192.168.51.254', dport: 445 }),
  ];
  lab.twin.done = [];
  return lab;
};

const mailRuleId = ({ box }: Lab): string =>
  box.generation.policy.rules.find((one) => one.remark === 'Mail out')?.id ?? '';

const affects = (lab: Lab, edit: Edit): Promise<Affected> => lab.web('policy.affects', { edit }, lab.token);

test('a host that leaves a group: its rule and its open connections are told, and nothing is done', async (t) => {
  const lab = await mailLab(t);
  const before = await lab.web('policy.get', {}, lab.token);
  const told = await affects(lab, members('Bert'));
  t.is(told.connections, 2);
  t.like(told.cut, {
    length: 1,
    0: {
      count: 2,
      sentence: '192.168.51.7 → 203.0.113.9 tcp/25 (Mail out)',
      was: { verdict: 'accept', rule: 'Mail out', id: mailRuleId(lab) },
      becomes: { verdict: 'drop', rule: null, id: 'default', needsMac: false },
    },
  });
  t.like(told.rules, { length: 1, 0: { id: mailRuleId(lab), change: 'changed', rule: 'Mail out' } });
  t.deepEqual([lab.twin.done, lab.twin.traffic.length], [[], 5]);
  t.deepEqual(await lab.web('policy.get', {}, lab.token), before);
});

const edits: [string, (lab: Lab) => Edit, number, number][] = [
  ['a group', () => members('Bert'), 2, 1],
  [
    'an address',
    () => ({ do: 'save', collection: 'addresses', was: 'Bert', value: { name: 'Bert', value: '192.168.51.9' } }),
    1,
    1,
  ],
  [
    'a new name',
    () => ({ do: 'save', collection: 'addresses', was: 'Bert', value: { name: 'Bertha', value: '192.168.51.8' } }),
    0,
    0,
  ],
  ['a deleted rule', (lab) => ({ do: 'deleteRule', id: mailRuleId(lab) }), 3, 1],
  ['a rule that is switched off', (lab) => ({ do: 'toggleRule', id: mailRuleId(lab), enabled: false }), 3, 1],
  [
    'a rule above',
    () => ({
      do: 'saveRule',
      position: 0,
      value: { ...mailRule, source: { kind: 'any' }, service: { kind: 'any' }, action: 'reject' },
    }),
    4,
    1,
  ],
  ['the administrator', () => ({ do: 'section', section: 'settings', value: { adminMac: '00:16:3e:00:00:99' } }), 1, 0],
  ['nothing', () => ({ do: 'batch', edits: [] }), 0, 0],
];

for (const [what, editOf, connections, rules] of edits)
  test(`what is told is what is cut: ${what}`, async (t) => {
    const lab = await mailLab(t);
    const edit = editOf(lab);
    const told = await affects(lab, edit);
    t.deepEqual([told.connections, told.rules.length], [connections, rules]);
    t.is(
      told.cut.reduce((sum, { count }) => sum + count, 0),
      connections,
    );
    const before = lab.twin.traffic;
    const saved = await lab.web('policy.edit', { edit }, lab.token);
    t.is(saved.cut, connections);
    const gone = before.filter((one) => !lab.twin.traffic.includes(one)).map(({ src, dport }) => `${src} ${dport}`);
    const said = told.cut.flatMap(({ count, from, service }) =>
      Array.from({ length: count }, () => `${from} ${service.replace('tcp/', '')}`),
    );
    t.deepEqual(said.sort(), gone.sort());
  });

test('while BOT is off nothing is cut, and nothing is told to be', async (t) => {
  const lab = await mailLab(t);
  await lab.web('bot.disable', { password: PASSWORD }, lab.token);
  t.like(await affects(lab, members('Bert')), { bot: false, connections: 0, cut: [], rules: { length: 1 } });
});

test('what would be refused is refused: faults, another policy meanwhile, and whoever may not do it', async (t) => {
  const lab = await mailLab(t);
  const wrong = await refusal(t, affects(lab, members('Nobody')));
  t.deepEqual([wrong.status, wrong.problems[0]?.place], [422, 'addressGroups/0/members/0/name']);
  const { revision } = await affects(lab, members('Bert'));
  const old = lab.web('policy.affects', { edit: members('Bert'), revision: revision - 1 }, lab.token);
  t.is((await refusal(t, old)).status, 409);
  const asRole = async (role: Role) => {
    await lab.web(
      'users.save',
      { name: role, role, create: true, password: PASSWORD, newPassword: PASSWORD },
      lab.token,
    );
    return (await lab.web('login', { user: role, password: PASSWORD, visitor: VISITOR })).token;
  };
  const [operator, viewer] = [await asRole('operator'), await asRole('viewer')];
  const off: Edit = { do: 'toggleRule', id: mailRuleId(lab), enabled: false };
  t.is((await lab.web('policy.affects', { edit: off }, operator)).connections, 3);
  t.is((await refusal(t, lab.web('policy.affects', { edit: members('Bert') }, operator))).status, 403);
  t.is((await refusal(t, lab.web('policy.affects', { edit: off }, viewer))).status, 403);
  t.is((await refusal(t, lab.web('policy.lint', { wait: 5000, edit: off }, viewer))).status, 403);
});

test('findings of an edit are those that it adds or changes', async (t) => {
  const lab = await mailLab(t);
  const lint = async (edit?: Edit) =>
    (await lab.web('policy.lint', { wait: 20_000, ...(edit === undefined ? {} : { edit }) }, lab.token)).findings ?? [];
  const twin: Edit = { do: 'saveRule', value: mailRule };
  const kinds = (list: { kind: string; number: number | null }[]) => list.map(({ kind, number }) => [kind, number]);
  const own = lab.box.generation.policy.rules.findIndex(({ remark }) => remark === 'Mail out') + 1;
  const last = lab.box.generation.policy.rules.length + 1;
  t.deepEqual(kinds(await lint(twin)), [['duplicate', last]]);
  await lab.web('policy.edit', { edit: twin }, lab.token);
  const now = await lint();
  t.true(now.some(({ kind }) => kind === 'duplicate'));
  // Numbers move: what was there before is not new because of that.
  const above: Edit = {
    do: 'saveRule',
    position: 0,
    value: { ...mailRule, source: { kind: 'typed', value: '192.168.51.99' } },
  };
  t.deepEqual(kinds(await lint(above)), []);
  const all: Edit = { do: 'saveRule', position: 0, value: { ...mailRule, source: { kind: 'any' } } };
  const added = kinds(await lint(all));
  t.true(
    added.some(([kind, number]) => kind === 'never' && number === own + 1),
    JSON.stringify(added),
  );
});
