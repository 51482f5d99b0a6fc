import {
  contains,
  isAddress,
  isDnsName,
  isIp,
  isMac,
  networksOf,
  normalAddress,
  normalMac,
} from '../policy/address.ts';
import type { Problem } from '../policy/problem.ts';
import { addressAdvice } from './address-values.ts';

/** The computer that asks: its address, and its MAC as far as the box knows it. */
export type Visitor = { address: string; mac: string };

/** One line of the list of further administrators. `number` counts all lines, empty ones too. */
export type AdminLine = { number: number; text: string };

/** The lines that hold something. */
export const adminLines = (text: string): AdminLine[] =>
  text
    .split(/\r\n|[\n\r]/)
    .map((line, index) => ({ number: index + 1, text: line.trim() }))
    .filter((line) => line.text !== '');

/** Is the computer one of these administrators, by MAC, address, network or range? */
export const isAmong = ({ address, mac }: Visitor, admins: readonly string[]): boolean =>
  admins.some((one) => {
    const admin = normalAddress(one.trim());
    if (isMac(admin)) return mac !== '' && normalMac(mac) === admin;
    return isIp(address) && networksOf(admin).some((network) => contains(network, address));
  });

/** What is wrong with the list, one sentence a line, the first five; empty when nothing is. */
export const adminFaults = (lines: AdminLine[], problems: readonly Problem[], at: string): string => {
  const told = new Map<number, string>();
  for (const { place, message } of problems) {
    const index = place.startsWith(`${at}/`) ? Number(place.slice(at.length + 1).split('/')[0]) : -1;
    if (lines[index] !== undefined && !told.has(index)) told.set(index, message);
  }
  lines.forEach(({ text }, index) => {
    if (isDnsName(text)) told.set(index, 'A DNS name cannot be an administrator: write an address or a MAC.');
    else if (!isAddress(text)) told.set(index, addressAdvice(text) ?? told.get(index) ?? NOT_ONE);
  });
  const sentences = [...told]
    .sort(([a], [b]) => a - b)
    .map(([index, message]) => `Line ${lines[index]?.number}, “${short(lines[index]?.text ?? '')}”: ${message}`);
  const more = sentences.length - SHOWN;
  return more > 0 ? `${sentences.slice(0, SHOWN).join(' ')} And ${more} more.` : sentences.join(' ');
};

const SHOWN = 5;
const NOT_ONE = 'Not a MAC, address, network or range.';

const short = (text: string): string => (text.length > 60 ? `${text.slice(0, 59)}…` : text);
