# shellcheck shell=sh disable=SC2034,SC2154 # common.sh and nics.sh read and set them
# What the console shows above its menu. Everything is observed: the kernel, the sockets, the files.

# Few programs are started for it: it is drawn while the daemons start.
show_state() {
	name=greengate
	if load_network; then
		# shellcheck disable=SC3028 # of network.env, not of the shell
		name=$HOSTNAME.$DOMAIN
	else
		GREEN_CIDR='' GREEN_ADDRESS='' RED_MODE='' UI_PORT=445
	fi
	addresses=$(ip -4 -o addr show 2>/dev/null)
	printf '\n== Greengate == %s ==\n\n' "$name"
	label 'BOT' && bot_state
	label 'GREEN' && interface_state green ''
	label 'RED' && interface_state red "${RED_MODE:+, $RED_MODE}"
	find_address green
	address=${GREEN_ADDRESS:-${cidr%%/*}}
	if [ -n "$address" ]; then label 'Admin pages' && echo "https://$address:$UI_PORT/"; fi
	show_file 'Certificate' "$GREENGATE_RUN/fingerprint"
	show_file 'Set-up code' "$GREENGATE_RUN/setup-code"
	if [ -r "$GREENGATE_RUN/trial" ]; then label 'On trial' && trial_state; fi
	if [ -r "$GREENGATE_RUN/let-in" ]; then label 'Let in' && echo 'every computer on GREEN reaches the admin pages, for ten minutes at most'; fi
	label 'Agent' && agent_state
	case $rules in
	'') ;;
	0) label 'Rules' && echo 'the default policy in force' ;;
	*) label 'Rules' && echo "generation $rules in force" ;;
	esac
	if ! [ -d "$GREENGATE_DATA/log" ]; then echo '  ! data: the data partition is not usable.'; fi
	if [ -r "$GREENGATE_RUN/status" ]; then
		while IFS= read -r line; do
			case $line in
			# Of the start; what the kernel holds now is above.
			'rules: '*' in force') ;;
			*) echo "  ! $line" ;;
			esac
		done <"$GREENGATE_RUN/status"
	fi
}

label() { printf '  %-18s ' "$1"; }

# find_address INTERFACE: sets $cidr to its IPv4 addresses, from $addresses.
find_address() {
	cidr=
	# shellcheck disable=SC2086 # words: NUMBER: INTERFACE inet CIDR …
	set -- "$1" $addresses
	wanted=$1
	while [ $# -ge 4 ]; do
		shift
		if [ "$1 $2" = "$wanted inet" ]; then cidr="$cidr${cidr:+ }$3"; fi
	done
}

# show_file LABEL PATH: its first line, if there is one.
show_file() {
	[ -r "$2" ] || return 0
	IFS= read -r line <"$2" || [ -n "$line" ] || return 0
	label "$1" && echo "$line"
}

# bot_state: what the kernel holds. The ruleset carries its generation and mode in the comment of the chain GREENGATE.
# Sets $rules to the generation, empty when no policy is in force.
bot_state() {
	held=$(nft list chain ip filter GREENGATE 2>/dev/null)
	rules=
	case $held in
	*'"generation '*) rules=${held#*'"generation '} && rules=${rules%%[!0-9]*} ;;
	esac
	case $held in
	*' blocking"'*)
		case $(nft list chain ip filter BOT_INPUT 2>/dev/null) in
		*'goto '*) echo 'enabled' ;;
		*) echo 'RELEASED at the console, until the next save, Enable or reboot' ;;
		esac
		;;
	*' open"'*) echo 'disabled: GREEN reaches RED freely' ;;
	*' closed"'*) echo 'nothing is forwarded before set-up is finished' ;;
	*)
		case $(nft list chain ip filter INPUT 2>/dev/null) in
		*'policy drop'*) echo 'the box is closed: no policy is in force' ;;
		*) echo 'NO RULES ARE IN FORCE' ;;
		esac
		;;
	esac
}

# trial_state: what the agent wrote of the change on trial: NUMBER UPTIME USER, then what it is.
trial_state() {
	{ read -r _ until user && IFS= read -r what; } <"$GREENGATE_RUN/trial" || what='a change'
	read -r up _ </proc/uptime
	seconds=$((until - ${up%%.*}))
	if [ "$seconds" -lt 0 ]; then seconds=0; fi
	echo "$what, by $user: undone in $seconds s unless it is kept"
}

# interface_state INTERFACE REST
interface_state() {
	if ! [ -e "$GREENGATE_SYS/class/net/$1" ]; then
		echo 'no network card'
		return
	fi
	find_address "$1"
	link_of "$GREENGATE_SYS/class/net/$1"
	case $link in
	up) cable= ;;
	down) cable=', no cable' ;;
	*) cable=', switched off' ;;
	esac
	echo "${cidr:-no address}$cable$2"
}

# agent_answers: does a living process hold the agent's socket?
agent_answers() {
	grep -q " $GREENGATE_RUN/root.sock\$" /proc/net/unix 2>/dev/null
}

agent_state() {
	if agent_answers; then
		echo 'running'
		return
	fi
	node=$GREENGATE_LIB/bin/node
	read -r up _ </proc/uptime
	# The fingerprint is the agent's first work: once it is there, the agent has been running.
	if [ "${up%%.*}" -lt 180 ] && ! [ -e "$GREENGATE_RUN/fingerprint" ]; then
		echo 'not yet running; the rules do not need it'
	elif ! [ -x "$node" ]; then
		echo 'NOT RUNNING: Node is missing. The rules stay in force'
	elif ! timeout 20 "$node" --version </dev/null >/dev/null 2>&1; then
		echo 'NOT RUNNING: Node cannot be started. The rules stay in force'
	elif ! [ -r "$GREENGATE_LIB/agent.js" ]; then
		echo 'NOT RUNNING: its program is missing. The rules stay in force'
	else
		echo 'NOT RUNNING: see /var/log/greengate/agent.log. The rules stay in force'
	fi
}
