#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# No warning from either compiler.
cd "$(dirname "$0")/../.." || exit 1
make -s -j"$(nproc)" B=build/lint OPT="-O2" EXTRA_CFLAGS=-Werror build/lint/bookgate &&
make -s -j"$(nproc)" B=build/lint-clang CC=clang OPT="-O1" EXTRA_CFLAGS=-Werror build/lint-clang/bookgate
