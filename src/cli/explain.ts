import { AgentRefusal } from '../agent/client.ts';
import { type Answer, answerOf } from '../compile/answer.ts';
import type { Question } from '../compile/question.ts';
import type { Problem } from '../policy/problem.ts';
import { readPolicyFile } from './files.ts';
import { DONE, type Io, json, read, UsageError, type Verb } from './verb.ts';

/** Why a packet is let through or not: by a policy file, on any machine, or by the policy in force. */
export const explain: Verb = {
  usage:
    'explain [FILE] --from HOST --to HOST|greengate --service tcp/25 [--mac MAC] [--source-port N] [--at 2026-11-20T22:30]',
  text: 'why a packet is let through or not, as JSON; with a policy file on any machine',
  run: async (args, io) => {
    const text = { type: 'string' } as const;
    const { flags, words } = read(
      args,
      { from: text, to: text, service: text, mac: text, 'source-port': text, at: text },
      [0, 1],
    );
    const { from, to, service, mac, at, 'source-port': sourcePort } = flags;
    if (from === undefined || to === undefined || service === undefined)
      throw new UsageError(
        `What ${from === undefined ? '--from' : to === undefined ? '--to' : '--service'} is has to be said.`,
      );
    const question: Question = { from, to, service, mac, at, sourcePort };
    io.out(json(await ask(io, words[0], question)));
    return DONE;
  },
};

const ask = async (io: Io, file: string | undefined, question: Question): Promise<Answer> => {
  if (file === undefined) {
    try {
      return await io.agent('policy.explain', question);
    } catch (error) {
      if (error instanceof AgentRefusal && error.problems.length > 0) throw notUnderstood(error.problems);
      throw error;
    }
  }
  const answer = answerOf(await readPolicyFile(io, file), question, { now: io.now() });
  if (!answer.ok) throw notUnderstood(answer.problems);
  return answer.value;
};

const flagOf: Record<string, string> = { sourcePort: 'source-port' };

const notUnderstood = (problems: Problem[]): UsageError =>
  new UsageError(problems.map(({ place, message }) => `--${flagOf[place] ?? place}: ${message}`).join(' '));
