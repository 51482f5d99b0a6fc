import { origins } from '../plan/ruleset.ts';
import { type PortRange, parsePorts } from '../policy/ports.ts';
import type { Policy } from '../policy/schema.ts';
import { type Box, overlap, someOf } from './boxes.ts';
import { allSettled } from './cover.ts';
import type { Packet } from './judge.ts';
import { type Ask, boxesIn, holding, type Look, layersBefore, TRIES } from './lint-ask.ts';
import type { Step } from './model.ts';

/**
 * What rules do with the box itself. `ui`: the rule opens the user interface to somebody who is no administrator. `proxy`: the rule keeps a
 * sender from a web site that the sender reaches by the proxy, which `by` allows. `packet` is let in by the rule, or to the proxy.
 */
export type BoxFinding = { kind: 'ui' | 'proxy'; step: Step; by: Step[]; packet: Packet | null };

/** Packets to the user interface, to the proxy, and to what the proxy fetches. */
export type Probes = { ui: Step; proxy: Step | null; web: Step | null };

export const probesOf = ({ settings, proxy }: Policy): Probes => ({
  ui: probe([[settings.uiPort, settings.uiPort]], true),
  proxy: proxy.enabled ? probe([[proxy.port, proxy.port]], true) : null,
  web: proxy.enabled ? probe(parsePorts(`${proxy.safePorts},${proxy.connectPorts}`) ?? [], false) : null,
});

/** The probes must have been told apart by `ask`. */
export const boxFindings = (ask: Ask, { ui, proxy, web }: Probes): BoxFinding[] => {
  const accepting = ask.steps.filter(
    ({ from, action, destination }) => from.kind === 'rule' && action === 'accept' && destination === null,
  );
  const opens = accepting.flatMap((step): BoxFinding[] => {
    const packet = firstDecided(ask, step, (look) => look.space.boxesOf(ui));
    return packet === null ? [] : [{ kind: 'ui', step, by: [], packet: packet.look.space.packetOf(packet.cell) }];
  });
  if (proxy === null || web === null) return opens;
  const denying = ask.steps.filter(
    ({ from, action, destination }) =>
      from.kind === 'rule' && (action === 'drop' || action === 'reject') && destination !== null && !destination.any,
  );
  return [...opens, ...denying.flatMap((step) => throughProxy(ask, step, accepting, proxy, web) ?? [])];
};

const probe = (ports: PortRange[], box: boolean): Step => {
  const anybody = { any: true, networks: [], macs: [], names: [], invert: false };
  return {
    ...{
      id: origins.admin,
      action: 'accept',
      limit: null,
      enabled: true,
      holds: true,
      ports: null,
      from: { kind: 'admin' },
    },
    source: anybody,
    destination: box ? null : anybody,
    service: [{ protocol: 'tcp', ports }],
  };
};

/** A packet of these that the step decides, by no rule above. */
export const firstDecided = (
  ask: Ask,
  step: Step,
  among: (look: Look) => Box[],
): { look: Look; cell: number[] } | null => {
  for (const look of ask.looks) {
    const boxes = common(boxesIn(ask, look, step), among(look));
    const proof = boxes.length === 0 ? 'yes' : allSettled(boxes, layersBefore(ask, look, step), { left: 1000 });
    if (typeof proof === 'object') return { look, cell: look.space.cellOf(proof.box) };
  }
  return null;
};

const common = (some: readonly Box[], others: readonly Box[]): Box[] =>
  some.flatMap((one) => others.map((other) => overlap(one, other))).filter((box) => box !== null);

/** Somebody whom the step keeps from the web, and a rule lets use the proxy. */
const throughProxy = (ask: Ask, step: Step, accepting: Step[], proxy: Step, web: Step): BoxFinding | null => {
  for (const look of ask.looks) {
    const denied = common(boxesIn(ask, look, step), look.space.boxesOf(web));
    const above = layersBefore(ask, look, step);
    for (const box of denied)
      for (const by of accepting) {
        // The same senders, on their way to the proxy.
        const users = look.space.boxesOf(proxy).map((one): Box => [...one.slice(0, 4), ...box.slice(4)]);
        const found = firstDecided({ ...ask, looks: [look] }, by, () => users);
        if (found === null || !isDecided(box, found.cell, above, ask)) continue;
        return { kind: 'proxy', step, by: [by], packet: look.space.packetOf(found.cell) };
      }
  }
  return null;
};

/** Is one of the sender's packets left to the step by those above? */
const isDecided = (box: Box, sender: number[], above: { boxes: Box[] }[], { random }: Ask): boolean => {
  for (let turn = 0; turn < TRIES; turn += 1) {
    const cell = [...someOf(box, random).slice(0, 4), ...sender.slice(4)];
    if (!above.some(holding(cell))) return true;
  }
  return false;
};
