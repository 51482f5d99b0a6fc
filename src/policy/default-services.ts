import type { Service } from './schema.ts';

/**
 * The default services: read-only, named as BOT's users know them, with ports from IANA's registry of service names,
 * and what BOT lacked (RDP, SIP, DNS over TLS, WireGuard, QUIC …).
 */
export const defaultServices: readonly Service[] = `
AFP|tcp|548|Apple file sharing
AMQP|tcp|5671, 5672|Message queues
BGP|tcp|179|Routing
DHCP client|udp|68|
DHCP server|udp|67|
DNS|tcp&udp|53|Names to addresses
DNS over TLS|tcp|853|Encrypted DNS
FTP|tcp|21|File transfer, control connection
FTP data|tcp|20|
FTPS|tcp|989, 990|File transfer over TLS
Finger|tcp|79|
Git|tcp|9418|
HTTP|tcp|80|Web
HTTPS|tcp|443|Web over TLS
HTTP alternate|tcp|8080|Web proxies and application servers
IKE|udp|500|IPsec key exchange
IMAP|tcp|143|Reading mail
IMAPS|tcp|993|Reading mail over TLS
IPP|tcp|631|Printing
IPsec NAT-T|udp|4500|IPsec behind NAT
IRC|tcp|194, 6667|Chat
IRCS|tcp|6697|Chat over TLS
JetDirect|tcp|9100|Printing
Kerberos|tcp&udp|88|
L2TP|udp|1701|
LDAP|tcp&udp|389|Directory
LDAPS|tcp|636|Directory over TLS
LPD|tcp|515|Printing
MQTT|tcp|1883|Telemetry
MQTTS|tcp|8883|Telemetry over TLS
MS SQL|tcp|1433|Database
MySQL|tcp|3306|Database
NFS|tcp&udp|2049|File sharing
NNTP|tcp|119|News
NNTPS|tcp|563|News over TLS
NTP|udp|123|Time
NetBIOS datagram|udp|138|
NetBIOS name|tcp&udp|137|
NetBIOS session|tcp|139|
OpenVPN|tcp&udp|1194|
POP3|tcp|110|Fetching mail
POP3S|tcp|995|Fetching mail over TLS
PPTP|tcp|1723|
PostgreSQL|tcp|5432|Database
QUIC|udp|443|Web over HTTP/3
RADIUS|udp|1812, 1813|
RDP|tcp&udp|3389|Windows remote desktop
RPC portmapper|tcp&udp|111|
RTSP|tcp&udp|554|Streaming
Redis|tcp|6379|
SIP|tcp&udp|5060|Telephony
SIPS|tcp|5061|Telephony over TLS
SMB|tcp|445|Windows file sharing
SMTP|tcp|25|Sending mail
SMTPS|tcp|465|Sending mail over TLS
SNMP|udp|161|
SNMP trap|udp|162|
SOCKS|tcp|1080|
SSDP|udp|1900|
SSH|tcp|22|
STUN|tcp&udp|3478|Calls and conferences
STUNS|tcp|5349|
Squid|tcp|3128|Web proxy
Submission|tcp|587|Sending mail, from mail programs
Syslog|udp|514|
Syslog over TLS|tcp|6514|
TFTP|udp|69|
Telnet|tcp|23|
Traceroute|udp|33434-33534|
VNC|tcp|5900-5909|
WHOIS|tcp|43|
WS-Discovery|udp|3702|
WinRM|tcp|5985, 5986|
WireGuard|udp|51820|
X11|tcp|6000-6063|
XMPP client|tcp|5222, 5223|Chat
XMPP server|tcp|5269|
Zabbix|tcp|10050, 10051|
mDNS|udp|5353|
rsync|tcp|873|
AH|ah||IPsec
ESP|esp||IPsec
GRE|gre||PPTP and tunnels
Ping|icmp|8|Echo request
`
  .trim()
  .split('\n')
  .map(readLine);

function readLine(line: string): Service {
  const [name = '', protocol = '', value = '', remark = ''] = line.split('|');
  const icmp = protocol === 'icmp';
  return {
    name,
    protocol,
    invertProtocol: false,
    ports: icmp ? '' : value,
    invertPorts: false,
    icmpType: icmp ? value : '',
    remark,
  };
}
