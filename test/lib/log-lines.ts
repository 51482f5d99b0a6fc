/** A connection try of 192.168.51.25 to port 800 as ulogd 2.0.8 wrote it, one line; `change` replaces fields of it. */
export const packetLine = (change: Record<string, unknown> = {}): string => JSON.stringify({ ...packet, ...change });

const packet = {
  timestamp: '2026-11-22T20:47:54.369525',
  'oob.prefix': 'GREEN DROP default',
  'oob.time.sec': 1795380474,
  'oob.time.usec': 369525,
  'oob.in': 'green',
  'oob.out': '',
  'ip.protocol': 6,
  src_ip: '192.168.51.25',
  dest_ip: '192.168.51.254',
  src_port: 52416,
  dest_port: 800,
  'mac.saddr.str': '00:16:3e:00:00:25',
};
