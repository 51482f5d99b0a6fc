import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import type { ServiceName } from '../agent/api.ts';
import { run } from './run.ts';

/** Restarts a daemon by the box's service manager (`rc-service NAME restart`). Throws `RunError`. */
export const restartService = async (manager: string, name: ServiceName): Promise<void> => {
  await run(manager, [name, 'restart'], { timeoutSeconds: 90 });
};

/**
 * Is the daemon's process there? Looked up in /proc, in our own network namespace: no process is started for it, and the one
 * that was found last time is looked at first.
 */
export const serviceRunning = async (name: ServiceName): Promise<boolean> => {
  const known = seen.get(name);
  if (known !== undefined && isService(known, name)) return true;
  const pids = readdirSync('/proc').filter((entry) => /^\d+$/.test(entry) && Number(entry) !== process.pid);
  const pid = pids.find((one) => isService(one, name));
  if (pid === undefined) seen.delete(name);
  else seen.set(name, pid);
  return pid !== undefined;
};

const seen = new Map<ServiceName, string>();

/** Not by promises: these files are in memory, and a thread's turn for each would take many times as long. */
const isService = (pid: string, name: ServiceName): boolean => {
  try {
    const words = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0');
    return matchesCommand(words, name) && readlinkSync(`/proc/${pid}/ns/net`) === readlinkSync('/proc/self/ns/net');
  } catch {
    return false; // It ended while we looked.
  }
};

const matchesCommand = (words: string[], name: ServiceName): boolean => {
  const program = words[0]?.split('/').at(-1) ?? '';
  if (name === 'web')
    return program.startsWith('node') && words.some((word) => /(^|\/)(main-)?web\.(js|ts)$/.test(word));
  if (name === 'red-dhcp') return words.some((word) => word === 'udhcpc' || word.endsWith('/udhcpc'));
  // sshd's title: `sshd: /usr/sbin/sshd -D … [listener] …`; its sessions have others.
  if (name === 'sshd') return /^sshd: .*\[listener\]/.test(words[0] ?? '');
  return program === name || program === `(${name}-1)`;
};
