import type { Position, Target } from '../plan/lookup.ts';
import { hasGate } from '../plan/nft-rules.ts';
import type { Dispatch, Family, Leaf, Side } from '../plan/ruleset.ts';
import type { Network } from '../policy/address.ts';
import { isSingle, joined, otherRanges, type Range, rangeOf, rangeText } from './pieces.ts';

/** A dispatch as the index sees it. `late`: it has a condition that no lookup can answer. */
export type Entry = {
  position: Position;
  dispatch: Dispatch;
  late: boolean;
  /** Null: any sender. */
  from: Senders | null;
  /** Null: any destination. */
  to: (Target & { ranges: Range[] }) | null;
};

export type Senders = { macs: string[]; hosts: string[]; ranges: Range[] };

/** The dispatches of one hook and family with their positions, and the leaves by position. */
export const entriesOf = (family: Family, list: Dispatch[], leaves: Leaf[]): { entries: Entry[]; order: string[] } => {
  const byName = new Map(leaves.map((leaf) => [leaf.name, leaf]));
  const order = [...new Set(list.map(({ leaf }) => leaf))];
  const positions = new Map(order.map((leaf, index) => [leaf, index]));
  const targetOf = targets(family);
  const entries = list.map((dispatch): Entry => {
    const leaf = byName.get(dispatch.leaf);
    const late = leaf === undefined || leaf.action === 'log' || hasGate(leaf) || isOfTheMoment(dispatch);
    return {
      position: positions.get(dispatch.leaf) as number,
      dispatch,
      late,
      from: late ? null : sendersOf(family, dispatch.source),
      to: late ? null : targetOf(dispatch.destination),
    };
  });
  return { entries, order };
};

/** Source ports, what DNS names stand for now, and MACs that must not be: asked of each packet, one by one. */
const isOfTheMoment = ({ source, destination, service }: Dispatch): boolean =>
  destination.kind === 'name' ||
  ('from' in service && service.from !== undefined) ||
  (source.kind === 'except' && source.macs.length > 0) ||
  destination.kind === 'macs';

const sendersOf = (family: Family, side: Side): Senders | null => {
  if (side.kind === 'macs') return { macs: side.macs, hosts: [], ranges: [] };
  if (side.kind !== 'networks' && side.kind !== 'except') return null;
  if (side.kind === 'except') return { macs: [], hosts: [], ranges: otherRanges(family, side.networks.map(rangeOf)) };
  const hosts = side.networks.filter(isHost);
  return {
    macs: [],
    hosts: [...new Set(hosts.map(({ address }) => address))],
    ranges: joined(side.networks.filter((network) => !isHost(network)).map(rangeOf)),
  };
};

const isHost = ({ family, bits }: Network): boolean => bits === (family === 4 ? 32 : 128);

/** Rules share what they name: the same networks are one target. */
const targets = (family: Family): ((side: Side) => Entry['to']) => {
  const kept = new Map<string, Entry['to']>();
  const keys = new Map<string, string>();
  return (side) => {
    if (side.kind !== 'networks' && side.kind !== 'except') return null;
    const name = `${side.kind} ${side.networks.map(({ address, bits }) => `${address}/${bits}`).join()}`;
    const found = kept.get(name);
    if (found !== undefined) return found;
    const plain = side.networks.map(rangeOf);
    const hosts = side.kind === 'networks' && plain.every(isSingle);
    const ranges = hosts ? distinct(plain) : side.kind === 'except' ? otherRanges(family, plain) : joined(plain);
    const elements = ranges.map((range) => rangeText(family, range));
    const text = elements.join();
    const key = keys.get(text) ?? String(keys.size + 1);
    keys.set(text, key);
    const made = { key, elements, hosts, ranges };
    kept.set(name, made);
    return made;
  };
};

/** Neighbours stay apart: hosts are hashed, ranges are not. */
const distinct = (hosts: Range[]): Range[] => [...new Map(hosts.map((host) => [host.from, host])).values()];
