/* sp-analysis.h - what an analysis is, and its parameters */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "sp-offer.h"
#include "sp-result.h"
#include "sp-source.h"
#include "sp-store.h"

typedef enum { SP_PARAM_NUMBER, SP_PARAM_BOOL, SP_PARAM_CHOICE, SP_PARAM_TENSOR, SP_PARAM_TEXT, SP_PARAM_FILE } SpParamType;

/* One parameter: feeds the form, --set, help and exports. */
typedef struct {
  const char        *id, *title, *help, *unit;    /* id stable; the others N_() */
  SpParamType        type;
  double             fallback, min, max;          /* bool: 0, 1; choice: index */
  gboolean           is_log;                      /* slider scale; min > 0, 0 allowed at its lower end */
  gboolean           is_index;                    /* whole: into the first dimension of the tensor chosen, if it has three */
  const char        *at_min;                      /* N_("all"): stands for the number min, as written and on screen; NULL: none */
  const char *const *choices, *const *choice_titles;   /* NULL-terminated */
  const char        *fallback_text;               /* text: NULL: not set */
  gboolean         (*check) (const char *text, GError **error);    /* text: may it be this?  NULL: anything may */
  GPtrArray       *(*offer) (SpStore *const *stores, gsize n_stores);   /* of SpOffer; text: the choice, NULL: it is written; file: hints */
  const char        *unset;                       /* N_("by its place"): of a choice, what is done without one; NULL: nothing is */
  gboolean         (*is_for) (SpStore *const *stores, gsize n_stores);      /* it means something to them; NULL: to any */
  gboolean           is_needed;                   /* file: without one there is nothing to run */
  gboolean           is_live;                     /* reaches only finish(): no reading again */
  const char        *section;                     /* N_("Threshold"); NULL: as the one before */
  gboolean           is_neuron;                   /* text: in a window, the neuron of its result that is selected, as a number */
  const char        *when;                        /* "rule=eps,fat": a choice with which alone it matters; NULL: always */
} SpParam;

/* Its value is text: of a tensor its name, of a file its path, which is looked at only when it is read. */
static inline gboolean
sp_param_is_text (const SpParam *param)
{
  return param->type == SP_PARAM_TENSOR || param->type == SP_PARAM_TEXT || param->type == SP_PARAM_FILE;
}

/* What an input must hold; firings: activations, or counts of them; series: activation ratios by tokens of training; a model: what can be
 * run on a text, as its config.json says; an SAE: a sparse autoencoder, or codes or counts of its features. */
typedef enum {
  SP_NEEDS_TENSORS, SP_NEEDS_WEIGHTS, SP_NEEDS_ACTIVATIONS, SP_NEEDS_FIRINGS, SP_NEEDS_SERIES, SP_NEEDS_MODEL, SP_NEEDS_SAE,
} SpNeeds;

typedef struct _SpAnalysis SpAnalysis;
const SpParam *sp_analysis_find_param (const SpAnalysis *analysis, const char *id);       /* NULL: it has none */

/* Values for an analysis' parameters; reference counted, immutable once handed to a run (dup to change). */
typedef struct _SpArgs SpArgs;
SpArgs     *sp_args_new        (const SpAnalysis *analysis);                 /* defaults */
SpArgs     *sp_args_dup        (SpArgs *args);
SpArgs     *sp_args_ref        (SpArgs *args);
void        sp_args_unref      (SpArgs *args);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (SpArgs, sp_args_unref)
gboolean    sp_args_parse      (SpArgs *args, const char *id, const char *text, GError **error);   /* text "": not set */
void        sp_args_set_number (SpArgs *args, const char *id, double value); /* clamped; bool, choice too */
void        sp_args_set_text   (SpArgs *args, const char *id, const char *text);   /* tensor, text, file; NULL, "": not set */
double      sp_args_get_number (SpArgs *args, const char *id);
gboolean    sp_args_get_bool   (SpArgs *args, const char *id);
const char *sp_args_get_text   (SpArgs *args, const char *id);               /* NULL: not set */
gboolean    sp_args_matters    (SpArgs *args, const SpParam *param);         /* to the choices made */
/* A file that is needed for these stores and not set; NULL: none. */
const SpParam *sp_args_find_missing (SpArgs *args, SpStore *const *stores, gsize n_stores);
char       *sp_args_format     (SpArgs *args);                               /* "eps=0.01 rule=topk": words for a shell */
gboolean    sp_args_same_scan  (SpArgs *a, SpArgs *b);                       /* equal but for live parameters */

/* The tensors of all inputs of a run in one list, reading order (file, offset). */
typedef struct { SpStore *store; const SpTensor *tensor; } SpItem;
typedef struct { gsize n; const SpItem *items; } SpItems;
/* The next store that is wanted, from item *at on, which goes past the store's first; lent; NULL: there is no more. */
SpStore *sp_items_find_store (const SpItems *items, gsize *at, gboolean (*is_wanted) (SpStore *store));

/* What execute() works with; the functions are any thread's. */
typedef struct {
  guint         n_threads;
  GCancellable *cancellable;                      /* asked at least twice a second */
  gpointer      execution;                        /* whose work it is; private */
  double        begin, length;                    /* of the whole, where it is a part */
  const char   *title;                            /* of the part, in front of what is reported; lent; NULL: it is the whole */
} SpWork;
SpWork sp_work_part (const SpWork *work, double begin, double end, const char *title);     /* of it, from 0…1 to 0…1 */
void sp_work_report (const SpWork *work, double share, const char *what);   /* 0…1 is done; "Layer 3 of 12", copied */
/* Around what changes of the state that finish() looks at: previews are made meanwhile.  Not for long. */
void sp_work_lock   (const SpWork *work);
void sp_work_unlock (const SpWork *work);

/* One const of these per file of analyses/, named sp_analysis_<id with _>, one line in analyses.inc.
 * A run calls, for each wanted item in order: begin + chunk on workers with a partial each, fold in
 * chunk order, end.  Partials are flat memory.  What does not stream has no wants … end (NULL), but execute, called after
 * all readings, one analysis after the other. */
struct _SpAnalysis {
  const char    *id, *title, *question;           /* N_(); the question it answers for a person */
  SpNeeds        needs;
  gboolean       looks_beside;                    /* opened stores it is not for itself may tell it more: a dump's checkpoint */
  gboolean       joins_all;                       /* all opened stores that have what it is for are looked at together */
  gboolean       has_lists, has_densities;        /* its results have lists of indices; may have densities of features */
  const SpParam *params;                          /* ends with id NULL */

  gpointer  (*new_state)     (const SpItems *items, SpArgs *args);           /* everything the results need */
  void      (*free_state)    (gpointer state);
  gboolean  (*wants)         (gpointer state, gsize item);                   /* in this pass */
  gsize     (*partial_bytes) (gpointer state, gsize item);
  void      (*clear)         (gpointer partial, gsize n_bytes);  /* zeroes one used before; NULL: every byte is set */
  void      (*chunk)         (gpointer state, gsize item, const SpChunk *chunk, gpointer partial);
                             /* worker: partial is zeroed; state is read only; no locks, no allocation */
  void      (*fold)          (gpointer state, gsize item, const SpChunk *chunk, gconstpointer partial);
                             /* chunk order, one at a time; chunk->data is gone */
  void      (*end)           (gpointer state, gsize item, const char *problem);   /* NULL: all of it was read */
  gboolean  (*again)         (gpointer state, SpArgs *args);                 /* another pass wanted?  NULL: never */
  gboolean  (*execute)       (gpointer state, SpArgs *args, const SpWork *work, GError **error);
                             /* on a thread of its own; FALSE with an error: it failed, or was cancelled */
  SpResult *(*finish)        (gpointer state, SpArgs *args);                 /* pure, fast: previews, sliders */
};

extern const SpAnalysis *const sp_analyses[];     /* NULL-terminated */
const SpAnalysis *sp_analysis_find  (const char *id);
gboolean          sp_analysis_suits (const SpAnalysis *analysis, SpStore *store);   /* it has something to say about it */
gboolean          sp_analysis_joins (const SpAnalysis *analysis, SpStore *store);   /* looks at it together with others */
gboolean          sp_analysis_looks_at (const SpAnalysis *analysis, SpStore *store, SpStore *other);   /* which has an SAE's codes */
