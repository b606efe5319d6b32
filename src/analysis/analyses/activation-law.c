/* activation-law.c - how does the activation ratio go on as training does?
 *
 * Question: which law does the activation ratio follow as tokens are trained on, and where does it lead?
 *
 * D: tokens in 10⁹, A: activation ratio.  ReLU models fall by A = exp (−c D^α + b) + A₀, SiLU models rise by A = A₀ − c D^−α; A₀ is
 * the limit.  Least squares with equal weights by Levenberg and Marquardt.  Standard errors and the confidence band of the curve
 * (delta method, Student's t with n − parameters degrees of freedom) hold if the law is the right one and residuals are independent
 * and of equal spread; of a band for new points they say nothing.  Source: Sparsing Law, section 3 and appendix on fitting. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "activation-law-run.h"

#include "kernels.h"
#include "ppl-p.h"

#include <glib/gi18n-lib.h>
#include <math.h>
#include <string.h>

static const char *const laws[] = { "auto", "power", "log-space", "logarithm", "logistic", NULL };
static const char *const law_titles[] = { N_("by the direction"), N_("Power law"), N_("Log-space power law"), N_("Logarithm"),
                                          N_("Logistic curve"), NULL };

static const char *const conventions[] = { "ours", "reference", NULL };
static const char *const convention_titles[] = { N_("interpolated, few measurements"), N_("bisected, as in Sparsing Law's code"), NULL };

static gboolean check_coefficients (const char *text, GError **error);

static gboolean
has_checkpoints (SpStore *const *stores, gsize n_stores)
{
  for (gsize i = 0; i < n_stores; i++)
    if (sp_store_has_checkpoints (stores[i]))
      return TRUE;
  return FALSE;
}

static const SpParam params[] = {
  { .id = "text", .is_for = has_checkpoints, .title = N_("Text"), .section = N_("Measured"), .type = SP_PARAM_FILE, .is_needed = TRUE,
    .offer = sp_offer_texts, .unit = "", .help = N_("The text each checkpoint is run on: UTF-8, or token ids as .json or .npy") },
  { .id = "p", .is_for = has_checkpoints, .title = N_("p"), .type = SP_PARAM_NUMBER, .fallback = 1, .min = 0.1, .max = 100, .is_log = TRUE,
    .unit = "%", .help = N_("Of each checkpoint, the activation ratio where its perplexity has grown by so much") },
  { .id = "per-step", .is_for = has_checkpoints, .title = N_("Tokens per step"), .type = SP_PARAM_NUMBER, .max = 1e9, .is_log = TRUE,
    .at_min = N_("unknown"), .is_live = TRUE, .unit = "tokens",
    .help = N_("Of training, where only steps are known of a checkpoint; unknown: the curve is by steps") },
  { .id = "law", .title = N_("Law"), .type = SP_PARAM_CHOICE, .max = 4, .choices = laws, .choice_titles = law_titles, .is_live = TRUE,
    .unit = "", .section = N_("Curve"),
    .help = N_("By the direction: series that fall take the log-space power law of ReLU models, others the power law of SiLU models") },
  { .id = "skip", .title = N_("Leave out first"), .type = SP_PARAM_NUMBER, .max = 100, .is_live = TRUE, .unit = N_("points"),
    .help = N_("So many points at the beginning of each series, while the learning rate warms up, do not count") },
  { .id = "band", .title = N_("Confidence"), .type = SP_PARAM_NUMBER, .fallback = 0.95, .min = 0.5, .max = 0.999, .is_live = TRUE,
    .unit = "share", .help = N_("Of the band in which the curve lies") },
  { .id = "coefficients", .title = N_("Coefficients"), .type = SP_PARAM_TEXT, .check = check_coefficients, .is_live = TRUE, .unit = "",
    .help = N_("Instead of a fit, the curve with these numbers, commas between, in the order of the formula's letters: alpha, c, A0 or "
               "alpha, b, c, A0; a, b, c, A0 of a logarithm; a, b, c, d of a logistic curve") },
  { .id = "convention", .is_for = has_checkpoints, .title = N_("τ is"), .section = N_("Search"), .type = SP_PARAM_CHOICE, .max = 1,
    .choices = conventions, .choice_titles = convention_titles, .unit = "", .help = N_("How τ is found for p") },
  { .id = "window", .is_for = has_checkpoints, .title = N_("Window"), .section = N_("Text"), .type = SP_PARAM_NUMBER, .max = 1048576,
    .is_log = TRUE, .at_min = N_("auto"), .unit = "tokens",
    .help = N_("Tokens the model sees at once; auto: 2048, or its context where that is less") },
  { .id = "stride", .is_for = has_checkpoints, .title = N_("Stride"), .type = SP_PARAM_NUMBER, .max = 1048576, .is_log = TRUE,
    .at_min = N_("window"), .unit = "tokens", .help = N_("From the start of a window to that of the next; at most the window") },
  { .id = "tokens", .is_for = has_checkpoints, .title = N_("Tokens read"), .type = SP_PARAM_NUMBER, .fallback = 8192, .max = 1e8,
    .is_log = TRUE, .at_min = N_("all"), .unit = "tokens", .help = N_("So many tokens of the text, the first ones") },
  { NULL }
};

gsize
law_parse_coefficients (const char *text, double *coefs)
{
  g_auto (GStrv) parts = g_strsplit (text, ",", -1);
  gsize          n = g_strv_length (parts);

  if (n < 3 || n > SP_FIT_MOST)
    return 0;
  for (gsize i = 0; i < n; i++)
    {
      const char *part = g_strstrip (parts[i]);
      char       *end;

      coefs[i] = g_ascii_strtod (part, &end);
      if (end == part || *end != '\0' || !isfinite (coefs[i]))
        return 0;
    }
  return n;
}

static gboolean
check_coefficients (const char *text, GError **error)
{
  double coefs[SP_FIT_MOST];

  if (law_parse_coefficients (text, coefs) > 0)
    return TRUE;
  g_set_error (error, SP_ERROR, SP_ERROR_USAGE, _("it is three or four numbers with commas between"));
  return FALSE;
}

/* --- reading ------------------------------------------------------------------------------------------ */

/* Series it belongs to, and whether as tokens (0) or ratios (1). */
static LawSeries *
find_series (const LawState *state, gsize item, guint *role)
{
  for (gsize i = 0; i < state->n; i++)
    for (*role = 0; *role < 2; ++*role)
      if (state->series[i].items[*role] == item)
        return &state->series[i];
  return NULL;
}

static gboolean
wants (gpointer data, gsize item)
{
  guint      role;
  LawSeries *series = find_series (data, item, &role);

  return series != NULL && series->problem == NULL;
}

static gsize
partial_bytes (gpointer data, gsize item)
{
  return (((LawState *) data)->items.items[item].tensor->n_elements + 1) * sizeof (double);
}

/* Whole numbers of tokens do not fit a float. */
static double
element_of (const SpChunk *chunk, gsize i)
{
  SpDtype       dtype = chunk->tensor->dtype;
  gconstpointer at = (const guint8 *) chunk->data + i * sp_dtype_size (dtype);
  float         narrow;

  switch (dtype)
    {
    case SP_DTYPE_F64: return *(const double *) at;
    case SP_DTYPE_I64: return (double) *(const gint64 *) at;
    case SP_DTYPE_U64: return (double) *(const guint64 *) at;
    case SP_DTYPE_I32: return (double) *(const gint32 *) at;
    case SP_DTYPE_U32: return (double) *(const guint32 *) at;
    default:           break;
    }
  sp_kernels ()->widen[dtype] (at, 1, &narrow);
  return (double) narrow;
}

static void
work (G_GNUC_UNUSED gpointer data, G_GNUC_UNUSED gsize item, const SpChunk *chunk, gpointer partial)
{
  double *values = partial;

  for (gsize i = 0; i < chunk->n; i++)
    values[i] = element_of (chunk, i);
}

static void
fold (gpointer data, gsize item, const SpChunk *chunk, gconstpointer partial)
{
  guint      role;
  LawSeries *series = find_series (data, item, &role);

  memcpy (series->values[role] + chunk->column, partial, chunk->n * sizeof (double));
  series->n[role] = MAX (series->n[role], chunk->column + chunk->n);
}

static void
end (gpointer data, gsize item, const char *problem)
{
  guint      role;
  LawSeries *series = find_series (data, item, &role);

  if (problem != NULL && series != NULL && series->problem == NULL)
    series->problem = g_strdup (problem);
}

/* --- state -------------------------------------------------------------------------------------------- */

static void
make_series (LawState *state, LawSeries *series, const SpSeriesPair *pair)
{
  *series = (LawSeries) { .title = g_strdup (pair->title), .items = { pair->tokens, pair->ratios }, .is_steps = pair->is_steps };
  for (guint role = 0; role < 2; role++)
    {
      guint64 n = state->items.items[series->items[role]].tensor->n_elements;

      if (n > LAW_MOST_POINTS && series->problem == NULL)
        series->problem = g_strdup_printf (_("it has more than %d points"), LAW_MOST_POINTS);
      series->values[role] = g_new0 (double, series->problem == NULL ? n + 1 : 1);
    }
}

static gboolean
has_title (const LawState *state, const char *title)
{
  for (gsize i = 0; i < state->n; i++)
    if (strcmp (state->series[i].title, title) == 0)
      return TRUE;
  for (guint i = 0; i < state->runs->len; i++)
    if (strcmp (((LawRun *) state->runs->pdata[i])->title, title) == 0)
      return TRUE;
  return FALSE;
}

static gboolean
has_run (const LawState *state, SpStore *store)
{
  for (guint i = 0; i < state->runs->len; i++)
    if (((LawRun *) state->runs->pdata[i])->store == store)
      return TRUE;
  return FALSE;
}

static void
make_runs (LawState *state)
{
  for (gsize i = 0; i < state->items.n && state->n + state->runs->len < LAW_MOST_SERIES; i++)
    {
      SpStore *store = state->items.items[i].store;
      char    *title;

      if (!sp_store_has_checkpoints (store) || has_run (state, store))
        continue;
      title = g_strdup (sp_store_get_title (store));
      for (guint k = 2; has_title (state, title); k++)
        {
          g_free (title);
          title = g_strdup_printf ("%s (%u)", sp_store_get_title (store), k);
        }
      g_ptr_array_add (state->runs, law_run_new (store, title));
    }
}

static gpointer
new_state (const SpItems *items, G_GNUC_UNUSED SpArgs *args)
{
  LawState         *state = g_new0 (LawState, 1);
  g_autoptr (GArray) pairs = sp_series_list (items);

  state->items = (SpItems) { items->n, g_memdup2 (items->items, items->n * sizeof (SpItem)) };
  state->n = MIN (pairs->len, LAW_MOST_SERIES);
  state->n_too_many = pairs->len - state->n;
  state->series = g_new0 (LawSeries, state->n + 1);
  for (gsize i = 0; i < state->n; i++)
    make_series (state, &state->series[i], &g_array_index (pairs, SpSeriesPair, i));
  state->runs = g_ptr_array_new_with_free_func (law_run_free);
  make_runs (state);
  return state;
}

static void
free_state (gpointer data)
{
  LawState *state = data;

  for (gsize i = 0; i < state->n; i++)
    {
      g_free (state->series[i].title);
      g_free (state->series[i].values[0]);
      g_free (state->series[i].values[1]);
      g_free (state->series[i].problem);
    }
  g_free (state->series);
  g_ptr_array_unref (state->runs);
  g_free ((gpointer) state->items.items);
  g_free (state);
}

const SpAnalysis sp_analysis_activation_law = {
  .id = "activation-law",
  .title = N_("Law"),
  .question = N_("Which law does the activation ratio follow in training, and where does it lead?"),
  .needs = SP_NEEDS_SERIES,
  .joins_all = TRUE,
  .params = params,
  .new_state = new_state,
  .free_state = free_state,
  .wants = wants,
  .partial_bytes = partial_bytes,
  .chunk = work,
  .fold = fold,
  .end = end,
  .execute = law_execute,
  .finish = law_report,
};
