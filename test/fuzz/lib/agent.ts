import fc from 'fast-check';
import { z } from 'zod';
import { verbNames, verbOf } from '../../../src/agent/verbs.ts';
import { PASSWORD } from '../../agent/lab.ts';
import { jsonFault } from './answers.ts';
import { type Change, mutated } from './api.ts';
import type { Kind } from './kind.ts';
import { dice, json, mixed, pick, words } from './words.ts';
import { keptNumber } from './world.ts';

export const agentVerbs: readonly string[] = verbNames;

type Schema = {
  type?: string;
  const?: unknown;
  enum?: unknown[];
  anyOf?: Schema[];
  oneOf?: Schema[];
  items?: Schema;
  properties?: Record<string, Schema>;
  required?: string[];
  minimum?: number;
  maximum?: number;
};

const schemas = new Map(
  verbNames.map((name) => {
    const verb = verbOf(name);
    return [
      name as string,
      (verb === null ? {} : z.toJSONSchema(verb.input, { unrepresentable: 'any' })) as Schema,
    ] as const;
  }),
);

/** One of the agent's verbs on one of its sockets: an input of the right shape made of hostile leaves, then some nodes changed. */
export const agentCases: Kind<{
  as: string;
  leaves: unknown[];
  texts: string[];
  changes: Change[];
  numbers: number[];
  dice: number[];
}> = {
  name: 'agent',
  share: 110,
  draw: fc.record({
    as: fc.constantFrom(...Array(8).fill('administrator'), 'operator', 'viewer', 'nobody', 'root', 'root', 'token'),
    leaves: fc.array(json, { minLength: 3, maxLength: 3 }),
    texts: fc.array(words, { minLength: 6, maxLength: 6 }),
    changes: fc.oneof(
      { weight: 2, arbitrary: fc.constant<Change[]>([]) },
      {
        weight: 1,
        arbitrary: fc.array(fc.tuple(fc.nat(1000), json, fc.constantFrom<Change[2]>('set', 'drop', 'add'), words), {
          maxLength: 2,
        }),
      },
    ),
    numbers: fc.array(fc.nat(1_000_000), { minLength: 24, maxLength: 24 }),
    dice,
  }),
  run: async (world, drawn, seen) => {
    const verb = pick(verbNames, mixed(drawn.dice));
    const numbers = [...drawn.numbers];
    const known = Object.values(world.ui.lab.box.generation.policy.rules.slice(0, 3)).map(({ id }) => id);
    const maker = {
      next: () => numbers.shift() ?? 0,
      texts: [...drawn.texts, PASSWORD, ...known],
      leaves: drawn.leaves,
    };
    const made = make(schemas.get(verb) ?? {}, maker);
    if (verb.startsWith('generations.') && typeof made === 'object' && made !== null && 'number' in made)
      made.number = keptNumber(world, drawn.dice[1]);
    const input = mutated(made, drawn.changes);
    const root = drawn.as === 'root';
    const token =
      drawn.as === 'token'
        ? world.tokens.administrator
        : drawn.as in world.sessions
          ? world.sessions[drawn.as as 'viewer'].token
          : 'x'.repeat(43);
    const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
    const answer = await world.agent(root, {
      method: 'POST',
      path: `/${verb}`,
      headers,
      body: JSON.stringify(input) ?? '',
    });
    seen(`verb ${verb}`);
    if (answer.status === 200) seen(`verb ${verb} done`);
    if (answer.status < 200 || answer.status >= 500)
      return `${verb} as ${drawn.as}: ${answer.status} ${answer.body.slice(0, 500)}`;
    return jsonFault(answer.body);
  },
};

type Maker = { next: () => number; texts: string[]; leaves: unknown[] };

/** A value of the schema, whose texts are a stranger's. */
const make = (schema: Schema, maker: Maker): unknown => {
  if (schema.const !== undefined) return schema.const;
  if (schema.enum !== undefined) return pick(schema.enum, maker.next());
  const variants = schema.anyOf ?? schema.oneOf;
  if (variants !== undefined) return make(pick(variants, maker.next()), maker);
  const { type } = schema;
  if (type === 'object') {
    const required = new Set(schema.required ?? []);
    const names = Object.keys(schema.properties ?? {}).filter((name) => required.has(name) || maker.next() % 2 === 0);
    return Object.fromEntries(names.map((name) => [name, make(schema.properties?.[name] ?? {}, maker)]));
  }
  if (type === 'array') return Array.from({ length: maker.next() % 4 }, () => make(schema.items ?? {}, maker));
  if (type === 'string') return pick(maker.texts, maker.next());
  if (type === 'integer' || type === 'number') {
    const low = Math.max(schema.minimum ?? -5, -5);
    return low + (maker.next() % (Math.min(schema.maximum ?? 100, 100_000) - low + 1));
  }
  if (type === 'boolean') return maker.next() % 2 === 0;
  return type === 'null' ? null : pick(maker.leaves, maker.next());
};
