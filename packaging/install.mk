# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# The program at home on a system. Included by the top Makefile, which sets B, PROGRAM and the rest.
#
#   make install [PREFIX=/usr/local] [DESTDIR=]    what is up to date is not built again
#   make uninstall                                 with the same values: what install put there
#
# Each folder below may be given on the command line.

PREFIX ?= /usr/local
prefix = $(PREFIX)
sbindir = $(prefix)/sbin
datadir = $(prefix)/share
mandir = $(datadir)/man
docdir = $(datadir)/doc/evmcs-trace
pkgdatadir = $(datadir)/evmcs-trace
completionsdir = $(datadir)/bash-completion/completions
unitdir = $(prefix)/lib/systemd/system
examplesdir = $(docdir)/examples
INSTALL ?= install

# ---- man pages ----

MAN_PAGES := $(patsubst docs/man/%,$(B)/man/%,$(wildcard docs/man/*.[1-9]))

# What it says of the anomaly classes is what the program says.
$(B)/man/evmcs-trace.8: $(PROGRAM)
$(B)/man/%: docs/man/% packaging/manpage include/evmcs_trace/version.h
	$(call msg,MAN,$@)
	$(Q)mkdir -p $(@D)
	$(Q)packaging/manpage $< $(filter $(PROGRAM),$^) > $@

.PHONY: program man
program: $(PROGRAM) $(MAN_PAGES)
man: $(MAN_PAGES)

# ---- what goes where: MODE:SOURCE:PLACE ----

in_folder = $(foreach f,$(2),$(1):$(f):$(3)/$(notdir $(f)))

INSTALLED = 0755:$(PROGRAM):$(sbindir)/evmcs-trace \
	$(foreach f,$(MAN_PAGES),0644:$(f):$(mandir)/man$(subst .,,$(suffix $(f)))/$(notdir $(f))) \
	0644:packaging/completion/evmcs-trace.bash:$(completionsdir)/evmcs-trace \
	$(call in_folder,0644,user/trace/trace.schema.json user/commands/doctor.schema.json,$(pkgdatadir)) \
	$(call in_folder,0644,README.md LICENSE,$(docdir)) \
	$(call in_folder,0644,$(wildcard LICENSES/*.txt),$(docdir)/LICENSES) \
	$(call in_folder,0644,$(wildcard docs/*.md),$(docdir)/docs) \
	$(call in_folder,0644,$(wildcard docs/images/*.png docs/images/*.svg),$(docdir)/docs/images) \
	0644:packaging/evmcs-trace.yml:$(examplesdir)/serve.yml \
	$(call in_folder,0755,packaging/libvirt/evmcs-trace-hook,$(examplesdir)/libvirt) \
	$(call in_folder,0644,$(wildcard packaging/prometheus/*.yml),$(examplesdir)/prometheus) \
	$(call in_folder,0644,$(wildcard packaging/grafana/*.json),$(examplesdir)/grafana)
# These name the program's place.
UNITS = $(call in_folder,0644,$(wildcard packaging/systemd/*),$(unitdir))

# The folders that are nobody else's, the innermost first.
OWN_FOLDERS = $(sort $(dir $(filter-out %.,$(foreach f,$(INSTALLED), \
	$(filter $(docdir)/% $(pkgdatadir)/%,$(lastword $(subst :, ,$(f))))))))

# each LIST: the head of a loop over it
each = set -e; for f in $(1); do \
	mode=$${f%%:*} place="$(DESTDIR)$${f\#\#*:}"; source=$${f\#*:}; source=$${source%:*};

# What a document links to and is not installed is plain text there.
NOT_INSTALLED := \.ci|CONTRIBUTING|Makefile|bpf|include|packaging|scenarios|tests|user
PLAIN_LINKS := s/\[([^][]*)\]\((\.\.\/)?($(NOT_INSTALLED))[^)]*\)/\1/g

.PHONY: install uninstall
install: program
	$(call msg,INSTALL,$(DESTDIR)$(prefix))
	$(Q)$(call each,$(INSTALLED)) case $$source in \
		*.md) sed -zE '$(PLAIN_LINKS)' "$$source" | $(INSTALL) -D -m "$$mode" /dev/stdin "$$place" ;; \
		*) $(INSTALL) -D -m "$$mode" "$$source" "$$place" ;; \
		esac; done
	$(Q)$(call each,$(UNITS)) \
		text=$$(sed 's|^ExecStart=/usr/sbin/|ExecStart=$(sbindir)/|' "$$source"); \
		printf '%s\n' "$$text" | $(INSTALL) -D -m "$$mode" /dev/stdin "$$place"; done

# Of the folders only those that are its own.
uninstall:
	$(call msg,REMOVE,$(DESTDIR)$(prefix))
	$(Q)$(call each,$(INSTALLED) $(UNITS)) rm -f "$$place"; done
	$(Q)for d in $(OWN_FOLDERS); do echo "$$d"; done | sort -r | while read -r d; do \
		[ ! -d "$(DESTDIR)$$d" ] || rmdir --ignore-fail-on-non-empty "$(DESTDIR)$$d"; done

# ---- a Debian package ----

.PHONY: deb
deb:
	$(Q)packaging/build-deb $(B)

# It in a Debian of its own, for which root is needed.
.PHONY: packaging-chroot
packaging-chroot: deb
	$(Q)tests/packaging-chroot
