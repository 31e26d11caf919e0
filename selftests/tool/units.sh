#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# The units that make install ships do their work under a systemd that was booted
# for it, in namespaces of its own: shut in as they are, they load, collect, write
# lists and run their readers, each with no more than it needs; run takes what systemd
# tells it, is started again when it is killed or hangs, and goes without a gap. Why it
# matters: a unit that is shut in too tightly fails on every machine but the one it was
# written on, and one that is not hands the host to whoever finds a fault in a parser.
# shellcheck disable=SC2317 # functions that check() calls
# shellcheck source=selftests/lib/lib.sh
. "$(dirname "$0")/../lib/lib.sh"

need ip jq make systemd-analyze
[ -x /lib/systemd/systemd ] || skip_all 'systemd is not installed'
cd "$TOP" || exit 1
LAB=build/units.${TMP##*.}
UNITS=usr/local/lib/systemd/system
cgroup=

end() {
	[ -z "${init:-}" ] || kill -KILL "$init" 2>/dev/null
	wait 2>/dev/null
	if [ -n "$cgroup" ]; then
		echo $$ >"$TMP/cgroup/cgroup.procs"
		find "$cgroup" -depth -type d -exec rmdir {} + 2>/dev/null
		umount "$TMP/cgroup"
	fi
	rm -rf "$LAB"
	rm -rf --one-file-system "$TMP"
}
trap end EXIT

# --- as files ----------------------------------------------------------------

must make --no-print-directory B="${NOLIST_BUILD:-build}" install DESTDIR="$TMP/root" >/dev/null
mkdir "$TMP/units"
for unit in "$TMP/root/$UNITS"/*; do
	sed "s|/usr/local/|$TMP/root/usr/local/|" "$unit" >"$TMP/units/${unit##*/}"
done
units=$(cd "$TMP/units" && echo *)
is "$units" 'nolist-xdp-collect.service nolist-xdp-collect.timer nolist-xdp-dump.service nolist-xdp-dump.socket nolist-xdp-dump.timer nolist-xdp-exporter.service nolist-xdp-milter.socket nolist-xdp-page.service nolist-xdp-policyd.service nolist-xdp-policyd.socket nolist-xdp-reload.socket nolist-xdp-reload@.service nolist-xdp-run.service nolist-xdp.service' \
	'units are installed'
for unit in $units; do
	is "$(systemd-analyze verify --man=no "$TMP/units/$unit" 2>&1)" '' "$unit: systemd-analyze finds nothing"
done
# bounded UNIT: its capabilities, without CAP_ and in the order of the alphabet.
bounded() {
	sed -n 's/^CapabilityBoundingSet=//p' "$TMP/units/$1" | tr ' ' '\n' | sed 's/^CAP_//' | sort | paste -sd' '
}

# As docs/security.md has it, in tenths: none may grow.
while read -r unit limit capabilities; do
	check "$unit: is shut in" systemd-analyze security --offline=yes --threshold="$limit" "$TMP/units/$unit"
	is "$(bounded "$unit")" "$capabilities" "$unit: has these capabilities and no others"
	told=$(awk -F'|' -v unit="\`$unit\`" 'index($2, unit) { print $4 * 10 }' "$TOP/docs/security.md")
	is "$told" "$limit" "$unit: docs/security.md says so"
done <<-END
	nolist-xdp.service 19 BPF NET_ADMIN PERFMON SYS_ADMIN
	nolist-xdp-collect.service 15 BPF
	nolist-xdp-exporter.service 12 
	nolist-xdp-page.service 12 
	nolist-xdp-policyd.service 13 
	nolist-xdp-dump.service 18 BPF CHOWN DAC_OVERRIDE FOWNER
	nolist-xdp-reload@.service 20 DAC_OVERRIDE KILL NET_ADMIN SETGID SETUID
	nolist-xdp-run.service 19 BPF NET_ADMIN PERFMON SYS_ADMIN
END

# --- in a systemd ------------------------------------------------------------

# A group of ours below the one that we are in, to make it the root of theirs.
mkdir "$TMP/cgroup"
mount -t cgroup2 cgroup2 "$TMP/cgroup" || skip_all 'no cgroup2'
cgroup=$TMP/cgroup$(sed -n 's/^0:://p' /proc/self/cgroup)/nolist.${TMP##*.}
must mkdir "$cgroup"
mkdir -p "$LAB"
cat >"$LAB/nolist-xdp.conf" <<-END
	interface = { s0 }
	low = { $LOW4 }
	real = { $REAL4 }
	high = { $HIGH4 }
	collect-interval = 1
	dump-interval = 1
	grace = 0
	list = { "plain /var/lib/nolist-xdp/list" }
	list = { "postscreen /etc/postfix/nolist.cidr /usr/local/bin/slow-reload /run/reloaded" }
	list = { "plain /var/lib/nolist-xdp/lists/other cp -f /proc/self/status /run/anybody/reloaded" }
	reload-user = { "nobody /var/lib/nolist-xdp/lists/other" }
END
# A reader that takes its time while /run/hold is there.
cat >"$LAB/reload" <<-'END'
	#!/bin/sh
	cp /proc/self/status "$1"
	while [ -e /run/hold ]; do sleep 0.05; done
END
chmod +x "$LAB/reload"
cat >"$LAB/lab.target" <<-END
	[Unit]
	Description=nothing but what is asked for
	AllowIsolate=yes
END
cat >"$LAB/soon.conf" <<-END
	[Service]
	RestartSec=0
	WatchdogSec=1
END
# A process whose root is not that of its mounts gets no user namespace.
cat >"$LAB/exporter.conf" <<-END
	[Service]
	PrivateUsers=no
END
cat >"$LAB/log.conf" <<-END
	[Service]
	StandardOutput=append:/run/said
	StandardError=append:/run/said
END
# In the root that inroot.sh makes, which is gone with it.
cat >"$LAB/boot" <<-END
	#!/bin/bash
	set -e
	mount -t proc proc /proc
	umount -R /sys
	mount -t sysfs sysfs /sys
	mount -t bpf bpf /sys/fs/bpf
	mount -t cgroup2 cgroup2 /sys/fs/cgroup
	make --no-print-directory B=${NOLIST_BUILD:-build} install >/dev/null
	mkdir -p /run/units/service.d /run/units/nolist-xdp-run.service.d /run/none /etc/postfix
	mkdir -m 777 /run/anybody
	cp $LAB/lab.target /run/units
	cp $LAB/log.conf /run/units/service.d
	mkdir /run/units/nolist-xdp-reload@.service.d
	sed 's/^StandardOutput=.*/StandardOutput=socket/' $LAB/log.conf >/run/units/nolist-xdp-reload@.service.d/log.conf
	install -m 755 $LAB/reload /usr/local/bin/slow-reload
	cp $LAB/soon.conf /run/units/nolist-xdp-run.service.d
	mkdir /run/units/nolist-xdp-exporter.service.d
	cp $LAB/exporter.conf /run/units/nolist-xdp-exporter.service.d
	mkdir /run/units/nolist-xdp-page.service.d
	cp $LAB/exporter.conf /run/units/nolist-xdp-page.service.d
	cp $LAB/nolist-xdp.conf /etc
	ip link set lo up
	ip link add s0 type veth peer name c0
	ip link set dev c0 xdp obj build/selftests/lib/xdp_pass.bpf.o sec xdp
	ip link set s0 up
	ip link set c0 up
	for a in $LOW4 $REAL4 $HIGH4; do ip addr add \$a/24 dev s0; done
	export SYSTEMD_UNIT_PATH=/run/units:/usr/local/lib/systemd/system:/lib/systemd/system
	export SYSTEMD_GENERATOR_PATH=/run/none container=other
	exec /lib/systemd/systemd --unit=lab.target --log-target=console --log-level=info
END
chmod +x "$LAB/boot"
bash -c 'echo $$ >"$1/cgroup.procs" && shift && exec "$@"' - "$cgroup" \
	scripts/inroot.sh -- unshare --mount --pid --fork --kill-child --net --uts --ipc --cgroup \
	"$LAB/boot" >"$TMP/boot.log" 2>&1 </dev/null &
outer=$!
init_is_there() {
	init=$(pgrep -P "$outer") && [ "$(cat "/proc/$init/comm")" = systemd ]
}
if ! wait_for 20 init_is_there; then
	diag "$(cat "$TMP/boot.log")"
	bail_out 'systemd does not boot'
fi

# in_lab COMMAND...: there. ctl WORD...: systemctl there.
in_lab() {
	nsenter -t "$init" -m -u -n -p -i -C -r -w "$@"
}

ctl() {
	in_lab timeout 30 systemctl "$@"
}

shows() {
	ctl show -p "$2" --value "$1"
}

is_state() {
	[ "$(shows "$1" ActiveState)" = "$2" ]
}

tool() {
	in_lab /usr/local/sbin/nolist-xdp "$@"
}

attached() {
	tool status --json | jq -r '[.interfaces[].program] | join(" ")'
}

logged() {
	in_lab grep -q -- "$1" /run/said
}

# caps FILE: the numbers of a process's effective capabilities, by the file of its status
# (linux/capability.h).
caps() {
	local mask i

	mask=$((0x$(in_lab sed -n 's/^CapEff:\t//p' "$1")))
	for i in {0..62}; do
		[ $((mask >> i & 1)) = 0 ] || printf '%s ' "$i"
	done
}
READER='1 5 6 7 12 ' # DAC_OVERRIDE KILL SETGID SETUID NET_ADMIN
JUDGE='0 1 3 39 '    # CHOWN DAC_OVERRIDE FOWNER BPF
LOADER='12 21 38 39 ' # NET_ADMIN SYS_ADMIN PERFMON BPF

# judging: the process that writes lists.
judging() {
	in_lab pgrep -f 'nolist-xdp dump --all'
}

# connects [NSENTER]...: as root does, to the socket by which systemd is commanded.
connects() {
	in_lab ${1+nsenter "$@"} "$PYTHON" -c 'import socket
socket.socket(socket.AF_UNIX).connect("/run/systemd/private")'
}

# dump_is_confined: while a reader takes its time.
dump_is_confined() {
	local pid

	check 'a reader takes its time' wait_for 20 in_lab test -s /run/reloaded
	pid=$(judging) || diag 'dump is not there'
	is "$(caps "/proc/$pid/status")" "$JUDGE" 'what judges has no capability that only readers need'
	check 'nor does it reach systemd' eval "! connects -t $pid -m -r && connects"
	in_lab rm /run/hold
}

check 'systemd is there' wait_for 20 ctl is-active lab.target
is "$(for unit in $units; do shows "${unit/@/@1}" UnitFileState; done | sort -u | tr '\n' ' ')" \
	'disabled static ' 'no unit starts by itself'

check 'nolist-xdp.service loads' ctl start nolist-xdp.service
program=$(attached)
check 'it is attached' test -n "$program"
check 'and loads again' ctl reload nolist-xdp.service
check 'collect works' ctl start nolist-xdp-collect.service
is "$(in_lab stat -c '%a %U' /var/lib/nolist-xdp/evidence.db)" '600 root' 'and has made the store'
in_lab touch /run/hold
check 'dump starts' ctl start --no-block nolist-xdp-dump.service
dump_is_confined
check 'dump works' wait_for 20 is_state nolist-xdp-dump.service inactive
is "$(shows nolist-xdp-dump.service Result)" success 'well'
check 'and has written the lists' in_lab test -s /var/lib/nolist-xdp/list -a -s /etc/postfix/nolist.cidr
check 'and ran the reload command' in_lab test -e /run/reloaded
is "$(caps /run/reloaded)" "$READER" 'with the capabilities of readers alone'
is "$(in_lab stat -c %U /run/anybody/reloaded) $(caps /run/anybody/reloaded)" 'nobody ' \
	'and another as the user that the configuration names, with none'
for unit in collect dump; do
	check "the timer of $unit starts it" ctl start nolist-xdp-$unit.timer
	is "$(shows nolist-xdp-$unit.timer ActiveState)" active 'and waits'
	check 'and stops' ctl stop nolist-xdp-$unit.timer
done
check 'nolist-xdp.service detaches' ctl stop nolist-xdp.service
is "$(attached)" '' 'at its end'

in_lab rm -rf /var/lib/nolist-xdp /run/reloaded /etc/postfix/nolist.cidr
in_lab touch /run/hold
check 'run starts' ctl start nolist-xdp-run.service
program=$(attached)
check 'it is attached when it is ready' test -n "$program"
dump_is_confined
is "$(caps /run/reloaded)" "$READER" 'whose readers have not what loading takes'
is "$(caps "/proc/$(shows nolist-xdp-run MainPID)/status")" "$LOADER" 'and which has not what readers take'
check 'systemd knows what it did' wait_for 10 eval \
	'shows nolist-xdp-run StatusText | grep -q "^collected at .*, lists written at "'
check 'the exporter starts' ctl start nolist-xdp-exporter
scrapes() {
	in_lab curl -s -m 5 http://127.0.0.1:9825/metrics | grep -q '^nolist_interface_attached{interface="s0",mode="native"} 1$'
}
check 'and has the metrics of run' wait_for 10 scrapes
is "$(in_lab cat "/proc/$(shows nolist-xdp-exporter MainPID)/status" | sed -nE 's/^(Uid|CapEff|CapBnd):\s*0*([0-9]*).*/\2/p' |
	sed 's/^6[0-9]*$/dynamic/' | tr '\n' ' ')" 'dynamic   ' 'as a user of its own, without capabilities'
check 'the page starts' ctl start nolist-xdp-page
in_lab mkdir -p /var/lib/nolist-xdp/lists
tool dump --quiet --format page --output /var/lib/nolist-xdp/lists/page 2>/dev/null
looks_up() {
	in_lab curl -s -m 5 'http://127.0.0.1:9826/json?address=203.0.113.1' | grep -q '"listed":false'
}
check 'and looks up' wait_for 10 looks_up
check 'the socket of the policy service starts' ctl start nolist-xdp-policyd.socket
tool dump --quiet --format policy --output /var/lib/nolist-xdp/lists/policy 2>/dev/null
decides() {
	in_lab "$PYTHON" "$TOP/selftests/lib/policy_ask.py" 127.0.0.1:9827 <<<'203.0.113.1' | grep -qx action=DUNNO &&
		logged 'policyd: policy = warn, from'
}
check 'and it answers, from the snapshot' wait_for 10 decides
# The protocol of each socket is its own: the milter's answers an offer with one.
# systemd opens no socket for a service that runs.
check 'so does that of milters' eval 'ctl stop nolist-xdp-policyd.service && ctl start nolist-xdp-milter.socket'
negotiates() {
	in_lab "$PYTHON" -c 'import socket
s = socket.create_connection(("127.0.0.1", 9828), 5)
s.sendall(bytes([0, 0, 0, 13]) + b"O" + bytes([0, 0, 0, 6, 0, 0, 1, 255, 0, 31, 255, 255]))
assert s.recv(17)[4:5] == b"O"'
}
check 'which answers there as a milter' wait_for 10 negotiates
check 'and at the other one as before' wait_for 10 decides
is "$(in_lab cat "/proc/$(shows nolist-xdp-policyd MainPID)/status" | sed -nE 's/^(CapEff|CapBnd):\s*0*//p' | tr '\n' ' ')" \
	'  ' 'without capabilities'
in_lab bash -c 'echo "high = { 192.0.2.31 }" >>/etc/nolist-xdp.conf'
check 'a new configuration is taken' ctl reload nolist-xdp-run
has_high() {
	tool status --json | jq -e '.tables[0].mx[] | select(.address == "192.0.2.31")' | grep .
}
check 'and in force' wait_for 10 has_high
in_lab bash -c 'echo "mode = sideways" >>/etc/nolist-xdp.conf'
check 'a bad one is reported' eval 'ctl reload nolist-xdp-run; wait_for 10 logged "the old configuration stays"'
is "$(shows nolist-xdp-run ActiveState)" active 'and not taken'
in_lab rm /var/lib/nolist-xdp/list
check 'lists are written with the one in force' wait_for 10 in_lab test -s /var/lib/nolist-xdp/list
in_lab sed -i '/sideways/d' /etc/nolist-xdp.conf

started_again() {
	[ "$(shows nolist-xdp-run NRestarts)" -gt "$1" ] && is_state nolist-xdp-run active
}
main_pid() {
	local pid

	pid=$(shows nolist-xdp-run MainPID)
	[ "${pid:-0}" -gt 0 ] && echo "$pid"
}
pid=$(main_pid) || bail_out 'run is not there'
in_lab kill -KILL "$pid"
check 'when it is killed it is started again' wait_for 10 started_again 0
pid=$(main_pid) || bail_out 'run is not there'
in_lab kill -STOP "$pid"
check 'and when it hangs' wait_for 20 started_again 1
is "$(attached)" "$program" 'with the program that was there'
check 'it stops' ctl stop nolist-xdp-run
is "$(shows nolist-xdp-run Result) $(shows nolist-xdp-run ActiveState)" 'success inactive' 'well'
is "$(attached)" "$program" 'and leaves the program at work'
in_lab bash -c 'echo "mode = sideways" >>/etc/nolist-xdp.conf'
is "$(in_lab grep -c 'cannot write' /run/said)" 0 'no list that could not be written'
check 'a bad configuration at the start' eval '! ctl start nolist-xdp-run'
is "$(shows nolist-xdp-run ExecMainStatus) $(shows nolist-xdp-run ActiveState)" '2 failed' \
	'is not tried again'
[ "$tap_failed" -eq 0 ] || diag "$(in_lab cat /run/said)" "$(cat "$TMP/boot.log")"
done_testing
