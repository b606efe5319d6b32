/* ppl-p-curve.h - perplexity by τ as measured at some, and the τ at which it has grown by p % (inside ppl-p) */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>

/* ratio: of perplexities, exp (loss_τ - loss_dense); NaN: above everything.  active: the activation ratio; NaN: not known. */
typedef struct { double tau, ratio, active; } PplPoint;

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
  double   error;                      /* of active: how far it is from low to high, between which it lies */
  double   estimate;                   /* of the same, by how two interpolations differ: what ends the search */
  gboolean is_measured;
  gboolean is_monotone;                /* FALSE: some τ below low costs more than p as well */
} PplAnswer;

#define PPL_LEAST_TAU 1e-6             /* τ is known to this */
#define PPL_NEAR      1e-5             /* and a ratio this near to 1 + p/100 is as good as it, relative */

/* points: (n), ascending τ in (0, 1], all different. */
PplAnswer ppl_curve_answer      (const PplPoint *points, gsize n, double percent, double tolerance);     /* of active */
/* The same where these points are all there are, such as of an imported table: in straight lines, so monotone if they are. */
PplAnswer ppl_curve_interpolate (const PplPoint *points, gsize n, double percent);
/* The point whose ratio comes closest to 1 + p/100; NULL: there is none. */
const PplPoint *ppl_curve_nearest (const PplPoint *points, gsize n, double percent);
