import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { endAll, TOP } from '../test/appliance/lib/process.ts';
import { establishedTable } from './bench/established.ts';
import { hostsTable } from './bench/hosts.ts';
import { judgingTable } from './bench/judging.ts';
import { loadTable } from './bench/load.ts';
import { officeTable } from './bench/office.ts';
import { skeletonTable } from './bench/skeleton.ts';
import { printTable, type Table } from './bench/table.ts';
import { verbTable } from './bench/verb.ts';

/**
 * `make bench`, or `scripts/bench.ts TABLE [PART …]` for one table or a part of it: measures in network namespaces, prints the tables and
 * writes them to build/bench.txt.
 */
const tables: Record<string, (parts: string[]) => Table | Promise<Table>> = {
  hosts: hostsTable,
  office: officeTable,
  established: establishedTable,
  load: loadTable,
  verb: verbTable,
  judging: judgingTable,
  skeleton: skeletonTable,
};

const [wanted, ...parts] = process.argv.slice(2);
const found: string[] = [];
for (const [name, measure] of Object.entries(tables)) {
  if (wanted !== undefined && wanted !== name) continue;
  const text = printTable(await measure(parts));
  process.stdout.write(`${text}\n`);
  found.push(text);
}
mkdirSync(join(TOP, 'build'), { recursive: true });
writeFileSync(join(TOP, 'build/bench.txt'), found.join('\n'));
endAll();
