import type { Context } from 'koa';
import { defaultNetworks, greengateServices } from '../../policy/builtin.ts';
import { defaultServices } from '../../policy/default-services.ts';
import type { Edit } from '../../policy/edit.ts';
import type { Policy, Rule } from '../../policy/schema.ts';
import { type Pages, queryOf, tokenOf, type Web } from '../context.ts';
import { setFlash } from '../flash.ts';
import { type Faults, fieldsOf, formOf, noFaults, take } from '../form.ts';
import { seeOther, showPage } from '../frame.ts';
import { reviewNotes } from '../rule-notes.ts';
import { emptyRule, type RuleValues, ruleFaults, ruleFields, ruleOf, valuesOfRule } from '../rule-values.ts';
import { checkEdit, savedText, saveEdit } from '../save.ts';
import { ruleSentence, serviceText } from '../words.ts';

/** New Rule and Edit: form → review in plain words → save. */
export const ruleFormPages: Pages = (router, web) => {
  router.get('/firewall/bot/rules/new', async (ctx) => {
    const policy = await getPolicy(web, ctx);
    const copied = policy.rules.find(({ id }) => id === queryOf(ctx, 'copy'));
    const values = copied === undefined ? emptyRule : valuesOfRule(copied);
    await showForm(web, ctx, policy, { values, faults: noFaults });
  });
  router.post('/firewall/bot/rules/new', (ctx) => step(web, ctx));
  router.get('/firewall/bot/rules/:id', async (ctx) => {
    const policy = await getPolicy(web, ctx);
    const index = policy.rules.findIndex(({ id }) => id === idOf(ctx));
    const rule = policy.rules[index];
    if (rule === undefined) return ctx.throw(404);
    const values = { ...valuesOfRule(rule), position: String(index) };
    await showForm(web, ctx, policy, { values, faults: noFaults });
  });
  router.post('/firewall/bot/rules/:id', (ctx) => step(web, ctx));
};

type Shown = { values: RuleValues; faults: Faults };

const idOf = (ctx: Context): string | undefined => (ctx as Context & { params: { id?: string } }).params.id;

const getPolicy = async (web: Web, ctx: Context): Promise<Policy> =>
  (await web.agent('policy.get', {}, tokenOf(ctx))).policy;

/** One round of the form: Next leads to the review, Back to the form again, Save saves. */
const step = async (web: Web, ctx: Context): Promise<void> => {
  const fields = fieldsOf(ctx);
  const values = take(fields, ruleFields);
  const policy = await getPolicy(web, ctx);
  const id = idOf(ctx);
  if (id !== undefined && !policy.rules.some((rule) => rule.id === id)) return ctx.throw(404);
  if (fields.get('step') === 'back') return showForm(web, ctx, policy, { values, faults: noFaults });
  const edit = {
    do: 'saveRule' as const,
    ...(id === undefined ? {} : { id }),
    value: ruleOf(values),
    ...(/^\d{1,6}$/.test(values.position) ? { position: Number(values.position) } : {}),
  };
  const outcome =
    fields.get('step') === 'save' ? await saveEdit(web.agent, ctx, edit) : await checkEdit(web.agent, ctx, edit);
  if (!outcome.ok) {
    ctx.status = 422;
    return showForm(web, ctx, policy, {
      values,
      faults: ruleFaults(outcome, values),
    });
  }
  if (fields.get('step') !== 'save') return showReview(web, ctx, policy, { values, edit });
  setFlash(ctx, 'done', savedText(outcome.cut, 'Rule saved.'));
  seeOther(ctx, '/firewall/bot');
};

const showForm = (web: Web, ctx: Context, policy: Policy, { values, faults }: Shown): Promise<void> =>
  showPage(web, ctx, { title: titleOf(ctx), nav: 'bot' }, 'rule-form.njk', {
    form: formOf(values, faults),
    title: titleOf(ctx),
    addresses: [
      { label: 'Addresses', options: policy.addresses.map(({ name, value }) => option(name, value)) },
      { label: 'Default networks', options: defaultNetworks(policy).map(({ name, value }) => option(name, value)) },
    ],
    addressGroups: policy.addressGroups.map(({ name }) => option(name, '')),
    services: [
      { label: 'Services', options: policy.services.map((one) => option(one.name, serviceText(one))) },
      { label: 'Greengate', options: greengateServices(policy).map((one) => option(one.name, serviceText(one))) },
      { label: 'Default services', options: defaultServices.map((one) => option(one.name, serviceText(one))) },
    ],
    serviceGroups: policy.serviceGroups.map(({ name }) => option(name, '')),
  });

const titleOf = (ctx: Context): string => (idOf(ctx) === undefined ? 'New rule' : 'Edit rule');

const option = (name: string, detail: string) => ({ value: name, label: detail === '' ? name : `${name} — ${detail}` });

type Reviewed = { values: RuleValues; edit: Extract<Edit, { do: 'saveRule' }> };

/** The review speaks of the rule as it will be kept, after parsing: addresses in one spelling, names followed. */
const showReview = async (web: Web, ctx: Context, policy: Policy, { values, edit }: Reviewed): Promise<void> => {
  // Loaded when it is needed: the schemas behind it are the largest part of this process.
  const { applyEdit } = await import('../../policy/edit.ts');
  const result = applyEdit(policy, edit);
  if (!result.ok) return ctx.throw(409, 'The policy has changed meanwhile. Send the form again.', { expose: true });
  const others = policy.rules.filter(({ id }) => id !== edit.id);
  const rule = result.policy.rules.find(({ id }) => !others.some((other) => other.id === id)) as Rule;
  await showPage(web, ctx, { title: 'Review rule', nav: 'bot' }, 'rule-review.njk', {
    id: edit.id ?? '',
    fields: ruleFields.filter((name) => name !== 'position').map((name) => ({ name, value: values[name] })),
    sentence: ruleSentence(result.policy, rule),
    notes: reviewNotes(result.policy, rule),
    action: rule.action,
    remark: rule.remark,
    position: values.position === '' ? others.length : Math.min(Number(values.position), others.length),
    positions: others.length > 200 ? [] : others.map((other) => positionLabel(policy, other)),
    count: others.length,
  });
};

const positionLabel = (policy: Policy, rule: Rule): string => {
  const text =
    rule.remark ||
    ruleSentence(policy, rule)
      .map((piece) => piece.text)
      .join('');
  return text.length > 70 ? `${text.slice(0, 69)}…` : text;
};
