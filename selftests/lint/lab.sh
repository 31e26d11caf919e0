# shellcheck shell=bash disable=SC2034,SC2154
# SPDX-License-Identifier: GPL-2.0-only
#
# The hosts of lint's tests: a client, and a server that has the addresses of the root servers,
# of name servers, of MXes and of a web server. Sourced after lib.sh and root.sh; $DIR is the
# directory of the zones.

cd "$TOP" || exit 1
mkdir -p build
DIR=$(mktemp -d "$TOP/build/lint.XXXXXX")
trap 'rm -rf --one-file-system "$TMP" "$DIR"' EXIT

# Addresses that the server has, besides those of the root servers.
lint_addresses() {
	seq -f 192.175.48.%g 10 39
	echo 192.175.48.53 192.175.48.54 192.175.48.56 192.175.48.57 192.175.48.80
}

lint_topology() {
	local a

	quiet_netns client
	quiet_netns server
	must ip -n client link add c0 type veth peer name s0 netns server
	must ip -n client addr add 192.0.2.1/24 dev c0
	must ip -n server addr add 192.0.2.2/24 dev s0
	must ip -n client link set c0 up
	must ip -n server link set s0 up
	must ip -n client route add default via 192.0.2.2
	for a in $("$PYTHON" -c 'import sys; sys.path.insert(0, "selftests/lint"); import zones
print(*zones.ROOTS)') $(lint_addresses) 2620:4f:8000::20; do
		echo "address add $a dev lo"
	done | ip -n server -b - || bail_out "cannot: ip address add"
	must in_server nft 'add table inet f; add chain inet f in { type filter hook input priority 0; };
		add rule inet f in ip daddr 192.175.48.57 drop'
	must wait_for 5 link_is_up client c0
}

# A certificate for all policies' hosts, which this test alone trusts.
lint_certificate() {
	local names

	names=$(sed -n 's/^zone //p' "${ZONES:-selftests/lint/zones.txt}" | head -n 250 | sed 's/.*/DNS:mta-sts.&.example/' | paste -sd,)
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=lab \
		-addext "subjectAltName=$names" -keyout "$DIR/key.pem" -out "$DIR/cert.pem" \
		2>"$DIR/openssl.log" || bail_out "$(cat "$DIR/openssl.log")"
	mail_certificates
	cat "$DIR/cert.pem" "$DIR/ca.pem" >"$DIR/trusted.pem"
	must mount --bind "$DIR/trusted.pem" /etc/ssl/certs/ca-certificates.crt
}

# mail_certificate NAME DAYS SUBJECTALTNAME: signed by the lab's authority, and so sent.
mail_certificate() {
	openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj "/CN=$1" -keyout "$DIR/$1.key" \
		-out "$DIR/$1.csr" 2>>"$DIR/openssl.log" &&
		openssl x509 -req -in "$DIR/$1.csr" -CA "$DIR/ca.pem" -CAkey "$DIR/ca.key" -days "$2" \
			-extfile <(echo "subjectAltName=$3") -out "$DIR/$1.pem" 2>>"$DIR/openssl.log" &&
		cat "$DIR/ca.pem" >>"$DIR/$1.pem" || bail_out "$(cat "$DIR/openssl.log")"
}

# What MXes show after STARTTLS: a good one, one that has expired, one of another name.
mail_certificates() {
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=authority \
		-keyout "$DIR/ca.key" -out "$DIR/ca.pem" 2>>"$DIR/openssl.log" ||
		bail_out "$(cat "$DIR/openssl.log")"
	names=$(sed -n 's/^zone //p' "${ZONES:-selftests/lint/zones.txt}" | head -n 250 | sed 's/.*/DNS:mx.&.example/' | paste -sd,)
	mail_certificate mail 2 "$names"
	mail_certificate expired -1 "$names"
	mail_certificate other 2 DNS:mail.provider.example
}

nsd_started() {
	grep -q 'nsd started' "$DIR/$1.log"
}

lint_lab() {
	local n

	lint_topology
	: >"$DIR/empty.conf"
	lint_certificate
	must "$PYTHON" selftests/lint/zones.py build "$DIR"
	root_up nsd ldnsutils
	in_root bash "$DIR/sign.sh" >"$DIR/sign.log" 2>&1 || bail_out "$(cat "$DIR/sign.log")"
	for n in one two; do
		in_root nsd -d -c "$DIR/$n.conf" >"$DIR/$n.log" 2>&1 &
	done
	background server "$PYTHON" selftests/lint/zones.py serve "$DIR"
	for n in one two; do
		must wait_for 10 nsd_started $n
	done
	must wait_for 10 test -e "$DIR/serving"
}
