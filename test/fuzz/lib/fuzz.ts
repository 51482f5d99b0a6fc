import { existsSync, rmSync } from 'node:fs';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import fc from 'fast-check';
import { agentCases } from './agent.ts';
import { apiCases } from './api.ts';
import type { Kind, Seen } from './kind.ts';
import { importCases, uploadCases } from './old-files.ts';
import { formCases, linkCases, routeCases } from './pages.ts';
import { rawCases } from './raw.ts';
import { logCases, nameCases } from './strangers.ts';
import { CANARY, MARK } from './words.ts';
import { openWorld, type World } from './world.ts';

const kinds = [
  formCases,
  routeCases,
  linkCases,
  apiCases,
  agentCases,
  rawCases,
  importCases,
  uploadCases,
  logCases,
  nameCases,
] as unknown as Kind<unknown>[];

/** Hostile requests, bytes, files and lines in one round on a box of its own. */
export const CASES_PER_ROUND = 2000;

/** Seconds of the processor that one case may take, and megabytes that may be held when the box of a round is gone. */
const SECONDS = 20;
const MEGABYTES = 200;

/**
 * Hostile cases from one seed on a fresh box, in one order. Null, or the first that was not borne: a status of 500 and more, no
 * answer, a fault in the log, anything executed, anything in the HTML that is not ours, more time or memory than can be right.
 */
export const fuzzCase = async (seed: number, seen: Seen = () => {}): Promise<string | null> => {
  const before = heap();
  const world = await openWorld();
  const strays: unknown[] = [];
  const stray = (error: unknown) => void strays.push(error);
  process.on('unhandledRejection', stray);
  process.on('uncaughtException', stray);
  let number = 0;
  try {
    for (const { kind, drawn } of draw(seed)) {
      const fault = await one(world, kind, drawn, seen, strays);
      if (fault !== null)
        return `seed ${seed}, case ${number} (${kind.name}): ${fault}\n${JSON.stringify(drawn).slice(0, 3000)}`;
      number += 1;
    }
  } finally {
    process.off('unhandledRejection', stray);
    process.off('uncaughtException', stray);
    await world.close();
  }
  if (executed()) return `seed ${seed}: a text was executed`;
  const grown = (heap() - before) / 1e6;
  return grown < MEGABYTES ? null : `seed ${seed}: ${Math.round(grown)} MB are held after the box is gone`;
};

const one = async (
  world: World,
  kind: Kind<unknown>,
  drawn: unknown,
  seen: Seen,
  strays: unknown[],
): Promise<string | null> => {
  const began = process.cpuUsage();
  world.ui.lab.time.now += 0.1;
  let fault: string | null;
  try {
    fault = await kind.run(world, drawn as never, seen);
    if (kind !== (importCases as unknown)) await world.repair();
  } catch (error) {
    fault = error instanceof Error ? (error.stack ?? error.message) : String(error);
  }
  seen(kind.name);
  const { user, system } = process.cpuUsage(began);
  if (fault !== null) return fault;
  if (strays.length > 0)
    return `nobody caught ${strays.map((error) => (error instanceof Error ? error.stack : error)).join()}`;
  if (executed()) return 'a text was executed';
  return user + system < SECONDS * 1e6 ? null : `${Math.round((user + system) / 1e6)} s of the processor`;
};

/** What a shell, a script or an object that took `__proto__` for a name would leave behind. */
const executed = (): boolean => {
  const found = existsSync(CANARY) || MARK in globalThis || Object.keys(Object.getPrototypeOf({})).length > 0;
  rmSync(CANARY, { force: true });
  return found;
};

const draw = (seed: number): { kind: Kind<unknown>; drawn: unknown }[] => {
  const arbitrary = fc.oneof(
    ...kinds.map((kind) => ({ weight: kind.share, arbitrary: kind.draw.map((drawn) => ({ kind, drawn })) })),
  );
  return fc.sample(arbitrary, { seed, numRuns: CASES_PER_ROUND });
};

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

const heap = (): number => {
  collect();
  return process.memoryUsage().heapUsed + process.memoryUsage().external;
};
