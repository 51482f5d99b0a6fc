import { changeElements } from './nft-elements.ts';
import { readField, type Sets } from './nft-match.ts';
import { type Rule, readRule } from './nft-rule.ts';
import { NftSet, type SetForm } from './nft-sets.ts';
import type { Tokens } from './nft-tokens.ts';
import { isType, type Type } from './nft-values.ts';

export type Chain = { hook: string | null; policy: 'accept' | 'drop'; rules: Rule[] };
export type Table = { chains: Map<string, Chain>; sets: Sets; counters: Set<string> };

export const chainIn = (tokens: Tokens, table: Table, name: string): Chain =>
  table.chains.get(name) ?? tokens.fail(`there is no chain ${name}`);

export const setIn = (tokens: Tokens, table: Table, name: string): NftSet =>
  table.sets.get(name) ?? tokens.fail(`there is no set ${name}`);

/** `{ type filter hook input priority 0; policy drop; }`, or nothing. */
export const addChain = (tokens: Tokens, table: Table, name: string): void => {
  const chain: Chain = { hook: null, policy: 'accept', rules: table.chains.get(name)?.rules ?? [] };
  if (tokens.take('{')) {
    tokens.expect('type');
    if (!['filter', 'nat'].includes(tokens.next())) tokens.fail('unknown type of chain');
    tokens.expect('hook');
    chain.hook = tokens.next();
    tokens.expect('priority');
    tokens.number();
    tokens.expect(';', 'policy');
    chain.policy = tokens.next() === 'drop' ? 'drop' : 'accept';
    tokens.expect(';', '}');
  }
  if (!table.chains.has(name)) table.chains.set(name, chain);
};

export const readChain = (tokens: Tokens, table: Table, name: string): void => {
  if (!table.chains.has(name)) table.chains.set(name, { hook: null, policy: 'accept', rules: [] });
  const chain = chainIn(tokens, table, name);
  tokens.expect('{');
  for (;;) {
    while (tokens.take('\n') || tokens.take(';'));
    if (tokens.take('}')) return;
    chain.rules.push(readRule(tokens, table.sets));
  }
};

/** `{ type …; flags …; timeout …; size …; elements = { … } }` */
export const addSet = (tokens: Tokens, table: Table, kind: string, name: string): void => {
  const form: SetForm = { name, key: [], data: 'none', interval: false, dynamic: false, most: Infinity };
  const fresh = new NftSet(form);
  const set = table.sets.get(name) ?? fresh;
  tokens.expect('{');
  for (;;) {
    while (tokens.take('\n') || tokens.take(';'));
    if (tokens.take('}')) break;
    const word = tokens.next();
    if (word === 'type' || word === 'typeof') readTypes(tokens, form, kind, word);
    else if (word === 'flags') readFlags(tokens, form);
    else if (word === 'size') form.most = tokens.number();
    else if (word === 'timeout') tokens.next();
    else if (word === 'elements') {
      tokens.expect('=');
      changeElements(tokens, set);
    } else tokens.fail(`unknown word ${word} of a set`);
  }
  if (set !== fresh && JSON.stringify(set.form) !== JSON.stringify(form))
    tokens.fail(`${name} is there in another form`);
  table.sets.set(name, set);
};

const readTypes = (tokens: Tokens, form: SetForm, kind: string, word: 'type' | 'typeof'): void => {
  const one = (): Type => {
    if (word === 'type') {
      const type = tokens.next();
      return isType(type) ? type : tokens.fail(`unknown type ${type}`);
    }
    return readField(tokens).type;
  };
  do form.key.push(one());
  while (tokens.take('.'));
  if (kind === 'set') return;
  tokens.expect(':');
  const data = tokens.peek() === 'verdict' ? tokens.next() : one();
  if (data !== 'verdict' && data !== 'mark') tokens.fail(`unknown data ${data}`);
  form.data = data as 'verdict' | 'mark';
};

const readFlags = (tokens: Tokens, form: SetForm): void => {
  do {
    const flag = tokens.next();
    if (flag === 'interval') form.interval = true;
    else if (flag === 'dynamic') form.dynamic = true;
    else if (flag !== 'timeout' && flag !== 'constant') tokens.fail(`unknown flag ${flag}`);
  } while (tokens.take(','));
};

export const skipHelper = (tokens: Tokens): void => {
  tokens.expect('helper');
  for (let count = 0; count < 3; count += 1) tokens.next();
  tokens.expect('{', 'type', '"ftp"', 'protocol', 'tcp', ';', '}');
};
