#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# What CONTRIBUTING.md asks of the code, asked of every file.
set -u
cd "$(dirname "$0")/../.." || exit 1
code=0
for check in floors shape words shell warnings cppcheck tidy; do
	if output=$(bash "tests/lint/$check.sh" 2>&1); then
		printf 'ok    %s\n' "$check"
	else
		printf 'FAIL  %s\n%s\n' "$check" "$output"
		code=1
	fi
done
exit $code
