/* test-fit.c - Levenberg and Marquardt against closed forms, and Student's t against tables */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sp-fit.h"

#include <math.h>

static gboolean
line (G_GNUC_UNUSED gconstpointer data, double x, const double *params, double *value, double *gradient)
{
  *value = params[0] + params[1] * x;
  gradient[0] = 1;
  gradient[1] = x;
  return TRUE;
}

static void
assert_near (double value, double expected, double relative)
{
  if (!(fabs (value - expected) <= relative * fabs (expected)))
    g_error ("%.17g is not %.17g", value, expected);
}

/* y = 1 + 2 x with errors 1, −1, −1, 1: they lean on nothing, Σ residual² = 4, s² = 2, (JᵀJ)⁻¹ = [[0.7, −0.3], [−0.3, 0.2]]. */
static void
test_line (void)
{
  static const double x[] = { 0, 1, 2, 3 }, y[] = { 2, 2, 4, 8 };
  SpFitProblem problem = { line, NULL, 2, 4, 100, x, y };
  SpFit fit;

  g_assert_true (sp_fit_run (&problem, (const double[]){ -100, 1e6 }, &fit));
  g_assert_true (fit.is_converged);
  assert_near (fit.params[0], 1, 1e-9);
  assert_near (fit.params[1], 2, 1e-9);
  assert_near (fit.squares, 4, 1e-9);
  assert_near (fit.covariance[0][0], 1.4, 1e-9);
  assert_near (fit.covariance[0][1], -0.6, 1e-9);
  assert_near (fit.covariance[1][0], -0.6, 1e-9);
  assert_near (fit.covariance[1][1], 0.4, 1e-9);
  assert_near (sp_fit_variance (&fit, 2, (const double[]){ 1, 1.5 }), 0.5, 1e-9);
}

/* A exp (−k x), k > 0 */
static gboolean
decay (gconstpointer data, double x, const double *params, double *value, double *gradient)
{
  *value = params[0] * exp (-params[1] * x);
  gradient[0] = exp (-params[1] * x);
  gradient[1] = -x * *value;
  return params[1] > 0 && isfinite (*value) && data == NULL;
}

/* Points of the curve itself: found to the last digits, from far away, whatever the units. */
static void
test_exact (void)
{
  static const double units[] = { 1e-9, 1, 1e9 };

  for (guint k = 0; k < G_N_ELEMENTS (units); k++)
    {
      double x[12], y[12];
      SpFitProblem problem = { decay, NULL, 2, 12, 100, x, y };
      SpFit fit;

      for (guint i = 0; i < 12; i++)
        x[i] = i * units[k], y[i] = 3 * exp (-0.4 * i);
      g_assert_true (sp_fit_run (&problem, (const double[]){ 50, 2 / units[k] }, &fit));
      g_assert_true (fit.is_converged);
      assert_near (fit.params[0], 3, 1e-9);
      assert_near (fit.params[1], 0.4 / units[k], 1e-9);
    }
}

/* Of what the points do not tell nothing is said. */
static void
test_singular (void)
{
  static const double x[] = { 2, 2, 2 }, y[] = { 1, 2, 3 };
  SpFitProblem problem = { line, NULL, 2, 3, 100, x, y };
  SpFit fit;

  g_assert_true (sp_fit_run (&problem, (const double[]){ 0, 0 }, &fit));
  assert_near (fit.squares, 2, 1e-9);
  g_assert_true (isnan (fit.covariance[0][0]) && isnan (sp_fit_variance (&fit, 2, (const double[]){ 1, 2 })));
  problem.n = 2;
  problem.x = (const double[]){ 0, 1 };
  g_assert_true (sp_fit_run (&problem, (const double[]){ 0, 0 }, &fit));
  g_assert_true (isnan (fit.covariance[1][1]));
}

static void
test_undefined (void)
{
  static const double x[] = { 0, 1, 2 }, y[] = { 1, 2, 4 };
  SpFitProblem problem = { decay, NULL, 2, 3, 100, x, y };
  SpFit fit;

  g_assert_false (sp_fit_run (&problem, (const double[]){ 1, -1 }, &fit));
  /* The best k is −ln 2: it goes to the edge, and does not say that it is there. */
  g_assert_true (sp_fit_run (&problem, (const double[]){ 1, 1 }, &fit));
  g_assert_cmpfloat (fit.params[1], <, 1e-3);
  g_assert_false (fit.is_converged);
}

static void
test_student (void)
{
  static const struct { guint64 freedom; double confidence, t; } known[] = {
    { 1, 0.95, 12.706204736432095 }, { 2, 0.95, 4.302652729911275 },  { 3, 0.9, 2.3533634348018264 },
    { 10, 0.95, 2.2281388519649385 }, { 24, 0.95, 2.0638985616280205 }, { 25, 0.5, 0.6844299675118172 },
    { 5, 0.99, 4.032142983557536 },  { 9996, 0.999, 3.2915003554958537 },
  };

  for (guint i = 0; i < G_N_ELEMENTS (known); i++)
    assert_near (sp_student_quantile (known[i].freedom, known[i].confidence), known[i].t, 1e-8);
  g_assert_true (isnan (sp_student_quantile (0, 0.95)) && isnan (sp_student_quantile (3, 1)) && isnan (sp_student_quantile (3, NAN)));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/fit/line", test_line);
  g_test_add_func ("/fit/exact", test_exact);
  g_test_add_func ("/fit/singular", test_singular);
  g_test_add_func ("/fit/undefined", test_undefined);
  g_test_add_func ("/fit/student", test_student);
  return g_test_run ();
}
