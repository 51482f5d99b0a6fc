import { freeRuleId } from '../../policy/edit.ts';
import type { Policy, Rule } from '../../policy/schema.ts';
import { ApiRefusal, type Call, type Route } from './route.ts';
import { policyOf, save, saveAgainst } from './saving.ts';

const tag = 'Rules';
const path = '/rules';
const one = '/rules/{id}';
const example = {
  source: { kind: 'address', name: 'MailAccess' },
  destination: { kind: 'any' },
  service: { kind: 'group', name: 'MailingServices' },
  action: 'accept',
  remark: 'MailAccess PCs can use MailingServices',
};
const position = { type: 'integer', text: 'Where to put it, counting from 0; last when left out.' } as const;
const saved = { schema: 'Saved', text: 'Saved.' } as const;

/** The rules, in their order: the first that matches decides. */
export const ruleRoutes: Route[] = [
  {
    method: 'GET',
    path,
    tag,
    summary: 'All rules, in their order',
    policy: true,
    answer: { schema: 'Rule', list: true, text: 'Every rule; the first that matches decides.' },
    run: async (call) => {
      const { policy, revision } = await policyOf(call);
      return { body: policy.rules, revision };
    },
  },
  {
    method: 'POST',
    path,
    tag,
    summary: 'Add a rule',
    query: { position },
    body: { schema: 'RuleBody', example },
    answer: { schema: 'Saved', created: true, text: 'Added; `id` is the rule’s.' },
    run: (call) => saveAgainst(call, (policy) => adding(policy, call)),
  },
  {
    method: 'GET',
    path: one,
    tag,
    summary: 'One rule',
    policy: true,
    answer: { schema: 'Rule', text: 'The rule.' },
    run: async (call) => {
      const { policy, revision } = await policyOf(call);
      return { body: mustFind(policy, call), revision };
    },
  },
  {
    method: 'PUT',
    path: one,
    tag,
    summary: 'Replace a rule; it stays where it is, or goes to `position`',
    query: { position },
    body: { schema: 'RuleBody', example },
    answer: saved,
    run: async (call) => {
      const { id } = mustFind((await policyOf(call)).policy, call);
      return save(call, { do: 'saveRule', id, value: call.body, ...positionOf(call) });
    },
  },
  {
    method: 'PATCH',
    path: one,
    tag,
    summary: 'Switch a rule or its logging on or off',
    body: { schema: 'RuleSwitch', example: { enabled: false } },
    answer: saved,
    run: async (call) => {
      const { id } = mustFind((await policyOf(call)).policy, call);
      return save(call, { ...objectOf(call), do: 'toggleRule', id });
    },
  },
  {
    method: 'DELETE',
    path: one,
    tag,
    summary: 'Delete a rule',
    answer: { schema: 'Saved', text: 'Deleted.' },
    run: async (call) => {
      const { id } = mustFind((await policyOf(call)).policy, call);
      return save(call, { do: 'deleteRule', id });
    },
  },
  {
    method: 'POST',
    path: '/rules/{id}/move',
    tag,
    summary: 'Move a rule to a position, counting from 0',
    body: { schema: 'Move', example: { position: 0 } },
    answer: saved,
    run: async (call) => {
      const { id } = mustFind((await policyOf(call)).policy, call);
      return save(call, { ...(objectOf(call) as { position: number }), do: 'moveRule', id });
    },
  },
];

/** A body with an id that nobody has brings a deleted rule back; without one, the rule gets the next free id. */
function adding(policy: Policy, call: Call) {
  const { id: wanted } = objectOf(call) as { id?: unknown };
  const id = typeof wanted === 'string' ? wanted : freeRuleId(policy);
  if (policy.rules.some((rule) => rule.id === id)) throw new ApiRefusal(409, `There is a rule ${id} already.`, 'id');
  const edit = {
    do: 'saveRule' as const,
    ...(typeof wanted === 'string' ? { id, restore: true } : {}),
    value: call.body,
    ...positionOf(call),
  };
  return { edit, more: { status: 201 as const, location: `${path}/${id}`, extra: { id } } };
}

const mustFind = (policy: Policy, { params }: Call): Rule => {
  const found = policy.rules.find((rule) => rule.id === params.id);
  if (found === undefined) throw new ApiRefusal(404, `There is no rule ${params.id}.`);
  return found;
};

const positionOf = ({ query }: Call): { position?: number } =>
  query.position === undefined ? {} : { position: Number(query.position) };

const objectOf = ({ body }: Call): object => {
  if (typeof body === 'object' && body !== null && !Array.isArray(body)) return body;
  throw new ApiRefusal(400, 'The body must be an object.');
};
