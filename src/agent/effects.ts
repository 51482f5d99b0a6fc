import type { Certificates, ServiceName } from './api.ts';
import { attempt, type Box } from './box.ts';

type Files = Record<string, string>;

/**
 * Puts the plan files in force: RUN/plan, then interfaces, certificate and the daemons whose files changed, and no other.
 * `before` null: not known, all that changed on the disk counts. What fails becomes a notice; the rest is done all the same.
 */
export const applyFiles = async (box: Box, before: Files | null, after: Files): Promise<void> => {
  let changed: string[] = [];
  await attempt(box, 'plan', 'The daemons’ configuration could not be written.', async () => {
    changed = await box.machine.writePlan(after);
  });
  if (changed.includes('network.env'))
    await attempt(box, 'network', 'The network set-up could not be applied.', () => box.machine.applyNetwork());
  if (changed.includes('web.json')) await renewCertificate(box);
  for (const service of servicesFor(changed, before, after)) {
    if (service === 'web') restartLater(box);
    else await restart(box, service);
  }
};

/** The certificate for the address and names of web.json; its fingerprint goes to the console. */
export const renewCertificate = (box: Box): Promise<void> =>
  attempt(box, 'certificate', 'The certificate of this page could not be made.', async () => {
    const { address, names } = webConfigOf(box.generation.files);
    const fingerprint = await box.secrets.certificate(address, [...names, 'localhost']);
    await box.run.write('fingerprint', `${fingerprint}\n`, 0o644);
    box.trouble.delete(UPLOADED);
    const warning = uploadedWarning(await box.secrets.certificates(), box.clock());
    if (warning !== null) box.trouble.set(UPLOADED, warning);
  });

const UPLOADED = 'uploaded certificate';

/** What has to be said of an uploaded certificate; null: nothing. */
const uploadedWarning = ({ uploaded }: Certificates, now: number): string | null => {
  if (uploaded === null) return null;
  const { info, usable } = uploaded;
  if (!usable)
    return `The uploaded certificate ${info !== null && info.to <= now ? 'has expired' : 'cannot be read'}: the box shows its own again.`;
  const days = Math.ceil(((info?.to ?? 0) - now) / 86_400);
  return days > WARN_DAYS ? null : `The uploaded certificate expires in ${days === 1 ? 'a day' : `${days} days`}.`;
};

const WARN_DAYS = 14;

/** What web.json says. */
export const webConfigOf = (files: Files): { address: string; port: number; names: string[] } =>
  JSON.parse(files['web.json'] ?? '{}');

/** Which services a change of plan files needs restarted, in order. */
export const servicesFor = (changed: string[], before: Files | null, after: Files): ServiceName[] => {
  const env = (...names: string[]): boolean => {
    if (!changed.includes('network.env')) return false;
    const value = (files: Files | null, name: string) =>
      new RegExp(`^${name}=.*$`, 'm').exec(files?.['network.env'] ?? '')?.[0];
    return before === null || names.some((name) => value(before, name) !== value(after, name));
  };
  const file = (...names: string[]): boolean => names.some((name) => changed.includes(name));
  const wanted: [ServiceName, boolean][] = [
    ['red-dhcp', env('RED_MODE')],
    ['dnsmasq', file('dnsmasq.conf', 'hosts') || env('DHCP_ENABLED')],
    ['squid', file('squid.conf') || env('PROXY_ENABLED')],
    ['chronyd', file('chrony.conf')],
    ['sshd', file('sshd_config') || env('SSH_ENABLED') || keysLost(changed, before, after)],
    ['ulogd', file('ulogd.conf')],
    ['web', file('web.json')],
  ];
  return wanted.filter(([, needed]) => needed).map(([name]) => name);
};

/** sshd reads the keys at each login, but sessions live on: those of a key that is gone end with a restart. */
const keysLost = (changed: string[], before: Files | null, after: Files): boolean => {
  if (!changed.includes('authorized_keys')) return false;
  const keys = (files: Files | null) => (files?.authorized_keys ?? '').split('\n');
  return before === null || keys(before).some((key) => !keys(after).includes(key));
};

const restart = (box: Box, service: ServiceName): Promise<void> =>
  attempt(box, `service ${service}`, `The service ${service} could not be restarted.`, () =>
    box.machine.restart(service),
  );

/** Web is waiting for the answer to this very change. */
const restartLater = (box: Box): void => {
  const done: Promise<void> = new Promise((resolve) => setTimeout(resolve, 500))
    .then(() => restart(box, 'web'))
    .finally(() => box.later.delete(done));
  box.later.add(done);
};
