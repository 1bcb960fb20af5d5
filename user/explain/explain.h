/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef EXPLAIN_H
#define EXPLAIN_H
#include "model/anomalies.h"
struct explanation {
	const char *name;
	const char *means;
	const char *matters;
	const char *scenarios[6];
	const char *todo;
	const char *kernels;
};
extern const struct explanation explanations[];
const struct explanation *explanation_of(const struct anomaly_class *cls);
#endif
