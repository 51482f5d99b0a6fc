import { readElements, spanOf } from './nft-elements.ts';
import { type Field, type Frame, fieldAt, type Marks } from './nft-fields.ts';
import { type Data, NftSet, type SetForm } from './nft-sets.ts';
import type { Tokens } from './nft-tokens.ts';
import { ctStates, type Type, tcpFlags, type Value } from './nft-values.ts';

/** The sets of a table by name. */
export type Sets = Map<string, NftSet>;

/** What a packet's fields are looked up in. */
export type Lookup = { set: NftSet; find: (frame: Frame, marks: Marks) => Data | undefined };

/** Reads a comparison: a key and a set, bits, or a value by an operator. `vmap`: reads a map of verdicts instead. */
export const readMatch = (
  tokens: Tokens,
  sets: Sets,
): { vmap: Lookup } | { test: (frame: Frame, marks: Marks) => boolean } => {
  const { fields, load } = readKey(tokens);
  if (tokens.take('vmap')) return { vmap: lookupIn(readSet(tokens, sets, fields, 'verdict'), load) };
  const test = readTest(tokens, sets, fields);
  return {
    test: (frame, marks) => {
      const values = load(frame, marks);
      return values !== null && test(values);
    },
  };
};

/** `key map @name`, the map's data being a mark. */
export const readMarkLookup = (tokens: Tokens, sets: Sets): Lookup => {
  const { fields, load } = readKey(tokens);
  tokens.expect('map');
  return lookupIn(readSet(tokens, sets, fields, 'mark'), load);
};

type Key = { fields: Field[]; load: (frame: Frame, marks: Marks) => Value[] | null };

/** One field, or several joined by dots. Loading gives null for a packet that has not all of them. */
export const readKey = (tokens: Tokens): Key => {
  const fields: Field[] = [];
  do fields.push(readField(tokens));
  while (tokens.take('.'));
  return {
    fields,
    load: (frame, marks) => {
      const values: Value[] = [];
      for (const field of fields) {
        const value = field.load(frame, marks);
        if (value === undefined) return null;
        values.push(value);
      }
      return values;
    },
  };
};

export const readField = (tokens: Tokens): Field => {
  const words = [0, 1, 2, 3, 4].map((ahead) => tokens.peek(ahead));
  const found = fieldAt(words) ?? tokens.fail(`unknown expression ${JSON.stringify(words.slice(0, 2).join(' '))}`);
  for (let count = 0; count < found.length; count += 1) tokens.next();
  return found.field;
};

/** A set that is there already, asked with fields of its own types. */
export const namedSet = (tokens: Tokens, sets: Sets, fields: Field[] | null): NftSet => {
  const set = sets.get(tokens.next().slice(1)) ?? tokens.fail('there is no such set');
  if (fields !== null) sameTypes(tokens, set.form, fields);
  return set;
};

export const sameTypes = (tokens: Tokens, { name, key }: SetForm, fields: Field[]): void => {
  const asked = fields.map(({ type }) => type).join(' . ');
  if (asked !== key.join(' . ')) tokens.fail(`${name} is of ${key.join(' . ')}, and asked for ${asked}`);
};

const lookupIn = (set: NftSet, load: Key['load']): Lookup => ({
  set,
  find: (frame, marks) => {
    const values = load(frame, marks);
    return values === null ? undefined : set.lookup(values);
  },
});

/** `@name`, or the elements themselves. */
const readSet = (tokens: Tokens, sets: Sets, fields: Field[], data: SetForm['data']): NftSet => {
  if (tokens.peek().startsWith('@')) {
    const set = namedSet(tokens, sets, fields);
    return set.form.data === data ? set : tokens.fail(`${set.form.name} holds ${set.form.data}`);
  }
  const key = fields.map(({ type }) => type);
  const elements = readElements(tokens, key, data);
  const interval = elements.some(({ spans }) => spans.some(([first, last]) => first !== last));
  const set = new NftSet({ name: 'a set without a name', key, data, interval, dynamic: false, most: Infinity });
  for (const one of elements) set.add(one.spans, one.data);
  set.check();
  return set;
};

const readTest = (tokens: Tokens, sets: Sets, fields: Field[]): ((values: Value[]) => boolean) => {
  const [first] = fields;
  if (first === undefined) return tokens.fail('nothing to compare');
  if (tokens.take('&')) return readBits(tokens, first.type);
  const operator = ['!=', '==', '<', '>', '<=', '>='].find((one) => tokens.take(one)) ?? '==';
  if (tokens.peek() === '{' || tokens.peek().startsWith('@')) {
    if (operator !== '==' && operator !== '!=') tokens.fail(`a set cannot be compared by ${operator}`);
    const set = readSet(tokens, sets, fields, 'none');
    return (values) => (set.lookup(values) !== undefined) === (operator === '==');
  }
  if (fields.length > 1) tokens.fail('fields that are joined need a set');
  if (first.type === 'ct_state') {
    if (operator !== '==') tokens.fail('only membership of states is known');
    const bits = readWords(tokens, ctStates, ',');
    return ([value]) => (Number(value) & bits) !== 0;
  }
  const [from, to] = spanOf(tokens, first.type, tokens.next());
  if (from !== to && operator !== '==' && operator !== '!=') tokens.fail('a range has no order');
  return ([value = '']) => compare[operator as keyof typeof compare](value, from, to);
};

const compare = {
  '==': (value: Value, from: Value, to: Value) => from <= value && value <= to,
  '!=': (value: Value, from: Value, to: Value) => value < from || value > to,
  '<': (value: Value, from: Value) => value < from,
  '>': (value: Value, from: Value) => value > from,
  '<=': (value: Value, from: Value) => value <= from,
  '>=': (value: Value, from: Value) => value >= from,
};

/** `& bits == value`, of marks and TCP's flags. */
const readBits = (tokens: Tokens, type: Type): ((values: Value[]) => boolean) => {
  if (type !== 'mark' && type !== 'tcp_flag') tokens.fail(`bits of ${type}`);
  const value = () => {
    if (type === 'mark' || /^\d/.test(tokens.peek())) return tokens.number();
    if (!tokens.take('(')) return readWords(tokens, tcpFlags, '|');
    const bits = readWords(tokens, tcpFlags, '|');
    tokens.expect(')');
    return bits;
  };
  const bits = value();
  const equal = tokens.take('==');
  if (!equal) tokens.expect('!=');
  const wanted = value();
  return ([found]) => ((Number(found) & bits) >>> 0 === wanted) === equal;
};

const readWords = (tokens: Tokens, names: Record<string, number>, between: string): number => {
  let bits = 0;
  do bits |= names[tokens.next()] ?? tokens.fail('unknown word');
  while (tokens.take(between));
  return bits;
};
