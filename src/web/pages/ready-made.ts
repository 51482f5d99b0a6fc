import type { Context } from 'koa';
import { starterEdits, starterRules } from '../../policy/starter-rules.ts';
import { mustBeAble, type Pages, tokenOf, type Web } from '../context.ts';
import { setFlash } from '../flash.ts';
import { fault, fieldsOf, formOf, noFaults } from '../form.ts';
import { seeOther, showPage } from '../frame.ts';
import { problemText, revisionOf, savedText, saveEdit } from '../save.ts';

/** Ready-made rules: the ones offered when BOT is first enabled, for later. */
export const readyMadePages: Pages = (router, web) => {
  router.get('/firewall/bot/ready-made', (ctx) => show(web, ctx, []));
  router.post('/firewall/bot/ready-made', async (ctx) => {
    const fields = fieldsOf(ctx);
    const chosen = fields.getAll('starter');
    const { policy } = await web.agent('policy.get', {}, tokenOf(ctx));
    const edits = starterEdits(policy, chosen);
    const count = edits.filter((edit) => edit.do === 'saveRule').length;
    const refuse = (status: number, sentence: string): Promise<void> => {
      ctx.status = status;
      return show(web, ctx, chosen, sentence);
    };
    if (count === 0) return refuse(422, 'No rule was chosen.');
    const saved = await saveEdit(web.agent, ctx, { do: 'batch', edits }, revisionOf(fields));
    if (!saved.ok && saved.moved === true)
      return refuse(409, 'Somebody else saved a change meanwhile. See what is offered now, then add the rules again.');
    if (!saved.ok) return refuse(422, problemText(saved.problems));
    setFlash(ctx, 'done', savedText(saved.cut, count === 1 ? '1 rule added.' : `${count} rules added.`));
    seeOther(ctx, '/firewall/bot');
  });
};

/** The page with these rules ticked, and why they were not added. */
const show = async (web: Web, ctx: Context, chosen: string[], sentence = ''): Promise<void> => {
  mustBeAble(ctx, 'administer');
  const { policy, revision } = await web.agent('policy.get', {}, tokenOf(ctx));
  const list = starterRules(policy).map((one) => ({ ...one, on: chosen.includes(one.id) }));
  await showPage(web, ctx, { title: 'Ready-made rules', nav: 'bot' }, 'ready-made.njk', {
    list,
    left: list.some(({ rule, there }) => rule !== null && !there),
    revision,
    form: formOf({}, sentence === '' ? noFaults : fault('', sentence)),
  });
};
