import type { Frame, Rule } from '../policy/schema.ts';
import { type Catalogue, NOWHERE } from './catalogue.ts';
import type { OldRule } from './config.ts';
import { framesOf } from './frames.ts';
import { say } from './lines.ts';
import { cleanText } from './names.ts';
import { readRule } from './rules.ts';
import type { Draft } from './settle.ts';

/**
 * What is done with advanced rules, time frames and source ports while the old box had advanced mode off. `as-ran`: as it did, rules
 * off, frames and source ports ignored. `closed`: of both whatever lets less through.
 */
export type Advanced = 'as-written' | 'as-ran' | 'closed';

/** Puts the old rules into the draft, in order. Answers how many of them depend on advanced mode. */
export const placeRules = (
  old: OldRule[],
  catalogue: Catalogue,
  draft: Draft,
  advanced: Advanced,
  ids: () => string,
): number => {
  const seen = new Map<string, number>();
  let asked = 0;
  for (const one of old) {
    if (isElsewhere(one.fields.chain)) {
      placeNote(one, draft, ids);
      continue;
    }
    const { rule, off, notes, review } = readRule(one.fields, catalogue);
    const choice = chosen(one, rule, advanced);
    if (choice.asked) asked += 1;
    if (choice.off !== '') off.push(choice.off);
    if (one.trouble !== '' && !choice.plain) off.push(one.trouble);
    const plain = choice.plain ? { ...rule, sourcePorts: '', invertSourcePorts: false } : rule;
    const frames = one.frame === null || choice.plain ? [null] : framesOf(one.frame.frame);
    const again = sameAs(seen, plain, frames, one.line.report.line);
    if (off.length === 0 && again !== null) off.push(`The same as line ${again}.`);
    const lines = one.frame === null ? [one.line] : [one.line, one.frame.line];
    const reason = off.filter((text) => text !== SWITCHED_OFF).join(' ');
    for (const frame of frames)
      draft.rules.push({
        value: { ...plain, id: ids(), enabled: off.length === 0, frame, remark: remarkOf(plain.remark, reason) },
        lines,
        old: '',
      });
    const told = [...off, ...notes, choice.asked ? choice.note : ''].filter((text) => text !== '').join(' ');
    say(one.line, off.length === 0 ? 'imported' : 'imported disabled', told, review || choice.asked);
    if (one.frame !== null) tellFrame(one.frame.line, frames, choice.plain, off.length === 0);
  }
  return asked;
};

const SWITCHED_OFF = 'It was switched off.';

const isElsewhere = (chain: string): boolean => ['EXTERNAL', 'PINHOLES', 'PORTFW'].includes(chain);

type Choice = { asked: boolean; off: string; note: string; plain: boolean };

/** `plain`: without frame and source ports. What lets less through is the rule as written if it lets through, and the wider one if it denies. */
const chosen = ({ fields }: OldRule, rule: ReturnType<typeof readRule>['rule'], advanced: Advanced): Choice => {
  const parts = fields.frame.toLowerCase() === 'on' || rule.sourcePorts !== '';
  const whole = fields.mode.toLowerCase() === 'adv';
  const none = { asked: parts || whole, off: '', note: 'It uses advanced mode; in force as written.', plain: false };
  if (!parts && !whole) return none;
  if (advanced === 'as-written') return none;
  const off = 'Advanced mode was off, and the old box did not apply it.';
  if (advanced === 'as-ran')
    return {
      ...none,
      plain: parts,
      off: whole ? off : '',
      note: parts ? 'Advanced mode was off: time frame and source port are left out, as the old box did.' : '',
    };
  if (rule.action === 'accept')
    return {
      ...none,
      off: whole ? off : '',
      note: parts ? 'Advanced mode was off; its time frame and source port count here.' : '',
    };
  const denies = rule.action !== 'log';
  return {
    ...none,
    plain: parts && denies,
    note:
      parts && denies
        ? 'Advanced mode was off: time frame and source port are left out, as the old box did.'
        : none.note,
  };
};

/** Line of an earlier rule that is the same; a limit on the action counts anew in each rule. */
const sameAs = (seen: Map<string, number>, rule: object, frames: (Frame | null)[], line: number): number | null => {
  const { remark: _, enabled, ...rest } = rule as Rule;
  if (!enabled || (rest.limit !== null && rest.limit.for !== 'log')) return null;
  const key = JSON.stringify([rest, frames]);
  const found = seen.get(key) ?? null;
  if (found === null) seen.set(key, line);
  return found;
};

const remarkOf = (remark: string, reason: string): string =>
  reason === '' ? remark : cleanText(`${remark} [off: ${reason}]`, 200);

const tellFrame = (line: OldRule['line'], frames: (Frame | null)[], plain: boolean, inForce: boolean): void => {
  if (plain) {
    say(line, 'note', 'Advanced mode was off: the time frame is left out, as the old box did.', true);
    return;
  }
  const split =
    frames.length > 1
      ? ' It goes over midnight: it is two rules here, for the old box asked for the day of the moment.'
      : '';
  say(
    line,
    inForce ? 'imported' : 'imported disabled',
    `Check the days: older files may have counted them from Monday.${split}`,
    true,
  );
};

/** Rules for what comes in from RED or goes between other networks: the words stay, in a rule that is off and denies nothing that there is. */
const placeNote = ({ line, fields, frame }: OldRule, draft: Draft, ids: () => string): void => {
  const what =
    { EXTERNAL: 'external access', PINHOLES: 'internal traffic', PORTFW: 'port forwarding' }[fields.chain] ?? '';
  const parts = [
    fields.srcNet,
    fields.src,
    fields.extAddress,
    fields.extService,
    '→',
    fields.dstNet,
    fields.dst,
    fields.service,
  ];
  const words = parts.filter((part) => part !== '' && part !== '-' && part !== '--').join(' ');
  const remark = cleanText(
    `Not carried over, ${what}: ${words}${fields.remark === '' ? '' : ` (${fields.remark})`}`,
    200,
  );
  const value: Rule = {
    id: ids(),
    enabled: false,
    source: { kind: 'any' },
    sourcePorts: '',
    invertSourcePorts: false,
    destination: { kind: 'typed', value: NOWHERE, invert: false },
    service: { kind: 'any' },
    action: 'drop',
    log: false,
    limit: null,
    frame: null,
    expires: null,
    heading: 'Not carried over',
    remark,
  };
  const lines = frame === null ? [line] : [line, frame.line];
  draft.rules.push({ value, lines, old: '' });
  for (const one of lines)
    say(one, 'note', `Greengate has no ${what}: the line is kept as the remark of a rule that is off.`);
};
