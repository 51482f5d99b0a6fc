import { chronyConf } from '../plan/chrony.ts';
import { dnsmasqConf, hostsFile } from '../plan/dnsmasq.ts';
import type { Facts } from '../plan/facts.ts';
import { networkEnv, webJson } from '../plan/network.ts';
import { printFull } from '../plan/nft.ts';
import type { Plan } from '../plan/plan.ts';
import type { Ruleset } from '../plan/ruleset.ts';
import { squidConf } from '../plan/squid.ts';
import { authorizedKeys, sshdConfig } from '../plan/sshd.ts';
import { ulogdConf } from '../plan/ulogd.ts';
import type { Policy } from '../policy/schema.ts';
import { compileRuleset } from './ruleset.ts';

/** The plan for a policy: the ruleset as data, and every file the box should hold. */
export const compile = (policy: Policy, facts: Facts): Plan => {
  const ruleset = compileRuleset(policy, facts);
  return {
    generation: facts.generation,
    ruleset,
    files: {
      'ruleset.nft':
        notesOf(ruleset)
          .map((note) => `# ${note}\n`)
          .join('') + printFull(ruleset, facts.generation),
      'network.env': networkEnv(policy),
      'squid.conf': squidConf(policy, facts),
      'dnsmasq.conf': dnsmasqConf(policy, facts),
      hosts: hostsFile(policy),
      'ulogd.conf': ulogdConf(facts),
      'chrony.conf': chronyConf(policy, facts),
      'web.json': webJson(policy),
      sshd_config: sshdConfig(policy, facts),
      authorized_keys: authorizedKeys(policy),
    },
  };
};

/** What the owner should know of a ruleset; its text begins with it. */
const notesOf = ({ lookups }: Ruleset): string[] =>
  Object.values(lookups)
    .flatMap(({ input, forward }) => [input, forward])
    .some((lookup) => lookup.form === 'linear' && lookup.large)
    ? [LARGE]
    : [];

const LARGE =
  'An index of these rules would be too large for the kernel. They are asked one after the other, which is slower; they decide the same.';
