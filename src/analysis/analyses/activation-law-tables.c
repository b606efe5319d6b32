/* activation-law-tables.c - the laws, a row a series, and the points, a row each */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "activation-law.h"

#include <glib/gi18n-lib.h>
#include <math.h>

/* --- a row a series ------------------------------------------------------------------------------------- */

static double
coefficient_of (const LawFit *fit, const double *values, guint name)
{
  for (guint i = 0; i < fit->form->n_coefs; i++)
    if (fit->form->coefs[i] == name)
      return values[i];
  return NAN;
}

/* Of all series; the error beside it. */
static void
add_coefficient (SpTable *table, GPtrArray *fits, guint name)
{
  double          *values = g_new (double, fits->len + 1), *errors = g_new (double, fits->len + 1);
  g_autofree char *error_name = g_strconcat (law_names[name].id, "_error", NULL);
  g_autofree char *error_title = g_strconcat ("± ", law_names[name].title, NULL);

  for (guint s = 0; s < fits->len; s++)
    {
      const LawFit *fit = fits->pdata[s];

      values[s] = fit->has_curve ? coefficient_of (fit, fit->coefs, name) : NAN;
      errors[s] = fit->has_curve ? coefficient_of (fit, fit->errors, name) : NAN;
    }
  sp_table_take_column (table, sp_column_new_f64 (law_names[name].id, law_names[name].title, "", fits->len, values));
  sp_table_take_column (table, sp_column_new_f64 (g_intern_string (error_name), g_intern_string (error_title), "", fits->len, errors));
}

static gboolean
is_coefficient_used (GPtrArray *fits, guint name)
{
  for (guint s = 0; s < fits->len; s++)
    for (guint i = 0; i < ((LawFit *) fits->pdata[s])->form->n_coefs; i++)
      if (((LawFit *) fits->pdata[s])->form->coefs[i] == name)
        return TRUE;
  return FALSE;
}

static void
add_words (SpTable *table, GPtrArray *fits)
{
  g_autofree const char **titles = g_new0 (const char *, fits->len + 1), **forms = g_new0 (const char *, fits->len + 1);
  gint64                 *n_points = g_new (gint64, fits->len + 1);

  for (guint s = 0; s < fits->len; s++)
    {
      const LawFit *fit = fits->pdata[s];

      titles[s] = fit->series->title;
      forms[s] = fit->form->id;
      n_points[s] = (gint64) fit->n_used;
    }
  sp_table_take_column (table, sp_column_new_text ("series", _("Series"), fits->len, titles));
  sp_table_take_column (table, sp_column_new_text ("law", _("Law"), fits->len, forms));
  sp_table_take_column (table, sp_column_new_i64 ("points", _("Points"), "", fits->len, n_points));
}

/* mean absolute and mean square residual, share of the variance */
static void
add_errors (SpTable *table, GPtrArray *fits)
{
  gsize                   n = fits->len;
  double                 *maes = g_new (double, n + 1), *mses = g_new (double, n + 1), *shares = g_new (double, n + 1);
  g_autofree const char **problems = g_new0 (const char *, n + 1);

  for (guint s = 0; s < n; s++)
    {
      const LawFit *fit = fits->pdata[s];

      maes[s] = fit->has_curve ? law_mean (fit->absolute, fit->n_used) : NAN;
      mses[s] = fit->has_curve ? law_mean (fit->squares, fit->n_used) : NAN;
      shares[s] = fit->has_curve ? law_explained (fit->squares, fit->total) : NAN;
      problems[s] = fit->problem;
    }
  sp_table_take_column (table, sp_column_new_f64 ("mae", _("Mean |residual|"), "", n, maes));
  sp_table_take_column (table, sp_column_new_f64 ("mse", _("Mean residual²"), "", n, mses));
  sp_table_take_column (table, sp_column_new_f64 ("r2", "R²", "", n, shares));
  sp_table_take_column (table, sp_column_new_text ("note", _("Note"), n, problems));
}

static void
add_laws (SpResult *result, GPtrArray *fits)
{
  SpTable *table = sp_table_new ("laws", _("Laws"), fits->len);

  add_words (table, fits);
  for (guint name = 0; name < LAW_N_NAMES; name++)
    if (is_coefficient_used (fits, name))
      add_coefficient (table, fits, name);
  add_errors (table, fits);
  g_ptr_array_add (result->tables, table);
}

/* --- a row a point ---------------------------------------------------------------------------------------- */

static const char *const uses[] = {
  [LAW_USED] = "used", [LAW_LEFT_OUT] = "left-out", [LAW_NO_NUMBER] = "not-finite", [LAW_NO_TOKENS] = "no-tokens",
  [LAW_NO_RATIO] = "no-ratio",
};

enum { TOKENS, IN_BILLIONS, RATIO, FITTED, RESIDUAL, LOW, HIGH, N_NUMBERS };

static void
fill_point (const LawFit *fit, const LawPoint *point, gsize row, double *const *numbers)
{
  gboolean is_known = point->use == LAW_USED || point->use == LAW_LEFT_OUT;

  numbers[TOKENS][row] = round (point->tokens * law_axis (fit->series->is_steps)->per_D);
  numbers[IN_BILLIONS][row] = point->tokens;
  numbers[RATIO][row] = point->ratio;
  numbers[FITTED][row] = numbers[LOW][row] = numbers[HIGH][row] = NAN;
  if (is_known)
    numbers[FITTED][row] = law_fit_at (fit, point->tokens, &numbers[LOW][row], &numbers[HIGH][row]);
  numbers[RESIDUAL][row] = point->ratio - numbers[FITTED][row];
}

static void
add_points (SpResult *result, GPtrArray *fits)
{
  const LawAxis *axis = law_axis (law_has_steps (fits));
  const struct { const char *name, *title, *unit; } columns[N_NUMBERS] = {
    { axis->column, axis->title, axis->unit },   { "D", "D", axis->D_unit },          { "ratio", N_("Activation ratio"), "share" },
    { "fitted", N_("Fitted"), "share" },         { "residual", N_("Residual"), "" },  { "low", N_("Band from"), "share" },
    { "high", N_("Band to"), "share" },
  };
  double *numbers[N_NUMBERS];
  gsize   n = 0, row = 0;
  SpTable *table;
  g_autofree const char **titles = NULL, **ids = NULL;

  for (guint s = 0; s < fits->len; s++)
    n += ((LawFit *) fits->pdata[s])->n_points;
  for (guint k = 0; k < N_NUMBERS; k++)
    numbers[k] = g_new (double, n + 1);
  titles = g_new0 (const char *, n + 1);
  ids = g_new0 (const char *, n + 1);
  for (guint s = 0; s < fits->len; s++)
    for (gsize i = 0; i < ((LawFit *) fits->pdata[s])->n_points; i++, row++)
      {
        const LawFit *fit = fits->pdata[s];

        titles[row] = fit->series->title;
        ids[row] = uses[fit->points[i].use];
        fill_point (fit, &fit->points[i], row, numbers);
      }
  table = sp_table_new ("points", _("Points"), n);
  sp_table_take_column (table, sp_column_new_text ("series", _("Series"), n, titles));
  for (guint k = 0; k < N_NUMBERS; k++)
    sp_table_take_column (table, sp_column_new_f64 (columns[k].name, _(columns[k].title), columns[k].unit, n, numbers[k]));
  sp_table_take_column (table, sp_column_new_text ("use", _("Use"), n, ids));
  g_ptr_array_add (result->tables, table);
}

void
law_add_tables (SpResult *result, GPtrArray *fits)
{
  add_laws (result, fits);
  add_points (result, fits);
}
