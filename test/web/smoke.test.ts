import test from 'ava';
import { readyUi } from './ui.ts';

const paths = [
  '/',
  '/network',
  '/services/proxy',
  '/services/dhcp',
  '/services/dhcp/lease',
  '/firewall/bot',
  '/firewall/bot/settings',
  '/firewall/bot/disable',
  '/firewall/bot/rules/new',
  '/firewall/objects/addresses',
  '/firewall/objects/addresses/new',
  '/firewall/objects/address-groups',
  '/firewall/objects/address-groups/new',
  '/firewall/objects/services',
  '/firewall/objects/services/new',
  '/firewall/objects/service-groups',
  '/firewall/objects/service-groups/new',
  '/firewall/objects/default-services',
  '/firewall/objects/default-networks',
  '/logs/firewall',
  '/logs/proxy',
  '/system',
  '/system/reboot',
  '/system/poweroff',
];

test('every page answers', async (t) => {
  const { admin, reports } = await readyUi(t);
  for (const path of paths) {
    await admin.get(path);
    t.is(admin.status, 200, `${path}: ${admin.page.text.slice(0, 300)} ${reports.at(-1) ?? ''}`);
  }
});
