import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import test, { type ExecutionContext } from 'ava';
import { chooseAndBuild, parseBase, probeMirror } from '../../image/choose.ts';

type Case = { silent?: string; buildFails?: string; bootFails?: string };

/** Builds nothing, and tells what was asked for and said. */
function conduct(wish: 'auto' | 'debian' | 'alpine', { silent, buildFails, bootFails }: Case) {
  const done: string[] = [];
  const said: string[] = [];
  const result = chooseAndBuild(wish, {
    probe: async () => {
      done.push('probe');
      return silent;
    },
    build: async (base) => {
      done.push(`build ${base}`);
      if (base === 'alpine' && buildFails !== undefined) throw new Error(buildFails);
      return base;
    },
    boot: async (built) => {
      done.push(`boot ${built}`);
      if (bootFails !== undefined) throw new Error(bootFails);
    },
    say: (line) => said.push(line),
  });
  return { result, done, said };
}

test('a mirror that answers gives alpine, after its image has booted', async (t) => {
  const { result, done, said } = conduct('auto', {});
  t.is(await result, 'alpine');
  t.deepEqual(done, ['probe', 'build alpine', 'boot alpine']);
  t.deepEqual(said, ['base: alpine (its mirror answers, the image was built and has booted)']);
});

const fallbacks: [string, Case, string[], string][] = [
  ['no mirror', { silent: 'nobody there' }, ['probe', 'build debian'], 'base: debian (nobody there)'],
  [
    'a failing build',
    { buildFails: 'no key' },
    ['probe', 'build alpine', 'build debian'],
    'base: debian (alpine: no key)',
  ],
  [
    'an image that does not boot',
    { bootFails: 'panic\nmore' },
    ['probe', 'build alpine', 'boot alpine', 'build debian'],
    'base: debian (alpine: panic)',
  ],
];
for (const [title, given, expected, line] of fallbacks) {
  test(`${title} gives debian, and one line says why`, async (t) => {
    const { result, done, said } = conduct('auto', given);
    t.is(await result, 'debian');
    t.deepEqual(done, expected);
    t.deepEqual(said, [line]);
  });
}

test('alpine asked for by name fails hard, without a probe', async (t) => {
  const { result, done } = conduct('alpine', { buildFails: 'no key' });
  await t.throwsAsync(result, { message: 'no key' });
  t.deepEqual(done, ['build alpine']);
});

test('BASE is auto, alpine or debian', (t) => {
  t.is(parseBase(undefined), 'auto');
  t.is(parseBase(''), 'auto');
  t.is(parseBase('alpine'), 'alpine');
  t.throws(() => parseBase('ubuntu'), { message: /say auto, alpine or debian/ });
});

async function server(t: ExecutionContext, answer: (path: string) => number | undefined): Promise<string> {
  const http = createServer((request, response) => {
    const status = answer(request.url ?? '');
    if (status !== undefined) response.writeHead(status).end();
  });
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
  t.teardown(() => {
    http.closeAllConnections();
    http.close();
  });
  return `http://127.0.0.1:${(http.address() as AddressInfo).port}/alpine`;
}

test('a mirror that has the index of the branch answers', async (t) => {
  const url = await server(t, (path) => (path === '/alpine/v3.24/main/x86_64/APKINDEX.tar.gz' ? 200 : 404));
  t.is(await probeMirror(url, 'v3.24', 2), undefined);
  t.regex((await probeMirror(url, 'v3.25', 2)) as string, /answers 404/);
});

test('a mirror that accepts and stays silent is given up in time', async (t) => {
  const url = await server(t, () => undefined);
  const started = performance.now();
  t.regex((await probeMirror(url, 'v3.24', 0.5)) as string, /does not answer/);
  t.true(performance.now() - started < 3000);
});

test('a directory counts as a mirror when it has the index', async (t) => {
  t.regex((await probeMirror('/nowhere', 'v3.24', 1)) as string, /does not exist/);
});
