/* activation-law-report.c - the sums and words of activation-law */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "activation-law-run.h"

#include <glib/gi18n-lib.h>
#include <math.h>

/* --- what D is ------------------------------------------------------------------------------------------------ */

const LawAxis *
law_axis (gboolean is_steps)
{
  static const LawAxis tokens = {
    .column = "tokens", .title = N_("Tokens"), .unit = "tokens", .D_unit = N_("10⁹ tokens"), .axis = N_("training tokens D"),
    .log_axis = N_("ln D, D in 10⁹ tokens"), .phrase = N_("training tokens D, in 10⁹"), .per_D = 1e9,
  };
  static const LawAxis steps = {
    .column = "steps", .title = N_("Steps"), .unit = "steps", .D_unit = N_("steps"), .axis = N_("training steps D"),
    .log_axis = N_("ln D, D in steps"), .phrase = N_("training steps D"), .per_D = 1,
  };

  return is_steps ? &steps : &tokens;
}

gboolean
law_has_steps (GPtrArray *fits)
{
  for (guint s = 0; s < fits->len; s++)
    if (!((LawFit *) fits->pdata[s])->series->is_steps)
      return FALSE;
  return fits->len > 0;
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
  sum.mae = law_mean (sum.absolute, sum.n_used);
  sum.mse = law_mean (sum.squares, sum.n_used);
  return sum;
}

static void
add_summary (SpResult *result, const Sum *sum)
{
  const char *names[] = { "series", "curves", "points", "points_used", "points_left_out", "points_unusable", "mae", "mse", "r2" };
  const char *units[] = { "series", "series", "points", "points", "points", "points", "", "", "" };
  double      values[] = { (double) sum->n_series, (double) sum->n_curves, (double) sum->n_points, (double) sum->n_used,
                           (double) sum->n_left_out, (double) sum->n_bad, sum->mae, sum->mse,
                           law_explained (sum->squares, sum->n_curves > 0 ? sum->total : 0) };

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
  const char      *axis;

  if (sum->n_series == 0)
    return g_strdup (_("There is no series: two vectors called token_passed and activation_ratio."));
  axis = _(law_axis (law_has_steps (fits))->phrase);
  if (sum->n_curves == 0)
    return g_strdup (_("No series has a curve; the notes say why."));
  if (wish->given != NULL)
    return g_strdup_printf (_("Activation ratio A by %s, beside %s with the coefficients given: over %zu points "
                              "the mean absolute residual is %s, the mean square %s."), axis, formulas, sum->n_used, mae, mse);
  return g_strdup_printf (_("Activation ratio A by %s, fitted by %s with least squares (Levenberg–Marquardt), "
                            "each series by itself: over %zu points the mean absolute residual is %s, the mean square %s. The bands have "
                            "the curve with %s confidence."), axis, formulas, sum->n_used, mae, mse, band);
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

/* Beside others by tokens there is no place for steps. */
static void
check_axes (GPtrArray *all)
{
  gboolean has_tokens = FALSE;

  for (guint i = 0; i < all->len; i++)
    has_tokens = has_tokens || !((LawSeries *) all->pdata[i])->is_steps;
  for (guint i = 0; i < all->len && has_tokens; i++)
    {
      LawSeries *series = all->pdata[i];

      if (series->is_steps && series->problem == NULL)
        series->problem = g_strdup (_("it is by steps, and others are by tokens; its tokens per step are needed to stand beside them"));
    }
}

static LawSeries *
copy_series (const LawSeries *from)
{
  LawSeries *series = g_memdup2 (from, sizeof *from);
  gsize      n = MIN (from->n[0], from->n[1]);

  series->title = g_strdup (from->title);
  series->problem = g_strdup (from->problem);
  for (guint role = 0; role < 2; role++)
    series->values[role] = g_memdup2 (from->values[role], (n + 1) * sizeof (double));
  return series;
}

/* Of files, then those measured here. */
static GPtrArray *
list_series (const LawState *state, double per_step)
{
  GPtrArray *all = g_ptr_array_new_with_free_func (law_series_free);

  for (gsize i = 0; i < state->n; i++)
    g_ptr_array_add (all, copy_series (&state->series[i]));
  for (guint i = 0; i < state->runs->len; i++)
    g_ptr_array_add (all, law_run_new_series (state->runs->pdata[i], per_step));
  check_axes (all);
  return all;
}

SpResult *
law_report (gpointer data, SpArgs *args)
{
  const LawState       *state = data;
  double                coefs[SP_FIT_MOST];
  LawWish               wish = read_wish (args, coefs);
  double                per_step = sp_args_get_number (args, "per-step");
  g_autoptr (GPtrArray) all = list_series (state, per_step), measured = g_ptr_array_new ();
  g_autoptr (GPtrArray) fits = g_ptr_array_new_with_free_func (law_fit_free);
  SpResult             *result = sp_result_new ("activation-law");
  Sum                   sum;

  for (guint i = 0; i < all->len; i++)
    g_ptr_array_add (fits, law_fit_new (all->pdata[i], &wish));
  for (guint i = 0; i < state->runs->len; i++)
    g_ptr_array_add (measured, all->pdata[state->n + i]);
  sum = sum_up (fits);
  law_add_tables (result, fits);
  add_summary (result, &sum);
  law_add_curves (result, fits);
  law_add_residuals (result, fits);
  law_add_runs (result, state->runs, measured, per_step);
  result->definition = define (fits, &sum, &wish);
  result->source = g_strdup (_("Luo et al., Sparsing Law (2024)"));
  result->lacks_beside = TRUE;
  for (guint i = 0; i < state->runs->len; i++)
    law_note_run (result, state->runs->pdata[i], measured->pdata[i], args);
  add_notes (result, state, fits, &wish);
  return result;
}
