import { readFileSync } from 'node:fs';
import { makeNamespace, removeNamespace } from '../../test/appliance/lib/namespace.ts';
import { run } from '../../test/appliance/lib/process.ts';
import { median } from './measure.ts';

/**
 * What the kernel takes for a ruleset, in megabytes (2^20): the growth of its slabs, its vmalloc area and its per-processor memory while `nft -f`
 * loads the text into an empty namespace; the median of five that stand beside each other, since what was freed is used again before anything
 * grows. Of a memory cgroup's account large parts of nftables are missing (kernel 6.18).
 */
export function kernelMemory(text: string): number {
  const loads = [1, 2, 3, 4, 5].map(() => {
    const { name, enter } = makeNamespace('memory');
    const before = used();
    run([...enter, 'nft', '-f', '-'], { input: text, seconds: 600 });
    return { name, growth: used() - before };
  });
  for (const { name } of loads) removeNamespace(name);
  return median(loads.map(({ growth }) => growth));
}

function used(): number {
  const text = readFileSync('/proc/meminfo', 'utf8');
  const kilobytes = ['SUnreclaim', 'VmallocUsed', 'Percpu'].map((name) =>
    Number(new RegExp(`^${name}: +(\\d+) kB$`, 'm').exec(text)?.[1]),
  );
  return kilobytes.reduce((sum, one) => sum + one, 0) / 1024;
}
