import type { Context } from 'koa';
import { isDnsName } from '../policy/address.ts';
import { tokenOf, type Web } from './context.ts';

/** What a DNS name stands for at present, in words; empty for an address that is no DNS name. */
export type NameNow = (value: string) => string;

/**
 * Asks the agent what the DNS names among these addresses are open for right now; it is not asked when there is none. A name
 * that no client has asked the box for yet matches nothing, and that is said.
 */
export const namesNow = async (web: Web, ctx: Context, values: readonly string[]): Promise<NameNow> => {
  if (!values.some(isDnsName)) return () => '';
  const { names } = await web.agent('names.get', {}, tokenOf(ctx));
  const found = new Map(names.map(({ name, addresses }) => [name, addresses]));
  return (value) => (isDnsName(value) ? nowText(found.get(value) ?? []) : '');
};

const SHOWN = 4;

const nowText = (addresses: readonly string[]): string => {
  if (addresses.length === 0) return 'no address, matches nothing until somebody on GREEN asks for it';
  const more = addresses.length - SHOWN;
  return `${addresses.slice(0, SHOWN).join(', ')}${more > 0 ? ` and ${more} more` : ''}`;
};
