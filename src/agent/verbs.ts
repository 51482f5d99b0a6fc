import { z } from 'zod';
import type { VerbName, Verbs } from './api.ts';
import type { Box } from './box.ts';
import type { Caller } from './caller.ts';
import { accessHandlers } from './handlers/access.ts';
import { boxHandlers, serviceNames } from './handlers/box.ts';
import { policyHandlers } from './handlers/policy.ts';
import { setupHandlers } from './handlers/setup.ts';
import { statusHandlers } from './handlers/status.ts';
import { timeHandlers } from './handlers/time.ts';

/** What does a verb. */
export type Handler<V extends VerbName> = (box: Box, input: Verbs[V]['in'], caller: Caller) => Promise<Verbs[V]['out']>;
export type Handlers<V extends VerbName> = { [K in V]: Handler<K> };

/** Who may use a verb: anybody who reaches the socket, somebody logged in, or root on its own socket only. */
export type Access = 'public' | 'session' | 'root';

export type Verb<V extends VerbName> = { access: Access; input: z.ZodType; handle: Handler<V> };

const none = z.strictObject({});
const short = z.string().max(300);
const password = z.string().max(1000);
const position = z.number().int().min(0).max(100_000);
const collection = z.enum(['addresses', 'addressGroups', 'services', 'serviceGroups']);

const edit = z.discriminatedUnion('do', [
  z.strictObject({ do: z.literal('save'), collection, was: short.optional(), value: z.unknown() }),
  z.strictObject({ do: z.literal('delete'), collection, name: short }),
  z.strictObject({
    do: z.literal('saveRule'),
    id: short.optional(),
    value: z.looseObject({}),
    position: position.optional(),
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
  z.strictObject({ do: z.literal('replace'), value: z.unknown() }),
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
  login: ['public', z.strictObject({ user: short, password, visitor: short })],
  'web.config': ['public', none],
  logout: ['session', none],
  session: ['session', none],
  'password.change': ['session', z.strictObject({ old: password, new: password })],
  'policy.get': ['session', none],
  'policy.edit': ['session', z.strictObject({ edit, revision: z.number().int().optional() })],
  'policy.check': ['session', z.strictObject({ edit })],
  'bot.enable': ['session', none],
  'bot.disable': ['session', z.strictObject({ password })],
  status: ['session', z.strictObject({ visitor: short.optional() })],
  'leases.get': ['session', none],
  'nics.get': ['session', none],
  'nics.set': ['session', z.strictObject({ green: short, red: short })],
  'time.get': ['session', none],
  'clock.set': ['session', z.strictObject({ time: z.number().int() })],
  'ssh.fingerprints': ['session', none],
  'services.restart': ['session', z.strictObject({ name: z.enum(serviceNames) })],
  'console.password': ['session', z.strictObject({ password, new: password })],
  reboot: ['session', z.strictObject({ password })],
  poweroff: ['session', z.strictObject({ password })],
  'admin.reset': ['root', none],
};

const handlers: Handlers<VerbName> = {
  ...accessHandlers,
  ...boxHandlers,
  ...policyHandlers,
  ...setupHandlers,
  ...statusHandlers,
  ...timeHandlers,
};

export const verbNames = Object.keys(table) as VerbName[];

/** The verb of that name, or null. */
export const verbOf = (name: string): Verb<VerbName> | null => {
  if (!Object.hasOwn(table, name)) return null;
  const [access, input] = table[name as VerbName];
  return { access, input, handle: handlers[name as VerbName] as Handler<VerbName> };
};
