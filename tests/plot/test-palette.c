/* test-palette.c - colour maps rise evenly and stay readable for colour-blind eyes */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sp-color.h"
#include "sp-palette.h"

#include <math.h>

#define STEP 8 /* entries; below this 8-bit rounding is larger than the step */

static SpLab
lab_at (const SpPalette *palette, gsize i, SpEye eye)
{
  return sp_color_to_lab (sp_color_seen_by (sp_color_from_rgb (palette->rgb[i]), eye));
}

/* Along first…last lightness goes one way, strictly where the step is larger than rounding. */
static void
check_lightness (const SpPalette *palette, gsize first, gsize last)
{
  double sign = lab_at (palette, last, SP_EYE_NORMAL).l > lab_at (palette, first, SP_EYE_NORMAL).l ? 1 : -1;

  for (gsize i = first; i < last; i++)
    if (sign * (lab_at (palette, i + 1, SP_EYE_NORMAL).l - lab_at (palette, i, SP_EYE_NORMAL).l) <
        -1e-9 * sign * sign - 1e-3)
      g_error ("%s: lightness turns back at %zu", palette->id, i);
  for (gsize i = first; i + 3 <= last; i++)
    if (sign * (lab_at (palette, i + 3, SP_EYE_NORMAL).l - lab_at (palette, i, SP_EYE_NORMAL).l) <= 0)
      g_error ("%s: lightness stands still at %zu", palette->id, i);
}

static void
test_lightness (void)
{
  const SpPalette *palette;

  for (gsize i = 0; (palette = sp_palette_nth (i)) != NULL; i++)
    {
      check_lightness (palette, 0, palette->is_diverging ? 127 : 255);
      if (palette->is_diverging)
        check_lightness (palette, 128, 255);
    }
}

/* The middle is the lightest, and both sides are equally dark at equal distance: sign by hue, size by lightness. */
static void
test_diverging (void)
{
  const SpPalette *palette;

  for (gsize i = 0; (palette = sp_palette_nth (i)) != NULL; i++)
    for (gsize k = 0; palette->is_diverging && k < 128; k++)
      {
        SpLab low = lab_at (palette, k, SP_EYE_NORMAL), high = lab_at (palette, 255 - k, SP_EYE_NORMAL);

        g_assert_cmpfloat_with_epsilon (low.l, high.l, 0.06);
        if (k < 112)
          for (SpEye eye = SP_EYE_NORMAL; eye <= SP_EYE_DEUTAN; eye++)
            g_assert_cmpfloat (sp_lab_distance (lab_at (palette, k, eye), lab_at (palette, 255 - k, eye)), >, 0.03);
      }
}

static void
test_even_steps (void)
{
  const SpPalette *palette;

  for (gsize i = 0; (palette = sp_palette_nth (i)) != NULL; i++)
    {
      double least = INFINITY, most = 0;

      for (gsize k = 0; k + STEP < 256; k += STEP)
        {
          double step = sp_lab_distance (lab_at (palette, k, SP_EYE_NORMAL), lab_at (palette, k + STEP, SP_EYE_NORMAL));

          least = MIN (least, step), most = MAX (most, step);
        }
      g_test_message ("%s: steps %.4f … %.4f", palette->id, least, most);
      if (most / least > 1.35)
        g_error ("%s: steps from %.4f to %.4f", palette->id, least, most);
    }
}

static void
test_color_blind (void)
{
  const SpPalette *palette;

  for (gsize i = 0; (palette = sp_palette_nth (i)) != NULL; i++)
    for (SpEye eye = SP_EYE_NORMAL; eye <= SP_EYE_DEUTAN; eye++)
      for (gsize k = 0; k < 8; k++)
        {
          double away = sp_lab_distance (lab_at (palette, k * 255 / 8, eye), lab_at (palette, (k + 1) * 255 / 8, eye));

          if (away < 0.055)
            g_error ("%s: eighths %zu and %zu are %.3f apart for eye %d", palette->id, k, k + 1, away, (int) eye);
        }
}

static void
test_find (void)
{
  g_assert_true (sp_palette_find ("no such palette") == sp_palette_nth (0));
  g_assert_true (sp_palette_find (NULL) == sp_palette_nth (0));
  g_assert_cmpuint (sp_palette_rgb (sp_palette_nth (1), NAN), ==, sp_palette_nth (1)->rgb[0]);
  g_assert_cmpuint (sp_palette_rgb (sp_palette_nth (1), 7), ==, sp_palette_nth (1)->rgb[255]);
}

static void
check_theme (const SpTheme *theme)
{
  g_assert_cmpfloat (sp_color_contrast (theme->foreground, theme->background), >=, 7);
  g_assert_cmpfloat (sp_color_contrast (theme->dim, theme->background), >=, 4.5);
  g_assert_cmpfloat (sp_color_contrast (theme->marker, theme->background), >=, 4.5);
  for (gsize i = 0; i < G_N_ELEMENTS (theme->series); i++)
    {
      g_assert_cmpfloat (sp_color_contrast (theme->series[i], theme->background), >=, 3);
      for (gsize k = 0; k < i; k++)
        for (SpEye eye = SP_EYE_NORMAL; eye <= SP_EYE_DEUTAN; eye++)
          {
            SpLab p = sp_color_to_lab (sp_color_seen_by (theme->series[i], eye));
            SpLab q = sp_color_to_lab (sp_color_seen_by (theme->series[k], eye));
            double bound = i < 4 ? 0.085 : 0.05;

            if (sp_lab_distance (p, q) < bound)
              g_error ("series %zu and %zu of the %s theme are %.3f apart for eye %d", k, i,
                       theme->is_dark ? "dark" : "light", sp_lab_distance (p, q), (int) eye);
          }
    }
}

static void
test_themes (void)
{
  check_theme (sp_theme_get (FALSE));
  check_theme (sp_theme_get (TRUE));
}

/* Exact zeros are told from every colour that stands for a number in the default maps of signed data. */
static void
test_zero (void)
{
  const SpPalette *palette = sp_palette_find ("tide");

  for (int dark = 0; dark < 2; dark++)
    for (gsize i = 0; i < 256; i++)
      g_assert_cmpfloat (
        sp_lab_distance (sp_color_to_lab (sp_theme_get (dark)->zero), lab_at (palette, i, SP_EYE_NORMAL)), >, 0.06);
}

static void
test_lab_round_trip (void)
{
  for (guint32 rgb = 0; rgb < 0x1000000; rgb += 0x010713)
    g_assert_cmphex (sp_color_to_rgb (sp_color_from_lab (sp_color_to_lab (sp_color_from_rgb (rgb)))), ==, rgb);
  g_assert_cmpfloat_with_epsilon (sp_color_contrast (sp_color_from_rgb (0), sp_color_from_rgb (0xffffff)), 21, 1e-9);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/palette/lightness", test_lightness);
  g_test_add_func ("/palette/diverging", test_diverging);
  g_test_add_func ("/palette/even-steps", test_even_steps);
  g_test_add_func ("/palette/color-blind", test_color_blind);
  g_test_add_func ("/palette/find", test_find);
  g_test_add_func ("/palette/themes", test_themes);
  g_test_add_func ("/palette/zero", test_zero);
  g_test_add_func ("/palette/lab-round-trip", test_lab_round_trip);
  return g_test_run ();
}
