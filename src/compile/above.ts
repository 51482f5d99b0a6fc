import { defaultNetworks } from '../policy/builtin.ts';
import { ICMP, ICMP6, UDP } from '../policy/protocols.ts';
import type { Policy } from '../policy/schema.ts';
import type { Packet, Verdict, World } from './judge.ts';

/** What the box does with a packet before BOT's chains are asked (`plan/nft.ts`), and why; null: the rules decide. */
export const aboveBot = (
  policy: Policy,
  world: World,
  packet: Packet,
): { verdict: Verdict['verdict']; sentence: string } | null => {
  const { to, protocol, port, sport, type } = packet;
  if (to !== 'greengate')
    return to === redAddress(policy, world)
      ? {
          verdict: 'drop',
          sentence:
            'This is the box’s own address on RED; hosts on GREEN reach the box by its GREEN address only, whatever the rules say.',
        }
      : null;
  if ((protocol === ICMP && type === 8) || (protocol === ICMP6 && type === 128))
    return {
      verdict: 'accept',
      sentence:
        'Greengate always answers a ping of its GREEN address, up to 10 a second from each host, whatever the rules say.',
    };
  if (protocol === UDP && port === 67 && (sport === undefined || sport === 68))
    return { verdict: 'accept', sentence: 'DHCP is always answered on GREEN, whatever the rules say.' };
  return null;
};

const redAddress = (policy: Policy, world: World): string =>
  defaultNetworks(policy, world).find(({ name }) => name === 'RED Address')?.value ?? '';
