import type { Facts } from '../plan/facts.ts';
import type { NameSet } from '../plan/names.ts';
import type { Plan } from '../plan/plan.ts';
import type { Problem } from '../policy/problem.ts';
import type { Policy } from '../policy/schema.ts';
import type {
  AuditLine,
  CertificateInfo,
  Certificates,
  Lease,
  Nic,
  Role,
  ServiceName,
  SshFingerprint,
  TimeState,
} from './api.ts';

/** Packets and bytes by origin. */
export type Counters = Record<string, { packets: number; bytes: number }>;

/** What a compile needs to know of the running box; the agent adds what only it knows. */
export type MachineFacts = Omit<Facts, 'generation' | 'setUp' | 'now'>;

/**
 * A conntrack entry of a host on GREEN, seen in its original direction: towards the box (`input`) or through it (`forward`).
 * Flows that begin at the box itself or outside are not listed, except FTP data that its server opens: it is shown as if the
 * host had opened it. `handle` is machine's own way to find the entry again.
 */
export type Flow = {
  direction: 'input' | 'forward';
  /** The IP protocol's number. */
  protocol: number;
  src: string;
  dst: string;
  sport: number;
  dport: number;
  /** ICMP type and code. */
  type?: number;
  code?: number;
  /** The mark of the rule that let it in; 0 for none. */
  mark: number;
  /** The kernel awaited it: a data connection of FTP, the one protocol whose helper is in use. */
  expected: boolean;
  handle: unknown;
};

/** One interface as observed. `address` is CIDR, empty when there is none. */
export type Interface = {
  address: string;
  mac: string;
  carrier: boolean;
  rxBytes: number;
  txBytes: number;
};

/** What machine observes for the status page. Times are seconds, sizes bytes; `notices` are the sentences of RUN/status worth a warning. */
export type Observed = {
  version: string;
  base: string;
  uptime: number;
  memory: { total: number; available: number };
  storage: { total: number; available: number };
  green: Interface;
  red: Interface & { gateway: string; dns: string[] };
  notices: string[];
};

/**
 * What the kernel's ruleset says of itself: its generation's number (null when it is none of ours), what its BOT chains show
 * (`released`: BOT was enabled and somebody flushed them), and what the generation has counted since it was loaded.
 */
export type Held = {
  generation: number | null;
  bot: 'disabled' | 'enabled' | 'released' | 'unknown';
  counters: Counters;
};

/** What is awaited within a load: `staged` when the kernel has taken the rules, before they are in force; `leaving` before counters go. */
export type LoadSteps = { staged?: () => Promise<void>; leaving?: (counters: Counters) => Promise<void> };

/** The running box, as the agent uses it. Implemented in `machine/`; tests have a twin in memory. */
export type Machine = {
  facts(): Promise<MachineFacts>;
  /** Every fault that `nft -c` finds in the plan's ruleset, mapped back to the policy. Changes nothing. */
  check(plan: Plan): Promise<Problem[]>;
  /**
   * Loads the plan's ruleset in three transactions. Throws `LoadError` when the kernel refuses, and what `staged` throws; the kernel then
   * still holds what it held. After any other error only `look` knows what it holds. `removed`: nothing is left of the rules before; what
   * is left has no effect, and goes with the next load.
   */
  load(plan: Plan, steps?: LoadSteps): Promise<{ removed: boolean }>;
  /** What the kernel's ruleset holds, right now. */
  look(): Promise<Held>;
  /** The same as a page may show it: up to two seconds old, never older than the last load. */
  glance(): Promise<Held>;
  flows(): Promise<Flow[]>;
  /** Deletes these flows and returns how many it found. */
  cut(flows: Flow[]): Promise<number>;
  /** The addresses that DNS names have now, by name: what the clients were answered. */
  resolved(names: NameSet[]): Promise<Map<string, string[]>>;
  /** Asks the resolver for these names and keeps their addresses; those that have no answer keep what they have. */
  refresh(names: NameSet[]): Promise<void>;
  /** MAC by IP address of the hosts on GREEN, both in normal spelling. */
  neighbours(): Promise<Map<string, string>>;

  /** Every network card; `role` is what nics.conf says. */
  nics(): Promise<Nic[]>;
  /** Writes nics.conf, durably. True when it differs from what is in force, so that it takes a reboot. */
  setNics(green: string, red: string): Promise<boolean>;
  timezones(): Promise<string[]>;
  /** Replaces RUN/plan with these files, all or none; returns the names whose content changed. */
  writePlan(files: Record<string, string>): Promise<string[]>;
  /** `sh/network apply`: addresses, routes, host name, time zone, as RUN/plan says. */
  applyNetwork(): Promise<void>;
  restart(service: ServiceName): Promise<void>;
  running(service: ServiceName): Promise<boolean>;
  observe(): Promise<Observed>;
  leases(): Promise<Omit<Lease, 'fixed'>[]>;
  /** What chronyd knows, and the image's build date. */
  time(): Promise<Omit<TimeState, 'time'>>;
  /** Sets the clock (seconds since the epoch), and keeps it for the next start. */
  setClock(time: number): Promise<void>;
  /** Of the host keys; none before SSH was first on. */
  sshFingerprints(): Promise<SshFingerprint[]>;
  reboot(): Promise<void>;
  poweroff(): Promise<void>;
};

/** The kernel refused a ruleset. The kernel is unchanged; `problems` name the policy objects at fault. */
export class LoadError extends Error {
  override readonly name = 'LoadError';
  readonly problems: Problem[];

  constructor(message: string, problems: Problem[]) {
    super(message);
    this.problems = problems;
  }
}

/** Who saved a generation, when (seconds since the epoch) and what; was set-up finished; were the starter rules once added. */
export type GenerationMeta = { user: string; time: number; what: string; setUp: boolean; starter: boolean };

/** One numbered, kept policy with its plan files. */
export type Generation = GenerationMeta & { number: number; policy: Policy; files: Record<string, string> };

/** A generation in the list; of a damaged one nothing but the number is known. */
export type ListedGeneration = Pick<GenerationMeta, 'user' | 'time' | 'what'> & { number: number; damaged: boolean };

/** A user as kept: the hash is a PHC string (`$argon2id$v=19$…`). */
export type User = { name: string; role: Role; hash: string; totp: Totp | null; tokens: ApiToken[] };

/** A second step at login (RFC 6238): the secret in base32, the time step of the last code taken, SHA-256 of the recovery codes left. */
export type Totp = { secret: string; used: number; recovery: string[] };

/** What a program logs in with: SHA-256 of the token. Times are seconds since the epoch. */
export type ApiToken = {
  id: string;
  name: string;
  hash: string;
  role: Role;
  created: number;
  expires: number | null;
  used: number | null;
};

/** One line of the audit log; the store adds the time. */
export type AuditEntry = { user: string; what: string; visitor?: string };

export type AuditQuery = { before?: number | undefined; q?: string | undefined; limit: number };

/** What is kept on the data partition. Every promise resolves only after the disk has it. */
export type Store = {
  /** The newest whole generation at or before `current`; null when there is none. Makes a notice for each one it had to pass over. */
  current(): Promise<Generation | null>;
  /** A number that no generation on the disk has, whole or half-written. */
  nextNumber(): Promise<number>;
  /** Writes a generation and makes it current. */
  save(generation: Generation): Promise<void>;
  /** Writes a generation and leaves the one before current: every start goes back to that one. */
  stage(generation: Generation): Promise<void>;
  /** Makes a staged generation current. */
  keep(number: number): Promise<void>;
  /** Makes an older one current again and forgets the newer ones: the way back after a refused load. */
  rollback(to: number): Promise<void>;
  /** Those that were confirmed and are kept still, the newest first. */
  generations(): Promise<ListedGeneration[]>;
  /** One of them; null when there is none of that number. Throws when it is damaged. */
  generation(number: number): Promise<Generation | null>;
  /** What was found at the start that nobody had confirmed, oldest first: it is gone. */
  unconfirmed(): { user: string; what: string }[];
  users(): Promise<User[]>;
  setUsers(users: User[]): Promise<void>;
  /** Leaves DATA/reset-admin, as the console does. */
  wantReset(): Promise<void>;
  /** Is DATA/reset-admin there? */
  resetWanted(): Promise<boolean>;
  resetDone(): Promise<void>;
  /** The GREEN_CIDR that was set at the console (`192.168.51.254/24`), or null. */
  greenOverride(): Promise<string | null>;
  forgetGreenOverride(): Promise<void>;
  /** What was done at the console since `consoleActsDone`, a sentence each, the oldest first. */
  consoleActs(): Promise<string[]>;
  consoleActsDone(): Promise<void>;
  audit(entry: AuditEntry): Promise<void>;
  /** The newest lines of the audit log below the id `before` that hold the text `q`; `older`: there are more. */
  auditLines(query: AuditQuery): Promise<{ lines: AuditLine[]; older: boolean }>;
  /** What went wrong while reading, in sentences for the owner. */
  notices(): string[];
};

/** Small files in RUN: gone after a reboot, replaced whole, never synced. */
export type Run = {
  read(name: string): Promise<string | null>;
  write(name: string, text: string, mode: number): Promise<void>;
  remove(name: string): Promise<void>;
};

/** The web server's certificate and the console's password file. */
export type Secrets = {
  /**
   * Makes or renews the box's own certificate unless it already has exactly these names; keeps the key. Returns the SHA-256 fingerprint of the one
   * that the pages show: an uploaded one, as long as it can be used.
   */
  certificate(address: string, names: string[]): Promise<string>;
  /** The box's own and the uploaded one. */
  certificates(): Promise<Certificates>;
  /** Keeps an uploaded certificate (PEM, with its chain) and its key, or says what is wrong with them. */
  uploadCertificate(chain: string, key: string): Promise<{ field: 'chain' | 'key'; message: string } | CertificateInfo>;
  /** Forgets the uploaded one. */
  dropCertificate(): Promise<void>;
  /** Keeps the SHA-512 crypt hash of the console's password; an empty password removes it. */
  setConsolePassword(password: string): Promise<void>;
};
