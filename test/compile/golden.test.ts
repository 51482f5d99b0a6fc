import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { compile } from '../../src/compile/compile.ts';
import { applianceFacts } from '../../src/plan/facts.ts';
import { parsePolicy } from '../../src/policy/parse.ts';

/**
 * One folder's file per behaviour: a sentence, a policy, the chains it is about, and the expected text of those chains.
 * Three show everything. `make golden` rewrites them. Every text is also given to the host's own `nft -c`.
 */
const folder = join(import.meta.dirname, 'golden');
const names = readdirSync(folder).filter((name) => name.endsWith('.json'));

for (const name of names) {
  const golden = JSON.parse(readFileSync(join(folder, name), 'utf8')) as Golden;
  test(`${name.replace('.json', '')}: ${golden.sentence}`, (t) => {
    const parsed = parsePolicy(golden.policy);
    if (!parsed.ok) return t.fail(JSON.stringify(parsed.problems));
    const facts = { ...applianceFacts(golden.setUp ?? true, 1_795_420_000), ipv6: golden.ipv6 ?? false };
    const text = compile(parsed.value, facts).files['ruleset.nft'] ?? '';
    accepted(text);
    const shown = golden.chains === 'all' ? text : golden.chains.map((chain) => chainText(text, chain)).join('');
    const file = join(folder, name.replace('.json', '.nft'));
    if (process.env.GOLDEN === 'write') writeFileSync(file, shown);
    t.is(shown, readFileSync(file, 'utf8'));
  });
}

test('every golden text belongs to a policy', (t) => {
  const texts = readdirSync(folder).filter((name) => name.endsWith('.nft'));
  t.deepEqual(texts.map((name) => name.replace('.nft', '.json')).sort(), names.sort());
});

type Golden = { sentence: string; policy: unknown; chains: string[] | 'all'; ipv6?: boolean; setUp?: boolean };

/** The text of one chain, `ip g0_input` say, as printed. */
function chainText(text: string, chain: string): string {
  const [family = '', name = ''] = chain.split(' ');
  const table = [...text.matchAll(/^table (\S+) filter \{\n([\s\S]*?)^\}$/gm)].filter(([, one]) => one === family);
  const body = table
    .map(([, , chains]) => new RegExp(`^  chain ${name} \\{\\n[\\s\\S]*?^  \\}$`, 'm').exec(chains ?? '')?.[0])
    .find(Boolean);
  return body === undefined ? `${chain}: no such chain\n` : `${family}${body}\n`;
}

/** `nft -c` needs no root inside a user namespace of its own. Throws with what nft says. */
function accepted(text: string): void {
  execFileSync('unshare', ['-rn', 'nft', '-c', '-f', '-'], { input: text, stdio: ['pipe', 'pipe', 'pipe'] });
}
