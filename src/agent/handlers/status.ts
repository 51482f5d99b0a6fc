import type { Status } from '../api.ts';
import { type Box, sumCounters } from '../box.ts';
import { visitorOf } from '../caller.ts';
import { trialState } from '../trial.ts';
import type { Handlers } from '../verbs.ts';
import { serviceNames } from './box.ts';

/** What is observed on the box. */
export const statusHandlers: Handlers<'status' | 'traffic.get'> = {
  status: async (box, { visitor }, { user }) => {
    const { policy, number } = box.generation;
    const [observed, { bot, generation: held, counters }, macs, services] = await Promise.all([
      box.machine.observe(),
      box.machine.glance(),
      box.machine.neighbours(),
      servicesOf(box),
    ]);
    const { green, red, notices, version, base, uptime, memory, storage } = observed;
    return {
      version,
      base,
      uptime,
      memory,
      storage,
      services,
      time: box.clock(),
      timezone: policy.network.timezone,
      hostname: policy.network.hostname,
      bot: bot === 'unknown' ? (policy.settings.enabled ? 'enabled' : 'disabled') : bot,
      firstEnable: !box.generation.starter,
      trial: trialState(box, user?.name ?? null),
      notices: [
        ...notices,
        ...shortness(memory, storage),
        ...box.store.notices(),
        ...box.trouble.values(),
        ...notesIn(box.generation.files),
        ...drift(bot, held, number),
      ],
      green,
      red: { ...red, mode: policy.network.red.mode },
      counters: sumCounters(box.counted, counters),
      hits: box.hits,
      visitorMac: visitor === undefined ? '' : (macs.get(visitorOf(visitor)) ?? ''),
    };
  },
  'traffic.get': async ({ traffic }) => ({ samples: traffic }),
};

/** Of what there is little left, before it is too late. */
const shortness = (memory: Status['memory'], storage: Status['storage']): string[] => [
  ...(memory.available < LEAST
    ? [
        `Memory is short: ${Math.floor(memory.available / MB)} MB are left. Fewer rules, or no cache of the proxy, need less.`,
      ]
    : []),
  ...(storage.available < LEAST
    ? [`The data partition is almost full: ${Math.floor(storage.available / MB)} MB are left. Changes may be refused.`]
    : []),
];

const MB = 1_000_000;
const LEAST = 24 * MB;

/** What the compiler says of the rules: comments above them. */
const notesIn = (files: Record<string, string>): string[] =>
  (files['ruleset.nft'] ?? '')
    .split('\n', 5)
    .filter((line) => line.startsWith('# '))
    .map((line) => line.slice(2));

/** Those that should run with this policy. */
const servicesOf = ({ generation: { policy }, machine }: Box): Promise<Status['services']> => {
  const wanted = serviceNames.filter(
    (name) =>
      (name !== 'squid' || policy.proxy.enabled) &&
      (name !== 'red-dhcp' || policy.network.red.mode === 'dhcp') &&
      (name !== 'sshd' || policy.ssh.enabled),
  );
  return Promise.all(wanted.map(async (name) => ({ name, running: await machine.running(name) })));
};

const drift = (bot: string, held: number | null, number: number): string[] => {
  // `bot` itself says so, with a bar of its own.
  if (bot === 'released') return [];
  if (bot === 'unknown' || held === null)
    return ['The rules in the kernel are not those of Greengate. Save again, or restart.'];
  return held === number
    ? []
    : [`The kernel holds generation ${held}, and ${number} is saved. Save again, or restart.`];
};
