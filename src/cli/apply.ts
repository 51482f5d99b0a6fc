import { differences } from '../policy/difference.ts';
import { exchanged, same } from '../policy/difference-words.ts';
import type { Block, Policy } from '../policy/schema.ts';
import { clockWords } from '../policy/zones.ts';
import { readPolicyFile } from './files.ts';
import { DONE, json, plain, Refused, read, type Verb } from './verb.ts';

/** Puts a policy file in force, as one change, after saying what it changes. */
export const apply: Verb = {
  usage: 'apply FILE|- [--dry-run]',
  text: 'put a policy file in force, after saying what changes; --dry-run only says it',
  run: async (args, io) => {
    const { flags, words } = read(args, { 'dry-run': { type: 'boolean' } }, [1, 1]);
    const wanted = await readPolicyFile(io, words[0] ?? '');
    const { policy, revision } = await io.agent('policy.get', {});
    const changes = [...differences(policy, wanted), ...blockLines(policy, wanted)];
    const say = (sentence: string, more: object) =>
      io.out(flags.json ? json({ changes, ...more }) : `${[...changes, sentence].map(plain).join('\n')}\n`);
    if (changes.length === 0) {
      say('Nothing changes.', { revision, cut: 0 });
      return DONE;
    }
    const edit = { do: 'replace' as const, value: wanted };
    if (flags['dry-run']) {
      const { problems, changes: sentences = [] } = await io.agent('policy.check', { edit });
      if (problems.length > 0) throw new Refused('The box would not take this policy.', problems);
      changes.push(...sentences);
      say('The box would take it. Nothing was changed.', { revision });
      return DONE;
    }
    const saved = await io.agent('policy.edit', { edit, revision });
    say(savedSentence(saved), saved);
    return DONE;
  },
};

/** A file brings its own blocks along. */
const blockLines = (before: Policy, after: Policy): string[] => {
  if (same(before.blocks, after.blocks)) return [];
  const words = ({ host, action, until }: Block): string =>
    `${host}, ${action === 'drop' ? 'blocked' : 'let through'}${until === null ? '' : ` until ${clockWords(after.network.timezone, until)}`}`;
  const [was, is] = [before.blocks.map(words), after.blocks.map(words)];
  return [`Blocked hosts: ${same(was, is) ? 'a remark changes' : exchanged(was, is)}.`];
};

/** `In force as revision 12; 3 connections were cut.` */
export const savedSentence = ({ revision, cut }: { revision: number; cut: number }): string => {
  const connections = cut === 0 ? '' : cut === 1 ? '; one connection was cut' : `; ${cut} connections were cut`;
  return `In force as revision ${revision}${connections}.`;
};
