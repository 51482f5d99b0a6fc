import { type Policy, policySchema, type Rule, SCHEMA } from './schema.ts';
import { ruleSchema } from './schema-rules.ts';

/** The policy of a box that nobody has touched yet. BOT is off; until set-up is finished nothing is forwarded anyway. */
export const defaultPolicy = (): Policy => policySchema.parse({ schema: SCHEMA });

/** The visible rule without which "the internet stops" when BOT is first enabled. */
export const starterRule: Rule = ruleSchema.parse({
  id: 'dns',
  source: { kind: 'any' },
  destination: { kind: 'greengate' },
  service: { kind: 'service', name: 'Greengate DNS' },
  action: 'accept',
  remark: 'GREEN may use DNS on Greengate',
});

/** The policy with the starter rule in first place, if it has no rule at all that comes from it. */
export const withStarterRules = (policy: Policy): Policy =>
  policy.rules.some((rule) => rule.id === starterRule.id)
    ? policy
    : { ...policy, rules: [starterRule, ...policy.rules] };
