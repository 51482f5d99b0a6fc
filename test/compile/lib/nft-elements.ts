import type { Data, NftSet, SetForm, Verdict } from './nft-sets.ts';
import type { Tokens } from './nft-tokens.ts';
import { readSpan, type Span, type Type } from './nft-values.ts';

/** One element of a set or map: the spans of its key, and what stands behind it. */
export type Element = { spans: Span[]; data: Data };

/** The elements between braces, for a key of these types. */
export const readElements = (tokens: Tokens, key: Type[], kind: SetForm['data']): Element[] => {
  const found: Element[] = [];
  tokens.expect('{');
  tokens.skipLines();
  if (tokens.peek() === '}') tokens.fail('nft takes no empty list of elements');
  while (!tokens.take('}')) {
    found.push(readElement(tokens, key, kind));
    tokens.skipLines();
    if (tokens.peek() !== '}') tokens.expect(',');
    tokens.skipLines();
  }
  return found;
};

/** Reads elements into a set or map, or out of it. */
export const changeElements = (tokens: Tokens, set: NftSet, act: 'add' | 'delete' = 'add'): void => {
  const { key, data } = set.form;
  for (const one of readElements(tokens, key, act === 'add' ? data : 'none'))
    if (act === 'delete') set.delete(one.spans);
    else set.add(one.spans, one.data);
};

/** A verdict, as in rules and maps; null: there is none here. */
export const readVerdict = (tokens: Tokens): Verdict | null => {
  const kind = tokens.peek();
  if (kind === 'accept' || kind === 'drop' || kind === 'return' || kind === 'continue') {
    tokens.next();
    return { kind };
  }
  if (kind !== 'goto' && kind !== 'jump') return null;
  tokens.next();
  return { kind, chain: tokens.next() };
};

export const spanOf = (tokens: Tokens, type: Type, text: string): Span =>
  readSpan(type, text) ?? tokens.fail(`${JSON.stringify(text)} is no ${type}`);

const readElement = (tokens: Tokens, key: Type[], kind: SetForm['data']): Element => {
  const parts = [tokens.next()];
  while (tokens.take('.')) parts.push(tokens.next());
  if (parts.length !== key.length) tokens.fail('another number of fields in an element');
  const spans = key.map((type, index) => spanOf(tokens, type, parts[index] ?? ''));
  if (tokens.take('timeout')) tokens.next();
  if (kind === 'none') return { spans, data: true };
  tokens.expect(':');
  return { spans, data: kind === 'mark' ? tokens.number() : (readVerdict(tokens) ?? tokens.fail('no verdict')) };
};
