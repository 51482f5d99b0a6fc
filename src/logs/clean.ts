/**
 * Text of a stranger made harmless to look at: control characters and the marks that reverse the reading direction become `\uFFFD`,
 * and at most `max` characters are kept. HTML is not its business: views escape.
 */
export function clean(value: unknown, max: number): string {
  if (typeof value !== 'string') return '';
  return value.slice(0, max).replace(UNSEEN, '\uFFFD');
}

/** A whole number within the bounds, also when written as a text of digits; else null. */
export function wholeNumber(value: unknown, min: number, max: number): number | null {
  const number = typeof value === 'string' && /^\d{1,16}$/.test(value) ? Number(value) : value;
  return typeof number === 'number' && Number.isInteger(number) && number >= min && number <= max ? number : null;
}

/** A time in seconds since the epoch, between 1970 and 2242; else null. Texts such as `1700000000.123` count. */
export function epochSeconds(value: unknown): number | null {
  const number = typeof value === 'string' && /^\d{1,11}(\.\d{1,9})?$/.test(value) ? Number(value) : value;
  return typeof number === 'number' && number > 0 && number < 2 ** 33 ? number : null;
}

/** The object that a line of JSON holds; null for anything else. */
export function jsonObject(line: string): Record<string, unknown> | null {
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? (value as Record<string, unknown>)
      : null;
  } catch {
    return null;
  }
}

const UNSEEN = /[\p{Cc}\p{Cs}\u2028-\u202E\u2066-\u2069\u200E\u200F\u061C]/gu;
