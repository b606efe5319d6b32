/* activation-law-report.c - tables and words of activation-law */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "activation-law.h"

#include <glib/gi18n-lib.h>
#include <math.h>

static double
mean (double sum, gsize n)
{
  return n > 0 ? sum / (double) n : NAN;
}

static double
explained (double squares, double total)
{
  return total > 0 ? 1 - squares / total : NAN;
}

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

      maes[s] = fit->has_curve ? mean (fit->absolute, fit->n_used) : NAN;
      mses[s] = fit->has_curve ? mean (fit->squares, fit->n_used) : NAN;
      shares[s] = fit->has_curve ? explained (fit->squares, fit->total) : NAN;
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

static const char *
use_text (LawUse use)
{
  switch (use)
    {
    case LAW_USED:      return _("used");
    case LAW_LEFT_OUT:  return _("left out as asked");
    case LAW_NO_NUMBER: return _("no number");
    case LAW_NO_TOKENS: return _("no tokens");
    case LAW_NO_RATIO:  return _("outside 0 … 1");
    }
  return "";
}

enum { TOKENS, IN_BILLIONS, RATIO, FITTED, RESIDUAL, LOW, HIGH, N_NUMBERS };

static void
fill_point (const LawFit *fit, const LawPoint *point, gsize row, double *const *numbers)
{
  gboolean is_known = point->use == LAW_USED || point->use == LAW_LEFT_OUT;

  numbers[TOKENS][row] = round (point->tokens * 1e9);
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
  static const struct { const char *name, *title, *unit; } columns[N_NUMBERS] = {
    { "tokens", N_("Tokens"), "tokens" },        { "D", "D", "10⁹ tokens" },          { "ratio", N_("Activation ratio"), "share" },
    { "fitted", N_("Fitted"), "share" },         { "residual", N_("Residual"), "" },  { "low", N_("Band from"), "share" },
    { "high", N_("Band to"), "share" },
  };
  double *numbers[N_NUMBERS];
  gsize   n = 0, row = 0;
  SpTable *table;
  g_autofree const char **titles = NULL, **uses = NULL;

  for (guint s = 0; s < fits->len; s++)
    n += ((LawFit *) fits->pdata[s])->n_points;
  for (guint k = 0; k < N_NUMBERS; k++)
    numbers[k] = g_new (double, n + 1);
  titles = g_new0 (const char *, n + 1);
  uses = g_new0 (const char *, n + 1);
  for (guint s = 0; s < fits->len; s++)
    for (gsize i = 0; i < ((LawFit *) fits->pdata[s])->n_points; i++, row++)
      {
        const LawFit *fit = fits->pdata[s];

        titles[row] = fit->series->title;
        uses[row] = use_text (fit->points[i].use);
        fill_point (fit, &fit->points[i], row, numbers);
      }
  table = sp_table_new ("points", _("Points"), n);
  sp_table_take_column (table, sp_column_new_text ("series", _("Series"), n, titles));
  for (guint k = 0; k < N_NUMBERS; k++)
    sp_table_take_column (table, sp_column_new_f64 (columns[k].name, _(columns[k].title), columns[k].unit, n, numbers[k]));
  sp_table_take_column (table, sp_column_new_text ("use", _("Use"), n, uses));
  g_ptr_array_add (result->tables, table);
}

/* --- all series -------------------------------------------------------------------------------------------- */

/* Over the points of all series that have a curve, each about its own mean. */
typedef struct { gsize n_series, n_curves, n_points, n_used, n_left_out, n_bad; double absolute, squares, total, mae, mse; } Sum;

static Sum
sum_up (GPtrArray *fits)
{
  Sum sum = { .n_series = fits->len };

  for (guint s = 0; s < fits->len; s++)
    {
      const LawFit *fit = fits->pdata[s];

      sum.n_points += fit->n_points;
      sum.n_left_out += fit->n_of_use[LAW_LEFT_OUT];
      sum.n_bad += fit->n_points - fit->n_used - fit->n_of_use[LAW_LEFT_OUT];
      if (!fit->has_curve)
        continue;
      sum.n_curves++;
      sum.n_used += fit->n_used;
      sum.absolute += fit->absolute;
      sum.squares += fit->squares;
      sum.total += fit->total;
    }
  sum.mae = mean (sum.absolute, sum.n_used);
  sum.mse = mean (sum.squares, sum.n_used);
  return sum;
}

static void
add_summary (SpResult *result, const Sum *sum)
{
  const char *names[] = { "series", "curves", "points", "points_used", "points_left_out", "points_unusable", "mae", "mse", "r2" };
  const char *units[] = { "series", "series", "points", "points", "points", "points", "", "", "" };
  double      values[] = { (double) sum->n_series, (double) sum->n_curves, (double) sum->n_points, (double) sum->n_used,
                           (double) sum->n_left_out, (double) sum->n_bad, sum->mae, sum->mse,
                           explained (sum->squares, sum->n_curves > 0 ? sum->total : 0) };

  sp_result_add_summary (result, G_N_ELEMENTS (names), names, values, units);
}

/* --- words --------------------------------------------------------------------------------------------------- */

/* "A = exp(−c·D^α + b) + A₀ (6 series), A = A₀ − c·D^−α (5 series)" */
static char *
list_formulas (GPtrArray *fits)
{
  GString *out = g_string_new (NULL);

  for (guint f = 0; f < LAW_N_FORMS; f++)
    {
      guint n = 0;

      for (guint s = 0; s < fits->len; s++)
        n += ((LawFit *) fits->pdata[s])->has_curve && ((LawFit *) fits->pdata[s])->form == &law_forms[f];
      if (n > 0)
        g_string_append_printf (out, "%s%s", out->len > 0 ? ", " : "", law_forms[f].formula);
      if (n > 0 && fits->len > 1)
        g_string_append_printf (out, ngettext (" (%u series)", " (%u series)", n), n);
    }
  return g_string_free (out, FALSE);
}

static char *
define (GPtrArray *fits, const Sum *sum, const LawWish *wish)
{
  g_autofree char *formulas = list_formulas (fits);
  g_autofree char *mae = sp_format_number (sum->mae, ""), *mse = sp_format_number (sum->mse, "");
  g_autofree char *band = sp_format_number (wish->confidence, "share");

  if (sum->n_series == 0)
    return g_strdup (_("There is no series: two vectors called token_passed and activation_ratio."));
  if (sum->n_curves == 0)
    return g_strdup (_("No series has a curve; the notes say why."));
  if (wish->given != NULL)
    return g_strdup_printf (_("Activation ratio A by training tokens D, in 10⁹, beside %s with the coefficients given: over %zu points "
                              "the mean absolute residual is %s, the mean square %s."), formulas, sum->n_used, mae, mse);
  return g_strdup_printf (_("Activation ratio A by training tokens D, in 10⁹, fitted by %s with least squares (Levenberg–Marquardt), "
                            "each series by itself: over %zu points the mean absolute residual is %s, the mean square %s. The bands have "
                            "the curve with %s confidence."), formulas, sum->n_used, mae, mse, band);
}

static void
note_unused (SpResult *result, const LawFit *fit, LawUse use, const char *why)
{
  if (fit->n_of_use[use] > 0)
    sp_result_take_note (result, g_strdup_printf (ngettext ("%s: %zu point is not used: %s.", "%s: %zu points are not used: %s.",
                                                            fit->n_of_use[use]),
                                                  fit->series->title, fit->n_of_use[use], why));
}

/* "alpha, b": those whose standard error is larger than themselves. */
static char *
list_unsure (const LawFit *fit)
{
  GString *out = g_string_new (NULL);

  for (guint i = 0; i < fit->form->n_coefs && fit->has_curve && !fit->is_given; i++)
    if (!isfinite (fit->coefs[i]) || fit->errors[i] > fabs (fit->coefs[i]))
      g_string_append_printf (out, "%s%s", out->len > 0 ? ", " : "", law_names[fit->form->coefs[i]].title);
  return g_string_free (out, FALSE);
}

/* With a negative exponent the powers of D go the other way. */
static void
note_limit (SpResult *result, const LawFit *fit)
{
  if (!fit->has_curve || !(fit->coefs[0] < 0))
    return;
  if (fit->form == &law_forms[LAW_LOG_SPACE])
    sp_result_take_note (result, g_strdup_printf (_("%s: α is negative, so the limit of the curve is exp(b) + A₀ = %.4g and not A₀."),
                                                  fit->series->title, exp (fit->coefs[1]) + fit->coefs[3]));
  else if (fit->form == &law_forms[LAW_POWER])
    sp_result_take_note (result, g_strdup_printf (_("%s: α is negative, so the curve has no limit, and A₀ is none."),
                                                  fit->series->title));
}

static void
note_series (SpResult *result, const LawFit *fit)
{
  const LawSeries *series = fit->series;
  g_autofree char *unsure = list_unsure (fit);

  if (fit->problem != NULL)
    sp_result_take_note (result, g_strdup_printf (_("%s: %s."), series->title, fit->problem));
  if (series->problem == NULL && series->n[0] != series->n[1])
    sp_result_take_note (result, g_strdup_printf (_("%s: it has %zu numbers of tokens and %zu ratios; what has no partner is not used."),
                                                  series->title, series->n[0], series->n[1]));
  if (!fit->was_sorted)
    sp_result_take_note (result, g_strdup_printf (_("%s: its tokens do not rise from point to point; they were sorted."), series->title));
  note_unused (result, fit, LAW_NO_NUMBER, _("NaN or infinite"));
  note_unused (result, fit, LAW_NO_TOKENS, _("zero or negative tokens"));
  note_unused (result, fit, LAW_NO_RATIO, _("a ratio lies from 0 to 1, and percentages are a hundred times that"));
  note_limit (result, fit);
  if (*unsure != '\0')
    sp_result_take_note (result, g_strdup_printf (_("%s: the points hardly tell %s apart from others: the standard error is larger than "
                                                    "the coefficient. The curve and its band stay meaningful where the points are."),
                                                  series->title, unsure));
}

static void
add_notes (SpResult *result, const LawState *state, GPtrArray *fits, const LawWish *wish)
{
  for (guint s = 0; s < fits->len; s++)
    note_series (result, fits->pdata[s]);
  if (state->n_too_many > 0)
    sp_result_take_note (result, g_strdup_printf (_("%zu more series are not shown: at most %d are."), state->n_too_many, LAW_MOST_SERIES));
  if (wish->law == LAW_LOGARITHM && wish->given == NULL)
    sp_result_take_note (result, g_strdup (_("In the logarithm a and A₀ say the same: a is held at 1 or −1.")));
  if (wish->law == LAW_LOGISTIC && wish->given == NULL)
    sp_result_take_note (result, g_strdup (_("In the logistic curve b and d say the same: b is held at 1.")));
  if (wish->given == NULL)
    sp_result_take_note (result, g_strdup (_("Standard errors and bands hold if the law is the right one and residuals are independent and "
                                             "equally spread. Where residuals show a pattern they are too small.")));
}

static LawWish
read_wish (SpArgs *args, double *coefs)
{
  const char *text = sp_args_get_text (args, "coefficients");
  gsize       n = text != NULL ? law_parse_coefficients (text, coefs) : 0;
  guint       law = (guint) sp_args_get_number (args, "law");

  return (LawWish) { .law = law == 0 ? LAW_N_FORMS : (LawId) (law - 1), .skip = (gsize) sp_args_get_number (args, "skip"),
                     .confidence = sp_args_get_number (args, "band"), .given = n > 0 ? coefs : NULL, .n_given = n };
}

SpResult *
law_report (gpointer data, SpArgs *args)
{
  const LawState       *state = data;
  double                coefs[SP_FIT_MOST];
  LawWish               wish = read_wish (args, coefs);
  g_autoptr (GPtrArray) fits = g_ptr_array_new_with_free_func (law_fit_free);
  SpResult             *result = sp_result_new ("activation-law");
  Sum                   sum;

  for (gsize i = 0; i < state->n; i++)
    g_ptr_array_add (fits, law_fit_new (&state->series[i], &wish));
  sum = sum_up (fits);
  add_laws (result, fits);
  add_points (result, fits);
  add_summary (result, &sum);
  law_add_plots (result, fits);
  result->definition = define (fits, &sum, &wish);
  result->source = g_strdup (_("Sparsing Law: Towards Large Language Models with Greater Activation Sparsity (2024)"));
  result->lacks_beside = TRUE;
  add_notes (result, state, fits, &wish);
  return result;
}
