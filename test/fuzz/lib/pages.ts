import type Router from '@koa/router';
import fc from 'fast-check';
import { createApp } from '../../../src/web/app.ts';
import { parseHtml } from '../../web/page.ts';
import { askWeb } from './answers.ts';
import type { Kind } from './kind.ts';
import { dice, mixed, pick, spelled, words } from './words.ts';
import { keptNumber, type Sent, type World } from './world.ts';

/** Every page and form of the router of the app itself, as `METHOD /path`. */
export const pageRoutes: readonly { method: string; path: string; name: string }[] = (() => {
  const app = createApp({ views: '', assets: new Map() } as never);
  const routers = app.middleware.map((one) => (one as { router?: Router }).router).filter((one) => one !== undefined);
  return [...new Set(routers)]
    .flatMap(({ stack }) => stack)
    .flatMap(({ methods, path }) =>
      methods.map((method) => ({ method, path: String(path), name: `${method} ${path}` })),
    )
    .filter(({ method }) => method !== 'HEAD');
})();

type Ops = [what: string, which: number, text: string][];
const ops: fc.Arbitrary<Ops> = fc.array(
  fc.tuple(fc.constantFrom('set', 'set', 'set', 'drop', 'twice', 'new', 'other'), fc.nat(10_000), words),
  { maxLength: 4 },
);

type Who = 'administrator' | 'operator' | 'viewer' | '';
const who: fc.Arbitrary<Who> = fc.constantFrom<Who>(
  ...Array(14).fill('administrator'),
  'operator',
  'operator',
  'viewer',
  '',
);

/** A form of a page as it stands, with up to four changes. */
export const formCases: Kind<{ who: Who; ops: Ops; dice: number[] }> = {
  name: 'form',
  share: 50,
  draw: fc.record({ who, ops, dice }),
  run: async (world, drawn, seen) => {
    const form = pick(world.forms, drawn.dice[0]);
    const fields = changed(world, form.fields, drawn.ops, drawn.dice);
    const query = fields.map(([name, value]) => `${encode(name)}=${encode(value)}`).join('&');
    const [path = '/'] = form.action.split('?');
    const sent: Sent =
      form.method === 'post'
        ? { method: 'POST', path: form.action, headers: FORM, body: body(world, drawn.who, fields) }
        : { method: 'GET', path: `${path}?${query}` };
    return send(world, drawn.who, sent, seen);
  },
};

/** A route of the router with words in its path, its query and its form; also those that no page leads to. */
export const routeCases: Kind<{
  who: Who;
  fields: [string, string][];
  values: string[];
  headers: [string, string][];
  dice: number[];
}> = {
  name: 'route',
  share: 70,
  draw: fc.record({
    who,
    fields: fc.array(fc.tuple(fc.oneof(fieldNames(), words), words), { maxLength: 5 }),
    values: fc.array(words, { minLength: 3, maxLength: 3 }),
    headers: fc.array(
      fc.tuple(
        fc.constantFrom(
          'host',
          'origin',
          'referer',
          'accept',
          'hx-request',
          'hx-trigger',
          'hx-target',
          'cookie',
          'x-forwarded-for',
          'if-none-match',
          'content-type',
          'accept-language',
          'range',
        ),
        words,
      ),
      { maxLength: 2 },
    ),
    dice,
  }),
  run: async (world, drawn, seen) => {
    const route = pick(pageRoutes, mixed(drawn.dice));
    const values = [...drawn.values];
    // Half of the parameters name something that is there.
    const known = (name: string) =>
      name === ':number' ? String(keptNumber(world, drawn.dice[2])) : pick(KNOWN, drawn.dice[2]);
    const path = route.path.replaceAll(/:\w+/g, (name) =>
      (drawn.dice[1] ?? 0) % 2 === 0 ? known(name) : spelled(values.pop() ?? ''),
    );
    const query = drawn.fields.map(([name, value]) => `${encode(name)}=${encode(value)}`).join('&');
    const extra = Object.fromEntries(
      drawn.headers.map(([name, value]) => [name, value.replace(/[^\t\x20-\x7e]/g, '')]),
    );
    const sent: Sent =
      route.method === 'GET'
        ? { method: 'GET', path: query === '' ? path : `${path}?${query}`, headers: extra }
        : { method: route.method, path, headers: { ...FORM, ...extra }, body: body(world, drawn.who, drawn.fields) };
    return send(world, drawn.who, sent, seen);
  },
};

/** A link of the page that was seen last: hostile names are in its query. */
export const linkCases: Kind<{ dice: number[] }> = {
  name: 'link',
  share: 15,
  draw: fc.record({ dice }),
  run: async (world, drawn, seen) => {
    const links = [
      ...parseHtml(world.last).links.filter((one) => /^\/(?!\/)/.test(one)),
      ...(world.last === '' ? ['/'] : []),
    ];
    const path =
      (drawn.dice[0] ?? 0) % 3 === 0 || links.length === 0
        ? pick(world.links, drawn.dice[1])
        : pick(links, drawn.dice[1]);
    return send(world, 'administrator', { method: 'GET', path: path.replace(/#.*/, '') }, seen);
  },
};

const KNOWN = ['r1', 'r2', 'r3', 'r4', 'addresses', 'services', 'address-groups', 'service-groups', 'admin', 'Office'];
const FORM = { 'content-type': 'application/x-www-form-urlencoded' };

function fieldNames(): fc.Arbitrary<string> {
  return fc.constantFrom(
    ...[
      'q',
      'page',
      'sort',
      'dir',
      'name',
      'next',
      'back',
      'from',
      'to',
      'until',
      'before',
      'after',
      'service',
      'mac',
      'at',
      'rule',
    ],
    ...[
      'do',
      'copy',
      'was',
      'user',
      'password',
      'step',
      'value',
      'source',
      'destination',
      'host',
      'kind',
      'remark',
      'id',
      'code',
      'revision',
    ],
  );
}

/** Lone surrogates have no spelling in an address. */
const encode = (text: string): string => encodeURIComponent(text.toWellFormed());

const changed = (world: World, given: readonly [string, string][], list: Ops, drawn: number[]): [string, string][] => {
  const fields = given
    .filter(([name]) => name !== 'csrf')
    .map(([name, value]): [string, string] => [name, name === 'revision' ? current(world) : value]);
  for (const [what, which, text] of list) {
    const at = fields.length === 0 ? 0 : which % fields.length;
    const one = fields[at];
    if (what === 'new' || one === undefined) fields.push([text, text]);
    else if (what === 'set') fields[at] = [one[0], text];
    else if (what === 'drop') fields.splice(at, 1);
    else if (what === 'twice') fields.push([one[0], text]);
    else {
      const [, value = ''] = pick(pick(world.forms, drawn[3]).fields, drawn[4]) ?? [];
      fields[at] = [one[0], value];
    }
  }
  return fields;
};

const current = (world: World): string => String(world.ui.lab.box.generation.number);

const body = (world: World, as: Who, fields: readonly [string, string][]): string => {
  const csrf = as === '' ? 'a'.repeat(32) : world.sessions[as].csrf;
  return [['csrf', csrf] as const, ...fields].map(([name, value]) => `${encode(name)}=${encode(value)}`).join('&');
};

const send = async (world: World, as: Who, sent: Sent, seen: (what: string) => void): Promise<string | null> => {
  const cookie = as === '' ? `greengate-form=${'a'.repeat(32)}` : `greengate-session=${world.sessions[as].token}`;
  const before = world.ui.lab.box.generation.number;
  const { answer, fault } = await askWeb(world, { ...sent, headers: { cookie, ...sent.headers } });
  seen(`status ${answer.status}`);
  if (world.ui.lab.box.generation.number !== before) seen('saved by a form');
  const [path = ''] = sent.path.split('?');
  const route = pageRoutes.find((one) => one.method === sent.method && matches(one.path, path));
  if (route !== undefined) seen(route.name);
  return fault;
};

const matches = (pattern: string, path: string): boolean =>
  new RegExp(`^${pattern.replaceAll('.', '\\.').replaceAll(/:\w+/g, '[^/]+')}$`).test(path);
