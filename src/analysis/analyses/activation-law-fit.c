/* activation-law-fit.c - the points of one series, and the curve through them */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "activation-law.h"

#include <glib/gi18n-lib.h>
#include <math.h>
#include <stdlib.h>

#define FIRST_STEPS 20                   /* of a fit from each start */
#define MOST_STEPS  300                  /* from the best of these */
#define N_FINALISTS 3

/* --- points ---------------------------------------------------------------------------------------- */

static LawUse
judge (double tokens, double ratio)
{
  if (!isfinite (tokens) || !isfinite (ratio))
    return LAW_NO_NUMBER;
  if (tokens <= 0)
    return LAW_NO_TOKENS;
  return ratio < 0 || ratio > 1 ? LAW_NO_RATIO : LAW_USED;
}

/* Those of no use last; else by tokens, then ratio: any order of the file gives the same fit. */
static int
compare_points (gconstpointer a, gconstpointer b)
{
  const LawPoint *x = a, *y = b;

  if (x->use != y->use)
    return x->use < y->use ? -1 : 1;
  if (x->use == LAW_NO_NUMBER)
    return 0;
  if (x->tokens != y->tokens)
    return x->tokens < y->tokens ? -1 : 1;
  return (x->ratio > y->ratio) - (x->ratio < y->ratio);
}

static void
take_points (LawFit *fit, gsize skip)
{
  const LawSeries *series = fit->series;

  fit->n_points = series->problem == NULL ? MIN (series->n[0], series->n[1]) : 0;
  fit->points = g_new (LawPoint, fit->n_points + 1);
  fit->was_sorted = TRUE;
  for (gsize i = 0; i < fit->n_points; i++)
    {
      double tokens = series->values[0][i] / law_axis (series->is_steps)->per_D, ratio = series->values[1][i];

      fit->points[i] = (LawPoint) { tokens, ratio, judge (tokens, ratio) };
      fit->was_sorted = fit->was_sorted && !(i > 0 && tokens < fit->points[i - 1].tokens);
    }
  qsort (fit->points, fit->n_points, sizeof *fit->points, compare_points);
  for (gsize i = 0; i < fit->n_points; i++)
    {
      if (fit->points[i].use == LAW_USED && i < skip)
        fit->points[i].use = LAW_LEFT_OUT;
      fit->n_of_use[fit->points[i].use]++;
    }
  fit->n_used = fit->n_of_use[LAW_USED];
}

/* The used ones lie together. */
static const LawPoint *
first_used (const LawFit *fit)
{
  return fit->points + fit->n_of_use[LAW_LEFT_OUT];
}

static gsize
count_places (const LawFit *fit)
{
  const LawPoint *points = first_used (fit);
  gsize           n = fit->n_used > 0;

  for (gsize i = 1; i < fit->n_used; i++)
    n += points[i].tokens != points[i - 1].tokens;
  return n;
}

/* The line through the ratios by ln D tells where to begin, and whether they fall. */
static void
measure (LawFit *fit)
{
  const LawPoint *points = first_used (fit);
  double          n = (double) fit->n_used, logs = 0, squares = 0, product = 0;

  fit->scale.mean = 0;
  for (gsize i = 0; i < fit->n_used; i++)
    {
      logs += log (points[i].tokens) / n;
      fit->scale.mean += points[i].ratio / n;
    }
  for (gsize i = 0; i < fit->n_used; i++)
    {
      double away = log (points[i].tokens) - logs;

      squares += away * away;
      product += away * (points[i].ratio - fit->scale.mean);
      fit->total += (points[i].ratio - fit->scale.mean) * (points[i].ratio - fit->scale.mean);
    }
  fit->scale.center = exp (logs);
  fit->scale.slope = squares > 0 ? product / squares : 0;
  fit->is_falling = fit->scale.slope <= 0;
}

/* --- coefficients given ------------------------------------------------------------------------------ */

static char *
list_names (const LawForm *form)
{
  GString *out = g_string_new (NULL);

  for (guint i = 0; i < form->n_coefs; i++)
    g_string_append_printf (out, "%s%s", i > 0 ? ", " : "", law_names[form->coefs[i]].id);
  return g_string_free (out, FALSE);
}

static void
take_given (LawFit *fit, const LawWish *wish)
{
  fit->is_given = TRUE;
  if (wish->n_given != fit->form->n_coefs)
    {
      g_autofree char *names = list_names (fit->form);

      fit->problem = g_strdup_printf (_("its law has the coefficients %s, and %zu were given"), names, wish->n_given);
      return;
    }
  fit->has_curve = TRUE;
  for (guint i = 0; i < fit->form->n_coefs; i++)
    fit->coefs[i] = wish->given[i];
}

/* --- fitting ------------------------------------------------------------------------------------------- */

static gboolean
is_level (const LawFit *fit)
{
  for (gsize i = 1; i < fit->n_used; i++)
    if (first_used (fit)[i].ratio != first_used (fit)->ratio)
      return FALSE;
  return TRUE;
}

static char *
find_obstacle (const LawFit *fit)
{
  gsize n_places = count_places (fit);

  if (fit->n_used <= fit->form->n_params)
    return g_strdup_printf (ngettext ("%zu point is too few: this law takes at least %u",
                                      "%zu points are too few: this law takes at least %u", fit->n_used),
                            fit->n_used, fit->form->n_params + 1);
  if (n_places < fit->form->n_params)
    return g_strdup_printf (_("its points have too few different numbers of tokens, %zu: this law takes at least %u"), n_places,
                            fit->form->n_params);
  return is_level (fit) ? g_strdup (_("all its ratios are equal")) : NULL;
}

static int
compare_fits (gconstpointer a, gconstpointer b)
{
  const SpFit *x = a, *y = b;

  return (x->squares > y->squares) - (x->squares < y->squares);
}

/* The one with the least squares, of equals one that converged. */
static gboolean
is_better (const SpFit *fit, const SpFit *best)
{
  if (fabs (fit->squares - best->squares) <= 1e-9 * best->squares)
    return fit->is_converged && !best->is_converged;
  return fit->squares < best->squares;
}

/* A few steps from each start of its form, and to the end from where these led furthest down. */
static gboolean
fit_from_starts (LawFit *fit, SpFitProblem *problem)
{
  SpFit fits[LAW_MOST_STARTS];
  gsize n = 0;

  problem->func = fit->form->curve;
  problem->n_params = fit->form->n_params;
  problem->most_steps = FIRST_STEPS;
  for (guint i = 0; i < fit->form->n_starts; i++)
    {
      double start[SP_FIT_MOST];

      fit->form->start (&fit->scale, i, start);
      n += sp_fit_run (problem, start, &fits[n]);
    }
  qsort (fits, n, sizeof *fits, compare_fits);
  problem->most_steps = MOST_STEPS;
  for (gsize i = 0; i < MIN (n, N_FINALISTS); i++)
    {
      SpFit one;

      if (sp_fit_run (problem, fits[i].params, &one) && (i == 0 || is_better (&one, &fit->fit)))
        fit->fit = one;
    }
  return n > 0;
}

/* Where the best log-space curve is none, what such curves tend to takes its place. */
static gboolean
fit_form (LawFit *fit, SpFitProblem *problem)
{
  if (!fit_from_starts (fit, problem))
    return FALSE;
  if (!law_is_at_edge (fit->form, fit->fit.params))
    return TRUE;
  fit->form = &law_forms[LAW_POWER];
  fit->problem = g_strdup (_("no log-space curve is the best: they tend to a plain power law, which stands here instead"));
  return fit_from_starts (fit, problem);
}

/* The covariance of parameters goes over to what is made of them by the delta method; what is held has no error, what the points say
 * nothing about any. */
static void
express (LawFit *fit)
{
  double jacobian[SP_FIT_MOST][SP_FIT_MOST] = { 0 };

  fit->form->express (&fit->scale, fit->fit.params, fit->coefs, jacobian);
  for (guint i = 0; i < fit->form->n_coefs; i++)
    {
      double   variance = sp_fit_variance (&fit->fit, fit->form->n_params, jacobian[i]);
      gboolean is_held = TRUE;

      for (guint k = 0; k < fit->form->n_params; k++)
        is_held = is_held && jacobian[i][k] == 0;
      fit->errors[i] = is_held ? NAN : isnan (variance) ? INFINITY : sqrt (variance);
    }
}

static void
fit_points (LawFit *fit, double confidence)
{
  const LawPoint    *points = first_used (fit);
  g_autofree double *x = g_new (double, fit->n_used + 1), *y = g_new (double, fit->n_used + 1);
  SpFitProblem       problem = { .data = &fit->scale, .n = fit->n_used, .x = x, .y = y };

  for (gsize i = 0; i < fit->n_used; i++)
    x[i] = points[i].tokens, y[i] = points[i].ratio;
  fit->problem = find_obstacle (fit);
  if (fit->problem != NULL)
    return;
  fit->has_curve = fit_form (fit, &problem);
  if (!fit->has_curve)
    {
      g_free (fit->problem);
      fit->problem = g_strdup (_("no curve of this form comes near its points"));
      return;
    }
  if (!fit->fit.is_converged)
    {
      g_free (fit->problem);
      fit->problem = g_strdup_printf (_("the fit had not converged after %u steps; its coefficients are only the best so far"),
                                      fit->fit.n_steps);
    }
  express (fit);
  fit->t = sp_student_quantile (fit->n_used - fit->form->n_params, confidence);
}

double
law_fit_at (const LawFit *fit, double tokens, double *low, double *high)
{
  double gradient[SP_FIT_MOST], value, half;

  *low = *high = NAN;
  if (!fit->has_curve)
    return NAN;
  if (fit->is_given)
    return fit->form->value (tokens, fit->coefs);
  if (!fit->form->curve (&fit->scale, tokens, fit->fit.params, &value, gradient))
    return NAN;
  half = fit->t * sqrt (sp_fit_variance (&fit->fit, fit->form->n_params, gradient));
  *low = value - half;
  *high = value + half;
  return value;
}

static void
sum_residuals (LawFit *fit)
{
  const LawPoint *points = first_used (fit);
  double          low, high;

  for (gsize i = 0; i < fit->n_used && fit->has_curve; i++)
    {
      double residual = points[i].ratio - law_fit_at (fit, points[i].tokens, &low, &high);

      fit->absolute += fabs (residual);
      fit->squares += residual * residual;
    }
  if (!isfinite (fit->squares))
    {
      g_free (fit->problem);
      fit->problem = g_strdup (_("the curve with these coefficients is not defined at all of its points"));
      fit->has_curve = FALSE;
    }
}

LawFit *
law_fit_new (const LawSeries *series, const LawWish *wish)
{
  LawFit *fit = g_new0 (LawFit, 1);

  fit->series = series;
  fit->t = NAN;
  for (guint i = 0; i < SP_FIT_MOST; i++)
    fit->coefs[i] = fit->errors[i] = NAN;
  take_points (fit, wish->skip);
  measure (fit);
  fit->form = &law_forms[wish->law < LAW_N_FORMS ? wish->law : fit->is_falling ? LAW_LOG_SPACE : LAW_POWER];
  if (series->problem != NULL)
    fit->problem = g_strdup (series->problem);
  else if (fit->n_used == 0)
    fit->problem = g_strdup (_("it has no points that can be used"));
  else if (wish->given != NULL)
    take_given (fit, wish);
  else
    fit_points (fit, wish->confidence);
  sum_residuals (fit);
  return fit;
}

void
law_fit_free (gpointer data)
{
  LawFit *fit = data;

  g_free (fit->points);
  g_free (fit->problem);
  g_free (fit);
}
