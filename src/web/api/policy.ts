import { parseNetwork, printNetwork } from '../../policy/address.ts';
import { defaultNetworks, greengateServices } from '../../policy/builtin.ts';
import { defaultServices } from '../../policy/default-services.ts';
import type { Edit, Section } from '../../policy/edit.ts';
import { ApiRefusal, type Route } from './route.ts';
import { policyOf, save } from './saving.ts';
import type { SchemaName } from './schemas.ts';

const examples = {
  settings: { logging: true, defaultDeny: 'drop' },
  network: { names: ['gate.example'] },
  dhcp: { leaseMinutes: 720 },
  dns: { servers: ['192.0.2.53'] },
  proxy: { port: 800 },
  time: { serveGreen: true },
  ssh: { enabled: false },
};

const words = {
  settings: 'BOT',
  network: 'the network',
  dhcp: 'DHCP',
  dns: 'DNS',
  proxy: 'the proxy',
  time: 'the time',
  ssh: 'SSH',
};

/** The policy as a whole, its sections, several edits at once, and a trial without doing it. */
export const policyRoutes: Route[] = [
  {
    method: 'GET',
    path: '/policy',
    tag: 'Policy',
    summary: 'The whole policy',
    policy: true,
    answer: { schema: 'Policy', text: 'The policy in force. The same file can be put back.' },
    run: async (call) => {
      const { policy, revision } = await policyOf(call);
      return { body: policy, revision };
    },
  },
  {
    method: 'PUT',
    path: '/policy',
    tag: 'Policy',
    summary: 'Replace the whole policy',
    body: { schema: 'Policy', example: { schema: 2, rules: [] }, large: true },
    answer: { schema: 'Saved', text: 'In force.' },
    run: (call) => save(call, { do: 'replace', value: call.body }),
  },
  ...(Object.keys(examples) as (keyof typeof examples)[]).flatMap(sectionRoutes),
  {
    method: 'POST',
    path: '/edits',
    tag: 'Policy',
    summary: 'Several edits as one change: all or none',
    body: {
      schema: 'Edits',
      example: [
        { do: 'save', collection: 'addresses', value: { name: 'Printer', value: '192.168.51.9' } },
        { do: 'section', section: 'settings', value: { logging: true } },
      ],
      large: true,
    },
    answer: { schema: 'Saved', text: 'In force.' },
    run: (call) => save(call, { do: 'batch', edits: editsOf(call.body) }),
  },
  {
    method: 'POST',
    path: '/check',
    tag: 'Policy',
    summary: 'Try an edit, or several, without doing it',
    body: {
      schema: 'EditOrEdits',
      example: { do: 'save', collection: 'addresses', value: { name: 'Printer', value: '192.168.51.9' } },
      large: true,
    },
    answer: { schema: 'Checked', text: 'What would be said; nothing is changed.' },
    run: async ({ agent, body }) => ({ body: await agent('policy.check', { edit: editIn(body) }) }),
  },
];

/** What every rule may name without making it first. Read-only. */
export const builtinRoutes: Route[] = [
  {
    method: 'GET',
    path: '/default-services',
    tag: 'Objects',
    summary: 'The default services; read-only',
    answer: { schema: 'Service', list: true, text: 'Every default service.' },
    run: async () => ({ body: defaultServices }),
  },
  {
    method: 'GET',
    path: '/default-networks',
    tag: 'Objects',
    summary: 'The default networks; read-only, they follow the network’s settings and RED’s address',
    answer: { schema: 'DefaultNetwork', list: true, text: 'Every default network; an empty one matches nothing.' },
    run: async (call) => {
      const [{ policy }, { red }] = await Promise.all([policyOf(call), call.agent('status', {})]);
      const network = parseNetwork(red.address);
      const known =
        network === null ? {} : { red: { address: red.address.replace(/\/.*/, ''), network: printNetwork(network) } };
      return { body: defaultNetworks(policy, known) };
    },
  },
  {
    method: 'GET',
    path: '/greengate-services',
    tag: 'Objects',
    summary: 'The services of the box itself; read-only, they follow the configured ports',
    policy: true,
    answer: { schema: 'Service', list: true, text: 'Every service of the box.' },
    run: async (call) => {
      const { policy, revision } = await policyOf(call);
      return { body: greengateServices(policy), revision };
    },
  },
];

function sectionRoutes(section: keyof typeof examples & Section): Route[] {
  const schema = `${section[0]?.toUpperCase()}${section.slice(1)}` as SchemaName;
  const path = `/${section}`;
  const tag = 'Settings';
  return [
    {
      method: 'GET',
      path,
      tag,
      summary: `The settings of ${words[section]}`,
      policy: true,
      answer: { schema, text: 'The settings.' },
      run: async (call) => {
        const { policy, revision } = await policyOf(call);
        return { body: policy[section], revision };
      },
    },
    {
      method: 'PUT',
      path,
      tag,
      summary: `Change settings of ${words[section]}; fields that are left out stay as they are`,
      body: { schema: `${schema}Change` as SchemaName, example: examples[section] },
      answer: { schema: 'Saved', text: 'Saved.' },
      run: (call) => save(call, { do: 'section', section, value: call.body }),
    },
  ];
}

/** One edit, or a list of them as one. */
export const editIn = (body: unknown): Edit =>
  Array.isArray(body) ? { do: 'batch', edits: editsOf(body) } : (body as Edit);

const editsOf = (body: unknown): Edit[] => {
  if (!Array.isArray(body)) throw new ApiRefusal(400, 'The body must be a list of edits.');
  return body as Edit[];
};
