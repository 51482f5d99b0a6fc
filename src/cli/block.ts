import { normalAddress } from '../policy/address.ts';
import { savedSentence } from './apply.ts';
import { spanOf } from './span.ts';
import { DONE, type Io, json, localTime, Refused, read, type Verb } from './verb.ts';

/** Blocks a host, for a time or until it is ended. */
export const block: Verb = {
  usage: 'block HOST [--for 30m] [--remark TEXT]',
  text: 'block a host (address or MAC) now, for 30m, 2h, 1d or until unblocked',
  run: (args, io) => judge(args, io, 'drop'),
};

/** Lets a host through, past all rules. */
export const allow: Verb = {
  usage: 'allow HOST [--for 2h] [--remark TEXT]',
  text: 'let a host through now, whatever the rules say',
  run: (args, io) => judge(args, io, 'accept'),
};

/** Ends what `block` or `allow` began. */
export const unblock: Verb = {
  usage: 'unblock HOST|ID',
  text: 'end a block or an allowance',
  run: async (args, io) => {
    const { flags, words } = read(args, {}, [1, 1]);
    const wanted = (words[0] ?? '').trim();
    const { policy } = await io.agent('policy.get', {});
    const found = policy.blocks.find(({ id, host }) => id === wanted || host === normalAddress(wanted));
    if (found === undefined) throw new Refused(`Nothing is blocked or allowed under “${wanted}”.`);
    const saved = await io.agent('policy.edit', { edit: { do: 'unblock', id: found.id } });
    io.out(flags.json ? json(saved) : `Ended for ${found.host}. ${savedSentence(saved)}\n`);
    return DONE;
  },
};

const judge = async (args: string[], io: Io, action: 'drop' | 'accept'): Promise<number> => {
  const options = { for: { type: 'string' }, remark: { type: 'string' } } as const;
  const { flags, words } = read(args, options, [1, 1]);
  const host = words[0] ?? '';
  const until = flags.for === undefined ? null : io.now() + spanOf(flags.for);
  const edit = { do: 'block' as const, host, action, until, by: 'root', remark: flags.remark ?? '' };
  const saved = await io.agent('policy.edit', { edit });
  const what = action === 'drop' ? 'is blocked' : 'is let through';
  const end = until === null ? `until “greengate unblock ${host}”` : `until ${localTime(until)}`;
  io.out(flags.json ? json({ ...saved, until }) : `${host} ${what} ${end}. ${savedSentence(saved)}\n`);
  return DONE;
};
