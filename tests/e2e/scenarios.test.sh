#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# All scenarios against the build named by BOOKGATE; and their harness against
# itself: without bookgate in between, clients and servers agree.
set -u
cd "$(dirname "$0")/../.." || exit 1
bash tests/e2e/run.sh
