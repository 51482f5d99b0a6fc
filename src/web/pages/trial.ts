import { AgentRefusal } from '../../agent/client.ts';
import { mustBeAble, type Pages, tokenOf } from '../context.ts';
import { setFlash } from '../flash.ts';
import { seeOther } from '../frame.ts';

/** A change on trial: kept or undone, by hand or by the page itself. */
export const trialPages: Pages = (router, web) => {
  router.post('/trial/keep', async (ctx) => {
    mustBeAble(ctx, 'operate');
    const byScript = ctx.get('HX-Request') !== '';
    try {
      await web.agent('trial.keep', {}, tokenOf(ctx));
    } catch (error) {
      if (!(error instanceof AgentRefusal)) throw error;
      if (byScript) {
        // The page tries again by itself, on another connection.
        ctx.status = 204;
        return;
      }
      setFlash(ctx, 'refused', error.message);
    }
    seeOther(ctx, byScript ? '/topbar' : back(ctx.get('Referer')));
  });

  router.post('/trial/undo', async (ctx) => {
    mustBeAble(ctx, 'operate');
    try {
      await web.agent('trial.undo', {}, tokenOf(ctx));
      setFlash(ctx, 'done', 'The change was undone. What was confirmed before is in force.');
    } catch (error) {
      if (!(error instanceof AgentRefusal)) throw error;
      setFlash(ctx, 'refused', error.message);
    }
    seeOther(ctx, back(ctx.get('Referer')));
  });
};

/** The page that it was pressed on. */
const back = (referer: string): string => {
  try {
    const { pathname, search } = new URL(referer);
    return /^\/(?!\/)/.test(pathname) && !pathname.startsWith('/trial') ? `${pathname}${search}` : '/';
  } catch {
    return '/';
  }
};
