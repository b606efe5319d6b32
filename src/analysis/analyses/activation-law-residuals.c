/* activation-law-residuals.c - what is left of each point, and what a law makes straight
 *
 * Linearised: ln (b − ln (A − A₀)) = ln c + α ln D of the log-space law, ln (A₀ − A) = ln c − α ln D of the power law, of a negative c
 * with both signs turned; points of which no logarithm exists are left out. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "activation-law.h"

#include <glib/gi18n-lib.h>
#include <math.h>

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
  double *values = law_new_column (table);
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

  sp_table_take_column (table, sp_column_new_f64 ("D", "D", law_axis (law_has_steps (fits))->D_unit, sp_table_get_n_rows (table),
                                                  by_point (table, fits, NULL, get_tokens)));
  for (guint s = 0; s < fits->len; s++)
    if (((LawFit *) fits->pdata[s])->has_curve)
      {
        law_add_column (table, fits->pdata[s], "", "", by_point (table, fits, fits->pdata[s], get_residual));
        g_ptr_array_add (names, g_strdup (((LawFit *) fits->pdata[s])->series->title));
      }
  g_ptr_array_add (result->tables, table);
  plot = law_add_plot (result, "scatter", "residuals", _("Residuals"), "residuals", "D");
  plot->y = law_end_names (names);
  plot->x_scale = SP_SCALE_LOG;
  plot->x_title = g_strdup (_(law_axis (law_has_steps (fits))->axis));
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
  SpTable   *table = sp_table_new (id, title, count_rows (fits));
  GPtrArray *lines = g_ptr_array_new (), *points = g_ptr_array_new ();
  SpPlot    *plot;

  sp_table_take_column (table, sp_column_new_f64 ("ln_D", "ln D", "", sp_table_get_n_rows (table),
                                                  by_point (table, fits, NULL, get_log_tokens)));
  for (guint s = 0; s < fits->len; s++)
    {
      const LawFit *fit = fits->pdata[s];

      if (!has_form (fit, law))
        continue;
      law_add_column (table, fit, "", "", by_point (table, fits, fit, get_line));
      law_add_column (table, fit, ".measured", "", by_point (table, fits, fit, get_straight));
      g_ptr_array_add (lines, g_strdup (fit->series->title));
      g_ptr_array_add (points, g_strconcat (fit->series->title, ".measured", NULL));
    }
  g_ptr_array_add (result->tables, table);
  plot = law_add_plot (result, "line", id, title, id, "ln_D");
  plot->y = law_end_names (lines);
  plot->y_points = law_end_names (points);
  plot->x_title = g_strdup (_(law_axis (law_has_steps (fits))->log_axis));
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
law_add_residuals (SpResult *result, GPtrArray *fits)
{
  add_residuals (result, fits);
  if (is_any_of (fits, LAW_LOG_SPACE))
    add_straight (result, fits, LAW_LOG_SPACE, "straight-log-space", _("Log-space law, linearised"), "ln |b − ln(A − A₀)|");
  if (is_any_of (fits, LAW_POWER))
    add_straight (result, fits, LAW_POWER, "straight-power", _("Power law, linearised"), "ln |A₀ − A|");
}
