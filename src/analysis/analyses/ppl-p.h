/* ppl-p.h - what the parts of ppl-p share: what was asked, and what is known by now */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "ppl-p-search.h"
#include "sp-analysis.h"
#include "sp-outcome.h"
#include "sp-tail-meter.h"

#define PPL_MOST_PERCENTS 8
#define PPL_TOLERANCE     1e-4             /* of the activation ratio, where p is searched by us */
#define PPL_FINE          1e-6             /* the same, exactly */

typedef struct {
  double        percents[PPL_MOST_PERCENTS];
  gsize         n_percents;
  gboolean      is_table, compares;        /* compares: other rules are measured too */
  guint         window, stride;            /* 0: as the model has it; as the window */
  gsize         most_tokens;               /* 0: all */
  PplConvention convention;
} PplSetting;

/* Of the model, and the text as it was run. */
typedef struct {
  char        *title, *architecture, *text;      /* names of the model, its kind, the text's file */
  gboolean     is_gated, is_ids;           /* is_ids: the text was token ids */
  guint        n_layers, n_neurons, n_hidden, n_context, window, stride;
  gsize        n_windows, n_tokens;        /* run: windows · window */
  gsize        n_text_tokens;              /* of the whole text */
  double       flops;                      /* a token, dense */
  char        *start;                      /* text of the token before the text (BOS); NULL: none is put there */
  char       **keys;                       /* (n_layers) tensor of each layer's down projection, NULL-terminated */
  char       **texts;                      /* (n_tokens) for people, NULL-terminated; NULL: ids alone are known */
} PplFacts;

/* Lock it while anything but setting, text, table and store is looked at. */
typedef struct {
  PplSetting  setting;
  char       *text, *table;                /* paths; NULL: not set */
  SpStore    *store;                       /* the model's; NULL: there is none */
  PplFacts    facts;
  SpOutcome  *dense;                       /* NULL: not yet */
  GPtrArray  *outcomes;                    /* of SpOutcome: every way of cutting measured so far */
  SpTailSums *tails;                       /* (n_layers) of dense; NULL: not known, or another convention */
  PplSearch  *search;                      /* by τ of CETT */
  GArray     *points;                      /* of PplPoint, ascending τ: of the table */
  double      table_loss;                  /* of nothing left out, in the table */
} PplState;

gboolean  ppl_parse_percents (const char *text, double *percents, gsize *n, GError **error);       /* percents, n may be NULL */


PplState *ppl_state_new      (const PplSetting *setting, SpStore *store, const char *text);        /* store, text may be NULL */
void      ppl_state_free     (gpointer state);
/* Runs the model, or reads the table. */
gboolean  ppl_execute        (PplState *state, const SpWork *work, GError **error);

/* Of a table measured elsewhere: tau, loss and activation_ratio, as a JSON object of lists or CSV with a line of names; a row of tau 0
 * has the loss of nothing left out.  points: of PplPoint, ascending τ > 0. */
GArray   *ppl_table_read     (const char *path, double *dense_loss, GCancellable *cancellable, GError **error);

SpResult *ppl_report         (gpointer state, SpArgs *args);

/* Parts of the report: each adds its tables and plots. */
typedef struct {
  const PplState  *state;
  SpResult        *result;
  PplCurve         curve;                  /* of CETT by τ */
  double           at;                     /* p shown */
  gboolean         is_searched;            /* it is one of those that were asked for */
  PplAnswer        answer;                 /* to it */
  SpOutcome       *shown;                  /* the measurement next to it; dense where p is 0; NULL: none yet */
} PplReport;
void      ppl_add_answers    (const PplReport *report);
void      ppl_add_points     (const PplReport *report);
void      ppl_add_curves     (const PplReport *report);
void      ppl_add_pareto     (const PplReport *report);
void      ppl_add_layers     (const PplReport *report);
gboolean  ppl_is_carried     (const PplReport *report);        /* layers are the answer's own, not the measurement's next to it */
void      ppl_add_tokens     (const PplReport *report);
void      ppl_add_neurons    (const PplReport *report);
double    ppl_ratio          (const PplState *state, const SpOutcome *outcome);        /* of perplexities */
const char *ppl_describe     (const PplState *state, const PplAnswer *answer);       /* how it was found, stable: "measured" */
double    ppl_threshold      (const PplState *state, guint layer, double tau);        /* by state's tails */
const char *ppl_rule_id      (SpCutRule rule);                 /* stable: "cett" */
const char *ppl_rule_name    (SpCutRule rule);                 /* for people */
