import { sameName } from '../../policy/resolve.ts';
import type { Policy } from '../../policy/schema.ts';
import { ApiRefusal, type Call, type Route } from './route.ts';
import { policyOf, save } from './saving.ts';
import type { SchemaName } from './schemas.ts';

type Collection = 'addresses' | 'addressGroups' | 'services' | 'serviceGroups';
type Kind = { path: string; collection: Collection; schema: SchemaName; one: string; many: string; example: object };

const kinds: Kind[] = [
  {
    path: '/addresses',
    collection: 'addresses',
    schema: 'Address',
    one: 'address',
    many: 'addresses',
    example: { name: 'MailAccess', value: '192.168.51.0/27', remark: 'PCs that may use mail' },
  },
  {
    path: '/address-groups',
    collection: 'addressGroups',
    schema: 'Group',
    one: 'address group',
    many: 'address groups',
    example: { name: 'Offices', members: [{ name: 'MailAccess' }] },
  },
  {
    path: '/services',
    collection: 'services',
    schema: 'Service',
    one: 'service',
    many: 'services',
    example: { name: 'GreengateProxy', protocol: 'tcp', ports: '800' },
  },
  {
    path: '/service-groups',
    collection: 'serviceGroups',
    schema: 'Group',
    one: 'service group',
    many: 'service groups',
    example: { name: 'MailingServices', members: [{ name: 'POP3' }, { name: 'SMTP' }] },
  },
];

/** The named objects: four collections of the same five calls. */
export const objectRoutes: Route[] = kinds.flatMap((kind) => [...listRoutes(kind), ...oneRoutes(kind)]);

function listRoutes({ path, collection, schema, one, many, example }: Kind): Route[] {
  const tag = 'Objects';
  return [
    {
      method: 'GET',
      path,
      tag,
      summary: `All ${many}`,
      policy: true,
      answer: { schema, list: true, text: `Every ${one} of the policy.` },
      run: async (call) => {
        const { policy, revision } = await policyOf(call);
        return { body: policy[collection], revision };
      },
    },
    {
      method: 'POST',
      path,
      tag,
      summary: `Add ${article(one)}`,
      body: { schema, example },
      answer: { schema: 'Saved', created: true, text: 'Added.' },
      run: async (call) => {
        const name = nameIn(call.body);
        const location = `${path}/${encodeURIComponent(name)}`;
        return save(call, { do: 'save', collection, value: call.body }, { status: 201, location, extra: { name } });
      },
    },
  ];
}

function oneRoutes({ path, collection, schema, one, example }: Kind): Route[] {
  const tag = 'Objects';
  return [
    {
      method: 'GET',
      path: `${path}/{name}`,
      tag,
      summary: `One ${one}`,
      policy: true,
      answer: { schema, text: `The ${one}.` },
      run: async (call) => {
        const { policy, revision } = await policyOf(call);
        return { body: mustFind(policy, collection, call), revision };
      },
    },
    {
      method: 'PUT',
      path: `${path}/{name}`,
      tag,
      summary: `Replace ${article(one)}; another name in the body renames it everywhere`,
      body: { schema, example },
      answer: { schema: 'Saved', text: 'Saved.' },
      run: async (call) => {
        const was = mustFind((await policyOf(call)).policy, collection, call).name;
        const value = withName(call.body, was);
        return save(call, { do: 'save', collection, was, value }, { extra: { name: nameIn(value) } });
      },
    },
    {
      method: 'DELETE',
      path: `${path}/{name}`,
      tag,
      summary: `Delete ${article(one)}; refused (422) while it is in use`,
      answer: { schema: 'Saved', text: 'Deleted.' },
      run: async (call) => {
        const { name } = mustFind((await policyOf(call)).policy, collection, call);
        return save(call, { do: 'delete', collection, name });
      },
    },
  ];
}

function article(word: string): string {
  return `${/^[aeiou]/.test(word) ? 'an' : 'a'} ${word}`;
}

const mustFind = (policy: Policy, collection: Collection, { params }: Call): { name: string } => {
  const list: { name: string }[] = policy[collection];
  const found = list.find((one) => sameName(one.name, params.name ?? ''));
  if (found === undefined) throw new ApiRefusal(404, `Nothing is called “${params.name}” here.`);
  return found;
};

/** The path has named it already: the body may leave the name out. */
const withName = (body: unknown, name: string): unknown =>
  typeof body === 'object' && body !== null && !Array.isArray(body) ? { name, ...body } : body;

const nameIn = (body: unknown): string => {
  const name = (body as { name?: unknown } | null | undefined)?.name;
  return typeof name === 'string' ? name.trim() : '';
};
