#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Two minutes of mixed load: neither memory nor descriptors grow.
cd "$(dirname "$0")/../.." || exit 1
exec bash tests/e2e/endurance.sh 120
