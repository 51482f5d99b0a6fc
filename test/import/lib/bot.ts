/** Lines of BOT's `config`, from what differs from a plain rule. */
export type Parts = Partial<{
  chain: string;
  enabled: string;
  mode: string;
  srcNetType: string;
  srcNet: string;
  invSrcNet: string;
  srcType: string;
  src: string;
  invSrc: string;
  srcPort: string;
  invSrcPort: string;
  dstNetType: string;
  dstNet: string;
  invDstNet: string;
  dstType: string;
  dst: string;
  invDst: string;
  serviceType: string;
  service: string;
  log: string;
  limitFor: string;
  limitType: string;
  limit: string;
  action: string;
  frame: string;
  remark: string;
}>;

/** A rule of BOT with 28 fields; it accepts everything from GREEN to RED unless told otherwise. */
export const bot = (parts: Parts = {}): string => {
  const p = {
    chain: 'FORWARD',
    enabled: 'on',
    mode: 'std',
    srcNetType: 'defaultSrcNet',
    srcNet: 'Green',
    invSrcNet: 'off',
    srcType: 'defaultSrcAdr',
    src: 'Any',
    invSrc: 'off',
    srcPort: '-',
    invSrcPort: 'off',
    dstNetType: 'colorDestNet',
    dstNet: 'RED_COLOR',
    invDstNet: 'off',
    dstType: 'defaultDstIP',
    dst: 'Any',
    invDst: 'off',
    serviceType: '-',
    service: '-',
    log: 'off',
    limitFor: 'log',
    limitType: 'average',
    limit: '10/minute',
    action: 'accept',
    frame: 'off',
    remark: '',
    ...parts,
  };
  return `RULE,${p.chain},${p.enabled},${p.mode},${p.srcNetType},${p.srcNet},${p.invSrcNet},${p.srcType},${p.src},${p.invSrc},${p.srcPort},${p.invSrcPort},${p.dstNetType},${p.dstNet},${p.invDstNet},${p.dstType},${p.dst},${p.invDst},${p.serviceType},${p.service},${p.log},${p.limitFor},${p.limitType},${p.limit},off,-,-,${p.action},${p.frame},${p.remark}`;
};

/** A rule of IPCop 2 with 29 fields. */
export const ipcop = (chain: string, parts: Parts & { ext?: string } = {}): string => {
  const words = bot({ dstNetType: 'defaultDestNet', dstNet: 'Red', ...parts }).split(',');
  const fields = words.slice(2);
  fields.splice(12, 1);
  fields.splice(4, 1);
  fields.splice(9, 0, parts.ext ?? '-', '-', '-');
  return `RULE,${chain},${fields.join(',')}`;
};

/** A TIME line by weekdays; `days` are seven flags, Sunday first. */
export const week = (index: number, days: string, from: string, to: string, chain = 'FORWARD'): string =>
  `TIME,${chain},${index},weekDays,1,31,${[...days].map((one) => (one === '1' ? 'on' : 'off')).join(',')},${clock(from)},${clock(to)}`;

/** A TIME line by days of the month. */
export const month = (index: number, first: number, last: number, from: string, to: string): string =>
  `TIME,FORWARD,${index},dayOfMonth,${first},${last},on,on,on,on,on,on,on,${clock(from)},${clock(to)}`;

const clock = (text: string): string => text.split(':').map(Number).join(',');
