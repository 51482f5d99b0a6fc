import { columns, DONE, json, localTime, read, type Verb } from './verb.ts';

/** The DHCP leases. */
export const leases: Verb = {
  usage: 'leases',
  text: 'the DHCP leases',
  run: async (args, io) => {
    const { flags } = read(args, {}, [0, 0]);
    const { leases: found } = await io.agent('leases.get', {});
    const rows = found.map(({ address, mac, name, expires, fixed }) => [
      address,
      mac,
      fixed ? 'fixed' : expires === 0 ? 'for good' : `until ${localTime(expires)}`,
      name,
    ]);
    io.out(flags.json ? json(found) : columns([['Address', 'MAC', 'Lease', 'Name'], ...rows]));
    return DONE;
  },
};
