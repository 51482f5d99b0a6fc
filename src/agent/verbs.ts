import { z } from 'zod';
import type { VerbName, Verbs } from './api.ts';
import type { Box } from './box.ts';
import type { Caller } from './caller.ts';
import { accessHandlers } from './handlers/access.ts';
import { affectsHandlers } from './handlers/affects.ts';
import { auditHandlers } from './handlers/audit.ts';
import { boxHandlers, serviceNames } from './handlers/box.ts';
import { certificateHandlers } from './handlers/certificate.ts';
import { explainHandlers } from './handlers/explain.ts';
import { generationHandlers } from './handlers/generations.ts';
import { policyHandlers } from './handlers/policy.ts';
import { setupHandlers } from './handlers/setup.ts';
import { statusHandlers } from './handlers/status.ts';
import { timeHandlers } from './handlers/time.ts';
import { tokenHandlers } from './handlers/tokens.ts';
import { totpHandlers } from './handlers/totp.ts';
import { trialHandlers } from './handlers/trial.ts';
import { userHandlers } from './handlers/users.ts';
import type { Access } from './roles.ts';

/** What does a verb. */
export type Handler<V extends VerbName> = (box: Box, input: Verbs[V]['in'], caller: Caller) => Promise<Verbs[V]['out']>;
export type Handlers<V extends VerbName> = { [K in V]: Handler<K> };

/** `personal`: not for API tokens, whatever their role. */
export type Verb<V extends VerbName> = {
  access: Access;
  personal: boolean;
  input: z.ZodType;
  handle: Handler<V>;
};

const none = z.strictObject({});
const short = z.string().max(300);
const password = z.string().max(1000);
const pem = z.string().max(100_000);
const role = z.enum(['viewer', 'operator', 'administrator']);
const position = z.number().int().min(0).max(100_000);
/** Of the policy that the change was made from: it is refused when another one is in force. */
const revision = z.number().int().optional();
const generation = z.number().int().min(1).max(999_999_999);
const collection = z.enum(['addresses', 'addressGroups', 'services', 'serviceGroups']);

const single = [
  z.strictObject({
    do: z.literal('save'),
    collection,
    was: short.optional(),
    position: position.optional(),
    value: z.unknown(),
  }),
  z.strictObject({ do: z.literal('delete'), collection, name: short }),
  z.strictObject({
    do: z.literal('saveRule'),
    id: short.optional(),
    value: z.looseObject({}),
    position: position.optional(),
    restore: z.boolean().optional(),
  }),
  z.strictObject({ do: z.literal('deleteRule'), id: short }),
  z.strictObject({ do: z.literal('moveRule'), id: short, position }),
  z.strictObject({
    do: z.literal('toggleRule'),
    id: short,
    enabled: z.boolean().optional(),
    log: z.boolean().optional(),
  }),
  z.strictObject({
    do: z.literal('section'),
    section: z.enum(['settings', 'network', 'dhcp', 'dns', 'proxy', 'time', 'ssh']),
    value: z.unknown(),
  }),
  z.strictObject({
    do: z.literal('block'),
    host: short,
    action: z.enum(['drop', 'accept']),
    until: z.number().int().min(0).max(99_999_999_999).nullable(),
    by: short.optional(),
    remark: short.optional(),
  }),
  z.strictObject({ do: z.literal('unblock'), id: short }),
  z.strictObject({ do: z.literal('replace'), value: z.unknown() }),
] as const;

/** A batch holds single edits only. */
const edit = z.discriminatedUnion('do', [
  ...single,
  z.strictObject({ do: z.literal('batch'), edits: z.array(z.discriminatedUnion('do', single)).max(10_000) }),
]);

/** A verb that is not in this table does not exist, and one whose line does not say `public` needs a session. */
const table: { [V in VerbName]: [Access, z.ZodType] } = {
  'setup.status': ['public', none],
  'setup.check': ['public', z.strictObject({ code: short, visitor: short.optional() })],
  'setup.finish': [
    'public',
    z.strictObject({
      code: short,
      password,
      consolePassword: password.optional(),
      timezone: short.optional(),
      green: short.optional(),
      red: short.optional(),
      block: z.boolean().optional(),
      visitor: short,
    }),
  ],
  login: ['public', z.strictObject({ user: short, password, visitor: short, code: short.optional() })],
  'web.config': ['public', none],
  logout: ['viewer', none],
  session: ['viewer', z.strictObject({ polling: z.boolean().optional() })],
  'password.change': ['viewer', z.strictObject({ old: password, new: password })],
  'users.list': ['administrator', none],
  'users.save': [
    'administrator',
    z.strictObject({
      name: short,
      role,
      create: z.boolean(),
      password,
      newPassword: password.optional(),
      removeTotp: z.boolean().optional(),
      wasRole: role.optional(),
    }),
  ],
  'users.delete': ['administrator', z.strictObject({ name: short, password })],
  'totp.begin': ['viewer', z.strictObject({ password })],
  'totp.confirm': ['viewer', z.strictObject({ code: short })],
  'totp.remove': ['viewer', z.strictObject({ password })],
  'tokens.list': ['viewer', z.strictObject({ user: short.optional() })],
  'tokens.create': [
    'viewer',
    z.strictObject({ name: z.string().max(64), role, expires: z.number().int().min(0).nullable(), password }),
  ],
  'tokens.revoke': ['viewer', z.strictObject({ id: short, user: short.optional() })],
  'audit.get': [
    'viewer',
    z.strictObject({
      before: z.number().int().min(0).optional(),
      limit: z.number().int().min(1).max(200),
      q: short.optional(),
    }),
  ],
  'policy.get': ['viewer', none],
  'policy.edit': ['operator', z.strictObject({ edit, revision })],
  'policy.check': ['operator', z.strictObject({ edit })],
  'policy.affects': ['operator', z.strictObject({ edit, revision })],
  'policy.explain': [
    'viewer',
    z.strictObject({
      from: short,
      to: short,
      service: short,
      mac: short.optional(),
      sourcePort: short.optional(),
      at: short.optional(),
    }),
  ],
  'policy.lint': [
    'viewer',
    z.strictObject({ wait: z.number().int().min(0).max(60_000), edit: edit.optional(), revision }),
  ],
  'generations.list': ['viewer', none],
  'generations.diff': ['viewer', z.strictObject({ number: generation })],
  'generations.restore': ['administrator', z.strictObject({ number: generation, revision })],
  'bot.enable': ['administrator', z.strictObject({ starters: z.array(short).max(100).optional(), revision })],
  'bot.disable': ['administrator', z.strictObject({ password, revision })],
  'trial.keep': ['operator', none],
  'trial.undo': ['operator', none],
  status: ['viewer', z.strictObject({ visitor: short.optional() })],
  'traffic.get': ['viewer', none],
  'names.get': ['viewer', none],
  'leases.get': ['viewer', none],
  'nics.get': ['viewer', none],
  'nics.set': ['administrator', z.strictObject({ green: short, red: short })],
  'time.get': ['viewer', none],
  'clock.set': ['administrator', z.strictObject({ time: z.number().int() })],
  'certificate.get': ['viewer', none],
  'certificate.set': ['administrator', z.strictObject({ chain: pem, key: pem })],
  'certificate.reset': ['administrator', none],
  'ssh.fingerprints': ['viewer', none],
  'services.restart': ['operator', z.strictObject({ name: z.enum(serviceNames) })],
  'console.password': ['administrator', z.strictObject({ password, new: password })],
  reboot: ['administrator', z.strictObject({ password })],
  poweroff: ['administrator', z.strictObject({ password })],
  'admin.reset': ['root', none],
};

const handlers: Handlers<VerbName> = {
  ...accessHandlers,
  ...affectsHandlers,
  ...auditHandlers,
  ...boxHandlers,
  ...certificateHandlers,
  ...explainHandlers,
  ...generationHandlers,
  ...policyHandlers,
  ...setupHandlers,
  ...statusHandlers,
  ...timeHandlers,
  ...tokenHandlers,
  ...totpHandlers,
  ...trialHandlers,
  ...userHandlers,
};

export const verbNames = Object.keys(table) as VerbName[];

/** What asks for the password again, or is about the one who is logged in. */
const personal: ReadonlySet<string> = new Set<VerbName>([
  'logout',
  'password.change',
  'users.list',
  'users.save',
  'users.delete',
  'totp.begin',
  'totp.confirm',
  'totp.remove',
  'tokens.list',
  'tokens.create',
  'tokens.revoke',
  'bot.disable',
  'console.password',
  'reboot',
  'poweroff',
]);

/** The verb of that name, or null. */
export const verbOf = (name: string): Verb<VerbName> | null => {
  if (!Object.hasOwn(table, name)) return null;
  const [access, input] = table[name as VerbName];
  return { access, personal: personal.has(name), input, handle: handlers[name as VerbName] as Handler<VerbName> };
};
