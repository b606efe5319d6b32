/* sp-order.h - rows in the order of their numbers, a million of them while nobody waits */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>

/* rows: (n) places in numbers, reordered so that these rise or fall; equal ones stay in their order, NaN comes last either way. */
void sp_order_rows (guint32 *rows, gsize n, const double *numbers, gboolean is_descending);
