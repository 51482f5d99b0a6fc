import { addressOf } from './paging.ts';
import { type Choice, OWN_SET } from './picks.ts';

/** What a picker shows for a text: the first that fit, how many do, and whether one is called exactly so. */
export type Found = { choices: Choice[]; count: number; exact: boolean };

/** What a page holds of a list of choices. `from`: where the rest is searched; empty when all of it is in the page. */
export type Embedded = { options: Choice[]; from: string };

/** How a picker asks: for which side of a rule, and whether a text that is a name of the list is to show everything. */
export type Search = { text: string; side: string; toBox: boolean; everything: boolean };

/** The choices that a page carries: all while they are few, else the first of them, and the address that searches the rest. */
export const embedded = (choices: Choice[], query: Record<string, string>): Embedded => {
  let room = EMBED_MAX;
  const end = choices.findIndex(({ text, detail }) => {
    room -= text.length + detail.length + MARKUP;
    return room < 0;
  });
  return end < 0 ? { options: choices, from: '' } : { options: choices.slice(0, end), from: addressOf(PICKS, query) };
};

/** The page that answers a picker. */
export const PICKS = '/firewall/picks';

/** The choices in which every word of the text occurs; as `static/picks.js` does it with what is in the page. */
export const search = (choices: readonly Choice[], { text, side, toBox, everything }: Search): Found => {
  const wanted = text.trim().toLowerCase();
  const offered = choices.filter(({ only }) => only === '' || only === side);
  const exact = offered.some((one) => one.text.trim().toLowerCase() === wanted);
  const words = everything && exact ? [] : wanted.split(/\s+/).filter((word) => word !== '');
  const found = offered.filter((one) => {
    const said = `${one.text} ${one.detail}`.toLowerCase();
    return words.every((word) => said.includes(word));
  });
  const ordered = toBox ? found.toSorted((a, b) => Number(b.set === OWN_SET) - Number(a.set === OWN_SET)) : found;
  return { choices: ordered.slice(0, SHOWN), count: found.length, exact };
};

/** Rows of an open list. */
const SHOWN = 60;

/** Characters that a list may take in a page, and what the markup of a choice takes beside its own. */
const EMBED_MAX = 36_000;
const MARKUP = 60;
