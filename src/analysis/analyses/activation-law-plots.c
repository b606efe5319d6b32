/* activation-law-plots.c - the curves with their bands, what is left over, and what a law makes straight
 *
 * Linearised: ln (b − ln (A − A₀)) = ln c + α ln D of the log-space law, ln (A₀ − A) = ln c − α ln D of the power law, of a negative c
 * with both signs turned; points of which no logarithm exists are left out. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "activation-law.h"

#include <glib/gi18n-lib.h>
#include <math.h>
#include <stdlib.h>

#define N_GRID 200

/* Names of the columns of a plot. */
typedef struct { GPtrArray *y, *low, *high, *points; } Names;

static char **
end_names (GPtrArray *names)
{
  g_ptr_array_add (names, NULL);
  return (char **) g_ptr_array_free (names, FALSE);
}

static SpPlot *
add_plot (SpResult *result, const char *kind, const char *id, const char *title, const char *table, const char *x)
{
  SpPlot *plot = sp_result_add_plot (result, kind, id, title, table);

  plot->x = g_strdup (x);
  return plot;
}

/* A column of the series, called so; values are taken. */
static void
add_column (SpTable *table, const LawFit *fit, const char *suffix, const char *unit, double *values)
{
  g_autofree char *name = g_strconcat (fit->series->title, suffix, NULL);

  sp_table_take_column (table, sp_column_new_f64 (g_intern_string (name), g_intern_string (fit->series->title), unit,
                                                  sp_table_get_n_rows (table), values));
}

static double *
new_column (SpTable *table)
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
  double         *curve = new_column (table), *low = new_column (table), *high = new_column (table);
  const LawPoint *first = fit->points + fit->n_of_use[LAW_LEFT_OUT], *last = first + fit->n_used - 1;

  for (gsize i = 0; fit->n_used > 0 && i < sp_table_get_n_rows (table); i++)
    if (places[i] >= first->tokens && places[i] <= last->tokens)
      curve[i] = law_fit_at (fit, places[i], &low[i], &high[i]);
  add_column (table, fit, "", "share", curve);
  add_column (table, fit, ".low", "share", low);
  add_column (table, fit, ".high", "share", high);
}

/* Of several at one place the last is shown. */
static void
add_measured (SpTable *table, const LawFit *fit, const double *places)
{
  double *values = new_column (table);
  gsize   row = 0;

  for (gsize i = 0; i < count_known (fit); i++)
    {
      while (places[row] < fit->points[i].tokens)
        row++;
      values[row] = fit->points[i].ratio;
    }
  add_column (table, fit, ".measured", "share", values);
}

static SpTable *
make_curves (GPtrArray *fits)
{
  g_autoptr (GArray) places = list_places (fits);
  SpTable           *table = sp_table_new ("curves", _("Curves"), places->len);
  const double      *tokens = (const double *) places->data;

  sp_table_take_column (table, sp_column_new_f64 ("D", "D", "10⁹ tokens", places->len, g_memdup2 (tokens, places->len * sizeof *tokens)));
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
  SpPlot *plot = add_plot (result, "line", id, title, "curves", "D");

  for (guint s = 0; s < fits->len; s++)
    if (is_one (fits->pdata[s], which))
      {
        const char *name = ((LawFit *) fits->pdata[s])->series->title;

        g_ptr_array_add (names.y, g_strdup (name));
        g_ptr_array_add (names.low, g_strconcat (name, ".low", NULL));
        g_ptr_array_add (names.high, g_strconcat (name, ".high", NULL));
        g_ptr_array_add (names.points, g_strconcat (name, ".measured", NULL));
      }
  plot->y = end_names (names.y);
  plot->y_low = end_names (names.low);
  plot->y_high = end_names (names.high);
  plot->y_points = end_names (names.points);
  plot->x_scale = SP_SCALE_LOG;
  plot->x_title = g_strdup (_("training tokens D"));
  plot->y_title = g_strdup (_("activation ratio"));
  plot->y_unit = g_strdup ("share");
  plot->caption = g_strdup (_("Activation ratio by training tokens, the curve of its law and the band in which the curve lies; hollow "
                              "points are left out."));
}

/* Where some fall and some rise, they lie too far apart to be looked at closely together. */
static void
add_ratios (SpResult *result, GPtrArray *fits)
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

/* --- a row for each used point ------------------------------------------------------------------------ */

/* What is drawn of a point; NaN: nothing. */
typedef double (*PointFunc) (const LawFit *fit, const LawPoint *point);

static gsize
count_rows (GPtrArray *fits)
{
  gsize n = 0;

  for (guint s = 0; s < fits->len; s++)
    n += ((LawFit *) fits->pdata[s])->n_used;
  return n;
}

/* Rows of other series stay empty. */
static double *
by_point (SpTable *table, GPtrArray *fits, const LawFit *only, PointFunc get)
{
  double *values = new_column (table);
  gsize   row = 0;

  for (guint s = 0; s < fits->len; s++)
    {
      const LawFit *fit = fits->pdata[s];

      for (gsize i = 0; i < fit->n_used; i++, row++)
        if (only == NULL || fit == only)
          values[row] = get (fit, fit->points + fit->n_of_use[LAW_LEFT_OUT] + i);
    }
  return values;
}

static double
get_tokens (G_GNUC_UNUSED const LawFit *fit, const LawPoint *point)
{
  return point->tokens;
}

static double
get_log_tokens (G_GNUC_UNUSED const LawFit *fit, const LawPoint *point)
{
  return log (point->tokens);
}

static double
get_residual (const LawFit *fit, const LawPoint *point)
{
  double low, high;

  return point->ratio - law_fit_at (fit, point->tokens, &low, &high);
}

static void
add_residuals (SpResult *result, GPtrArray *fits)
{
  SpTable   *table = sp_table_new ("residuals", _("Residuals"), count_rows (fits));
  GPtrArray *names = g_ptr_array_new ();
  SpPlot    *plot;

  sp_table_take_column (table, sp_column_new_f64 ("D", "D", "10⁹ tokens", sp_table_get_n_rows (table),
                                                  by_point (table, fits, NULL, get_tokens)));
  for (guint s = 0; s < fits->len; s++)
    if (((LawFit *) fits->pdata[s])->has_curve)
      {
        add_column (table, fits->pdata[s], "", "", by_point (table, fits, fits->pdata[s], get_residual));
        g_ptr_array_add (names, g_strdup (((LawFit *) fits->pdata[s])->series->title));
      }
  g_ptr_array_add (result->tables, table);
  plot = add_plot (result, "scatter", "residuals", _("Residuals"), "residuals", "D");
  plot->y = end_names (names);
  plot->x_scale = SP_SCALE_LOG;
  plot->x_title = g_strdup (_("training tokens D"));
  plot->y_title = g_strdup (_("activation ratio − fitted"));
  plot->caption = g_strdup (_("What the law leaves of each point: a pattern says that it is not the right one."));
}

/* --- what a law makes straight -------------------------------------------------------------------------- */

/* Sign of c: the other way round the same curve is straight. */
static double
sign_of (const LawFit *fit)
{
  return fit->coefs[fit->form == &law_forms[LAW_POWER] ? 1 : 2] < 0 ? -1 : 1;
}

/* NaN where there is no logarithm. */
static double
get_straight (const LawFit *fit, const LawPoint *point)
{
  gboolean is_power = fit->form == &law_forms[LAW_POWER];
  double   inner = is_power ? fit->coefs[2] - point->ratio : fit->coefs[1] - log (point->ratio - fit->coefs[3]);

  return inner * sign_of (fit) > 0 ? log (fabs (inner)) : NAN;
}

static double
get_line (const LawFit *fit, const LawPoint *point)
{
  gboolean is_power = fit->form == &law_forms[LAW_POWER];
  double   c = fit->coefs[is_power ? 1 : 2], alpha = is_power ? -fit->coefs[0] : fit->coefs[0];

  return log (fabs (c)) + alpha * log (point->tokens);
}

static gboolean
has_form (const LawFit *fit, LawId law)
{
  return fit->has_curve && fit->form == &law_forms[law];
}

static void
add_straight (SpResult *result, GPtrArray *fits, LawId law, const char *id, const char *title, const char *y_title)
{
  SpTable *table = sp_table_new (id, title, count_rows (fits));
  Names    names = { .y = g_ptr_array_new (), .points = g_ptr_array_new () };
  SpPlot  *plot;

  sp_table_take_column (table, sp_column_new_f64 ("ln_D", "ln D", "", sp_table_get_n_rows (table),
                                                  by_point (table, fits, NULL, get_log_tokens)));
  for (guint s = 0; s < fits->len; s++)
    {
      const LawFit *fit = fits->pdata[s];

      if (!has_form (fit, law))
        continue;
      add_column (table, fit, "", "", by_point (table, fits, fit, get_line));
      add_column (table, fit, ".measured", "", by_point (table, fits, fit, get_straight));
      g_ptr_array_add (names.y, g_strdup (fit->series->title));
      g_ptr_array_add (names.points, g_strconcat (fit->series->title, ".measured", NULL));
    }
  g_ptr_array_add (result->tables, table);
  plot = add_plot (result, "line", id, title, id, "ln_D");
  plot->y = end_names (names.y);
  plot->y_points = end_names (names.points);
  plot->x_title = g_strdup (_("ln D, D in 10⁹ tokens"));
  plot->y_title = g_strdup (y_title);
  plot->caption = g_strdup (_("Where a series follows its law, its points lie on the straight line; the slope is the exponent α, or "
                              "−α of a plain power law."));
}

static gboolean
is_any_of (GPtrArray *fits, LawId law)
{
  for (guint s = 0; s < fits->len; s++)
    if (has_form (fits->pdata[s], law))
      return TRUE;
  return FALSE;
}

void
law_add_plots (SpResult *result, GPtrArray *fits)
{
  add_ratios (result, fits);
  add_residuals (result, fits);
  if (is_any_of (fits, LAW_LOG_SPACE))
    add_straight (result, fits, LAW_LOG_SPACE, "straight-log-space", _("Log-space law, linearised"),
                  "ln |b − ln(A − A₀)|");
  if (is_any_of (fits, LAW_POWER))
    add_straight (result, fits, LAW_POWER, "straight-power", _("Power law, linearised"), "ln |A₀ − A|");
}
