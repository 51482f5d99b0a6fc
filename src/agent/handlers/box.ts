import { nameSets } from '../../plan/names.ts';
import { isMac, normalMac } from '../../policy/address.ts';
import type { Nic, ServiceName } from '../api.ts';
import type { Box } from '../box.ts';
import { nameOf, requirePassword } from '../caller.ts';
import { attendConsole } from '../console.ts';
import { webConfigOf } from '../effects.ts';
import { fieldRefusal } from '../refusal.ts';
import type { Handlers } from '../verbs.ts';

type BoxVerbs =
  | 'names.get'
  | 'leases.get'
  | 'nics.get'
  | 'nics.set'
  | 'services.restart'
  | 'console.password'
  | 'reboot'
  | 'poweroff'
  | 'web.config'
  | 'admin.reset';

/** The box itself: network cards, leases, services, console, power. */
export const boxHandlers: Handlers<BoxVerbs> = {
  'names.get': async ({ machine, generation }) => {
    const found = await machine.resolved(nameSets(generation.policy));
    return { names: [...found].map(([name, addresses]) => ({ name, addresses })) };
  },
  'leases.get': async (box) => {
    const { fixed } = box.generation.policy.dhcp;
    const leases = await box.machine.leases();
    return { leases: leases.map((lease) => ({ ...lease, fixed: fixed.some((one) => one.mac === lease.mac) })) };
  },
  'nics.get': async (box) => {
    const nics = await box.machine.nics();
    return { nics, ...rolesOf(nics) };
  },
  'nics.set': async (box, { green, red }, caller) => {
    const reboot = await box.lock(() => assignNics(box, green, red));
    await audit(box, nameOf(caller), `assigned GREEN to ${normalMac(green)} and RED to ${normalMac(red)}`);
    return { reboot };
  },
  'services.restart': async (box, { name }, caller) => {
    await audit(box, nameOf(caller), `restarted ${name}`);
    if (name === 'web') afterAnswer(box, () => box.machine.restart(name));
    else await box.machine.restart(name);
    return {};
  },
  'console.password': async (box, input, caller) => {
    await requirePassword(box, caller, input.password);
    const fault = input.new === '' ? null : consolePasswordFault(input.new);
    if (fault !== null) throw fieldRefusal(422, 'new', fault);
    await box.secrets.setConsolePassword(input.new);
    await audit(box, nameOf(caller), input.new === '' ? 'removed the console password' : 'set the console password');
    return {};
  },
  reboot: async (box, { password }, caller) => {
    await requirePassword(box, caller, password);
    await audit(box, nameOf(caller), 'rebooted the box');
    afterAnswer(box, () => box.lock(() => box.machine.reboot()));
    return {};
  },
  poweroff: async (box, { password }, caller) => {
    await requirePassword(box, caller, password);
    await audit(box, nameOf(caller), 'powered the box off');
    afterAnswer(box, () => box.lock(() => box.machine.poweroff()));
    return {};
  },
  'web.config': async (box) => webConfigOf(box.generation.files),
  'admin.reset': async (box) => {
    await box.store.wantReset();
    await attendConsole(box);
    return {};
  },
};

/** Which MAC has which role; empty when none has. */
export const rolesOf = (nics: Nic[]): { green: string; red: string } => {
  const macOf = (role: Nic['role']) => nics.find((nic) => nic.role === role)?.mac ?? '';
  return { green: macOf('green'), red: macOf('red') };
};

/** Binds GREEN and RED to cards that are there; true when it takes a reboot. */
export const assignNics = async (box: Box, green: string, red: string): Promise<boolean> => {
  const macs = (await box.machine.nics()).map((nic) => nic.mac);
  for (const [place, mac] of [['green', green] as const, ['red', red] as const]) {
    if (!isMac(mac) || !macs.includes(normalMac(mac)))
      throw fieldRefusal(422, place, 'The box has no such network card.');
  }
  if (normalMac(green) === normalMac(red))
    throw fieldRefusal(422, 'red', 'GREEN and RED need different network cards.');
  const reboot = await box.machine.setNics(normalMac(green), normalMac(red));
  if (reboot)
    box.trouble.set('nics', 'GREEN and RED have been assigned anew. Restart Greengate to bring it into force.');
  else box.trouble.delete('nics');
  return reboot;
};

/** Why a password cannot guard the console, or null. */
export const consolePasswordFault = (password: string): string | null => {
  if ([...password].length < 6) return 'The console password needs at least 6 characters.';
  return password.length > 100 || /[^\x20-\x7e]/.test(password)
    ? 'The console password has at most 100 characters, all of which any keyboard can type.'
    : null;
};

/** Every service, in the order of the status page. */
export const serviceNames: readonly ServiceName[] = ['web', 'squid', 'dnsmasq', 'chronyd', 'ulogd', 'red-dhcp', 'sshd'];

const audit = (box: Box, user: string, what: string): Promise<void> =>
  box.store.audit({ user, what }).catch(console.error);

const afterAnswer = (box: Box, work: () => Promise<void>): void => {
  const done: Promise<void> = new Promise((resolve) => setTimeout(resolve, 500))
    .then(work)
    .catch(console.error)
    .finally(() => box.later.delete(done));
  box.later.add(done);
};
