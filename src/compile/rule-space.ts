import { isIpv4, networksOf } from '../policy/address.ts';
import { greenNetwork } from '../policy/builtin.ts';
import { TCP, UDP } from '../policy/protocols.ts';
import type { Policy } from '../policy/schema.ts';
import { cutsOf, spanOfNetwork, valueText } from './address-classes.ts';
import { addressLine } from './address-line.ts';
import { type Bits, bitsOf, memo } from './bits.ts';
import { type Box, cellOf } from './boxes.ts';
import { type Service, servicesOf } from './change-points.ts';
import type { Packet } from './judge.ts';
import type { Step, World } from './model.ts';
import { serves } from './service-bits.ts';

/**
 * All packets of one family that the steps of a policy can tell apart: every packet behaves like one cell, a class on each axis (service, port of
 * the sender, DNS name of the destination, destination, MAC, address of the sender). Senders are those of GREEN and whoever a rule names.
 */
export type Space = {
  /** The packets that a step matches, its time and limit left aside. Several boxes stand for "by address or by MAC". */
  boxesOf: (step: Step) => Box[];
  /** An ordinary packet of a box, if it has one. */
  cellOf: (box: Box) => number[];
  /** A packet of a cell; null: its destination is known by a DNS name only, and the name has no address. */
  packetOf: (cell: readonly number[]) => Packet | null;
};

/** Null: nobody sends in this family. */
export const spaceOf = (family: 4 | 6, policy: Policy, steps: Step[], world: World): Space | null => {
  const [who, where, what] = [
    sourceAxes(family, policy, steps),
    destinationAxes(family, steps, world),
    serviceAxes(family, steps),
  ];
  if (who === null) return null;
  return {
    boxesOf: (step) =>
      who
        .of(step)
        .flatMap((sender) => where.of(step).map((place): Box => [...what.of(step), ...place, ...sender]))
        .filter((box) => box.every((bits) => bits.some((word) => word !== 0))),
    cellOf: (box) => cellOf(box, [what.plain, 1, 0, where.plain, 0, who.plain]),
    packetOf: ([service = 0, port = 0, name = 0, place = 0, card = 0, sender = 0]) => {
      const to = where.sample(name, place);
      return to === null ? null : { ...who.sample(card, sender), to, ...what.sample(service, port) };
    },
  };
};

/** A MAC that no rule names. */
const STRANGER = '02:67:67:00:00:01';

const sourceAxes = (family: 4 | 6, policy: Policy, steps: Step[]) => {
  const green = networksOf(greenNetwork(policy));
  const senders = addressLine(family, [...green, ...steps.flatMap(({ source }) => source.networks)], true);
  if (senders.count === 0) return null;
  const macs = [STRANGER, ...new Set(steps.flatMap(({ source }) => source.macs))];
  const places = new Map(macs.map((mac, index) => [mac, index]));
  const [first] = green;
  const somebody = first === undefined ? '' : valueText((spanOfNetwork(first).from as number) + 25);
  const [everyMac, everySender] = [all(macs.length), all(senders.count)];
  return {
    of: ({ source }: Step): [Bits, Bits][] => {
      if (source.any) return [[everyMac, everySender]];
      const named = bitsOf(
        macs.length,
        source.macs.map((mac) => places.get(mac) ?? 0),
      );
      const among = senders.bitsOf(source.networks);
      if (source.invert) return [[butNot(everyMac, named), butNot(everySender, among)]];
      return [
        [everyMac, among],
        [named, everySender],
      ];
    },
    plain: senders.pieceOf(somebody),
    sample: (card: number, sender: number) => ({
      from: senders.sample(sender, [somebody]),
      mac: macs.length > 1 ? (macs[card] ?? null) : null,
    }),
  };
};

/** What is known by DNS names may have any address: that of the name is an axis of its own. Names below a name belong to it. */
const destinationAxes = (family: 4 | 6, steps: Step[], world: World) => {
  const places = addressLine(
    family,
    steps.flatMap(({ destination }) => destination?.networks ?? []),
  );
  const size = places.count + 1;
  const somewhere = family === 4 ? '203.0.113.1' : '2001:db8::1';
  const names = ['', ...new Set(steps.flatMap(({ destination }) => destination?.names ?? []))];
  const everyName = all(names.length);
  const [outside, box] = [bitsOf(size, Array(places.count).keys()), bitsOf(size, [places.count])];
  return {
    of: ({ destination }: Step): [Bits, Bits][] => {
      if (destination === null) return [[everyName, box]];
      if (destination.any) return [[everyName, outside]];
      const among = places.bitsOf(destination.networks, size);
      if (destination.invert) return [[everyName, butNot(outside, among)]];
      const named = indexes(names, (name) => destination.names.some((one) => name === one || name.endsWith(`.${one}`)));
      return [
        [everyName, among],
        [bitsOf(names.length, named), outside],
      ];
    },
    plain: places.pieceOf(somewhere),
    sample: (name: number, place: number): string | null => {
      if (place === places.count) return 'greengate';
      if (name === 0) return places.sample(place, [somewhere]);
      return world.names?.get(names[name] ?? '')?.find((one) => isIpv4(one) === (family === 4)) ?? null;
    },
  };
};

const serviceAxes = (family: 4 | 6, steps: Step[]) => {
  const services = servicesOf(
    steps.flatMap(({ service }) => service),
    family,
    [null],
  );
  const ported = services.map(({ protocol }) => protocol === TCP || protocol === UDP);
  const ports = cutsOf([
    0,
    1,
    ...steps.flatMap((step) => (step.ports ?? []).flatMap(([from, to]) => [from, to + 1])),
  ]).filter((port) => port <= 65_535);
  const everyPort = all(ports.length);
  const from = family === 4 ? '0.0.0.0' : '::';
  const kept = new Map<string, Bits>();
  const serviceOf = ({ service, ports: senders }: Step): Bits => {
    const key = JSON.stringify([service, senders === null]);
    const found =
      kept.get(key) ??
      bitsOf(
        services.length,
        indexes(
          services,
          (one, index) =>
            (senders === null || ported[index] === true) && service.some((match) => serves(match, { from, ...one })),
        ),
      );
    kept.set(key, found);
    return found;
  };
  const holds = memo(1000, (text: string) => {
    const ranges = JSON.parse(text) as [number, number][];
    return bitsOf(
      ports.length,
      indexes(ports, (port) => ranges.some(([low, high]) => low <= port && port <= high)),
    );
  });
  return {
    of: (step: Step): [Bits, Bits] => [
      serviceOf(step),
      step.ports === null ? everyPort : holds(JSON.stringify(step.ports)),
    ],
    plain: Math.max(
      0,
      services.findIndex(({ protocol, port }) => protocol === TCP && port === 443),
    ),
    sample: (service: number, port: number) => {
      const point = services[service] as Service;
      const sport = ports.length > 2 && ported[service] === true ? { sport: ports[port] ?? 1 } : {};
      return { ...point, ...sport };
    },
  };
};

const all = (size: number): Bits => bitsOf(size, Array(size).keys());

const butNot = (one: Bits, other: Bits): Bits => one.map((word, at) => word & ~(other[at] as number));

const indexes = <T>(list: readonly T[], test: (one: T, index: number) => boolean): number[] =>
  list.flatMap((one, index) => (test(one, index) ? [index] : []));
