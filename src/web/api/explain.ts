import type { Question } from '../../agent/api.ts';
import { editIn } from './policy.ts';
import { ApiRefusal, type Route } from './route.ts';
import { heedingIfMatch } from './saving.ts';

/** Must stand above the table that is made with it. */
const edited = { do: 'deleteRule', id: 'r1' };

/** Questions about the policy, in force or not yet; nothing is changed. */
export const explainRoutes: Route[] = [
  {
    method: 'POST',
    path: '/explain',
    tag: 'Policy',
    summary: 'Why a packet is let through or not',
    body: {
      schema: 'Question',
      example: { from: '192.168.51.25', to: '203.0.113.9', service: 'tcp/25', at: '2026-11-20T22:30' },
    },
    answer: { schema: 'Explained', text: 'The verdict, the rule that decides, and those that were asked before.' },
    run: async ({ agent, body }) => ({ body: await agent('policy.explain', body as Question) }),
  },
  {
    method: 'GET',
    path: '/lint',
    tag: 'Policy',
    summary: 'What somebody should look at: rules that never decide, contradict each other or open too much',
    policy: true,
    answer: { schema: 'Finding', list: true, text: 'Findings, in the order of the rules.' },
    run: async ({ agent }) => {
      const { findings, revision } = await agent('policy.lint', { wait: 30_000 });
      if (findings === null) throw new ApiRefusal(503, 'It takes longer, or the policy has just changed. Ask again.');
      return { body: findings, revision };
    },
  },
  {
    method: 'POST',
    path: '/lint',
    tag: 'Policy',
    summary: 'The same for an edit, or several, without doing it: only what that adds or changes',
    draft: true,
    body: { schema: 'EditOrEdits', example: edited, large: true },
    answer: { schema: 'Finding', list: true, text: 'Findings that there are not now; nothing is changed.' },
    run: (call) =>
      heedingIfMatch(call, async (revision) => {
        const { findings } = await call.agent('policy.lint', { wait: 30_000, edit: editIn(call.body), ...revision });
        if (findings === null) throw new ApiRefusal(503, 'It takes longer, or the policy has just changed. Ask again.');
        return { body: findings };
      }),
  },
  {
    method: 'POST',
    path: '/affects',
    tag: 'Policy',
    summary: 'What an edit, or several, would do: the rules that change, and the open connections that would be cut',
    draft: true,
    body: { schema: 'EditOrEdits', example: edited, large: true },
    answer: { schema: 'Affected', text: 'What saving the same would cut; nothing is changed.' },
    run: (call) =>
      heedingIfMatch(call, async (revision) => ({
        body: await call.agent('policy.affects', { edit: editIn(call.body), ...revision }),
      })),
  },
];
