#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# modes: none
#
# bash completes each command, each option of each command, and what an option
# takes. Why it matters: the completion reads --help, and is silently of no use when
# that is printed in another way.
# shellcheck disable=SC2317 # functions that check() calls
# shellcheck source=selftests/lib/lib.sh
. "$(dirname "$0")/../lib/lib.sh"
# shellcheck source=scripts/nolist-xdp.bash-completion
. "$TOP/scripts/nolist-xdp.bash-completion"

need ip

# completed WORD...: what the last of the words may become, sorted, in one line.
completed() {
	COMP_WORDS=("$TOOL" "$@")
	COMP_CWORD=$#
	COMPREPLY=()
	_nolist_xdp
	printf '%s\n' "${COMPREPLY[@]}" | sort | paste -sd' '
}

sorted() {
	sort | paste -sd' '
}

commands=$("$TOOL" --help | sed -n '/^commands:/,/^$/s/^  \([a-z]*\) .*/\1/p')
# shellcheck disable=SC2086 # words
is "$(completed '')" "$(printf '%s\n' help version --help --version $commands | sorted)" 'every command'
is "$(completed unl)" unload 'one that begins so'
for c in $commands; do
	options=$("$TOOL" "$c" --help | grep -o '^  [^ ]*\(, --[a-z-]*\)\{0,1\}' | grep -o -- '--[a-z-]*')
	is "$(completed "$c" -)" "$(sorted <<<"$options")" "$c: every option"
done

cd "$TMP" || exit 1
touch one.conf two.conf
is "$(completed load -c '')" 'one.conf two.conf' '-c: files'
is "$(completed load --config one)" one.conf '--config: files'
is "$(completed load --config = o)" one.conf '--config=: files'
is "$(completed load -i l)" lo '-i: interfaces'
is "$(completed check l)" lo 'check: interfaces'
is "$(completed load --mode '')" 'auto generic native' '--mode: modes'
is "$(completed dump --format "")" "$("$TOOL" dump --list-formats | sed -n 's/^\([a-z][a-z]*\) .*/\1/p' | sorted)" \
	'--format: formats'
is "$(completed dump -f postf)" postfix '-f: formats'
is "$(completed import --role real t)" two.conf 'import: files'
is "$(completed import --spam t)" two.conf 'import --spam: files'
is "$(completed show --role '')" 'high low real' '--role: roles'
is "$(completed show --sort d)" data '--sort: keys'
is "$(completed audit t)" two.conf 'audit: files'
is "$(completed load l)" lo 'load: interfaces'
is "$(completed help unl)" unload 'help: commands'
is "$(completed no-such-command --x)" '' 'nothing where there is nothing'
done_testing
