# shellcheck shell=sh disable=SC2154 # common.sh and nics.sh set them
# What the console's menu does. Each item ends with the menu, whatever is typed or broken.

# ask QUESTION: sets $answer; fails at the end of the input and when interrupted. News for the menu wait until after.
ask() {
	printf '%s' "$1"
	poked=
	while :; do
		redraw='' answer=''
		if IFS= read -r answer; then return; fi
		if [ -n "$poked" ] || [ -z "$redraw" ]; then
			echo
			return 1
		fi
	done
}

# ask_secret QUESTION: the same without showing what is typed.
ask_secret() {
	stty -echo 2>/dev/null
	ask "$1"
	asked=$?
	stty echo 2>/dev/null
	echo
	return "$asked"
}

# agree QUESTION: is the answer yes?
agree() {
	ask "$1 [y/N] " || return 1
	case $answer in y | Y | yes | Yes | YES) return 0 ;; esac
	echo 'Nothing was changed.'
	return 1
}

pause() {
	ask 'Press Enter. ' || true
}

# guarded COMMAND: asks for the console's password first, if there is one.
guarded() {
	if [ -e "$GREENGATE_DATA/console-password" ]; then
		ask_secret 'Console password: ' || return
		if ! "${0%/*}/console-password" check <<SECRET
$answer
SECRET
		then
			answer=
			sleep 3
			echo 'That is not the console password.'
			return
		fi
		answer=
	fi
	"$1"
}

# act SENTENCE: what was done here, for the log of changes. The agent takes it up, when there is one.
act() {
	printf '%s\n' "$1" 2>/dev/null >>"$GREENGATE_DATA/console-acts" || true
}

# writable: can the data partition keep something?
writable() {
	if [ -d "$GREENGATE_DATA" ] && [ -w "$GREENGATE_DATA" ]; then return; fi
	echo 'The data partition cannot be written. Nothing was changed.'
	return 1
}

# A running agent looks for what the console left by itself, every few seconds.
wake_agent() {
	agent_answers || "$GREENGATE_RC" agent restart </dev/null >/dev/null 2>&1 || echo 'The agent could not be restarted.'
}

reset_password() {
	writable || return
	agree 'Forget all administrators (other users stay) and show a new set-up code?' || return
	: >"$GREENGATE_DATA/reset-admin" && sync
	wake_agent
	echo 'The new set-up code appears here in a moment.'
}

assign_cards() {
	writable || return
	read_nics || true
	count=0
	echo
	while read -r card mac driver link; do
		[ -n "$card" ] || continue
		count=$((count + 1))
		role=
		if [ "$mac" = "$green_mac" ]; then role=GREEN; fi
		if [ "$mac" = "$red_mac" ]; then role=RED; fi
		printf '  %d  %s  %-12s link %-5s %s\n' "$count" "$mac" "$driver" "$link" "$role"
		eval "mac_$count=\$mac"
	done <<CARDS
$(cards)
CARDS
	if [ "$count" -lt 2 ]; then
		echo '  Two network cards are needed.'
		pause
		return
	fi
	ask 'Number of the card for GREEN, or s to swap GREEN and RED: ' || return
	case $answer in
	s | S)
		new_green=$red_mac new_red=$green_mac
		if [ -z "$new_green" ] || [ -z "$new_red" ]; then
			echo 'GREEN and RED are not both assigned yet. Nothing was changed.'
			return
		fi
		;;
	*)
		mac_of "$answer" || return
		new_green=$chosen_mac
		ask 'Number of the card for RED: ' || return
		mac_of "$answer" || return
		new_red=$chosen_mac
		;;
	esac
	if [ "$new_green" = "$new_red" ]; then
		echo 'One card cannot be both. Nothing was changed.'
		return
	fi
	if ! write_nics "$new_green" "$new_red"; then
		echo 'The data partition refused to keep it. Nothing was changed.'
		return
	fi
	act "assigned the network cards: GREEN is $new_green, RED is $new_red"
	say nics "Changed at the console: GREEN is $new_green, RED is $new_red from the next start on."
	echo 'Kept. It takes effect at the next start: choose 7 to reboot.'
}

# mac_of NUMBER: sets $chosen_mac from the list that was shown.
mac_of() {
	case $1 in
	[1-9] | [1-9][0-9])
		if [ "$1" -le "$count" ]; then
			eval "chosen_mac=\$mac_$1"
			return
		fi
		;;
	esac
	echo 'There is no such card. Nothing was changed.'
	return 1
}

set_green() {
	writable || return
	ask "Address of GREEN with prefix, such as 192.168.51.254/24: " || return
	if [ -z "$answer" ]; then
		echo 'Nothing was changed.'
		return
	fi
	if ! fit_for_green "$answer"; then
		echo "$unfit Nothing was changed."
		return
	fi
	new=$answer
	agree "Give GREEN the address $new?" || return
	printf "GREEN_CIDR='%s'\n" "$new" | put "$GREENGATE_DATA/green-override" || return
	"${0%/*}/network" apply
	wake_agent
	echo "GREEN has the address $new. The agent takes it into the policy."
}

# fit_for_green CIDR: could GREEN have this address? Sets $unfit to the reason when not.
fit_for_green() {
	unfit='That is not an address with a prefix.'
	to_range "$1" || return 1
	unfit='The prefix must be 8 to 30.'
	{ [ "$prefix" -ge 8 ] && [ "$prefix" -le 30 ]; } || return 1
	unfit='That is the address of the network or of its broadcast.'
	{ [ "$number" -ne "$first" ] && [ "$number" -ne "$last" ]; } || return 1
	unfit='No host can have that address.'
	case $1 in 0.* | 127.* | 169.254.* | 22[4-9].* | 23[0-9].* | 24[0-9].* | 25[0-5].*) return 1 ;; esac
	unfit='That overlaps the network of RED.'
	for other in $(address_of red); do
		if overlap "$1" "$other"; then return 1; fi
	done
	unfit=
}

end_trial() {
	"${0%/*}/trial" "$1"
	pause
}

release_bot() {
	agree 'Let GREEN out freely until the next save, Enable or reboot?' || return
	if "${0%/*}/release"; then
		act 'released BOT'
		echo 'BOT is released.'
	else
		echo 'There are no BOT chains to release: the box is closed, or has no rules.'
	fi
	pause
}

restart_services() {
	act 'restarted the services'
	"${0%/*}/restart-services"
	pause
}

restart_box() {
	agree 'Reboot now?' || return
	act 'rebooted' && sync
	reboot
	wait_for_the_end
}

power_off() {
	agree 'Power off now?' || return
	act 'switched the box off' && sync
	poweroff
	wait_for_the_end
}

# The menu must not come up again while init is taking everything down.
wait_for_the_end() {
	echo 'Going down.'
	sleep 60
}

let_in() {
	agree 'Let every computer on GREEN reach the admin pages for ten minutes?' || return
	if "${0%/*}/let-in" open; then
		act 'let GREEN reach the admin pages for ten minutes'
		echo 'GREEN reaches the admin pages for ten minutes.'
	else
		echo 'There are no BOT chains: the box is closed, or has no rules.'
	fi
	pause
}

ping_or_look_up() {
	ask 'Address to ping, or name to look up: ' || return
	case $answer in
	'' | -* | *[!0-9A-Za-z.:_-]*) echo 'That is neither an address nor a name.' ;;
	*[!0-9.]*) timeout 15 busybox nslookup "$answer" 127.0.0.1 || echo 'It was not found.' ;;
	*) timeout 15 busybox ping -c 3 -W 2 "$answer" || echo 'There was no answer.' ;;
	esac
	pause
}

# Needs no agent: what was denied last stands in the log.
why_blocked() {
	ask 'Address of the host on GREEN: ' || return
	if ! to_number "$answer"; then
		echo 'That is not an address.'
		pause
		return
	fi
	lines=$(cat "$GREENGATE_LOG/firewall.json.1" "$GREENGATE_LOG/firewall.json" 2>/dev/null |
		grep '"oob.prefix": *"GREEN \(DROP\|REJECT\)' | grep "\"src_ip\": *\"$answer\"" | tail -n 8)
	if [ -z "$lines" ]; then
		echo "Nothing that $answer sent was denied, as far as the log goes."
	else
		while IFS= read -r line; do
			protocol=$(part ip.protocol)
			case $protocol in 1) protocol=ICMP ;; 6) protocol=TCP ;; 17) protocol=UDP ;; esac
			port=$(part dest_port)
			when=$(part timestamp)
			echo "  ${when%.*}  $protocol to $(part dest_ip)${port:+ port $port}: $(part oob.prefix)"
		done <<DENIED
$lines
DENIED
		echo 'The last word is the rule: “default” is the end of the list. Firewall, Why? in the admin pages says more.'
	fi
	pause
}

# part NAME: the value of a field of $line, which is JSON.
part() {
	printf '%s\n' "$line" | sed -n "s/.*\"$1\": *\"\{0,1\}\([^\",}]*\).*/\1/p"
}

open_shell() {
	act 'opened a shell'
	cat <<'HINT'

A root shell; `exit` brings the menu back. To release BOT by hand:
  iptables -F BOT_INPUT
  iptables -F CUSTOMFORWARD

HINT
	(cd /root 2>/dev/null || cd / && HOME=$PWD PS1='greengate:\w# ' busybox sh)
}
