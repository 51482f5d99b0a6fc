import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';

/** The mark of everything hostile: no page of ours has a tag, attribute or entity of that name. */
export const MARK = 'zqx';
/** What a template language or script that ran a hostile text would have made of it. */
export const COMPUTED = '53743561';
/** The file that a shell which ran a hostile text would have made. */
export const CANARY = join(tmpdir(), `greengate-${MARK}-${process.pid}`);

const nasty = [
  `<${MARK} on${MARK}=1>`,
  `"><${MARK}>`,
  `" on${MARK}="1`,
  `' ${MARK}='1`,
  ` ${MARK}=1 `,
  `</title></textarea></script><script>globalThis.${MARK}=1</script>`,
  `<img src=x onerror=${MARK}()>`,
  `javascript:${MARK}()`,
  `//${MARK}.example/`,
  `/\\${MARK}.example/`,
  `https://${MARK}.example/`,
  `data:text/html,<${MARK}>`,
  `&${MARK};&lt;${MARK}&gt;`,
  `{{7331*7331}}{% set x %}\${7331*7331}<%= 7331*7331 %>#{7331*7331}`,
  '{{constructor.constructor("return 7331*7331")()}}',
  `$(touch ${CANARY})`,
  `\`touch ${CANARY}\``,
  `; touch ${CANARY};`,
  `'; touch ${CANARY}; '`,
  `| touch ${CANARY}`,
  `"; drop table firewall; --`,
  `' OR 1=1 --`,
  `%' ESCAPE '`,
  `\r\nSet-Cookie: ${MARK}=1\r\n\r\n<${MARK}>`,
  `\nflush ruleset\n`,
  `}\ntable inet ${MARK} {}\n`,
  `#\n`,
  '\0',
  '\ud800',
  '\u202e\u2066rtl',
  '\x1b[2J\x1b]0;owned\x07',
  '../../../../etc/passwd',
  '..%2f..%2fetc%2fpasswd',
  '%00',
  '%',
  '%zz',
  '__proto__',
  'constructor',
  'toString',
  'hasOwnProperty',
  '',
  ' ',
  'null',
  'undefined',
  'NaN',
  '-1',
  '0',
  '1e309',
  '99999999999999999999',
  '0x10',
  '٣',
  'İstanbul',
  'ﬁ',
];

/** What fields take, so that cases get beyond the first check. */
const plausible = [
  '192.168.51.25',
  '192.168.51.0/24',
  '192.168.51.1-192.168.51.9',
  '10.1.2.3',
  '203.0.113.10',
  '2001:db8::1',
  '::/0',
  '00:16:3e:00:00:25',
  'www.example.org',
  'tcp/25',
  'icmp/8',
  '80',
  '1024-65535',
  '80,443',
  'on',
  'save',
  'next',
  'any',
  'accept',
  'drop',
  'reject',
  'admin',
  'eva',
  'HTTPS',
  'SSH',
  'Office',
  'Reception',
  'r1',
  'r2',
  'addresses',
  'services',
  'Europe/Berlin',
  '2026-12-01',
  '08:30',
  '1900000000',
  '1',
  '7',
  '3600',
];

/** A text of a stranger. */
export const words: fc.Arbitrary<string> = fc.oneof(
  { weight: 5, arbitrary: fc.constantFrom(...nasty) },
  { weight: 5, arbitrary: fc.constantFrom(...plausible) },
  {
    weight: 2,
    arbitrary: fc.tuple(fc.constantFrom(...plausible), fc.constantFrom(...nasty)).map((two) => two.join('')),
  },
  { weight: 1, arbitrary: fc.string({ unit: 'binary', maxLength: 30 }) },
  { weight: 1, arbitrary: fc.string({ unit: 'grapheme', maxLength: 20 }) },
  {
    weight: 1,
    arbitrary: fc
      .tuple(
        fc.constantFrom('a', '<', '(', ' ', 'é', '0', '.', '-', ',', '/', '%', '\\', '𐍈'),
        fc.constantFrom(63, 300, 9_000),
      )
      .map(([one, times]) => one.repeat(times)),
  },
);

/** Any JSON: leaves of strangers, keys that objects have already. */
export const json: fc.Arbitrary<unknown> = fc.letrec((tie) => ({
  value: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    words,
    fc.constantFrom(null, true, false, 0, -1, 1, 2 ** 31, 2 ** 53, -0.5, 1e308),
    fc.integer({ min: -5, max: 70_000 }),
    fc.array(tie('value'), { maxLength: 4 }),
    fc
      .array(fc.tuple(fc.oneof(words, fc.constantFrom('name', 'value', 'do', 'kind', 'id', 'remark')), tie('value')), {
        maxLength: 4,
      })
      .map((pairs) => Object.fromEntries(pairs)),
  ),
})).value;

/** A number drawn for each choice that the running case makes by itself, so that its seed repeats it. */
export const dice: fc.Arbitrary<number[]> = fc.array(fc.nat(1_000_000), { minLength: 12, maxLength: 12 });

/** One number of them all: each alone is drawn from the edges half of the time, and would miss what lies between. */
export const mixed = (drawn: readonly number[]): number => drawn.reduce((sum, one) => (sum * 31 + one) % 1_000_003, 7);

/** One of a list by a drawn number. Undefined only of an empty list. */
export const pick = <T>(list: readonly T[], drawn: number | undefined): T => list[(drawn ?? 0) % list.length] as T;

/** In an address; what has a percent sign of its own stays as it is, however wrong. */
export const spelled = (text: string): string =>
  /^[%\w.]*%[%\w.]*$/.test(text) ? text : encodeURIComponent(text.toWellFormed());
