import { exchanged, happens, type Line, namesOf, quoted, same, turned } from './difference-words.ts';
import type { Collection } from './edit.ts';
import { renamed } from './rename.ts';
import type { Address, Group, Policy, Service } from './schema.ts';

/** What changes among the objects, and `before` with the names that they have afterwards: what only follows a name is no change. */
export const objectLines = (before: Policy, after: Policy): { lines: Line[]; before: Policy } => {
  let followed = before;
  const lines: Line[] = [];
  for (const collection of Object.keys(kinds) as Collection[]) {
    const kind = kinds[collection];
    const names = newNames(followed[collection] as Named[], after[collection] as Named[]);
    for (const [from, to] of names) {
      lines.push(() => `${kind.one} ${quoted(from)} is now called ${quoted(to)}.`);
      followed = withName(renamed(followed, collection, from, to), collection, from, to);
    }
    lines.push(...listLines(kind, followed[collection] as Named[], after[collection] as Named[]));
  }
  return { lines, before: followed };
};

type Named = { name: string; remark: string };

/** `words`: what an object is, for one that comes or goes. `changes`: what is another in it than before, but for its remark. */
type Kind = {
  one: string;
  many: string;
  words: (one: never) => string;
  changes: (before: never, after: never) => string[];
};

const groupChanges = (before: Group, after: Group): string[] => {
  if (same(before.members, after.members)) return [];
  const old = new Map(before.members.map((one) => [memberName(one), one.enabled]));
  const turnedTo = (enabled: boolean) =>
    after.members
      .filter((one) => one.enabled === enabled && old.get(memberName(one)) === !enabled)
      .map((one) => memberName(one));
  const switched = [happens(turnedTo(true), 'switched on'), happens(turnedTo(false), 'switched off')];
  const [was, is] = [before.members.map(memberName), after.members.map(memberName)];
  const parts = switched.filter((part) => part !== '');
  return same(was, is) ? parts : [exchanged(was, is), ...parts];
};

const memberName = ({ name, kind }: Group['members'][number]): string =>
  kind === 'group' ? `group ${quoted(name)}` : quoted(name);

const groupWords = ({ members }: Group): string => namesOf(members.map(memberName));

/** `TCP 80, 443`, `UDP, every port but 53`, `ICMP type 8`, `every protocol but TCP`. */
const serviceWords = ({ protocol, invertProtocol, ports, invertPorts, icmpType }: Service): string => {
  const word =
    protocol === 'tcp&udp' ? 'TCP and UDP' : /^\d+$/.test(protocol) ? `protocol ${protocol}` : protocol.toUpperCase();
  if (invertProtocol) return `every protocol but ${word}`;
  if (ports !== '') return invertPorts ? `${word}, every port but ${ports}` : `${word} ${ports}`;
  return icmpType === '' ? word : `${word} type ${icmpType}`;
};

const different = <T>(what: string, words: (one: T) => string) => ({
  words,
  changes: (before: T, after: T): string[] =>
    words(before) === words(after) ? [] : [turned(what, words(before), words(after))],
});

const kinds: Record<Collection, Kind> = {
  addresses: { one: 'Address', many: 'addresses', ...different('it', ({ value }: Address) => value) },
  addressGroups: { one: 'Address group', many: 'address groups', words: groupWords, changes: groupChanges },
  services: { one: 'Service', many: 'services', ...different('it', serviceWords) },
  serviceGroups: { one: 'Service group', many: 'service groups', words: groupWords, changes: groupChanges },
};

const listLines = (kind: Kind, before: Named[], after: Named[]): Line[] => {
  const [old, fresh] = [byName(before), byName(after)];
  const kept = after.filter((one) => old.has(keyOf(one)));
  const order = before.filter((one) => fresh.has(keyOf(one)));
  return [
    ...after.flatMap((one): Line[] => {
      const was = old.get(keyOf(one));
      if (was === undefined) return [() => `${kind.one} ${quoted(one.name)} is added: ${kind.words(one as never)}.`];
      return same(was, one) ? [] : [() => changedWords(kind, was, one)];
    }),
    ...before.flatMap((one): Line[] =>
      fresh.has(keyOf(one))
        ? []
        : [() => `${kind.one} ${quoted(one.name)} is removed; it was ${kind.words(one as never)}.`],
    ),
    ...(kept.every((one, index) => keyOf(one) === keyOf(order[index] as Named))
      ? []
      : [() => `The order of the ${kind.many} changes.`]),
  ];
};

const changedWords = (kind: Kind, was: Named, is: Named): string => {
  const parts = [
    ...(was.name === is.name ? [] : [`it is now called ${quoted(is.name)}`]),
    ...kind.changes(was as never, is as never),
    ...(was.remark === is.remark ? [] : [turned('the remark', remarkOf(was), remarkOf(is))]),
  ];
  return `${kind.one} ${quoted(was.name)}: ${parts.join('; ')}.`;
};

const remarkOf = ({ remark }: Named): string => (remark === '' ? 'none' : quoted(remark));

/** Names are the same in any case. */
const keyOf = ({ name }: Named): string => name.toLowerCase();

const byName = (list: Named[]): Map<string, Named> => new Map(list.map((one) => [keyOf(one), one]));

/** Objects that are what one that is gone was, under another name: where only one of either can be meant. */
const newNames = (before: Named[], after: Named[]): [from: string, to: string][] => {
  const [old, fresh] = [byName(before), byName(after)];
  const gone = Map.groupBy(
    before.filter((one) => !fresh.has(keyOf(one))),
    contentOf,
  );
  const come = Map.groupBy(
    after.filter((one) => !old.has(keyOf(one))),
    contentOf,
  );
  const pairs = [...gone].flatMap(([content, [from, ...others]]): [string, string][] => {
    const [to, ...more] = come.get(content) ?? [];
    return from === undefined || to === undefined || others.length + more.length > 0 ? [] : [[from.name, to.name]];
  });
  // Each name is followed through all rules.
  return pairs.slice(0, RENAMED);
};

const RENAMED = 50;

const contentOf = (one: Named): string => JSON.stringify({ ...one, name: '' });

const withName = (policy: Policy, collection: Collection, from: string, to: string): Policy => ({
  ...policy,
  [collection]: (policy[collection] as Named[]).map((one) => (one.name === from ? { ...one, name: to } : one)),
});
