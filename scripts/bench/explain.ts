import { compile } from '../../src/compile/compile.ts';
import { explainerOf } from '../../src/compile/explain.ts';
import type { Packet } from '../../src/compile/judge.ts';
import { applianceFacts } from '../../src/plan/facts.ts';
import { parsePolicy } from '../../src/policy/parse.ts';
import { office, officePackets, officeVerdicts } from '../../test/lib/office.ts';
import { median, timed } from './measure.ts';
import type { Table } from './table.ts';

const PACKETS = 20_000;
const SECONDS = 3;

/**
 * The office policy without a kernel: how long it is compiled, and how many of its packets are decided by the model that explains, and explained with
 * every rule that was asked and a sentence for each, in a second by one thread.
 */
export async function explainTable(): Promise<Table> {
  const rows = [['source Any', 'compile ms', 'first', 'prepared ms', 'decided/s', 'explained/s']];
  const now = Math.floor(Date.now() / 1000);
  for (const any of [0, 10, 50, 90]) {
    const one = office(any);
    const parsed = parsePolicy(one.policy);
    if (!parsed.ok) throw new Error(JSON.stringify(parsed.problems[0]));
    const times: number[] = [];
    for (let round = 0; round < 5; round += 1)
      times.push((await timed(async () => compile(parsed.value, applianceFacts(true, now)))).milliseconds);
    const packets = officePackets(one, PACKETS);
    const { result: explainer, milliseconds: prepared } = await timed(async () => explainerOf(parsed.value, { now }));
    const { verdicts, rate } = asked(explainer.decide, packets);
    const explained = asked(explainer.explain, packets);
    const expected = officeVerdicts(one, packets);
    for (const list of [verdicts, explained.verdicts]) {
      const wrong = list.findIndex((verdict, index) => verdict !== expected[index]);
      if (wrong >= 0) throw new Error(`Judged as ${list[wrong]}: ${JSON.stringify(packets[wrong])}`);
    }
    rows.push([
      `${any} %`,
      median(times).toFixed(0),
      (times[0] ?? 0).toFixed(0),
      prepared.toFixed(0),
      rate.toFixed(0),
      explained.rate.toFixed(0),
    ]);
  }
  return { title: 'Office policy: compiled, and packets explained in one thread', rows, notes: [] };
}

/** As many as there is time for. */
function asked(
  ask: (packet: Packet) => { verdict: string },
  packets: ReturnType<typeof officePackets>,
): { verdicts: string[]; rate: number } {
  const began = performance.now();
  const verdicts: string[] = [];
  for (const packet of packets) {
    if (performance.now() > began + SECONDS * 1000) break;
    verdicts.push(ask(packet.protocol === 1 ? { ...packet, type: 8, code: 0 } : packet).verdict);
  }
  return { verdicts, rate: (verdicts.length / (performance.now() - began)) * 1000 };
}
