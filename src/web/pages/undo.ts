import { type Pages, sessionOf, tokenOf } from '../context.ts';
import { setFlash } from '../flash.ts';
import { fieldsOf } from '../form.ts';
import { seeOther } from '../frame.ts';
import { problemText, savedText, saveEdit } from '../save.ts';

/** The button of the sentence that tells of a deletion: brings back what was deleted, where it was. */
export const undoPages: Pages = (router, web) => {
  router.get('/undo', (ctx) => ctx.redirect('/'));
  router.post('/undo', async (ctx) => {
    const fields = fieldsOf(ctx);
    const id = fields.get('undo') ?? '';
    const deleted = web.kept.find(sessionOf(ctx).user, id);
    if (deleted === undefined) {
      setFlash(ctx, 'refused', 'What was deleted is not kept any more.');
      return seeOther(ctx, '/');
    }
    const { policy, revision } = await web.agent('policy.get', {}, tokenOf(ctx));
    const saved = await saveEdit(web.agent, ctx, { do: 'batch', edits: deleted.edits(policy) }, revision);
    if (saved.ok) web.kept.forget(id);
    if (saved.ok) setFlash(ctx, 'done', savedText(saved.cut, deleted.done));
    else setFlash(ctx, 'refused', problemText(saved.problems), id);
    seeOther(ctx, deleted.to);
  });
};
