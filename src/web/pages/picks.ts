import type { Context } from 'koa';
import { kinds, type ObjectPage } from '../collections.ts';
import { type Pages, queryOf, tokenOf, type Web } from '../context.ts';
import { memberChoices } from '../group-values.ts';
import { PICKS, search } from '../pick-search.ts';
import { type Choice, hostChoices, serviceChoices } from '../picks.ts';
import { leasesOf } from '../rule-show.ts';

/** Answers the pickers of forms whose list is too long to be in the page: `list` is `hosts`, `services`, or that of a group’s form. */
export const pickPages: Pages = (router, web) => {
  router.get(PICKS, async (ctx) => {
    const choices = await choicesOf(web, ctx, queryOf(ctx, 'list'));
    if (choices === null) return ctx.throw(404);
    ctx.body = search(choices, {
      text: queryOf(ctx, 'q', 300),
      side: queryOf(ctx, 'side'),
      toBox: queryOf(ctx, 'box') === '1',
      everything: queryOf(ctx, 'all') === '1',
    });
  });
};

const choicesOf = async (web: Web, ctx: Context, list: string): Promise<Choice[] | null> => {
  const { policy } = await web.agent('policy.get', {}, tokenOf(ctx));
  if (list === 'hosts') return hostChoices(policy, await leasesOf(web, ctx));
  if (list === 'services') return serviceChoices(policy);
  const kind = Object.hasOwn(kinds, list) ? kinds[list as ObjectPage] : undefined;
  return kind?.group === true ? memberChoices(policy, kind, queryOf(ctx, 'group', 300)) : null;
};
