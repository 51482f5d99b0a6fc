import test from 'ava';
import fc from 'fast-check';
import { describeEdit } from '../../src/agent/describe.ts';
import type { Edit } from '../../src/policy/edit.ts';

const toggle = (id: string, enabled = true): Edit => ({ do: 'toggleRule', id, enabled });
const batch = (...edits: Edit[]): string => describeEdit({ do: 'batch', edits });
const allow: Edit = { do: 'block', host: '192.168.51.66', action: 'accept', until: null };

test('a batch is told edit by edit', (t) => {
  t.is(batch(), 'changed nothing');
  t.is(
    batch(toggle('r1', false), { do: 'toggleRule', id: 'r2', log: true, enabled: true }, allow, {
      do: 'block',
      host: '192.168.51.7',
      action: 'drop',
      until: 1_700_000_000,
    }),
    'switched off rule r1; switched on rule r2; switched on the log of rule r2; allowed 192.168.51.66; blocked 192.168.51.7 until 2023-11-14T22:13:20.000Z',
  );
});

test('a name is told with its new one, and looks like nothing else', (t) => {
  const save = (was: string | undefined, name: string): string =>
    describeEdit({ do: 'save', collection: 'addresses', ...(was === undefined ? {} : { was }), value: { name } });
  t.is(save(undefined, ' Mail '), 'added to addresses: “Mail”');
  t.is(save('Mail', 'Mail'), 'changed in addresses: “Mail”');
  t.is(save('Mail', 'Post'), 'changed in addresses: “Mail”, which is now “Post”');
  t.is(save(undefined, 'a”; deleted rule r1; “b'), 'added to addresses: “a"; deleted rule r1; "b”');
});

test('in a large batch each kind is named with its number, wherever it stands', (t) => {
  const many = Array.from({ length: 9_000 }, (_, index) => toggle(`r${index}`));
  const told = batch(...many, allow, ...many.map((one) => ({ ...one, enabled: false }) as Edit));
  t.regex(told, /^switched on rule r0, r1, .*, r\d+ and 89\d\d more; allowed 192\.168\.51\.66; switched off rule r0, /);
  t.true(told.length < 1000, String(told.length));
  t.is(
    batch(...many.slice(0, 2), { do: 'replace', value: {} }),
    'switched on rule r0; switched on rule r1; replaced the whole policy',
  );
});

test('whatever is in a batch, no kind of edit is left out, and the line is bounded', (t) => {
  const id = fc.string({ minLength: 1, maxLength: 300 });
  const collection = fc.constantFrom('addresses' as const, 'services' as const, 'serviceGroups' as const);
  const kinds: [RegExp, fc.Arbitrary<Edit>][] = [
    [/added to /, fc.record({ do: fc.constant('save' as const), collection, value: fc.record({ name: id }) })],
    [/deleted from /, fc.record({ do: fc.constant('delete' as const), collection, name: id })],
    [/changed rule /, fc.record({ do: fc.constant('saveRule' as const), id, value: fc.constant({}) })],
    [/moved rule /, fc.record({ do: fc.constant('moveRule' as const), id, position: fc.nat(9) })],
    [/switched off rule /, id.map((one) => toggle(one, false))],
    [/changed the settings of proxy/, fc.constant<Edit>({ do: 'section', section: 'proxy', value: {} })],
    [/allowed 192\.168\.51\.66/, fc.constant(allow)],
    [/ended block /, fc.record({ do: fc.constant('unblock' as const), id })],
  ];
  const some = fc.array(
    fc
      .integer({ min: 0, max: kinds.length - 1 })
      .chain((kind) => (kinds[kind] as (typeof kinds)[0])[1].map((edit) => ({ kind, edit }))),
    { minLength: 1, maxLength: 120 },
  );
  fc.assert(
    fc.property(some, (list) => {
      const told = batch(...list.map(({ edit }) => edit));
      for (const { kind } of list) t.regex(told, kinds[kind]?.[0] ?? /never/);
      t.true(told.length < 6000, String(told.length));
    }),
    { numRuns: 60 },
  );
});
