import type { Context } from 'koa';
import { readCookie, writeCookie } from './cookies.ts';

/** One sentence for the next page: success is quiet, a refusal is not. `undo`: what takes it back, empty when nothing does. */
export type Flash = { kind: 'done' | 'refused'; text: string; undo: string };

/** Keeps a sentence for the page that the browser is sent to. Cookies hold 4 KB: longer text is cut. */
export const setFlash = (ctx: Context, kind: Flash['kind'], text: string, undo = ''): void => {
  const kept = text.length > 600 ? `${text.slice(0, 599)}…` : text;
  writeCookie(ctx, 'flash', Buffer.from(JSON.stringify([kind, kept, undo])).toString('base64url'));
};

/** The sentence kept for this page, and forgets it. */
export const takeFlash = (ctx: Context): Flash | null => {
  const kept = readCookie(ctx, 'flash');
  if (kept === '') return null;
  writeCookie(ctx, 'flash', '');
  return parse(kept);
};

const parse = (kept: string): Flash | null => {
  try {
    const [kind, text, undo = ''] = JSON.parse(Buffer.from(kept, 'base64url').toString('utf8')) as unknown[];
    const known = (kind === 'done' || kind === 'refused') && typeof text === 'string' && typeof undo === 'string';
    return known ? { kind, text, undo } : null;
  } catch {
    return null;
  }
};
