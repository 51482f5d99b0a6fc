import fc from 'fast-check';
import type { Known } from '../../../src/policy/builtin.ts';
import { parsePolicy } from '../../../src/policy/parse.ts';
import type { Policy } from '../../../src/policy/schema.ts';
import {
  boxNetworks,
  builtIn,
  dnsNames,
  groups,
  host4,
  host6,
  macs,
  names,
  OBJECTS,
  ownService,
  rarely,
  receivers,
  START,
  senders,
} from './draw-objects.ts';
import { type DraftRule, frame, rules } from './draw-rules.ts';

/**
 * A policy, and what it is judged by. `laidOut`: seconds since the epoch at which it was compiled. `room`: the rules and elements that its index
 * may have, so that small policies, too, are too large for one; null: as many as on the box.
 */
export type Setting = {
  policy: Policy;
  known: Known;
  laidOut: number;
  names: Map<string, string[]>;
  room: number | null;
};

const zones = ['UTC', 'Europe/Berlin', 'America/New_York', 'Australia/Lord_Howe', 'Asia/Kolkata'];
/** Around a Monday morning, and the changes of the clocks in Europe, America and Australia. */
const moments = [1_795_420_000, 1_806_195_600, 1_793_512_800, 1_791_037_800];

const settings = fc.record({
  moreAdmins: fc.array(senders, { maxLength: 2 }),
  connectionState: fc.boolean(),
  logging: fc.boolean(),
  defaultDeny: fc.constantFrom('drop', 'drop', 'reject'),
});

const block = fc.record({
  host: senders,
  action: fc.constantFrom('drop', 'accept'),
  until: fc.constantFrom(null, -1, 1, 3600),
});

/** Random policies with everything a policy may have, in the sizes and kinds that the compiler treats in different ways, compiled at a given moment. */
export const settingsAt = (laidOut: fc.Arbitrary<number>): fc.Arbitrary<Setting> => drafts(laidOut).map(settingOf);

const drafts = (laidOut: fc.Arbitrary<number>) =>
  fc.record({
    rules,
    settings,
    addresses: fc.tuple(...names('', OBJECTS).map(() => fc.tuple(senders, receivers))),
    services: fc.tuple(...names('', OBJECTS).map(() => ownService)),
    addressGroups: groups([...names('s', OBJECTS), ...names('d', OBJECTS), ...boxNetworks]),
    serviceGroups: groups([...names('p', OBJECTS), ...builtIn]),
    // Laying frames out is slow: most policies have none.
    frames: fc.oneof(
      { weight: 2, arbitrary: fc.constant(null) },
      { weight: 1, arbitrary: fc.tuple(frame, frame, frame) },
    ),
    blocks: fc.uniqueArray(block, { maxLength: 2, selector: ({ host }) => host }),
    zone: fc.constantFrom(...zones),
    laidOut,
    room: fc.oneof({ weight: 3, arbitrary: fc.constant(null) }, { weight: 1, arbitrary: fc.nat(400) }),
    red: rarely(3),
    ssh: fc.boolean(),
    proxy: fc.boolean(),
    answers: fc.tuple(
      ...dnsNames.map(() => fc.array(fc.oneof(host4(START.red), host6(START.red6)), { minLength: 1, maxLength: 3 })),
    ),
  });

type Draft = ReturnType<typeof drafts> extends fc.Arbitrary<infer One> ? One : never;

const settingOf = (draft: Draft): Setting => {
  const { laidOut } = draft;
  const known: Known = draft.red ? {} : { red: { address: '10.9.0.77', network: '10.9.0.0/24' } };
  const at = (offset: number | null) => (offset === null ? null : laidOut + offset);
  const ruleOf = (
    { way, frame, sourcePorts, invertSourcePorts, expires, limit: bound, ...rest }: DraftRule,
    index: number,
  ) => ({
    ...rest,
    ...way,
    id: `r${index}`,
    sourcePorts: sourcePorts ?? '',
    invertSourcePorts: sourcePorts !== null && invertSourcePorts,
    frame: frame === null ? null : (draft.frames?.[frame] ?? null),
    expires: at(expires),
    limit: bound === null || rest.action !== 'log' ? bound : { ...bound, for: 'log' },
  });
  const policy = soundPolicy({
    schema: 2,
    settings: { ...draft.settings, enabled: true, adminMac: macs[0] },
    network: { timezone: draft.zone },
    ssh: { enabled: draft.ssh },
    proxy: { enabled: draft.proxy },
    addresses: draft.addresses.flatMap(([s, d], index) => [
      { name: `s${index}`, value: s },
      { name: `d${index}`, value: d },
    ]),
    addressGroups: draft.addressGroups,
    services: draft.services.map((service, index) => ({ ...service, name: `p${index}` })),
    serviceGroups: draft.serviceGroups,
    rules: draft.rules.map(ruleOf),
    blocks: draft.blocks.map((one, index) => ({ ...one, id: `b${index + 1}`, until: at(one.until) })),
  });
  return {
    policy,
    known,
    laidOut,
    room: draft.room,
    names: new Map(dnsNames.map((name, index) => [name, draft.answers[index] ?? []])),
  };
};

/** What means nothing (everything but everything, source ports of GRE, a host blocked twice …) is refused by the product: it is left out. */
const soundPolicy = (given: { rules: unknown[]; blocks: unknown[] } & Record<string, unknown>): Policy => {
  const first = parsePolicy(given);
  if (first.ok) return first.value;
  const places = first.problems.map(({ place }) => /^(rules|blocks)\/(\d+)\//.exec(place)?.slice(1).join());
  if (places.includes(undefined)) throw new Error(JSON.stringify(first.problems));
  const sound = (collection: 'rules' | 'blocks') =>
    given[collection].filter((_, index) => !places.includes(`${collection},${index}`));
  return soundPolicy({ ...given, rules: sound('rules'), blocks: sound('blocks') });
};

/** The same, around moments of which some are near a change of clocks. */
export const settingsOf: fc.Arbitrary<Setting> = settingsAt(
  fc.tuple(fc.constantFrom(...moments), fc.nat(172_800)).map(([from, more]) => from + more),
);
