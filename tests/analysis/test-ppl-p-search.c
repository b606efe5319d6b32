/* test-ppl-p-search.c - the search for p on curves that are known: what it finds, how often it measures, and how it ends */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "analyses/ppl-p-search.h"

#include <math.h>

typedef struct {
  const char *name;
  double    (*ratio) (double tau);
  double    (*active) (double tau);
  double    (*error) (double tau);     /* NULL: 0 */
} Curve;

static double
saturating (double tau)
{
  return pow (1 - MIN (tau, 0.95), 2.5);
}

static double
power (double tau)
{
  return exp (1.4 * tau * tau);
}

/* Faster than any power, as perplexity of a small model is. */
static double
steep (double tau)
{
  return exp (0.5 * tau * tau + 4 * pow (tau, 5));
}

/* A little left out helps. */
static double
dipping (double tau)
{
  return exp (-0.05 * tau * exp (-20 * tau) + 1.6 * tau * tau * tau);
}

/* Crosses p several times, as few tokens do. */
static double
wavy (double tau)
{
  return exp (1.3 * tau * tau + 0.006 * sin (60 * tau));
}

static double
odd_beyond (double tau)
{
  return tau > 0.5 ? NAN : power (tau);
}

static double
at_once (double tau)
{
  return tau > 0 ? 1.2 + tau : 1;
}

static double
never (double tau)
{
  return 1 + 1e-3 * tau;
}

static double
stepping (double tau)
{
  return tau < 0.1234 ? 1.001 : 1.5;
}

static const Curve smooth[] = { { "power", power, saturating }, { "steep", steep, saturating }, { "dipping", dipping, saturating },
                                { "odd beyond", odd_beyond, saturating } };

/* The largest τ below p, of what grows from its last crossing on. */
static double
find_by_brute_force (const Curve *curve, double percent)
{
  double low = 0, high = 1;

  for (double tau = 1; tau > 0; tau -= 1e-4)
    if (curve->ratio (tau) < 1 + percent / 100)
      {
        low = tau;
        high = tau + 1e-4;
        break;
      }
  for (guint i = 0; i < 60; i++)
    *(curve->ratio ((low + high) / 2) < 1 + percent / 100 ? &low : &high) = (low + high) / 2;
  return (low + high) / 2;
}

/* Until it is done; how often it measured, and in how many passes. */
static guint
search_all (PplSearch *search, const Curve *curve, guint *n_passes)
{
  guint n = 0;

  for (*n_passes = 0;; ++*n_passes)
    {
      g_autoptr (GArray) taus = ppl_search_next (search);

      if (taus->len == 0)
        return n;
      g_assert_cmpuint (*n_passes, <, 100);
      for (guint i = 0; i < taus->len; i++, n++)
        {
          double   tau = g_array_index (taus, double, i);
          PplPoint point = { tau, curve->ratio (tau), curve->active (tau), curve->error != NULL ? curve->error (tau) : 0 };

          g_assert_true (tau > 0 && tau <= 1);
          ppl_search_add (search, &point);
        }
    }
}

static const double percents[] = { 1, 5, 10 };

static void
test_smooth (void)
{
  for (gsize c = 0; c < G_N_ELEMENTS (smooth); c++)
    {
      g_autoptr (PplSearch) search = ppl_search_new (PPL_OURS, percents, 3, 1e-4);
      guint                 n_passes, n = search_all (search, &smooth[c], &n_passes);

      g_test_message ("%s: %u measurements in %u passes", smooth[c].name, n, n_passes);
      g_assert_cmpuint (n, <=, 9);
      for (gsize i = 0; i < 3; i++)
        {
          double    tau = find_by_brute_force (&smooth[c], percents[i]);
          PplAnswer answer = ppl_search_get_answer (search, i);

          g_test_message ("  p = %g: %.6f, truly %.6f; active %.6f, truly %.6f, error %.1e", percents[i], answer.tau, tau,
                          answer.active, saturating (tau), answer.error);
          g_assert_cmpint (answer.state, ==, PPL_FOUND);
          g_assert_cmpfloat (fabs (answer.active - saturating (tau)), <, 2e-4);
          g_assert_cmpfloat (answer.low, <=, tau);
          g_assert_cmpfloat (answer.high, >=, tau);
          g_assert_true (answer.tau >= answer.low && answer.tau <= answer.high);
        }
    }
}

/* Whatever the curve does: an answer between measured τ on both sides of p, after not too many of them. */
static void
test_wavy (void)
{
  const Curve           curve = { "wavy", wavy, saturating };
  g_autoptr (PplSearch) search = ppl_search_new (PPL_OURS, percents, 3, 1e-4);
  guint                 n_passes, n = search_all (search, &curve, &n_passes);

  g_test_message ("%u measurements in %u passes", n, n_passes);
  g_assert_cmpuint (n, <=, 12);
  for (gsize i = 0; i < 3; i++)
    {
      PplAnswer answer = ppl_search_get_answer (search, i);
      double    r = curve.ratio (answer.tau);

      g_assert_cmpint (answer.state, ==, PPL_FOUND);
      g_assert_cmpfloat (curve.ratio (answer.low), <, 1 + percents[i] / 100);
      g_assert_cmpfloat (curve.ratio (answer.high), >=, 1 + percents[i] / 100);
      g_assert_cmpfloat (fabs (r / (1 + percents[i] / 100) - 1), <, 1e-3);
    }
}

/* What trembles by as much as the tokens cannot tell. */
static double
trembling (double tau)
{
  return exp (10 * tau * tau + 2e-3 * tau * sin (900 * tau));
}

static double
error_of_trembling (double tau)
{
  return 0.03 * tau;
}

static double
without_trembling (double percent)
{
  return sqrt (log1p (percent / 100) / 10);
}

/* A text that cannot tell more ends the search sooner, near enough; and says how far off another text would be. */
static void
test_noise (void)
{
  const Curve           known = { "trembling", trembling, saturating }, noisy = { "noisy", trembling, saturating, error_of_trembling };
  g_autoptr (PplSearch) exact = ppl_search_new (PPL_OURS, percents, 3, 1e-6), search = ppl_search_new (PPL_OURS, percents, 3, 1e-6);
  guint                 n_passes, n_exact = search_all (exact, &known, &n_passes), n = search_all (search, &noisy, &n_passes);

  g_test_message ("%u measurements instead of %u", n, n_exact);
  g_assert_cmpuint (n, <=, 6);
  g_assert_cmpuint (n, <, n_exact);
  for (gsize i = 0; i < 3; i++)
    {
      PplAnswer answer = ppl_search_get_answer (search, i);
      double    tau = without_trembling (percents[i]), slope = 2.5 * pow (1 - tau, 1.5), off = error_of_trembling (tau) / (20 * tau);

      g_test_message ("  p = %g: active %.5f, truly %.5f; error %.5f, truly %.5f", percents[i], answer.active, saturating (tau),
                      answer.error, slope * off);
      g_assert_cmpint (answer.state, ==, PPL_FOUND);
      g_assert_cmpfloat (fabs (answer.active - saturating (tau)), <, answer.error);
      g_assert_cmpfloat (fabs (log2 (answer.error / (slope * off))), <, 1);
    }
}

/* Where it is to be exact, whatever the text tells; the answer lies where the curve says, which trembles. */
static void
test_exact (void)
{
  const Curve           noisy = { "noisy", trembling, saturating, error_of_trembling };
  g_autoptr (PplSearch) search = ppl_search_new (PPL_EXACT, percents, 3, 1e-6);
  guint                 n_passes, n = search_all (search, &noisy, &n_passes);

  g_test_message ("%u measurements in %u passes", n, n_passes);
  for (gsize i = 0; i < 3; i++)
    {
      PplAnswer answer = ppl_search_get_answer (search, i);

      g_assert_cmpint (answer.state, ==, PPL_FOUND);
      g_assert_cmpfloat (fabs (trembling (answer.tau) / (1 + percents[i] / 100) - 1), <, 2e-5);
      g_assert_cmpfloat (fabs (answer.active - saturating (answer.tau)), <, 1e-5);
    }
}

/* Between points the activation ratio is as far off the guide as at them. */
static void
test_guide (void)
{
  PplPoint  points[3];
  PplGuide  guide;
  PplAnswer answer;

  for (gsize i = 0; i < PPL_GUIDE_POINTS; i++)
    guide.active[i] = 2 * saturating (pow (10, PPL_GUIDE_LEAST + (double) i / PPL_GUIDE_DECADE));
  for (gsize i = 0; i < 3; i++)
    {
      double tau = 0.1 * (1 << i);

      points[i] = (PplPoint) { tau, exp (tau * tau), saturating (tau) };
    }
  answer = ppl_curve_answer (&(PplCurve) { points, 3, &guide }, 100 * expm1 (0.09), 1e-4);
  g_assert_cmpfloat_with_epsilon (answer.tau, 0.3, 1e-9);
  g_assert_cmpfloat_with_epsilon (answer.active, saturating (0.3), 1e-4);
}

/* Where the ratio jumps over p, the bracket ends at the jump. */
static void
test_jump (void)
{
  const Curve           curve = { "stepping", stepping, saturating };
  g_autoptr (PplSearch) search = ppl_search_new (PPL_OURS, percents, 3, 1e-4);
  guint                 n_passes;

  search_all (search, &curve, &n_passes);
  for (gsize i = 0; i < 3; i++)
    {
      PplAnswer answer = ppl_search_get_answer (search, i);

      g_assert_cmpint (answer.state, ==, PPL_FOUND);
      g_assert_cmpfloat (fabs (answer.active - saturating (0.1234)), <, 1e-2);
      g_assert_true (answer.low < 0.1234 && answer.high >= 0.1234);
    }
}

static PplFinding
search_one (const Curve *curve, double percent, guint *n)
{
  g_autoptr (PplSearch) search = ppl_search_new (PPL_OURS, &percent, 1, 1e-4);
  guint                 n_passes;

  *n = search_all (search, curve, &n_passes);
  return ppl_search_get_answer (search, 0).state;
}

static void
test_ends (void)
{
  const Curve curves[] = { { "never", never, saturating }, { "at once", at_once, saturating } };
  guint       n;

  g_assert_cmpint (search_one (&curves[0], 1, &n), ==, PPL_NEVER);
  g_assert_cmpuint (n, <=, 6);
  g_assert_cmpint (search_one (&curves[1], 1, &n), ==, PPL_AT_ONCE);
  g_assert_cmpuint (n, <=, 25);
  g_assert_cmpint (search_one (&curves[0], 0, &n), ==, PPL_DENSE);
  g_assert_cmpuint (n, ==, 0);
}

/* One p twice costs nothing more, and has one answer. */
static void
test_twice (void)
{
  const double          twice[] = { 5, 5, 0 };
  g_autoptr (PplSearch) search = ppl_search_new (PPL_OURS, twice, 3, 1e-4), once = ppl_search_new (PPL_OURS, twice, 1, 1e-4);
  guint                 n_passes, n = search_all (search, &smooth[1], &n_passes), n_once = search_all (once, &smooth[1], &n_passes);
  PplCurve              measured = ppl_search_get_curve (search);

  g_assert_cmpuint (n, ==, n_once);
  g_assert_cmpuint (measured.n, ==, n);
  for (gsize i = 1; i < measured.n; i++)
    g_assert_cmpfloat (measured.points[i - 1].tau, <, measured.points[i].tau);
  g_assert_cmpfloat (ppl_search_get_answer (search, 0).tau, ==, ppl_search_get_answer (search, 1).tau);
  g_assert_cmpfloat (ppl_search_get_share (search), ==, 1);
}

/* The code of Sparsing Law, a step at a time. */
static double
bisect (const Curve *curve, double percent)
{
  double lower = 0, upper = 1;

  while (upper - lower > 1e-6)
    {
      double middle = (lower + upper) / 2;

      if (curve->ratio (middle) < 1 + percent / 100)
        lower = middle;
      else
        upper = middle;
    }
  return (lower + upper) / 2;
}

static void
test_reference (void)
{
  const Curve curves[] = { smooth[0], smooth[1], smooth[2], smooth[3], { "wavy", wavy, saturating }, { "step", stepping, saturating },
                           { "at once", at_once, saturating }, { "never", never, saturating } };

  for (gsize c = 0; c < G_N_ELEMENTS (curves); c++)
    {
      g_autoptr (PplSearch) search = ppl_search_new (PPL_REFERENCE, percents, 3, 0);
      guint                 n_passes, n = search_all (search, &curves[c], &n_passes);

      g_test_message ("%s: %u measurements in %u passes", curves[c].name, n, n_passes);
      g_assert_cmpuint (n_passes, <=, 11);
      for (gsize i = 0; i < 3; i++)
        {
          PplAnswer answer = ppl_search_get_answer (search, i);

          g_assert_cmpfloat (answer.tau, ==, bisect (&curves[c], percents[i]));
          g_assert_cmpfloat (answer.active, ==, saturating (answer.tau));
          g_assert_true (answer.is_measured);
          g_assert_cmpint (answer.state, ==, c == 6 ? PPL_AT_ONCE : c == 7 ? PPL_NEVER : PPL_FOUND);
        }
    }
}

/* A table has what it has. */
static void
test_interpolate (void)
{
  PplPoint       points[8];
  const PplCurve curve = { points, 8, NULL };
  PplAnswer      answer, before = { 0 };

  for (gsize i = 0; i < 8; i++)
    points[i] = (PplPoint) { 0.05 * (double) (i + 1), steep (0.05 * (double) (i + 1)), saturating (0.05 * (double) (i + 1)) };
  for (double p = 0.05; p < 12; p += 0.05)
    {
      answer = ppl_curve_interpolate (&curve, p);
      g_assert_cmpint (answer.state, ==, PPL_FOUND);
      g_assert_cmpfloat (answer.tau, >, before.tau);
      g_assert_cmpfloat (fabs (steep (answer.tau) / (1 + p / 100) - 1), <, 2e-3);
      if (!isnan (answer.active) && !isnan (before.active) && before.tau > 0)
        g_assert_cmpfloat (answer.active, <=, before.active);
      before = answer;
    }
  g_assert_cmpint (ppl_curve_interpolate (&curve, 1000).state, ==, PPL_NEVER);
  g_assert_cmpint (ppl_curve_interpolate (&(PplCurve) { NULL, 0, NULL }, 1).state, ==, PPL_SEARCHING);
  g_assert_true (ppl_curve_nearest (&curve, 100 * expm1 (log (steep (0.2)))) == &points[3]);
}

/* A hump above p: the answer is beyond it, and says so. */
static void
test_hump (void)
{
  const PplPoint points[] = { { 0.1, 1.02, 0.8 }, { 0.2, 1.005, 0.6 }, { 0.4, 1.3, 0.3 } };
  PplAnswer      answer = ppl_curve_answer (&(PplCurve) { points, 3, NULL }, 1, 1e-4);

  g_assert_cmpint (answer.state, ==, PPL_SEARCHING);
  g_assert_false (answer.is_monotone);
  g_assert_cmpfloat (answer.low, ==, 0.2);
  g_assert_cmpfloat (answer.high, ==, 0.4);
}

static PplAnswer
answer_from (const PplPoint *points, gsize n, double percent)
{
  return ppl_curve_answer (&(PplCurve) { points, n, NULL }, percent, 1e-4);
}

/* Whatever the ratios are, an answer has a τ in its bracket. */
static void
test_extremes (void)
{
  const double   below = nextafter (1.01, 0);
  const PplPoint nothing[] = { { 0.1, 0, 0.8, 0 }, { 0.2, 1.5, 0.5, 0 } }, near[] = { { 0.1, below, 0.8, 0 }, { 0.2, 1.01, 0.5, 0 } };
  PplAnswer      answer = answer_from (nothing, 2, 1);

  g_assert_true (answer.tau > 0.1 && answer.tau <= 0.2);
  g_assert_true (answer.active >= 0.5 && answer.active <= 0.8);
  answer = answer_from (near, 2, 1);
  g_assert_true (answer.tau >= 0.1 && answer.tau <= 0.2);
}

/* What helps by as much as p is allowed to cost is not near to it. */
static void
test_help (void)
{
  const double   cost = log1p (0.01);
  const PplPoint points[] = { { 0.1, exp (-cost), 0.7, 0 }, { 0.5, exp (16 * cost), 0.3, 0 }, { 0.9, exp (36 * cost), 0.1, 0 } };
  PplAnswer      answer = answer_from (points, 3, 1);

  g_assert_true (isinf (answer.estimate));
  g_assert_cmpint (answer.state, ==, PPL_SEARCHING);
}

/* One predicted token has no standard error; and below the first row of a table nobody knows what is active. */
static void
test_unknown (void)
{
  const PplPoint points[] = { { 0.1, 1.005, 0.8, NAN }, { 0.2, 1.02, 0.6, NAN } };
  PplAnswer      answer = answer_from (points, 2, 1);

  g_assert_cmpfloat_with_epsilon (answer.active, 0.7, 0.05);
  g_assert_true (isnan (answer.error));
  answer = ppl_curve_interpolate (&(PplCurve) { points, 2, NULL }, 0.1);
  g_assert_true (answer.tau > 0 && answer.tau < 0.1);
  g_assert_true (isnan (answer.active));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/ppl-p/search/smooth", test_smooth);
  g_test_add_func ("/ppl-p/search/wavy", test_wavy);
  g_test_add_func ("/ppl-p/search/noise", test_noise);
  g_test_add_func ("/ppl-p/search/exact", test_exact);
  g_test_add_func ("/ppl-p/search/guide", test_guide);
  g_test_add_func ("/ppl-p/search/jump", test_jump);
  g_test_add_func ("/ppl-p/search/ends", test_ends);
  g_test_add_func ("/ppl-p/search/twice", test_twice);
  g_test_add_func ("/ppl-p/search/reference", test_reference);
  g_test_add_func ("/ppl-p/search/interpolate", test_interpolate);
  g_test_add_func ("/ppl-p/search/hump", test_hump);
  g_test_add_func ("/ppl-p/search/extremes", test_extremes);
  g_test_add_func ("/ppl-p/search/help", test_help);
  g_test_add_func ("/ppl-p/search/unknown", test_unknown);
  return g_test_run ();
}
