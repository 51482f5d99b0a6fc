import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { connectAgent } from './agent/client.ts';
import { apply } from './cli/apply.ts';
import { allow, block, unblock } from './cli/block.ts';
import { check } from './cli/check.ts';
import { enable } from './cli/enable.ts';
import { explain } from './cli/explain.ts';
import { generations, restore } from './cli/generations.ts';
import { importOld } from './cli/import.ts';
import { leases } from './cli/leases.ts';
import { lint } from './cli/lint.ts';
import { log } from './cli/log.ts';
import { plan } from './cli/plan.ts';
import { policy } from './cli/policy.ts';
import { print } from './cli/print.ts';
import { rules } from './cli/rules.ts';
import { runCommand } from './cli/run.ts';
import { status } from './cli/status.ts';
import { keep, undo } from './cli/trial.ts';
import type { Io, Verb } from './cli/verb.ts';

/** The verbs, in the order of the help: those of the box, then those of any machine. */
const verbs: Record<string, Verb> = {
  status,
  enable,
  rules,
  policy,
  apply,
  generations,
  restore,
  keep,
  undo,
  block,
  allow,
  unblock,
  leases,
  log,
  explain,
  lint,
  check,
  print,
  import: importOld,
  plan,
};

const { GREENGATE_RUN = '/run/greengate', GREENGATE_LOG = '/var/log/greengate' } = process.env;
const ended = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => {
    ended.abort();
    setTimeout(() => process.exit(130), 100).unref();
  });
}
// `greengate log | head`: nobody reads on.
process.stdout.on('error', () => process.exit(0));

const io: Io = {
  out: (words) => void process.stdout.write(words),
  err: (words) => void process.stderr.write(words),
  stdin: () => text(process.stdin),
  // `npm run` changes the directory and leaves the old one in INIT_CWD.
  cwd: process.env.INIT_CWD ?? process.cwd(),
  now: () => Math.floor(Date.now() / 1000),
  agent: connectAgent(join(GREENGATE_RUN, 'root.sock')),
  logs: GREENGATE_LOG,
  signal: ended.signal,
};

process.exitCode = await runCommand(verbs, process.argv.slice(2), io);
