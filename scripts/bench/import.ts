import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { bot } from '../../test/import/lib/bot.ts';
import { median, timed } from './measure.ts';
import type { Table } from './table.ts';

/** Old configurations of BOT by the command that people type, from the start of npm to the last line of the report. */
export async function importTable(): Promise<Table> {
  const rows = [['rules', 'addresses', 'seconds', 'policy MB', 'report lines']];
  const top = join(import.meta.dirname, '../..');
  for (const [rules, addresses] of [
    [100, 50],
    [1000, 500],
    [10_000, 1000],
  ] as const) {
    const folder = mkdtempSync(join(tmpdir(), 'greengate-import-'));
    try {
      writeOld(folder, rules, addresses);
      const command = ['run', '-s', 'greengate', '--', 'import', folder];
      const times: number[] = [];
      let found = { stdout: '', stderr: '' };
      for (let round = 0; round < 3; round += 1) {
        const { result, milliseconds } = await timed(async () =>
          spawnSync('npm', command, { cwd: top, encoding: 'utf8', maxBuffer: 1 << 28 }),
        );
        if (result.status !== 0) throw new Error(result.stderr.slice(-500));
        times.push(milliseconds / 1000);
        found = result;
      }
      const got = JSON.parse(found.stdout).rules.length;
      if (got !== rules) throw new Error(`${got} rules instead of ${rules}`);
      rows.push([
        String(rules),
        String(addresses),
        median(times).toFixed(1),
        (found.stdout.length / 1e6).toFixed(1),
        String(found.stderr.trimEnd().split('\n').length),
      ]);
    } finally {
      rmSync(folder, { recursive: true });
    }
  }
  return { title: 'npm run -s greengate -- import DIR (the median of three)', rows, notes: [] };
}

/** A folder of BOT: each rule is another pair of sender and service. */
function writeOld(folder: string, rules: number, addresses: number): void {
  mkdirSync(folder, { recursive: true });
  const numbers = (count: number) => Array.from({ length: count }, (_, index) => index);
  const services = 20;
  const write = (name: string, lines: string[]) => writeFileSync(join(folder, name), `${lines.join('\n')}\n`);
  write('settings', ['ADMIN_MAC=00:16:3e:00:00:77', 'ADV_MODE_ENABLE=off']);
  write(
    'customnetworks',
    numbers(addresses).map((one) => `Place ${one},ip,10.${one >> 8}.${one & 255}.7,255.255.255.255,1`),
  );
  write(
    'customservices',
    numbers(services).map((one) => `Service ${one},${7000 + one},tcp,off,off,BLANK,1`),
  );
  write(
    'config',
    numbers(rules).map((one) =>
      bot({
        srcType: 'custSrcAdr',
        src: `Place ${one % addresses}`,
        serviceType: 'custom',
        service: `Service ${Math.floor(one / addresses) % services}`,
        action: one % 7 === 0 ? 'drop' : 'accept',
        remark: `Rule ${one}`,
      }),
    ),
  );
}
