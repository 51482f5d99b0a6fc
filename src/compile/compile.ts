import { chronyConf } from '../plan/chrony.ts';
import { dnsmasqConf, hostsFile } from '../plan/dnsmasq.ts';
import type { Facts } from '../plan/facts.ts';
import { networkEnv, webJson } from '../plan/network.ts';
import { printFull } from '../plan/nft.ts';
import type { Plan } from '../plan/plan.ts';
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
      'ruleset.nft': printFull(ruleset, facts.generation),
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
