/* sp-fit.c - a curve through points: least squares by Levenberg and Marquardt, and how sure its parameters are
 *
 * Each step solves (JᵀJ + λ diag JᵀJ) δ = Jᵀr, columns scaled to length 1 so that units of parameters do not matter; λ falls tenfold
 * where the squares did, else it rises.  The end is where the residuals are at right angles to all columns of J (cosine of MINPACK's
 * gtol).  Marquardt, SIAM J. Appl. Math. 11 (1963) 431; Moré, LNM 630 (1978) 105. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sp-fit.h"

#include <math.h>
#include <string.h>

#define FIRST_LAMBDA  1e-3
#define LEAST_LAMBDA  1e-12
#define MOST_LAMBDA   1e12
#define RIGHT_ANGLE   1e-13              /* cosine */
#define STUCK_ANGLE   1e-5               /* good enough where no step goes further down */
#define ROUNDING      1e-26              /* of squares */
#define LEAST_PIVOT   1e-14              /* of a matrix with ones on its diagonal */

typedef double Vector[SP_FIT_MOST];
typedef double Square[SP_FIT_MOST][SP_FIT_MOST];

/* JᵀJ and Jᵀr at some parameters, scaled: the lengths of J's columns are beside. */
typedef struct { Square matrix; Vector slope, length; double squares, size /* Σ y² */; } Normal;

static gboolean
sum_squares (const SpFitProblem *problem, const double *params, double *squares)
{
  Vector gradient;
  double value;

  *squares = 0;
  for (gsize i = 0; i < problem->n; i++)
    {
      if (!problem->func (problem->data, problem->x[i], params, &value, gradient))
        return FALSE;
      *squares += (problem->y[i] - value) * (problem->y[i] - value);
    }
  return isfinite (*squares);
}

static void
scale (Normal *normal, gsize n)
{
  for (gsize j = 0; j < n; j++)
    normal->length[j] = normal->matrix[j][j] > 0 ? sqrt (normal->matrix[j][j]) : 1;
  for (gsize j = 0; j < n; j++)
    {
      normal->slope[j] /= normal->length[j];
      for (gsize k = 0; k < n; k++)
        normal->matrix[j][k] /= normal->length[j] * normal->length[k];
    }
}

static gboolean
find_normal (const SpFitProblem *problem, const double *params, Normal *normal)
{
  gsize  n = problem->n_params;
  Vector gradient;
  double value;

  memset (normal, 0, sizeof *normal);
  for (gsize i = 0; i < problem->n; i++)
    {
      if (!problem->func (problem->data, problem->x[i], params, &value, gradient))
        return FALSE;
      value = problem->y[i] - value;
      normal->squares += value * value;
      normal->size += problem->y[i] * problem->y[i];
      for (gsize j = 0; j < n; j++)
        {
          normal->slope[j] += gradient[j] * value;
          for (gsize k = 0; k < n; k++)
            normal->matrix[j][k] += gradient[j] * gradient[k];
        }
    }
  scale (normal, n);
  return isfinite (normal->squares);
}

/* Cholesky's lower triangle of the matrix with this much more on its diagonal.  FALSE: it is singular. */
static gboolean
factor (const Normal *normal, gsize n, double lambda, Square lower)
{
  for (gsize j = 0; j < n; j++)
    for (gsize k = 0; k <= j; k++)
      {
        double sum = normal->matrix[j][k] * (j == k ? 1 + lambda : 1);

        for (gsize m = 0; m < k; m++)
          sum -= lower[j][m] * lower[k][m];
        if (j == k && !(sum > LEAST_PIVOT))
          return FALSE;
        lower[j][k] = j == k ? sqrt (sum) : sum / lower[k][k];
      }
  return TRUE;
}

static void
solve (const Square lower, gsize n, const double *right, double *solution)
{
  for (gsize j = 0; j < n; j++)
    {
      solution[j] = right[j];
      for (gsize k = 0; k < j; k++)
        solution[j] -= lower[j][k] * solution[k];
      solution[j] /= lower[j][j];
    }
  for (gsize j = n; j-- > 0;)
    {
      for (gsize k = j + 1; k < n; k++)
        solution[j] -= lower[k][j] * solution[k];
      solution[j] /= lower[j][j];
    }
}

/* Of the residuals and the derivative they lean on most; of residuals that are nothing but rounding 0. */
static double
find_cosine (const Normal *normal, gsize n)
{
  double most = 0;

  for (gsize j = 0; j < n; j++)
    most = fmax (most, fabs (normal->slope[j]));
  return normal->squares > ROUNDING * normal->size ? most / sqrt (normal->squares) : 0;
}

/* Raises lambda until a step leads down.  FALSE: none does. */
static gboolean
step_down (const SpFitProblem *problem, const Normal *normal, double *lambda, double *params)
{
  for (; *lambda <= MOST_LAMBDA; *lambda *= 10)
    {
      Square lower;
      Vector step, tried;
      double squares;

      if (!factor (normal, problem->n_params, *lambda, lower))
        continue;
      solve (lower, problem->n_params, normal->slope, step);
      for (gsize j = 0; j < problem->n_params; j++)
        tried[j] = params[j] + step[j] / normal->length[j];
      if (!sum_squares (problem, tried, &squares) || !(squares < normal->squares))
        continue;
      memcpy (params, tried, problem->n_params * sizeof *params);
      *lambda = fmax (*lambda / 10, LEAST_LAMBDA);
      return TRUE;
    }
  return FALSE;
}

static void
find_covariance (const SpFitProblem *problem, const Normal *normal, SpFit *fit)
{
  gsize    n = problem->n_params;
  double   variance = problem->n > n ? normal->squares / (double) (problem->n - n) : NAN;
  Square   lower;
  gboolean is_regular = factor (normal, n, 0, lower);

  for (gsize j = 0; j < n; j++)
    {
      Vector unit = { 0 }, column = { 0 };

      unit[j] = 1;
      if (is_regular)
        solve (lower, n, unit, column);
      for (gsize k = 0; k < n; k++)
        fit->covariance[k][j] = is_regular ? variance * column[k] / (normal->length[j] * normal->length[k]) : NAN;
    }
}

gboolean
sp_fit_run (const SpFitProblem *problem, const double *start, SpFit *fit)
{
  double lambda = FIRST_LAMBDA;
  Normal normal;

  g_return_val_if_fail (problem->n_params <= SP_FIT_MOST, FALSE);
  *fit = (SpFit) { 0 };
  memcpy (fit->params, start, problem->n_params * sizeof *start);
  if (!find_normal (problem, fit->params, &normal))
    return FALSE;
  while (fit->n_steps < problem->most_steps && find_cosine (&normal, problem->n_params) > RIGHT_ANGLE
         && step_down (problem, &normal, &lambda, fit->params) && find_normal (problem, fit->params, &normal))
    fit->n_steps++;
  fit->squares = normal.squares;
  fit->is_converged = find_cosine (&normal, problem->n_params) <= STUCK_ANGLE;
  find_covariance (problem, &normal, fit);
  return TRUE;
}

double
sp_fit_variance (const SpFit *fit, gsize n_params, const double *gradient)
{
  double sum = 0;

  for (gsize j = 0; j < n_params; j++)
    for (gsize k = 0; k < n_params; k++)
      sum += gradient[j] * fit->covariance[j][k] * gradient[k];
  return sum >= 0 ? sum : isnan (sum) ? NAN : 0;
}

/* --- Student's t --------------------------------------------------------------------------------- */

/* P (|T| ≤ √ν tan θ): finite sums, Abramowitz and Stegun 26.7.3 and 26.7.4. */
static double
probability_within (guint64 freedom, double angle)
{
  double  c = cos (angle), s = sin (angle), sum = 0, term = freedom % 2 == 1 ? c : 1;
  guint64 first = freedom % 2 == 1 ? 3 : 2;

  if (freedom > 1)
    sum = term;
  for (guint64 k = first; k + 2 <= freedom; k += 2)
    {
      term *= c * c * (double) (k - 1) / (double) k;
      sum += term;
    }
  return freedom % 2 == 1 ? 2 / G_PI * (angle + s * sum) : s * sum;
}

double
sp_student_quantile (guint64 freedom, double confidence)
{
  double low = 0, high = G_PI / 2;

  if (freedom == 0 || !(confidence >= 0 && confidence < 1))
    return NAN;
  for (guint i = 0; i < 60; i++)
    {
      double middle = (low + high) / 2;

      if (probability_within (freedom, middle) < confidence)
        low = middle;
      else
        high = middle;
    }
  return sqrt ((double) freedom) * tan (low);
}
