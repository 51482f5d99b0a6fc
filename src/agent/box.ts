import type { Policy } from '../policy/schema.ts';
import type { TrafficSample } from './api.ts';
import { type Lock, makeLock } from './lock.ts';
import type { Counters, Generation, Machine, Run, Secrets, Store } from './ports.ts';
import { openSessions, type Sessions } from './sessions.ts';
import { openSetupCode, type SetupCode } from './setup-code.ts';
import { makeThrottle, type Throttle } from './throttle.ts';
import type { Trial } from './trial.ts';
import { auditing } from './visit.ts';

/** What the agent is given. `clock` is seconds since the epoch, `uptime` seconds since the machine's start. */
export type Ports = {
  machine: Machine;
  store: Store;
  run: Run;
  secrets: Secrets;
  clock: () => number;
  uptime: () => number;
  /** Is a change by somebody who is logged in on trial, for as long as the settings say? Else it is kept at once. */
  trials: boolean;
};

/** The agent's hold on the box: the ports, what it remembers, and the one lock behind which everything is changed. */
export type Box = Ports & {
  sessions: Sessions;
  throttle: Throttle;
  code: SetupCode;
  lock: Lock;
  /** The generation in force; only changed behind the lock. */
  generation: Generation;
  /** Set while the generation in force is on trial. */
  trial: Trial | null;
  /** What the generations before this one have counted since boot. */
  counted: Counters;
  /** What counters had counted that were to be removed: it belongs to `counted` as soon as they are gone. */
  leaving: Counters;
  /** Rules came into force, and what they forbid is not cut yet. `judged`: the policy by which all flows were judged before, if any. */
  cutDue: { judged: Policy | null } | null;
  /** Sentences worth a warning, by their subject; a success removes its own. */
  trouble: Map<string, string>;
  /** Something to be done after the answer is out: it may end the asking process. Kept so that the end of the agent can wait. */
  later: Set<Promise<void>>;
  /** When API tokens were last used, by id: newer than what the disk has. */
  tokenUse: Map<string, number>;
  /** What the interfaces had carried, over the last hour. */
  traffic: TrafficSample[];
  /** When each counter was last seen to grow, by origin. */
  hits: Record<string, number>;
  /** Secrets of a second step that are not confirmed yet, by session. */
  pendingTotp: Map<string, string>;
};

/** Puts the box together around a generation; touches nothing yet. */
export const makeBox = async (ports: Ports, generation: Generation): Promise<Box> => {
  const trouble = new Map<string, string>();
  return {
    ...ports,
    store: numbering(auditing(ports.store, trouble), await heldBy(ports.machine)),
    sessions: await openSessions(ports.run, ports.uptime),
    throttle: makeThrottle(ports.uptime),
    code: openSetupCode(ports.run),
    lock: makeLock(),
    generation,
    trial: null,
    ...(await readCounted(ports.run)),
    cutDue: null,
    trouble,
    later: new Set(),
    tokenUse: new Map(),
    traffic: [],
    hits: {},
    pendingTotp: new Map(),
  };
};

const heldBy = (machine: Machine): Promise<number> =>
  machine.look().then(
    ({ generation }) => generation ?? 0,
    () => 0,
  );

/** A number that was in force once is never given again: forms and programs remember what they looked at by it. */
const numbering = (store: Store, held: number): Store => {
  let highest = held;
  return {
    ...store,
    nextNumber: async () => {
      highest = Math.max(await store.nextNumber(), highest + 1);
      return highest;
    },
  };
};

/** Does something that must not stop a change half-way; a failure becomes a notice, a success takes it back. */
export const attempt = async (
  box: Box,
  subject: string,
  sentence: string,
  work: () => Promise<void>,
): Promise<void> => {
  try {
    await work();
    box.trouble.delete(subject);
  } catch (error) {
    console.error(`${subject}:`, error);
    box.trouble.set(subject, sentence);
  }
};

/**
 * Keeps what counters have counted that are about to be removed. Counts by origin live until the reboot, as the kernel's own do; the
 * removal may fail, or the agent may end before it knows.
 */
export const keepLeaving = async (box: Box, counters: Counters): Promise<void> => {
  await settleCounters(box);
  box.leaving = counters;
  await writeCounted(box);
};

/** Adds what was kept of counters that are gone; those that are still there speak for themselves. `removed`: all of them are gone. */
export const settleCounters = async (box: Box, { removed = false } = {}): Promise<void> => {
  if (Object.keys(box.leaving).length === 0) return;
  const { generation, counters } = removed ? { generation: box.generation, counters: {} } : await box.machine.look();
  if (generation === null) return;
  const gone = Object.entries(box.leaving).filter(([origin]) => !(origin in counters));
  box.counted = sumCounters(box.counted, Object.fromEntries(gone));
  box.leaving = {};
  await writeCounted(box);
};

/** Sums by origin. */
export const sumCounters = (one: Counters, other: Counters): Counters => {
  const sum = { ...one };
  for (const [origin, { packets, bytes }] of Object.entries(other)) {
    const before = sum[origin] ?? { packets: 0, bytes: 0 };
    sum[origin] = { packets: before.packets + packets, bytes: before.bytes + bytes };
  }
  return sum;
};

const COUNTED = 'counters.json';

type Counted = Pick<Box, 'counted' | 'leaving'>;

const writeCounted = (box: Box): Promise<void> =>
  attempt(box, 'counters', 'What rules have counted could not be kept for a restart of the agent.', () =>
    box.run.write(COUNTED, JSON.stringify({ counted: box.counted, leaving: box.leaving }), 0o600),
  );

const readCounted = async (run: Run): Promise<Counted> => {
  const none = { counted: {}, leaving: {} };
  try {
    return { ...none, ...(JSON.parse((await run.read(COUNTED)) ?? '{}') as Partial<Counted>) };
  } catch {
    return none;
  }
};
