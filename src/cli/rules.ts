import { ruleSentence } from '../policy/sentence.ts';
import { formatCount } from '../web/format.ts';
import { columns, DONE, json, plain, read, type Verb } from './verb.ts';

/** The rules in their order, as sentences, with what they have counted. */
export const rules: Verb = {
  usage: 'rules',
  text: 'the rules in their order, with packets counted',
  run: async (args, io) => {
    const { flags } = read(args, {}, [0, 0]);
    const [{ policy }, { counters }] = await Promise.all([io.agent('policy.get', {}), io.agent('status', {})]);
    if (flags.json) {
      const counted = policy.rules.map((rule) => ({ ...rule, ...(counters[rule.id] ?? { packets: 0, bytes: 0 }) }));
      io.out(json(counted));
      return DONE;
    }
    const rows = policy.rules.map((rule, index) => [
      String(index + 1),
      rule.id,
      rule.enabled ? 'on' : 'off',
      formatCount(counters[rule.id]?.packets ?? 0),
      `${ruleSentence(policy, rule)}${rule.remark === '' ? '' : ` (${rule.remark})`}`,
    ]);
    io.out(columns([['No', 'Id', '', 'Packets', 'Rule'], ...rows]));
    for (const { host, action, until } of policy.blocks)
      io.out(
        `${plain(host)} is ${action === 'drop' ? 'blocked' : 'let through'}, ${until === null ? 'until unblocked' : `until ${new Date(until * 1000).toISOString()}`}\n`,
      );
    return DONE;
  },
};
