/** What became of one line of the old files. `ignored` is for comments and empty lines only. */
export type Outcome = 'imported' | 'imported disabled' | 'refused' | 'note' | 'ignored';

/** One line of the old files in the report. `text` is cut at 200 characters; `review`: a person should look at what came of it. */
export type ReportLine = {
  file: string;
  line: number;
  text: string;
  outcome: Outcome;
  why: string;
  review: boolean;
};

/** A line still to be read: the whole text, and its place in the report. `open` until somebody has said what became of it. */
export type Line = { text: string; report: ReportLine; open: boolean };

/** Characters of a line that the report shows. */
export const SHOWN = 200;

/** Longest line that is read; old lines have some 300 characters. Longer ones are refused. */
export const LONGEST = 8192;

/** The lines of one file, in order, comments, empty and endless ones already settled. The end of the last line makes no further one. */
export const linesOf = (file: string, text: string): Line[] => {
  const rows = text.split('\n');
  if (rows.at(-1) === '') rows.pop();
  return rows.map((row, index) => {
    const whole = row.endsWith('\r') ? row.slice(0, -1) : row;
    const shown = whole.length > SHOWN ? `${whole.slice(0, SHOWN - 1)}…` : whole;
    const report: ReportLine = { file, line: index + 1, text: shown, outcome: 'refused', why: '', review: false };
    const line = { text: whole, report, open: true };
    if (whole.trim() === '') say(line, 'ignored', 'Empty.');
    else if (whole.trimStart().startsWith('#')) say(line, 'ignored', 'A comment.');
    else if (whole.length > LONGEST)
      say(line, 'refused', `The line has ${whole.length} characters; at most ${LONGEST} are read.`);
    return line;
  });
};

/** Says what became of a line; said again, the later word counts and the earlier reasons are dropped. */
export const say = (line: Line, outcome: Outcome, why: string, review = false): void => {
  line.open = false;
  Object.assign(line.report, { outcome, why, review });
};
