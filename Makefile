# SPDX-License-Identifier: Apache-2.0
#
# make          the program, build/bookgate
# make demo     what is missing is installed; the samples are replayed and reported
# make test     what is missing is installed; everything is built, run and sanitised
# make lint     floors, function lengths, warnings, analysers
# make bench    against the peers, side by side
# make evaluate how good the contact detector is, on a labelled corpus
# make fuzz     every fuzzer for FUZZ_SECONDS (60 by default)
# make samples  records the sample captures anew (root, namespaces)
# make install  DESTDIR= PREFIX=/usr/local
# make clean

PREFIX ?= /usr/local
VERSION := 0.1.0
B ?= build
CC = gcc
PKGS := libpcap libndpi openssl libevent sqlite3 yaml-0.1 jansson libmaxminddb zlib libbrotlidec libzstd libnghttp2 libseccomp
WARN := -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes \
	-Wpointer-arith -Wsign-compare -Wvla -Wformat=2 -Wundef -Wwrite-strings
OPT ?= -O2 -g
HARDEN := -D_FORTIFY_SOURCE=2 -fstack-protector-strong -fPIE
SAN_FLAGS := -fsanitize=address,undefined -fno-omit-frame-pointer -fno-sanitize-recover=undefined

CPPFLAGS += -I. -I$(B) -D_GNU_SOURCE -DVERSION='"$(VERSION)"' \
	-DDATADIR='"$(PREFIX)/share/bookgate"' $(PKG_CFLAGS)
CFLAGS = -std=c11 $(OPT) $(WARN) $(if $(SAN),$(SAN_FLAGS),$(HARDEN)) $(EXTRA_CFLAGS)
LDFLAGS += -pie $(if $(SAN),$(SAN_FLAGS),-Wl,-z,relro,-z,now)

FLOORS := core classifiers rules reports captures proxy
SRC := $(wildcard $(FLOORS:%=%/*.c))
MAIN := $(wildcard appliance/*.c)
OBJ := $(SRC:%.c=$(B)/obj/%.o)
MAIN_OBJ := $(MAIN:%.c=$(B)/obj/%.o)
UNIT := $(patsubst tests/unit/test_%.c,%,$(wildcard tests/unit/test_*.c))
FUZZ := $(patsubst tests/fuzz/fuzz_%.c,%,$(wildcard tests/fuzz/fuzz_*.c))
FUZZ_SECONDS ?= 60

# Goals that must work before the packages are there ask no pkg-config.
ifneq ($(filter-out demo test clean deps install-deps,$(or $(MAKECMDGOALS),all)),)
PKG_CFLAGS := $(shell pkg-config --cflags $(PKGS))
LIBS := $(shell pkg-config --libs $(PKGS)) -lloc -lm
ifeq ($(LIBS),-lloc -lm)
$(error a library is missing: run "make deps", or install: libpcap-dev libndpi-dev libssl-dev libevent-dev libsqlite3-dev libyaml-dev libjansson-dev libmaxminddb-dev libbrotli-dev libzstd-dev libnghttp2-dev libloc-dev libseccomp-dev)
endif
endif

.PHONY: all deps demo test check-all unit fuzz-seeds replay-tests lint bench evaluate fuzz samples install clean sanitised
all: $(B)/bookgate

$(B)/bookgate: $(MAIN_OBJ) $(B)/libbookgate.a
	$(CC) $(LDFLAGS) -o $@ $^ $(LIBS)

# The subcommands without main(), for tests of their parts.
$(B)/libappliance.a: $(MAIN_OBJ)
	@rm -f $@
	$(AR) rcs $@ $(filter-out %/appliance/main.o,$(MAIN_OBJ))

$(B)/libbookgate.a: $(OBJ)
	@rm -f $@
	$(AR) rcs $@ $(OBJ)

# What nDPI this is, asked of its own headers: see classifiers/probe-ndpi.sh.
$(B)/ndpi_probe.h: classifiers/probe-ndpi.sh
	@mkdir -p $(B)
	CC="$(CC)" CFLAGS="$(PKG_CFLAGS)" sh classifiers/probe-ndpi.sh > $@.tmp && mv $@.tmp $@

$(B)/obj/%.o: %.c Makefile | $(B)/ndpi_probe.h
	@mkdir -p $(@D)
	$(CC) $(CPPFLAGS) $(CFLAGS) -MMD -MP -c -o $@ $<

# Unit tests: one program a file, linked with the whole library.
$(B)/unit/%: tests/unit/test_%.c $(B)/libappliance.a $(B)/libbookgate.a
	@mkdir -p $(@D)
	$(CC) $(CPPFLAGS) $(CFLAGS) -Itests -MMD -MP -o $@ $< $(B)/libappliance.a $(B)/libbookgate.a $(LDFLAGS) $(LIBS) -lcmocka -lbrotlienc

# What tests/proxy/*.sh try the kernel with.
$(B)/proxy-test/%: tests/proxy/%.c $(B)/libbookgate.a
	@mkdir -p $(@D)
	$(CC) $(CPPFLAGS) $(CFLAGS) -MMD -MP -o $@ $< $(B)/libbookgate.a $(LDFLAGS) $(LIBS)

# Fuzzers: with clang's libFuzzer, and with a plain main that reads the seeds.
$(B)/seeds/%: tests/fuzz/fuzz_%.c tests/fuzz/main.c $(B)/libbookgate.a
	@mkdir -p $(@D)
	$(CC) $(CPPFLAGS) $(CFLAGS) -o $@ $< tests/fuzz/main.c $(B)/libbookgate.a $(LDFLAGS) $(LIBS)

-include $(shell find $(B) -name '*.d' 2>/dev/null)

deps:
	sh tests/deps.sh

demo: deps
	$(MAKE) all
	bash tests/demo.sh

test: deps
	$(MAKE) check-all

check-all:
	bash tests/run.sh

.PHONY: programs print-extra-libs
programs: $(P)

print-extra-libs:
	@echo $(EXTRA_LIBS)

lint:
	bash tests/lint/run.sh

bench: all
	sh tests/deps.sh bench
	bash tests/bench/run.sh

evaluate: all
	bash tests/evaluate/run.sh

fuzz:
	bash tests/fuzz/run.sh $(FUZZ_SECONDS)

samples: all
	bash captures/samples/make.sh

install: all
	bash tests/install.sh "$(DESTDIR)" "$(PREFIX)" "$(B)"

clean:
	rm -rf build
