import type { Answer } from '../compile/answer.ts';
import type { Finding } from '../compile/lint.ts';
import type { Question } from '../compile/question.ts';
import type { Edit } from '../policy/edit.ts';
import type { Problem } from '../policy/problem.ts';
import type { Policy } from '../policy/schema.ts';
import type {
  Certificates,
  Lease,
  Nic,
  ServiceName,
  SshFingerprint,
  Status,
  TimeState,
  TrafficSample,
} from './api-box.ts';

/** Every verb of the agent: what goes in, what comes out. The web process and the CLI know the agent by this file only. */
export type Verbs = {
  /** Is set-up still to be done: at first use, or after the console's reset, when there is no administrator? Needs no session. */
  'setup.status': {
    in: Record<string, never>;
    out: { needed: boolean; reason: 'first' | 'reset' | null; hostname: string };
  };
  /** Checks the console's one-time code; a new one is made after 10 wrong tries. Needs no session. */
  'setup.check': {
    in: { code: string; visitor?: string };
    out: { nics: Nic[]; green: string; red: string; timezones: string[] };
  };
  /** Finishes set-up and logs in. `reason: reset` needs only code and password. `visitor` is the browser's address. */
  'setup.finish': {
    in: {
      code: string;
      password: string;
      consolePassword?: string;
      timezone?: string;
      green?: string;
      red?: string;
      block?: boolean;
      visitor: string;
    };
    out: SessionGrant;
  };
  /**
   * Who has a second step gives `code` too; without it, the right password is refused with 403 and a problem at `code`. `atConsole`: what was done
   * at the console since an administrator's last login.
   */
  login: {
    in: { user: string; password: string; visitor: string; code?: string };
    out: SessionGrant & { atConsole: string[] };
  };
  logout: { in: Record<string, never>; out: Record<string, never> };
  /** Who is logged in, with the role that this session or token has; 401 when nobody. A token has no `csrf`. */
  session: { in: { polling?: boolean }; out: { user: string; role: Role; csrf: string; totp: boolean } };
  /** Logs the user out everywhere else. */
  'password.change': { in: { old: string; new: string }; out: Record<string, never> };
  'users.list': { in: Record<string, never>; out: { users: UserInfo[] } };
  /**
   * Adds a user (`create`) or changes one. `password` is the asking administrator's own. A new password or role logs the user
   * out everywhere else; the last administrator keeps that role. `wasRole` refuses (409) when somebody else changed it meanwhile.
   */
  'users.save': {
    in: {
      name: string;
      role: Role;
      create: boolean;
      password: string;
      newPassword?: string;
      removeTotp?: boolean;
      wasRole?: Role;
    };
    out: Record<string, never>;
  };
  'users.delete': { in: { name: string; password: string }; out: Record<string, never> };
  /** A second step at login for oneself: a secret that is not in force before `totp.confirm`. */
  'totp.begin': { in: { password: string }; out: { secret: string; uri: string } };
  /** Puts it in force with a first code. The recovery codes are told once. */
  'totp.confirm': { in: { code: string }; out: { recovery: string[] } };
  'totp.remove': { in: { password: string }; out: Record<string, never> };
  /** One's own API tokens; an administrator may look at another `user`'s. */
  'tokens.list': { in: { user?: string }; out: { tokens: TokenInfo[] } };
  /** The token is told once. Its role is not above one's own; `expires` is seconds since the epoch. */
  'tokens.create': {
    in: { name: string; role: Role; expires: number | null; password: string };
    out: { token: string; id: string };
  };
  'tokens.revoke': { in: { id: string; user?: string }; out: Record<string, never> };
  /** Who changed what, the newest first: lines with an id below `before` that hold `q`. `limit` is 1 to 200. */
  'audit.get': {
    in: { before?: number; limit: number; q?: string };
    out: { lines: AuditLine[]; older: boolean };
  };

  'policy.get': { in: Record<string, never>; out: { policy: Policy; revision: number } };
  /** Applies one edit: parse, compile, save a generation, load, cut. `revision` refuses (409) when somebody else saved meanwhile. */
  'policy.edit': { in: { edit: Edit; revision?: number }; out: Changed };
  /** Keeps it: the same user, on a connection that was opened after the load (the header `x-opened`); or root. */
  'trial.keep': { in: Record<string, never>; out: { revision: number } };
  /** Puts the confirmed generation in force again. */
  'trial.undo': { in: Record<string, never>; out: { revision: number } };
  /** The same without doing it: problems, and what the rules in it change for whom, in sentences. */
  'policy.check': { in: { edit: Edit }; out: { at: string; ats?: string[]; problems: Problem[]; changes?: string[] } };
  /** What `policy.edit` would do with the same: the rules that come to mean something else, and the open connections it would cut. */
  'policy.affects': { in: { edit: Edit; revision?: number }; out: Affected };
  /** Why a packet is let through or not by the policy in force; 422 with the field in `place` when the question means nothing. */
  'policy.explain': { in: Question; out: Answer };
  /**
   * What somebody should look at in the policy in force; with `edit`, what that would add or change. `findings` null when it is not known
   * after `wait` milliseconds.
   */
  'policy.lint': {
    in: { wait: number; edit?: Edit; revision?: number };
    out: { findings: Finding[] | null; revision: number };
  };
  /** What was confirmed and is kept, the newest first. `revision` is what is in force: a change on trial is not in the list. */
  'generations.list': { in: Record<string, never>; out: { generations: GenerationInfo[]; revision: number } };
  /** What restoring it would change, in sentences, and the policy that it would put in force. */
  'generations.diff': {
    in: { number: number };
    out: { generation: GenerationInfo; differences: string[]; policy: Policy; revision: number };
  };
  /** Puts it in force again as a change like any other. BOT stays on or off, and blocked hosts stay those of now. */
  'generations.restore': { in: { number: number; revision?: number }; out: Changed };
  /** `starters`: ids of ready-made rules (`policy/starter-rules.ts`) to add with it; without it the first time adds the rule for DNS. */
  'bot.enable': { in: { starters?: string[]; revision?: number }; out: Changed };
  /** Asks for the password again. */
  'bot.disable': { in: { password: string; revision?: number }; out: Changed };

  status: { in: { visitor?: string }; out: Status };
  /** What the interfaces have carried, looked at every twenty seconds of the last hour, the oldest first. */
  'traffic.get': { in: Record<string, never>; out: { samples: TrafficSample[] } };
  /** The DNS names of the policy and the addresses that they are open for right now. */
  'names.get': { in: Record<string, never>; out: { names: { name: string; addresses: string[] }[] } };
  'leases.get': { in: Record<string, never>; out: { leases: Lease[] } };
  'nics.get': { in: Record<string, never>; out: { nics: Nic[]; green: string; red: string } };
  /** Binds GREEN and RED to NICs by MAC; takes effect at the next start (out.reboot is then true). */
  'nics.set': { in: { green: string; red: string }; out: { reboot: boolean } };
  'services.restart': { in: { name: ServiceName }; out: Record<string, never> };
  'console.password': { in: { password: string; new: string }; out: Record<string, never> };
  'time.get': { in: Record<string, never>; out: TimeState };
  /** Sets the clock to `time` (seconds since the epoch), while no time server answers. */
  'clock.set': { in: { time: number }; out: Record<string, never> };
  /** The certificates that the pages may show. */
  'certificate.get': { in: Record<string, never>; out: Certificates };
  /** PEM; 422 at `chain` or `key`. The pages show it within seconds; it is no part of a policy, and not on trial. */
  'certificate.set': { in: { chain: string; key: string }; out: { fingerprint: string } };
  /** Back to the box's own. */
  'certificate.reset': { in: Record<string, never>; out: { fingerprint: string } };
  'ssh.fingerprints': { in: Record<string, never>; out: { keys: SshFingerprint[] } };
  reboot: { in: { password: string }; out: Record<string, never> };
  poweroff: { in: { password: string }; out: Record<string, never> };

  /** Where the UI listens and under which names it may be called. Needs no session. */
  'web.config': { in: Record<string, never>; out: { address: string; port: number; names: string[] } };
  /** Forgets the administrator and shows a new set-up code at the console. Root's socket only. */
  'admin.reset': { in: Record<string, never>; out: Record<string, never> };
};

export type * from './api-box.ts';
export type { Answer, Finding, Question };

export type VerbName = keyof Verbs;

/** Longest body of the verbs that take an edit, in bytes: 10 000 rules are some 4 MB. */
export const POLICY_BODY_MAX = 8_000_000;

/** What a user may do: look; look and operate (switch rules, block for a time, restart services); everything. */
export type Role = 'viewer' | 'operator' | 'administrator';

/** What an edit would do. `number`: the rule's place afterwards. `cut`: at most 50 lines, of `connections` in all. `bot`: is it on afterwards? */
export type Affected = {
  revision: number;
  bot: boolean;
  rules: { id: string; number: number | null; rule: string; change: 'new' | 'changed' | 'gone'; sentence: string }[];
  cut: CutConnections[];
  connections: number;
};

/** Open connections that are alike. `was`: the rule that lets them through, `becomes`: what their first packet would meet. */
export type CutConnections = {
  count: number;
  from: string;
  mac: string | null;
  to: string;
  service: string;
  was: { verdict: 'accept' | 'drop' | 'reject'; rule: string | null; id: string };
  becomes: { verdict: 'accept' | 'drop' | 'reject'; rule: string | null; id: string; needsMac: boolean };
  sentence: string;
};

/** A change that is in force: its revision, how many connections it cut, and whether it is undone unless its user keeps it. */
export type Changed = { revision: number; cut: number; onTrial: boolean };

/** A policy that was in force: who made it, when (seconds since the epoch) and what. Of a damaged one nothing but the number is known. */
export type GenerationInfo = {
  number: number;
  user: string;
  time: number;
  what: string;
  damaged: boolean;
  inForce: boolean;
};

/** A fresh login. The token goes into a cookie, the CSRF value into forms. */
export type SessionGrant = { token: string; csrf: string; user: string };

/** A user, without secrets: `tokens` is how many there are. */
export type UserInfo = { name: string; role: Role; totp: boolean; tokens: number };

/** An API token, without the token. Times are seconds since the epoch. */
export type TokenInfo = {
  id: string;
  name: string;
  role: Role;
  created: number;
  expires: number | null;
  used: number | null;
};

/** One line of the audit log. `time` is seconds since the epoch; `visitor` is empty when it came from the box itself. */
export type AuditLine = { id: number; time: number; user: string; what: string; visitor: string };
