# shellcheck shell=sh
# Network cards: which there are, and which MAC is GREEN or RED. Sourced after common.sh.

# cards: prints "NAME MAC DRIVER LINK" of each, in the order of the slots, USB last. LINK is up, down or off.
cards() {
	for directory in "$GREENGATE_SYS"/class/net/*; do
		# Only hardware has a device; bridges, tunnels and lo have none.
		[ -e "$directory/device" ] || continue
		[ -e "$directory/phy80211" ] && continue
		slot=$(readlink -f "$directory/device")
		case $slot in */usb*) slot="~$slot" ;; esac
		port=0
		if [ -e "$directory/dev_port" ]; then read -r port <"$directory/dev_port"; fi
		read -r card_mac <"$directory/address"
		driver=$(readlink "$directory/device/driver") || driver='?'
		link_of "$directory"
		printf '%s %s %s %s %s %s\n' "$slot" "$port" "${directory##*/}" "$card_mac" "${driver##*/}" "$link"
	done | LC_ALL=C sort -k1,1 -k2,2n | while read -r _ _ rest; do printf '%s\n' "$rest"; done
}

# link_of DIRECTORY: sets $link. A card that is not up does not know whether a cable is there: reading `carrier` fails.
link_of() {
	link=off
	if read -r carrier 2>/dev/null <"$1/carrier"; then
		link=down
		if [ "$carrier" = 1 ]; then link=up; fi
	fi
}

# read_nics: sets $green_mac and $red_mac from nics.conf; empty when there is none, or no usable one.
read_nics() {
	green_mac='' red_mac=''
	[ -r "$GREENGATE_DATA/nics.conf" ] || return 1
	while IFS='=' read -r key value; do
		value=${value#[\'\"]}
		value=${value%[\'\"]}
		is_mac "$value" || continue
		case $key in
		GREEN_MAC) green_mac=$value ;;
		RED_MAC) red_mac=$value ;;
		esac
	done <"$GREENGATE_DATA/nics.conf"
	[ -n "$green_mac$red_mac" ]
}

is_mac() {
	case $1 in *[!0-9a-f:]*) return 1 ;; ??:??:??:??:??:??) return 0 ;; esac
	return 1
}

# write_nics GREEN_MAC RED_MAC
write_nics() {
	printf 'GREEN_MAC=%s\nRED_MAC=%s\n' "$1" "$2" | put "$GREENGATE_DATA/nics.conf"
}
