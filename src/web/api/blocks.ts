import { normalAddress } from '../../policy/address.ts';
import type { Edit } from '../../policy/edit.ts';
import type { Block, Policy } from '../../policy/schema.ts';
import { ApiRefusal, type Call, type Route } from './route.ts';
import { policyOf, save } from './saving.ts';

const tag = 'Blocks';

/** Hosts that are blocked or let through for a time. */
export const blockRoutes: Route[] = [
  {
    method: 'GET',
    path: '/blocks',
    tag,
    summary: 'The hosts that are blocked or let through for a time',
    policy: true,
    answer: { schema: 'Block', list: true, text: 'Every block.' },
    run: async (call) => {
      const { policy, revision } = await policyOf(call);
      return { body: policy.blocks, revision };
    },
  },
  {
    method: 'POST',
    path: '/blocks',
    tag,
    summary: 'Block a host, or let it through, for a time or until it is ended; replaces the block of that host',
    body: { schema: 'BlockBody', example: { host: '192.168.51.25', action: 'drop', for: 1800, remark: 'Exam' } },
    answer: { schema: 'Saved', created: true, text: 'In force; `id` is the block’s.' },
    run: async (call) => {
      const edit = blockEdit(call);
      const reply = await save(call, edit);
      const id = find((await policyOf(call)).policy, edit.host)?.id;
      if (id === undefined) return { ...reply, status: 201 };
      return { ...reply, status: 201, location: `/blocks/${id}`, body: { ...(reply.body as object), id } };
    },
  },
  {
    method: 'DELETE',
    path: '/blocks/{id}',
    tag,
    summary: 'End a block, named by its id or its host',
    answer: { schema: 'Saved', text: 'Ended.' },
    run: async (call) => {
      const wanted = call.params.id ?? '';
      const found = find((await policyOf(call)).policy, wanted);
      if (found === undefined) throw new ApiRefusal(404, `No block is called “${wanted}”.`);
      return save(call, { do: 'unblock', id: found.id });
    },
  },
];

const find = ({ blocks }: Policy, wanted: string): Block | undefined =>
  blocks.find(({ id, host }) => id === wanted || host === normalAddress(wanted.trim()));

/** `for` is a span from now, `until` a moment. Both at once would say two things. */
function blockEdit({ body, user }: Call): Extract<Edit, { do: 'block' }> {
  if (typeof body !== 'object' || body === null) throw new ApiRefusal(400, 'The body must be an object.');
  const { host, action = 'drop', for: span, until, remark = '', ...rest } = body as Record<string, unknown>;
  const unknown = Object.keys(rest)[0];
  if (unknown !== undefined) throw new ApiRefusal(400, `Greengate knows no field called “${unknown}” here.`, unknown);
  if (typeof host !== 'string') throw new ApiRefusal(400, 'A host is needed, as text.', 'host');
  if (span !== undefined && until !== undefined) throw new ApiRefusal(400, 'Give `for` or `until`, not both.', 'until');
  const whole = (value: unknown, place: string, max: number): number => {
    if (Number.isInteger(value) && (value as number) >= 1 && (value as number) <= max) return value as number;
    throw new ApiRefusal(400, `A number of seconds is needed, from 1 to ${max}.`, place);
  };
  const now = Math.floor(Date.now() / 1000);
  const end =
    span !== undefined
      ? now + whole(span, 'for', 366 * 86400)
      : until === undefined || until === null
        ? null
        : whole(until, 'until', 99_999_999_999);
  if (end !== null && end <= now) throw new ApiRefusal(422, 'This moment is past.', 'until');
  // What is left is judged by the agent, against the policy's own schema.
  return { do: 'block', host, action, until: end, by: user, remark } as Extract<Edit, { do: 'block' }>;
}
