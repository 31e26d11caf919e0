# shellcheck shell=bash disable=SC2034,SC2046 # for at.sh; words
# SPDX-License-Identifier: GPL-2.0-only
#
# dma, the small MTA of Debian: it closes without QUIT after a 4xx. cron(8) runs its queue.
packages="dma"

serve() {
	mkdir -p /etc/dma /var/spool/dma
	cp /usr/share/dma/dma.conf /etc/dma/dma.conf
	echo 'MAILNAME dma.example' >>/etc/dma/dma.conf
	chown root:mail /usr/sbin/dma /var/spool/dma
	chmod 2755 /usr/sbin/dma
	chmod 2775 /var/spool/dma
}

send() {
	dma -f joe@dma.example "$1"
}

again() {
	dma -q1
}
