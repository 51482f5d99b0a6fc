/** What a part of the bench found: the first row heads the columns; notes say how it came about. */
export type Table = { title: string; rows: string[][]; notes: string[] };

/** Columns as wide as their widest cell. */
export function printTable({ title, rows, notes }: Table): string {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  const lines = rows.map((row) => row.map((cell, column) => cell.padStart(widths[column] ?? 0)).join('  '));
  return [title, ...lines, ...notes, ''].join('\n');
}
