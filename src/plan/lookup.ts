import type { Dispatch } from './ruleset.ts';

/**
 * How the rules of one hook and family are found in the kernel. `linear`: one after the other. `exact`: by one lookup of sender,
 * destination, protocol and port. `indexed`: by the service first, then by destination and sender. All three decide alike.
 */
export type Lookup = Linear | Exact | Indexed;

/** `large`: an index would have been too large. */
export type Linear = { form: 'linear'; list: Dispatch[]; large: boolean };

export type Exact = { form: 'exact'; cells: Cell[] };

/** One packet's worth of rule: hosts, a port, and the leaf that decides. */
export type Cell = { source: string; destination: string; protocol: 'tcp' | 'udp'; port: number; leaf: string };

/**
 * A packet's service names its class; the class holds the rules that can decide it. `leaves`: by position, the default action last.
 * The verdict of a class is the lowest position found, carried in the packet's mark.
 */
export type Indexed = {
  form: 'indexed';
  leaves: string[];
  services: ServicePiece[];
  classes: ServiceClass[];
  rows: Row[];
};

/** The rank of a rule in its hook, from 0; the default action has the last one. */
export type Position = number;

/** A piece of the space of services. Null: every other one. The pieces of a lookup are disjoint and leave nothing out. */
export type ServicePiece =
  | { kind: 'ports'; protocol: 'tcp' | 'udp'; from: number; to: number; class: number }
  | { kind: 'icmp'; type: number | null; code: number | null; class: number }
  | { kind: 'protocol'; number: number | null; class: number };

/**
 * `last`: what decides when nothing below does. `anybody`: the first rule for any sender, by destination (disjoint, in order). `stages`: the
 * senders that have rules of their own, each with its row. `late`: rules that cannot be looked up, in order.
 */
export type ServiceClass = { last: Position; anybody: Piece[]; stages: Stage[]; late: Late[] };

/** Addresses from and to, both included, and the rule that is first there. */
export type Piece = { from: string; to: string; position: Position };

/** Senders by MAC, by host address, or by ranges (`a-b`, disjoint), each with the index of its row. */
export type Stage = { by: 'mac' | 'host' | 'range'; rows: { key: string; row: number }[] };

/**
 * The rules of one kind of sender, in order. `guarded`: an earlier rule may have been found before, for anybody or by another stage.
 * `ends`: what is found here decides; else it is only noted, and the packet goes on.
 */
export type Row = { guarded: boolean; ends: boolean; entries: RowEntry[]; pieces: Piece[] | null };

/** A rule of a row. `to` null: any destination. */
export type RowEntry = { position: Position; to: Target | null };

/** A set of destinations as nft elements; `hosts`: every one is a single address. `key` is the same for the same set. */
export type Target = { key: string; elements: string[]; hosts: boolean };

/** A rule with a condition of the moment: `dispatch` is all of its match. */
export type Late = { position: Position; dispatch: Dispatch };
