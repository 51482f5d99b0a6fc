import { type OldFrame, readFrame } from './frames.ts';
import { type Line, say } from './lines.ts';
import { isOn } from './names.ts';
import { type RuleFields, ruleFields } from './rule-fields.ts';

/** A RULE line and the time frame that belongs to it. `trouble`: why the rule must not be in force. */
export type OldRule = {
  line: Line;
  fields: RuleFields;
  index: number;
  frame: { line: Line; frame: OldFrame } | null;
  trouble: string;
};

/** The rules of a `config` file, in order, each with its frame. Lines that are neither are refused. */
export const readConfig = (lines: Line[]): OldRule[] => {
  const rules: OldRule[] = [];
  const byPlace = new Map<string, OldRule>();
  const numbers = new Map<string, number>();
  const adrift: { line: Line; frame: OldFrame }[] = [];
  for (const line of lines) {
    if (!line.open) continue;
    const [word, chain = ''] = line.text.split(',', 2);
    if (word === 'RULE') {
      const index = numbers.get(chain) ?? 0;
      numbers.set(chain, index + 1);
      const fields = ruleFields(line.text);
      if (fields === null) {
        const count = Math.max(0, line.text.split(',').length - 2);
        say(
          line,
          'refused',
          `This is no rule of BOT (28 fields) or IPCop 2 (29 fields): ${count} fields behind “${chain.slice(0, 20)}”.`,
        );
        continue;
      }
      const rule = { line, fields, index, frame: null, trouble: '' };
      rules.push(rule);
      byPlace.set(`${chain} ${index}`, rule);
    } else if (word === 'TIME') {
      const frame = readFrame(line.text);
      const last = rules.at(-1);
      if (typeof frame === 'string') say(line, 'refused', frame);
      else if (last?.fields.chain === frame.chain && last.index === frame.index && last.frame === null)
        attach(last, line, frame);
      else adrift.push({ line, frame });
    } else say(line, 'refused', 'A line here begins with RULE or TIME.');
  }
  for (const { line, frame } of adrift) {
    const rule = byPlace.get(`${frame.chain} ${frame.index}`);
    if (rule === undefined || rule.frame !== null || !isOn(rule.fields.frame))
      say(
        line,
        'refused',
        `No rule waits for this time frame: it names rule ${frame.index} of ${frame.chain.slice(0, 20)}.`,
      );
    else {
      attach(rule, line, frame);
      rule.trouble = 'Its time frame stands behind another rule, so that it may be the wrong one.';
    }
  }
  for (const rule of rules)
    if (isOn(rule.fields.frame) && rule.frame === null) rule.trouble = 'Its time frame is missing or not understood.';
  return rules;
};

/** The frame of a rule that does not use it is told, and does not come along. */
const attach = (rule: OldRule, line: Line, frame: OldFrame): void => {
  if (isOn(rule.fields.frame)) rule.frame = { line, frame };
  else say(line, 'note', 'The time frame was switched off.');
};
