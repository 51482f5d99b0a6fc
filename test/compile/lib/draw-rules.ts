import fc from 'fast-check';
import {
  boxNetworks,
  boxServices,
  builtIn,
  GROUPS,
  host4,
  host6,
  names,
  OBJECTS,
  portList,
  rarely,
  receivers,
  START,
  senders,
} from './draw-objects.ts';

/** A rule before the policy around it is known: `frame` is the number of one, if the policy has any; `expires` counts from the compile. */
export type DraftRule = {
  enabled: boolean;
  source: object;
  way: { destination: object; service: object };
  action: string;
  log: boolean;
  sourcePorts: string | null;
  invertSourcePorts: boolean;
  limit: object | null;
  frame: number | null;
  expires: number | null;
};

const fewSenders = ['192.168.51.7', '192.168.51.0/29', 'fd51::7', 'fd51::/112', '02:00:00:00:05:0a'];

/** How a kind of policy is made: how many rules, and how often a rule has what. The numbers are weights. */
type Kind = {
  rules: [least: number, most: number];
  any: number;
  groups: number;
  typed: number;
  box: number;
  inverted: number;
  /** One rule in so many has a frame, an expiry, a limit, source ports; or only logs. */
  conditions: number;
  /** Few senders and services, each in many rules. */
  narrow?: boolean;
};

const kinds: { weight: number; kind: Kind }[] = [
  { weight: 8, kind: { rules: [1, 12], any: 2, groups: 3, typed: 3, box: 1, inverted: 4, conditions: 3 } },
  { weight: 2, kind: { rules: [1, 12], any: 1, groups: 4, typed: 2, box: 5, inverted: 3, conditions: 3 } },
  { weight: 2, kind: { rules: [20, 60], any: 3, groups: 4, typed: 3, box: 1, inverted: 8, conditions: 8 } },
  {
    weight: 3,
    kind: { rules: [6, 40], any: 1, groups: 2, typed: 8, box: 1, inverted: 12, conditions: 12, narrow: true },
  },
  { weight: 1, kind: { rules: [50, 300], any: 2, groups: 4, typed: 4, box: 1, inverted: 40, conditions: 30 } },
  { weight: 1, kind: { rules: [50, 200], any: 14, groups: 2, typed: 2, box: 1, inverted: 20, conditions: 15 } },
];

const clock = fc.constantFrom('00:00', '02:00', '02:30', '03:00', '08:00', '17:30', '22:00', '23:59');
export const frame = fc.record({
  days: fc.oneof(
    fc.record({ kind: fc.constant('week'), days: fc.uniqueArray(fc.nat(6), { minLength: 1, maxLength: 7 }) }),
    fc.record({
      kind: fc.constant('month'),
      from: fc.integer({ min: 1, max: 31 }),
      to: fc.integer({ min: 1, max: 31 }),
    }),
  ),
  start: clock,
  end: clock,
});

const limit = fc.record({
  for: fc.constantFrom('log', 'action', 'both'),
  rate: fc.integer({ min: 1, max: 60 }),
  per: fc.constantFrom('second', 'minute', 'hour', 'day'),
  burst: fc.integer({ min: 1, max: 20 }),
});

const rule = ({ any, groups: grouped, typed, box, inverted, conditions, narrow = false }: Kind) => {
  const invert = rarely(inverted);
  const side = (values: fc.Arbitrary<string>, start: string) =>
    fc.oneof(
      { weight: any, arbitrary: fc.constant({ kind: 'any' }) },
      {
        weight: grouped,
        arbitrary: fc.record({ kind: fc.constant('group'), name: fc.constantFrom(...names('g', GROUPS)), invert }),
      },
      { weight: typed, arbitrary: fc.record({ kind: fc.constant('typed'), value: values, invert }) },
      {
        weight: 1,
        arbitrary: fc.record({
          kind: fc.constant('address'),
          name: fc.constantFrom(...names(start, OBJECTS), ...boxNetworks),
          invert,
        }),
      },
    );
  const named = (list: string[]) => fc.record({ kind: fc.constant('service'), name: fc.constantFrom(...list), invert });
  const own = names('p', narrow ? 2 : OBJECTS);
  const toBox = fc.record({
    destination: fc.constant({ kind: 'greengate' }),
    service: fc.oneof(fc.constant({ kind: 'any' }), named(boxServices), named(own)),
  });
  const outside = fc.record({
    destination: side(receivers, 'd'),
    service: fc.oneof(
      { weight: 1, arbitrary: fc.constant({ kind: 'any' }) },
      { weight: 2, arbitrary: named(narrow ? ['HTTP'] : builtIn) },
      { weight: 3, arbitrary: named(own) },
      {
        weight: 2,
        arbitrary: fc.record({ kind: fc.constant('group'), name: fc.constantFrom(...names('g', GROUPS)), invert }),
      },
    ),
  });
  const sometimes = <T>(arbitrary: fc.Arbitrary<T>) =>
    fc.oneof({ weight: conditions * 2, arbitrary: fc.constant(null) }, { weight: 1, arbitrary });
  return fc.record({
    enabled: rarely(12).map((off) => !off),
    source: side(narrow ? fc.constantFrom(...fewSenders) : senders, 's'),
    way: fc.oneof({ weight: 8, arbitrary: outside }, { weight: box, arbitrary: toBox }),
    action: fc.oneof(
      { weight: 4 * conditions, arbitrary: fc.constantFrom('accept', 'accept', 'drop', 'reject') },
      { weight: 2, arbitrary: fc.constant('log') },
    ),
    log: fc.boolean(),
    sourcePorts: sometimes(portList),
    invertSourcePorts: fc.boolean(),
    limit: sometimes(limit),
    frame: fc.oneof({ weight: 2, arbitrary: fc.constant(null) }, { weight: 1, arbitrary: fc.nat(2) }),
    expires: sometimes(fc.constantFrom(-1, 0, 1, 3600, 86_400 * 500)),
  });
};

/** Often one of a few: the same cell comes again in later rules. */
const exactHost = (start: string, start6: string) =>
  fc.oneof(fc.constantFrom(`${start}1`, `${start}2`, `${start6}1`), host4(start), host6(start6));

/** Exact hosts and ports: the policy that becomes one map. */
const exactRule = fc.record({
  enabled: fc.constant(true),
  source: exactHost(START.green, START.green6).map((value) => ({ kind: 'typed', value, invert: false })),
  way: fc.record({
    destination: exactHost(START.red, START.red6).map((value) => ({ kind: 'typed', value, invert: false })),
    service: fc
      .constantFrom('SMTP', 'HTTP', 'HTTPS', 'DNS', 'QUIC')
      .map((name) => ({ kind: 'service', name, invert: false })),
  }),
  action: fc.constantFrom('accept', 'accept', 'drop', 'reject'),
  log: fc.boolean(),
  sourcePorts: fc.constant(null),
  invertSourcePorts: fc.constant(false),
  limit: fc.constant(null),
  frame: fc.constant(null),
  expires: fc.constant(null),
});

export const rules: fc.Arbitrary<DraftRule[]> = fc.oneof(
  ...kinds.map(({ weight, kind }) => ({
    weight,
    arbitrary: fc.array(rule(kind), { minLength: kind.rules[0], maxLength: kind.rules[1], size: 'max' as const }),
  })),
  { weight: 3, arbitrary: fc.array(exactRule, { minLength: 1, maxLength: 60, size: 'max' }) },
);
