# shellcheck shell=sh
# Mounts the data partition at its place in the new root; grows it to the end of the disk first.
# Each part may be cut by a power failure and is done again at the next boot. Sourced by init, after /dev, /proc, /sys
# and /run have moved into the new root: its programs run by chroot. Wants $disk, the root's disk in /sys.

: "${new:=/root}" "${disk:=}"

inside() { chroot "$new" "$@" >>"$new/run/data.log" 2>&1; }

tell() {
	echo "data: $1" >>"$new/run/greengate/status"
	echo "greengate: data: $1" >"$new/dev/kmsg"
}

# Sectors of 512 bytes between the end of the data partition and the end of the disk.
room_behind() {
	here=$new/sys/class/block/$1
	echo $(($(cat "$here/../size") - $(cat "$here/start") - $(cat "$here/size")))
}

grow_partition() {
	[ "$(room_behind "$1")" -gt 8192 ] || return 0
	whole=$(basename "$(readlink -f "$new/sys/class/block/$1/..")")
	number=$(cat "$new/sys/class/block/$1/partition")
	inside sfdisk --no-reread --relocate gpt-bak-std "/dev/$whole"
	echo ', +' | inside sfdisk --no-reread --no-tell-kernel --force -N "$number" "/dev/$whole" &&
		inside partx --update --nr "$number" "/dev/$whole"
}

# The size the file system was last grown to stands in it: it is written after the growing, so a cut repeats it.
grow_files() {
	size=$(cat "$new/sys/class/block/$1/size")
	mark=$new/var/lib/greengate/.grown
	[ "$(cat "$mark" 2>/dev/null)" = "$size" ] && return 0
	inside resize2fs "/dev/$1" || return 1
	echo "$size" >"$mark.new" && sync && mv "$mark.new" "$mark"
}

mount_data() {
	data=''
	for entry in "$new"/sys/class/block/*/uevent; do
		grep -qx 'PARTNAME=greengate-data' "$entry" || continue
		# An installation medium or a second disk may have one too.
		[ "$(readlink -f "${entry%/uevent}/..")" = "$(readlink -f "$new$disk")" ] || continue
		data=$(basename "${entry%/uevent}")
	done
	if [ -z "$data" ]; then
		problem='the data partition is missing'
	else
		grow_partition "$data"
		inside e2fsck -p "/dev/$data"
		checked=$?
		if [ $checked -ge 4 ]; then
			inside e2fsck -f -y "/dev/$data"
			checked=$?
			[ $checked -ge 4 ] || tell 'the data partition was damaged and has been repaired'
		fi
		if inside mount -t ext4 -o nosuid,nodev,noatime "/dev/$data" /var/lib/greengate; then
			grow_files "$data" || tell 'the data partition could not be grown'
			return 0
		fi
		problem='the data partition is damaged'
	fi
	mount -t tmpfs -o nosuid,nodev,mode=755,size=40% data "$new/var/lib/greengate"
	tell "$problem; changes are lost at power-off"
}
