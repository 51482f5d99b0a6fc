import { ctStates, type Type, type Value } from './nft-values.ts';

/** A packet as the kernel's rules see it, and the facts around it that a test gives. */
export type Frame = {
  family: 'ip' | 'ip6';
  iif: string;
  oif: string;
  saddr: number | bigint;
  daddr: number | bigint;
  /** Null: it came without a link layer. */
  mac: number | null;
  protocol: number;
  /** The first two 16-bit words behind the IP header: ports, or ICMP's type and code and its checksum; null: the packet is shorter. */
  words: [number, number] | null;
  tcpFlags: number;
  hopLimit: number;
  ct: {
    state: 'new' | 'established' | 'related' | 'invalid';
    direction: 'original' | 'reply';
    mark: number;
    helper: string;
  };
  /** Has the source a way back by the interface it came from, and what is the destination to the box? */
  fib: { back: boolean; type: string };
  /** Seconds since the epoch. The kernel counts nanoseconds: a fraction belongs here. */
  time: number;
  skuid: number | null;
};

/** What rules change while they run. */
export type Marks = { mark: number; ctMark: number };

/** A field that rules can ask for: undefined means that this packet has none, and the rule does not match. */
export type Field = { type: Type; load: (frame: Frame, marks: Marks) => Value | undefined };

/** The field of these words (`ip saddr`), and how many words it took; null: unknown. */
export const fieldAt = (words: string[]): { field: Field; length: number } | null => {
  for (const length of [5, 2, 1]) {
    const field = fields.get(words.slice(0, length).join(' '));
    if (field !== undefined) return { field, length };
  }
  return null;
};

const TCP = 6;
const UDP = 17;

const port = (which: 0 | 1, protocol: number | null): Field => ({
  type: 'inet_service',
  // `th` reads whatever protocol lies there.
  load: (frame) => (protocol === null || frame.protocol === protocol ? frame.words?.[which] : undefined),
});

const icmp = (type: Type, family: 'ip' | 'ip6', part: 'type' | 'code'): Field => ({
  type,
  load: ({ family: own, protocol, words }) => {
    if (own !== family || protocol !== (family === 'ip' ? 1 : 58) || words === null) return undefined;
    return part === 'type' ? words[0] >> 8 : words[0] & 255;
  },
});

const address = (family: 'ip' | 'ip6', which: 'saddr' | 'daddr'): Field => ({
  type: family === 'ip' ? 'ipv4_addr' : 'ipv6_addr',
  load: (frame) => (frame.family === family ? frame[which] : undefined),
});

const iifname: Field = { type: 'ifname', load: ({ iif }) => iif };
const oifname: Field = { type: 'ifname', load: ({ oif }) => oif };

const fields = new Map<string, Field>([
  ['ip saddr', address('ip', 'saddr')],
  ['ip daddr', address('ip', 'daddr')],
  ['ip6 saddr', address('ip6', 'saddr')],
  ['ip6 daddr', address('ip6', 'daddr')],
  ['ip6 hoplimit', { type: 'integer', load: ({ family, hopLimit }) => (family === 'ip6' ? hopLimit : undefined) }],
  ['ether saddr', { type: 'ether_addr', load: ({ mac }) => mac ?? undefined }],
  ['meta l4proto', { type: 'inet_proto', load: ({ protocol }) => protocol }],
  ['meta mark', { type: 'mark', load: (_, { mark }) => mark }],
  ['meta time', { type: 'time', load: ({ time }) => time }],
  ['meta skuid', { type: 'uid', load: ({ skuid }) => skuid ?? undefined }],
  ['iifname', iifname],
  ['oifname', oifname],
  ['meta iifname', iifname],
  ['meta oifname', oifname],
  ['tcp sport', port(0, TCP)],
  ['tcp dport', port(1, TCP)],
  ['udp sport', port(0, UDP)],
  ['udp dport', port(1, UDP)],
  ['th sport', port(0, null)],
  ['th dport', port(1, null)],
  ['tcp flags', { type: 'tcp_flag', load: ({ protocol, tcpFlags }) => (protocol === TCP ? tcpFlags : undefined) }],
  ['icmp type', icmp('icmp_type', 'ip', 'type')],
  ['icmp code', icmp('icmp_code', 'ip', 'code')],
  ['icmpv6 type', icmp('icmpv6_type', 'ip6', 'type')],
  ['icmpv6 code', icmp('icmpv6_code', 'ip6', 'code')],
  ['ct state', { type: 'ct_state', load: ({ ct }) => ctStates[ct.state] }],
  ['ct direction', { type: 'ct_dir', load: ({ ct }) => ct.direction }],
  ['ct mark', { type: 'mark', load: (_, { ctMark }) => ctMark }],
  ['ct helper', { type: 'helper', load: ({ ct }) => ct.helper }],
  ['fib saddr . iif oif', { type: 'fib_oif', load: ({ fib, iif }) => (fib.back ? iif : 'missing') }],
  ['fib daddr . iif type', { type: 'fib_addrtype', load: ({ fib }) => fib.type }],
]);
