import { cp, mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { build, type Plugin } from 'esbuild';
import { exists, writeText } from './cache.ts';
import { run } from './run.ts';
import { announce } from './step.ts';

const DOORS = { agent: 'src/main-agent.ts', web: 'src/main-web.ts', cli: 'src/cli.ts' };

/**
 * Makes what `/usr/lib/greengate` holds of the application: one minified ESM bundle per process, the web's views and
 * static files, and the default plan. Gives a note. What is not in the source yet is skipped and said.
 */
export async function bundleApplication(top: string, target: string, node: string): Promise<string> {
  await mkdir(target, { recursive: true });
  const there: string[] = [];
  const entryPoints: Record<string, string> = {};
  for (const [name, path] of Object.entries(DOORS)) {
    if (await exists(join(top, path))) {
      entryPoints[name] = join(top, path);
      there.push(name);
    } else announce(`warning: ${path} is not there: the image has no ${name}`);
  }
  // Without it Node reads each bundle as CommonJS first, fails, and reads it again.
  await writeText(join(target, 'package.json'), '{"type":"module"}\n');
  if (there.length > 0) await bundle(top, target, entryPoints);
  for (const name of ['views', 'static']) {
    if (await exists(join(top, 'src/web', name)))
      await cp(join(top, 'src/web', name), join(target, name), { recursive: true });
  }
  const assets = await copyAssets(top, join(target, 'static'));
  if (there.includes('cli')) await defaultPlan(target, node);
  return `${there.length} bundles, ${assets} assets`;
}

async function bundle(top: string, target: string, entryPoints: Record<string, string>): Promise<void> {
  await build({
    absWorkingDir: top,
    entryPoints,
    outdir: target,
    bundle: true,
    minify: true,
    platform: 'node',
    target: 'node24',
    format: 'esm',
    legalComments: 'none',
    plugins: [withoutOtherLanguages],
    logLevel: 'error',
    // CommonJS dependencies call require for Node's own modules; an ESM bundle has none unless it is made.
    banner: { js: "import{createRequire as __ggRequire}from'node:module';const require=__ggRequire(import.meta.url);" },
  });
}

/** zod brings its messages in forty languages, a third of the agent's bundle; the one it uses it imports by itself. */
const withoutOtherLanguages: Plugin = {
  name: 'without-other-languages',
  setup(plugin) {
    plugin.onResolve({ filter: /\/locales\/index\.js$/ }, ({ importer }) =>
      /node_modules\/zod\//.test(importer) ? { path: 'none', namespace: 'none' } : undefined,
    );
    plugin.onLoad({ filter: /./, namespace: 'none' }, () => ({ contents: 'export {};' }));
  },
};

/**
 * `src/web/assets.json` names the files that come from dependencies: `{"static/name": "path below node_modules"}`.
 */
async function copyAssets(top: string, target: string): Promise<number> {
  const list = join(top, 'src/web/assets.json');
  if (!(await exists(list))) return 0;
  const assets = Object.entries(JSON.parse(await readFile(list, 'utf8')) as Record<string, string>);
  await mkdir(target, { recursive: true });
  for (const [name, path] of assets) await cp(join(top, 'node_modules', path), join(target, name), { recursive: true });
  return assets.length;
}

async function defaultPlan(target: string, node: string): Promise<void> {
  const plan = join(target, 'default-plan');
  await mkdir(plan, { recursive: true });
  await run(node, [join(target, 'cli.js'), 'plan', plan]);
}
