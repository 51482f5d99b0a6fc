import test from 'ava';
import type { Agent } from '../../src/agent/client.ts';
import { block, unblock } from '../../src/cli/block.ts';
import { check } from '../../src/cli/check.ts';
import { log } from '../../src/cli/log.ts';
import { runCommand } from '../../src/cli/run.ts';
import { spanOf } from '../../src/cli/span.ts';
import { columns, type Io, UsageError } from '../../src/cli/verb.ts';

const command = async (args: string[]) => {
  const said = { out: '', err: '', asked: 0 };
  const io: Io = {
    out: (text) => {
      said.out += text;
    },
    err: (text) => {
      said.err += text;
    },
    stdin: async () => '',
    cwd: '/nonexistent',
    now: () => 0,
    agent: (async () => {
      said.asked += 1;
      return {};
    }) as unknown as Agent,
    logs: '/nonexistent',
    signal: new AbortController().signal,
  };
  const code = await runCommand({ block, unblock, check, log }, args, io);
  return { ...said, code };
};

test('what is not understood is 2, says how it is written, and asks the agent nothing', async (t) => {
  for (const args of [
    ['nothing'],
    ['constructor'],
    ['block'],
    ['block', '192.168.51.25', 'more'],
    ['block', '192.168.51.25', '--for', '30'],
    ['block', '192.168.51.25', '--fro', '30m'],
    ['unblock'],
    ['log', 'mail'],
    ['log', '--lines', 'x'],
    ['check'],
  ]) {
    const said = await command(args);
    t.is(said.code, 2, args.join(' '));
    t.is(said.out, '');
    t.regex(said.err, /Usage:/);
    t.is(said.asked, 0);
  }
  for (const args of [[], ['help'], ['--help'], ['block', '--help']]) {
    const said = await command(args);
    t.is(said.code, 0);
    t.regex(said.out, /greengate block HOST/);
  }
});

test('spans of time', (t) => {
  t.deepEqual(['90s', '30m', '2h', '1d', '1h30m', '366d'].map(spanOf), [90, 1800, 7200, 86400, 5400, 366 * 86400]);
  for (const wrong of ['30', '0m', '-1h', '2w', '367d', '', '1 h', '9999999999d', 'h'])
    t.throws(() => spanOf(wrong), { instanceOf: UsageError }, wrong);
});

test('a name cannot command the terminal', (t) => {
  const text = columns([
    ['Name', 'x'],
    ['\u001b[2J\u202e', 'y'],
  ]);
  t.notRegex(text, /[\u001b\u202e]/);
  t.is(text.split('\n').length, 3);
});
