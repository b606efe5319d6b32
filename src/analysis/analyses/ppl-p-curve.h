/* ppl-p-curve.h - perplexity by τ as measured at some, and the τ at which it has grown by p % (inside ppl-p) */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>

/* ratio: of perplexities, exp (loss_τ - loss_dense); NaN: above everything.  active: the activation ratio; NaN: not known.  error: standard
 * error of ln ratio, over the text's tokens; NaN: not known. */
typedef struct { double tau, ratio, active, error; } PplPoint;

/* What the activation ratio is near to, for all τ, 0 … 1: what lies between points is measured by how far they are off it. */
#define PPL_GUIDE_LEAST  (-4)              /* log10 of the first τ; the last is 1 */
#define PPL_GUIDE_DECADE 100               /* points */
#define PPL_GUIDE_POINTS (1 - PPL_GUIDE_LEAST * PPL_GUIDE_DECADE)
typedef struct { double active[PPL_GUIDE_POINTS]; } PplGuide;

typedef struct {
  const PplPoint *points;      /* (n) ascending τ in (0, 1], all different */
  gsize           n;
  const PplGuide *guide;       /* NULL: there is none */
  gboolean        is_exact;    /* errors are not looked at */
} PplCurve;

typedef enum {
  PPL_SEARCHING,               /* what the answer says is the best so far */
  PPL_FOUND,
  PPL_DENSE,                   /* p = 0: nothing may be left out */
  PPL_NEVER,                   /* the largest τ still costs less */
  PPL_AT_ONCE,                 /* the least τ there is costs more */
} PplFinding;

/* The largest τ with a ratio below 1 + p/100.  NaN: not known. */
typedef struct {
  PplFinding state;
  double   tau, ratio, active;         /* between low and high; as measured there where is_measured */
  double   low, high;                  /* measured τ; ratio below 1 + p/100 at low (0: of nothing left out), not below at high */
  double   error;                      /* standard error of active: about what another text as long would change; NaN: unknown */
  double   estimate;                   /* how well active is known of this text, by how interpolations differ; infinite: not yet */
  gboolean is_measured;
  gboolean is_monotone;                /* FALSE: some τ below low costs more than p as well */
} PplAnswer;

#define PPL_LEAST_TAU 1e-6             /* τ is known to this */
#define PPL_NEAR      1e-5             /* and a ratio this near to 1 + p/100 is as good as it, relative */

/* Found, when the estimate is below the tolerance or, unless it is to be exact, a tenth of the error: what the text cannot tell is not
 * searched for. */
PplAnswer ppl_curve_answer      (const PplCurve *curve, double percent, double tolerance);
/* The same where these points are all there are, such as of an imported table: in straight lines, so monotone if they are. */
PplAnswer ppl_curve_interpolate (const PplCurve *curve, double percent);
/* The point whose ratio comes closest to 1 + p/100; NULL: there is none. */
const PplPoint *ppl_curve_nearest (const PplCurve *curve, double percent);
