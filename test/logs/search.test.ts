import {
  appendFileSync,
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { type LogOptions, openLogs } from '../../src/logs/open.ts';
import type { LogReader } from '../../src/web/ports.ts';

const T0 = 1_700_000_000;

test('lines of both files are found, newest first, and the web’s port is satisfied', (t) => {
  const { logs, drop, fetch } = scene(t);
  drop({ dest_port: 800 }, { dest_port: 80 });
  fetch({ url: 'http://web.example/' });
  const reader: LogReader = logs;
  t.deepEqual(
    reader.firewall({ limit: 10 }).lines.map((line) => line.destinationPort),
    [80, 800],
  );
  t.like(reader.proxy({ limit: 10 }).lines[0], { id: 1, host: 'web.example', status: 200, client: '192.168.51.35' });
});

test('hostile lines between good ones are passed over', (t) => {
  const { logs, drop, write } = scene(t);
  drop({});
  write(
    'firewall.json',
    `{"src_ip": "1.2.3.4"\n[]\nnull\n{"__proto__": {"src_ip": "1.1.1.1"}}\n${'['.repeat(60_000)}\n\xff\n`,
  );
  drop({ dest_port: 99 });
  t.deepEqual(
    logs.firewall({ limit: 10 }).lines.map((line) => line.destinationPort),
    [99, 800],
  );
});

for (const [what, filter, found] of [
  ['chain', { chain: 'green drop' }, [1, 2, 3]],
  ['protocol', { protocol: 'udp' }, [2]],
  ['source', { source: '192.168.51.35' }, [4]],
  ['destination', { destination: '10.9.0.2' }, [2, 3, 4]],
  ['destination port', { destinationPort: 53 }, [2]],
  ['source port', { sourcePort: 52416 }, [1, 2, 4]],
  ['MAC', { mac: '02:00:00:00:00:35' }, [4]],
  ['interface', { iface: 'green' }, [1, 2, 3, 4]],
  ['origin', { origin: 'r7' }, [4]],
  ['time from', { from: T0 + 2 }, [3, 4]],
  ['time range', { from: T0 + 1, until: T0 + 3 }, [2, 3]],
  ['two values', { protocol: 'TCP', destination: '10.9.0.2' }, [4]],
  ['text in an address', { text: '51.35' }, [4]],
  ['text in a MAC', { text: '00:35' }, [4]],
  ['text in a chain, in any case', { text: 'accept' }, [4]],
  ['text that is a port', { text: '800' }, [1]],
  ['text with wildcards, literally', { text: '192%25' }, []],
  ['text with an underscore, literally', { text: 'GREEN_DROP' }, []],
  ['text with quotes', { text: `' OR 1=1 --` }, []],
  ['empty values', { source: '', text: ' ' }, [1, 2, 3, 4]],
] as const) {
  test(`packets are found by ${what}`, (t) => {
    const { logs, drop } = scene(t);
    drop(
      { 'oob.time.sec': T0, dest_ip: '192.168.51.254' },
      { 'oob.time.sec': T0 + 1, 'ip.protocol': 17, dest_port: 53 },
      { 'oob.time.sec': T0 + 2, 'ip.protocol': 1, src_port: undefined, dest_port: undefined },
      {
        'oob.time.sec': T0 + 3,
        'oob.prefix': 'GREEN ACCEPT r7',
        src_ip: '192.168.51.35',
        'mac.saddr.str': '02:00:00:00:00:35',
        dest_port: 443,
      },
    );
    const { lines } = logs.firewall({ ...filter, limit: 50 });
    t.deepEqual(lines.map((line) => line.id).reverse(), [...found]);
  });
}

for (const [what, filter, found] of [
  ['client', { client: '192.168.51.36' }, [3]],
  ['host', { host: 'WEB.example' }, [1]],
  ['status', { status: 403 }, [2]],
  ['refusal', { denied: true }, [2]],
  ['text in the URL', { text: '/Deep' }, [3]],
] as const) {
  test(`requests are found by ${what}`, (t) => {
    const { logs, fetch } = scene(t);
    fetch(
      { url: 'http://web.example/' },
      { url: 'http://bad.example/', status: '403', hier: 'TCP_DENIED/HIER_NONE' },
      { url: 'http://other.example/deep/page', client: '192.168.51.36' },
    );
    t.deepEqual(
      logs
        .proxy({ ...filter, limit: 50 })
        .lines.map((line) => line.id)
        .reverse(),
      [...found],
    );
  });
}

test('paging by cursor: lines that arrive meanwhile move nothing', (t) => {
  const { logs, drop } = scene(t);
  drop(...Array.from({ length: 10 }, (_, index) => ({ dest_port: index })));
  const first = logs.firewall({ limit: 4 });
  t.deepEqual(ids(first), { ids: [10, 9, 8, 7], older: true, newer: false });
  drop({}, {}, {});
  t.deepEqual(ids(logs.firewall({ limit: 4, before: 7 })), { ids: [6, 5, 4, 3], older: true, newer: true });
  t.deepEqual(ids(logs.firewall({ limit: 4, before: 3 })), { ids: [2, 1], older: false, newer: true });
  t.deepEqual(ids(logs.firewall({ limit: 4, after: 2 })), { ids: [6, 5, 4, 3], older: true, newer: true });
  t.deepEqual(ids(logs.firewall({ limit: 4, after: 10 })), { ids: [13, 12, 11], older: true, newer: false });
  t.deepEqual(ids(logs.firewall({ limit: 4, after: 13 })), { ids: [], older: true, newer: false });
  t.deepEqual(ids(logs.firewall({ limit: 4, before: 1 })), { ids: [], older: false, newer: true });
  t.deepEqual(ids(logs.firewall({ limit: 9, destinationPort: 5 })), { ids: [6], older: false, newer: false });
});

test('denials are folded by host and service, newest first; accepts are none', (t) => {
  const { logs, drop } = scene(t);
  drop(
    { 'oob.time.sec': T0, dest_port: 800, src_port: 1 },
    { 'oob.time.sec': T0 + 1, dest_port: 25 },
    { 'oob.time.sec': T0 + 2, dest_port: 800, src_port: 2 },
    { 'oob.time.sec': T0 + 3, 'oob.prefix': 'GREEN REJECT r3', dest_port: 25 },
    { 'oob.time.sec': T0 + 4, 'oob.prefix': 'GREEN ACCEPT r3' },
  );
  const seen = logs
    .denials(T0, 10)
    .map(({ chain, destinationPort, count, last }) => [chain, destinationPort, count, last - T0]);
  t.deepEqual(seen, [
    ['GREEN REJECT', 25, 1, 3],
    ['GREEN DROP', 800, 2, 2],
    ['GREEN DROP', 25, 1, 1],
  ]);
  t.is(logs.denials(T0, 1).length, 1);
  t.is(logs.deniedCount(T0), 4);
  t.is(logs.deniedCount(T0 + 2), 2);
});

test('a new process goes on where the last one stopped, over a rotation', (t) => {
  const { logs, drop, again, folder } = scene(t);
  drop({ dest_port: 1 });
  t.is(logs.firewall({ limit: 9 }).lines.length, 1);
  logs.close();
  drop({ dest_port: 2 });
  renameSync(join(folder, 'firewall.json'), join(folder, 'firewall.json.1'));
  drop({ dest_port: 3 });
  const second = again();
  for (let turn = 0; turn < 3; turn++) second.catchUp();
  t.deepEqual(
    second.firewall({ limit: 9 }).lines.map((line) => line.destinationPort),
    [3, 2, 1],
  );
});

test('the oldest lines go when there are more than the bound', (t) => {
  const { drop, again } = scene(t);
  const logs = again({ rows: 5 });
  drop(...Array.from({ length: 8 }, () => ({})));
  t.deepEqual(ids(logs.firewall({ limit: 50 })).ids, [8, 7, 6, 5, 4]);
  drop({});
  t.deepEqual(ids(logs.firewall({ limit: 50 })).ids, [9, 8, 7, 6, 5]);
});

test('a damaged index is made anew from the files', (t) => {
  const { logs, drop, again, folder } = scene(t);
  drop({}, {});
  logs.firewall({ limit: 1 });
  logs.close();
  const index = join(folder, 'index', 'logs.db');
  const bytes = readFileSync(index);
  for (const damage of [
    Buffer.from('not a database at all, but long enough to look at'),
    bytes.fill(0x5a, 100, 4096),
  ]) {
    writeFileSync(index, damage);
    const second = again();
    second.firewall({ limit: 9 });
    t.is(second.firewall({ limit: 9 }).lines.length, 2);
    second.close();
  }
});

test('an index that cannot be written is kept in memory, and that is said', (t) => {
  const { drop, again, folder } = scene(t);
  const problems: string[] = [];
  writeFileSync(join(folder, 'blocked'), '');
  const logs = again({ index: join(folder, 'blocked', 'logs.db'), onProblem: (sentence) => problems.push(sentence) });
  drop({}, {});
  t.is(logs.firewall({ limit: 9 }).lines.length, 2);
  t.is(problems.length, 1);
  t.regex(problems[0] ?? '', /cannot be written/);
});

test('an unreadable or missing folder of logs is no lines', (t) => {
  const { folder, again } = scene(t);
  rmSync(folder, { recursive: true });
  const logs = again({ index: ':memory:' });
  t.deepEqual(logs.firewall({ limit: 9 }), { lines: [], older: false, newer: false });
  mkdirSync(folder);
  chmodSync(folder, 0o000);
  t.deepEqual(logs.proxy({ limit: 9 }).lines, []);
});

function scene(t: ExecutionContext) {
  const folder = mkdtempSync(join(tmpdir(), 'greengate-logs-'));
  const open: { close(): void }[] = [];
  const again = (options: Partial<LogOptions> = {}) => {
    const one = openLogs({ directory: folder, ...options });
    open.push(one);
    return one;
  };
  const write = (name: string, text: string) => appendFileSync(join(folder, name), text, 'latin1');
  const lines = (name: string, base: object, changes: object[]) =>
    write(name, changes.map((change) => `${JSON.stringify({ ...base, ...change })}\n`).join(''));
  t.teardown(() => {
    for (const one of open) {
      try {
        one.close();
      } catch {
        // Closed by the test.
      }
    }
    rmSync(folder, { recursive: true, force: true });
  });
  return {
    folder,
    again,
    write,
    logs: again(),
    drop: (...changes: object[]) => lines('firewall.json', PACKET, changes),
    fetch: (...changes: object[]) => lines('proxy.log', REQUEST, changes),
  };
}

function ids(page: { lines: { id: number }[]; older: boolean; newer: boolean }) {
  return { ids: page.lines.map((line) => line.id), older: page.older, newer: page.newer };
}

const PACKET = {
  'oob.prefix': 'GREEN DROP default',
  'oob.time.sec': T0,
  'oob.in': 'green',
  'ip.protocol': 6,
  src_ip: '192.168.51.25',
  dest_ip: '10.9.0.2',
  src_port: 52416,
  dest_port: 800,
  'mac.saddr.str': '02:00:00:00:00:25',
};
const REQUEST = {
  time: T0,
  ms: 3,
  client: '192.168.51.35',
  status: '200',
  method: 'GET',
  url: 'http://a/',
  bytes: 10,
  hier: 'TCP_MISS/HIER_DIRECT',
};
