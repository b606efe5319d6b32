/* sp-fit.h - a curve through points: least squares by Levenberg and Marquardt, and how sure its parameters are */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>

#define SP_FIT_MOST 4                    /* parameters */

/* The curve at x, and its derivatives by the parameters: (n_params).  FALSE: it is not defined there. */
typedef gboolean (*SpFitFunc) (gconstpointer data, double x, const double *params, double *value, double *gradient);

/* All of it lent. */
typedef struct {
  SpFitFunc     func;
  gconstpointer data;
  gsize         n_params, n;             /* at most SP_FIT_MOST; points */
  guint         most_steps;
  const double *x, *y;                   /* (n), finite */
} SpFitProblem;

typedef struct {
  double   params[SP_FIT_MOST];
  /* s² (JᵀJ)⁻¹ with s² = Σ residual² / (n − n_params): what independent residuals of equal spread make of a curve that is the right
   * one.  NaN where the points do not determine the parameters, or are no more than they. */
  double   covariance[SP_FIT_MOST][SP_FIT_MOST];
  double   squares;                      /* Σ residual² */
  guint    n_steps;
  gboolean is_converged;                 /* the residuals are at right angles to every derivative */
} SpFit;

/* From start (n_params) downhill; any thread, no allocation.  FALSE: the curve is not defined at the start. */
gboolean sp_fit_run (const SpFitProblem *problem, const double *start, SpFit *fit);

/* Variance of the curve where it has this gradient. */
double   sp_fit_variance (const SpFit *fit, gsize n_params, const double *gradient);

/* The t with P (|T| ≤ t) = confidence, 0 … 1, by Student with so many degrees of freedom; NaN for none. */
double   sp_student_quantile (guint64 freedom, double confidence);
