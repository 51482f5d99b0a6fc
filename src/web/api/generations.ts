import { ApiRefusal, type Call, type Route } from './route.ts';
import { heedingIfMatch } from './saving.ts';

const tag = 'Policy';

/** What was in force before: every policy that is kept, what one would change, and the way back to it. */
export const generationRoutes: Route[] = [
  {
    method: 'GET',
    path: '/generations',
    tag,
    summary: 'The policies that were in force, newest first: who, when and what',
    answer: { schema: 'Generation', list: true, text: 'The last hundred; fewer of very large ones.' },
    run: async ({ agent }) => ({ body: (await agent('generations.list', {})).generations }),
  },
  {
    method: 'GET',
    path: '/generations/{number}',
    tag,
    summary: 'One of them, and what restoring it would change',
    policy: true,
    answer: {
      schema: 'ComparedGeneration',
      text: 'The differences, as sentences. The ETag is that of what is in force.',
    },
    run: async (call) => {
      const { generation, differences, revision } = await call.agent('generations.diff', { number: numberOf(call) });
      return { body: { ...generation, differences }, revision };
    },
  },
  {
    method: 'POST',
    path: '/generations/{number}/restore',
    tag,
    summary: 'Put it in force again; BOT stays on or off, and blocks stay as they are',
    answer: { schema: 'Saved', text: 'In force.' },
    run: async (call) => {
      const number = numberOf(call);
      const saved = await heedingIfMatch(call, (revision) =>
        call.agent('generations.restore', { number, ...revision }),
      );
      return { body: saved, revision: saved.revision };
    },
  },
];

const numberOf = ({ params }: Call): number => {
  const text = params.number ?? '';
  if (!/^[1-9]\d{0,8}$/.test(text)) throw new ApiRefusal(404, `No generation has the number “${text.slice(0, 100)}”.`);
  return Number(text);
};
