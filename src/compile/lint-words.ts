import type { FindingKind } from '../policy/finding-kinds.ts';
import type { Policy, Rule } from '../policy/schema.ts';
import { ruleSentence } from '../policy/sentence.ts';
import { clockWords } from '../policy/zones.ts';
import type { Step } from './model.ts';

/** One sentence on a rule. */
export const findingWords = (policy: Policy, kind: Exclude<FindingKind, 'unused'>, rule: Rule, by: Step[]): string => {
  const names = listed(by.map(nameOf));
  const one = by.length === 1;
  switch (kind) {
    case 'never':
      if (by.length === 0) return 'It matches nothing now: what it names has no address.';
      return `${upper(names)} above ${one ? 'already decides' : 'together already decide'} everything that this rule speaks of: it is never used.`;
    case 'duplicate':
      return `${upper(names)} says exactly the same.`;
    case 'redundant':
      return `Without it the same would happen: ${by.length === 0 ? 'the default action does it' : `${names} below ${one ? 'does' : 'do'} it`}.`;
    case 'partly': {
      const [deed, own] = rule.action === 'accept' ? ['den', 'allows'] : ['allow', 'denies'];
      const does = deed === 'den' ? (one ? 'denies' : 'deny') : one ? 'allows' : 'allow';
      return `${upper(names)} above ${does} part of what this rule ${own}, and other things as well: the order matters.`;
    }
    case 'wide':
      return `It leaves nothing out: ${ruleSentence(policy, rule)}`;
    case 'ui':
      return 'It opens this user interface to more than the administrators.';
    case 'proxy':
      return `The proxy goes round it: ${names} ${one ? 'lets' : 'let'} the same sender use the proxy, which fetches from there all the same.`;
    case 'expired':
      return `It ended on ${clockWords(policy.network.timezone, rule.expires ?? 0)} and does nothing any more.`;
  }
};

/** `rule 3 (“The printer stays inside”)`. */
const nameOf = ({ from }: Step): string => {
  if (from.kind !== 'rule') return 'the access of administrators';
  const { remark } = from.rule;
  const short = remark.length > 60 ? `${remark.slice(0, 59)}…` : remark;
  return `rule ${from.number}${short === '' ? '' : ` (“${short}”)`}`;
};

const listed = (names: string[]): string => {
  const shown = names.length > 6 ? [...names.slice(0, 5), `${names.length - 5} others`] : names;
  return shown.length < 2 ? (shown[0] ?? '') : `${shown.slice(0, -1).join(', ')} and ${shown.at(-1)}`;
};

const upper = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);
