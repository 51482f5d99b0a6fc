import { mkdirSync, writeFileSync } from 'node:fs';
import { cpus, loadavg, release } from 'node:os';
import { join } from 'node:path';
import { endAll, run, TOP } from '../test/appliance/lib/process.ts';
import { establishedTable } from './bench/established.ts';
import { explainTable } from './bench/explain.ts';
import { hostsTable } from './bench/hosts.ts';
import { importTable } from './bench/import.ts';
import { loadTable } from './bench/load.ts';
import { officeTable } from './bench/office.ts';
import { pagesTable } from './bench/pages.ts';
import { skeletonTable } from './bench/skeleton.ts';
import { printTable, type Table } from './bench/table.ts';
import { verbTable } from './bench/verb.ts';

/**
 * `make bench`: measures in network namespaces, prints tables and writes them to build/bench.txt. `scripts/bench.ts TABLE [PART …]` makes
 * one table, or some of its rows, and writes build/bench-TABLE.txt. A table that fails says why; the others are made all the same.
 */
const tables: Record<string, (parts: string[]) => Table | Promise<Table>> = {
  hosts: hostsTable,
  office: officeTable,
  established: establishedTable,
  load: loadTable,
  verb: verbTable,
  explain: explainTable,
  skeleton: skeletonTable,
  pages: pagesTable,
  import: importTable,
};

const [wanted, ...parts] = process.argv.slice(2);
if (wanted !== undefined && tables[wanted] === undefined)
  throw new Error(`There is no table ${wanted}: ${Object.keys(tables).join(', ')}`);
const file = join(TOP, 'build', wanted === undefined ? 'bench.txt' : `bench-${wanted}.txt`);
mkdirSync(join(TOP, 'build'), { recursive: true });
const found = [machine()];
process.stdout.write(`${found[0]}\n`);
for (const [name, measure] of Object.entries(tables)) {
  if (wanted !== undefined && wanted !== name) continue;
  const text = await measured(name, () => measure(parts));
  process.stdout.write(`${text}\n`);
  found.push(text);
  writeFileSync(file, found.join('\n'));
}
endAll();

async function measured(name: string, measure: () => Table | Promise<Table>): Promise<string> {
  try {
    return printTable(await measure());
  } catch (error) {
    process.exitCode = 1;
    return `${name} failed: ${error instanceof Error ? error.message : error}\n`;
  }
}

/** What it was measured on. Load: how many programs wanted a processor just before. */
function machine(): string {
  const [{ model } = { model: '?' }] = cpus();
  const nft = run(['nft', '--version']).split(' ')[1];
  return `Linux ${release()}, ${cpus().length} × ${model}, nft ${nft}, load ${loadavg()[0]?.toFixed(1)}\n`;
}
