import { readdir, readFile, readlink } from 'node:fs/promises';
import type { ServiceName } from '../agent/api.ts';
import { run } from './run.ts';

/** Restarts a daemon by the box's service manager (`rc-service NAME restart`). Throws `RunError`. */
export const restartService = async (manager: string, name: ServiceName): Promise<void> => {
  await run(manager, [name, 'restart'], { timeoutSeconds: 90 });
};

/** Is the daemon's process there? Looked up in /proc, in our own network namespace: no process is started for it. */
export const serviceRunning = async (name: ServiceName): Promise<boolean> => {
  const ours = await readlink('/proc/self/ns/net');
  const pids = (await readdir('/proc')).filter((entry) => /^\d+$/.test(entry) && Number(entry) !== process.pid);
  const found = await Promise.all(pids.map((pid) => isService(pid, name, ours)));
  return found.includes(true);
};

const isService = async (pid: string, name: ServiceName, namespace: string): Promise<boolean> => {
  try {
    const words = (await readFile(`/proc/${pid}/cmdline`, 'utf8')).split('\0');
    if (!matchesCommand(words, name)) return false;
    return (await readlink(`/proc/${pid}/ns/net`)) === namespace;
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
