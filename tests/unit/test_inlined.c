/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Inlined copies of functions: what compilers write, what a compiler might write (by hand, in
 * assembler), and what is no debug information at all.
 */
#include <dlfcn.h>
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>
#include <gelf.h>

#include "probes/debug_info.h"
#include "probes/inlined.h"
#include "probes/plan.h"
#include "scratch.h"
#include "symbols/source_place.h"

static char why[1024];

/* ---- files ---- */

/* ---- a module that is loaded nowhere ---- */

static const struct {
	const char *section;
	uint64_t address;
} memory[] = {
	{ ".text", 0xffffffffc0100000 },
	{ ".text.unlikely", 0xffffffffc0240000 },
	{ ".text.unlikely.", 0xffffffffc0240000 }, /* clang's spelling */
	{ ".init.text", 0xffffffffc0380000 },
};

static int section_address(void *ctx, const char *section, uint64_t *address)
{
	size_t i;

	(void)ctx;
	for (i = 0; i < sizeof(memory) / sizeof(memory[0]); i++)
		if (!strcmp(memory[i].section, section)) {
			*address = memory[i].address;
			return 0;
		}
	return -ENOENT;
}

/* readelf tells the build-id, so that the reader under test is not asked. */
static struct debug_info_target target_of(const char *name)
{
	struct debug_info_target t = { .module = "test_inlined",
				       .section_address = section_address };
	char text[BUILD_ID_TEXT + 1] = "";
	unsigned int byte;
	FILE *f;

	scratch_run("readelf -n %s 2>/dev/null | sed -n 's/.*Build ID: //p' >id", name);
	f = fopen(scratch_path("id"), "re");
	assert_non_null(f);
	assert_non_null(fgets(text, sizeof(text), f));
	fclose(f);
	for (; sscanf(text + 2 * t.id.len, "%2x", &byte) == 1; t.id.len++)
		t.id.bytes[t.id.len] = (uint8_t)byte;
	assert_int_equal(t.id.len, 20);
	return t;
}

static int open_file(struct debug_info *info, const char *name, const char *id_of)
{
	struct debug_info_target t = target_of(id_of);

	why[0] = '\0';
	return debug_info_open(info, &t, scratch_path(name), why, sizeof(why));
}

static int find(const char *name, const char *function, struct inlined_function *found)
{
	struct debug_info info;
	int n;

	n = open_file(&info, name, name);
	if (n)
		fail_msg("%s: %d %s", name, n, why);
	n = inlined_in(&info, function, found, why, sizeof(why));
	debug_info_close(&info);
	return n;
}

/* ---- what compilers write ---- */

/*
 * Each copy of body() leaves its address in .copies, through the assembler: that
 * is what the answer from DWARF is held against.
 */
static const char source[] =
	"static inline __attribute__((always_inline)) int body(int *p)\n"
	"{\n"
	"	asm volatile(\".pushsection .copies, \\\"a\\\"\\n.quad 1f\\n.popsection\\n\"\n"
	"		     \"1:\\tnop\" : : : \"memory\");\n"
	"	p[0] += p[1] * 3;\n"
	"	return p[0] > 7;\n"
	"}\n"
	"int __attribute__((noinline)) apart(int n) { asm volatile(\"\"); return n * 3; }\n"
	"#line 100\n"
	"int always(int *p) { return body(p); }\n"
	"#line 200\n"
	"int maybe(int *p, int n) { if (n > 3) return body(p) + 1; return apart(n); }\n"
	"#line 300\n"
	"__attribute__((cold)) int rarely(int *p) { p[1]++; return body(p); }\n"
	"#line 400\n"
	"__attribute__((section(\".init.text\"))) int at_start(int *p) { return body(p); }\n"
	"#line 500\n"
	"__attribute__((section(\".exit.text\"))) int at_end(int *p) { return body(p); }\n";

struct compiler {
	const char *name, *options;
};

static const struct compiler compilers[] = {
	{ "gcc", "-gdwarf-4" },
	{ "gcc", "-gdwarf-5" },
	{ "gcc", "-gdwarf-5 -gno-inline-points" },
	{ "gcc", "-w -flto -flinker-output=nolto-rel" },
	{ "clang", "-gdwarf-4" },
	{ "clang", "-gdwarf-5" },
};

#define NR_COMPILERS (sizeof(compilers) / sizeof(compilers[0]))

static const char *object_of(size_t i)
{
	static char names[NR_COMPILERS][16];

	snprintf(names[i], sizeof(names[i]), "source%zu.ko", i);
	return names[i];
}

static const char *section_name(Elf *elf, size_t index)
{
	GElf_Shdr header;
	size_t names;

	assert_int_equal(elf_getshdrstrndx(elf, &names), 0);
	assert_non_null(gelf_getshdr(elf_getscn(elf, index), &header));
	return elf_strptr(elf, names, header.sh_name);
}

/* Where in memory the place is that a relocation is about; 0 where the module has nothing. */
static uint64_t relocated(Elf *elf, Elf_Data *symbols, const GElf_Rela *rela)
{
	uint64_t base = 0;
	const char *name;
	GElf_Sym symbol;

	assert_non_null(gelf_getsym(symbols, (int)GELF_R_SYM(rela->r_info), &symbol));
	name = section_name(elf, symbol.st_shndx);
	if (section_address(NULL, name, &base) || !strcmp(name, ".init.text"))
		return 0;
	return base + symbol.st_value + (uint64_t)rela->r_addend;
}

/* The addresses in .copies that there is code at. How many. */
static int read_copies(const char *name, uint64_t *copies, int max)
{
	int fd = open(scratch_path(name), O_RDONLY | O_CLOEXEC), nr = 0, i;
	Elf_Data *relas = NULL, *symbols = NULL;
	Elf_Scn *section = NULL;
	GElf_Shdr header;
	GElf_Rela rela;
	Elf *elf;

	elf_version(EV_CURRENT);
	elf = elf_begin(fd, ELF_C_READ, NULL);
	assert_non_null(elf);
	while ((section = elf_nextscn(elf, section)))
		if (!strcmp(section_name(elf, elf_ndxscn(section)), ".rela.copies")) {
			assert_non_null(gelf_getshdr(section, &header));
			relas = elf_getdata(section, NULL);
			symbols = elf_getdata(elf_getscn(elf, header.sh_link), NULL);
		}
	assert_non_null(relas);
	for (i = 0; gelf_getrela(relas, i, &rela); i++) {
		uint64_t address = relocated(elf, symbols, &rela);

		assert_true(nr < max);
		if (address)
			copies[nr++] = address;
	}
	elf_end(elf);
	close(fd);
	return nr;
}

static const struct inlined_site *site_in(const struct inlined_function *found, const char *caller)
{
	int i;

	for (i = 0; i < found->nr_sites; i++)
		if (!strcmp(found->sites[i].caller, caller))
			return &found->sites[i];
	fail_msg("no site in %s", caller);
	return NULL;
}

static bool is_site(const struct inlined_function *found, uint64_t address)
{
	int i;

	for (i = 0; i < found->nr_sites; i++)
		if (found->sites[i].address == address)
			return true;
	return false;
}

static void copies_are_where_the_assembler_put_them(void **state)
{
	struct inlined_function found;
	uint64_t copies[8];
	size_t i;
	int j, nr;

	(void)state;
	for (i = 0; i < NR_COMPILERS; i++) {
		nr = read_copies(object_of(i), copies, 8);
		assert_int_equal(nr, 3);
		assert_int_equal(find(object_of(i), "body", &found), 3);
		assert_int_equal(found.nr_sites, 3);
		for (j = 0; j < nr; j++)
			if (!is_site(&found, copies[j]))
				fail_msg("%s %s: nothing at %lx", compilers[i].name,
					 compilers[i].options, copies[j]);
	}
}

static void sites_tell_their_call(void **state)
{
	static const struct {
		const char *caller;
		unsigned int line;
	} calls[] = { { "always", 100 }, { "maybe", 200 }, { "rarely", 300 } };
	struct inlined_function found;
	size_t i, j;

	(void)state;
	for (i = 0; i < NR_COMPILERS; i++) {
		find(object_of(i), "body", &found);
		for (j = 0; j < 3; j++) {
			const struct inlined_site *site = site_in(&found, calls[j].caller);

			assert_int_equal(site->line, calls[j].line);
			assert_non_null(strstr(site->file, "source.c"));
		}
		/* its own section, of which it is the first function */
		assert_int_equal(site_in(&found, "rarely")->address -
					 site_in(&found, "rarely")->offset,
				 memory[1].address);
		assert_true(site_in(&found, "maybe")->offset > 0);
	}
}

/* What was freed after the initialisation, and what was never loaded. */
static void code_that_is_not_there_has_no_sites(void **state)
{
	struct inlined_function found;
	size_t i;

	(void)state;
	for (i = 0; i < NR_COMPILERS; i++) {
		find(object_of(i), "body", &found);
		assert_int_equal(found.nr_discarded, 2);
		assert_int_equal(found.nr_unplaced, 0);
	}
}

static void functions_that_are_not_inlined(void **state)
{
	struct inlined_function found;
	size_t i;

	(void)state;
	for (i = 0; i < NR_COMPILERS; i++) {
		assert_int_equal(find(object_of(i), "apart", &found), 0);
		assert_int_equal(found.known, 1);
		assert_int_equal(found.nr_outlined, 1);
		assert_int_equal(find(object_of(i), "bod", &found), 0);
		assert_int_equal(found.known, 0);
		assert_int_equal(found.nr_outlined, 0);
	}
}

static void lines_of_addresses(void **state)
{
	struct inlined_function found;
	struct source_place place;
	struct debug_info info;
	Dwarf_Addr pc;
	Dwarf_Die unit;
	size_t i;

	(void)state;
	for (i = 0; i < NR_COMPILERS; i++) {
		find(object_of(i), "body", &found);
		assert_int_equal(open_file(&info, object_of(i), object_of(i)), 0);
		pc = site_in(&found, "rarely")->address - info.bias;
		assert_true(source_unit(info.dwarf, pc, &unit));
		source_line(&unit, pc, &place);
		/* the copy's line or the call's: both may begin at this address */
		assert_true(place.line == 3 || place.line == 300);
		assert_string_equal(place.file, "source.c");
		source_line(&unit, 0x1000, &place);
		assert_string_equal(place.file, "");
		assert_int_equal(place.line, 0);
		assert_false(source_unit(info.dwarf, 0x1000, &unit));
		debug_info_close(&info);
	}
}

/* Debug information in a file of its own, as packages have it. */
static void debug_file_of_its_own(void **state)
{
	struct inlined_function apart, whole;

	(void)state;
	scratch_run("objcopy --only-keep-debug %s own.debug", object_of(1));
	assert_int_equal(find(object_of(1), "body", &whole), 3);
	assert_int_equal(find("own.debug", "body", &apart), 3);
	assert_memory_equal(&whole, &apart, sizeof(whole));
}

/* The file is the one that is of the module: its name, or its build-id's, and its build. */
static void folder_that_has_it(void **state)
{
	static const char *const names[] = { "test_inlined.ko", "test-inlined.debug",
					     "a/b/test-inlined.ko.debug", ".build-id/%.2s/%s.debug",
					     "nothing/test-inlined.ko.xz" };
	struct debug_info_target t = target_of(object_of(1));
	char id[BUILD_ID_TEXT], name[160], file[256];
	struct inlined_function found;
	struct debug_info info;
	size_t i;

	(void)state;
	build_id_text(&t.id, id);
	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		snprintf(name, sizeof(name), "%s", names[i]);
		if (strchr(name, '%'))
			snprintf(name, sizeof(name), ".build-id/%.2s/%s.debug", id, id + 2);
		scratch_run("rm -rf folder && mkdir -p folder/$(dirname %s) && "
			    "cp %s folder/test_inlined.ko.debug && cp %s folder/other.ko",
			    name, object_of(0), object_of(1));
		assert_int_equal(open_file(&info, "folder", object_of(1)), -ENOENT);
		assert_non_null(strstr(why, "folder has no debug information"));
		assert_non_null(strstr(why, id));
		scratch_run("case %s in *.xz) xz -c %s ;; *) cat %s ;; esac >folder/%s", name,
			    object_of(1), object_of(1), name);
		if (open_file(&info, "folder", object_of(1)))
			fail_msg("%s: %s", name, why);
		assert_int_equal(inlined_in(&info, "body", &found, why, sizeof(why)), 3);
		snprintf(file, sizeof(file), "%s/%s", scratch_path("folder"), name);
		assert_string_equal(info.file, file);
		debug_info_close(&info);
	}
}

static void compressed_file(void **state)
{
	struct inlined_function found;
	struct debug_info info;

	(void)state;
	scratch_run("xz -k -f %s", object_of(1));
	assert_int_equal(open_file(&info, "source1.ko.xz", object_of(1)), 0);
	assert_int_equal(inlined_in(&info, "body", &found, why, sizeof(why)), 3);
	debug_info_close(&info);
}

/* ---- what compilers might write ---- */

/*
 * Two functions of 64 bytes. Every case is a function of its own name, whose copies are in the
 * first of them.
 */
static const char by_hand[] =
	".text\n"
	"host:	.skip 64, 0x90\n"
	"other:	.skip 64, 0x90\n"
	".section .debug_abbrev, \"\"\n"
	"	.uleb128 1, 0x11; .byte 1; .uleb128 0x03, 0x08, 0, 0\n" /* unit: name */
	"	.uleb128 2, 0x2e; .byte 0; .uleb128 0x03, 0x08, 0x20, 0x0b, 0, 0\n" /* body */
	"	.uleb128 3, 0x2e; .byte 1; .uleb128 0x03, 0x08, 0x11, 0x01, 0x12, 0x06, 0, 0\n"
	"	.uleb128 4, 0x1d; .byte 1; .uleb128 0x31, 0x13, 0x11, 0x01, 0x12, 0x06, 0, 0\n"
	"	.uleb128 5, 0x1d; .byte 0; .uleb128 0x31, 0x13, 0x52, 0x0f, 0x11, 0x01, 0x12, "
	"0x06, 0, 0\n"
	"	.uleb128 6, 0x1d; .byte 0; .uleb128 0x31, 0x13, 0, 0\n" /* nothing left */
	"	.uleb128 7, 0x1d; .byte 0; .uleb128 0x31, 0x13, 0x55, 0x17, 0, 0\n" /* pieces */
	"	.uleb128 8, 0x1d; .byte 0; .uleb128 0x31, 0x13, 0x52, 0x01, 0x55, 0x17, 0, 0\n"
	"	.uleb128 9, 0x0b; .byte 1; .uleb128 0, 0\n" /* block */
	"	.uleb128 10, 0x2e; .byte 1; .uleb128 0x31, 0x13, 0x11, 0x01, 0x12, 0x06, 0, 0\n"
	"	.uleb128 11, 0x1d; .byte 0; .uleb128 0x31, 0x13, 0x52, 0x0f, 0x55, 0x17, 0, 0\n"
	"	.uleb128 12, 0x1d; .byte 0; .uleb128 0x31, 0x10, 0x11, 0x01, 0x12, 0x06, 0, 0\n"
	"	.uleb128 13, 0x3c; .byte 1; .uleb128 0, 0\n" /* partial unit */
	"	.byte 0\n"
	".section .debug_ranges, \"\"\n"
	"pieces: .quad host+8, host+8, host+24, host+32, host+48, host+52, 0, 0\n"
	"unreal:	.quad host+8, host+8, 0, 0\n"
	".section .debug_info, \"\"\n"
	"begin:	.long end - 1f\n"
	"1:	.value 4; .long .debug_abbrev; .byte 8\n"
	"	.uleb128 1; .asciz \"hand.c\"\n"
	".macro body name\n"
	"\\name: .uleb128 2; .asciz \"\\name\"; .byte 1\n"
	".endm\n"
	".macro copy name at len\n"
	"	.uleb128 4; .long \\name - begin; .quad host + \\at; .long \\len\n"
	".endm\n"
	"	body offset; body offset_in_pieces; body nested; body vanished; body pieced\n"
	"	body outside; body clone; body many; body deep; body marker; body block; body "
	"beyond\n"
	"	.uleb128 3; .asciz \"its name\"; .quad host; .long 64\n"
	"	.uleb128 5; .long offset - begin; .uleb128 4; .quad host + 16; .long 8\n"
	"	.uleb128 11; .long offset_in_pieces - begin; .uleb128 20; .long pieces\n"
	"	copy nested 20 16; copy nested 24 4; .byte 0, 0\n"
	"	.uleb128 6; .long vanished - begin\n"
	"	.uleb128 7; .long pieced - begin; .long pieces\n"
	"	.uleb128 7; .long vanished - begin; .long unreal\n"
	"	.uleb128 8; .long marker - begin; .quad host + 8; .long unreal\n"
	"	copy outside 70 4; .byte 0\n"
	"	copy beyond 64 1; .byte 0\n"
	"	.uleb128 12; .long shared; .quad host + 40; .long 4\n"
	"	.rept 17; copy many 4 4; .byte 0; .endr\n"
	"	.uleb128 9; copy block 60 4; .byte 0, 0\n"
	"	.rept 300; .uleb128 9; .endr; .rept 300; .byte 0; .endr\n"
	"	.byte 0\n"
	"	.uleb128 10; .long clone - begin; .quad other; .long 64\n"
	"	copy clone 68 4; .byte 0, 0\n"
	"	.byte 0\n"
	"end:	.long 2f - 1f\n"
	"1:	.value 4; .long .debug_abbrev; .byte 8\n"
	"	.uleb128 13; body shared; .byte 0\n"
	"2:\n";

/* The same without what stops the walk: 300 blocks, one in the other. */
static void write_by_hand(void)
{
	static const char blocks[] = "	.rept 300; .uleb128 9; .endr; .rept 300; .byte 0; .endr\n";
	const char *p = strstr(by_hand, blocks);
	char text[sizeof(by_hand)];

	assert_non_null(p);
	snprintf(text, sizeof(text), "%.*s%s", (int)(p - by_hand), by_hand, p + strlen(blocks));
	scratch_write("hand.s", text, strlen(text));
	scratch_write("deep.s", by_hand, strlen(by_hand));
	scratch_run("for f in hand deep; do gcc -c $f.s -o $f.o && "
		    "ld -r --build-id=sha1 -o $f.ko $f.o || exit; done");
}

static void expect_site(const char *function, uint64_t offset, enum inlined_entry entry)
{
	struct inlined_function found;
	int n = find("hand.ko", function, &found);

	if (n != 1)
		fail_msg("%s: %d sites, %s", function, n, why);
	assert_int_equal(found.known, 1);
	assert_int_equal(found.sites[0].address, memory[0].address + offset);
	assert_int_equal(found.sites[0].entry, entry);
	assert_string_equal(found.sites[0].caller, "host");
	assert_int_equal(found.sites[0].offset, offset);
}

static void entries(void **state)
{
	(void)state;
	expect_site("offset", 20, ENTRY_NAMED);
	expect_site("offset_in_pieces", 28, ENTRY_NAMED);
	expect_site("marker", 8, ENTRY_NAMED);
	expect_site("pieced", 24, ENTRY_FIRST_PIECE);
	expect_site("block", 60, ENTRY_LOWEST);
	expect_site("shared", 40, ENTRY_LOWEST);
}

static void rest_of_a_function_is_no_call(void **state)
{
	struct inlined_function found;

	(void)state;
	expect_site("nested", 20, ENTRY_LOWEST);
	assert_int_equal(find("hand.ko", "clone", &found), 0);
	assert_int_equal(found.nr_outlined, 1);
}

static void copies_of_which_nothing_is_left(void **state)
{
	struct inlined_function found;

	(void)state;
	assert_int_equal(find("hand.ko", "vanished", &found), 0);
	assert_int_equal(found.known, 1);
	assert_int_equal(found.nr_unplaced, 2);
}

static void what_is_not_believed(void **state)
{
	struct inlined_function found;

	(void)state;
	assert_int_equal(find("hand.ko", "outside", &found), -EBADMSG);
	assert_non_null(strstr(why, "0xffffffffc0100046"));
	assert_int_equal(find("hand.ko", "beyond", &found), -EBADMSG);
	assert_int_equal(find("hand.ko", "many", &found), -E2BIG);
	assert_int_equal(find("deep.ko", "deep", &found), -EBADMSG);
	assert_non_null(strstr(why, "nested"));
}

/* ---- what is no debug information of the module ---- */

static int refused(const char *name, const char *id_of)
{
	struct debug_info info;
	int err = open_file(&info, name, id_of);

	debug_info_close(&info);
	assert_true(err < 0 || !why[0]);
	return err;
}

static void no_dwarf(void **state)
{
	(void)state;
	scratch_run("objcopy --strip-debug %s stripped.ko", object_of(0));
	assert_int_equal(refused("stripped.ko", object_of(0)), -ENODATA);
	assert_non_null(strstr(why, "--debug-info FILE"));
	assert_non_null(strstr(why, "DEBUGINFOD_URLS"));
}

static void other_build(void **state)
{
	char mine[BUILD_ID_TEXT], wanted[BUILD_ID_TEXT];
	struct debug_info_target a = target_of(object_of(0)), b = target_of(object_of(1));
	struct debug_info info;

	(void)state;
	assert_int_equal(refused(object_of(0), object_of(1)), -ESTALE);
	assert_non_null(strstr(why, build_id_text(&a.id, mine)));
	assert_non_null(strstr(why, build_id_text(&b.id, wanted)));
	scratch_run("objcopy -R .note.gnu.build-id %s nameless.ko", object_of(0));
	assert_int_equal(refused("nameless.ko", object_of(0)), -ESTALE);
	assert_non_null(strstr(why, "is none"));
	a.id.len--;
	assert_int_equal(debug_info_open(&info, &a, scratch_path(object_of(0)), why, sizeof(why)),
			 -ESTALE);
	a.id.len = 0;
	assert_int_equal(debug_info_open(&info, &a, scratch_path("nameless.ko"), why, sizeof(why)),
			 -ESTALE);
}

static void not_elf(void **state)
{
	(void)state;
	assert_int_equal(refused("source.c", object_of(0)), -ENOEXEC);
	scratch_write("empty.ko", "", 0);
	assert_int_equal(refused("empty.ko", object_of(0)), -ENOEXEC);
	assert_int_equal(refused("nowhere.ko", object_of(0)), -ENOENT);
	assert_non_null(strstr(why, "nowhere.ko"));
}

static int try_bytes(const struct debug_info_target *t, const char *data, size_t len,
		     const char *function)
{
	struct inlined_function found;
	struct debug_info info;
	int n;

	scratch_write("bytes.ko", data, len);
	why[0] = '\0';
	n = debug_info_open(&info, t, scratch_path("bytes.ko"), why, sizeof(why));
	if (!n)
		n = inlined_in(&info, function, &found, why, sizeof(why));
	debug_info_close(&info);
	return n;
}

static void cut_off(void **state)
{
	struct debug_info_target t = target_of(object_of(1));
	size_t len, part;
	char *data = scratch_read(object_of(1), &len);
	int n;

	(void)state;
	for (part = len / 64; part < len; part += len / 64) {
		n = try_bytes(&t, data, part, "body");
		if (n >= 0 || !why[0])
			fail_msg("%zu bytes of %zu: %d %s", part, len, n, why);
	}
	free(data);
}

/* Bytes of DWARF overwritten: a refusal or an answer, and no end of the program. */
static void damaged(void **state)
{
	struct debug_info_target t = target_of("hand.ko");
	size_t len, at;
	char *data = scratch_read("hand.ko", &len), kept[4];
	int refusals = 0, n;

	(void)state;
	for (at = 64; at + sizeof(kept) < len; at += 5) {
		memcpy(kept, data + at, sizeof(kept));
		memset(data + at, 0xff, sizeof(kept));
		n = try_bytes(&t, data, len, "pieced");
		assert_true(n >= 0 || why[0]);
		refusals += n < 0;
		memcpy(data + at, kept, sizeof(kept));
	}
	assert_true(refusals > 10);
	free(data);
}

static int hidden_address(void *ctx, const char *section, uint64_t *address)
{
	(void)section;
	*address = 0;
	return *(int *)ctx;
}

static void addresses_that_are_not_told(void **state)
{
	struct debug_info_target t = target_of(object_of(0));
	struct debug_info info;
	int result;

	(void)state;
	t.section_address = hidden_address;
	t.ctx = &result;
	result = 0;
	assert_int_equal(debug_info_open(&info, &t, scratch_path(object_of(0)), why, sizeof(why)),
			 -EPERM);
	assert_non_null(strstr(why, "kptr_restrict"));
	debug_info_close(&info);
	result = -EACCES;
	assert_int_equal(debug_info_open(&info, &t, scratch_path(object_of(0)), why, sizeof(why)),
			 -EPERM);
	assert_non_null(strstr(why, "root"));
	debug_info_close(&info);
}

static void modules_that_are_not_there(void **state)
{
	struct inlined_query query = { .module = "no_such_module", .function = "body" };
	struct inlined_function found;

	(void)state;
	assert_int_equal(inlined_find(&query, &found, why, sizeof(why)), -ENODEV);
	assert_non_null(strstr(why, "modprobe no_such_module"));
	query.module = "kernel"; /* never a module, but with parameters */
	assert_int_equal(inlined_find(&query, &found, why, sizeof(why)), -EOPNOTSUPP);
	assert_non_null(strstr(why, "built into"));
}

/* ---- build-ids ---- */

/* Of the same owner, or of the same type, or longer than an id can be. */
static const char other_notes[] = "\6\0\0\0\4\0\0\0\3\0\0\0Linux\0\0\0\1\2\3\4"
				  "\4\0\0\0\4\0\0\0\1\0\0\0GNU\0\1\2\3\4"
				  "\10\0\0\0\4\0\0\0\3\0\0\0GNU\0abc\0\1\2\3\4"
				  "\4\0\0\0\0\0\0\0\3\0\0\0GNU\0"
				  "\4\0\0\0\50\0\0\0\3\0\0\0GNU\0"
				  "1234567890123456789012345678901234567890";
static const char id_note[] = "\4\0\0\0\3\0\0\0\3\0\0\0GNU\0\xab\1\xff";

static void build_ids_of_notes(void **state)
{
	char notes[256], text[BUILD_ID_TEXT];
	struct build_id id = { .len = 0 };
	size_t n = sizeof(other_notes) - 1, m = sizeof(id_note) - 1, i;

	(void)state;
	memcpy(notes, other_notes, n);
	memcpy(notes + n, id_note, m);
	assert_int_equal(build_id_of_notes(notes, n, &id), -ENODATA);
	for (i = 0; i < m; i++)
		assert_int_equal(build_id_of_notes(notes, n + i, &id), -ENODATA);
	assert_string_equal(build_id_text(&id, text), "none");
	assert_int_equal(build_id_of_notes(notes, n + m, &id), 0);
	assert_string_equal(build_id_text(&id, text), "ab01ff");
	notes[n + 4] = (char)200; /* longer than there is */
	assert_int_equal(build_id_of_notes(notes, n + m, &id), -ENODATA);
	memset(notes, 0xff, sizeof(notes));
	assert_int_equal(build_id_of_notes(notes, sizeof(notes), &id), -ENODATA);
}

/* ---- what is installed ---- */

/* In a root of its own, where libdwfl finds what the test put there. Negative: a failure. */
static int find_below(const struct debug_info_target *t, const char *root)
{
	struct inlined_function found;
	struct debug_info info;
	int n;

	if ((geteuid() && unshare(CLONE_NEWUSER)) || chroot(root) || chdir("/"))
		return -EPERM;
	n = debug_info_open(&info, t, NULL, why, sizeof(why));
	if (!n)
		n = inlined_in(&info, "body", &found, why, sizeof(why));
	debug_info_close(&info);
	return n;
}

static int find_installed(const struct debug_info_target *t)
{
	const char *root = scratch_path("root");
	int status;
	pid_t pid = fork();

	if (!pid)
		_exit(-find_below(t, root) & 0xff);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	return (int8_t)-WEXITSTATUS(status);
}

/* The module and its twin are told by file names in folders of the kernel's release. */
static void install(const char *module, const char *twin_of, const char *twin)
{
	struct utsname u;

	uname(&u);
	scratch_run("rm -rf root && mkdir root");
	if (module[0])
		scratch_run("d=root/lib/modules/%s/kernel/arch && mkdir -p $d && "
			    "objcopy --strip-debug %s $d/test-inlined.ko && cd $d && "
			    "case %s in *.xz) xz test-inlined.ko ;; esac",
			    u.release, object_of(1), module);
	if (twin[0])
		scratch_run("f=root/usr/lib/debug/$(echo %s | sed s,RELEASE,%s,) && "
			    "mkdir -p $(dirname $f) && cp %s $f",
			    twin, u.release, twin_of);
}

/* It goes into the trace: with the longest names that it has, none of it may be cut off. */
static void reason_has_room(void **state)
{
	static const char *const urls[] = { NULL, "file:///nowhere" };
	struct debug_info_target t = target_of(object_of(0));
	char reason[sizeof(((struct probe_fact *)0)->reason)];
	size_t release, room, i;
	struct debug_info info;
	struct utsname u;

	(void)state;
	uname(&u);
	release = sizeof(u.release) - 1 - strlen(u.release);
	memset(t.id.bytes, 0xab, sizeof(t.id.bytes));
	t.id.len = sizeof(t.id.bytes);
	for (i = 0; i < sizeof(urls) / sizeof(urls[0]); i++) {
		if (urls[i])
			setenv("DEBUGINFOD_URLS", urls[i], 1);
		else
			unsetenv("DEBUGINFOD_URLS");
		assert_int_equal(debug_info_open(&info, &t, NULL, reason, sizeof(reason)), -ENOENT);
		room = sizeof(reason) - 1 - strlen(reason);
		assert_true(room > release);
		assert_non_null(strstr(reason, "DEBUGINFOD_URLS"));
		assert_non_null(strstr(reason, urls[i] ? "do not give it" : "sudo -E does not)"));
	}
	unsetenv("DEBUGINFOD_URLS");
}

static void debug_information_that_is_installed(void **state)
{
	static const struct {
		const char *module, *twin;
	} layouts[] = {
		{ "ko", "lib/modules/RELEASE/kernel/arch/test-inlined.ko" },
		{ "ko", "lib/modules/RELEASE/kernel/arch/test-inlined.ko.debug" },
		{ "ko.xz", "lib/modules/RELEASE/kernel/arch/test-inlined.ko" },
		{ "ko.xz", "usr/lib/modules/RELEASE/kernel/arch/test-inlined.ko.debug" },
	};
	struct debug_info_target t = target_of(object_of(1));
	char id[BUILD_ID_TEXT], by_id[160];
	size_t i;

	(void)state;
	unsetenv("DEBUGINFOD_URLS");
	install("", "", "");
	if (find_installed(&t) == -EPERM)
		skip(); /* not root, and no user namespaces */
	assert_int_equal(find_installed(&t), -ENOENT);
	for (i = 0; i < sizeof(layouts) / sizeof(layouts[0]); i++) {
		install(layouts[i].module, "", "");
		assert_int_equal(find_installed(&t), -ENOENT);
		install(layouts[i].module, object_of(0), layouts[i].twin);
		assert_int_equal(find_installed(&t), -ENOENT);
		install(layouts[i].module, object_of(1), layouts[i].twin);
		if (find_installed(&t) != 3)
			fail_msg("%s %s", layouts[i].module, layouts[i].twin);
	}
	build_id_text(&t.id, id);
	snprintf(by_id, sizeof(by_id), ".build-id/%.2s/%s.debug", id, id + 2);
	install("", object_of(1), by_id);
	assert_int_equal(find_installed(&t), 3);
}

/* ---- a debuginfod ---- */

static int ask_debuginfod(const struct debug_info_target *t, struct debug_info *info)
{
	setenv("DEBUGINFOD_CACHE_PATH", scratch_path("cache"), 1);
	scratch_run("rm -rf cache");
	return debug_info_open(info, t, NULL, why, sizeof(why));
}

static void need_client(void)
{
	void *client = dlopen("libdebuginfod.so.1", RTLD_LAZY);

	if (!client)
		skip();
	dlclose(client);
}

static void debuginfod_that_has_it(void **state)
{
	struct debug_info_target t = target_of(object_of(1));
	struct inlined_function found;
	char id[BUILD_ID_TEXT], url[160];
	struct debug_info info;

	(void)state;
	need_client();
	build_id_text(&t.id, id);
	snprintf(url, sizeof(url), "file://%s", scratch_folder());
	unsetenv("DEBUGINFOD_URLS");
	scratch_run("mkdir -p buildid/%s && cp %s buildid/%s/debuginfo", id, object_of(1), id);
	assert_int_equal(ask_debuginfod(&t, &info), -ENOENT);
	assert_non_null(strstr(why, id));
	setenv("DEBUGINFOD_URLS", url, 1);
	if (ask_debuginfod(&t, &info))
		fail_msg("%s", why);
	assert_string_equal(why, "");
	assert_string_not_equal(info.file, "");
	assert_int_equal(inlined_in(&info, "body", &found, why, sizeof(why)), 3);
	debug_info_close(&info);
	t.id.bytes[0] ^= 1;
	assert_int_equal(ask_debuginfod(&t, &info), -ENOENT);
	assert_null(strstr(why, "or set DEBUGINFOD_URLS"));
	unsetenv("DEBUGINFOD_URLS");
}

/* It takes the connection, or its kernel does, and then says nothing. */
static void debuginfod_that_hangs(void **state)
{
	struct sockaddr_in address = { .sin_family = AF_INET,
				       .sin_addr = { htonl(INADDR_LOOPBACK) } };
	struct debug_info_target t = target_of(object_of(1));
	socklen_t len = sizeof(address);
	struct debug_info info;
	char url[64];
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	time_t begin = time(NULL);

	(void)state;
	need_client();
	assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	assert_int_equal(listen(fd, 8), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&address, &len), 0);
	snprintf(url, sizeof(url), "http://127.0.0.1:%d", ntohs(address.sin_port));
	setenv("DEBUGINFOD_URLS", url, 1);
	setenv("DEBUGINFOD_TIMEOUT", "1", 1);
	unsetenv("DEBUGINFOD_MAXTIME");
	assert_int_equal(ask_debuginfod(&t, &info), -ENOENT);
	assert_in_range(time(NULL) - begin, 1, 20);
	assert_string_equal(getenv("DEBUGINFOD_TIMEOUT"), "1");
	assert_non_null(getenv("DEBUGINFOD_MAXTIME"));
	unsetenv("DEBUGINFOD_URLS");
	unsetenv("DEBUGINFOD_TIMEOUT");
	close(fd);
}

/* ---- all of it ---- */

static int make_files(void **state)
{
	size_t i;

	(void)state;
	scratch_make();
	scratch_write("source.c", source, sizeof(source) - 1);
	for (i = 0; i < NR_COMPILERS; i++)
		scratch_run("%s -O2 -g %s -r -nostdlib -Wl,--build-id=sha1 -o %s source.c",
			    compilers[i].name, compilers[i].options, object_of(i));
	write_by_hand();
	return 0;
}

static int remove_files(void **state)
{
	(void)state;
	scratch_remove();
	return 0;
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(copies_are_where_the_assembler_put_them),
	cmocka_unit_test(sites_tell_their_call),
	cmocka_unit_test(code_that_is_not_there_has_no_sites),
	cmocka_unit_test(functions_that_are_not_inlined),
	cmocka_unit_test(lines_of_addresses),
	cmocka_unit_test(debug_file_of_its_own),
	cmocka_unit_test(folder_that_has_it),
	cmocka_unit_test(compressed_file),
	cmocka_unit_test(entries),
	cmocka_unit_test(rest_of_a_function_is_no_call),
	cmocka_unit_test(copies_of_which_nothing_is_left),
	cmocka_unit_test(what_is_not_believed),
	cmocka_unit_test(no_dwarf),
	cmocka_unit_test(other_build),
	cmocka_unit_test(not_elf),
	cmocka_unit_test(cut_off),
	cmocka_unit_test(damaged),
	cmocka_unit_test(addresses_that_are_not_told),
	cmocka_unit_test(modules_that_are_not_there),
	cmocka_unit_test(build_ids_of_notes),
	cmocka_unit_test(reason_has_room),
	cmocka_unit_test(debug_information_that_is_installed),
	cmocka_unit_test(debuginfod_that_has_it),
	cmocka_unit_test(debuginfod_that_hangs),
};

int main(void)
{
	return cmocka_run_group_tests(tests, make_files, remove_files);
}
