import { greengateServices } from '../policy/builtin.ts';
import { defaultServices } from '../policy/default-services.ts';
import { parsePorts } from '../policy/ports.ts';
import type { Policy, Service } from '../policy/schema.ts';

/** Names the service behind a protocol and port of a log line; empty when nobody knows it. */
export type PortNamer = (protocol: string, port: number | null, toTheBox: boolean) => string;

/**
 * Our own services first: the owner's, then the box's (only for packets to the box), then the default ones. Within each,
 * the narrowest range wins, so that a service for one port beats one for a thousand.
 */
export const portNamer = (policy: Policy): PortNamer => {
  const own = indexOf(policy.services);
  const box = indexOf(greengateServices(policy));
  return (protocol, port, toTheBox) => {
    if (port === null) return '';
    const key = protocol.toLowerCase();
    for (const index of toTheBox ? [own, box, defaults] : [own, defaults]) {
      const found = index.find((one) => one.protocol === key && one.from <= port && port <= one.to);
      if (found !== undefined) return found.name;
    }
    return '';
  };
};

type Entry = { protocol: string; from: number; to: number; name: string };

const indexOf = (services: readonly Service[]): Entry[] =>
  services
    .flatMap(({ name, protocol, ports }) =>
      protocol
        .split('&')
        .flatMap((one) => (parsePorts(ports) ?? []).map(([from, to]) => ({ protocol: one, from, to, name }))),
    )
    .sort((a, b) => a.to - a.from - (b.to - b.from));

const defaults = indexOf(defaultServices);
