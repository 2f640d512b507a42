#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
cd "$(dirname "$0")/../.." || exit 1
cppcheck -q -j"$(nproc)" --std=c11 --error-exitcode=1 --inline-suppr -I. -Ibuild/lint \
    --enable=warning,performance,portability --suppress=missingIncludeSystem \
    --suppressions-list=tests/lint/cppcheck.txt core classifiers rules reports captures proxy appliance
