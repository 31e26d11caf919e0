# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-only
#
# For tests that use TLS by stunnel: sourced after lib.sh.

# certificate NAME: of its own; $TMP/NAME.crt, and with its key $TMP/NAME.pem.
certificate() {
	must openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj "/CN=$1" \
		-addext "subjectAltName=DNS:$1" -keyout "$TMP/$1.pem" -out "$TMP/$1.crt" 2>/dev/null
	cat "$TMP/$1.crt" >>"$TMP/$1.pem"
	chmod 600 "$TMP/$1.pem"
}

# tunnel NAMESPACE NAME LINE...: one that has begun.
tunnel() {
	printf '%s\n' 'foreground = yes' 'syslog = no' "output = $TMP/$2.log" 'pid =' "[$2]" "${@:3}" >"$TMP/$2.stunnel"
	background "$1" stunnel "$TMP/$2.stunnel" >/dev/null 2>&1
	must wait_for 10 grep -q 'Configuration successful' "$TMP/$2.log"
}
