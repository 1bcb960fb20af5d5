/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "explain/explain.h"
const struct explanation explanations[1] = { { "x", "It means this.\n\nAnd that.", "It matters.", { "direct-map" }, "Do this.", "Seen on none." } };
const struct explanation *explanation_of(const struct anomaly_class *cls) { (void)cls; return explanations; }
