# shellcheck shell=sh
# Shared by every script of the box. POSIX sh: dash on one base, busybox ash on the other.
# The places can be moved, for tests and for the lab of network namespaces.

PATH=${GREENGATE_TOOLS:+$GREENGATE_TOOLS:}/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
: "${GREENGATE_DATA:=/var/lib/greengate}" "${GREENGATE_RUN:=/run/greengate}" "${GREENGATE_LIB:=/usr/lib/greengate}"
: "${GREENGATE_LOG:=/var/log/greengate}" "${GREENGATE_RC:=/sbin/rc-service}" "${GREENGATE_SYS:=/sys}"
export PATH GREENGATE_DATA GREENGATE_RUN GREENGATE_LIB GREENGATE_LOG GREENGATE_RC GREENGATE_SYS
plan=$GREENGATE_RUN/plan

# busybox's shell prefers its own small versions to the programs of the same name.
ip() { /sbin/ip "$@"; }
modprobe() { /sbin/modprobe "$@"; }

# Is this the box itself, and not a lab that shares its kernel with others?
on_the_box() { [ "$GREENGATE_RUN" = /run/greengate ] && [ -e /etc/init.d/gg-closed ]; }

# say WORD SENTENCE: makes the line of WORD in the status file, which console and UI show. hush WORD: removes it.
say() { change_status "$1" "$1: $2"; }
hush() {
	if status_of "$1" >/dev/null; then change_status "$1" ''; fi
}

# status_of WORD: prints the sentence of WORD; fails when there is none.
status_of() {
	[ -r "$GREENGATE_RUN/status" ] || return 1
	while IFS= read -r line; do
		case $line in "$1: "*) printf '%s\n' "${line#*: }" && return 0 ;; esac
	done <"$GREENGATE_RUN/status"
	return 1
}

change_status() {
	[ -d "$GREENGATE_RUN" ] || mkdir -p "$GREENGATE_RUN"
	# Services start side by side. Whoever died here must not stop the others for ever.
	tries=0
	until mkdir "$GREENGATE_RUN/status.lock" 2>/dev/null; do
		tries=$((tries + 1))
		if [ "$tries" -ge 20 ]; then break; fi
		sleep 0.1
	done
	{
		if [ -r "$GREENGATE_RUN/status" ]; then
			while IFS= read -r line; do
				case $line in "$1: "*) ;; *) printf '%s\n' "$line" ;; esac
			done <"$GREENGATE_RUN/status"
		fi
		if [ -n "$2" ]; then printf '%s\n' "$2"; fi
	} >"$GREENGATE_RUN/status.new"
	mv "$GREENGATE_RUN/status.new" "$GREENGATE_RUN/status"
	rmdir "$GREENGATE_RUN/status.lock" 2>/dev/null || true
}

# to_number 192.168.51.254: sets $number; fails unless it is an IPv4 address.
to_number() {
	case $1 in '' | *[!0-9.]* | .* | *. | *..*) return 1 ;; esac
	saved_ifs=$IFS
	IFS=.
	# shellcheck disable=SC2086 # split at the dots
	set -- $1
	IFS=$saved_ifs
	[ $# -eq 4 ] || return 1
	number=0
	for part in "$@"; do
		case $part in 0?* | ????*) return 1 ;; esac
		[ "$part" -le 255 ] || return 1
		number=$((number * 256 + part))
	done
}

# to_range 192.168.51.254/24: sets $number, $prefix, $first and $last; fails unless it is an IPv4 address with a prefix.
to_range() {
	case $1 in */*) ;; *) return 1 ;; esac
	case ${1#*/} in [0-9] | [12][0-9] | 3[0-2]) ;; *) return 1 ;; esac
	to_number "${1%%/*}" || return 1
	prefix=${1#*/}
	first=$((number >> (32 - prefix) << (32 - prefix)))
	last=$((first + (1 << (32 - prefix)) - 1))
}

# overlap CIDR CIDR: do the two networks share an address?
overlap() {
	to_range "$1" || return 1
	first_of_one=$first last_of_one=$last
	to_range "$2" || return 1
	[ "$first_of_one" -le "$last" ] && [ "$first" -le "$last_of_one" ]
}

# load_network: reads the plan's network.env and the GREEN address that was set at the console, which wins.
load_network() {
	[ -r "$plan/network.env" ] || return 1
	# shellcheck source=/dev/null
	. "$plan/network.env"
	if override=$(console_green); then
		# shellcheck disable=SC2034 # for whoever sources this
		{
			GREEN_CIDR=$override
			GREEN_ADDRESS=${override%%/*}
		}
	fi
}

# console_green: prints the address set at the console; fails when there is none that could be used.
console_green() {
	[ -r "$GREENGATE_DATA/green-override" ] || return 1
	IFS= read -r line <"$GREENGATE_DATA/green-override" || [ -n "$line" ] || return 1
	line=${line#GREEN_CIDR=}
	line=${line#\'}
	line=${line%\'}
	to_range "$line" && printf '%s\n' "$line"
}

# put PATH: writes stdin to PATH so that after a power loss there is the old content or the new.
put() {
	cat >"$1.new" && sync && mv "$1.new" "$1" && sync
}

# address_of INTERFACE: prints its IPv4 addresses with prefix, separated by blanks.
address_of() {
	ip -4 -o addr show dev "$1" 2>/dev/null | while read -r _ _ _ cidr _; do printf '%s ' "$cidr"; done
}
