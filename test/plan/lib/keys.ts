import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A public key of each kind that needs no hardware, as type and base64, made by ssh-keygen itself; two are put together by hand. */
export const publicKeys = (): [type: string, base64: string][] => {
  const folder = mkdtempSync(join(tmpdir(), 'gg-keys-'));
  const made = [['ed25519'], ['rsa', '-b', '2048'], ...['256', '384', '521'].map((bits) => ['ecdsa', '-b', bits])].map(
    ([type = '', ...more]): [string, string] => {
      const path = join(folder, `${type}${more.at(-1) ?? ''}`);
      execFileSync('ssh-keygen', ['-q', '-t', type, ...more, '-N', '', '-f', path]);
      const [named = '', base64 = ''] = readFileSync(`${path}.pub`, 'utf8').split(' ');
      return [named, base64];
    },
  );
  rmSync(folder, { recursive: true });
  return [...made, inHardware(made, 'ssh-ed25519'), inHardware(made, 'ecdsa-sha2-nistp256')];
};

/** The same key as one that is in hardware: another type, and what it is for behind it. */
const inHardware = (made: [string, string][], type: string): [string, string] => {
  const base64 = made.find(([one]) => one === type)?.[1] ?? '';
  const named = `sk-${type}@openssh.com`;
  const rest = Buffer.from(base64, 'base64').subarray(4 + type.length);
  return [
    named,
    Buffer.concat([lengthOf(named), Buffer.from(named), rest, lengthOf('ssh:'), Buffer.from('ssh:')]).toString(
      'base64',
    ),
  ];
};

const lengthOf = (text: string): Buffer => {
  const length = Buffer.alloc(4);
  length.writeUInt32BE(text.length);
  return length;
};
