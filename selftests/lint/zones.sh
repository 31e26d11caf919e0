#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# lint says of each zone of zones.txt what is wrong there, and nothing else: the zones are
# on real name servers (nsd), with a signed root of their own, policies come over HTTPS, and
# some addresses are probed. Why it matters: a domain owner publishes fakes once, and mail is
# lost where lint is silent; where it cries wolf, nobody reads it.
# shellcheck disable=SC2317 # functions that check() calls

# shellcheck disable=SC2034 # of lib.sh
FETCH="scripts/fetch.sh nsd ldnsutils"
# shellcheck source=selftests/lib/lib.sh
. "$(dirname "$0")/../lib/lib.sh"
# shellcheck source=selftests/lib/root.sh
. "$(dirname "$0")/../lib/root.sh"
# shellcheck source=selftests/lint/lab.sh
. "$(dirname "$0")/lab.sh"

lint_lab
"$PYTHON" selftests/lint/zones.py judge "$DIR" "$TOOL"
