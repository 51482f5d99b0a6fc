import { compile } from '../../src/compile/compile.ts';
import { judgeOf } from '../../src/compile/judge.ts';
import { applianceFacts } from '../../src/plan/facts.ts';
import { parsePolicy } from '../../src/policy/parse.ts';
import { office, officePackets, officeVerdicts } from '../../test/lib/office.ts';
import { median, timed } from './measure.ts';
import type { Table } from './table.ts';

const PACKETS = 20_000;
const SECONDS = 3;

/** The office policy without a kernel: how long it is compiled, and how many of its packets are judged in a second by one thread. */
export async function judgingTable(): Promise<Table> {
  const rows = [['source Any', 'compile ms', 'first', 'judge prepared ms', 'packets/s', 'looked at']];
  const now = Math.floor(Date.now() / 1000);
  for (const any of [0, 10, 50, 90]) {
    const one = office(any);
    const parsed = parsePolicy(one.policy);
    if (!parsed.ok) throw new Error(JSON.stringify(parsed.problems[0]));
    const times: number[] = [];
    for (let round = 0; round < 5; round += 1)
      times.push((await timed(async () => compile(parsed.value, applianceFacts(true, now)))).milliseconds);
    const packets = officePackets(one, PACKETS);
    const { result: judge, milliseconds: prepared } = await timed(async () => judgeOf(parsed.value, { now }));
    const { result: verdicts, milliseconds } = await timed(async () => judged(judge, packets));
    const expected = officeVerdicts(one, packets.slice(0, verdicts.length));
    const wrong = verdicts.findIndex((verdict, index) => verdict !== expected[index]);
    if (wrong >= 0) throw new Error(`Judged as ${verdicts[wrong]}: ${JSON.stringify(packets[wrong])}`);
    const rate = (verdicts.length / milliseconds) * 1000;
    rows.push([
      `${any} %`,
      median(times).toFixed(0),
      (times[0] ?? 0).toFixed(0),
      prepared.toFixed(0),
      rate.toFixed(0),
      String(verdicts.length),
    ]);
  }
  return { title: 'Office policy: compiled, and packets judged in one thread', rows, notes: [] };
}

/** As many as there is time for. */
function judged(judge: ReturnType<typeof judgeOf>, packets: ReturnType<typeof officePackets>): string[] {
  const end = performance.now() + SECONDS * 1000;
  const verdicts: string[] = [];
  for (const packet of packets) {
    if (performance.now() > end) break;
    verdicts.push(judge(packet.protocol === 1 ? { ...packet, type: 8, code: 0 } : packet).verdict);
  }
  return verdicts;
}
