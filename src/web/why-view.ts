import type { Answer } from '../agent/api.ts';
import { formatCount } from './format.ts';

/** One rule that was asked, for the view. `number` null: no rule of the list. */
export type StepView = { href: string; number: number | null; name: string; sentence: string; decides: boolean };

/** Rules that were passed over for the same reason, folded under a line that counts them. */
export type StepGroup = { summary: string; steps: StepView[]; more: number };

/** The steps as a list to read: all while they are few, else folded by the field that did not match. The last one decides. */
export const stepsView = (steps: Answer['steps']): { alone: StepView[]; groups: StepGroup[] } => {
  if (steps.length <= FEW) return { alone: steps.map(viewOf), groups: [] };
  const folds = (step: Answer['steps'][number]) =>
    step.field !== null && step.number !== null && words[step.field] !== undefined;
  const groups = Map.groupBy(steps.filter(folds), ({ field }) => field);
  return {
    alone: steps.filter((step) => !folds(step)).map(viewOf),
    groups: [...groups].map(([field, some]) => {
      const [one, many] = words[field ?? ''] ?? ['', ''];
      return {
        summary: some.length === 1 ? `1 rule ${one}` : `${formatCount(some.length)} rules ${many}`,
        steps: some.slice(0, SHOWN).map(viewOf),
        more: Math.max(0, some.length - SHOWN),
      };
    }),
  };
};

const FEW = 12;

/** Rules of one fold that stand in the page. */
const SHOWN = 40;

/** What one rule, and what several do. */
const words: Record<string, [string, string]> = {
  enabled: ['is switched off', 'are switched off'],
  source: ['names another source', 'name another source'],
  destination: ['names another destination', 'name another destination'],
  service: ['names another service', 'name another service'],
  'source port': ['names other source ports', 'name other source ports'],
  time: ['holds at other times', 'hold at other times'],
  expiry: ['has ended', 'have ended'],
};

const viewOf = ({ rule, id, number, sentence, field }: Answer['steps'][number]): StepView => ({
  href: number === null ? '' : `/firewall/bot/rules/${id}`,
  number,
  name: rule === null ? (names[id] ?? 'Blocked host') : rule === id ? '' : rule,
  sentence,
  decides: field === null,
});

const names: Record<string, string> = { admin: 'Administrators', default: 'Default action', box: 'Greengate itself' };
