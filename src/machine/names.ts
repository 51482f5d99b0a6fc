import { Resolver } from 'node:dns/promises';
import { type NameSet, setsOfAnswer } from '../plan/names.ts';
import { isIpv4 } from '../policy/address.ts';
import { run } from './run.ts';

/** Asks the box's resolver, as the clients do, and keeps what it answers. Names without an answer keep what they have. */
export const refreshNames = async (names: NameSet[]): Promise<void> => {
  const resolver = new Resolver({ timeout: 3000, tries: 1 });
  resolver.setServers(['127.0.0.1']);
  const answers = await Promise.all(
    names.map(async ({ name }) => {
      const found = await Promise.allSettled([resolver.resolve4(name), resolver.resolve6(name)]);
      const addresses = found.flatMap((one) => (one.status === 'fulfilled' ? one.value : []));
      return setsOfAnswer(names, name).map((set) => ({ set, addresses }));
    }),
  );
  await keep(answers.flat());
};

/** The addresses that DNS names were answered with and that are in use, by name. */
export const resolvedNames = async (names: NameSet[]): Promise<Map<string, string[]>> => {
  const found = new Map<string, string[]>();
  for (const { name, set } of names) {
    const addresses: string[] = [];
    for (const family of ['ip', 'ip6']) {
      const text = await run('nft', ['-j', 'list', 'set', family, 'filter', set]).catch(() => '{"nftables":[]}');
      const { nftables } = JSON.parse(text) as {
        nftables: { set?: { elem?: (string | { elem: { val: string } })[] } }[];
      };
      for (const one of nftables.flatMap((item) => item.set?.elem ?? []))
        addresses.push(typeof one === 'string' ? one : one.elem.val);
    }
    found.set(name, addresses);
  }
  return found;
};

/** Puts the addresses of a name into its sets, or gives those that are there their whole life again. */
const keep = async (list: { set: string; addresses: string[] }[]): Promise<void> => {
  const lines = list.flatMap(({ set, addresses }) =>
    addresses.flatMap((address) => {
      const element = `${isIpv4(address) ? 'ip' : 'ip6'} filter ${set} { ${address} }`;
      // Added first, or there may be nothing to delete; and only a new element has a new life.
      return [`add element ${element}`, `delete element ${element}`, `add element ${element}`];
    }),
  );
  if (lines.length > 0) await run('nft', ['-f', '-'], { input: `${lines.join('\n')}\n` });
};
