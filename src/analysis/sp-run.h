/* sp-run.h - reads inputs once and feeds every chosen analysis */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "sp-analysis.h"

#define SP_PROGRESS_TEXT 96

/* Of the pass over the tensors, or of the analysis that executes after it. */
typedef struct {
  double   share;                        /* 0…1 is done */
  double   seconds, seconds_left;        /* left: NaN while unknown */
  gboolean has_news;                     /* results may not be those of the report before */
  char     what[SP_PROGRESS_TEXT];       /* is being done, for people; "": tensors are read, and these say how far: */
  guint    pass;                         /* 1, 2 … */
  guint64  bytes_done, bytes_total;
  gsize    items_done, items_total;
} SpProgress;

typedef struct _SpRun SpRun;
typedef void (*SpRunFunc) (SpRun *run, const SpProgress *progress, gpointer data);

/* Reference counted.  One thread sets it up and executes it; previews and live results are any thread's. */
SpRun    *sp_run_new          (SpStore *const *stores, gsize n_stores);
SpRun    *sp_run_ref          (SpRun *run);
void      sp_run_unref        (SpRun *run);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (SpRun, sp_run_unref)

void      sp_run_set_threads  (SpRun *run, guint n_threads);                 /* 0: one per processor */
gboolean  sp_run_set_filter   (SpRun *run, const char *const *globs, GError **error);   /* tensor names; NULL: all */
void      sp_run_add          (SpRun *run, const SpAnalysis *analysis, SpArgs *args);
void      sp_run_set_progress (SpRun *run, SpRunFunc func, gpointer data);   /* executing thread, at most every 100 ms */

/* Blocks until everything is read and executed, or FALSE when cancelled (within 100 ms, executing within a second) or where
 * an analysis failed: the others go on; what it had published stays its result, with a note and not final.  An unreadable tensor
 * is a row with a note, not a failure: sp_run_get_n_problems(). */
gboolean  sp_run_execute      (SpRun *run, GCancellable *cancellable, GError **error);

guint     sp_run_get_threads    (SpRun *run);
gsize     sp_run_get_n_problems (SpRun *run);

/* finish() of the i-th analysis on what is merged so far, with these live parameters; NULL args: as added.  NULL: nothing is
 * there yet. */
SpResult *sp_run_dup_result   (SpRun *run, gsize i, SpArgs *args);
/* FALSE when args differ from those of the run in more than live parameters: run again. */
gboolean  sp_run_accepts      (SpRun *run, gsize i, SpArgs *args);
