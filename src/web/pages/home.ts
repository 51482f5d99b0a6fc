import type { Pages } from '../context.ts';
import { tokenOf } from '../context.ts';
import { formatCount } from '../format.ts';
import { askStatus, type Status, showPage } from '../frame.ts';
import { hostNamer, insideOf } from '../hosts.ts';
import { portNamer } from '../port-names.ts';
import type { Denial } from '../ports.ts';
import { PICTURE, trafficOf } from '../traffic.ts';
import { blockRows } from './blocks.ts';

/** The state of the box at a glance. */
export const homePages: Pages = (router, web) => {
  router.get('/', async (ctx) => {
    const [status, { policy }, { leases }, { samples }] = await Promise.all([
      askStatus(web, ctx),
      web.agent('policy.get', {}, tokenOf(ctx)),
      web.agent('leases.get', {}, tokenOf(ctx)),
      web.agent('traffic.get', {}, tokenOf(ctx)),
    ]);
    const nameOfHost = hostNamer(policy, leases);
    const inside = insideOf(policy);
    const blocked = blockRows(policy, nameOfHost, status.time);
    const serviceOf = portNamer(policy);
    const denials = web.logs.denials(status.time - 3600, 10).map((denial: Denial) => ({
      ...denial,
      name: nameOfHost(denial.source),
      inside: denial.chain.startsWith('GREEN') && inside(denial.source),
      service: serviceOf(denial.protocol, denial.destinationPort, denial.destination === policy.network.green.address),
    }));
    await showPage(web, ctx, { title: 'Home', nav: 'home', status }, 'home.njk', {
      status,
      sentence: stateSentence(
        status,
        policy.rules.filter((rule) => rule.enabled).length,
        web.logs.deniedCount(status.time - 60),
      ),
      traffic: { green: trafficOf(samples, 'green', status.time), red: trafficOf(samples, 'red', status.time) },
      picture: PICTURE,
      denials,
      blocked: blocked.slice(0, 10),
      more: Math.max(0, blocked.length - 10),
      hosts: leases.length,
      services: status.services.map(({ name, running }) => ({ running, label: serviceLabels[name] })),
    });
  });
};

/** What each daemon is for, in the owner's words. */
export const serviceLabels: Record<Status['services'][number]['name'], string> = {
  squid: 'Web proxy',
  dnsmasq: 'DHCP and DNS',
  ulogd: 'Firewall log',
  chronyd: 'Time',
  web: 'This user interface',
  'red-dhcp': 'DHCP client on RED',
  sshd: 'SSH',
};

const stateSentence = ({ bot }: Status, rules: number, denied: number): string => {
  const count = `${rules} ${rules === 1 ? 'rule' : 'rules'}`;
  if (bot === 'enabled') {
    const denials = `${formatCount(denied)} ${denied === 1 ? 'denial' : 'denials'} in the last minute`;
    return `Blocking outgoing traffic; ${count}, ${denials}.`;
  }
  if (bot === 'released')
    return 'BOT was released at the console: GREEN reaches RED freely until the next save, Enable or restart.';
  return `BOT is off: GREEN reaches RED freely. ${rules === 0 ? 'There are no rules yet.' : `${count} wait for it.`}`;
};
