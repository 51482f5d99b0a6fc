import { type Lock, makeLock } from './lock.ts';
import type { Counters, Generation, Machine, Run, Secrets, Store } from './ports.ts';
import { openSessions, type Sessions } from './sessions.ts';
import { openSetupCode, type SetupCode } from './setup-code.ts';
import { makeThrottle, type Throttle } from './throttle.ts';
import { auditing } from './visit.ts';

/** What the agent is given. `clock` is seconds since the epoch, `uptime` seconds since the machine's start. */
export type Ports = {
  machine: Machine;
  store: Store;
  run: Run;
  secrets: Secrets;
  clock: () => number;
  uptime: () => number;
};

/** The agent's hold on the box: the ports, what it remembers, and the one lock behind which everything is changed. */
export type Box = Ports & {
  sessions: Sessions;
  throttle: Throttle;
  code: SetupCode;
  lock: Lock;
  /** The generation in force; only changed behind the lock. */
  generation: Generation;
  /** What the generations before this one have counted since boot. */
  counted: Counters;
  /** Sentences worth a warning, by their subject; a success removes its own. */
  trouble: Map<string, string>;
  /** Something to be done after the answer is out: it may end the asking process. Kept so that the end of the agent can wait. */
  later: Set<Promise<void>>;
  /** When API tokens were last used, by id: newer than what the disk has. */
  tokenUse: Map<string, number>;
  /** Secrets of a second step that are not confirmed yet, by session. */
  pendingTotp: Map<string, string>;
};

/** Puts the box together around a generation; touches nothing yet. */
export const makeBox = async (ports: Ports, generation: Generation): Promise<Box> => {
  const trouble = new Map<string, string>();
  return {
    ...ports,
    store: auditing(ports.store, trouble),
    sessions: await openSessions(ports.run, ports.uptime),
    throttle: makeThrottle(ports.uptime),
    code: openSetupCode(ports.run),
    lock: makeLock(),
    generation,
    counted: await readCounted(ports.run),
    trouble,
    later: new Set(),
    tokenUse: new Map(),
    pendingTotp: new Map(),
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

/** Adds what a replaced generation had counted. Counts by origin live until the reboot, as the kernel's own do. */
export const addCounted = async (box: Box, counters: Counters): Promise<void> => {
  box.counted = sumCounters(box.counted, counters);
  await box.run.write(COUNTED, JSON.stringify(box.counted), 0o600);
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

const readCounted = async (run: Run): Promise<Counters> => {
  try {
    return JSON.parse((await run.read(COUNTED)) ?? '{}') as Counters;
  } catch {
    return {};
  }
};
