import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { compile } from '../../src/compile/compile.ts';
import { applianceFacts } from '../../src/plan/facts.ts';
import { parsePolicy } from '../../src/policy/parse.ts';
import { TOP } from './lib/process.ts';

/** The goldens of the compiler were accepted by the host's nft; here the built root's own programs take them. */
const cache = join(TOP, 'build/cache');
const goldens = join(TOP, 'test/compile/golden');
const root = readdirSync(cache)
  .filter((name) => name.startsWith('base-'))
  .map((name) => join(cache, name, 'root'))
  .sort((a, b) => statSync(b).mtimeMs - statSync(a).mtimeMs)[0];

for (const name of readdirSync(goldens).filter((one) => one.endsWith('.json'))) {
  test(`the built root’s nft takes ${name.replace('.json', '')}`, (t) => {
    const golden = JSON.parse(readFileSync(join(goldens, name), 'utf8')) as {
      policy: unknown;
      setUp?: boolean;
      ipv6?: boolean;
    };
    const parsed = parsePolicy(golden.policy);
    if (!parsed.ok || root === undefined) return t.fail('no policy or no built root');
    const facts = { ...applianceFacts(golden.setUp ?? true, 1_795_420_000), ipv6: golden.ipv6 ?? false };
    const input = compile(parsed.value, facts).files['ruleset.nft'] ?? '';
    t.notThrows(() =>
      execFileSync('unshare', ['-n', 'chroot', root, 'nft', '-c', '-f', '-'], { input, stdio: 'pipe' }),
    );
  });
}
