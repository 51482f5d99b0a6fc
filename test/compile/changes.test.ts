import test, { type ExecutionContext } from 'ava';
import { changesOf } from '../../src/compile/changes.ts';
import { judgeOf } from '../../src/compile/judge.ts';
import { applyEdit, type Edit } from '../../src/policy/edit.ts';
import type { Policy } from '../../src/policy/schema.ts';
import { edited, handbook, handbookEdits } from '../lib/handbook.ts';

const world = { now: 1_795_420_000 };

const changes = (t: ExecutionContext, policy: Policy, edit: Edit): string[] => {
  const result = applyEdit(policy, edit);
  if (!result.ok) {
    t.fail(JSON.stringify(result.problems));
    return [];
  }
  return changesOf(policy, result.policy, edit, world);
};

const rule = (value: object, more: object = {}): Edit => ({
  do: 'saveRule',
  value: {
    source: { kind: 'any' },
    destination: { kind: 'any' },
    service: { kind: 'any' },
    action: 'accept',
    ...value,
  },
  ...more,
});
const service = (name: string) => ({ service: { kind: 'service', name } });
const from = (value: string) => ({ source: { kind: 'typed', value } });
const empty = (): Policy =>
  edited(handbook(), [
    { do: 'deleteRule', id: 'r1' },
    { do: 'deleteRule', id: 'r2' },
  ]);

test('a first rule says who may now reach what', (t) => {
  t.deepEqual(changes(t, empty(), handbookEdits[4] as Edit), [
    'MailAccess may now also reach any address outside by POP3 and SMTP.',
  ]);
  t.deepEqual(changes(t, empty(), handbookEdits[5] as Edit), [
    'WebAccess may now also use Greengate itself by GreengateProxy.',
  ]);
});

test('what a rule above decides is left out, by its number and remark', (t) => {
  const policy = edited(empty(), [rule({ ...from('192.168.51.5'), action: 'drop', remark: 'Kiosk' })]);
  t.deepEqual(changes(t, policy, handbookEdits[4] as Edit), [
    'MailAccess may now also reach any address outside by POP3 and SMTP, except where rule 1 (“Kiosk”) above denies it.',
  ]);
});

test('a rule that never comes to decide is told so, whether one rule is above it or several', (t) => {
  const edit = rule({ ...from('192.168.51.0/28'), ...service('POP3') });
  t.deepEqual(changes(t, handbook(), edit), [
    'Rule 1 (“MailAccess PCs can use MailingServices”) above already decides everything that this rule speaks of: it would never be used.',
  ]);
  const halves = edited(empty(), [
    rule({ ...from('192.168.51.0/28'), action: 'drop' }),
    rule({ ...from('192.168.51.16/28'), action: 'drop' }),
  ]);
  t.regex(
    changes(t, halves, rule(from('192.168.51.0/27')))[0] ?? '',
    /Rules above already decide .* \(1, 2\): it would never be used/,
  );
  const gap = edited(empty(), [
    rule({ ...from('192.168.51.0/28'), action: 'drop' }),
    rule({ ...from('192.168.51.17-192.168.51.31'), action: 'drop' }),
  ]);
  t.regex(
    changes(t, gap, rule(from('192.168.51.0/27')))[0] ?? '',
    /may now also .* except where rule 1 above denies it or rule 2/,
    'one address is left',
  );
});

test('a rule that allows what another allows already says whose work it does', (t) => {
  t.deepEqual(changes(t, handbook(), rule({ ...from('192.168.51.0/28'), ...service('POP3') }, { position: 0 })), [
    'Nothing changes for 192.168.51.0/28 by POP3: rule 2 (“MailAccess PCs can use MailingServices”) allows it already.',
  ]);
  t.deepEqual(changes(t, empty(), rule({ ...from('192.168.51.9'), action: 'drop' })), [
    'Nothing changes for 192.168.51.9 by any service: the default action denies it already.',
  ]);
});

test('deleting, switching off and moving say who loses what', (t) => {
  t.deepEqual(changes(t, handbook(), { do: 'deleteRule', id: 'r1' }), [
    'MailAccess may no longer reach any address outside by POP3 and SMTP.',
  ]);
  t.deepEqual(changes(t, handbook(), { do: 'toggleRule', id: 'r2', enabled: false }), [
    'WebAccess may no longer use Greengate itself by GreengateProxy.',
  ]);
  const policy = edited(handbook(), [rule({ ...from('192.168.51.7'), action: 'reject', remark: 'No mail' })]);
  t.deepEqual(changes(t, policy, { do: 'moveRule', id: 'r3', position: 0 }), [
    '192.168.51.7 may no longer reach any address outside by any service, except where it was so before.',
  ]);
});

test('an edit says what the rule gains and what it gives up', (t) => {
  const edit = {
    ...(handbookEdits[4] as object),
    id: 'r1',
    value: { ...(handbookEdits[4] as { value: object }).value, source: { kind: 'address', name: 'WebAccess' } },
  } as Edit;
  t.deepEqual(changes(t, handbook(), edit), [
    'WebAccess may now also reach any address outside by POP3 and SMTP.',
    'MailAccess may no longer reach any address outside by POP3 and SMTP.',
  ]);
  const smaller = {
    ...edit,
    value: { ...(edit as { value: object }).value, source: { kind: 'typed', value: '192.168.51.0/28' } },
  } as Edit;
  t.deepEqual(
    changes(t, handbook(), smaller).at(-1),
    'MailAccess may no longer reach any address outside by POP3 and SMTP, except where the rule still allows it.',
  );
  const remark = {
    ...(handbookEdits[4] as object),
    id: 'r1',
    value: { ...(handbookEdits[4] as { value: object }).value, remark: 'new words' },
  } as Edit;
  t.deepEqual(changes(t, handbook(), remark), ['Who may reach what stays the same.']);
});

test('groups are told apart by member when it is not the same for all', (t) => {
  const policy = edited(empty(), [
    {
      do: 'save',
      collection: 'addressGroups',
      value: { name: 'Office', members: [{ name: 'MailAccess' }, { name: 'WebAccess' }] },
    },
    rule({ source: { kind: 'address', name: 'WebAccess' }, ...service('SMTP'), remark: 'old' }),
  ]);
  t.deepEqual(
    changes(
      t,
      policy,
      rule({ source: { kind: 'group', name: 'Office' }, service: { kind: 'group', name: 'MailingServices' } }),
    ),
    [
      'MailAccess may now also reach any address outside by POP3 and SMTP.',
      'WebAccess may now also reach any address outside by POP3.',
      'Nothing changes for WebAccess by SMTP: rule 1 (“old”) above allows it.',
    ],
  );
});

test('MACs, DNS names, inversions, source ports and other protocols are looked at, too', (t) => {
  const mac = rule({ ...from('00:16:3e:00:00:07'), ...service('HTTPS') });
  t.deepEqual(changes(t, empty(), mac), ['00:16:3e:00:00:07 may now also reach any address outside by HTTPS.']);
  const policy = edited(empty(), [
    rule({
      destination: { kind: 'typed', value: 'www.example.org' },
      ...service('HTTPS'),
      action: 'drop',
      remark: 'not www',
    }),
  ]);
  t.deepEqual(changes(t, policy, rule({ destination: { kind: 'typed', value: 'example.org' }, ...service('HTTPS') })), [
    'Any host on GREEN may now also reach example.org outside by HTTPS, except where rule 1 (“not www”) above denies it.',
  ]);
  t.deepEqual(changes(t, policy, rule({ destination: { kind: 'typed', value: 'example.net' }, ...service('HTTPS') })), [
    'Any host on GREEN may now also reach example.net outside by HTTPS.',
  ]);
  const inverted = rule({ source: { kind: 'address', name: 'MailAccess', invert: true }, ...service('SMTP') });
  t.deepEqual(changes(t, empty(), inverted), [
    'Everybody but MailAccess may now also reach any address outside by SMTP.',
  ]);
  t.regex(
    changes(t, empty(), rule({ ...service('SMTP'), sourcePorts: '1024-' }))[0] ?? '',
    /Any host on GREEN may now also reach any address outside by SMTP/,
  );
});

test('times and limits are named, and rules that hold at times only are left out and said so', (t) => {
  const frame = { days: { kind: 'week', days: [1, 2] }, start: '08:00', end: '12:00' };
  t.deepEqual(changes(t, empty(), rule({ ...from('192.168.51.9'), frame })), [
    'In its time frame: 192.168.51.9 may now also reach any address outside by any service.',
  ]);
  const policy = edited(empty(), [rule({ ...from('192.168.51.9'), frame, action: 'drop' })]);
  t.deepEqual(changes(t, policy, rule(from('192.168.51.0/28'))), [
    '192.168.51.0/28 may now also reach any address outside by any service.',
    'Rule 1 speaks of the same, but only at times or up to a limit: that is left out here.',
  ]);
});

test('log only, switched off and too many rules are told plainly', (t) => {
  t.deepEqual(changes(t, empty(), rule({ action: 'log' })), [
    'It lets nothing through and stops nothing: it only writes to the log.',
  ]);
  t.deepEqual(changes(t, empty(), rule({ enabled: false })), ['Nothing changes while the rule is switched off.']);
  const many = edited(empty(), [
    { do: 'batch', edits: Array.from({ length: 200 }, (_, index) => rule(from(`192.168.51.${index + 1}`))) },
  ]);
  t.deepEqual(changes(t, many, rule({})), ['More than 150 rules meet this one: what changes is not listed.']);
  t.deepEqual(changes(t, many, rule({ ...from('192.168.51.201') })), [
    '192.168.51.201 may now also reach any address outside by any service.',
  ]);
});

test('what is said to hold without exception holds for every packet that is tried', (t) => {
  const hosts = ['192.168.51.0/29', '192.168.51.4/30', '192.168.51.6', '192.168.51.2-192.168.51.5', '192.168.51.0/24'];
  const names = ['SMTP', 'POP3', 'HTTPS'];
  const actions = ['accept', 'drop', 'reject'];
  let seed = 7;
  const pick = <T>(list: T[]): T => {
    seed = (Math.imul(seed, 1_103_515_245) + 12_345) >>> 0;
    return list[(seed >>> 8) % list.length] as T;
  };
  const any = () =>
    rule({ ...from(pick(hosts)), ...(pick([0, 1, 2]) === 0 ? {} : service(pick(names))), action: pick(actions) });
  let tried = 0;
  for (let round = 0; round < 80; round += 1) {
    const before = edited(empty(), Array.from({ length: pick([0, 1, 2, 4]) }, any));
    const edit = { ...any(), position: pick([0, 1, 9]) } as Edit;
    const result = applyEdit(before, edit);
    if (!result.ok) continue;
    const lines = changesOf(before, result.policy, edit, world);
    const [judgeBefore, judgeAfter] = [judgeOf(before, world), judgeOf(result.policy, world)];
    const made = result.policy.rules.find(({ id }) => !before.rules.some((one) => one.id === id));
    const alone = judgeOf(
      {
        ...result.policy,
        settings: { ...result.policy.settings, defaultDeny: 'drop' },
        rules: made ? [{ ...made, action: 'accept' }] : [],
      },
      world,
    );
    const seen = new Set<string>();
    for (let host = 0; host < 9; host += 1)
      for (const port of [25, 110, 443, 9]) {
        const packet = { from: `192.168.51.${host}`, mac: '00:16:3e:00:00:77', to: '203.0.113.5', protocol: 6, port };
        if (alone(packet).verdict !== 'accept') continue;
        const [was, is] = [judgeBefore(packet), judgeAfter(packet)];
        seen.add(
          was.verdict !== 'accept' && is.verdict === 'accept'
            ? 'gain'
            : was.verdict === 'accept' && is.verdict !== 'accept'
              ? 'lose'
              : is.origin === made?.id
                ? 'same'
                : 'above',
        );
      }
    const text = lines.join(' ');
    const where = JSON.stringify([
      before.rules.map(({ source, service: what, action }) => [source, what, action]),
      edit,
      lines,
    ]);
    t.is(text.includes('may now also'), seen.has('gain'), where);
    t.is(text.includes('may no longer'), seen.has('lose'), where);
    t.is(text.includes('it would never be used'), seen.size === 1 && seen.has('above'), where);
    if (/may (now also|no longer)/.test(text) && !text.includes('except')) t.is(seen.size, 1, where);
    tried += 1;
  }
  t.true(tried > 60);
});
