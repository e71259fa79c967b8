# coexist-milter: `make` builds, `make test` installs what is missing, builds and tests.

VERSION := 0.1.0
PREFIX  ?= /usr/local
SYSCONFDIR  ?= /etc
DOCDIR      ?= $(PREFIX)/share/doc/coexist-milter
MANDIR      ?= $(PREFIX)/share/man
BASHDIR     ?= $(PREFIX)/share/bash-completion/completions
# zsh looks there, for what the system has and for what the administrator has.
ZSHDIR      ?= $(PREFIX)/share/zsh/$(if $(filter /usr,$(PREFIX)),vendor-completions,site-functions)
UNITDIR     ?= /lib/systemd/system
SYSUSERSDIR ?= /usr/lib/sysusers.d
BUILD   ?= build
MODE    ?= plain

CC      ?= cc
AR      ?= ar
WERROR  ?=
PKGCONF ?= pkg-config

WARN    := -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wpointer-arith \
           -Wwrite-strings -Wformat=2 -Wundef $(if $(WERROR),-Werror)
HARDEN  := -fstack-protector-strong -fPIE -D_FORTIFY_SOURCE=2
HARDLD  := -pie -Wl,-z,relro -Wl,-z,now
OPT     := -O2 -g
SAN     :=

# One build folder for each way of building, so that they never mix objects.
ifeq ($(MODE),asan)
SAN     := -fsanitize=address,undefined -fno-sanitize-recover=all
OPT     := -O1 -g -fno-omit-frame-pointer
else ifeq ($(MODE),ubsan)
SAN     := -fsanitize=undefined -fno-sanitize-recover=all
OPT     := -O1 -g
else ifeq ($(MODE),tsan)
SAN     := -fsanitize=thread
OPT     := -O1 -g
else ifeq ($(MODE),fuzz)
CC      := clang
SAN     := -fsanitize=fuzzer-no-link,address,undefined -fno-sanitize-recover=all
OPT     := -O1 -g
else ifneq ($(filter-out plain valgrind,$(MODE)),)
$(error MODE is plain, asan, ubsan, tsan, fuzz or valgrind, not '$(MODE)')
endif
ifneq ($(SAN),)
HARDEN  := -fstack-protector-strong -fPIE
endif
OUT     := $(BUILD)$(if $(filter-out plain,$(MODE)),/$(MODE))

# TLS to Redis, where the Redis client library was built with it.
REDIS_TLS := $(shell $(PKGCONF) --exists hiredis_ssl libssl && echo yes)

CPPFLAGS += $(if $(REDIS_TLS),-DCOEXIST_REDIS_TLS) -Ilib -I. -D_GNU_SOURCE -DCOEXIST_VERSION='"$(VERSION)"'
CFLAGS   += -std=c17 $(OPT) $(SAN) $(HARDEN) $(WARN) -pthread
LDFLAGS  += $(SAN) $(HARDLD) -pthread

# Each layer links itself and the layers below it and nothing else: the link line proves the rule.
LAYERS      := base core state sys engine ctl
LIBS_base   :=
LIBS_core   := -lcrypto
LIBS_state   = $(shell $(PKGCONF) --libs $(if $(REDIS_TLS),hiredis_ssl libssl libcrypto) hiredis)
LIBS_sys     = $(shell $(PKGCONF) --libs libconfuse)
LIBS_engine  = $(LIBS_core) $(LIBS_state) $(LIBS_sys)
LIBS_ctl     = $(LIBS_engine) $(shell $(PKGCONF) --libs jansson libcurl libpsl) -lresolv
NEEDS_base   := base
NEEDS_core   := core base
NEEDS_state  := state base
NEEDS_sys    := sys base
NEEDS_engine := engine core state sys base
NEEDS_ctl    := ctl engine core state sys base
SUPPORT_state := redis_server redis_site fake_redis owned_store redis_listener
SUPPORT_engine := redis_server engine_fixture map_scene map_target
SUPPORT_ctl := redis_server

# The layers are folders of lib/ but for the tool's, of which main() stays outside.
layer_sources = $(filter-out ctl/main.c,$(wildcard $(if $(filter ctl,$(1)),ctl,lib/$(1))/*.c))
layer_objects = $(patsubst %.c,$(OUT)/%.o,$(call layer_sources,$(1)))
layer_archive = $(OUT)/lib$(1).a
layer_tests   = $(patsubst tests/unit/%.c,$(OUT)/tests/%,$(wildcard tests/unit/$(1)/test_*.c))

MILTER  := $(OUT)/coexist-milter
CTL     := $(OUT)/coexistctl
BENCH   := $(addprefix $(OUT)/bench/,load flips lookups null_milter null_socketmap slow_proxy)
OBJECTS := $(foreach l,$(LAYERS),$(call layer_objects,$(l))) \
           $(patsubst %.c,$(OUT)/%.o,$(wildcard milter/*.c ctl/main.c tests/support/*.c tests/bench/*.c \
                                                tests/fuzz/*.c tests/unit/*/*.c))
UNIT    := $(foreach l,$(LAYERS),$(call layer_tests,$(l)))
SOURCES := $(wildcard lib/*/*.[ch] milter/*.[ch] ctl/*.[ch] tests/support/*.[ch] tests/bench/*.[ch] \
                      tests/fuzz/*.[ch] tests/unit/*/*.[ch])

.PHONY: all deps unit ctl protocol e2e scenarios chaos check test asan ubsan tsan valgrind fuzz fuzzers bench lint \
        format demo docker-test docker-demo install uninstall clean
.DELETE_ON_ERROR:
.SECONDARY:

all: $(MILTER) $(CTL)

$(OUT)/%.o: %.c
	@mkdir -p $(@D)
	$(CC) $(CPPFLAGS) $(CFLAGS) -MMD -MP -c $< -o $@

define layer_rules
$(call layer_archive,$(1)): $(call layer_objects,$(1))
	@mkdir -p $$(@D)
	rm -f $$@ && $$(AR) rcs $$@ $$^

$(OUT)/tests/$(1)/test_%: $(OUT)/tests/unit/$(1)/test_%.o \
                $(foreach s,unit unit_main $(SUPPORT_$(1)),$(OUT)/tests/support/$(s).o) \
                $(foreach n,$(NEEDS_$(1)),$(call layer_archive,$(n)))
	@mkdir -p $$(@D)
	$$(CC) $$(LDFLAGS) $$^ $$(LIBS_$(1)) $$$$($$(PKGCONF) --libs check) -o $$@
endef
$(foreach l,$(LAYERS),$(eval $(call layer_rules,$(l))))

# It counts allocations, and refuses them.
$(OUT)/tests/state/test_cache_memory: \
        LDFLAGS += $(foreach f,malloc calloc aligned_alloc,-Wl,--wrap=$(f))

$(MILTER): $(patsubst %.c,$(OUT)/%.o,$(wildcard milter/*.c)) \
           $(foreach n,$(NEEDS_engine),$(call layer_archive,$(n)))
	$(CC) $(LDFLAGS) $^ $(LIBS_engine) -lmilter $(shell $(PKGCONF) --libs libmicrohttpd) -o $@

$(CTL): $(OUT)/ctl/main.o $(foreach n,$(NEEDS_ctl),$(call layer_archive,$(n)))
	$(CC) $(LDFLAGS) $^ $(LIBS_ctl) -o $@

bench_objects = $(patsubst %,$(OUT)/tests/bench/%.o,$(1))

$(OUT)/bench/load: $(call bench_objects,load settings script link histogram)
$(OUT)/bench/flips: $(call bench_objects,flips script link histogram)
$(OUT)/bench/null_milter: $(call bench_objects,null_milter)
$(OUT)/bench/null_milter: LIBS_bench := -lmilter
$(OUT)/bench/lookups: $(call bench_objects,lookups histogram) $(call layer_archive,core) \
                      $(call layer_archive,base)
$(OUT)/bench/null_socketmap: $(call bench_objects,null_socketmap) $(call layer_archive,core) \
                             $(call layer_archive,base)
$(OUT)/bench/slow_proxy: $(call bench_objects,slow_proxy)
$(BENCH):
	@mkdir -p $(@D)
	$(CC) $(LDFLAGS) $^ $(LIBS_bench) -o $@

FUZZERS := $(patsubst tests/fuzz/fuzz_%.c,$(OUT)/fuzz_%,$(wildcard tests/fuzz/fuzz_*.c))
$(OUT)/fuzz_%: $(OUT)/tests/fuzz/fuzz_%.o \
               $(OUT)/tests/support/map_target.o \
               $(foreach n,$(NEEDS_engine),$(call layer_archive,$(n)))
	$(CC) $(LDFLAGS) -fsanitize=fuzzer $^ $(LIBS_engine) -o $@

-include $(OBJECTS:.o=.d)

# Installs Debian packages that are missing; does nothing, and needs no root, when none is.
deps:
	@tests/install-deps

unit: $(UNIT)
	@tests/run unit $(MODE) $(OUT)

ctl: $(MILTER) $(CTL)
	@tests/run ctl $(MODE) $(OUT)

protocol: $(MILTER)
	@tests/run protocol $(MODE) $(OUT)

e2e: $(MILTER) $(BENCH)
	@tests/run e2e $(MODE) $(OUT)

# Ways in which domains are split, with the configurations of docker/scenarios.
scenarios: $(MILTER)
	@tests/run scenarios $(MODE) $(OUT)

# Loss accounting at length: COEXIST_MESSAGES of them, COEXIST_SEED to repeat a run.
chaos: $(MILTER)
	@PYTEST_ARGS="-s $(PYTEST_ARGS)" tests/run chaos $(MODE) $(OUT)

# ONLY=unit/core,protocol: those groups, or parts of them, alone.
ONLY ?= all
check: $(UNIT) $(MILTER) $(CTL) $(BENCH)
	@tests/run $(ONLY) $(MODE) $(OUT)

test: deps
	@$(MAKE) --no-print-directory check

asan ubsan tsan valgrind: deps
	@$(MAKE) --no-print-directory check MODE=$@

# Each fuzzer for FUZZ_SECONDS; what it learns stays in the build folder, beside what it found.
FUZZ_SECONDS ?= 600
fuzz: deps
	@$(MAKE) --no-print-directory MODE=fuzz fuzzers

fuzzers: $(FUZZERS)
	@tests/fuzz/run $(OUT) $(FUZZ_SECONDS) $(FUZZERS)

# QUICK=1 takes three minutes; JSON=FILE instead of $(OUT)/bench.json; MARKDOWN=FILE for the tables.
bench: deps
	@$(MAKE) --no-print-directory $(MILTER) $(BENCH)
	@tests/bench/run --out $(OUT) $(if $(QUICK),--quick) $(if $(JSON),--json $(JSON)) \
	        $(if $(MARKDOWN),--markdown $(MARKDOWN))

lint: deps
	@tests/lint $(SOURCES)

format:
	clang-format -i $(SOURCES)

demo:
	@tests/install-deps demo
	@$(MAKE) --no-print-directory all
	@tests/demo $(OUT) $(if $(KEEP),keep)

# The scenarios in containers, on SUITE=bookworm, trixie or "bookworm trixie". Docker's engine is installed
# from Debian when it is absent, and one is started and ended where none answers.
docker-test docker-demo:
	@docker/engine docker/images $(or $(SUITE),trixie) -- \
	        docker/stack $(@:docker-%=%) $(or $(SUITE),trixie)

# A configuration that is there already is left alone.
install: $(MILTER) $(CTL)
	install -d $(DESTDIR)$(PREFIX)/sbin $(DESTDIR)$(DOCDIR) $(DESTDIR)$(SYSCONFDIR)/coexist \
	        $(DESTDIR)$(UNITDIR) $(DESTDIR)$(SYSUSERSDIR) $(DESTDIR)$(MANDIR)/man5 \
	        $(DESTDIR)$(MANDIR)/man8 $(DESTDIR)$(BASHDIR) $(DESTDIR)$(ZSHDIR)
	install -m 0755 $(MILTER) $(DESTDIR)$(PREFIX)/sbin/coexist-milter
	install -m 0755 $(CTL) $(DESTDIR)$(PREFIX)/sbin/coexistctl
	install -m 0644 README.md LICENSE milter/coexist-milter.conf.sample \
	        milter/grafana-dashboard.json milter/alerts.yml $(DESTDIR)$(DOCDIR)/
	test -e $(DESTDIR)$(SYSCONFDIR)/coexist/coexist-milter.conf || \
	install -m 0644 milter/coexist-milter.conf.sample \
	        $(DESTDIR)$(SYSCONFDIR)/coexist/coexist-milter.conf
	install -m 0644 milter/coexist-milter.sysusers $(DESTDIR)$(SYSUSERSDIR)/coexist-milter.conf
	sed 's|@PREFIX@|$(PREFIX)|g' milter/coexist-milter.service \
	        >$(DESTDIR)$(UNITDIR)/coexist-milter.service
	chmod 0644 $(DESTDIR)$(UNITDIR)/coexist-milter.service
	install -m 0644 milter/coexist-milter.conf.5 $(DESTDIR)$(MANDIR)/man5/
	install -m 0644 milter/coexist-milter.8 ctl/coexistctl.8 $(DESTDIR)$(MANDIR)/man8/
	cat ctl/completion.sh ctl/completion.bash >$(DESTDIR)$(BASHDIR)/coexistctl
	{ echo '#compdef coexistctl' && cat ctl/completion.sh ctl/completion.zsh; } \
	        >$(DESTDIR)$(ZSHDIR)/_coexistctl
	chmod 0644 $(DESTDIR)$(BASHDIR)/coexistctl $(DESTDIR)$(ZSHDIR)/_coexistctl

# The configuration and the keys stay.
uninstall:
	rm -f $(DESTDIR)$(PREFIX)/sbin/coexist-milter $(DESTDIR)$(PREFIX)/sbin/coexistctl $(DESTDIR)$(UNITDIR)/coexist-milter.service \
	      $(DESTDIR)$(SYSUSERSDIR)/coexist-milter.conf \
	      $(DESTDIR)$(MANDIR)/man5/coexist-milter.conf.5 \
	      $(DESTDIR)$(MANDIR)/man8/coexist-milter.8 $(DESTDIR)$(MANDIR)/man8/coexistctl.8 \
	      $(DESTDIR)$(BASHDIR)/coexistctl $(DESTDIR)$(ZSHDIR)/_coexistctl
	rm -rf $(DESTDIR)$(DOCDIR)

clean:
	rm -rf $(BUILD)
