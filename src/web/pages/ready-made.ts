import { starterEdits, starterRules } from '../../policy/starter-rules.ts';
import { mustBeAble, type Pages, tokenOf } from '../context.ts';
import { setFlash } from '../flash.ts';
import { fieldsOf } from '../form.ts';
import { seeOther, showPage } from '../frame.ts';
import { problemText, revisionOf, savedText, saveEdit } from '../save.ts';

/** Ready-made rules: the ones offered when BOT is first enabled, for later. */
export const readyMadePages: Pages = (router, web) => {
  router.get('/firewall/bot/ready-made', async (ctx) => {
    mustBeAble(ctx, 'administer');
    const { policy, revision } = await web.agent('policy.get', {}, tokenOf(ctx));
    const list = starterRules(policy);
    const left = list.some(({ rule, there }) => rule !== null && !there);
    await showPage(web, ctx, { title: 'Ready-made rules', nav: 'bot' }, 'ready-made.njk', { list, left, revision });
  });
  router.post('/firewall/bot/ready-made', async (ctx) => {
    const fields = fieldsOf(ctx);
    const { policy } = await web.agent('policy.get', {}, tokenOf(ctx));
    const edits = starterEdits(policy, fields.getAll('starter'));
    const count = edits.filter((edit) => edit.do === 'saveRule').length;
    if (count === 0) {
      setFlash(ctx, 'refused', 'No rule was chosen.');
      return seeOther(ctx, '/firewall/bot/ready-made');
    }
    const saved = await saveEdit(web.agent, ctx, { do: 'batch', edits }, revisionOf(fields));
    if (saved.ok) setFlash(ctx, 'done', savedText(saved.cut, count === 1 ? '1 rule added.' : `${count} rules added.`));
    else if (saved.moved === true)
      setFlash(
        ctx,
        'refused',
        'Somebody else saved a change meanwhile. Look at what is offered now, and choose again.',
      );
    else setFlash(ctx, 'refused', problemText(saved.problems));
    seeOther(ctx, saved.ok ? '/firewall/bot' : '/firewall/bot/ready-made');
  });
};
