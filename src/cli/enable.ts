import { savedSentence } from './apply.ts';
import { DONE, json, read, type Verb } from './verb.ts';

/** Enables BOT; also after a rescue at the console. */
export const enable: Verb = {
  usage: 'enable',
  text: 'enable BOT, also after a rescue at the console',
  run: async (args, io) => {
    const { flags } = read(args, {}, [0, 0]);
    const saved = await io.agent('bot.enable', {});
    io.out(flags.json ? json(saved) : `BOT is enabled. ${savedSentence(saved)}\n`);
    return DONE;
  },
};
