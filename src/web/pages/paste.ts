import type { Context } from 'koa';
import { kinds } from '../collections.ts';
import { mustBeAble, type Pages, tokenOf, type Web } from '../context.ts';
import { setFlash } from '../flash.ts';
import { fieldsOf } from '../form.ts';
import { seeOther, showPage } from '../frame.ts';
import { editOfLines, faultsByLine, kindOfLine, LINES_MAX, type Pasted, type PasteKind, readLines } from '../paste.ts';
import { checkEdit, revisionAgain, revisionOf, saveEdit } from '../save.ts';

/** Many addresses or services at once, from pasted lines: first a preview that names each bad line, then one change. */
export const pastePages: Pages = (router, web) => {
  for (const kind of ['addresses', 'services'] as const) {
    router.get(`/firewall/objects/${kind}/many`, async (ctx) => {
      mustBeAble(ctx, 'administer');
      await show(web, ctx, kind, empty);
    });
    router.post(`/firewall/objects/${kind}/many`, (ctx) => step(web, ctx, kind));
  }
};

type Shown = { typed: string; lines: Pasted[]; general: string[]; revision: number | undefined };

const empty: Shown = { typed: '', lines: [], general: [], revision: undefined };

/** Check shows the preview; Create does it when no line is bad, as one change. */
const step = async (web: Web, ctx: Context, kind: PasteKind): Promise<void> => {
  const fields = fieldsOf(ctx);
  const typed = fields.get('lines') ?? '';
  const sent = revisionOf(fields);
  const lines = readLines(typed, kind);
  const checked = await check(web, ctx, kind, lines);
  const bad = checked.general.length > 0 || checked.lines.some(({ fault }) => fault !== '');
  if (bad || fields.get('step') !== 'create') {
    if (bad) ctx.status = 422;
    return show(web, ctx, kind, { typed, ...checked, revision: sent });
  }
  const saved = await saveEdit(web.agent, ctx, editOfLines(lines, kind), sent);
  if (!saved.ok) {
    ctx.status = saved.moved ? 409 : 422;
    const { revision } = await web.agent('policy.get', {}, tokenOf(ctx));
    const general = saved.problems.map(({ message }) => message);
    return show(web, ctx, kind, { typed, lines, general, revision: revisionAgain(saved, sent, revision) });
  }
  setFlash(ctx, 'done', `${lines.length} ${lines.length === 1 ? kinds[kind].one : kind} made.`);
  seeOther(ctx, `/firewall/objects/${kind}`);
};

/**
 * Every bad line, not only the first: faults of the fields are told before names that are taken, so what remains without the lines at
 * fault is looked at again.
 */
const check = async (
  web: Web,
  ctx: Context,
  kind: PasteKind,
  lines: Pasted[],
): Promise<{ lines: Pasted[]; general: string[] }> => {
  if (lines.length === 0) return { lines, general: ['Paste at least one line: name, value and remark.'] };
  if (lines.length > LINES_MAX)
    return { lines: [], general: [`These are ${lines.length} lines. At most ${LINES_MAX} are made at once.`] };
  const { policy } = await web.agent('policy.get', {}, tokenOf(ctx));
  const once = async (some: Pasted[]) => {
    const checked = await checkEdit(web.agent, ctx, editOfLines(some, kind));
    return faultsByLine(some, { policy, kind, problems: checked.ok ? [] : checked.problems });
  };
  const first = await once(lines);
  const rest = first.lines.filter(({ fault }) => fault === '');
  if (rest.length === lines.length || rest.length === 0) return first;
  const second = await once(rest);
  const again = new Map(second.lines.map((line) => [line.number, line]));
  return {
    lines: first.lines.map((line) => again.get(line.number) ?? line),
    general: [...new Set([...first.general, ...second.general])],
  };
};

const show = async (web: Web, ctx: Context, kind: PasteKind, shown: Shown): Promise<void> => {
  const { typed, lines, general } = shown;
  const revision = shown.revision ?? (await web.agent('policy.get', {}, tokenOf(ctx))).revision;
  const bad = lines.filter(({ fault }) => fault !== '').length;
  await showPage(web, ctx, { title: `Paste many ${kind}`, nav: 'objects' }, 'paste.njk', {
    kind: kinds[kind],
    typed,
    general,
    revision,
    lines: lines.map((line) => ({ ...line, kind: line.fault === '' ? kindOfLine(line, kind) : '' })),
    bad,
    good: general.length === 0 && bad === 0 && lines.length > 0,
  });
};
