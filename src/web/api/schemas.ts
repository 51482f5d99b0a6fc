import { z } from 'zod';
import { policySchema } from '../../policy/schema.ts';
import {
  dhcpSchema,
  dnsSchema,
  networkSchema,
  proxySchema,
  settingsSchema,
  sshSchema,
  timeSchema,
} from '../../policy/schema-box.ts';
import { network, remark } from '../../policy/schema-fields.ts';
import { addressGroupSchema, addressSchema, serviceSchema } from '../../policy/schema-objects.ts';
import { blockSchema, moment, ruleSchema } from '../../policy/schema-rules.ts';
import {
  certificatesSchema,
  firewallLogSchema,
  generationSchema,
  leaseSchema,
  proxyLogSchema,
  statusSchema,
} from './box-schemas.ts';
import { affectedSchema, explainedSchema, findingSchema, questionSchema } from './explain-schemas.ts';

const position = z.number().int().min(0).max(100_000);
const problem = z.strictObject({ place: z.string(), owner: z.string(), message: z.string() });
const problems = z.array(problem);
/** Groups of addresses and of services have the same shape. */
const group = addressGroupSchema;
const ruleBody = ruleSchema.partial({ id: true });
const switches = { enabled: z.boolean().optional(), log: z.boolean().optional() };
/** Of a section that is changed, what is left out stays as it is. */
const changes = {
  settings: settingsSchema.partial(),
  network: networkSchema.partial(),
  dhcp: dhcpSchema.partial(),
  dns: dnsSchema.partial(),
  proxy: proxySchema.partial(),
  time: timeSchema.partial(),
  ssh: sshSchema.partial(),
};
const collections = {
  addresses: addressSchema,
  addressGroups: group,
  services: serviceSchema,
  serviceGroups: group,
};
const is = <Word extends string>(word: Word) => z.literal(word);

const edit = z.union([
  ...Object.entries(collections).map(([collection, value]) =>
    z.strictObject({
      do: is('save'),
      collection: is(collection),
      was: z.string().optional(),
      position: position.optional(),
      value,
    }),
  ),
  z.strictObject({ do: is('delete'), collection: z.enum(Object.keys(collections)), name: z.string() }),
  z.strictObject({
    do: is('saveRule'),
    id: z.string().optional(),
    value: ruleBody,
    position: position.optional(),
    restore: z.boolean().optional(),
  }),
  z.strictObject({ do: is('deleteRule'), id: z.string() }),
  z.strictObject({ do: is('moveRule'), id: z.string(), position }),
  z.strictObject({ do: is('toggleRule'), id: z.string(), ...switches }),
  ...Object.entries(changes).map(([section, value]) =>
    z.strictObject({ do: is('section'), section: is(section), value }),
  ),
  z.strictObject({ do: is('replace'), value: policySchema }),
  z.strictObject({
    do: is('block'),
    host: network,
    action: z.enum(['drop', 'accept']),
    until: z.nullable(moment),
    by: z.string(),
    remark,
  }),
  z.strictObject({ do: is('unblock'), id: z.string() }),
]);
const edits = z.array(edit).min(1);

/** Every shape of the API, by its name in the document. What comes in is checked by the agent, against the same schemas. */
export const schemas = {
  Policy: policySchema,
  Address: addressSchema,
  DefaultNetwork: z.strictObject({ name: z.string(), value: z.string(), remark: z.string() }),
  Service: serviceSchema,
  Group: group,
  Rule: ruleSchema,
  RuleBody: ruleBody,
  RuleSwitch: z.strictObject(switches),
  Move: z.strictObject({ position }),
  Settings: settingsSchema,
  Network: networkSchema,
  Dhcp: dhcpSchema,
  Dns: dnsSchema,
  Proxy: proxySchema,
  Time: timeSchema,
  Ssh: sshSchema,
  SettingsChange: changes.settings,
  NetworkChange: changes.network,
  DhcpChange: changes.dhcp,
  DnsChange: changes.dns,
  ProxyChange: changes.proxy,
  TimeChange: changes.time,
  SshChange: changes.ssh,
  Block: blockSchema,
  BlockBody: z.strictObject({
    host: network,
    action: z.enum(['drop', 'accept']).default('drop'),
    for: z
      .number()
      .int()
      .min(1)
      .max(366 * 86400)
      .optional(),
    until: z.nullable(moment).optional(),
    remark,
  }),
  Edit: edit,
  Edits: edits,
  EditOrEdits: z.union([edit, edits]),
  Password: z.strictObject({ password: z.string() }),
  Saved: z.strictObject({
    revision: z.number().int(),
    cut: z.number().int(),
    onTrial: z.boolean(),
    id: z.string().optional(),
    name: z.string().optional(),
  }),
  Revision: z.strictObject({ revision: z.number().int() }),
  Checked: z.strictObject({
    at: z.string(),
    ats: z.array(z.string()).optional(),
    problems,
    changes: z.array(z.string()).optional(),
  }),
  Generation: generationSchema,
  ComparedGeneration: generationSchema.extend({ differences: z.array(z.string()) }),
  Question: questionSchema,
  Explained: explainedSchema,
  Finding: findingSchema,
  Affected: affectedSchema,
  Enable: z.strictObject({ starters: z.array(z.string()).optional() }),
  Problem: problem,
  Error: z.strictObject({
    error: z.string(),
    problems: problems.optional(),
    retryAfter: z.number().int().optional(),
  }),
  Status: statusSchema,
  Lease: leaseSchema,
  FirewallLog: firewallLogSchema,
  ProxyLog: proxyLogSchema,
  Certificates: certificatesSchema,
  CertificateBody: z.strictObject({ chain: z.string().max(100_000), key: z.string().max(100_000) }),
  Fingerprint: z.strictObject({ fingerprint: z.string() }),
  Document: z.object({ openapi: z.string(), paths: z.record(z.string(), z.unknown()) }),
} satisfies Record<string, z.ZodType>;

export type SchemaName = keyof typeof schemas;

/** What a shape is, in a sentence or two; most speak for themselves. */
export const sentences: Partial<Record<SchemaName, string>> = {
  Policy: 'The whole policy. Fields that are left out get their defaults.',
  Address:
    'A host, network (192.168.51.0/27, with dotted mask or prefix), range (192.168.51.10-192.168.51.20), MAC, or DNS name (destination only; itself and the names below it).',
  Service:
    'Protocol tcp, udp, tcp&udp, icmp, icmpv6, or any IP protocol by name or number; ports as a list such as “80, 443, 8000-8080”.',
  Group: 'Objects of one kind and other groups of that kind. At least one member is enabled.',
  Rule: 'Who may or may not reach what by which service. The first rule that matches decides.',
  RuleBody: 'A rule. The id may be left out: the call’s path names it, or Greengate gives one.',
  Block: 'A host that is blocked (drop) or let through (accept) for a time, before all rules.',
  BlockBody:
    'The host, an IP address or a MAC. `for` is seconds from now, `until` seconds since 1970; with neither it lasts until it is deleted.',
  Edit: 'One change. `value` is the whole object or rule; of a section, the fields that change.',
  Edits: 'Changes that are made in order, all or none.',
  Saved:
    'The policy’s new revision, and how many running connections were cut because they are no longer allowed. `onTrial`: it is undone unless `POST /trial/keep` comes in time, on a new connection. `id` or `name` is that of a new rule, block or object.',
  Revision: 'The revision of the policy that is in force now.',
  Checked:
    'What would be said. No problems: the change would be taken. `at` is the path of what was edited, `ats` those of several edits; `changes` says what the rules change for whom.',
  Generation:
    'A policy that was in force. `time` is seconds since 1970. Of a damaged one nothing but the number is known. A change on trial is not among them.',
  ComparedGeneration:
    'The same with what restoring it would change, in sentences, at most 200 and one that counts the others; none when it says the same as what is in force.',
  Question:
    'Who (an address, a MAC or a name), where to (also greengate), by what (tcp/25, icmp/8, gre, a name). Without `mac` and `sourcePort` rules that speak of them do not match. `at` is in the box’s time zone; left out: now.',
  Explained:
    '`rule` is the remark of the rule that decides, or its id; null when none does. `steps` are the rules in the order they were asked, each with the first `field` that did not match; the last one decided. `outcomes`: within each limit, and beyond. `others`: an example of each packet that the question means as well and that is decided otherwise.',
  Finding:
    'Something to look at. `packet` shows it, `by` are the rules that make it so, and `fix` is an edit after which every packet is decided as before.',
  Affected:
    'The rules that come to mean something else; `number` is the place afterwards, null when it is gone. `cut`: connections that are alike together, at most 50 lines, of `connections` in all; `was.rule` lets them through, `becomes` is what their first packet would meet.',
  Enable: 'Ids of ready-made rules to add: dns, dhcp …; left out, the first time adds the rule for DNS.',
  Problem: '`place` is a path in the policy (rules/3/source/name), `owner` the name of the object there.',
  Error: 'One sentence, and the problems behind it.',
  Settings: 'BOT’s settings.',
};
