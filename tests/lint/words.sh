#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Words that mark something unfinished, paths of somebody's machine, and lines
# too wide to read side by side.
set -u
cd "$(dirname "$0")/../.." || exit 1
bad=0
if git grep -nIwE 'TODO|FIXME|XXX|HACK|not implemented|for now|placeholder' -- '*.c' '*.h' '*.sh' '*.js' '*.mjs' '*.yaml' Makefile ':!tests/lint/words.sh'; then bad=1; fi
if git grep -nIE '/(home|root|work)/[a-z]|/tmp/[a-z]' -- . ':!tests/lint/words.sh' ':!*.md'; then bad=1; fi
if git grep -nIE '[ 	]+$' -- '*.c' '*.h' '*.sh'; then bad=1; fi
while read -r file; do
	expand -t 8 "$file" | awk -v f="$file" 'length($0) > 100 { print f ":" NR ": " length($0) " columns"; bad = 1 } END { exit bad }' || bad=1
done < <(git ls-files '*.c' '*.h' | grep -v '^tests/')
exit $bad
