/** `1.4 GB`. Sizes in steps of 1000, as network people count. */
export const formatBytes = (bytes: number): string => {
  const units = ['B', 'kB', 'MB', 'GB', 'TB', 'PB'];
  const step = Math.min(Math.floor(Math.log10(Math.max(bytes, 1)) / 3), units.length - 1);
  const scaled = bytes / 1000 ** step;
  return `${step === 0 || scaled >= 100 ? Math.round(scaled) : scaled.toFixed(1)} ${units[step]}`;
};

/** `1.4 Mbit/s`, from bytes a second. */
export const formatRate = (bytes: number): string => {
  const bits = bytes * 8;
  const units = ['bit/s', 'kbit/s', 'Mbit/s', 'Gbit/s', 'Tbit/s'];
  const step = Math.min(Math.floor(Math.log10(Math.max(bits, 1)) / 3), units.length - 1);
  const scaled = bits / 1000 ** step;
  return `${step === 0 || scaled >= 100 ? Math.round(scaled) : scaled.toFixed(1)} ${units[step]}`;
};

/** `1 234 567`, with thin spaces between thousands. */
export const formatCount = (count: number): string => String(Math.round(count)).replace(/\B(?=(\d{3})+$)/g, '\u202f');

/** `3 days 4 hours`, `12 minutes`: a time span in its two largest units. Seconds in. */
export const formatSpan = (seconds: number): string => {
  const parts: [number, string][] = [
    [Math.floor(seconds / 86400), 'day'],
    [Math.floor(seconds / 3600) % 24, 'hour'],
    [Math.floor(seconds / 60) % 60, 'minute'],
    [Math.floor(seconds) % 60, 'second'],
  ];
  const first = parts.findIndex(([count]) => count > 0);
  if (first < 0) return '0 seconds';
  return parts
    .slice(first, first + 2)
    .filter(([count]) => count > 0)
    .map(([count, unit]) => `${count} ${unit}${count === 1 ? '' : 's'}`)
    .join(' ');
};

/** `22 Nov 20:45:03` in the zone of the box. Seconds since the epoch in. An unknown zone counts as UTC. */
export const formatTime = (time: number, zone: string): string => {
  const parts = new Map(
    formatter(zone)
      .formatToParts(time * 1000)
      .map(({ type, value }) => [type, value]),
  );
  return `${parts.get('day')} ${parts.get('month')} ${parts.get('hour')}:${parts.get('minute')}:${parts.get('second')}`;
};

/** `2026-11-22T20:45:03.000Z`, for the machine-readable side of a time. */
export const isoTime = (time: number): string => new Date(time * 1000).toISOString();

/** `3 minutes ago`. */
export const formatAgo = (time: number, now: number): string => {
  const span = Math.max(0, now - time);
  if (span < 2) return 'just now';
  const [first = '', unit = ''] = formatSpan(span).split(' ');
  return `${first} ${unit} ago`;
};

const formatters = new Map<string, Intl.DateTimeFormat>();

const formatter = (zone: string): Intl.DateTimeFormat => {
  const kept = formatters.get(zone);
  if (kept !== undefined) return kept;
  const made = new Intl.DateTimeFormat('en-GB', { ...timeParts, timeZone: knownZone(zone) });
  formatters.set(zone, made);
  return made;
};

const timeParts = {
  day: '2-digit',
  month: 'short',
  hour: '2-digit',
  minute: '2-digit',
  second: '2-digit',
  hourCycle: 'h23',
} as const;

const knownZone = (zone: string): string => {
  try {
    return new Intl.DateTimeFormat('en-GB', { timeZone: zone }).resolvedOptions().timeZone;
  } catch {
    return 'UTC';
  }
};
