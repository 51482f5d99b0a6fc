import {
  chmodSync,
  chownSync,
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import { faultsOf } from '../../image/assert.ts';
import { missingLibraries, neededBy } from '../../image/elf.ts';
import { MANIFEST } from '../../image/manifest.ts';
import { NEEDED } from '../../image/module-list.ts';
import { dependsOf, loadOrder, plainName } from '../../image/modules.ts';

const asRoot = process.getuid?.() === 0 ? test : test.skip;

/** A root with everything the assertions look at, and nothing else. Its programs cannot be started. */
function soundRoot(t: { teardown: (work: () => void) => void }): string {
  const root = mkdtempSync(join(tmpdir(), 'root-'));
  t.teardown(() => rmSync(root, { recursive: true }));
  const put = (name: string, text = '', mode = 0o644) => {
    mkdirSync(join(root, name, '..'), { recursive: true });
    writeFileSync(join(root, name), text);
    chmodSync(join(root, name), mode);
  };
  mkdirSync(join(root, 'dev'));
  put('etc/passwd', 'root:x:0:0:root:/root:/bin/sh\nweb:x:900:900::/:/bin/false\n');
  put('etc/group', 'root:x:0:\nweb:x:900:\n');
  put('etc/init.d/agent', '', 0o755);
  mkdirSync(join(root, 'etc/runlevels/default'), { recursive: true });
  symlinkSync('/etc/init.d/agent', join(root, 'etc/runlevels/default/agent'));
  for (const { programs } of MANIFEST)
    for (const name of programs) put(name.startsWith('/') ? name : `usr/bin/${name}`);
  put('lib/modules/6.1/modules.dep', NEEDED.map((name) => `kernel/${name}.ko:\n`).join(''));
  put('lib/modules/6.1/modules.builtin');
  return root;
}

/** Faults but for those of starting programs, which this root cannot. */
const looked = async (root: string) => (await faultsOf(root)).filter((line) => !/failed with exit code/.test(line));

asRoot('a sound root has no faults, apart from programs that do not start (needs root)', async (t) => {
  const root = soundRoot(t);
  t.deepEqual(await looked(root), []);
  const started = (await faultsOf(root)).filter((line) => /failed with exit code/.test(line));
  t.is(started.length, MANIFEST.filter(({ check }) => check).length);
});

const faults: [string, (root: string) => void, RegExp][] = [
  ['a program is missing', (root) => rmSync(join(root, 'usr/bin/squid')), /^squid: squid is not in the root$/],
  ['a file is missing', (root) => rmSync(join(root, 'etc/protocols')), /^names: \/etc\/protocols is not in the root$/],
  [
    'a runlevel names a service that is not there',
    (root) => symlinkSync('x', join(root, 'etc/runlevels/default/ssh')),
    /^runlevel default has ssh, \/etc\/init.d has not$/,
  ],
  [
    'a service cannot be executed',
    (root) => chmodSync(join(root, 'etc/init.d/agent'), 0o644),
    /^\/etc\/init.d\/agent is not executable$/,
  ],
  [
    'a file is set-uid',
    (root) => chmodSync(join(root, 'usr/bin/ss'), 0o4755),
    /^\/usr\/bin\/ss is set-uid or set-gid$/,
  ],
  [
    'a file can be written by everybody',
    (root) => chmodSync(join(root, 'usr/bin/ss'), 0o666),
    /^\/usr\/bin\/ss can be written by everybody$/,
  ],
  [
    'a file belongs to nobody we know',
    (root) => chownSync(join(root, 'usr/bin/ss'), 13, 0),
    /^\/usr\/bin\/ss belongs to the unknown ids 13:0$/,
  ],
  [
    'a link of ours leads nowhere',
    (root) => symlinkSync('/usr/bin/gone', join(root, 'usr/lib/greengate/bin/other')),
    /^\/usr\/lib\/greengate\/bin\/other leads nowhere$/,
  ],
  [
    'there is no kernel module',
    (root) => writeFileSync(join(root, 'lib/modules/6.1/modules.dep'), ''),
    /^there is no kernel module in the root$/,
  ],
  [
    'a driver is missing',
    (root) =>
      writeFileSync(
        join(root, 'lib/modules/6.1/modules.dep'),
        NEEDED.filter((name) => name !== 'igc')
          .map((name) => `${name}.ko:\n`)
          .join(''),
      ),
    /^the kernel has no igc/,
  ],
];
for (const [what, harm, expected] of faults) {
  asRoot(`it is noticed when ${what} (needs root)`, async (t) => {
    const root = soundRoot(t);
    harm(root);
    const found = await looked(root);
    t.is(found.length, 1, found.join('\n'));
    t.regex(found[0] as string, expected);
  });
}

asRoot(
  'a driver that is built in counts, and links into /run may lead nowhere before the boot (needs root)',
  async (t) => {
    const root = soundRoot(t);
    writeFileSync(
      join(root, 'lib/modules/6.1/modules.dep'),
      NEEDED.filter((name) => name !== 'nvme')
        .map((name) => `${name}.ko:\n`)
        .join(''),
    );
    writeFileSync(join(root, 'lib/modules/6.1/modules.builtin'), 'kernel/drivers/nvme/nvme.ko\n');
    symlinkSync('/run/greengate/plan', join(root, 'usr/lib/greengate/plan'));
    t.deepEqual(await looked(root), []);
  },
);

test('a program’s libraries are read from the program itself', async (t) => {
  const node = await neededBy(process.execPath);
  t.true(node?.needed.includes('libc.so.6'));
  t.regex(node?.loader ?? '', /ld-linux/);
  t.is(await neededBy(import.meta.filename), undefined);
});

test('a library that nobody brought is named, with who asks for it', async (t) => {
  const root = mkdtempSync(join(tmpdir(), 'elf-'));
  t.teardown(() => rmSync(root, { recursive: true }));
  mkdirSync(join(root, 'usr/bin'), { recursive: true });
  mkdirSync(join(root, 'usr/lib'));
  copyFileSync(process.execPath, join(root, 'usr/bin/node'));
  const wanted = (await missingLibraries(root)).map(({ library }) => library);
  t.true(wanted.includes('libc.so.6'));
  t.deepEqual((await missingLibraries(root))[0]?.askedBy, '/usr/bin/node');
  for (const name of wanted) writeFileSync(join(root, 'usr/lib', name), '');
  t.deepEqual(await missingLibraries(root), []);
});

test('modules are loaded after what they need', (t) => {
  const dep = [
    'kernel/c.ko:',
    'kernel/b-x.ko: kernel/c.ko',
    'kernel/a.ko: kernel/b-x.ko kernel/c.ko',
    'kernel/z.ko:',
  ].join('\n');
  t.deepEqual(loadOrder(dep, ['a', 'unknown']), ['kernel/c.ko', 'kernel/b-x.ko', 'kernel/a.ko']);
  t.deepEqual(loadOrder(dep, ['b_x']), ['kernel/c.ko', 'kernel/b-x.ko']);
});

test('a module’s needs are read from the module', (t) => {
  const module = Buffer.from('\u007fELF…\0license=GPL\0depends=nf-tables,nf_conntrack\0retpoline=Y\0', 'latin1');
  t.deepEqual(dependsOf(module), ['nf_tables', 'nf_conntrack']);
  t.deepEqual(dependsOf(Buffer.from('\0depends=\0x')), []);
  t.deepEqual(dependsOf(readFileSync(import.meta.filename).subarray(0, 40)), []);
  t.is(plainName('kernel/net/nf-nat.ko.xz'), 'nf_nat');
});
