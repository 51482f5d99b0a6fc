import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import test from 'ava';

/** The rooms and what each may import: HACKING.md's table, enforced. `doors` are the files directly in src. */
const src = join(import.meta.dirname, '../src');
const pure = { packages: ['zod', 'ipaddr.js'], node: false };
const rooms: Record<string, { rooms: string[]; packages: string[]; node: boolean }> = {
  policy: { rooms: [], ...pure },
  plan: { rooms: ['policy'], ...pure },
  compile: { rooms: ['policy', 'plan'], ...pure },
  import: { rooms: ['policy'], ...pure },
  'import-read': { rooms: ['import/files.ts'], packages: [], node: true },
  store: { rooms: ['policy', 'agent/ports.ts', 'agent/api.ts'], packages: ['lowdb', 'zod'], node: true },
  machine: { rooms: ['policy', 'plan', 'agent/ports.ts', 'agent/api.ts'], packages: ['execa'], node: true },
  logs: { rooms: ['policy', 'web/ports.ts'], packages: [], node: true },
  agent: { rooms: ['policy', 'plan', 'compile'], packages: ['zod'], node: true },
  web: {
    rooms: ['policy', 'import', 'import-read', 'agent/api.ts', 'agent/client.ts'],
    // zod for the API's document only: what comes in is parsed by the agent.
    packages: ['koa', '@koa/router', '@koa/bodyparser', '@fastify/busboy', 'nunjucks', 'zod', 'uqr'],
    node: true,
  },
  // The verbs of the command line: each wires what it needs, as a door does, but for what changes the box.
  cli: {
    rooms: [
      ...['policy', 'plan', 'compile', 'import', 'import-read', 'logs'],
      ...['agent/api.ts', 'agent/client.ts', 'web/format.ts'],
    ],
    packages: [],
    node: true,
  },
};

const files = readdirSync(src, { recursive: true })
  .map(String)
  .filter((name) => name.endsWith('.ts'))
  .map((name) => ({ name, imports: importsOf(readFileSync(join(src, name), 'utf8')) }));

for (const [room, allowed] of Object.entries(rooms)) {
  test(`${room} imports only what it may`, (t) => {
    const wrong = files
      .filter(({ name }) => name.startsWith(`${room}/`))
      .flatMap(({ name, imports }) =>
        imports.filter((one) => !isAllowed(name, one, room, allowed)).map((one) => `${name} imports ${one}`),
      );
    t.deepEqual(wrong, []);
  });
}

test('every folder of src is a room of the table', (t) => {
  const found = new Set(files.filter(({ name }) => name.includes('/')).map(({ name }) => name.split('/')[0]));
  t.deepEqual(
    [...found].filter((room) => rooms[room ?? ''] === undefined),
    [],
  );
});

test('only machine/run.ts starts programs by execa', (t) => {
  t.deepEqual(
    files.filter(({ imports }) => imports.includes('execa')).map(({ name }) => name),
    ['machine/run.ts'],
  );
});

test('the pure rooms know no clock, no chance and no environment', (t) => {
  const impure = /\bDate\.now\b|\bnew Date\(\)|\bMath\.random\b|\bprocess\.|\bsetTimeout\b|\bfetch\(/;
  const wrong = files
    .filter(({ name }) => /^(policy|plan|compile|import)\//.test(name))
    .filter(({ name }) => impure.test(readFileSync(join(src, name), 'utf8')))
    .map(({ name }) => name);
  t.deepEqual(wrong, []);
});

function importsOf(text: string): string[] {
  return [
    ...text.matchAll(
      /^\s*(?:import|export)\b[^'"]*?\bfrom\s+'([^']+)'|^\s*import\s+'([^']+)'|\bimport\(\s*'([^']+)'/gm,
    ),
  ].map(([, from, bare, lazy]) => from ?? bare ?? lazy ?? '');
}

function isAllowed(
  file: string,
  imported: string,
  room: string,
  allowed: { rooms: string[]; packages: string[]; node: boolean },
): boolean {
  if (imported.startsWith('node:')) return allowed.node;
  if (!imported.startsWith('.')) return allowed.packages.includes(imported);
  const target = relative(src, join(src, dirname(file), imported));
  return target.startsWith(`${room}/`) || allowed.rooms.some((one) => target === one || target.startsWith(`${one}/`));
}
