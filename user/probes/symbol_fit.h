/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What a symbol's name says about the function that it was compiled from. */
#ifndef SYMBOL_FIT_H
#define SYMBOL_FIT_H

enum symbol_fit {
	SYMBOL_OTHER, /* another function, its padding (__pfx_) or its unlikely half (.cold) */
	SYMBOL_PIECE, /* the rest of it, after callers took in its head (.part) */
	SYMBOL_CLONE, /* a copy made for some callers (.isra, .constprop) */
	SYMBOL_WHOLE, /* itself; also as link-time optimisation names it (.llvm, .lto_priv) */
};

/*
 * Of pieces and clones the arguments are not believed: the compiler leaves out
 * those that it knows or that the piece does not need, and the others move up.
 */
enum symbol_fit symbol_fit(const char *symbol, const char *function);

#endif
