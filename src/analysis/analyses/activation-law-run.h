/* activation-law-run.h - a training run whose checkpoints activation-law measures (private to its files) */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "activation-law.h"
#include "sp-checkpoints.h"

/* NaN, found NULL: not yet. */
typedef struct {
  double      ratio, error, tau, perplexity;     /* error: standard error of ratio, over the text's tokens */
  const char *found;                     /* as ppl-p says it */
  gboolean    is_found;                  /* perplexity grows by p % there */
  char       *problem;                   /* why it was not measured; NULL */
} LawMeasured;

/* checkpoints is empty until they are listed.  Lock it while it is looked at. */
typedef struct {
  SpStore     *store;
  char        *title;
  GPtrArray   *checkpoints, *notes;      /* of SpCheckpoint; of char * */
  LawMeasured *measured;                 /* (checkpoints) */
  guint        n_measured;
} LawRun;

LawRun    *law_run_new        (SpStore *store, char *title);              /* takes title */
void       law_run_free       (gpointer run);
double     law_run_tokens     (const LawRun *run, guint i, double per_step);         /* NaN: not known; per_step 0: not known */
gboolean   law_run_is_by_steps (const LawRun *run, double per_step);     /* of no ratio the tokens are known, but steps are */
LawSeries *law_run_new_series (const LawRun *run, double per_step);       /* of what has a ratio by now */
void       law_series_free    (gpointer series);
gboolean   law_execute        (gpointer state, SpArgs *args, const SpWork *work, GError **error);

/* A table of all checkpoints, and one of each run's points to be read again; measured: of LawSeries, as runs. */
void       law_add_runs       (SpResult *result, GPtrArray *runs, GPtrArray *measured, double per_step);
void       law_note_run       (SpResult *result, const LawRun *run, const LawSeries *series, SpArgs *args);
