import { readdir, readFile, readlink } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { Nic } from '../agent/api.ts';
import { isMac, normalMac } from '../policy/address.ts';
import { replaceFile } from './files.ts';

/** Every network card of the box: Ethernet, not loopback. `role` is what nics.conf says. */
export const listNics = async (data: string): Promise<Nic[]> => {
  const roles = await readRoles(data);
  const names = await readdir('/sys/class/net');
  const cards = await Promise.all(names.map((name) => readCard(name, roles)));
  return cards.filter((card) => card !== null).sort((a, b) => a.name.localeCompare(b.name));
};

/** Writes nics.conf, durably. True when an interface in force does not carry the wanted MAC: it takes a reboot. */
export const writeNics = async (data: string, green: string, red: string): Promise<boolean> => {
  const text = `GREEN_MAC=${normalMac(green)}\nRED_MAC=${normalMac(red)}\n`;
  await replaceFile(join(data, 'nics.conf'), text, 0o644);
  const macOf = async (name: string) => normalMac((await read(`/sys/class/net/${name}/address`)) ?? '');
  return (await macOf('green')) !== normalMac(green) || (await macOf('red')) !== normalMac(red);
};

const readCard = async (name: string, roles: Map<string, 'green' | 'red'>): Promise<Nic | null> => {
  const at = (file: string) => `/sys/class/net/${name}/${file}`;
  const mac = normalMac((await read(at('address'))) ?? '');
  if (name === 'lo' || !isMac(mac) || (await read(at('type'))) !== '1') return null;
  const driver = await readlink(at('device/driver')).then(basename, () => '');
  return { mac, name, driver, carrier: (await read(at('carrier'))) === '1', role: roles.get(mac) ?? '' };
};

const readRoles = async (data: string): Promise<Map<string, 'green' | 'red'>> => {
  const text = (await read(join(data, 'nics.conf'))) ?? '';
  const lines = [...text.matchAll(/^(GREEN|RED)_MAC=['"]?([0-9a-fA-F:]{17})/gm)];
  return new Map(lines.map(([, role, mac]) => [normalMac(mac ?? ''), role === 'GREEN' ? 'green' : 'red']));
};

const read = async (path: string): Promise<string | null> => {
  try {
    return (await readFile(path, 'utf8')).trim();
  } catch {
    return null; // No such card any more, or its link is down: the kernel then answers EINVAL for carrier.
  }
};
