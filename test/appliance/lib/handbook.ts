import { existsSync } from 'node:fs';
import type { Box } from './box.ts';
import { openBrowser } from './browser.ts';
import { menuUntil } from './console.ts';
import { savedPlace } from './image.ts';
import {
  enableBot,
  HANDBOOK,
  makeObject,
  makeServiceGroup,
  reviewRule,
  saveAdminMac,
  saveRule,
  setUp,
} from './pages.ts';
import { ADMIN, freshBox, orOff, resume, type Scene } from './scene.ts';

/** A box on which the handbook's example is in force: from the saved state of this image, else made by hand in the browser. */
export async function handbookBox(scene: Scene, name: string): Promise<Box> {
  const saved = savedPlace('handbook');
  if (existsSync(saved)) return resume(scene, { name, from: saved });
  const box = await freshBox(scene, name);
  return orOff(box, async () => {
    await followHandbook(scene, box);
    await box.save(saved);
  });
}

async function followHandbook(scene: Scene, box: Box): Promise<void> {
  const { 'Set-up code': code = '' } = await menuUntil(box, (shown) => shown['Set-up code'] !== undefined);
  const { browser, page } = await openBrowser(scene.admin);
  try {
    await setUp(page, code, 'open');
    await saveAdminMac(page, ADMIN.mac);
    await enableBot(page);
    await makeObject(page, 'Addresses', 'address', { Name: 'MailAccess', Address: '192.168.51.0/255.255.255.224' });
    await makeObject(page, 'Addresses', 'address', { Name: 'WebAccess', Address: '192.168.51.32/255.255.255.224' });
    await makeObject(page, 'Services', 'service', { Name: 'GreengateProxy', Ports: '800' });
    await makeServiceGroup(page, 'MailingServices', ['POP3', 'SMTP']);
    for (const rule of [HANDBOOK.mail, HANDBOOK.web]) {
      await reviewRule(page, rule);
      await saveRule(page, rule.remark);
    }
  } finally {
    await browser.close();
  }
}
