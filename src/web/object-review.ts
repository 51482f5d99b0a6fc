import type { Context } from 'koa';
import type { Edit } from '../policy/edit.ts';
import type { Kind } from './collections.ts';
import { can, type Web } from './context.ts';
import { effectsOf } from './effects.ts';
import { showPage } from './frame.ts';

/** A change of an object as its form sent it. `sent`: the revision that the form was made from. */
export type ObjectChange = { edit: Edit; was: string; fields: URLSearchParams; sent: number | undefined };

/**
 * Before an object that rules depend on is saved: answers with a page that says which rules change and which open connections would
 * be cut, and returns true. False when there is nothing to ask: it was asked already, nothing changes, or the agent refuses the change.
 */
export const reviewFirst = async (
  web: Web,
  ctx: Context,
  kind: Kind,
  { edit, was, fields, sent }: ObjectChange,
): Promise<boolean> => {
  if (was === '' || fields.get('step') === 'confirm' || !can(ctx, 'administer')) return false;
  const effects = await effectsOf(web, ctx, edit, sent);
  if (effects === null) return false;
  if (effects.known && effects.rules.length === 0 && effects.connections === 0) return false;
  await showPage(web, ctx, { title: `Review ${kind.one}`, nav: 'objects' }, 'object-review.njk', {
    kind,
    was,
    effects,
    fields: [...fields].filter(([name]) => name !== 'csrf' && name !== 'step'),
  });
  return true;
};
