import type { Status } from '../agent/api.ts';
import { formatBytes, formatSpan } from '../web/format.ts';
import { columns, DONE, json, localTime, read, type Verb } from './verb.ts';

/** What the box is doing. */
export const status: Verb = {
  usage: 'status',
  text: 'what the box is doing',
  run: async (args, io) => {
    const { flags } = read(args, {}, [0, 0]);
    const found = await io.agent('status', {});
    io.out(flags.json ? json(found) : columns(rowsOf(found)));
    return DONE;
  },
};

const rowsOf = (box: Status): string[][] => {
  const down = box.services.filter(({ running }) => !running).map(({ name }) => name);
  return [
    ['Host', `${box.hostname}, Greengate ${box.version} on ${box.base}, up ${formatSpan(box.uptime)}`],
    ['Time', `${localTime(box.time)} ${box.timezone}`],
    ['BOT', bot[box.bot]],
    ...(box.trial === null ? [] : [['On trial', trial(box.trial)]]),
    ['GREEN', card(box.green)],
    ['RED', `${card(box.red)}${box.red.gateway === '' ? '' : `, gateway ${box.red.gateway}`} (${box.red.mode})`],
    ['Services', down.length === 0 ? 'all running' : `not running: ${down.join(', ')}`],
    ['Memory', room(box.memory)],
    ['Disk', room(box.storage)],
    ...box.notices.map((notice) => ['Notice', notice]),
  ];
};

const bot: Record<Status['bot'], string> = {
  enabled: 'enabled: what no rule allows is blocked',
  disabled: 'disabled: GREEN reaches RED freely',
  released: 'released at the console: GREEN reaches RED freely until the next save, Enable or reboot',
};

const trial = ({ what, user, left }: NonNullable<Status['trial']>): string =>
  `${what}, by ${user}: undone in ${left} s unless it is kept`;

const card = ({ address, mac, carrier }: Status['green']): string =>
  `${address === '' ? 'no address' : address}, ${mac}${carrier ? '' : ', no cable'}`;

const room = ({ total, available }: Status['memory']): string =>
  `${formatBytes(available)} of ${formatBytes(total)} free`;
