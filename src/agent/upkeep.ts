import { nameSets } from '../plan/names.ts';
import { intervalsOfRules } from '../policy/frames.ts';
import { sameName } from '../policy/resolve.ts';
import type { Policy } from '../policy/schema.ts';
import { attempt, type Box } from './box.ts';
import { catchUp, cutDue } from './catch-up.ts';
import { cutForbidden } from './flows.ts';
import { loadPlan, planOf } from './load.ts';

/**
 * What rules in force need while nobody changes them; to be called every few seconds. Time frames switch in the kernel by themselves,
 * and flows end with the frame that let them in; here those are cut that a *denying* frame or block now forbids. The times are laid out
 * anew long before they run out, when the clock was set, and when RED's address changed under a rule that names it. What somebody
 * released at the console is left alone.
 */
export const openUpkeep = (box: Box) => {
  let seen = box.clock();
  let laidOut = { number: box.generation.number, at: box.generation.time, red: '' };
  let refreshed = { names: '', at: 0 };
  let resolved = '';
  let edges: { of: string; times: number[] } = { of: '', times: [] };

  const layOut = async (): Promise<void> => {
    const red = await redOf(box);
    const number = box.generation.number;
    if (laidOut.number !== number) {
      // Which RED it was compiled with is not known: a change of RED itself is compiled before RED has moved.
      laidOut = { number, at: box.generation.time, red: '' };
    }
    const stale = box.clock() < laidOut.at - DAY || box.clock() > laidOut.at + LAY_OUT_AGAIN;
    const moved = red !== laidOut.red && namesRed(box.generation.policy);
    if (!(stale && hasTimes(box.generation.policy)) && !moved) {
      laidOut.red = red;
      return;
    }
    if ((await box.machine.look()).bot === 'released') return;
    await box.lock(async () => {
      await loadPlan(box, await planOf(box, box.generation), { judged: box.generation.policy });
      await cutDue(box);
    });
    laidOut = { number, at: box.clock(), red };
  };

  const cutAtEdges = async (): Promise<void> => {
    const now = box.clock();
    const of = `${box.generation.number} ${Math.floor(now / DAY)}`;
    if (edges.of !== of) edges = { of, times: edgesOf(box.generation.policy, now) };
    const passed = edges.times.some((edge) => seen < edge && edge <= now);
    if (passed && (await box.machine.look()).bot !== 'released') await cutForbidden(box, box.generation);
    // Only now: a cut that failed is tried again.
    seen = now;
  };

  const refresh = async (): Promise<void> => {
    const names = nameSets(box.generation.policy);
    const text = names.map(({ name }) => name).join(' ');
    if (names.length === 0 || (text === refreshed.names && box.uptime() - refreshed.at < REFRESH)) return;
    refreshed = { names: text, at: box.uptime() };
    await box.machine.refresh(names);
    const found = [...(await box.machine.resolved(names))].map(([, addresses]) => addresses.toSorted().join(' '));
    // Without any answer (no resolver yet) the next try is soon.
    if (found.every((addresses) => addresses === '')) refreshed.at -= REFRESH - RETRY;
    if (found.join() === resolved) return;
    resolved = found.join();
    // A drop by name forbids what it did not know at the save.
    if ((await box.machine.look()).bot !== 'released') await cutForbidden(box, box.generation);
  };

  return async (): Promise<void> => {
    await attempt(box, 'catch up', 'What an interrupted change left undone could not be done.', () =>
      box.lock(() => catchUp(box)),
    );
    if (!box.generation.setUp || !box.generation.policy.settings.enabled) return;
    await attempt(box, 'time', 'The time frames of rules could not be brought up to date.', async () => {
      await layOut();
      await cutAtEdges();
    });
    await attempt(box, 'names', 'The addresses of DNS names could not be brought up to date.', refresh);
  };
};

const DAY = 86_400;

/** The kernel knows 400 days ahead. */
const LAY_OUT_AGAIN = 200 * DAY;

/** Seconds between two looks at a name's addresses: well inside the life of an element. */
const REFRESH = 600;
const RETRY = 20;

const redOf = async ({ machine }: Box): Promise<string> => {
  const { red } = await machine.facts();
  return `${red?.address} ${red?.network}`;
};

const hasTimes = ({ rules, blocks }: Policy): boolean =>
  rules.some(({ enabled, frame, expires }) => enabled && (frame !== null || expires !== null)) ||
  blocks.some(({ until }) => until !== null);

const namesRed = ({ rules, addressGroups }: Policy): boolean => {
  const isRed = (one: { name?: string }) => ['RED Address', 'RED Network'].some((red) => sameName(red, one.name ?? ''));
  return (
    rules.some(({ source, destination }) => [source, destination].some((ref) => 'name' in ref && isRed(ref))) ||
    addressGroups.some(({ members }) => members.some(isRed))
  );
};

/**
 * The moments around now at which a rule begins or ends, or a host is no longer let through. A block's beginning is its save, which cuts by
 * itself.
 */
const edgesOf = ({ rules, blocks, network }: Policy, now: number): number[] => {
  const intervals = intervalsOfRules(network.timezone, now);
  const lists = new Set(rules.filter(({ enabled }) => enabled).map((rule) => intervals(rule) ?? []));
  const ends = blocks.flatMap(({ action, until }) => (action === 'accept' && until !== null ? [until] : []));
  return [...[...lists].flat(2), ...ends].filter((edge) => Math.abs(edge - now) <= 2 * DAY);
};
