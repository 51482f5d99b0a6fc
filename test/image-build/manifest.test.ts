import test from 'ava';
import { BRANCHES, MANIFEST, packagesOf } from '../../image/manifest.ts';
import { KEEP, NEEDED } from '../../image/module-list.ts';

for (const { name, packages, programs, check } of MANIFEST) {
  test(`${name} names its packages on both bases`, (t) => {
    t.true(packages.debian.length > 0);
    t.true(packages.alpine.length > 0);
    if (name !== 'kernel') t.true(programs.length > 0, 'nothing would be looked for in the root');
    if (check !== undefined)
      t.true(
        programs.some((one) => one.endsWith(check[0] as string)),
        'what is started is also looked for',
      );
  });
}

test('no capability stands twice, and both bases are pinned to a branch', (t) => {
  const names = MANIFEST.map(({ name }) => name);
  t.is(new Set(names).size, names.length);
  t.regex(BRANCHES.alpine, /^v3\.\d+$/);
  t.is(BRANCHES.debian, 'trixie');
});

test('the list for the distribution is sorted, without doubles, and without Node from npm', (t) => {
  for (const base of ['debian', 'alpine'] as const) {
    const names = packagesOf(base);
    t.deepEqual(names, [...new Set(names)].sort());
    t.false(names.some((name) => name.includes(':')));
  }
  t.true(packagesOf('alpine').includes('nodejs'));
  t.false(packagesOf('debian').some((name) => name.startsWith('node')));
});

test('what the kernel must have is also kept', (t) => {
  const byDirectory = /^(nf|nft)_|^nfnetlink/;
  t.deepEqual(
    NEEDED.filter((name) => !KEEP.includes(name) && !byDirectory.test(name)),
    [],
  );
  t.true(KEEP.includes('net/netfilter/'));
});
