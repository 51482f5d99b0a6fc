import { appendFileSync, copyFileSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { extractPackage, type IndexRecord, keysOf, readIndex, readPackage } from '../../../image/bases/apk-file.ts';

/**
 * Stands in for apk where there is none: understands `fetch` and `add` as the builder calls them, follows dependencies
 * by name, trusts only the given keys, writes apk's database, and records its arguments in STUB_APK_LOG. It is no solver.
 */
const args = process.argv.slice(2);
if (process.env.STUB_APK_LOG !== undefined) appendFileSync(process.env.STUB_APK_LOG, `${JSON.stringify(args)}\n`);
const valued = ['--root', '--arch', '--keys-dir', '--repositories-file', '--output'];
const option = (name: string) => (args.includes(name) ? args[args.indexOf(name) + 1] : undefined) as string;
const words = args.filter((one, at) => !one.startsWith('--') && !valued.includes(args[at - 1] ?? ''));
const [applet, ...wanted] = words;

const keyFiles = readdirSync(option('--keys-dir')).map(
  (name) => [name, readFileSync(join(option('--keys-dir'), name))] as const,
);
const keys = keysOf(Object.fromEntries(keyFiles));
const found = new Map<string, { record: IndexRecord; file: string }>();
for (const repository of readFileSync(option('--repositories-file'), 'utf8').split('\n').filter(Boolean)) {
  const home = join(repository, option('--arch'));
  for (const record of readIndex(readFileSync(join(home, 'APKINDEX.tar.gz')), keys)) {
    const { P: name = '', V: version = '', p: provides = '' } = record;
    const place = { record, file: join(home, `${name}-${version}.apk`) };
    for (const word of [name, ...provides.split(' ').map((one) => one.replace(/=.*/, ''))]) found.set(word, place);
  }
}

const chosen = new Map<string, { record: IndexRecord; file: string }>();
const visit = (name: string) => {
  const place = found.get(name);
  if (place === undefined) throw new Error(`unable to select packages: ${name} (no such package)`);
  if (chosen.has(place.file)) return;
  for (const need of (place.record.D ?? '').split(' ').filter(Boolean)) visit(need);
  chosen.set(place.file, place);
};
for (const name of wanted) visit(name);

if (applet === 'fetch') {
  for (const { file } of chosen.values())
    copyFileSync(file, join(option('--output'), file.split('/').at(-1) as string));
} else if (applet === 'add') {
  const root = option('--root');
  let database = '';
  for (const { record, file } of chosen.values()) {
    extractPackage(readPackage(readFileSync(file), keys).entries, root);
    database += `C:${record.C}\nP:${record.P}\nV:${record.V}\nA:x86_64\n\n`;
  }
  mkdirSync(join(root, 'lib/apk/db'), { recursive: true });
  writeFileSync(join(root, 'lib/apk/db/installed'), database);
} else throw new Error(`stub-apk knows no ${applet}`);
