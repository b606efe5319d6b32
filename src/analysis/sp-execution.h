/* sp-execution.h - the execution of an analysis that does not stream, on a thread of its own (inside sp-run) */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "sp-pass.h"
#include "sp-run.h"

/* state_mutex is held between sp_work_lock() and sp_work_unlock(): who holds it may call finish(). */
typedef struct _SpExecution SpExecution;
SpExecution *sp_execution_new          (SpEntry *entry, guint n_threads, GCancellable *cancellable, pthread_mutex_t *state_mutex);
gboolean     sp_execution_wait         (SpExecution *self, guint milliseconds);      /* TRUE: it has ended */
void         sp_execution_get_progress (SpExecution *self, SpProgress *progress);    /* share, what, has_news alone */
void         sp_execution_free         (SpExecution *self, GError **error);          /* joins; error: it failed */
