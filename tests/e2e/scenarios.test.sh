#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# All scenarios, against the build that BOOKGATE names.
cd "$(dirname "$0")/../.." || exit 1
exec bash tests/e2e/run.sh
