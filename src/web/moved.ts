import { setTimeout as sleep } from 'node:timers/promises';
import type { Context } from 'koa';
import type { Edit } from '../policy/edit.ts';
import { tokenOf, type Web } from './context.ts';
import { showPage } from './frame.ts';

/**
 * Changes that move this very UI (another address or port): the browser gets its answer first, a page that names the new
 * address, and the change is made a moment later, for afterwards the old connection would be dead. Check the edit before.
 */
export const answerThenSave = (
  web: Web,
  ctx: Context,
  edit: Edit,
  { revision, ...place }: { address: string; port: number; revision: number },
): Promise<void> => {
  const token = tokenOf(ctx);
  return answerThen(web, ctx, place, () => web.agent('policy.edit', { edit, revision }, token));
};

/** The same for any change. */
export const answerThen = async (
  web: Web,
  ctx: Context,
  { address, port }: { address: string; port: number },
  change: () => Promise<unknown>,
): Promise<void> => {
  const target = `${ctx.protocol}://${address}${port === 443 ? '' : `:${port}`}/`;
  const old = `${ctx.protocol}://${ctx.get('Host')}/`;
  await showPage(web, ctx, { title: 'Greengate is moving', nav: 'network' }, 'moved.njk', { target, old });
  ctx.set('Connection', 'close');
  ctx.res.once('finish', () => {
    sleep(300)
      .then(change)
      .catch((error: unknown) => web.report('moving the user interface', error));
  });
};
