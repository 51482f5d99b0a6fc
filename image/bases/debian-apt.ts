import { copyFile, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { LockedPackage, Say } from '../base.ts';
import { exists } from '../cache.ts';
import { run } from '../run.ts';

/** Debian's mirror; `GREENGATE_DEBIAN_MIRROR` names another (the part before `/debian`). */
export const DEBIAN_MIRROR = 'http://deb.debian.org';

/**
 * Packages that apt is told to be installed already, because the box does without them: maintainer scripts do not run
 * there, so nothing of perl, debconf or dpkg is needed; init, device manager and logins are ours.
 */
export const KEPT_OUT = [
  ...['perl', 'perl-base', 'libdbi-perl', 'debconf', 'cdebconf', 'ucf', 'debianutils', 'sensible-utils', 'dpkg', 'tar'],
  ...['gzip', 'gpgv', 'adduser', 'passwd', 'login', 'login.defs', 'mount', 'readline-common', 'libpam-modules'],
  ...['libpam-runtime', 'libpam-systemd', 'systemd', 'systemd-sysv', 'init-system-helpers', 'lsb-base', 'insserv'],
  ...['startpar', 'sysv-rc', 'sysvinit-utils', 'sysvinit-core', 'initramfs-tools', 'linux-initramfs-tool', 'dracut'],
  ...['logrotate', 'iputils-ping', 'linux-base', 'base-passwd', 'libsemanage2', 'squid-langpack'],
  ...['runit-helper', 'procps', 'openssh-sftp-server'],
];

/**
 * Lets apt choose: the wanted packages and what they depend on, from the suite with its updates and security updates.
 * Works in `directory`; the host's own apt state is neither read nor changed. Debian's archive keys of the host verify
 * the mirror; apt fails when they do not fit.
 */
export async function aptSolve(directory: string, suite: string, wanted: string[], say: Say): Promise<LockedPackage[]> {
  const apt = await privateRoot(directory, suite);
  say('reading the mirror’s package lists');
  await apt('apt-get', ['-q', '-o', 'APT::Update::Error-Mode=any', 'update']);
  say('solving');
  const plan = await apt('apt-get', ['-q', '-y', '--print-uris', 'install', ...wanted]);
  const chosen = [...plan.matchAll(/^'([^']+)' (\S+)_(\S+)_(?:amd64|all)\.deb \d+/gm)].map((match) => ({
    url: match[1] as string,
    name: match[2] as string,
    version: (match[3] as string).replaceAll('%3a', ':'),
  }));
  if (chosen.length < wanted.length) throw new Error(`apt chose only ${chosen.length} packages:\n${plan.slice(-1000)}`);
  const shown = await apt('apt-cache', ['show', ...chosen.map(({ name, version }) => `${name}=${version}`)]);
  const stanzas = new Map(
    shown.split('\n\n').map((text) => [`${field(text, 'Package')}=${field(text, 'Version')}`, text]),
  );
  return chosen
    .map(({ name, version, url }) => {
      const stanza = stanzas.get(`${name}=${version}`) ?? '';
      const sha256 = field(stanza, 'SHA256');
      if (!/^[0-9a-f]{64}$/.test(sha256)) throw new Error(`the mirror gives no sha256 for ${name} ${version}`);
      return { name, version, sha256, size: Number(field(stanza, 'Size')), url };
    })
    .sort((a, b) => (a.name < b.name ? -1 : 1));
}

async function privateRoot(directory: string, suite: string) {
  for (const name of ['lists/partial', 'archives/partial', 'apt.conf.d', 'preferences.d']) {
    await mkdir(join(directory, name), { recursive: true });
  }
  const mirror = process.env.GREENGATE_DEBIAN_MIRROR ?? DEBIAN_MIRROR;
  const keyring = await findKeyring(directory);
  const source = (archive: string, branch: string) =>
    `deb [arch=amd64 signed-by=${keyring}] ${mirror}/${archive} ${branch} main\n`;
  await writeFile(
    join(directory, 'sources.list'),
    source('debian', suite) + source('debian', `${suite}-updates`) + source('debian-security', `${suite}-security`),
  );
  await writeFile(join(directory, 'status'), KEPT_OUT.map(installedStanza).join('\n'));
  await writeFile(join(directory, 'apt.conf'), configuration(directory));
  return (program: string, args: string[]) =>
    run(program, args, { env: { APT_CONFIG: join(directory, 'apt.conf'), LC_ALL: 'C' } });
}

/** apt's sandbox user must be able to read the keyring; Ubuntu ships it in the package debian-archive-keyring too. */
async function findKeyring(directory: string): Promise<string> {
  const path = '/usr/share/keyrings/debian-archive-keyring.gpg';
  if (!(await exists(path))) throw new Error(`${path} is missing: install the package debian-archive-keyring`);
  const copy = join(directory, 'keyring.gpg');
  await copyFile(path, copy);
  return copy;
}

function configuration(directory: string): string {
  return [
    `Dir "${directory}";`,
    `Dir::State "${directory}";`,
    `Dir::State::lists "${directory}/lists";`,
    `Dir::State::status "${directory}/status";`,
    `Dir::Cache "${directory}";`,
    `Dir::Cache::archives "${directory}/archives";`,
    `Dir::Etc "${directory}";`,
    'Dir::Etc::sourcelist "sources.list";',
    'Dir::Etc::sourceparts "-";',
    'APT::Architecture "amd64";',
    'APT::Architectures { "amd64"; };',
    'APT::Install-Recommends "false";',
    // The checkout may lie where apt's own user cannot look; the sandbox would make apt fail there.
    'APT::Sandbox::User "root";',
    'Acquire::Languages "none";',
    'Acquire::Retries "2";',
    '',
  ].join('\n');
}

function installedStanza(name: string): string {
  const provides: Record<string, string> = { debconf: 'Provides: debconf-2.0\n' };
  const fields = ['Status: install ok installed', 'Architecture: amd64', 'Multi-Arch: foreign', 'Version: 99:0'];
  return `Package: ${name}\n${fields.join('\n')}\n${provides[name] ?? ''}Maintainer: nobody <nobody@localhost>\nDescription: left out\n`;
}

function field(stanza: string, name: string): string {
  return new RegExp(`^${name}: (.*)$`, 'm').exec(stanza)?.[1] ?? '';
}
