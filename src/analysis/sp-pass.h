/* sp-pass.h - one reading of all items by a pool of workers, folded in order (inside sp-run) */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "sp-analysis.h"

#include <pthread.h>

/* pthreads, not GLib's locks: ThreadSanitizer does not see through a GLib built without it. */
typedef struct {
  const SpAnalysis *analysis;
  SpArgs           *args;
  gpointer          state;
  gboolean          is_done;         /* it wants no more readings; others may */
  gboolean          is_final;        /* nothing more will come, or only from where it was stopped: */
  char             *stop;            /* what is to be said about that; NULL: it was not */
  gboolean          has_published;   /* execute() has changed what finish() looks at */
} SpEntry;

typedef struct {
  guint64 bytes_done, bytes_total;
  gsize   items_done, items_total, n_problems;
} SpPassProgress;

/* state_mutex is held while analyses fold and end: who holds it may call finish(). */
typedef struct _SpPass SpPass;
SpPass  *sp_pass_new          (const SpItems *items, const SpEntry *entries, gsize n_entries, guint n_threads,
                               pthread_mutex_t *state_mutex);
gboolean sp_pass_wait         (SpPass *pass, guint milliseconds);      /* TRUE: all done */
void     sp_pass_get_progress (SpPass *pass, SpPassProgress *progress);
void     sp_pass_free         (SpPass *pass);           /* stops at the next chunk, or piece of a stream; joins the workers */
