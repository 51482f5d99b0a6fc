import type { Edit } from '../policy/edit.ts';
import type { Problem } from '../policy/problem.ts';
import type { Policy } from '../policy/schema.ts';
import { addressAdvice, addressKind } from './address-values.ts';

/** Most lines that are read at once. */
export const LINES_MAX = 1000;

/** One pasted line, taken apart. `number` counts from 1 over all lines, empty ones too; `fault` is empty while nothing is wrong. */
export type Pasted = { number: number; name: string; value: string; remark: string; fault: string };

export type PasteKind = 'addresses' | 'services';

/** The lines that hold something: name, value and remark, parted by tabs, semicolons or commas. Those that begin with `#` are notes. */
export const readLines = (text: string, kind: PasteKind): Pasted[] =>
  text
    .split(/\r\n|[\n\r]/)
    .map((line, index) => ({ line: line.trim(), number: index + 1 }))
    .filter(({ line }) => line !== '' && !line.startsWith('#'))
    .map(({ line, number }) => ({ number, fault: '', ...partsOf(line, kind) }));

/** All lines as one edit: all of them or none. */
export const editOfLines = (lines: Pasted[], kind: PasteKind): Edit => ({
  do: 'batch',
  edits: lines.map((line) => ({
    do: 'save',
    collection: kind,
    value:
      kind === 'addresses'
        ? { name: line.name, value: line.value, remark: line.remark }
        : { name: line.name, ...serviceOf(line.value), remark: line.remark },
  })),
});

/**
 * The problems of that edit beside their lines: new objects stand behind those that are there, in the order of the lines.
 * What belongs to no line comes back as `general`.
 */
export const faultsByLine = (
  lines: Pasted[],
  { policy, kind, problems }: { policy: Policy; kind: PasteKind; problems: Problem[] },
): { lines: Pasted[]; general: string[] } => {
  const found = new Map<number, string>();
  const general: string[] = [];
  for (const { place, owner, message } of problems) {
    const [collection, index = ''] = place.split('/');
    const at = Number(index) - policy[kind].length;
    if (collection !== kind || index === '' || lines[at] === undefined)
      general.push(owner === '' ? message : `${owner}: ${message}`);
    else if (!found.has(at)) found.set(at, adviceFor(lines[at], kind, message));
  }
  return { lines: lines.map((line, at) => ({ ...line, fault: found.get(at) ?? line.fault })), general };
};

/** What the line makes, in a word or two, for the preview. */
export const kindOfLine = ({ value }: Pasted, kind: PasteKind): string =>
  kind === 'addresses' ? addressKind(value.trim()) : '';

const adviceFor = ({ value }: Pasted, kind: PasteKind, message: string): string =>
  (kind === 'addresses' && message.startsWith('Not an address') ? addressAdvice(value) : undefined) ?? message;

const partsOf = (line: string, kind: PasteKind): Pick<Pasted, 'name' | 'value' | 'remark'> => {
  const mark = line.includes('\t') ? '\t' : line.includes(';') ? ';' : ',';
  const [name = '', ...rest] = line.split(mark).map((part) => part.trim());
  if (mark !== ',' || kind === 'addresses') {
    const [value = '', ...remark] = rest;
    return { name, value, remark: remark.join(mark === '\t' ? ' ' : `${mark} `) };
  }
  // Lists of ports have commas, too: what still is a number or a range belongs to the value.
  const ports = rest.findIndex((part, index) => index > 0 && !/^[\d\s:*-]+$/.test(part));
  const end = ports < 0 ? rest.length : ports;
  return { name, value: rest.slice(0, end).join(', '), remark: rest.slice(end).join(', ') };
};

/** `tcp 80, 443`, `80/tcp`, `icmp 8`, `gre`, `47`. */
const serviceOf = (text: string): { protocol: string; ports: string; icmpType: string } => {
  const [, ports = '', behind = ''] = /^([\d\s,:*-]+)\/\s*(\D\S*)$/.exec(text.trim()) ?? [];
  const [, before = '', rest = ''] = /^(\S+?)(?:[\s/]+(.*))?$/s.exec(text.trim()) ?? [];
  const protocol = (behind || before).toLowerCase().replace(/^(tcp[+/&,]udp|udp[+/&,]tcp|tcpudp|udptcp)$/, 'tcp&udp');
  const value = (behind === '' ? rest : ports).trim();
  const icmp = protocol === 'icmp' || protocol === 'icmpv6';
  return { protocol, ports: icmp ? '' : value, icmpType: icmp ? value : '' };
};
