#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Every script parses.
cd "$(dirname "$0")/../.." || exit 1
bad=0
for file in $(git ls-files '*.sh'); do
	bash -n "$file" || bad=1
done
exit $bad
