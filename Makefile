# SPDX-License-Identifier: GPL-2.0-only
# Rules stand in the order of the pipeline:
# bpf/*.bpf.c -> object -> skeleton -> user/*/*.c -> build/nolist-xdp, its programs -> tests.

# The one place of the number; docs/CHANGELOG.md has a section for it.
RELEASE := 0.2
VERSION := $(shell scripts/version.sh $(RELEASE))
PREFIX ?= /usr/local
SBINDIR ?= $(PREFIX)/sbin
LIBDIR ?= $(PREFIX)/lib
MANDIR ?= $(PREFIX)/share/man
DOCDIR ?= $(PREFIX)/share/doc/nolist-xdp
UNITDIR ?= $(LIBDIR)/systemd/system
COMPLETIONDIR ?= $(PREFIX)/share/bash-completion/completions
CC ?= cc
CLANG ?= clang
# Ubuntu's /usr/sbin/bpftool refuses to run beside a kernel that it does not know.
BPFTOOL ?= $(firstword $(wildcard /usr/lib/linux-tools-*/bpftool /usr/sbin/bpftool) bpftool)
INSTALL ?= install
B := build
LIBS := libxdp libbpf libconfuse libmnl libnftables nettle jansson sqlite3 libsystemd libpcre2-8 ncurses libseccomp
Q := $(if $(V),,@)
# Seconds of an hour for a build that is quicker than life, of its own B: see bpf/abi.h.
HOUR := $(if $(NOLIST_HOUR),-DNOLIST_HOUR=$(NOLIST_HOUR))
say = $(if $(V),,@printf '  %-8s %s\n' "$(1)" "$(2)")

WARN := -Wall -Wextra -Werror
CFLAGS ?= -O2 -g
ALL_CFLAGS = -std=gnu11 -pthread $(CPPFLAGS) $(HOUR) $(CFLAGS) $(WARN) -MMD -MP -I. -I$(B)
BPF_CFLAGS := -target bpf -mcpu=v3 -O2 -g $(HOUR) $(WARN) -MMD -MP -I/usr/include/$(shell uname -m)-linux-gnu

USER_SRC := $(sort $(shell find user -name '*.c'))
USER_OBJ := $(USER_SRC:%.c=$(B)/%.o)
# Programs of their own, which the tool starts (user/cmd/exec.c), and the folders that only
# they are made of.
PROGRAMS := $(B)/nolist-xdp-lint $(B)/nolist-xdp-exporter $(B)/nolist-xdp-page $(B)/nolist-xdp-share $(B)/nolist-xdp-policyd $(B)/nolist-xdp-locate
PROGRAM_DIRS := programs dns lint http exporter page share policyd locate
# Without libunbound, whose libunbound.pc asks for more than linking needs.
PROGRAM_LIBS := libcurl libidn2 gnutls libmicrohttpd hiredis hogweed libzstd libloc
TOOL_OBJ := $(filter-out $(PROGRAM_DIRS:%=$(B)/user/%/%),$(USER_OBJ))
ALL_LIBS := $(LIBS) $(PROGRAM_LIBS)
VERSION_OBJ := $(B)/user/base/version.o
# Tests in C, and programs that tests in the shell start.
TESTS := $(patsubst %.c,$(B)/%,$(filter-out %.bpf.c,$(wildcard $(foreach d,unit prog tool net lint vm,selftests/$d/*.c))))
HELPERS := $(B)/selftests/lib/inject $(B)/selftests/lib/held $(B)/selftests/lib/parole $(B)/selftests/lib/nodes $(B)/selftests/lib/mixed $(B)/selftests/lib/synflood $(B)/selftests/lib/write_loc
# What tests share, and the tool without its main(): each test links what it uses.
TEST_LIB_OBJ := $(patsubst %.c,$(B)/%.o,$(filter-out %.bpf.c $(HELPERS:$(B)/%=%.c),$(wildcard selftests/lib/*.c)))
TEST_LIBS := $(B)/selftests/lib/libtest.a $(B)/user/libuser.a
TEST_BPF := $(patsubst %.c,$(B)/%.o,$(filter-out selftests/bench/%,$(wildcard selftests/*/*.bpf.c)))
DOCS := $(wildcard docs/*.md)
UNITS := $(notdir $(wildcard scripts/*.service scripts/*.timer scripts/*.socket))

.DELETE_ON_ERROR:
.PHONY: all tests deps check check-more check-faults soak check-sanitize fuzz fuzz-build check-kernels check-deb deb bench bench-page bench-policy bench-plot bench-build screenshots demo install uninstall clean help version FORCE
all: $(B)/nolist-xdp $(PROGRAMS) $(B)/nolist.bpf.o ## build the program

$(B)/nolist.bpf.o: bpf/nolist.bpf.c | $(B)
	@missing=; for c in $(CC) $(CLANG) $(BPFTOOL) pkg-config; do \
		command -v $$c >/dev/null || missing="$$missing $$c"; done; \
	if [ -n "$$missing" ] || ! $(CC) -E -include unbound.h -x c /dev/null >/dev/null 2>&1 || ! pkg-config --print-errors --exists $(ALL_LIBS); then \
		echo "make: not all is here$${missing:+, no}$$missing: 'sudo make deps' installs what building needs" >&2; exit 1; fi
	$(call say,BPF,$@)
	$(Q)$(CLANG) $(BPF_CFLAGS) -c $< -o $@

$(B)/nolist.skel.h: $(B)/nolist.bpf.o
	$(call say,SKEL,$@)
	$(Q)$(BPFTOOL) gen skeleton $< name nolist_bpf > $@ 2>$(B)/skel.log || { cat $(B)/skel.log >&2; false; }

$(USER_OBJ): $(B)/%.o: %.c | $(B)/nolist.skel.h
	$(call say,CC,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(ALL_CFLAGS) $$(pkg-config --cflags $(ALL_LIBS)) -c $< -o $@

# From where the tool is to where its programs are; the same below each PREFIX.
$(B)/user/base/program_path.o: ALL_CFLAGS += -DPROGRAM_DIR='"$(shell realpath -m --relative-to=$(SBINDIR) $(LIBDIR))/nolist-xdp"'
$(VERSION_OBJ): $(B)/version
$(VERSION_OBJ): ALL_CFLAGS += -DVERSION='"$(VERSION)"'
$(B)/version: FORCE | $(B)
	$(Q)echo '$(VERSION)' | cmp -s - $@ || echo '$(VERSION)' > $@

$(B)/nolist-xdp: $(TOOL_OBJ)
	$(call say,LINK,$@)
	$(Q)$(CC) -pthread $(CFLAGS) $(LDFLAGS) $^ $$(pkg-config --libs $(LIBS)) -lm -o $@

# Each program: its sources, by folder or by name, and its libraries.
sources = $(patsubst %.c,$(B)/%.o,$(foreach s,$(1),$(wildcard user/$s/*.c user/$s.c)))
$(B)/nolist-xdp-lint: $(call sources,programs/lint lint dns base confined config policy/mode cmd/cmd cmd/conf_args probe/wire probe/smtp)
$(B)/nolist-xdp-lint: NEEDS = -lunbound -lresolv $$(pkg-config --libs libcurl libidn2 gnutls libconfuse jansson libseccomp)
$(B)/nolist-xdp-exporter: $(call sources,programs/exporter exporter http base confined cmd/cmd)
$(B)/nolist-xdp-exporter: NEEDS = $$(pkg-config --libs libmicrohttpd libconfuse jansson libseccomp)
$(B)/nolist-xdp-page: $(call sources,programs/page page http base confined cmd/cmd)
$(B)/nolist-xdp-page: NEEDS = $$(pkg-config --libs libmicrohttpd libconfuse jansson nettle libseccomp)
# The evidence in the store, without the kernel.
$(B)/nolist-xdp-share: $(call sources,programs/share programs/share_node share base confined policy origin record config host store judge lists lists/formats \
	evidence/as_of evidence/gaps evidence/merge evidence/real_mx evidence/record evidence/stored evidence/walk \
	snapshot/evicted snapshot/last snapshot/snapshot snapshot/sorted cmd/cmd cmd/conf_args cmd/files)
$(B)/nolist-xdp-share: NEEDS = $$(pkg-config --libs hiredis hogweed nettle libzstd sqlite3 libconfuse jansson libmnl libseccomp)
$(B)/nolist-xdp-policyd: $(call sources,programs/policyd policyd policy base confined cmd/cmd)
$(B)/nolist-xdp-policyd: NEEDS = $$(pkg-config --libs libsystemd libseccomp libconfuse jansson)
$(B)/nolist-xdp-locate: $(call sources,programs/locate locate base confined origin/text origin/keys)
$(B)/nolist-xdp-locate: NEEDS = $$(pkg-config --libs libloc libseccomp jansson)
$(PROGRAMS):
	$(call say,LINK,$@)
	$(Q)$(CC) -pthread $(CFLAGS) $(LDFLAGS) $^ $(NEEDS) -lm -o $@

tests: all $(TESTS) $(TEST_BPF) $(HELPERS)
$(TEST_LIB_OBJ): $(B)/%.o: %.c
	$(call say,CC,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(ALL_CFLAGS) $$(pkg-config --cflags libbpf libpcap) -c $< -o $@
$(B)/selftests/lib/libtest.a: $(TEST_LIB_OBJ)
$(B)/user/libuser.a: $(filter-out $(B)/user/main.o $(B)/user/programs/% $(VERSION_OBJ),$(USER_OBJ)) | $(VERSION_OBJ)
$(TEST_LIBS):
	$(call say,AR,$@)
	$(Q)rm -f $@ && $(AR) rcs $@ $^ $|
# Packets lie where they lie: bpf/smtp.h and bpf/domain.h read words of eight bytes at any address.
$(B)/selftests/unit/smtp $(B)/selftests/unit/domain $(B)/smtp $(B)/domain: ALL_CFLAGS += -fno-sanitize=alignment
$(TESTS) $(HELPERS): $(B)/%: %.c $(TEST_LIBS)
	$(call say,CC,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(ALL_CFLAGS) $$(pkg-config --cflags $(ALL_LIBS) libpcap) $< $(TEST_LIBS) \
		-Wl,--as-needed -lunbound -lresolv $$(pkg-config --libs $(ALL_LIBS) libpcap) -lm -o $@
$(TEST_BPF): $(B)/%.o: %.c
	$(call say,BPF,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(CLANG) $(BPF_CFLAGS) -I. -c $< -o $@

$(B) $(B)/bench:
	$(Q)mkdir -p $@

deps: ## install the Debian packages that are missing
	$(Q)scripts/deps.sh

check: ## run the core of the tests; T=FOLDER/NAME runs one, T=FOLDER a folder
	$(Q)scripts/deps.sh check
	$(Q)$(MAKE) --no-print-directory tests
	$(Q)selftests/run.sh $(T)

# Of T=vm and T=vm/NAME only the guests, of any other T only the tests here.
check-more: ## run the rest: many mail servers, long counts, guests; T as for check
	$(Q)scripts/deps.sh more
	$(Q)$(MAKE) --no-print-directory tests
	$(if $(filter vm vm/%,$(T)),,$(Q)selftests/run.sh --more $(T))
	$(if $(filter-out vm vm/%,$(T)),,$(Q)$(MAKE) --no-print-directory check-kernels T="$(filter vm/%,$(T))")

check-kernels: ## run the tests on Debian's kernels in qemu; KERNEL=6.1 on one, T=name one
	$(Q)scripts/deps.sh kernels
	$(Q)T="$(T)" scripts/check-kernels.sh $(KERNEL)

check-faults: ## make each system call of the commands fail, and kill them there (an hour)
	$(Q)scripts/deps.sh more
	$(Q)$(MAKE) --no-print-directory tests
	$(Q)NOLIST_EACH=1 NOLIST_JOBS=6 selftests/run.sh --more $(patsubst selftests/%.sh,%,$(wildcard selftests/tool/faults-*.sh))

# check-more takes five minutes of it.
SOAK_MINUTES ?= 60
soak: ## floods, mail, reloads and an interface that goes and comes, all at once; SOAK_MINUTES=60
	$(Q)scripts/deps.sh check
	$(Q)$(MAKE) --no-print-directory tests
	$(Q)SOAK_MINUTES=$(SOAK_MINUTES) NOLIST_LIMIT_MORE=$$(($(SOAK_MINUTES) * 60 + 1200)) selftests/run.sh --more net/soak

# Both build all of it once more, in directories of their own.
SANITIZE := -O1 -g -fno-omit-frame-pointer -fsanitize=address,undefined -fno-sanitize-recover=undefined

check-sanitize: ## run unit, tool and prog tests with the sanitizers of the compiler; T as for check
	$(Q)scripts/deps.sh check
	$(Q)$(MAKE) --no-print-directory B=build-sanitize CFLAGS="$(SANITIZE)" LDFLAGS="$(SANITIZE)" tests
	$(Q)rm -f build-sanitize/report.*
	$(Q)NOLIST_BUILD=build-sanitize CFLAGS="$(SANITIZE)" LDFLAGS="$(SANITIZE)" \
		ASAN_OPTIONS=exitcode=99:log_path=$(CURDIR)/build-sanitize/report selftests/run.sh $(or $(T),unit tool prog); \
		status=$$?; cat build-sanitize/report.* 2>/dev/null && exit 1; exit $$status

FUZZERS := $(basename $(notdir $(wildcard selftests/fuzz/*.c)))
FUZZ_BIN := $(FUZZERS:%=$(B)/%)
TIME ?= 60
fuzz: ## feed what reads foreign text with made-up text; T=NAME one, TIME=SECONDS for each
	$(Q)scripts/deps.sh fuzz
	$(Q)$(MAKE) --no-print-directory B=build-fuzz CC="$(CLANG)" WARN="-Wall -Wextra" \
		CFLAGS="$(SANITIZE) -fsanitize=fuzzer-no-link" fuzz-build
	$(Q)selftests/fuzz/run.sh build-fuzz $(TIME) $(T)
fuzz-build: $(FUZZ_BIN)
$(FUZZ_BIN): $(B)/%: selftests/fuzz/%.c $(TEST_LIBS)
	$(call say,CC,$@)
	$(Q)$(CC) $(ALL_CFLAGS) -fsanitize=fuzzer $$(pkg-config --cflags $(ALL_LIBS)) $< $(TEST_LIBS) \
		-Wl,--as-needed -lunbound -lresolv $$(pkg-config --libs $(ALL_LIBS) libpcap) -lm -o $@

# The benchmark: programs of its own, each a main() with lib.c.
BENCH_SRC := selftests/bench
BENCH_BIN := $(patsubst %,$(B)/bench/%,cost pipe flood sessions sizes shapes enforce)
BENCH_USER := user/config/dialogue.c user/config/domain_table.c user/base/domain_set.c user/base/lines.c user/base/array.c \
	user/base/addr.c user/enforce/table.c
BENCH_BPF := $(patsubst %,$(B)/bench/%.bpf.o,bench client flood sizes)

$(BENCH_BPF): $(B)/bench/%.bpf.o: $(BENCH_SRC)/%.bpf.c | $(B)/bench
	$(call say,BPF,$@)
	$(Q)$(CLANG) $(BPF_CFLAGS) -c $< -o $@
$(BENCH_BPF:.bpf.o=.skel.h): %.skel.h: %.bpf.o
	$(call say,SKEL,$@)
	$(Q)$(BPFTOOL) gen skeleton $< name $(*F)_bpf > $@
# Live frames over veth.
$(B)/bench/pipe $(B)/bench/enforce: $(BENCH_SRC)/lane.c
# The shapes are rows of the tests' packet tables.
$(B)/bench/shapes: $(patsubst %,selftests/lib/%.c,row shapes frame prog siphash tap)
$(BENCH_BIN): $(B)/bench/%: $(BENCH_SRC)/%.c $(BENCH_SRC)/lib.c $(BENCH_USER) $(BENCH_BPF:.bpf.o=.skel.h)
	$(call say,CC,$@)
	$(Q)$(CC) $(ALL_CFLAGS) -I$(B)/bench -I$(BENCH_SRC) $(filter %.c,$^) -lbpf -o $@

bench: ## measure beside peers; BENCH=quick takes some minutes
	$(Q)scripts/deps.sh bench
	$(Q)$(BENCH_SRC)/run.sh
bench-page: ## measure the look-up page beside nginx
	$(Q)scripts/deps.sh bench
	$(Q)$(MAKE) --no-print-directory tests
	$(Q)selftests/bench/page.sh
bench-policy: ## measure the policy service beside postgrey
	$(Q)scripts/deps.sh bench
	$(Q)$(MAKE) --no-print-directory tests
	$(Q)$(BENCH_SRC)/policy.sh
bench-plot: ## draw what bench measured as build/bench-*.svg
	$(Q)$(BENCH_SRC)/plot.sh -n
	$(Q)scripts/deps.sh plot
	$(Q)$(BENCH_SRC)/plot.sh
bench-build: $(BENCH_BIN) $(B)/nolist.bpf.o

screenshots: ## draw the pages and the live view as build/screenshots/*.png
	$(Q)scripts/deps.sh check
	$(Q)$(MAKE) --no-print-directory tests
	$(Q)selftests/run.sh $(patsubst selftests/%.sh,%,$(wildcard selftests/browser/*.sh))

demo: ## deliver real mail through a lab of namespaces and show what happened
	$(Q)scripts/deps.sh demo
	$(Q)$(MAKE) --no-print-directory all $(B)/selftests/lib/xdp_pass.bpf.o
	$(Q)scripts/demo.sh

# The paths that documents name, as they are installed.
relocate = sed 's|/usr/local/lib/systemd/system|$(UNITDIR)|g; s|/usr/local/lib|$(LIBDIR)|g; \
	s|/usr/local/sbin|$(SBINDIR)|g; s|/usr/local/share/doc/nolist-xdp|$(DOCDIR)|g'
RELOCATED := $(UNITS:%=scripts/%) user/nolist-xdp.8 README.md $(DOCS) scripts/nolist-xdp.conf scripts/providers.sh
# Of the program, which knows no PREFIX: what is published is beside what is private.
STATEDIR := /var/lib/nolist-xdp

install: all ## install below DESTDIR and PREFIX
	$(INSTALL) -d $(addprefix $(DESTDIR),$(SBINDIR) $(LIBDIR)/bpf $(LIBDIR)/nolist-xdp $(UNITDIR) $(MANDIR)/man8 $(DOCDIR)/docs $(COMPLETIONDIR))
	$(INSTALL) -m 755 $(B)/nolist-xdp $(DESTDIR)$(SBINDIR)/nolist-xdp
	$(INSTALL) -m 755 $(PROGRAMS) $(DESTDIR)$(LIBDIR)/nolist-xdp/
	$(INSTALL) -m 644 $(B)/nolist.bpf.o $(DESTDIR)$(LIBDIR)/bpf/nolist.bpf.o
	$(INSTALL) -d -m 755 $(addprefix $(DESTDIR),$(STATEDIR) $(STATEDIR)/lists)
	rm -rf $(B)/relocated && mkdir -p $(addprefix $(B)/relocated/,scripts user docs)
	for f in $(RELOCATED); do $(relocate) $$f > $(B)/relocated/$$f || exit 1; done
	$(INSTALL) -m 644 $(B)/relocated/user/nolist-xdp.8 $(DESTDIR)$(MANDIR)/man8/
	$(INSTALL) -m 644 $(UNITS:%=$(B)/relocated/scripts/%) $(DESTDIR)$(UNITDIR)/
	$(INSTALL) -m 644 $(addprefix $(B)/relocated/,README.md scripts/nolist-xdp.conf) LICENSE scripts/prometheus-rules.yml scripts/grafana-dashboard.json $(DESTDIR)$(DOCDIR)/
	$(INSTALL) -m 755 $(B)/relocated/scripts/providers.sh $(DESTDIR)$(DOCDIR)/
	$(INSTALL) -m 644 $(DOCS:%=$(B)/relocated/%) $(DESTDIR)$(DOCDIR)/docs/
	$(INSTALL) -m 644 scripts/nolist-xdp.bash-completion $(DESTDIR)$(COMPLETIONDIR)/nolist-xdp

uninstall: ## remove what install installed, and nothing else
	rm -f $(DESTDIR)$(SBINDIR)/nolist-xdp $(DESTDIR)$(LIBDIR)/bpf/nolist.bpf.o
	rm -f $(PROGRAMS:$(B)/%=$(DESTDIR)$(LIBDIR)/nolist-xdp/%)
	rm -f $(DESTDIR)$(MANDIR)/man8/nolist-xdp.8 $(addprefix $(DESTDIR)$(UNITDIR)/,$(UNITS))
	rm -f $(DESTDIR)$(COMPLETIONDIR)/nolist-xdp
	rm -f $(addprefix $(DESTDIR)$(DOCDIR)/,README.md LICENSE nolist-xdp.conf prometheus-rules.yml grafana-dashboard.json providers.sh $(DOCS))
	rmdir --ignore-fail-on-non-empty $(addprefix $(DESTDIR),$(DOCDIR)/docs $(DOCDIR) $(LIBDIR)/bpf $(LIBDIR)/nolist-xdp \
		$(STATEDIR)/lists $(STATEDIR)) 2>/dev/null || :

deb: ## build a Debian package, below build/deb
	$(Q)scripts/deps.sh deb
	$(Q)scripts/deb.sh $(VERSION)

check-deb: deb ## and try it in a Debian of its own
	$(Q)scripts/deps.sh check-deb
	$(Q)scripts/check-deb.sh

clean: ## remove everything that was built or fetched
	rm -rf $(B) build-fuzz build-sanitize build-hour-*

version: # of this tree
	@echo $(VERSION)

help: ## this list
	$(Q)sed -n 's/^\([a-z-]*\):.* ## \(.*\)/  make \1\t\2/p' $(firstword $(MAKEFILE_LIST)) | \
		sed 's/make all/make/' | expand -t 24

-include $(USER_OBJ:.o=.d) $(wildcard $(B)/*.d $(B)/selftests/*/*.d $(B)/bench/*.d)
