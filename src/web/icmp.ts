/** One choice of an ICMP type: its value in the policy (`8`, `3/1`) and its name after RFC 792 or RFC 4443. */
export type IcmpChoice = { value: string; name: string; label: string };

/** The types of ICMP that BOT offered, by number, with the names that IANA's registry has for them. */
export const icmpTypes: readonly IcmpChoice[] = choices(`
8 Echo request (ping)
0 Echo reply (pong)
3 Destination unreachable, every code
3/0 Network unreachable
3/1 Host unreachable
3/2 Protocol unreachable
3/3 Port unreachable
3/4 Fragmentation needed
3/5 Source route failed
3/6 Network unknown
3/7 Host unknown
3/9 Network prohibited
3/10 Host prohibited
3/11 Network unreachable for this service
3/12 Host unreachable for this service
3/13 Communication prohibited
3/14 Host precedence violation
3/15 Precedence cutoff
4 Source quench
5 Redirect, every code
5/0 Redirect for the network
5/1 Redirect for the host
5/2 Redirect for the service and network
5/3 Redirect for the service and host
9 Router advertisement
10 Router solicitation
11 Time exceeded, every code
11/0 Time to live exceeded in transit
11/1 Fragment reassembly time exceeded
12 Parameter problem, every code
12/0 Bad IP header
12/1 Required option missing
13 Timestamp request
14 Timestamp reply
17 Address mask request
18 Address mask reply`);

/** The types of ICMPv6, by number. */
export const icmp6Types: readonly IcmpChoice[] = choices(`
128 Echo request (ping)
129 Echo reply (pong)
1 Destination unreachable, every code
1/0 No route
1/1 Communication prohibited
1/2 Beyond the scope of the sender
1/3 Address unreachable
1/4 Port unreachable
1/5 Source address refused by policy
1/6 Route rejected
2 Packet too big
3 Time exceeded, every code
3/0 Hop limit exceeded in transit
3/1 Fragment reassembly time exceeded
4 Parameter problem, every code
4/0 Bad header field
4/1 Unknown next header
4/2 Unknown option
130 Multicast listener query
131 Multicast listener report
132 Multicast listener done
133 Router solicitation
134 Router advertisement
135 Neighbour solicitation
136 Neighbour advertisement
137 Redirect
143 Multicast listener report, version 2`);

/** The name of a type; empty when it has none here. */
export const icmpName = (protocol: string, type: string): string =>
  (protocol === 'icmpv6' ? icmp6Types : icmpTypes).find(({ value }) => value === type)?.name ?? '';

function choices(text: string): IcmpChoice[] {
  return text
    .trim()
    .split('\n')
    .map((line) => {
      const value = line.slice(0, line.indexOf(' '));
      return { value, name: line.slice(value.length + 1), label: line };
    });
}
