import { rmSync } from 'node:fs';
import { atEnd, isOver, OWNER, removeDeadFolders, run } from './process.ts';

/** A network namespace of this run. All interfaces of the tests live in such ones, so that nothing of this machine is touched. */
export type Namespace = {
  readonly name: string;
  /** Runs `ip -n NAME …`. */
  ip(...words: string[]): string;
  /** The words before a program that shall run inside. */
  readonly enter: readonly string[];
  sysctl(settings: Record<string, number>): void;
};

/** Makes a namespace; it and all processes in it are gone when this process ends, or at the start of the next run. */
export function makeNamespace(word: string): Namespace {
  if (count === 0) removeDead();
  count += 1;
  const name = `gga-${OWNER}-${count}-${word}`;
  run(['ip', 'netns', 'add', name]);
  atEnd(() => removeNamespace(name));
  const enter = ['nsenter', `--net=/run/netns/${name}`, '--'];
  const namespace: Namespace = {
    name,
    enter,
    ip: (...words) => run(['ip', '-n', name, ...words]),
    sysctl: (settings) => {
      for (const [key, value] of Object.entries(settings)) run([...enter, 'sysctl', '-q', '-w', `${key}=${value}`]);
    },
  };
  namespace.ip('link', 'set', 'lo', 'up');
  return namespace;
}

/** Ends everything in a namespace and removes it; a missing one is no error. */
export function removeNamespace(name: string): void {
  if (!list().includes(name)) return;
  for (const pid of run(['ip', 'netns', 'pids', name]).split('\n').map(Number)) {
    // Never our own: a signal to 0 or to ourselves would end the tests.
    if (pid > 1 && pid !== process.pid) kill(pid);
  }
  run(['ip', 'netns', 'del', name]);
  rmSync(`/etc/netns/${name}`, { recursive: true, force: true });
}

let count = 0;

/** Removes what runs left behind that were killed without notice. */
function removeDead(): void {
  removeDeadFolders();
  for (const name of list()) {
    const owner = /^gga-(\d+-\d+)-\d+-/.exec(name)?.[1];
    if (owner !== undefined && isOver(owner)) removeNamespace(name);
  }
}

function list(): string[] {
  return run(['ip', 'netns', 'list'])
    .split('\n')
    .map((line) => line.split(' ')[0] ?? '');
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // Gone already.
  }
}
