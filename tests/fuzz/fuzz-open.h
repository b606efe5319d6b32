/* fuzz-open.h - opening bytes as a file of some name, and reading what they hold */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>

int  LLVMFuzzerTestOneInput (const guint8 *data, gsize n);

/* Every error is fine; crashes, leaks and endless loops are not. */
void fuzz_open (const guint8 *data, gsize n, const char *name);
