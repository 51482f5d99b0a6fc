import { NAME_TIMEOUT } from './names.ts';
import { botRules, forwardRules, inputRules, output6Rules, outputRules, whileRules } from './nft-hooks.ts';
import { printLookup } from './nft-lookup.ts';
import { counterOf, frameSet, gateChain, leafChain, type Printed, rejectChain, whileChain } from './nft-names.ts';
import { printGate, printLeaf, printReject } from './nft-rules.ts';
import type { Family, Ruleset } from './ruleset.ts';

/** The whole ruleset as one nft file for an empty kernel, or one that holds the closed ruleset: what boot loads. */
export const printFull = (ruleset: Ruleset, generation: number): string =>
  [declarations(ruleset), printChains(ruleset, 'g0'), printSwitch(ruleset, 'g0', generation)].join('\n');

/** First transaction of a load: tables, base chains and sets (if missing), and the new generation's own chains. */
export const printChains = (ruleset: Ruleset, tag: string): string =>
  families(ruleset)
    .map((family) => {
      const { chains, sets } = generationChains(ruleset, family, tag);
      return [
        ...counters(ruleset).map((name) => `add counter ${family} filter ${name}`),
        ...chains.map(([name]) => `add chain ${family} filter ${name}`),
        ...frameSets(ruleset, family, tag),
        ...sets,
        block(family, chains),
      ].join('\n');
    })
    .join('\n');

/** Second transaction: the fixed chains are flushed and refilled; from here on packets meet the new generation. */
export const printSwitch = (ruleset: Ruleset, tag: string, generation: number): string =>
  (['ip', 'ip6'] as const)
    .map((family) => {
      const chains = fixedChains(ruleset, family, tag, generation);
      return [...chains.map(([name]) => `flush chain ${family} filter ${name}`), block(family, chains)].join('\n');
    })
    .concat([natBlock])
    .join('\n');

/** The counters that a ruleset uses. */
export const counters = ({ mode, leaves }: Pick<Ruleset, 'mode' | 'leaves'>): string[] =>
  mode === 'blocking' ? leaves.map(({ name }) => counterOf(name)) : [];

/** What a generation owns in the kernel. */
export type Owned = { kind: 'chain' | 'set' | 'map' | 'counter'; family: Family; name: string };

/** Third transaction: generations other than `tag` go. Chains are flushed first, since they may name each other and the sets; maps name chains. */
export const printRemoval = (old: Owned[]): string => {
  const chains = old.filter(({ kind }) => kind === 'chain');
  return [
    ...chains.map(({ family, name }) => `flush chain ${family} filter ${name}`),
    ...old.flatMap(({ kind, family, name }) => (kind === 'chain' ? [] : [`delete ${kind} ${family} filter ${name}`])),
    ...chains.map(({ family, name }) => `delete chain ${family} filter ${name}`),
    '',
  ].join('\n');
};

/** Tables, base chains and run-time sets; adding what is there already changes nothing. */
export const declarations = (ruleset: Ruleset): string =>
  (['ip', 'ip6'] as const)
    .flatMap((family) => [
      `add table ${family} filter`,
      ...['INPUT', 'FORWARD', 'OUTPUT'].map(
        (name) =>
          `add chain ${family} filter ${name} { type filter hook ${name.toLowerCase()} priority 0; policy drop; }`,
      ),
      ...['BOT_INPUT', 'CUSTOMFORWARD', 'BOT_FORWARD', 'GREENGATE'].map((name) => `add chain ${family} filter ${name}`),
      `add set ${family} filter log_meter { type ${addressType(family)}; flags dynamic; timeout 5m; size 65535; }`,
      `add set ${family} filter ping_meter { type ${addressType(family)}; flags dynamic; timeout 1m; size 65535; }`,
      ...ruleset.names.map(
        ({ set }) =>
          `add set ${family} filter ${set} { type ${addressType(family)}; flags dynamic,timeout; timeout ${NAME_TIMEOUT}s; size 65535; }`,
      ),
    ])
    .concat([
      ...families(ruleset).map((family) => `add ct helper ${family} filter ftp { type "ftp" protocol tcp; }`),
      'add table ip nat',
      'add chain ip nat POSTROUTING { type nat hook postrouting priority 100; policy accept; }',
      '',
    ])
    .join('\n');

type Chains = [name: string, rules: string[]][];

const families = (ruleset: Ruleset): Family[] => (ruleset.ipv6 ? ['ip', 'ip6'] : ['ip']);

const addressType = (family: Family): string => (family === 'ip' ? 'ipv4_addr' : 'ipv6_addr');

const block = (family: Family, chains: Chains): string =>
  [
    `table ${family} filter {`,
    ...chains.flatMap(([name, rules]) => [`  chain ${name} {`, ...rules.map((rule) => `    ${rule}`), '  }']),
    '}',
    '',
  ].join('\n');

const natBlock = [
  'flush chain ip nat POSTROUTING',
  'table ip nat {',
  '  chain POSTROUTING {',
  '    oifname "red" masquerade',
  '  }',
  '}',
  '',
].join('\n');

/** The times at which rules hold: epoch seconds are exact whatever the zone of who loads them, weekdays and hours are not. */
const frameSets = (ruleset: Ruleset, family: Family, tag: string): string[] =>
  ruleset.mode !== 'blocking'
    ? []
    : ruleset.frames.flatMap(({ key, intervals }) => {
        const set = `${family} filter ${frameSet(tag, key)}`;
        const elements = intervals.map(([from, to]) => `${from}-${to}`);
        return [
          `add set ${set} { typeof meta time; flags interval; }`,
          `flush set ${set}`,
          ...(elements.length === 0 ? [] : [`add element ${set} { ${elements.join(', ')} }`]),
        ];
      });

/** The chains of a generation, and the sets that they share. */
const generationChains = (ruleset: Ruleset, family: Family, tag: string): Printed => {
  if (ruleset.mode !== 'blocking') return { chains: [], sets: [] };
  const leaves = new Map(ruleset.leaves.map((leaf) => [leaf.name, leaf]));
  const found = (['input', 'forward'] as const).map((hook) =>
    printLookup({ family, tag, hook }, ruleset.lookups[family][hook], leaves),
  );
  return {
    chains: [
      ...ruleset.leaves.map((leaf): Printed['chains'][number] => [
        leafChain(tag, leaf.name),
        printLeaf(family, leaf, rejectChain(tag)),
      ]),
      ...(ruleset.leaves.some(({ action }) => action === 'reject')
        ? [[rejectChain(tag), printReject(family)] as Printed['chains'][number]]
        : []),
      ...ruleset.leaves.flatMap((leaf): Printed['chains'] => {
        const names = { leaf: leafChain(tag, leaf.name), frame: frameSet(tag, leaf.frame ?? '') };
        const gate = printGate(family, leaf, names);
        return gate === null ? [] : [[gateChain(tag, leaf.name), gate]];
      }),
      ...ruleset.frames.map(({ key }): Printed['chains'][number] => [
        whileChain(tag, key),
        [`meta time @${frameSet(tag, key)} return`, 'drop'],
      ]),
      ...found.flatMap(({ chains }) => chains),
    ],
    sets: found.flatMap(({ sets }) => sets),
  };
};

const fixedChains = (ruleset: Ruleset, family: Family, tag: string, generation: number): Chains => [
  ['INPUT', inputRules(ruleset, family)],
  ['FORWARD', forwardRules(ruleset, family)],
  ['OUTPUT', family === 'ip' ? outputRules(ruleset) : output6Rules(ruleset)],
  ['BOT_INPUT', botRules(ruleset, family, tag, `${tag}_input`)],
  [
    'CUSTOMFORWARD',
    botRules(ruleset, family, tag, '').length === 0
      ? []
      : [
          'iifname "green" oifname "red" jump BOT_FORWARD',
          ...whileRules(ruleset, tag).map((rule) => `iifname "red" oifname "green" ${rule}`),
        ],
  ],
  ['BOT_FORWARD', botRules(ruleset, family, tag, `${tag}_forward`)],
  ['GREENGATE', [`counter comment "generation ${generation} ${ruleset.mode}"`]],
];
