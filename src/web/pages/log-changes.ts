import { type Pages, queryOf, tokenOf } from '../context.ts';
import { showPage } from '../frame.ts';
import { addressOf } from '../paging.ts';

const path = '/logs/changes';
const LINES = 100;

/** Logs → Changes: who changed what, from where. */
export const changesLogPages: Pages = (router, web) => {
  router.get(path, async (ctx) => {
    const q = queryOf(ctx, 'q');
    const before = /^\d{1,9}$/.test(queryOf(ctx, 'before')) ? Number(queryOf(ctx, 'before')) : null;
    const input = { limit: LINES, ...(q === '' ? {} : { q }), ...(before === null ? {} : { before }) };
    const { lines, older } = await web.agent('audit.get', input, tokenOf(ctx));
    const last = lines.at(-1)?.id;
    await showPage(web, ctx, { title: 'Changes', nav: 'log-changes' }, 'log-changes.njk', {
      lines,
      q,
      path,
      newest: before === null ? '' : addressOf(path, { q }),
      older: older && last !== undefined ? addressOf(path, { q, before: last }) : '',
    });
  });
};
