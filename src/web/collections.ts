import type { Context } from 'koa';
import type { Collection } from '../policy/edit.ts';
import { can } from './context.ts';

/** One page of Advanced BOT Config, by the last part of its address. */
export type ObjectPage = 'addresses' | 'address-groups' | 'services' | 'service-groups';

/** What the pages of a collection call things. `member` is the collection that a group takes its members from. */
export type Kind = {
  page: ObjectPage;
  collection: Collection;
  one: string;
  many: string;
  group: boolean;
  empty: string;
};

export const kinds: Record<ObjectPage, Kind> = {
  addresses: {
    page: 'addresses',
    collection: 'addresses',
    one: 'address',
    many: 'Addresses',
    group: false,
    empty:
      'An address names a host, a network, a range, a MAC or a DNS name, so that rules read well: MailAccess instead of 192.168.51.0/27.',
  },
  'address-groups': {
    page: 'address-groups',
    collection: 'addressGroups',
    one: 'address group',
    many: 'Address groups',
    group: true,
    empty: 'A group holds addresses and other groups, so that one rule covers them all.',
  },
  services: {
    page: 'services',
    collection: 'services',
    one: 'service',
    many: 'Services',
    group: false,
    empty: 'A service names a protocol and its ports. The usual ones are there already, among the default services.',
  },
  'service-groups': {
    page: 'service-groups',
    collection: 'serviceGroups',
    one: 'service group',
    many: 'Service groups',
    group: true,
    empty:
      'A group holds services and other groups, so that one rule covers them all: SMTP and POP3 as MailingServices, for example.',
  },
};

/** What the form of an object is called: who may not save does not edit. */
export const formTitle = (ctx: Context, { one }: Kind, was: string): string => {
  if (was === '') return `New ${one}`;
  return can(ctx, 'administer') ? `Edit ${one}` : `${one.charAt(0).toUpperCase()}${one.slice(1)}`;
};

/** Where the tabs of Advanced BOT Config lead, in order. */
export const objectTabs = [
  ...Object.values(kinds).map(({ page, many }) => ({
    id: page as string,
    label: many,
    href: `/firewall/objects/${page}`,
  })),
  { id: 'default-services', label: 'Default services', href: '/firewall/objects/default-services' },
  { id: 'default-networks', label: 'Default networks', href: '/firewall/objects/default-networks' },
];
