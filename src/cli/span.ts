import { UsageError } from './verb.ts';

/** Seconds of a span such as `90s`, `30m`, `2h`, `1d` or `1h30m`; at most 366 days. */
export const spanOf = (text: string): number => {
  if (!/^(\d{1,7}[smhd])+$/.test(text)) throw wrong(text);
  const seconds = [...text.matchAll(/(\d+)([smhd])/g)].reduce(
    (sum, [, count, unit]) => sum + Number(count) * (units[unit ?? ''] ?? 0),
    0,
  );
  if (seconds < 1 || seconds > 366 * 86400) throw wrong(text);
  return seconds;
};

const units: Record<string, number> = { s: 1, m: 60, h: 3600, d: 86400 };

const wrong = (text: string): UsageError =>
  new UsageError(`“${text}” is no span of time. Write 30m, 2h or 1d, at most 366d.`);
