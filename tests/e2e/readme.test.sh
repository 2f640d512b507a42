#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# The block of commands in README under "See an upload stopped" does what it says.
set -u
cd "$(dirname "$0")/../.." || exit 1
. tests/e2e/lib.sh
e2e_require
commands=$(awk '/^## See an upload stopped/ { on = 1 } /^## / && !/See an upload/ { on = 0 }
	on && /^    / { sub(/^    /, ""); print }' README.md)
[ -n "$commands" ] || die "README has no such block"
# As it stands there, but for the shell that it begins with and the program that is tested.
# shellcheck disable=SC2016 # expanded when the commands run
commands=$(sed '/^sudo /d; s#build/bookgate#$BOOKGATE#g' <<<"$commands")
out=$(eval "$commands" 2>&1) && code=0 || code=$?
echo "$out"
has() { grep -qE -- "$1" <<<"$out" || { echo "lacks: $1"; code=1; }; }
has '^HTTP/2 403'
has '"action": "block"'
has '"enforced": true'
has '"forwarded": 0'
has '"best": 240'
has '^received: 0$'
# The note on what counts as prevented stands in every report; the count does not.
has 'Uploads: 1 attempted, 1 prevented, 0 completed'
exit "$code"
