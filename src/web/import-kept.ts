import { randomBytes } from 'node:crypto';
import { type Imported, type ImportOptions, importFiles } from '../import/import.ts';
import { readUpload } from '../import-read/read.ts';
import { Unreadable } from '../import-read/tar.ts';
import { parsePolicy } from '../policy/parse.ts';
import type { Policy } from '../policy/schema.ts';
import type { Upload } from './upload.ts';

/** How a kept upload is to come in. `rules`, `all`: of a policy of Greengate; `replace`, `below`: of old files. */
export type Answers = {
  mode: 'replace' | 'below' | 'rules' | 'all';
  advanced: NonNullable<ImportOptions['advanced']>;
  green: NonNullable<ImportOptions['green']>;
};

/** An upload that waits for its confirmation. It stays in this process: the browser only knows its id. */
export type Kept = {
  id: string;
  name: string;
  expires: number;
  answers: Answers;
  skipped: string[];
  content: { kind: 'old'; files: Record<string, string> } | { kind: 'policy'; policy: Policy; schema: number };
  ready: { key: string; outcome: Imported } | null;
};

/** Minutes that an upload waits, and how many do at a time. */
const WAIT_MINUTES = 15;
const MOST = 4;

/** The uploads of all sessions, one each; the oldest goes when there are too many. */
export class KeptUploads {
  readonly #bySession = new Map<string, Kept>();

  /** Reads and keeps an upload. Throws `Unreadable`, with a sentence for the visitor. */
  keep(token: string, upload: Upload): Kept {
    const { content, skipped } = read(upload);
    this.forget(token);
    const [oldest] = this.#bySession.keys();
    if (this.#bySession.size >= MOST && oldest !== undefined) this.#bySession.delete(oldest);
    const kept: Kept = {
      id: randomBytes(16).toString('base64url'),
      name: upload.name.slice(0, 200),
      expires: Date.now() + WAIT_MINUTES * 60_000,
      answers: { mode: content.kind === 'policy' ? 'rules' : 'replace', advanced: 'closed', green: 'closed' },
      skipped,
      content,
      ready: null,
    };
    this.#bySession.set(token, kept);
    return kept;
  }

  /** The upload of a session; null when it has none (any more). */
  of(token: string): Kept | null {
    for (const [key, { expires }] of this.#bySession) if (expires < Date.now()) this.#bySession.delete(key);
    return this.#bySession.get(token) ?? null;
  }

  forget(token: string): void {
    this.#bySession.delete(token);
  }
}

/** What a kept upload makes of this box's policy. Whoever administers the box now still may afterwards, and BOT stays as it is. */
export const outcomeOf = (kept: Kept, base: Policy, revision: number): Imported => {
  const key = JSON.stringify([kept.answers, revision]);
  if (kept.ready?.key === key) return kept.ready.outcome;
  const { content, answers } = kept;
  const made =
    content.kind === 'old'
      ? importFiles(content.files, { base, ...answers, mode: answers.mode === 'below' ? 'below' : 'replace' })
      : { policy: merged(content.policy, base, answers.mode === 'all'), report: [], questions: [] };
  const outcome = { ...made, policy: withAdmin(made.policy, base) };
  kept.ready = { key, outcome };
  return outcome;
};

const merged = (given: Policy, base: Policy, all: boolean): Policy => {
  const kept = all
    ? given
    : {
        ...base,
        addresses: given.addresses,
        addressGroups: given.addressGroups,
        services: given.services,
        serviceGroups: given.serviceGroups,
        rules: given.rules,
      };
  const settings = {
    ...given.settings,
    enabled: base.settings.enabled,
    uiPort: all ? given.settings.uiPort : base.settings.uiPort,
  };
  return { ...kept, settings };
};

const withAdmin = (policy: Policy, base: Policy): Policy => {
  const { adminMac } = base.settings;
  const { settings } = policy;
  if (adminMac === '' || settings.adminMac === adminMac || settings.moreAdmins.includes(adminMac)) return policy;
  if (settings.adminMac === '') return { ...policy, settings: { ...settings, adminMac } };
  return { ...policy, settings: { ...settings, moreAdmins: [...settings.moreAdmins, adminMac] } };
};

const read = (upload: Upload): Pick<Kept, 'content' | 'skipped'> => {
  if (!/^\s*\{/.test(upload.bytes.toString('utf8', 0, 200))) {
    const { files, skipped } = readUpload(upload.name, upload.bytes);
    return { content: { kind: 'old', files }, skipped };
  }
  let input: unknown;
  try {
    input = JSON.parse(upload.bytes.toString('utf8'));
  } catch {
    throw new Unreadable('This is not a policy of Greengate: the file is damaged.');
  }
  const parsed = parsePolicy(input);
  if (parsed.ok)
    return {
      content: { kind: 'policy', policy: parsed.value, schema: Number((input as { schema?: unknown }).schema) },
      skipped: [],
    };
  const [first, ...rest] = parsed.problems.map(({ place, owner, message }) =>
    place === 'schema' ? message : `${owner || place}: ${message}`,
  );
  throw new Unreadable(`${first}${rest.length === 0 ? '' : ` And ${rest.length} more faults.`}`);
};
