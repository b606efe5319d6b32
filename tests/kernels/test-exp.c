/* test-exp.c - e^x and ln x of the kernels against the C library's in f64, over all they are asked for
 *
 * On the plain layer alone, whose bits are those of all others. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "simd-scalar.h"
#include "elements.h"
#include "exp.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#define MOST_ULP 1.0
#define MOST_ULP_OF_SUM 1.25

static unsigned n_failures;

static double
ulps_of (float found, double truth)
{
  float near = (float) truth;

  return isinf (near) ? (found == near ? 0 : INFINITY) : fabs ((double) found - truth) / (double) (nextafterf (near, INFINITY) - near);
}

static void
say (const char *what, double worst, double most)
{
  printf ("%-10s %.3g, at most %.3g\n", what, worst, most);
  n_failures += !(worst <= most);
}

/* e^(x + rest), and e^x where there is no rest. */
static void
check_f32 (const char *what, float rest)
{
  double worst = 0;

  for (float first = LEAST_EXPONENT; first < 87; first += 0x1p-6f)
    {
      f32x16 x, e;

      EACH_LANE x.v[l] = first + (float) l * 0x1.01p-10f;
      e = rest != 0 ? exp_sum (x, set1 (rest)) : exp_of (x);
      EACH_LANE worst = fmax (worst, ulps_of (e.v[l], exp ((double) x.v[l] + (double) rest)));
    }
  say (what, worst, rest != 0 ? MOST_ULP_OF_SUM : MOST_ULP);
}

static void
check_f64 (void)
{
  double worst = 0;

  for (double first = -128; first < 87; first += 0x1p-6)
    {
      f64x16 x;
      f32x16 e;

      EACH_LANE x.v[l] = first + l * 0x1.0123456p-10;
      e = exp_wide (x);
      EACH_LANE worst = fmax (worst, ulps_of (e.v[l], exp (x.v[l])));
    }
  say ("exp_wide", worst, MOST_ULP);
}

static void
check_odd (void)
{
  f32x16 x = { { 0, -0.0f, NAN, LEAST_EXPONENT, -103.98f, 1, -1 } }, e = exp_of (x);
  bool   is_good = e.v[0] == 1 && e.v[1] == 1 && isnan (e.v[2]) && e.v[3] == 0 && !signbit (e.v[3]) && e.v[4] == 0;

  say ("odd", !is_good, 0);
}

static void
check_ln (void)
{
  double worst = 0;

  for (double x = 1e-300; x < 1e300; x *= 1.0001)
    worst = fmax (worst, fabs (ln_of (x) - log (x)) / fmax (fabs (log (x)), 0.01));
  say ("ln_of", worst, 1e-15);
  say ("ln_of 1", ln_of (1), 0);
}

int
main (void)
{
  check_f32 ("exp_of", 0);
  check_f32 ("exp_sum", 0x1.3p-5f);
  check_f32 ("exp_sum", -0x1.3p-5f);
  check_f64 ();
  check_odd ();
  check_ln ();
  return n_failures == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
