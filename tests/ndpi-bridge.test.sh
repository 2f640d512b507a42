#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# Compiles the nDPI adapter against the shapes of five releases of nDPI, and
# checks that the probe tells them apart. Only one release is installed at a
# time; the stubs in tests/ndpi-stubs stand for the others.
set -eu
cd "$(dirname "$0")/.."

CC=${CC:-gcc}
WARN='-Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes
	-Wpointer-arith -Wsign-compare -Wvla -Wformat=2 -Wundef -Wwrite-strings'
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
failed=0

# What must be found in each release, and (with !) what must not.
expected='
4.2 BITMASK GIVEUP_GUESS EXTRA_POSSIBLE SUBPROTOCOL CHECK_EXTRA !CONTEXT !INPUT_INFO !STATE
4.8 BITMASK GIVEUP_GUESS INPUT_INFO CONFIDENCE_NBPF !CONTEXT !FINALIZE_RESULT !SET_CONFIG
4.10 BITMASK CONTEXT FINALIZE_RESULT SET_CONFIG GIVEUP_GUESSED !GIVEUP_GUESS !NESTED_PROTO
4.12 BITMASK CONTEXT NESTED_PROTO GIVEUP_GUESSED CONFIDENCE_CUSTOM_RULE !STATE
5.0 CONTEXT NESTED_PROTO STATE NUM_PROTOCOLS !BITMASK !GIVEUP_GUESSED !EXTRA_POSSIBLE
'

fail() {
	echo "FAIL ndpi-bridge: $1" >&2
	failed=1
}

# The value the probe gave NAME: NDPI_HAS_NAME, or NDPI_NAME.
probed() {
	sed -nE "s/^#define NDPI_(HAS_)?$2 ([01])\$/\\2/p" "$1"
}

while read -r release names; do
	[ -n "$release" ] || continue
	stub=tests/ndpi-stubs/$release
	mkdir -p "$dir/$release"
	CC=$CC CFLAGS="-I$stub" sh classifiers/probe-ndpi.sh >"$dir/$release/ndpi_probe.h" ||
	    fail "the probe does not run against $release"
	for name in $names; do
		want=1
		case $name in !*) want=0 ;; esac
		got=$(probed "$dir/$release/ndpi_probe.h" "${name#!}")
		[ "$got" = "$want" ] ||
		    fail "$release: probe of ${name#!} gave '$got', not $want"
	done
	# shellcheck disable=SC2086
	if $CC -std=c11 -D_GNU_SOURCE -I. -I"$stub" -I"$dir/$release" $WARN -Werror \
	    -fsyntax-only classifiers/app.c; then
		echo "ok ndpi-bridge: app.c fits nDPI $release"
	else
		fail "app.c does not compile against $release"
	fi
done <<<"$expected"

# Without nDPI the probe must say so, not print a header full of zeroes.
mkdir "$dir/none"
echo '#error no nDPI here' >"$dir/none/ndpi_api.h"
if CC=$CC CFLAGS="-I$dir/none" sh classifiers/probe-ndpi.sh >/dev/null 2>&1; then
	fail "the probe accepts a broken header"
fi
exit $failed
