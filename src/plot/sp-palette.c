/* sp-palette.c - colour maps, walked at constant perceived speed through a few chosen colours */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sp-palette.h"

#include "sp-color.h"

#include <glib/gi18n-lib.h>
#include <string.h>

#define N_COLORS 256
#define N_FINE   2048          /* points of the curve before it is cut into equal steps */
#define MAX_KNOTS 8

typedef struct { double lightness, chroma, hue; } Knot;     /* OKLab in polar form, degrees */

/* A diverging map is two curves that meet in the middle: n_low knots down to it, the rest up from it. */
typedef struct {
  const char *id, *title;
  gsize       n, n_low;        /* n_low 0: sequential */
  Knot        knots[2 * MAX_KNOTS];
} Recipe;

static const Recipe recipes[] = {
  { "ink", N_("Ink"), 7, 0,
    { { .975, .012, 100 }, { .90, .045, 160 }, { .78, .085, 205 }, { .63, .11, 235 }, { .48, .125, 262 },
      { .34, .11, 285 }, { .22, .07, 305 } } },
  { "lagoon", N_("Lagoon"), 7, 0,
    { { .25, .085, 315 }, { .38, .115, 288 }, { .50, .095, 245 }, { .62, .095, 195 }, { .74, .14, 155 },
      { .85, .17, 122 }, { .93, .16, 104 } } },
  { "dusk", N_("Dusk"), 6, 0,
    { { .23, .06, 262 }, { .37, .06, 265 }, { .50, .012, 270 }, { .63, .04, 95 }, { .77, .10, 92 },
      { .91, .15, 98 } } },
  { "grey", N_("Grey"), 2, 0, { { .97, 0, 0 }, { .20, 0, 0 } } },
  { "tide", N_("Tide"), 10, 5,
    { { .30, .115, 262 }, { .46, .145, 257 }, { .63, .125, 247 }, { .81, .07, 235 }, { .965, .004, 90 },
      { .965, .004, 90 }, { .83, .07, 45 }, { .67, .14, 36 }, { .49, .165, 27 }, { .32, .115, 20 } } },
  { "orchid", N_("Orchid"), 10, 5,
    { { .31, .125, 310 }, { .47, .145, 312 }, { .65, .11, 314 }, { .82, .06, 315 }, { .965, .004, 90 },
      { .965, .004, 90 }, { .83, .085, 140 }, { .65, .13, 148 }, { .47, .115, 152 }, { .31, .075, 156 } } },
};

static SpPalette palettes[G_N_ELEMENTS (recipes)];

static double
hermite (const double *p, gsize n, gsize i, double f)
{
  double slope0 = i == 0 ? p[1] - p[0] : (p[i + 1] - p[i - 1]) / 2;
  double slope1 = i + 2 == n ? p[n - 1] - p[n - 2] : (p[i + 2] - p[i]) / 2;
  double f2 = f * f, f3 = f2 * f;

  return (2 * f3 - 3 * f2 + 1) * p[i] + (f3 - 2 * f2 + f) * slope0 + (3 * f2 - 2 * f3) * p[i + 1] + (f3 - f2) * slope1;
}

/* A smooth curve through the knots: curve, length along it at each point: (N_FINE). */
static void
trace_curve (const Knot *knots, gsize n, SpLab *curve, double *length)
{
  double l[MAX_KNOTS], a[MAX_KNOTS], b[MAX_KNOTS];

  for (gsize i = 0; i < n; i++)
    {
      SpLab lab = sp_lab_from_polar (knots[i].lightness, knots[i].chroma, knots[i].hue);

      l[i] = lab.l, a[i] = lab.a, b[i] = lab.b;
    }
  for (gsize k = 0; k < N_FINE; k++)
    {
      double t = (double) k * (n - 1) / (N_FINE - 1);
      gsize  i = MIN ((gsize) t, n - 2);

      SpLab  lab = { hermite (l, n, i, t - i), hermite (a, n, i, t - i), hermite (b, n, i, t - i) };

      curve[k] = sp_lab_in_gamut (lab);
      length[k] = k == 0 ? 0 : length[k - 1] + sp_lab_distance (curve[k - 1], curve[k]);
    }
}

/* n colours at equal distances along the curve, both ends included. */
static void
cut_evenly (const Knot *knots, gsize n_knots, gsize n, guint32 *rgb)
{
  g_autofree SpLab  *curve = g_new (SpLab, N_FINE);
  g_autofree double *length = g_new (double, N_FINE);
  gsize              k = 0;

  trace_curve (knots, n_knots, curve, length);
  for (gsize i = 0; i < n; i++)
    {
      double wanted = length[N_FINE - 1] * i / (n - 1);

      while (k + 2 < N_FINE && length[k + 1] < wanted)
        k++;
      rgb[i] = sp_color_to_rgb (sp_color_from_lab (curve[wanted - length[k] < length[k + 1] - wanted ? k : k + 1]));
    }
}

static void
make_palette (const Recipe *recipe, SpPalette *palette)
{
  guint32 half[N_COLORS / 2 + 1];

  palette->id = recipe->id;
  palette->title = recipe->title;
  palette->is_diverging = recipe->n_low > 0;
  if (!palette->is_diverging)
    {
      cut_evenly (recipe->knots, recipe->n, N_COLORS, palette->rgb);
      return;
    }
  /* The common middle colour itself is left out: entries 127 and 128 lie half a step beside zero. */
  cut_evenly (recipe->knots, recipe->n_low, N_COLORS / 2 + 1, half);
  memcpy (palette->rgb, half, sizeof (guint32) * N_COLORS / 2);
  cut_evenly (recipe->knots + recipe->n_low, recipe->n - recipe->n_low, N_COLORS / 2 + 1, half);
  memcpy (palette->rgb + N_COLORS / 2, half + 1, sizeof (guint32) * N_COLORS / 2);
}

const SpPalette *
sp_palette_nth (gsize i)
{
  static gsize is_made;

  if (g_once_init_enter (&is_made))
    {
      for (gsize k = 0; k < G_N_ELEMENTS (recipes); k++)
        make_palette (&recipes[k], &palettes[k]);
      g_once_init_leave (&is_made, 1);
    }
  return i < G_N_ELEMENTS (palettes) ? &palettes[i] : NULL;
}

const SpPalette *
sp_palette_find (const char *id)
{
  const SpPalette *palette;

  for (gsize i = 0; (palette = sp_palette_nth (i)) != NULL; i++)
    if (g_strcmp0 (palette->id, id) == 0)
      return palette;
  return sp_palette_nth (0);
}

guint32
sp_palette_rgb (const SpPalette *palette, double t)
{
  if (!(t > 0))
    return palette->rgb[0];
  return palette->rgb[t >= 1 ? N_COLORS - 1 : (gsize) (t * N_COLORS)];
}
