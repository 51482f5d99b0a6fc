import type { Context } from 'koa';
import type { Finding } from '../agent/api.ts';
import { AgentRefusal } from '../agent/client.ts';
import { type FindingKind, findingNames } from '../policy/finding-kinds.ts';
import { tokenOf, type Web } from './context.ts';
import type { RuleFilter } from './rule-filter.ts';
import { whyOfPacket } from './why-link.ts';

/** A finding for the view. `why` shows it at Firewall → Why?; `fix`: its rule may go, and no packet is decided otherwise. */
export type FindingView = {
  kind: FindingKind;
  id: string | null;
  number: number | null;
  name: string;
  sentence: string;
  by: { number: number; href: string; title: string }[];
  why: string;
  fix: boolean;
};

/**
 * The findings about the policy of this revision; null when they are not known within `wait` milliseconds. They are asked for once a
 * revision, then kept for a minute: thousands of them are not sent again for every page.
 */
export const findingsAt = async (web: Web, ctx: Context, revision: number, wait = WAIT): Promise<Finding[] | null> => {
  const known = kept.get(web);
  if (known?.revision === revision && known.until > Date.now()) return known.findings;
  const asked = await askFindings(web, ctx, { wait });
  if (asked === null || asked.findings === null || asked.revision !== revision) return null;
  kept.set(web, { revision, findings: asked.findings, until: Date.now() + MINUTE });
  return asked.findings;
};

/** The ids that a filter by findings lets through; null when it asks for no such thing. While nothing is known, none. */
export const foundIds = async (
  web: Web,
  ctx: Context,
  filter: RuleFilter,
  revision: number,
): Promise<ReadonlySet<string> | null> => {
  if (filter.state !== 'found') return null;
  const findings = (await findingsAt(web, ctx, revision, LONG_WAIT)) ?? [];
  return new Set(findings.flatMap(({ id }) => id ?? []));
};

/** The agent's answer about findings; null when it has none: they are a help, and no page fails for the lack of them. */
export const askFindings = async (
  web: Web,
  ctx: Context,
  question: Parameters<typeof web.agent<'policy.lint'>>[1],
): Promise<{ findings: Finding[] | null; revision: number } | null> => {
  try {
    return await web.agent('policy.lint', question, tokenOf(ctx));
  } catch (error) {
    if (!(error instanceof AgentRefusal) || error.status === 401) throw error;
    if (error.status >= 500) web.report('findings', error);
    return null;
  }
};

/** Longest that a page waits, in milliseconds; one that shows nothing else waits longer. */
const WAIT = 300;
const LONG_WAIT = 3000;

const MINUTE = 60_000;

const kept = new WeakMap<Web, { revision: number; findings: Finding[]; until: number }>();

/** One finding, for the view. */
export const findingView = ({ kind, id, number, sentence, by, packet, fix }: Finding): FindingView => ({
  kind,
  id,
  number,
  name: findingNames[kind],
  sentence,
  by: by.slice(0, 6).map((one) => ({
    number: one.number,
    href: `/firewall/bot/rules/${one.id}`,
    title: one.rule === one.id ? '' : one.rule,
  })),
  why: packet === null ? '' : whyOfPacket(packet),
  fix: fix !== null && fix.do === 'deleteRule',
});

/** The findings of each rule, by its id. */
export const byRule = (findings: readonly Finding[]): Map<string, FindingView[]> => {
  const found = new Map<string, FindingView[]>();
  for (const one of findings) {
    if (one.id === null) continue;
    const list = found.get(one.id);
    if (list === undefined) found.set(one.id, [findingView(one)]);
    else list.push(findingView(one));
  }
  return found;
};

/** How many rules have findings, how many of each kind there are, and the groups that nothing uses. */
export const summaryOf = (findings: readonly Finding[]) => {
  const rules = new Set(findings.flatMap(({ id }) => id ?? [])).size;
  const kinds = Map.groupBy(
    findings.filter(({ id }) => id !== null),
    ({ kind }) => kind,
  );
  const groups = findings.flatMap(({ group }) =>
    group === null
      ? []
      : [{ name: group.name, page: group.collection === 'addressGroups' ? 'address-groups' : 'service-groups' }],
  );
  return {
    rules,
    kinds: [...kinds].map(([kind, list]) => ({ name: findingNames[kind], count: list.length })),
    groups: groups.slice(0, LISTED),
    moreGroups: Math.max(0, groups.length - LISTED),
  };
};

const LISTED = 20;
