import type { NftKernel } from '../../compile/lib/nft-kernel.ts';
import type { Data, NftSet } from '../../compile/lib/nft-sets.ts';
import { isType, readSpan, type Span, type Type } from '../../compile/lib/nft-values.ts';

/**
 * The elements of every set and map, as one line each: from a text that was printed, and from what the kernel says it holds
 * (`nft -j list sets`, `list maps`, with TZ=UTC). Generations are left out of the names, so that both can be compared.
 */
export const printedElements = (kernel: NftKernel): Set<string> =>
  new Set(
    kernel
      .sets()
      .flatMap(({ family, set }) => set.elements().map(({ spans, data }) => line(family, set.form.name, spans, data))),
  );

export const heldElements = (listings: string[]): Set<string> =>
  new Set(listings.flatMap((text) => (JSON.parse(text) as Listing).nftables.flatMap(elementsOf)));

type Listing = { nftables: { set?: Listed; map?: Listed }[] };
type Listed = { family: string; table: string; name: string; type: string | string[]; elem?: unknown[]; map?: string };

const elementsOf = ({ set, map }: Listing['nftables'][number]): string[] => {
  const one = set ?? map;
  if (one === undefined || one.table !== 'filter') return [];
  const types = [one.type].flat().map((type): Type => {
    if (!isType(type)) throw new Error(`The kernel lists an unknown type ${type}`);
    return type;
  });
  return (one.elem ?? []).map((element) => {
    const [key, data] = map === undefined ? [element, true] : (element as [unknown, unknown]);
    const parts = isObject(key) && 'concat' in key ? (key.concat as unknown[]) : [key];
    return line(
      one.family,
      one.name,
      types.map((type, index) => spanOf(type, parts[index])),
      dataOf(data),
    );
  });
};

const isObject = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null;

const spanOf = (type: Type, value: unknown): Span => {
  if (isObject(value) && 'prefix' in value) {
    const { addr, len } = value.prefix as { addr: string; len: number };
    return read(type, `${addr}/${len}`);
  }
  if (isObject(value) && 'range' in value) {
    const [from, to] = (value.range as unknown[]).map((one) => spanOf(type, one)[0]);
    return [from ?? 0, to ?? 0];
  }
  // Elements of sets that are filled at run time carry their age.
  if (isObject(value) && 'elem' in value) return spanOf(type, (value.elem as { val: unknown }).val);
  return read(type, type === 'time' ? String(Date.parse(`${String(value).replace(' ', 'T')}Z`) / 1000) : String(value));
};

const read = (type: Type, text: string): Span => {
  const span = readSpan(type, text);
  if (span === null) throw new Error(`The kernel lists ${text} as ${type}`);
  return span;
};

const dataOf = (data: unknown): Data => {
  if (data === true || typeof data === 'number') return data;
  const [[kind, value] = ['', null]] = Object.entries(data as Record<string, { target: string } | null>);
  if (kind === 'goto' || kind === 'jump') return { kind, chain: value?.target ?? '' };
  if (kind === 'accept' || kind === 'drop' || kind === 'return' || kind === 'continue') return { kind };
  throw new Error(`The kernel lists the verdict ${kind}`);
};

const line = (family: string, name: NftSet['form']['name'], spans: Span[], data: Data): string => {
  const verdict =
    typeof data === 'object' ? `${data.kind} ${'chain' in data ? withoutGeneration(data.chain) : ''}` : data;
  return `${family} ${withoutGeneration(name)}: ${spans.map(([from, to]) => `${from}-${to}`).join(' . ')} : ${verdict}`;
};

const withoutGeneration = (name: string): string => name.replace(/^g\d+_/, '');
