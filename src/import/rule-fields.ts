const botNames = [
  'enabled',
  'mode',
  'srcNetType',
  'srcNet',
  'invSrcNet',
  'srcType',
  'src',
  'invSrc',
  'srcPort',
  'invSrcPort',
  'dstNetType',
  'dstNet',
  'invDstNet',
  'dstType',
  'dst',
  'invDst',
  'serviceType',
  'service',
  'log',
  'limitFor',
  'limitType',
  'limit',
  'stringOn',
  'string',
  'invString',
  'action',
  'frame',
  'remark',
] as const;

const ipcopNames = [
  'enabled',
  'mode',
  'srcNetType',
  'srcNet',
  'srcType',
  'src',
  'invSrc',
  'srcPort',
  'invSrcPort',
  'extAddress',
  'extServiceType',
  'extService',
  'dstNetType',
  'dstNet',
  'dstType',
  'dst',
  'invDst',
  'serviceType',
  'service',
  'log',
  'limitFor',
  'limitType',
  'limit',
  'stringOn',
  'string',
  'invString',
  'action',
  'frame',
  'remark',
] as const;

type Field = (typeof botNames)[number] | (typeof ipcopNames)[number];

/** A RULE line taken apart. `chain` is its second word; fields that the dialect does not have are empty. */
export type RuleFields = Record<Field, string> & { dialect: 'BOT' | 'IPCop 2'; chain: string };

/**
 * The fields of a RULE line: 28 of BOT, 29 of IPCop 2 behind `RULE,<chain>,`. The remark comes last and may hold commas, so that the
 * number alone does not tell the dialect: the place of the source's kind does. Null when it is neither.
 */
export const ruleFields = (text: string): RuleFields | null => {
  const [, chain = '', ...fields] = text.split(',');
  const dialect = dialectOf(chain, fields);
  if (dialect === null) return null;
  const names = dialect === 'BOT' ? botNames : ipcopNames;
  if (fields.length < names.length - 1) return null;
  const found = Object.fromEntries([...botNames, ...ipcopNames].map((name) => [name, '']));
  names.forEach((name, index) => {
    found[name] = (fields[index] ?? '').trim();
  });
  found.remark = fields
    .slice(names.length - 1)
    .join(',')
    .trim();
  return { ...(found as Record<Field, string>), dialect, chain };
};

const dialectOf = (chain: string, fields: string[]): RuleFields['dialect'] | null => {
  const bot = isFlag(fields[4]) && isSource(fields[5]);
  const ipcop = isSource(fields[4]) && isFlag(fields[6]);
  if (chain === 'FORWARD') return bot ? 'BOT' : null;
  if (['OUTGOING', 'EXTERNAL', 'PINHOLES', 'PORTFW'].includes(chain)) return ipcop ? 'IPCop 2' : null;
  if (chain !== 'INPUT') return null;
  return bot ? 'BOT' : ipcop ? 'IPCop 2' : null;
};

const isFlag = (text = ''): boolean => /^(on|off|-|)$/i.test(text.trim());

const isSource = (text = ''): boolean => /^(default|cust|group|text)Src/i.test(text.trim());
