#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# 60 varied books of which nothing may arrive, 60 bodies that must arrive unchanged.
cd "$(dirname "$0")/../.." || exit 1
LEAK=60 exec bash tests/e2e/zero-leak.sh
