import test from 'ava';
import { openSecrets } from '../../src/store/secrets.ts';
import { certificate } from '../lib/certificates.ts';
import { CrashDisk, PowerLoss } from './crash-disk.ts';

const ROOT = '/data';
const [gate, next] = [certificate({ name: 'gate.example' }), certificate({ name: 'next.example' })];

test('a power loss at any step of an upload, or of going back, leaves one whole certificate with its key, or none', async (t) => {
  const secretsOf = (disk: CrashDisk) => {
    const clock = () => Math.floor(Date.now() / 1000);
    const run = async () => '';
    return openSecrets({ disk, root: ROOT, run, openssl: '', webGroup: 910, clock });
  };
  type Change = (secrets: ReturnType<typeof secretsOf>) => Promise<unknown>;
  const changes: [Change, string[]][] = [
    [(secrets) => secrets.uploadCertificate(next.cert, next.key), ['gate.example', 'next.example']],
    [(secrets) => secrets.dropCertificate(), ['gate.example', 'none']],
  ];
  for (const [change, allowed] of changes) {
    const seen = new Set<string>();
    for (const chance of [0, 0.3, 0.6, 0.99])
      for (let lossAt = 0; ; lossAt += 1) {
        const first = new CrashDisk();
        await secretsOf(first).uploadCertificate(gate.cert, gate.key);
        const disk = first.crash(() => 1);
        disk.lossAt = disk.steps + lossAt;
        const lost = await change(secretsOf(disk)).then(
          () => false,
          (error) => error instanceof PowerLoss,
        );
        const { uploaded } = await secretsOf(lost ? disk.crash(() => chance) : disk).certificates();
        const name = uploaded === null ? 'none' : uploaded.usable ? (uploaded.info?.names[0] ?? '') : 'damaged';
        t.true(allowed.includes(name), `${name} at step ${lossAt}`);
        seen.add(name);
        if (!lost) break;
      }
    t.deepEqual([...seen].sort(), allowed.toSorted(), 'both were met');
  }
});
