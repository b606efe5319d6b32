/* test-axis.c - places, zoom, pan and ticks hold for any range */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "samples.h"
#include "sp-axis.h"

#include <float.h>
#include <math.h>
#include <string.h>

#define N_ROOM 256

typedef struct
{
  const char *name;
  SpAxis axis;
} Range;

static const Range ranges[] = {
  { "unit", { SP_SCALE_LINEAR, 0, 1, 0 } },
  { "signed", { SP_SCALE_LINEAR, -3.7, 12.9, 0 } },
  { "tiny", { SP_SCALE_LINEAR, 1e-9, 3e-9, 0 } },
  { "denormal", { SP_SCALE_LINEAR, 0, 5e-320, 0 } },
  { "huge", { SP_SCALE_LINEAR, -1e300, 1e300, 0 } },
  { "whole range", { SP_SCALE_LINEAR, -DBL_MAX / 2, DBL_MAX / 2, 0 } },
  { "narrow", { SP_SCALE_LINEAR, 1000, 1000.0001, 0 } },
  { "log", { SP_SCALE_LOG, 1e-6, 1, 0 } },
  { "log wide", { SP_SCALE_LOG, 1e-290, 1e290, 0 } },
  { "log narrow", { SP_SCALE_LOG, 0.011, 0.013, 0 } },
  { "log one decade", { SP_SCALE_LOG, 2, 60, 0 } },
  { "symlog", { SP_SCALE_SYMLOG, -100, 1000, 0.01 } },
  { "symlog low", { SP_SCALE_SYMLOG, -5, 0.2, 1e-3 } },
  { "symlog linear", { SP_SCALE_SYMLOG, -0.5, 0.5, 1 } },
  { "symlog high", { SP_SCALE_SYMLOG, 10, 1e6, 1 } },
};

static void
test_place_and_back (void)
{
  for (gsize r = 0; r < G_N_ELEMENTS (ranges); r++)
    for (int i = 0; i <= 100; i++)
      {
        const SpAxis *axis = &ranges[r].axis;
        double place = i / 100.0, back = sp_axis_place (axis, sp_axis_value (axis, place));
        /* A range that numbers themselves resolve only so far cannot be told finer. */
        double grain = MAX (fabs (axis->min), fabs (axis->max)) * DBL_EPSILON / (axis->max - axis->min);
        double bound = strcmp (ranges[r].name, "denormal") == 0 ? 1e-4 : 1e-12;

        if (axis->scale == SP_SCALE_LINEAR)
          bound = MAX (bound, 4 * grain);
        if (!(fabs (back - place) <= bound))
          g_error ("%s: place %g came back as %.17g", ranges[r].name, place, back);
      }
}

static void
test_place_beyond (void)
{
  SpAxis linear = { SP_SCALE_LINEAR, 0, 10, 0 }, log = { SP_SCALE_LOG, 0.1, 10, 0 };

  g_assert_cmpfloat_with_epsilon (sp_axis_place (&linear, -10), -1, 1e-12);
  g_assert_cmpfloat_with_epsilon (sp_axis_place (&linear, 20), 2, 1e-12);
  g_assert_cmpfloat_with_epsilon (sp_axis_place (&log, 1), 0.5, 1e-12);
  g_assert_true (isnan (sp_axis_place (&linear, NAN)));
  g_assert_true (isnan (sp_axis_place (&log, -1)));
  g_assert_true (isinf (sp_axis_place (&log, 0)));
}

static void
check_ticks (const char *name, const SpAxis *axis, gsize n_wanted, const char *unit)
{
  SpTick ticks[N_ROOM];
  gsize n = sp_axis_ticks (axis, n_wanted, unit, ticks, N_ROOM), n_major = 0;

  g_assert_cmpuint (n, <=, N_ROOM);
  for (gsize i = 0; i < n; i++)
    {
      if (!(ticks[i].place >= 0 && ticks[i].place <= 1))
        g_error ("%s: tick %g lies at %g", name, ticks[i].value, ticks[i].place);
      if (i > 0 && !(ticks[i].value > ticks[i - 1].value && ticks[i].place >= ticks[i - 1].place))
        g_error ("%s: tick %g follows %g", name, ticks[i].value, ticks[i - 1].value);
      if (ticks[i].is_major != (ticks[i].label[0] != '\0') || !g_utf8_validate (ticks[i].label, -1, NULL))
        g_error ("%s: tick %g is labelled '%s'", name, ticks[i].value, ticks[i].label);
      for (gsize k = 0; k < i; k++)
        if (ticks[i].is_major && strcmp (ticks[i].label, ticks[k].label) == 0)
          g_error ("%s: '%s' stands at %.17g and %.17g", name, ticks[i].label, ticks[k].value, ticks[i].value);
      n_major += ticks[i].is_major;
    }
  if (n_major > n_wanted + 1)
    g_error ("%s: %zu labels, %zu wanted", name, n_major, n_wanted);
  if (n_major < 2 && n_wanted >= 5 && strcmp (name, "denormal") != 0)
    g_error ("%s: %zu labels of %zu wanted", name, n_major, n_wanted);
}

static void
test_ticks (void)
{
  static const char *const units[] = { "", "share", "weight" };

  for (gsize r = 0; r < G_N_ELEMENTS (ranges); r++)
    for (gsize u = 0; u < G_N_ELEMENTS (units); u++)
      for (gsize n_wanted = 2; n_wanted <= 12; n_wanted++)
        check_ticks (ranges[r].name, &ranges[r].axis, n_wanted, units[u]);
}

/* Wherever zooming and panning lead, places and ticks stay sound. */
static void
test_wander (void)
{
  for (gsize r = 0; r < G_N_ELEMENTS (ranges); r++)
    {
      SpAxis axis = ranges[r].axis;

      for (guint64 i = 0; i < 400; i++)
        {
          double place = (sample_noise (i) + 1) / 2, still = sp_axis_value (&axis, place);
          SpAxis before = axis;

          sp_axis_zoom (&axis, place, exp (sample_noise (i + 1000) * 1.5 + (i < 200 ? 0.1 : -0.1)));
          g_assert_true (isfinite (axis.min) && isfinite (axis.max) && axis.min < axis.max);
          if (strcmp (ranges[r].name, "denormal") != 0 && memcmp (&axis, &before, sizeof axis) != 0)
            g_assert_cmpfloat_with_epsilon (sp_axis_place (&axis, still), place, 1e-4);
          sp_axis_pan (&axis, sample_noise (i + 2000) * 0.5);
          g_assert_true (isfinite (axis.min) && isfinite (axis.max) && axis.min < axis.max);
          check_ticks ("denormal", &axis, 6, "");
        }
    }
}

static void
test_fit (void)
{
  static const double cases[][2] = { { 0, 1 },
                                     { 0.3, 0.3 },
                                     { 0, 0 },
                                     { -1e308, 1e308 },
                                     { 5e-324, 1e-320 },
                                     { INFINITY, -INFINITY },
                                     { 1e9, 1e9 + 1e-7 },
                                     { 1e-300, 1e300 },
                                     { -4, -2 },
                                     { 0.0123, 0.0871 } };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    for (SpScale scale = SP_SCALE_LINEAR; scale <= SP_SCALE_SYMLOG; scale++)
      for (int padded = 0; padded < 2; padded++)
        {
          SpAxis axis = { scale, 0, 1, 0 };

          sp_axis_fit (&axis, cases[i][0], cases[i][1], padded);
          if (!(isfinite (axis.min) && isfinite (axis.max) && axis.min < axis.max &&
                (scale != SP_SCALE_LOG || axis.min > 0)))
            g_error ("%g … %g fitted as %g … %g", cases[i][0], cases[i][1], axis.min, axis.max);
          if (cases[i][0] <= cases[i][1] && fabs (cases[i][1]) < 1e300 &&
              (scale != SP_SCALE_LOG || cases[i][0] > 1e-299))
            {
              double air = 1e-9 * MAX (fabs (cases[i][0]), fabs (cases[i][1]));

              g_assert_cmpfloat (axis.min, <=, cases[i][0] + air);
              g_assert_cmpfloat (axis.max, >=, cases[i][1] - air);
            }
        }
}

static void
check_labels (SpAxis axis, gsize n_wanted, const char *unit, const char *expected)
{
  SpTick ticks[N_ROOM];
  gsize n = sp_axis_ticks (&axis, n_wanted, unit, ticks, N_ROOM);
  g_autoptr (GString) labels = g_string_new (NULL);

  for (gsize i = 0; i < n; i++)
    if (ticks[i].is_major)
      g_string_append_printf (labels, "%s%s", labels->len > 0 ? "|" : "", ticks[i].label);
  g_assert_cmpstr (labels->str, ==, expected);
}

static void
test_labels (void)
{
  check_labels ((SpAxis){ SP_SCALE_LINEAR, 0, 1, 0 }, 6, "share",
                "0\u2009%|20\u2009%|40\u2009%|60\u2009%|80\u2009%|100\u2009%");
  check_labels ((SpAxis){ SP_SCALE_LINEAR, -0.3, 0.3, 0 }, 8, "", "−0.3|−0.2|−0.1|0|0.1|0.2|0.3");
  check_labels ((SpAxis){ SP_SCALE_LINEAR, 0, 20000, 0 }, 3, "elements", "0|10\u2009000|20\u2009000");
  check_labels ((SpAxis){ SP_SCALE_LINEAR, 0, 3e6, 0 }, 4, "elements", "0|1\u2009M|2\u2009M|3\u2009M");
  check_labels ((SpAxis){ SP_SCALE_LINEAR, 0, 2.2, 0 }, 9, "rows", "0|1|2");
  check_labels ((SpAxis){ SP_SCALE_LOG, 1e-6, 1, 0 }, 4, "", "10⁻⁶|10⁻⁴|10⁻²|1");
  check_labels ((SpAxis){ SP_SCALE_LOG, 0.01, 100, 0 }, 9, "", "0.01|0.1|1|10|100");
  check_labels ((SpAxis){ SP_SCALE_LOG, 1e-4, 1, 0 }, 9, "share",
                "0.01\u2009%|0.1\u2009%|1\u2009%|10\u2009%|100\u2009%");
  check_labels ((SpAxis){ SP_SCALE_SYMLOG, -100, 100, 1 }, 9, "", "−100|−10|−1|0|1|10|100");
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/axis/place-and-back", test_place_and_back);
  g_test_add_func ("/axis/place-beyond", test_place_beyond);
  g_test_add_func ("/axis/ticks", test_ticks);
  g_test_add_func ("/axis/wander", test_wander);
  g_test_add_func ("/axis/fit", test_fit);
  g_test_add_func ("/axis/labels", test_labels);
  return g_test_run ();
}
