import fc from 'fast-check';
import { BASE, routes } from '../../../src/web/api/routes.ts';
import { askWeb } from './answers.ts';
import type { Kind } from './kind.ts';
import { dice, json, mixed, pick, spelled, words } from './words.ts';
import { keptNumber } from './world.ts';

export const apiRoutes: readonly string[] = routes.map(({ method, path }) => `${method} ${BASE}${path}`);

/** One node of some JSON, and what becomes of it. */
export type Change = [which: number, value: unknown, how: 'set' | 'drop' | 'add', key: string];
const changes: fc.Arbitrary<Change[]> = fc.array(
  fc.tuple(fc.nat(10_000), json, fc.constantFrom('set', 'set', 'drop', 'add'), words),
  { maxLength: 3 },
);

/** A call of the API's own table: its example with some of its nodes changed, or any JSON. */
export const apiCases: Kind<{
  as: string;
  any: unknown;
  changes: Change[];
  query: [string, string][];
  values: string[];
  dice: number[];
}> = {
  name: 'api',
  share: 80,
  draw: fc.record({
    as: fc.constantFrom(...Array(9).fill('administrator'), 'operator', 'viewer', 'nobody'),
    any: json,
    changes,
    query: fc.array(fc.tuple(words, words), { maxLength: 2 }),
    values: fc.array(words, { minLength: 3, maxLength: 3 }),
    dice,
  }),
  run: async (world, drawn, seen) => {
    const route = pick(routes, mixed(drawn.dice));
    const [a = 0, b = 0, c = 0] = drawn.dice.slice(1);
    const values = [...drawn.values];
    const known = (name: string) => (name === '{number}' ? String(keptNumber(world, b)) : pick(KNOWN, b));
    const path = route.path.replaceAll(/\{\w+\}/g, (name) => (a % 2 === 0 ? known(name) : spelled(values.pop() ?? '')));
    const names = Object.keys(route.query ?? {});
    const query = new URLSearchParams(
      drawn.query.map(([name, value], index): [string, string] => [
        names.length > 0 && c % 3 > 0 ? pick(names, b + index) : name,
        value,
      ]),
    );
    const body = route.body === undefined ? null : c % 4 === 0 ? drawn.any : mutated(route.body.example, drawn.changes);
    const token = drawn.as in world.tokens ? world.tokens[drawn.as as 'viewer'] : 'gg_nobody';
    const { answer, fault } = await askWeb(world, {
      method: route.method,
      path: `${BASE}${path}${drawn.query.length > 0 && b % 2 === 0 ? `?${query}` : ''}`,
      headers: {
        authorization: `Bearer ${token}`,
        ...(route.method === 'GET' ? {} : { 'content-type': 'application/json' }),
      },
      ...(route.method === 'GET' || body === null ? {} : { body: JSON.stringify(body) ?? '' }),
    });
    seen(`status ${answer.status}`);
    seen(`${route.method} ${BASE}${route.path}`);
    if (answer.status < 300 && route.method !== 'GET') seen('saved by the API');
    return fault;
  },
};

const KNOWN = ['r1', 'r2', 'r3', 'addresses', 'Office', 'Reception', 'HTTPS', '192.168.51.25', 'ntp'];

/** A copy of any JSON with some of its nodes set to something else, taken out, or with one more beside them. */
export const mutated = (value: unknown, list: readonly Change[]): unknown => {
  const copy: { root: unknown } = { root: structuredClone(value) };
  for (const [which, set, how, key] of list) {
    const slots: [holder: Record<string, unknown>, key: string][] = [];
    const walk = (holder: object): void => {
      for (const name of Object.keys(holder)) {
        slots.push([holder as Record<string, unknown>, name]);
        const inside = (holder as Record<string, unknown>)[name];
        if (typeof inside === 'object' && inside !== null) walk(inside);
      }
    };
    walk(copy);
    const [holder, name] = pick(slots, which);
    if (how === 'set') holder[name] = set;
    else if (how === 'add' && Array.isArray(holder)) holder.push(set);
    else if (how === 'add')
      Object.defineProperty(holder, key === 'root' ? 'x' : key, {
        value: set,
        enumerable: true,
        writable: true,
        configurable: true,
      });
    else if (name !== 'root') delete holder[name];
  }
  return copy.root;
};
