import { chownSync, cpSync, mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { uptime } from 'node:os';
import { join } from 'node:path';
import type { VerbName, Verbs } from '../../../src/agent/api.ts';
import { connectAgent } from '../../../src/agent/client.ts';
import { compile } from '../../../src/compile/compile.ts';
import { applianceFacts } from '../../../src/plan/facts.ts';
import { users } from '../../../src/plan/users.ts';
import { defaultPolicy } from '../../../src/policy/defaults.ts';
import { Host } from '../../appliance/lib/host.ts';
import { makeNamespace, type Namespace } from '../../appliance/lib/namespace.ts';
import { NODE, run, runFolder, sleep, TOP } from '../../appliance/lib/process.ts';
import { BOX_MAC, type Topology } from '../../appliance/lib/topology.ts';

/**
 * A Greengate without an image: a namespace with interfaces `green` and `red`, in which the box's own scripts, the real
 * agent, nft, squid, dnsmasq and ulogd run from source. Everything it writes is below one folder of this run.
 */
export class LabBox {
  readonly space: Namespace;
  readonly folder: string;
  readonly host: Host;
  readonly env: NodeJS.ProcessEnv;
  /** Is what a call changes kept at once, by another call? Else it is on trial, and the next change keeps it. */
  keeps = true;
  #token = '';

  constructor(topology: Topology) {
    this.space = makeNamespace('box');
    for (const colour of ['green', 'red'] as const) plug(topology, this.space, colour);
    this.host = new Host(this.space, BOX_MAC.green);
    this.folder = join(runFolder(), this.space.name);
    this.env = environment(this.folder);
    layOut(this.space, this.folder);
  }

  /** Boot as the box boots: closed, the plan, its rules, the interfaces, then the daemons and the agent. RED is static here. */
  async boot(services: string[] = ['squid', 'dnsmasq', 'ulogd', 'agent']): Promise<void> {
    this.sh(['nft', '-f', join(LIB, 'closed.nft')]);
    for (const step of [['plan'], ['rules'], ['network', 'up']])
      this.sh([join(LIB, 'sh', step[0] ?? ''), ...step.slice(1)]);
    for (const name of services) this.rc(name, 'start');
    if (services.includes('agent')) await this.answering();
  }

  /** Runs a program in the box, to its end. */
  sh(argv: string[]): string {
    return run(['ip', 'netns', 'exec', this.space.name, ...argv], { env: this.env, seconds: 60 });
  }

  /** The lab's service manager. */
  rc(name: string, verb: 'start' | 'stop' | 'restart'): void {
    this.sh([join(import.meta.dirname, 'rc'), name, verb]);
  }

  /** Calls a verb as the web process would for somebody who has connected now; remembers the session it is given. Throws `AgentRefusal`. */
  async call<V extends VerbName>(verb: V, input: Verbs[V]['in']): Promise<Verbs[V]['out']> {
    const agent = connectAgent(join(this.folder, 'run/web.sock'), 60_000, uptime);
    const answer = await agent(verb, input, this.#token || undefined);
    if ('token' in answer) this.#token = answer.token;
    if (this.keeps && 'onTrial' in answer && answer.onTrial) {
      // The uptime has hundredths of a second, and a connection of the same one is not a later one.
      await sleep(20);
      await agent('trial.keep', {}, this.#token);
    }
    return answer;
  }

  /** Waits until the agent answers. */
  async answering(seconds = 30): Promise<void> {
    for (const end = Date.now() + seconds * 1000; ; await sleep(200)) {
      if (
        await this.call('setup.status', {}).then(
          () => true,
          () => false,
        )
      )
        return;
      if (Date.now() > end)
        throw new Error(`The agent did not answer within ${seconds} s: see ${this.folder}/agent.log`);
    }
  }
}

const LIB = join(TOP, 'rootfs/usr/lib/greengate');

const plug = ({ middle }: Topology, space: Namespace, colour: 'green' | 'red'): void => {
  const outside = `box-${colour}`;
  middle.ip('link', 'add', outside, 'type', 'veth', 'peer', 'name', colour, 'netns', space.name);
  middle.ip('link', 'set', outside, 'master', `br-${colour}`, 'up');
  space.ip('link', 'set', colour, 'address', BOX_MAC[colour]);
};

const environment = (folder: string): NodeJS.ProcessEnv => ({
  PATH: '/usr/sbin:/usr/bin:/sbin:/bin',
  GREENGATE_DATA: join(folder, 'data'),
  GREENGATE_RUN: join(folder, 'run'),
  GREENGATE_LIB: join(folder, 'lib'),
  GREENGATE_LOG: join(folder, 'log'),
  GREENGATE_RC: join(import.meta.dirname, 'rc'),
  GREENGATE_LAB: folder,
  GREENGATE_NODE: NODE,
  GREENGATE_TOP: TOP,
  // chrony is unpacked where it is not installed.
  GREENGATE_TOOLS: join(TOP, 'build/tools/chrony/usr/bin'),
});

/** The box's folders and users; `ip netns exec` lays /etc/netns/NAME over /etc. */
const layOut = (space: Namespace, folder: string): void => {
  rmSync(folder, { recursive: true, force: true });
  const own = { squid: users.squid, dnsmasq: users.dnsmasq, chrony: users.chrony };
  for (const name of ['run', 'log', 'lib', ...Object.keys(own).map((one) => `data/${one}`)])
    mkdirSync(join(folder, name), { recursive: true });
  for (const [name, uid] of Object.entries(own)) chownSync(join(folder, 'data', name), uid, uid);
  // squid and ulogd write here under different users; on the box a group does this.
  run(['chmod', '1777', join(folder, 'log')]);
  const etc = `/etc/netns/${space.name}`;
  mkdirSync(etc, { recursive: true });
  for (const name of ['passwd', 'group', 'shadow']) cpSync(join(TOP, 'rootfs/etc', name), join(etc, name));
  writeFileSync(join(etc, 'resolv.conf'), 'nameserver 127.0.0.1\n');
  writeFileSync(join(folder, 'data/nics.conf'), `GREEN_MAC=${BOX_MAC.green}\nRED_MAC=${BOX_MAC.red}\n`);
  for (const name of ['sh', 'closed.nft', 'sysctl.conf', 'kernel.conf'])
    symlinkSync(join(LIB, name), join(folder, 'lib', name));
  const facts = applianceFacts(false, Math.floor(Date.now() / 1000), ULOGD_PLUGINS);
  const paths = {
    run: join(folder, 'run'),
    data: join(folder, 'data'),
    log: join(folder, 'log'),
    ulogdPlugins: ULOGD_PLUGINS,
  };
  mkdirSync(join(folder, 'lib/default-plan'));
  const { files } = compile(defaultPolicy(), { ...facts, paths });
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, 'lib/default-plan', name), text);
};

const ULOGD_PLUGINS = '/usr/lib/x86_64-linux-gnu/ulogd';
