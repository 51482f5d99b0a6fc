/** Modules of the initramfs: what is needed to find and mount the root and the data partition. */
export const STORAGE = words(`
  squashfs ext4 vfat nls_cp437 nls_ascii nls_iso8859_1 overlay loop crc32c_generic crc32c_intel virtio_pci
  virtio_blk virtio_scsi virtio_mmio sd_mod sr_mod ahci ata_piix ata_generic nvme usb_storage uas xhci_pci
  ehci_pci ohci_pci uhci_hcd mmc_block sdhci sdhci_pci sdhci_acpi rtsx_pci_sdmmc rtsx_usb_sdmmc mpt3sas
  megaraid_sas vmw_pvscsi hpsa aacraid mptspi hv_storvsc sata_nv sata_sil sata_sil24 sata_via sata_mv pata_amd
  pata_via pata_jmicron pata_sch usbhid hid_generic hid i8042 atkbd
`);

const ETHERNET = words(`
  virtio_net vmxnet3 hv_netvsc ena xen_netfront e100 e1000 e1000e igb igbvf igc ixgbe ixgbevf i40e iavf ice
  8139too 8139cp r8169 r8152 via_rhine via_velocity sis900 sis190 natsemi ne2k_pci pcnet32 tg3 bnx2 bnx2x
  bnxt_en b44 forcedeth sky2 skge alx atl1 atl1c atl1e atl2 jme be2net atlantic 3c59x tulip dmfe starfire
  mlx4_en mlx5_core cxgb4 stmmac_pci dwmac_intel asix ax88179_178a cdc_ether cdc_ncm smsc95xx smsc75xx aqc111
  lan78xx
`);

const NETWORK = words(`
  8021q bridge br_netfilter bonding dummy veth tun tap macvlan ifb wireguard ppp_generic pppoe sch_htb
  sch_fq_codel sch_cake sch_ingress cls_u32 cls_fw cls_flower act_mirred act_police af_packet inet_diag tcp_diag
  udp_diag unix_diag ip_tables ip6_tables x_tables vrf ip_gre ipip sit esp4 esp6 ah4 xfrm_user xfrm_interface
  authenc echainiv
`);

const MACHINE = words(`
  i6300esb iTCO_wdt sp5100_tco it87_wdt w83627hf_wdt f71808e_wdt ie6xx_wdt ib700wdt wdat_wdt softdog hpwdt
  via_wdt virtio_rng virtio_balloon virtio_console virtio_input qemu_fw_cfg rtc_cmos psmouse evdev fat exfat
  isofs nls_utf8 fuse button thermal fan processor coretemp k10temp acpi_cpufreq i2c_i801 i2c_piix4 lpc_ich
  gpio_ich nct6775 it87 leds_gpio libphy realtek broadcom marvell efivarfs aesni_intel ghash_clmulni_intel
  sha256_ssse3 chacha_x86_64 poly1305_x86_64 curve25519_x86_64 gcm ccm cbc ctr cmac hmac sha256_generic
  crct10dif_pclmul crc32_pclmul xt_LOG
`);

/** Which kernel modules the box keeps: names, or directories (`x/` its own modules, `x/**` all below). Unknown names are skipped. */
export const KEEP = [
  ...STORAGE,
  ...ETHERNET,
  ...NETWORK,
  ...MACHINE,
  ...words(`
  net/netfilter/ net/ipv4/netfilter/ net/ipv6/netfilter/ net/bridge/netfilter/ net/netfilter/ipset/
`),
];

/** What the kernel must have, as a module or built in: without one of these the box is not the box. */
export const NEEDED = words(`
  squashfs ext4 vfat overlay virtio_blk ahci nvme usb_storage sdhci_pci virtio_scsi sd_mod e1000 e1000e igb igc
  ixgbe r8169 tg3 bnxt_en virtio_net vmxnet3 nf_tables nft_ct nft_nat nft_masq nft_limit nft_log nft_reject
  nft_fib nft_chain_nat nft_compat nf_conntrack nf_conntrack_netlink nf_conntrack_ftp nf_nat_ftp nfnetlink_log
  8021q bridge i6300esb
`);

/**
 * Loaded in one go early in the boot: what a first `nft -f` would otherwise ask the kernel for one by one, each time by
 * starting modprobe.
 */
export const FIREWALL = words(`
  nf_tables nf_conntrack nf_nat nft_ct nft_nat nft_masq nft_redir nft_chain_nat nft_limit nft_log nft_reject
  nft_reject_ipv4 nft_reject_inet nft_fib nft_fib_ipv4 nft_fib_ipv6 nft_hash nft_numgen nfnetlink nfnetlink_log
  nf_log_syslog nf_conntrack_netlink nf_conntrack_ftp nf_nat_ftp
`);

/** The words of a text, in order. */
export function words(text: string): string[] {
  return text.trim().split(/\s+/);
}
