/* sp-session.h - the one state every widget of a window binds to */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "sp-run.h"

#include <gio/gio.h>

#define SP_TYPE_SESSION (sp_session_get_type ())
G_DECLARE_FINAL_TYPE (SpSession, sp_session, SP, SESSION, GObject)

#define SP_PAGE_OVERVIEW "overview"

/* Main thread.  Properties: "page" (an analysis' id or SP_PAGE_OVERVIEW), "selection" (tensor name
 * or NULL; also notified where another neuron of it is selected), "store" (SpStore, the one shown, or NULL).
 * Signals: "stores-changed"; "args-changed", "result-changed", "state-changed" (analysis);
 * "progress"; "failed" (analysis, message).
 * "result-drawn" (analysis): some time after "result-changed", when nothing is left to draw; one for several in a row.
 * Plots and headlines follow the first, so that a slider is smooth; tables and the tree, with their many cells, this one. */
SpSession        *sp_session_new             (void);

/* Shown, and read at once; behind those of a lower place, as files are read in any order. */
void              sp_session_take_store      (SpSession *self, SpStore *store, guint place);
void              sp_session_close_store     (SpSession *self, SpStore *store);
gsize             sp_session_get_n_stores    (SpSession *self);
SpStore          *sp_session_get_nth_store   (SpSession *self, gsize i);
SpStore          *sp_session_get_store       (SpSession *self);                      /* the one shown; NULL */
void              sp_session_set_store       (SpSession *self, SpStore *store);

const char       *sp_session_get_page        (SpSession *self);
void              sp_session_set_page        (SpSession *self, const char *page);
const char       *sp_session_get_selection   (SpSession *self);
void              sp_session_set_selection   (SpSession *self, const char *name);
const char       *sp_session_get_key         (SpSession *self, SpResult *result);    /* as the result knows it: a layer's first */
gint64            sp_session_get_neuron      (SpSession *self);                      /* of the tensor selected; -1: all of it */
void              sp_session_select          (SpSession *self, const char *name, gint64 neuron);

/* The analysis behind a page; the overview shows the first one. */
const SpAnalysis *sp_session_page_analysis   (const char *page);
gboolean          sp_session_offers          (SpSession *self, const char *page);    /* it has something to say about the store shown */
gboolean          sp_session_selects_features (SpSession *self);      /* at this page a neuron is a feature of an autoencoder */

/* Of the store shown. */
SpArgs           *sp_session_get_args        (SpSession *self, const SpAnalysis *analysis);   /* lent */
void              sp_session_take_args       (SpSession *self, const SpAnalysis *analysis, SpArgs *args);
/* Of SpStore, with references: its own, and what is opened beside that a run of it looks at.  NULL: no store is shown. */
GPtrArray        *sp_session_dup_stores      (SpSession *self, const SpAnalysis *analysis);
SpResult         *sp_session_get_result      (SpSession *self, const SpAnalysis *analysis);   /* lent; NULL: none yet */
guint64  sp_session_count_slices (SpSession *self, const SpAnalysis *analysis); /* of its tensor; 0: of two dimensions or fewer */
gboolean sp_session_needs_run (SpSession *self, const SpAnalysis *analysis); /* other parameters than those read with */
gboolean sp_session_can_refine (SpSession *self, const SpAnalysis *analysis); /* a run would count exactly */
gboolean          sp_session_is_running      (SpSession *self, const SpAnalysis *analysis);
void              sp_session_run             (SpSession *self, const SpAnalysis *analysis);
void              sp_session_cancel          (SpSession *self);
gboolean sp_session_get_progress (SpSession *self, const SpAnalysis **analysis, SpProgress *progress); /* FALSE: idle */

/* What the first analysis with something to say has counted in one tensor, or with NULL in all that count: the share it defines. */
typedef struct { double n_near, n_elements; gboolean is_counted, is_final; } SpCount;
gboolean sp_session_get_count (SpSession *self, SpStore *store, const char *tensor, SpCount *count); /* FALSE: unknown */
