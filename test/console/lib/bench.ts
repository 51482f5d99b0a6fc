import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { compile } from '../../../src/compile/compile.ts';
import { applianceFacts } from '../../../src/plan/facts.ts';
import { defaultPolicy } from '../../../src/policy/defaults.ts';
import type { Policy } from '../../../src/policy/schema.ts';
import { makeNamespace, type Namespace } from '../../appliance/lib/namespace.ts';
import { atEnd, runFolder, TOP } from '../../appliance/lib/process.ts';
import { type Ended, end } from './ended.ts';

/** The two shells of the bases: /bin/sh is dash on debian and busybox on alpine. */
export const SHELLS = ['dash', 'busybox'] as const;
export type Shell = (typeof SHELLS)[number];

/** Where the box's scripts are. */
export const SCRIPTS = join(TOP, 'rootfs/usr/lib/greengate/sh');

/**
 * A network namespace with interfaces `green` and `red` and folders of its own for data, state and hardware, in which
 * the box's scripts run with one of the two shells as /bin/sh.
 */
export class Bench {
  readonly shell: Shell;
  readonly space: Namespace;
  readonly folder: string;

  constructor(shell: Shell) {
    count += 1;
    this.shell = shell;
    this.space = makeNamespace(`c${count}`);
    this.folder = join(runFolder(), `console-${count}`);
    for (const name of ['data/generations', 'data/log', 'run', 'lib/bin', 'sys/class/net', 'log'])
      mkdirSync(join(this.folder, name), { recursive: true });
    for (const name of ['closed.nft', 'sysctl.conf', 'sh'])
      symlinkSync(join(TOP, 'rootfs/usr/lib/greengate', name), join(this.folder, 'lib', name));
    this.write('rc', '#!/bin/sh\necho "$*" >>"$(dirname "$0")/rc.log"\n', 0o755);
    atEnd(() => rmSync(this.folder, { recursive: true, force: true }));
  }

  /** Adds interfaces with a cable that ends in this namespace too, at `far-NAME`. */
  interfaces(...names: string[]): void {
    for (const name of names) this.space.ip('link', 'add', name, 'type', 'veth', 'peer', 'name', `far-${name}`);
  }

  path(name: string): string {
    return join(this.folder, name);
  }

  write(name: string, text: string, mode = 0o644): void {
    mkdirSync(join(this.path(name), '..'), { recursive: true });
    writeFileSync(this.path(name), text, { mode });
  }

  read(name: string): string {
    return existsSync(this.path(name)) ? readFileSync(this.path(name), 'utf8') : '';
  }

  /** The sentence of a word in the status file; empty when there is none. */
  status(word: string): string {
    return new RegExp(`^${word}: (.*)$`, 'm').exec(this.read('run/status'))?.[1] ?? '';
  }

  /** Puts the plan of a policy (the default one, changed by `change`) into RUN/plan. */
  plan(change: (policy: Policy) => void = () => {}, setUp = true): void {
    for (const [name, text] of Object.entries(planOf(change, setUp, 1))) this.write(`run/plan/${name}`, text);
    this.write('run/plan-name', 'generation 1\n');
  }

  /** Puts the default plan into the image's place. */
  defaultPlan(): void {
    for (const [name, text] of Object.entries(planOf(() => {}, false, 0))) this.write(`lib/default-plan/${name}`, text);
  }

  /** Writes a whole generation as the store does. */
  generation(number: number, change: (policy: Policy) => void = () => {}): void {
    const at = `data/generations/${number}`;
    const files = Object.entries(planOf(change, true, number)).map(([name, text]) => [`plan/${name}`, text] as const);
    const all = [['policy.json', '{}\n'] as const, ...files];
    for (const [name, text] of all) this.write(`${at}/${name}`, text);
    const sum = (text: string) => createHash('sha256').update(text).digest('hex');
    this.write(`${at}/SHA256SUMS`, all.map(([name, text]) => `${sum(text)}  ${name}\n`).join(''));
  }

  current(number: number): void {
    rmSync(this.path('data/current'), { force: true });
    symlinkSync(`generations/${number}`, this.path('data/current'));
  }

  /** A network card as the kernel shows it in /sys. `slot` is its place on the bus. */
  card(name: string, mac: string, slot: string, driver: string): void {
    const device = `devices/${slot}`;
    mkdirSync(this.path(`sys/${device}`), { recursive: true });
    mkdirSync(this.path(`sys/drivers/${driver}`), { recursive: true });
    rmSync(this.path(`sys/${device}/driver`), { force: true });
    symlinkSync(this.path(`sys/drivers/${driver}`), this.path(`sys/${device}/driver`));
    this.write(`sys/class/net/${name}/address`, `${mac}\n`);
    symlinkSync(this.path(`sys/${device}`), this.path(`sys/class/net/${name}/device`));
    this.interfaces(name);
    this.space.ip('link', 'set', name, 'address', mac);
  }

  /** Runs one of the box's scripts to its end. */
  script(name: string, args: string[] = [], options: { env?: Record<string, string>; input?: string } = {}): Ended {
    return this.run([join(this.path('lib/sh'), name), ...args], options);
  }

  /** Runs a program in the namespace, with the bench's shell as /bin/sh, to its end. */
  run(argv: string[], options: { env?: Record<string, string>; input?: string } = {}): Ended {
    return end(this.command(argv), { ...options, env: { ...this.env(), ...options.env } });
  }

  /** The words that start a program here. */
  command(argv: string[]): string[] {
    const inside = ['ip', 'netns', 'exec', this.space.name];
    if (this.shell === 'dash') return [...inside, ...argv];
    const swap = 'mount --bind /bin/busybox "$0" && exec "$@"';
    return [...inside, 'unshare', '-m', 'busybox', 'sh', '-c', swap, realpathSync('/bin/sh'), ...argv];
  }

  env(): Record<string, string> {
    return {
      PATH: process.env.PATH ?? '',
      GREENGATE_DATA: this.path('data'),
      GREENGATE_RUN: this.path('run'),
      GREENGATE_LIB: this.path('lib'),
      GREENGATE_LOG: this.path('log'),
      GREENGATE_RC: this.path('rc'),
    };
  }
}

const planOf = (change: (policy: Policy) => void, setUp: boolean, generation: number): Record<string, string> => {
  const policy = defaultPolicy();
  change(policy);
  return compile(policy, { ...applianceFacts(setUp, 1_795_420_000), generation }).files;
};

let count = 0;
