/** What an old default service's name means: one of Greengate's default services, or protocol and port. */
export type OldService = { ours: string } | { protocol: 'tcp' | 'udp' | 'tcp&udp'; ports: string };

/** Greengate's default services that have the port of an old name. Where the old box took TCP and UDP, ours is the protocol in use. */
const ours: Record<string, string> = {
  Ping: 'Ping',
  http: 'HTTP',
  https: 'HTTPS',
  ftp: 'FTP',
  'ftp-data': 'FTP data',
  ssh: 'SSH',
  telnet: 'Telnet',
  smtp: 'SMTP',
  smtps: 'SMTPS',
  submission: 'Submission',
  pop3: 'POP3',
  pop3s: 'POP3S',
  imap: 'IMAP',
  imaps: 'IMAPS',
  domain: 'DNS',
  ntp: 'NTP',
  snmp: 'SNMP',
  snmptrap: 'SNMP trap',
  ldap: 'LDAP',
  ldaps: 'LDAPS',
  'microsoft-ds': 'SMB',
  'netbios-ns': 'NetBIOS name',
  'netbios-dgm': 'NetBIOS datagram',
  'netbios-ssn': 'NetBIOS session',
  mysql: 'MySQL',
  postgres: 'PostgreSQL',
  nntp: 'NNTP',
  nntps: 'NNTPS',
  rsync: 'rsync',
  socks: 'SOCKS',
  squid: 'Squid',
  webcache: 'HTTP alternate',
  l2tp: 'L2TP',
  isakmp: 'IKE',
  jetdirect: 'JetDirect',
  hpjetdirect: 'JetDirect',
  kerberos: 'Kerberos',
  ipp: 'IPP',
  finger: 'Finger',
  whois: 'WHOIS',
  nicname: 'WHOIS',
  bootps: 'DHCP server',
  bootpc: 'DHCP client',
  tftp: 'TFTP',
  sunrpc: 'RPC portmapper',
  bgp: 'BGP',
  syslog: 'Syslog',
  printer: 'LPD',
  rtsp: 'RTSP',
  afpovertcp: 'AFP',
  'ms-sql-s': 'MS SQL',
  nfs: 'NFS',
};

/**
 * The other old names, with ports of IANA's registry and of the traditional list of services. A port alone is TCP and UDP;
 * `t` and `u` behind it: that one only.
 */
const others = `
tcpmux 1|rje 5|echo 7|discard 9|systat 11|daytime 13|qotd 17|msp 18|chargen 19|time 37|rlp 39|nameserver 42|tacacs 49
re-mail-ck 50|whois++ 63|gopher 70|netrjs-1 71|netrjs-2 72|netrjs-3 73|netrjs-4 74|supdup 95|linuxconf 98t|hostname 101
iso-tsap 102|csnet-ns 105|poppassd 106|rtelnet 107|pop2 109|auth 113|sftp 115|uucp-path 117|epmap 135|cmip-man 163|cmip-agent 164
mailq 174|xdmcp 177|nextstep 178|prospero 191|irc 194|smux 199|at-rtmp 201|at-nbp 202|at-echo 204|at-zis 206|qmtp 209
z39.50 210|ipx 213|imap3 220|link 245|rsvp_tunnel 363|odmr 366|rpc2portmap 369|codaauth2 370|ulistproc 372|svrloc 427
mobileip-agent 434|mobilip-mn 435|snpp 444|kpasswd 464|photuris 468|saft 487|gss-http 488|pim-rp-disc 496|exec 512t|biff 512u
login 513t|who 513u|shell 514t|talk 517u|ntalk 518u|utime 519|efs 520t|router 520u|ripng 521|timed 525|tempo 526t|courier 530t
conference 531t|netnews 532t|netwall 533u|iiop 535|gdomap 538|uucp 540t|klogin 543t|kshell 544t|dhcpv6-client 546
dhcpv6-server 547|remotefs 556t|whoami 565|npmp-local 610|npmp-gui 611|hmmp-ind 612|acap 674|ha-cluster 694|kerberos-adm 749
kerberos-iv 750|kerberos_master 751|passwd_server 752u|krb5_prop 754t|krbupdate 760t|webster 765|phonebook 767|supfilesrv 871t
swat 901t|ftps-data 989|ftps 990|telnets 992|ircs 994|supfiledbg 1127t|nessus 1241|h323hostcallsc 1300|ms-sql-m 1434|ica 1494
wins 1512|ingreslock 1524|prospero-np 1525|datametrics 1645|sa-msg-port 1646|kermit 1649|h323gatedisc 1718|h323gatestat 1719
h323hostcall 1720|tftp-mcast 1758|hello 1789|radius 1812|radius-acct 1813|mtp 1911|hsrp 1985|licensedaemon 1986|gdp-port 1997
zephyr-srv 2102|zephyr-clt 2103|zephyr-hm 2104|eklogin 2105t|ninstall 2150|cvspserver 2401|venus 2430|venus-se 2431|codasrv 2432
codasrv-se 2433|hpstgmgr 2600|discp-client 2601|discp-server 2602|servicemeter 2603|nsc-ccs 2604|nsc-posa 2605|netmon 2606
dict 2628|corbaloc 2809|icpv2 3130|trnsprntproxy 3346|pxe 4011u|rwhois 4321|krb524 4444|fax 4557t|hylafax 4559t|rfe 5002
cfengine 5308|noclog 5354|hostmon 5355|rplay 5555u|pcanywheredata 5631|pcanywherestat 5632|canna 5680t|cvsup 5999|x11 6000
x11-ssh 6010t|x11-ssh-offset 6010t|ircd 6667|afs3-fileserver 7000|afs3-callback 7001|afs3-prserver 7002|afs3-vlserver 7003
afs3-kaserver 7004|afs3-volser 7005|afs3-errors 7006|afs3-bos 7007|afs3-update 7008|afs3-rmtsys 7009|xfs 7100t|tircproxy 7666t
http-alt 8008|tproxy 8081|mandelspawn 9359u|sd 9876|amanda 10080|kamanda 10081|amandaidx 10082t|amidxtape 10083t|pgpkeyserver 11371
smsqp 11201|h323callsigalt 11720|bprd 13720|bpdbm 13721|bpjava-msvc 13722|vnetd 13724|bpcd 13782|vopied 13783|isdnlog 20011
vboxd 20012|wnn6 22273|wnn4_Kr 22305t|wnn4_Cn 22289t|wnn4_Tw 22321t|binkp 24554|asp 27374|quake 26000|wnn6-ds 26208
traceroute 33434|tfido 60177|fido 60179`;

/** Every old name that is known here, as the old box spelled it. */
export const oldServices: ReadonlyMap<string, OldService> = new Map([
  ...Object.entries(ours).map(([name, target]): [string, OldService] => [name, { ours: target }]),
  ...others
    .trim()
    .split(/[|\n]/)
    .map((one): [string, OldService] => {
      const [name = '', port = ''] = one.split(' ');
      const protocol = port.endsWith('t') ? 'tcp' : port.endsWith('u') ? 'udp' : 'tcp&udp';
      return [name, { protocol, ports: port.replace(/[tu]$/, '') }];
    }),
]);

/** Were these TCP and UDP on IPCop 1.4, and are one of them here? A deny of theirs is narrower now. */
export const wasBoth = (name: string): boolean => name !== 'Ping' && Object.hasOwn(ours, name);
