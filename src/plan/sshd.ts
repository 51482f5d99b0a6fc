import type { Policy } from '../policy/schema.ts';
import type { Facts } from './facts.ts';

/**
 * sshd_config, in the words that OpenSSH 9 and 10 share: root from GREEN, by key only, nothing forwarded. The host key is
 * made by `sh/ssh-key` at the first start. What sshd has a default for that a distribution may have changed is said, too.
 */
export const sshdConfig = ({ ssh, network }: Pick<Policy, 'ssh' | 'network'>, { paths }: Facts): string =>
  [
    `ListenAddress ${network.green.address}:${ssh.port}`,
    `HostKey ${paths.data}/ssh/ssh_host_ed25519_key`,
    'PidFile none',
    'AllowUsers root',
    'PermitRootLogin prohibit-password',
    'AuthenticationMethods publickey',
    'PubkeyAuthentication yes',
    'PasswordAuthentication no',
    'KbdInteractiveAuthentication no',
    'HostbasedAuthentication no',
    `AuthorizedKeysFile ${paths.run}/plan/authorized_keys`,
    // The keys are not in anybody's home: only root writes there.
    'StrictModes no',
    'DisableForwarding yes',
    'PermitTunnel no',
    'PermitUserEnvironment no',
    'PermitUserRC no',
    'SetEnv PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
    'UseDNS no',
    'PrintMotd no',
    'PrintLastLog no',
    'LoginGraceTime 30',
    'MaxAuthTries 6',
    'MaxStartups 5:50:20',
    // A session whose other end is gone, or was cut, ends within two minutes.
    'ClientAliveInterval 40',
    'ClientAliveCountMax 3',
    '',
  ].join('\n');

/** authorized_keys of root: sshd reads it at each login. The schema lets no line begin with options. */
export const authorizedKeys = ({ ssh }: Pick<Policy, 'ssh'>): string => ssh.keys.map((key) => `${key}\n`).join('');
