import { existsSync, mkdirSync, statSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import type { Namespace } from '../../test/appliance/lib/namespace.ts';
import { run, TOP } from '../../test/appliance/lib/process.ts';
import { firstOn, type Road, type Train } from '../../test/lab/lib/road.ts';

/** So many packets of a train, from the `first` on, sent on a road; from its client, or another namespace of it. */
export type Sent = { road: Road; space?: Namespace; train: Train; first: number; count: number };

/**
 * Sends on several roads by turns, as fast as it goes, and says for each how many nanoseconds a packet took in each burst, but for the first
 * `warm` ones of a burst, and how many arrived. Then all connections are forgotten. `turn`: which
 * road is the first; `keep`: connections are not forgotten.
 */
export function send(
  sent: Sent[],
  { bursts, warm, turn = 0, keep = false }: { bursts: number; warm: number; turn?: number; keep?: boolean },
): { nanoseconds: number[]; arrived: number }[] {
  const order = sent.map((_, index) => (index + turn) % sent.length);
  const words = order
    .map((index) => sent[index] as Sent)
    .map(({ road, space = road.client, train, first, count }) => `${space.name}:${train.file}:${first}:${count}`);
  const said = run([...firstOn(PROCESSOR), sender(), String(bursts), String(warm), ...words], { seconds: 600 });
  if (!keep) for (const { road } of sent) road.forget();
  const lines = said.trim().split('\n');
  return sent.map(({ road }, index) => ({
    nanoseconds: (lines[order.indexOf(index)] ?? '').split(' ').map(Number),
    arrived: road.arrived(),
  }));
}

/** Sender, router and server work in one thread, here. */
const PROCESSOR = availableParallelism() - 1;

/** The program that sends, compiled when it is not there or older than its source. */
function sender(): string {
  const [source, program] = [join(import.meta.dirname, 'sender.c'), join(TOP, 'build/bench/sender')];
  mkdirSync(join(TOP, 'build/bench'), { recursive: true });
  if (!existsSync(program) || statSync(program).mtimeMs < statSync(source).mtimeMs)
    run(['cc', '-O2', '-Wall', '-Werror', '-o', program, source]);
  return program;
}
