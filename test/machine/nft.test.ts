import { spawnSync } from 'node:child_process';
import test from 'ava';
import { compile } from '../../src/compile/compile.ts';
import { problemsOf } from '../../src/machine/nft.ts';
import { applianceFacts } from '../../src/plan/facts.ts';
import { handbook } from '../lib/handbook.ts';

const text = compile(handbook(), applianceFacts(true, 1_795_420_000)).files['ruleset.nft'] ?? '';

/** What the real nft says of a text; it needs no root in a namespace of its own. */
const check = (broken: string) => {
  const { status, stderr } = spawnSync('unshare', ['-rn', 'nft', '-c', '-f', '-'], { input: broken, encoding: 'utf8' });
  return status === 0 ? [] : problemsOf(stderr, broken);
};

test('a fault in a rule is mapped back to it', (t) => {
  t.deepEqual(check(text), []);
  const [problem] = check(
    text.replace('tcp dport { 25, 110 } goto g0_rule_r1', 'tcp dport { 25, 99999 } goto g0_rule_r1'),
  );
  t.is(problem?.owner, 'r1');
  t.regex(problem?.message ?? '', /^The kernel refused this: /);
});

test('a fault in a leaf is mapped back to its rule', (t) => {
  const [problem] = check(text.replace('counter name "rule_r2"', 'counter name "rule_r2" bogus'));
  t.is(problem?.owner, 'r2');
});

test('an answer without a line is a problem all the same', (t) => {
  t.is(problemsOf('', text).length, 1);
  t.regex(problemsOf('internal:0:0-0: something odd', text)[0]?.message ?? '', /something odd/);
});
