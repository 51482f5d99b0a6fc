import type { Address, Policy, Rule, Service } from '../policy/schema.ts';
import { Catalogue, type Kind } from './catalogue.ts';
import { readConfig } from './config.ts';
import { join, roleOf, type Sorted, sortFolders } from './files.ts';
import { readGroups } from './groups.ts';
import { type Line, linesOf, type ReportLine, say } from './lines.ts';
import { type Read, readAddress, readService, refuseInterface } from './objects.ts';
import { type Advanced, placeRules } from './place-rules.ts';
import { type Question, questionsOf } from './questions.ts';
import { type GreenPolicy, type OldSettings, readPolicyFile, readSettings } from './settings.ts';
import { type Draft, settle } from './settle.ts';

/**
 * `base`: the policy of this box; BOT stays as it is there. `mode`: its objects and rules go (`replace`), or stay above what comes in
 * (`below`, which also leaves its settings alone). `advanced`, `green`: the answers to the questions, `closed` unless given.
 */
export type ImportOptions = {
  base: Policy;
  mode?: 'replace' | 'below';
  advanced?: Advanced;
  green?: 'closed' | 'as-written';
};

/** `policy` is one that the parser accepts. `report` has every line of every file once, in order. */
export type Imported = { policy: Policy; report: ReportLine[]; questions: Question[] };

/** Old files (path → text) of BOT 2.x and 3.0, IPCop 1.4.11 or IPCop 2 as a policy. Never throws for anything in the files. */
export const importFiles = (files: Record<string, string>, options: ImportOptions): Imported => {
  const { base, mode = 'replace', advanced = 'closed', green = 'closed' } = options;
  const below = mode === 'below';
  const start: Policy = below
    ? base
    : { ...base, addresses: [], services: [], addressGroups: [], serviceGroups: [], rules: [] };
  const lines = new Map(Object.entries(files).map(([path, text]) => [path, linesOf(path, text)]));
  const sorted = sortFolders(files);
  tell(sorted, lines);
  const draft: Draft = { settings: [], addresses: [], services: [], addressGroups: [], serviceGroups: [], rules: [] };
  const book = new Catalogue(start, draft);
  const at = (folder: string, name: string): Line[] =>
    sorted.told.has(join(folder, name)) ? [] : (lines.get(join(folder, name)) ?? []);
  const folders = [...(sorted.rules === null ? [] : [sorted.rules]), ...sorted.objects];
  const old: OldSettings = { settings: [], advanced: null };
  let policy: GreenPolicy | null = null;
  for (const folder of folders) {
    const found = readSettings(at(folder, 'settings'), below);
    old.advanced ??= found.advanced;
    old.settings.push(...found.settings);
    policy ??= readPolicyFile(at(folder, 'policy'), below, old);
    for (const line of at(folder, 'custominterfaces')) if (line.open) refuseInterface(line);
    for (const line of at(folder, 'wireless'))
      if (line.open) say(line, 'note', 'The address filter of BLUE: Greengate has no BLUE.');
    readObjects(at(folder, 'customnetworks'), 'addresses', readAddress, book, draft, start);
    readObjects(at(folder, 'customservices'), 'services', readService, book, draft, start);
  }
  draft.settings = old.settings;
  settleObjects(start, draft, book);
  for (const folder of folders) {
    readGroups(at(folder, 'serviceGroups'), 'serviceGroups', book, draft);
    readGroups(at(folder, 'addressGroups'), 'addressGroups', book, draft);
  }
  const asWritten = old.advanced === true ? 'as-written' : advanced;
  const ids = freeIds(start.rules);
  const asked = placeRules(
    folders.flatMap((folder) => readConfig(at(folder, 'config'))),
    book,
    draft,
    asWritten,
    ids,
  );
  placePolicy(policy, green, draft, ids);
  const settled = settle(start, draft);
  if (settled === null) refuseAll(lines);
  for (const line of [...lines.values()].flat())
    if (line.open) say(line, 'refused', 'Nothing here asks for this line.');
  return {
    policy: settled ?? base,
    report: [...lines.values()].flat().map(({ report }) => report),
    questions: questionsOf({
      asked: old.advanced === true ? 0 : asked,
      said: old.advanced !== null,
      advanced,
      access: policy?.access ?? null,
      green,
    }),
  };
};

const tell = ({ told }: Sorted, lines: Map<string, Line[]>): void => {
  for (const [path, why] of told)
    for (const line of lines.get(path) ?? [])
      if (line.open) say(line, roleOf(path) === 'config' && why.startsWith('These') ? 'refused' : 'note', why);
};

const readObjects = (
  lines: Line[],
  kind: 'addresses' | 'services',
  read: (text: string) => Read<Address> | Read<Service>,
  book: Catalogue,
  draft: Draft,
  start: Policy,
): void => {
  const firsts = new Map<string, string>();
  for (const line of lines) {
    if (!line.open) continue;
    const found = read(line.text);
    if ('refusal' in found) {
      say(line, 'refused', found.refusal);
      continue;
    }
    const text = JSON.stringify(found.value);
    const known = book.books[kind].exactly(found.old);
    if (known !== undefined) {
      const same = firsts.get(found.old) === text;
      if (!same) known.doubt = `“${found.old}” stands in these files twice, and not the same.`;
      say(
        line,
        'refused',
        same
          ? `“${found.old}” stands in these files already.`
          : `“${found.old}” stands in these files already, with another meaning: rules that name it come in disabled.`,
        !same,
      );
      continue;
    }
    firsts.set(found.old, text);
    const there = sameThere(start[kind], found.old, found.value);
    if (there !== null) {
      book.books[kind].add(found.old, { name: there, doubt: '' });
      say(line, 'imported', `“${there}” is there already.`);
      continue;
    }
    const { name } = book.name(kind, found.old);
    draft[kind].push({ value: { name, ...(found.value as object) } as never, lines: [line], old: found.old });
    say(line, 'imported', name === found.old ? '' : `Here it is called “${name}”.`, name !== found.old);
  }
};

const sameThere = (list: { name: string }[], name: string, value: object): string | null => {
  const there = list.find((one) => one.name.toLowerCase() === name.toLowerCase());
  return there !== undefined &&
    Object.entries(value).every(([field, one]) => field === 'remark' || there[field as never] === one)
    ? there.name
    : null;
};

/** Objects first: rules and groups that name a refused one must come in disabled. */
const settleObjects = (start: Policy, draft: Draft, book: Catalogue): void => {
  const before = { addresses: draft.addresses, services: draft.services };
  settle(start, draft);
  for (const kind of ['addresses', 'services'] as const) {
    const kept = new Set<unknown>(draft[kind]);
    for (const entry of before[kind]) if (!kept.has(entry)) loseObject(book, kind, entry.old);
  }
};

/** The name stays known: whoever asks for it gets a stand-in. */
const loseObject = (book: Catalogue, kind: Kind, old: string): void => {
  const found = book.books[kind].exactly(old);
  if (found !== undefined) Object.assign(found, { lost: true, doubt: `“${old}” was refused.` });
};

const refuseAll = (lines: Map<string, Line[]>): void => {
  for (const line of [...lines.values()].flat())
    if (line.report.outcome !== 'ignored')
      say(line, 'refused', 'The policy of this box is not sound itself: mend it first.');
};

/** Ids that neither the policy nor an earlier rule has. */
const freeIds = (rules: Rule[]): (() => string) => {
  let last = rules.reduce((most, { id }) => Math.max(most, Number(/^r(\d{1,9})$/.exec(id)?.[1] ?? 0)), 0);
  return () => {
    last += 1;
    return `r${last}`;
  };
};

/** What IPCop 2 let Green do beyond its rules, as rules behind them. */
const placePolicy = (
  policy: GreenPolicy | null,
  green: 'closed' | 'as-written',
  draft: Draft,
  ids: () => string,
): void => {
  if (policy === null) return;
  const enabled = green === 'as-written';
  const plain = {
    enabled,
    source: { kind: 'any' },
    sourcePorts: '',
    invertSourcePorts: false,
    action: 'accept',
    log: false,
    limit: null,
    frame: null,
    expires: null,
    heading: 'Policy of Green',
  } as const;
  const services = policy.access === 'closed' ? [] : ['Greengate DNS', 'Greengate NTP', 'Greengate proxy', 'Ping'];
  const rules: Rule[] = services.map((name) => ({
    ...plain,
    id: ids(),
    destination: { kind: 'greengate' },
    service: { kind: 'service', name, invert: false },
    remark: `IPCop 2: Green was ${policy.access}`,
  }));
  if (policy.access === 'open')
    rules.push({
      ...plain,
      id: ids(),
      destination: { kind: 'any' },
      service: { kind: 'any' },
      remark: 'IPCop 2: Green was open',
    });
  draft.rules.push(...rules.map((value) => ({ value, lines: [policy.line], old: '' })));
  if (rules.length === 0) {
    say(policy.line, 'imported', 'What matches no rule is denied.');
    return;
  }
  const what = policy.access === 'open' ? 'everything' : 'the services of the box';
  say(
    policy.line,
    enabled ? 'imported' : 'imported disabled',
    `Green could reach ${what} beyond its rules: ${rules.length} rules behind the others${enabled ? '' : ', switched off'}.`,
    true,
  );
};
