/** The fixed user ids of the image (`rootfs/etc/passwd`); a test compares them. */
export const users = { root: 0, web: 900, squid: 901, dnsmasq: 902, ulogd: 903, chrony: 904, sshd: 905 } as const;

export type UserIds = Record<keyof typeof users, number>;
