import type { Nic, ServiceName } from '../../src/agent/api.ts';
import { type Counters, type Flow, LoadError, type Machine } from '../../src/agent/ports.ts';
import type { Plan } from '../../src/plan/plan.ts';
import { users } from '../../src/plan/users.ts';

/** A box in memory: it holds what it was given, answers from that, and writes down what was done to it. */
export class Twin implements Machine {
  /** What the kernel holds. */
  held: Plan | null = null;
  released = false;
  memory = { total: 500_000_000, available: 300_000_000 };
  storage = { total: 500_000_000, available: 300_000_000 };
  files: Record<string, string> = {};
  traffic: Flow[] = [];
  hosts = new Map<string, string>([['192.168.51.25', '00:16:3e:00:00:25']]);
  cards: Nic[] = [
    { mac: '00:16:3e:00:00:01', name: 'green', driver: 'virtio_net', carrier: true, role: 'green' },
    { mac: '00:16:3e:00:00:02', name: 'red', driver: 'virtio_net', carrier: true, role: 'red' },
  ];
  /** What the rules of the generation in force have counted. */
  packets: Counters = {};
  done: string[] = [];
  /** Thrown by the next load. */
  refuseLoad: Error | null = null;
  /** What a load should remove stays. */
  refuseRemoval = false;
  checkProblems: Awaited<ReturnType<Machine['check']>> = [];
  refuseRestart = false;

  facts: Machine['facts'] = async () => ({
    ipv6: false,
    uids: users,
    paths: {
      run: '/run/greengate',
      data: '/var/lib/greengate',
      log: '/var/log/greengate',
      ulogdPlugins: '/usr/lib/ulogd',
    },
  });
  resolved: Machine['resolved'] = async () => new Map();
  refresh: Machine['refresh'] = async (names) => {
    this.done.push(`refresh ${names.map(({ name }) => name).join(' ')}`);
  };
  check: Machine['check'] = async () => this.checkProblems;
  load: Machine['load'] = async (plan, { staged, leaving } = {}) => {
    if (this.checkProblems.length > 0) throw new LoadError('The kernel refused this.', this.checkProblems);
    await staged?.();
    const refusal = this.refuseLoad;
    this.refuseLoad = null;
    if (refusal !== null) throw refusal;
    this.done.push(`load ${plan.generation}`);
    this.held = plan;
    this.released = false;
    if (Object.keys(this.packets).length > 0) await leaving?.(this.packets);
    if (!this.refuseRemoval) this.packets = {};
    return { removed: !this.refuseRemoval };
  };
  look: Machine['look'] = async () => {
    const bot = this.held === null ? 'unknown' : this.held.ruleset.mode === 'blocking' ? 'enabled' : 'disabled';
    return {
      generation: this.held?.generation ?? null,
      bot: this.released ? 'released' : bot,
      counters: this.packets,
    };
  };
  glance: Machine['glance'] = () => this.look();
  flows: Machine['flows'] = async () => this.traffic;
  cut: Machine['cut'] = async (flows) => {
    this.done.push(`cut ${flows.map((flow) => flow.handle).join(' ')}`);
    this.traffic = this.traffic.filter((flow) => !flows.includes(flow));
    return flows.length;
  };
  neighbours: Machine['neighbours'] = async () => this.hosts;
  nics: Machine['nics'] = async () => this.cards;
  setNics: Machine['setNics'] = async (green, red) => {
    const before = JSON.stringify(this.cards);
    this.cards = this.cards.map((card) => ({
      ...card,
      role: card.mac === green ? 'green' : card.mac === red ? 'red' : '',
    }));
    return JSON.stringify(this.cards) !== before;
  };
  timezones: Machine['timezones'] = async () => ['Europe/Berlin', 'Asia/Tokyo'];
  writePlan: Machine['writePlan'] = async (files) => {
    const changed = Object.keys(files).filter((name) => this.files[name] !== files[name]);
    this.files = { ...files };
    return changed;
  };
  applyNetwork: Machine['applyNetwork'] = async () => void this.done.push('network');
  restart: Machine['restart'] = async (service: ServiceName) => {
    if (this.refuseRestart) throw new Error(`${service} does not start`);
    this.done.push(`restart ${service}`);
  };
  running: Machine['running'] = async () => true;
  observe: Machine['observe'] = async () => {
    const card = { address: '192.168.51.254/24', mac: '00:16:3e:00:00:01', carrier: true, rxBytes: 1, txBytes: 2 };
    return {
      version: '0',
      base: 'twin',
      uptime: 5,
      memory: this.memory,
      storage: this.storage,
      green: card,
      red: { ...card, gateway: '', dns: [] },
      notices: ['RED is down.'],
    };
  };
  leases: Machine['leases'] = async () => [
    { mac: '00:16:3e:00:00:25', address: '192.168.51.25', name: 'pc', expires: 9 },
  ];
  /** What chronyd says; nothing answers it. */
  clock: Awaited<ReturnType<Machine['time']>> = {
    running: true,
    state: 'not synchronised',
    source: '',
    stratum: 0,
    offset: 0,
    sources: [],
    earliest: 1_700_000_000,
  };
  time: Machine['time'] = async () => this.clock;
  setClock: Machine['setClock'] = async (time) => void this.done.push(`clock ${time}`);
  sshFingerprints: Machine['sshFingerprints'] = async () => [{ type: 'ssh-ed25519', fingerprint: 'SHA256:twin' }];
  reboot: Machine['reboot'] = async () => void this.done.push('reboot');
  poweroff: Machine['poweroff'] = async () => void this.done.push('poweroff');
}
