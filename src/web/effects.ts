import type { Context } from 'koa';
import type { Affected } from '../agent/api.ts';
import { AgentRefusal } from '../agent/client.ts';
import type { Edit } from '../policy/edit.ts';
import { tokenOf, type Web } from './context.ts';
import { askFindings, type FindingView, findingView } from './findings.ts';
import { formatCount } from './format.ts';

/** What a change would do, for the view. `known` false: it could not be found out. `findings` null: not known yet. */
export type Effects = {
  known: boolean;
  bot: boolean;
  rules: { number: number | null; href: string; name: string; change: string; sentence: string }[];
  moreRules: number;
  connections: number;
  words: string;
  cut: { count: number; sentence: string; becomes: string }[];
  moreCut: number;
  findings: FindingView[] | null;
};

/** Asks what a change would do; null when the agent refuses it: saving it says why. */
export const effectsOf = async (
  web: Web,
  ctx: Context,
  edit: Edit,
  revision: number | undefined,
): Promise<Effects | null> => {
  const question = { edit, ...(revision === undefined ? {} : { revision }) };
  const [affected, lint] = await Promise.all([
    web.agent('policy.affects', question, tokenOf(ctx)).catch((error: unknown) => refusalOf(web, error)),
    askFindings(web, ctx, { ...question, wait: WAIT }),
  ]);
  if (affected === 'refused') return null;
  // What can be mended at once comes first: the page shows only some of many.
  const findings = lint?.findings?.map(findingView).sort((one, other) => Number(other.fix) - Number(one.fix));
  return { ...viewOf(affected), findings: findings ?? null };
};

/** Milliseconds; after that the page asks for the findings once more by itself. */
const WAIT = 700;

const refusalOf = (web: Web, error: unknown): 'refused' | null => {
  if (!(error instanceof AgentRefusal) || error.status === 401) throw error;
  if (error.status < 500) return 'refused';
  web.report('effects', error);
  return null;
};

const viewOf = (affected: Affected | null): Omit<Effects, 'findings'> => {
  const { rules = [], cut = [], connections = 0, bot = false } = affected ?? {};
  const shown = cut.slice(0, LINES);
  return {
    known: affected !== null,
    bot,
    rules: rules.slice(0, LINES).map(({ id, number, rule, change, sentence }) => ({
      number,
      href: number === null || change === 'new' ? '' : `/firewall/bot/rules/${id}`,
      name: rule === id ? '' : rule,
      change,
      sentence,
    })),
    moreRules: Math.max(0, rules.length - LINES),
    connections,
    words: connections === 1 ? '1 open connection' : `${formatCount(connections)} open connections`,
    cut: shown.map(({ count, sentence, becomes }) => ({ count, sentence, becomes: becomesWords(becomes) })),
    moreCut: connections - shown.reduce((sum, { count }) => sum + count, 0),
  };
};

const LINES = 20;

const becomesWords = ({ verdict, rule, id, needsMac }: Affected['cut'][number]['becomes']): string => {
  if (needsMac) return 'decided by the sender’s MAC, which is not known';
  const by = rule === null ? (id === 'default' ? 'the default action' : 'a blocked host') : `“${rule}”`;
  if (verdict === 'accept') return 'no longer let through as it began';
  return `${verdict === 'drop' ? 'dropped' : 'rejected'} by ${by}`;
};
