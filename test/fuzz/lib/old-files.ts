import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { importFiles } from '../../../src/import/import.ts';
import { readUpload } from '../../../src/import-read/read.ts';
import { Unreadable } from '../../../src/import-read/tar.ts';
import { defaultPolicy } from '../../../src/policy/defaults.ts';
import { parsePolicy } from '../../../src/policy/parse.ts';
import { bot, ipcop } from '../../import/lib/bot.ts';
import { tar } from '../../import/lib/tar.ts';
import { alive } from './inert.ts';
import type { Kind } from './kind.ts';
import { dice, pick, words } from './words.ts';

type Drawn = {
  files: string[];
  parts: Record<string, string>[];
  lines: string[];
  cuts: [number, number][];
  form: number;
  dice: number[];
};

const FILES = [
  'config',
  'config',
  'settings',
  'customservices',
  'customnetworks',
  'serviceGroups',
  'addressGroups',
  'policy',
];
const FIELDS = [
  'chain',
  'mode',
  'srcNetType',
  'srcNet',
  'srcType',
  'src',
  'srcPort',
  'dstNetType',
  'dstNet',
  'dstType',
  'dst',
  'serviceType',
  'service',
  'limit',
  'action',
  'frame',
  'remark',
];

const draw: fc.Arbitrary<Drawn> = fc.record({
  files: fc.array(fc.oneof({ weight: 5, arbitrary: fc.constantFrom(...FILES) }, { weight: 1, arbitrary: words }), {
    minLength: 1,
    maxLength: 3,
  }),
  parts: fc.array(fc.dictionary(fc.constantFrom(...FIELDS), words, { maxKeys: 3 }), { maxLength: 4 }),
  lines: fc.array(
    fc.array(words, { maxLength: 8 }).map((list) => list.join(',')),
    { maxLength: 4 },
  ),
  cuts: fc.oneof(
    { weight: 2, arbitrary: fc.constant<Drawn['cuts']>([]) },
    { weight: 1, arbitrary: fc.array(fc.tuple(fc.nat(6000), fc.nat(255)), { maxLength: 6 }) },
  ),
  form: fc.nat(7),
  dice,
});

/** An upload of old files: an archive, packed or not, or one file; damaged at some places. */
const upload = ({ files, parts, lines, cuts, form }: Drawn): { name: string; bytes: Buffer } => {
  const rules = parts.map((part, index) => (index % 2 === 0 ? bot(part) : ipcop('FORWARD', part)));
  const text = [...rules, ...lines].join('\n');
  const [first = 'config'] = files;
  if (form === 7)
    return {
      name: 'policy.json',
      bytes: Buffer.from(JSON.stringify({ ...defaultPolicy(), rules: parts, remark: lines })),
    };
  if (form === 6) return damaged(first, Buffer.from(text), cuts);
  const plain = damaged(
    'old.tar',
    tar(Object.fromEntries(files.map((name) => [`var/ipcop/fwrules/${name}`, text]))),
    cuts,
  );
  return form < 3 ? plain : damaged('old.tgz', gzipSync(plain.bytes), form === 5 ? cuts : []);
};

const damaged = (name: string, bytes: Buffer, cuts: [number, number][]): { name: string; bytes: Buffer } => {
  const copy = Buffer.from(bytes);
  for (const [at, byte] of cuts) if (at < copy.length) copy[at] = byte;
  return { name, bytes: (cuts[0]?.[1] ?? 1) % 9 === 0 ? copy.subarray(0, cuts[0]?.[0]) : copy };
};

/** The import reader and what becomes of what it read: either one sentence of `Unreadable`, or a policy that is one. */
export const importCases: Kind<Drawn> = {
  name: 'import',
  share: 350,
  draw,
  run: (_world, drawn, seen) => {
    const { name, bytes } = upload(drawn);
    let read: ReturnType<typeof readUpload>;
    try {
      read = readUpload(name, bytes);
    } catch (error) {
      if (!(error instanceof Unreadable)) throw error;
      seen('import: refused');
      return null;
    }
    seen('import: read');
    const { policy, report } = importFiles(read.files, { base: defaultPolicy() });
    if (policy.rules.length > 0) seen('import: with rules');
    if (report.length > bytes.length * 50 + 100) return `${report.length} lines of report of ${bytes.length} bytes`;
    const parsed = parsePolicy(JSON.parse(JSON.stringify(policy)));
    return parsed.ok ? null : `the policy it makes is none: ${JSON.stringify(parsed.problems.slice(0, 3))}`;
  },
};

/** The same through the browser: upload, preview, at times applied. */
export const uploadCases: Kind<Drawn> = {
  name: 'upload',
  share: 6,
  draw,
  run: async (world, drawn, seen) => {
    const { name, bytes } = upload(drawn);
    const { token, csrf } = world.sessions.administrator;
    const edge = pick(['zqxedge', 'a b', '"', `${'-'.repeat(60)}`], drawn.dice[0]);
    const part = (head: string, content: Buffer | string) => [
      `--${edge}\r\nContent-Disposition: form-data; ${head}\r\n\r\n`,
      content,
      '\r\n',
    ];
    const pieces = [
      ...part('name="csrf"', csrf),
      ...part(`name="file"; filename="${name.replaceAll('\n', '')}"`, bytes),
      `--${edge}--\r\n`,
    ];
    const body = Buffer.concat(pieces.map((one) => Buffer.from(one as string)));
    const cookie = `greengate-session=${token}`;
    const type = `multipart/form-data; boundary=${edge.includes('"') || edge.includes(' ') ? JSON.stringify(edge) : edge}`;
    const sent = await world.web({
      method: 'POST',
      path: '/firewall/import',
      headers: { cookie, 'content-type': type },
      body,
    });
    if (sent.status >= 500 || sent.status === 0) return `upload: ${sent.status} ${world.ui.reports.splice(0).join()}`;
    if (sent.status !== 303) return alive(sent.body);
    seen('upload: taken');
    for (const path of ['/firewall/import/preview', '/firewall/import/rules']) {
      const shown = await world.web({ method: 'GET', path, headers: { cookie } });
      if (shown.status >= 400) return `${path}: ${shown.status} ${world.ui.reports.splice(0).join()}`;
      const fault = alive(shown.body);
      if (fault !== null) return `${path}: ${fault}`;
      world.last = shown.body;
    }
    return null;
  },
};
