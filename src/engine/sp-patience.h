/* sp-patience.h - how long one is ready to wait for somebody else's patterns */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "sp-error.h"

#include <gio/gio.h>

/* A thousand times what any sensible tokenizer needs. */
#define SP_PATIENCE_SECONDS           60
#define SP_PATIENCE_SECONDS_A_MEGABYTE 60

typedef struct {
  GCancellable *cancellable;       /* lent; NULL: none */
  gint64        deadline;          /* of g_get_monotonic_time() */
} SpPatience;

void     sp_patience_begin (SpPatience *patience, gsize n_bytes, GCancellable *cancellable);
gboolean sp_patience_check (const SpPatience *patience, GError **error);    /* FALSE: cancelled, or at an end */
