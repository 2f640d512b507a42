#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Files under 500 lines; functions: median at most 16 lines, 90th percentile
# at most 50, none over 100. Counted from the first to the last line by
# Universal Ctags.
set -u
cd "$(dirname "$0")/../.." || exit 1
bad=0
files=$(git ls-files '*.c' '*.h' '*.sh' '*.js' '*.mjs' '*.yaml' 2>/dev/null | grep -v '^tests/fuzz/seeds/')
for file in $(git ls-files '*.c' '*.h' '*.sh' '*.js' '*.mjs'); do
	[ -e "$file" ] || continue
	lines=$(wc -l <"$file")
	if [ "$lines" -ge 500 ]; then echo "$file: $lines lines, 500 is the bound"; bad=1; fi
done
lengths() {
	git ls-files '*.c' | grep -E "$1" | xargs ctags --fields=+ne --c-kinds=f -f - 2>/dev/null |
	    awk -F'\t' '{ l = e = 0
		for (i = 4; i <= NF; i++) {
			if ($i ~ /^line:/) l = substr($i, 6)
			if ($i ~ /^end:/) e = substr($i, 5)
		}
		if (e > 0) print e - l + 1, $2 ":" l, $1 }' | sort -n
}
lengths . | awk '$1 > 100 { print $2 ": " $3 " has " $1 " lines, 100 is the bound"; bad = 1 } END { exit bad }' || bad=1
lengths '^(core|classifiers|rules|reports|captures|proxy|appliance)/' | awk '
	{ n[NR] = $1 }
	END {
		m = n[int((NR + 1) / 2)]; p = n[int(NR * 0.9)]
		printf "%d functions, median %d, 90th percentile %d\n", NR, m, p
		exit m > 16 || p > 50
	}' || bad=1
for file in $files; do
	[ -e "$file" ] || continue
	head -n 3 "$file" | grep -q 'SPDX-License-Identifier: Apache-2.0' || { echo "$file: no SPDX line"; bad=1; }
done
exit $bad
