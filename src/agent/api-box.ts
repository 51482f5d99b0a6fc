/** A daemon of the box, as the verbs of `api.ts` name it. Whoever asks the agent takes this and all below from there. */
export type ServiceName = 'squid' | 'dnsmasq' | 'ulogd' | 'chronyd' | 'web' | 'red-dhcp' | 'sshd';

/** A network card: its MAC is its identity, the rest is for recognising it. */
export type Nic = { mac: string; name: string; driver: string; carrier: boolean; role: 'green' | 'red' | '' };

/** A host key: `ssh-ed25519`, `SHA256:…`. */
export type SshFingerprint = { type: string; fingerprint: string };

/**
 * The clock and what chronyd knows. Times are seconds since the epoch, offsets seconds. `running`: chronyd answers. `state`: a time server is
 * followed, the clock was set by hand, or neither. `earliest` is the image's build date: no clock can be right before it.
 */
export type TimeState = {
  time: number;
  earliest: number;
  running: boolean;
  state: 'synchronised' | 'by hand' | 'not synchronised';
  /** The server that is followed, how far it is from a clock of its own, and how much the box's clock differs. */
  source: string;
  stratum: number;
  offset: number;
  /** `word` is what chronyd makes of it; `offset` null while it does not answer. */
  sources: { address: string; word: string; stratum: number; offset: number | null }[];
};

/** What the interfaces had carried at a moment (seconds since the epoch): bytes since they came up. */
export type TrafficSample = { time: number; green: Carried; red: Carried };
export type Carried = { received: number; sent: number };

/** A DHCP lease of dnsmasq. `expires` is seconds since the epoch, 0 for never. */
export type Lease = { mac: string; address: string; name: string; expires: number; fixed: boolean };

/** A change that is in force and not confirmed. `left` is seconds; `mine`: the one who asks made it, and can keep it. */
export type TrialState = { revision: number; what: string; user: string; left: number; mine: boolean };

/** What is observed on the box, for Home and the bar on top. Times are seconds since the epoch, sizes bytes. */
export type Status = {
  version: string;
  base: string;
  time: number;
  uptime: number;
  timezone: string;
  hostname: string;
  bot: 'disabled' | 'enabled' | 'released';
  /** BOT has never been enabled: ready-made rules are offered. */
  firstEnable: boolean;
  /** The change that is on trial; null when every change was kept or undone. */
  trial: TrialState | null;
  /** Sentences worth a warning: RED down, RED overlaps GREEN, DHCP not served, data partition missing … */
  notices: string[];
  green: { address: string; mac: string; carrier: boolean; rxBytes: number; txBytes: number };
  red: {
    mode: 'dhcp' | 'static';
    address: string;
    gateway: string;
    dns: string[];
    mac: string;
    carrier: boolean;
    rxBytes: number;
    txBytes: number;
  };
  services: { name: ServiceName; running: boolean }[];
  memory: { total: number; available: number };
  storage: { total: number; available: number };
  /** Packets and bytes per origin since boot, loads included. */
  counters: Record<string, { packets: number; bytes: number }>;
  /** When the agent last saw a counter grow, by origin: to the minute, since the agent’s start. */
  hits: Record<string, number>;
  /** Of the asking browser, from the neighbour table: for prefilling Admin MAC. */
  visitorMac: string;
};

/** A certificate in words. Times are seconds since the epoch; `names` are those it is valid for, addresses among them. */
export type CertificateInfo = {
  fingerprint: string;
  subject: string;
  issuer: string;
  names: string[];
  from: number;
  to: number;
};

/** `uploaded.usable` false: it has expired or cannot be read, and the box shows its own. */
export type Certificates = {
  own: CertificateInfo | null;
  uploaded: { info: CertificateInfo | null; usable: boolean } | null;
};
