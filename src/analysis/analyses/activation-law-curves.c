/* activation-law-curves.c - ratios by tokens, the curves through them and their bands */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "activation-law.h"

#include <glib/gi18n-lib.h>
#include <math.h>
#include <stdlib.h>

#define N_GRID 200

/* Names of the columns of a plot. */
typedef struct { GPtrArray *y, *low, *high, *points; } Names;

char **
law_end_names (GPtrArray *names)
{
  g_ptr_array_add (names, NULL);
  return (char **) g_ptr_array_free (names, FALSE);
}

SpPlot *
law_add_plot (SpResult *result, const char *kind, const char *id, const char *title, const char *table, const char *x)
{
  SpPlot *plot = sp_result_add_plot (result, kind, id, title, table);

  plot->x = g_strdup (x);
  return plot;
}

void
law_add_column (SpTable *table, const LawFit *fit, const char *suffix, const char *unit, double *values)
{
  g_autofree char *name = g_strconcat (fit->series->title, suffix, NULL);

  sp_table_take_column (table, sp_column_new_f64 (g_intern_string (name), g_intern_string (fit->series->title), unit,
                                                  sp_table_get_n_rows (table), values));
}

double *
law_new_column (SpTable *table)
{
  gsize   n = sp_table_get_n_rows (table);
  double *values = g_new (double, n + 1);

  for (gsize i = 0; i < n; i++)
    values[i] = NAN;
  return values;
}

/* --- the curves --------------------------------------------------------------------------------------- */

static gsize
count_known (const LawFit *fit)
{
  return fit->n_used + fit->n_of_use[LAW_LEFT_OUT];
}

static int
compare_numbers (gconstpointer a, gconstpointer b)
{
  double x = *(const double *) a, y = *(const double *) b;

  return (x > y) - (x < y);
}

/* Rising, each once: the tokens of all points, and so many between that curves look smooth. */
static GArray *
list_places (GPtrArray *fits)
{
  GArray *places = g_array_new (FALSE, FALSE, sizeof (double));
  double  low = INFINITY, high = 0;
  guint   n = 0;

  for (guint s = 0; s < fits->len; s++)
    for (gsize i = 0; i < count_known (fits->pdata[s]); i++)
      {
        double tokens = ((LawFit *) fits->pdata[s])->points[i].tokens;

        low = fmin (low, tokens), high = fmax (high, tokens);
        g_array_append_val (places, tokens);
      }
  for (guint i = 0; low < high && i < N_GRID; i++)
    {
      double tokens = low * pow (high / low, (i + 0.5) / N_GRID);

      g_array_append_val (places, tokens);
    }
  g_array_sort (places, compare_numbers);
  for (guint i = 0; i < places->len; i++)
    if (n == 0 || g_array_index (places, double, i) != g_array_index (places, double, n - 1))
      g_array_index (places, double, n++) = g_array_index (places, double, i);
  g_array_set_size (places, n);
  return places;
}

/* From the first used point to the last. */
static void
add_curve (SpTable *table, const LawFit *fit, const double *places)
{
  double         *curve = law_new_column (table), *low = law_new_column (table), *high = law_new_column (table);
  const LawPoint *first = fit->points + fit->n_of_use[LAW_LEFT_OUT], *last = first + fit->n_used - 1;

  for (gsize i = 0; fit->n_used > 0 && i < sp_table_get_n_rows (table); i++)
    if (places[i] >= first->tokens && places[i] <= last->tokens)
      curve[i] = law_fit_at (fit, places[i], &low[i], &high[i]);
  law_add_column (table, fit, "", "share", curve);
  law_add_column (table, fit, ".low", "share", low);
  law_add_column (table, fit, ".high", "share", high);
}

/* Of several at one place the last is shown. */
static void
add_measured (SpTable *table, const LawFit *fit, const double *places)
{
  double *values = law_new_column (table);
  gsize   row = 0;

  for (gsize i = 0; i < count_known (fit); i++)
    {
      while (places[row] < fit->points[i].tokens)
        row++;
      values[row] = fit->points[i].ratio;
    }
  law_add_column (table, fit, ".measured", "share", values);
}

static SpTable *
make_curves (GPtrArray *fits)
{
  g_autoptr (GArray) places = list_places (fits);
  SpTable           *table = sp_table_new ("curves", _("Curves"), places->len);
  const double      *tokens = (const double *) places->data;

  sp_table_take_column (table, sp_column_new_f64 ("D", "D", law_axis (law_has_steps (fits))->D_unit, places->len,
                                                  g_memdup2 (tokens, places->len * sizeof *tokens)));
  for (guint s = 0; s < fits->len; s++)
    {
      add_curve (table, fits->pdata[s], tokens);
      add_measured (table, fits->pdata[s], tokens);
    }
  return table;
}

typedef enum { ALL, FALLING, RISING } Which;

static gboolean
is_one (const LawFit *fit, Which which)
{
  return count_known (fit) > 0 && (which == ALL || fit->is_falling == (which == FALLING));
}

static guint
count (GPtrArray *fits, Which which)
{
  guint n = 0;

  for (guint s = 0; s < fits->len; s++)
    n += is_one (fits->pdata[s], which);
  return n;
}

static void
plot_ratios (SpResult *result, GPtrArray *fits, Which which, const char *id, const char *title)
{
  Names   names = { g_ptr_array_new (), g_ptr_array_new (), g_ptr_array_new (), g_ptr_array_new () };
  SpPlot *plot = law_add_plot (result, "line", id, title, "curves", "D");

  for (guint s = 0; s < fits->len; s++)
    if (is_one (fits->pdata[s], which))
      {
        const char *name = ((LawFit *) fits->pdata[s])->series->title;

        g_ptr_array_add (names.y, g_strdup (name));
        g_ptr_array_add (names.low, g_strconcat (name, ".low", NULL));
        g_ptr_array_add (names.high, g_strconcat (name, ".high", NULL));
        g_ptr_array_add (names.points, g_strconcat (name, ".measured", NULL));
      }
  plot->y = law_end_names (names.y);
  plot->y_low = law_end_names (names.low);
  plot->y_high = law_end_names (names.high);
  plot->y_points = law_end_names (names.points);
  plot->x_scale = SP_SCALE_LOG;
  plot->x_title = g_strdup (_(law_axis (law_has_steps (fits))->axis));
  plot->y_title = g_strdup (_("activation ratio"));
  plot->y_unit = g_strdup ("share");
  plot->caption = g_strdup (_("Activation ratio by training, the curve of its law and the band in which the curve lies; hollow "
                              "points are left out."));
}

/* Where some fall and some rise, they lie too far apart to be looked at closely together. */
void
law_add_curves (SpResult *result, GPtrArray *fits)
{
  gboolean         is_mixed = count (fits, FALLING) > 0 && count (fits, RISING) > 0;
  const char      *only = fits->len == 1 ? ((LawFit *) fits->pdata[0])->series->title : NULL;
  g_autofree char *title = only != NULL ? g_strdup_printf (_("Activation ratio of %s"), only) : g_strdup (_("Activation ratio"));

  g_ptr_array_add (result->tables, make_curves (fits));
  plot_ratios (result, fits, ALL, "ratios", title);
  if (!is_mixed)
    return;
  plot_ratios (result, fits, FALLING, "falling", _("Activation ratio, falling"));
  plot_ratios (result, fits, RISING, "rising", _("Activation ratio, rising"));
}
