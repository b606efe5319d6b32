/* sp-runner.h - executes a run on a thread of its own and brings its results to the window */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "sp-run.h"

#include <gio/gio.h>

#define SP_TYPE_RUNNER (sp_runner_get_type ())
G_DECLARE_FINAL_TYPE (SpRunner, sp_runner, SP, RUNNER, GObject)

/* Main thread.  Signals: "updated" when a newer result or progress is there, "finished" once,
 * after the last of them. */
SpRunner   *sp_runner_new          (GPtrArray *stores, const SpAnalysis *analysis, SpArgs *args, guint n_threads);   /* of SpStore */
void        sp_runner_start        (SpRunner *self);
void        sp_runner_cancel       (SpRunner *self);        /* "finished" follows within 100 ms, executing within a second */
void        sp_runner_set_args     (SpRunner *self, SpArgs *args);   /* live parameters of the previews to come */

gboolean    sp_runner_is_running   (SpRunner *self);
gboolean    sp_runner_is_complete  (SpRunner *self);        /* everything was read */
const GError *sp_runner_get_error  (SpRunner *self);        /* of a finished run that failed; NULL when cancelled */
SpRun      *sp_runner_get_run      (SpRunner *self);
SpResult   *sp_runner_take_result  (SpRunner *self);        /* the newest not taken yet, or NULL */
void        sp_runner_get_progress (SpRunner *self, SpProgress *progress);
