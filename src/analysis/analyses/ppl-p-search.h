/* ppl-p-search.h - which τ to measure next to find where perplexity has grown by p %; knows nothing of models (inside ppl-p) */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "ppl-p-curve.h"

/* ours: interpolates between what was measured until the activation ratio is known to a tolerance, or as well as the text can tell.
 * exact: the same to the tolerance, whatever the text can tell.
 * reference: the bisection of [0, 1] to 1e-6 of Sparsing Law's code (METHODS 1.5), several of its steps asked at once; the same decisions,
 * so the same τ to the bit. */
typedef enum { PPL_OURS, PPL_REFERENCE, PPL_EXACT } PplConvention;

/* Used by one thread. */
typedef struct _PplSearch PplSearch;
PplSearch *ppl_search_new  (PplConvention convention, const double *percents, gsize n, double tolerance);     /* not reference */
void       ppl_search_free (PplSearch *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (PplSearch, ppl_search_free)

GArray    *ppl_search_next (PplSearch *self);                    /* of double: τ to be measured together; empty: it is done */
void       ppl_search_add  (PplSearch *self, const PplPoint *point);
PplAnswer  ppl_search_get_answer (PplSearch *self, gsize i);     /* to the i-th p */
double     ppl_search_get_share  (PplSearch *self);              /* 0…1: about how much is done */
void       ppl_search_set_guide (PplSearch *self, const PplGuide *guide);                  /* copied */
PplCurve   ppl_search_get_curve (PplSearch *self);               /* what was measured; lent until more is added */
