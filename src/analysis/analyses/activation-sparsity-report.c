/* activation-sparsity-report.c - tables, plots and words of activation-sparsity, at one setting of its threshold */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "activation-report.h"

#include <glib/gi18n-lib.h>
#include <math.h>
#include <string.h>

/* --- tables -------------------------------------------------------------------------------------- */

/* Skipping the zeros of the second matrix saves half of an ungated FFN's work for each; knowing them before the first, all of it. */
static void
add_summary (SpResult *result, const ActiveReport *report)
{
  const ActiveFigures *a = &report->all;
  double               ratio = active_share (a->n_active, (double) a->n_finite);
  const char    *names[] = { "layers", "tokens", "neurons", "activations", "active", "activation_ratio", "sparsity", "zeros", "zero_share",
                             "non_finite", "flops_saved_second_matrix", "flops_saved_both_matrices" };
  const char    *units[] = { "layers", "tokens", "neurons", "elements", "elements", "share", "share", "elements", "share",
                             "elements", "share", "share" };
  const double   values[] = { (double) report->state->dump->n_layers, (double) a->n_tokens, (double) a->n_neurons, (double) a->n_finite,
                              a->n_active, ratio, 1 - ratio, (double) a->n_zero, active_share ((double) a->n_zero, (double) a->n_finite),
                              (double) a->n_nonfinite, (1 - ratio) / 2, 1 - ratio };

  sp_result_add_summary (result, G_N_ELEMENTS (names), names, values, units);
}

static double get_tokens (gconstpointer p) { const ActiveFigures *f = p; return (double) f->n_tokens; }
static double get_neurons (gconstpointer p) { const ActiveFigures *f = p; return (double) f->n_neurons; }
static double get_finite (gconstpointer p) { const ActiveFigures *f = p; return (double) f->n_finite; }
static double get_active (gconstpointer p) { const ActiveFigures *f = p; return f->n_active; }
static double get_ratio (gconstpointer p) { const ActiveFigures *f = p; return active_share (f->n_active, (double) f->n_finite); }
static double get_sparsity (gconstpointer p) { const ActiveFigures *f = p; return 1 - active_share (f->n_active, (double) f->n_finite); }
static double get_threshold (gconstpointer p) { const ActiveFigures *f = p; return f->threshold; }
static double get_zeros (gconstpointer p) { const ActiveFigures *f = p; return (double) f->n_zero; }
static double get_zero_share (gconstpointer p) { return active_share (get_zeros (p), get_finite (p)); }
static double get_least (gconstpointer p) { const ActiveFigures *f = p; return f->least; }
static double get_most (gconstpointer p) { const ActiveFigures *f = p; return f->most; }
static double get_cett (gconstpointer p) { const ActiveFigures *f = p; return f->cett; }
static double get_measured (gconstpointer p) { const ActiveFigures *f = p; return f->n_measured; }
static double get_silent (gconstpointer p) { const ActiveFigures *f = p; return f->n_silent; }
static double get_nonfinite (gconstpointer p) { const ActiveFigures *f = p; return (double) f->n_nonfinite; }

#define CETT_COLUMNS 3
static const SpDumpColumn layer_columns[] = {
  { "tokens", N_("Tokens"), "tokens", TRUE, get_tokens },
  { "neurons", N_("Neurons"), "neurons", TRUE, get_neurons },
  { "activations", N_("Activations"), "elements", TRUE, get_finite },
  { "active", N_("Active"), "elements", TRUE, get_active },
  { "activation_ratio", N_("Activation ratio"), "share", FALSE, get_ratio },
  { "sparsity", N_("Sparsity"), "share", FALSE, get_sparsity },
  { "threshold", N_("Threshold"), "weight", FALSE, get_threshold },
  { "zeros", N_("Zeros"), "elements", TRUE, get_zeros },
  { "zero_share", N_("Share of zeros"), "share", FALSE, get_zero_share },
  { "token_least", N_("Least of a token"), "share", FALSE, get_least },
  { "token_most", N_("Most of a token"), "share", FALSE, get_most },
  { "non_finite", N_("Not finite"), "elements", TRUE, get_nonfinite },
  { "cett", N_("CETT"), "share", FALSE, get_cett },
  { "cett_tokens", N_("Tokens for CETT"), "tokens", TRUE, get_measured },
  { "cett_skipped", N_("Tokens without output"), "tokens", TRUE, get_silent },
  { NULL }
};

static const char *
problem_of (const ActiveReport *report, gsize i)
{
  if (report->state->layers[i].problem != NULL)
    return report->state->layers[i].problem;
  return report->setting.rule == RULE_CETT && report->state->cett != NULL ? cett_get_layer (report->state->cett, i)->problem : NULL;
}

static void
add_layers (SpResult *result, const ActiveReport *report)
{
  gsize                     n = report->state->dump->n_layers, n_columns = G_N_ELEMENTS (layer_columns);
  g_autofree gconstpointer *layers = g_new0 (gconstpointer, n + 1);
  g_autofree const char   **problems = g_new0 (const char *, n + 1);
  SpDumpColumn              columns[G_N_ELEMENTS (layer_columns)];

  memcpy (columns, layer_columns, sizeof columns);
  if (report->setting.rule != RULE_CETT)
    columns[n_columns - 1 - CETT_COLUMNS].name = NULL;
  for (gsize i = 0; i < n; i++)
    {
      layers[i] = active_is_shown (report, i) ? &report->layers[i] : NULL;
      problems[i] = problem_of (report, i);
    }
  g_ptr_array_add (result->tables, sp_dump_layer_table (report->state->dump, columns, layers, problems));
}

/* "thresholds=0.1,0.2": one for each layer, as Sparsing Law writes and reads them; NULL: not all layers have one. */
static char *
list_thresholds (const ActiveReport *report)
{
  GString *list = g_string_new ("thresholds=");

  for (gsize i = 0; i < report->state->dump->n_layers; i++)
    {
      char number[G_ASCII_DTOSTR_BUF_SIZE];

      if (!active_is_shown (report, i) || isnan (report->layers[i].threshold))
        {
          g_string_free (list, TRUE);
          return NULL;
        }
      g_ascii_dtostr (number, sizeof number, report->layers[i].threshold);
      g_string_append_printf (list, "%s%s", i > 0 ? "," : "", number);
    }
  return g_string_free (list, FALSE);
}

static void
add_thresholds (SpResult *result, const ActiveReport *report)
{
  SpTable         *table = sp_table_new ("thresholds", _("Thresholds"), 1);
  g_autofree char *list = report->state->dump->n_layers > 0 ? list_thresholds (report) : NULL;
  const char      *text[] = { list };

  sp_table_take_column (table, sp_column_new_text ("thresholds", _("Thresholds"), 1, text));
  g_ptr_array_add (result->tables, table);
}

static void
add_layer_plot (SpResult *result)
{
  SpPlot *plot = sp_result_add_plot (result, "bars", "layers", _("Activation ratio by layer"), "layers");

  plot->x = g_strdup ("label");
  plot->y = g_strdupv ((char **) (const char *const[]) { "activation_ratio", NULL });
  plot->key = g_strdup ("tensor");
  plot->x_title = g_strdup (_("Layer"));
  plot->y_title = g_strdup (_("activation ratio"));
  plot->y_unit = g_strdup ("share");
  plot->caption = g_strdup (_("Share of activations that are active, by layer."));
}

/* --- words ---------------------------------------------------------------------------------------- */

static char *
say_rule (const ActiveReport *report)
{
  const ActiveSetting *s = &report->setting;
  g_autofree char     *eps = sp_format_number (s->eps, "weight"), *kept = sp_format_number (s->kept, "share");
  g_autofree char     *tau = sp_format_number (s->tau, "share");

  switch (s->rule)
    {
    case RULE_EPS:     return s->eps > 0 ? g_strdup_printf (_("|a| > ε = %s"), eps) : g_strdup (_("a ≠ 0"));
    case RULE_FAT:     return s->eps > 0 ? g_strdup_printf (_("|a| ≥ ε = %s (FAT)"), eps) : g_strdup (_("a ≠ 0"));
    case RULE_TOP:     return g_strdup_printf (_("a ≠ 0 among the largest %s of their token"), kept);
    case RULE_TOP_ALL: return g_strdup_printf (_("a ≠ 0 among the largest %s of their layer's tokens together"), kept);
    case RULE_CETT:    return g_strdup_printf (_("|a| · |w| at or above the threshold at which the others make up τ = %s of the output "
                                                 "(CETT; |w|: length of the neuron's column of the down projection, biases "
                                                 "left out)"), tau);
    case RULE_LIST:    return report->state->cett != NULL ? g_strdup (_("|a| · |w| at or above their layer's threshold"))
                                                          : g_strdup (_("|a| at or above their layer's threshold"));
    default:           return g_strdup (_("a ≠ 0"));
    }
}

static char *
define (const ActiveReport *report)
{
  const ActiveFigures *a = &report->all;
  g_autofree char     *ratio = sp_format_number (active_share (a->n_active, (double) a->n_finite), "share");
  g_autofree char     *active = sp_format_number (a->n_active, "elements"), *finite = sp_format_number ((double) a->n_finite, "elements");
  g_autofree char     *tokens = sp_format_number ((double) a->n_tokens, "tokens"), *rule = say_rule (report);

  if (report->state->dump->site == NULL)
    return g_strdup (report->state->dump->problem);
  return g_strdup_printf (_("Activation ratio %s: share of activations with %s (%s of %s), over %s tokens, in %s."), ratio, rule, active,
                          finite, tokens, report->state->dump->site);
}

static void
note_list (SpResult *result, const ActiveReport *report)
{
  gsize n = report->state->dump->n_layers;

  if (report->setting.rule != RULE_LIST || report->setting.thresholds != NULL || n == 0)
    return;
  if (report->setting.n_given == 0)
    sp_result_take_note (result, g_strdup_printf (ngettext ("Give a threshold in Thresholds: there is %zu layer.",
                                                            "Give %zu thresholds, one for each layer, commas between.", n), n));
  else
    sp_result_take_note (result, g_strdup_printf (_("There are %zu thresholds for %zu layers: one for each is wanted, in the order "
                                                    "of layers."),
                                                  report->setting.n_given, n));
}

static void
note_cett (SpResult *result, const ActiveReport *report)
{
  if (report->setting.rule != RULE_CETT || report->state->dump->n_layers == 0)
    return;
  if (report->state->cett == NULL && !report->state->has_weights)
    sp_result_take_note (result, g_strdup (_("CETT needs the weights that turn neurons into output: open the model's checkpoint, with its "
                                             "down projections, beside the activations.")));
  else if (report->state->cett == NULL)
    sp_result_take_note (result, g_strdup (_("CETT is measured when the run is asked for it: run again.")));
  else
    sp_result_take_note (result, g_strdup (_("CETT takes the recorded activations for the product of gate and up projection that the down "
                                             "projection reads.")));
}

static void
add_notes (SpResult *result, const ActiveReport *report)
{
  sp_dump_add_notes (report->state->dump, result);
  note_list (result, report);
  note_cett (result, report);
  if (report->all.n_nonfinite > 0)
    {
      g_autofree char *n = sp_format_number ((double) report->all.n_nonfinite, "elements");

      sp_result_take_note (result, g_strdup_printf (_("%s activations are NaN or infinite; they count neither as active nor as "
                                                      "inactive."), n));
    }
  if (report->is_estimate && report->setting.rule == RULE_CETT)
    sp_result_take_note (result, g_strdup (_("Thresholds at this τ are interpolated between measured ones; run again for exact ones.")));
  else if (report->is_estimate)
    sp_result_take_note (result, g_strdup (_("Counts of 32-bit and wider activations at this setting are interpolated inside "
                                             "bins 0.8 % wide; run again for exact counts.")));
  if (!report->is_by_token)
    sp_result_take_note (result, g_strdup (report->setting.rule == RULE_TOP_ALL
                                             ? _("What is shown by token counts what is not zero: of the k largest of all tokens only the "
                                                 "number is known.")
                                             : _("What is shown by token is for the threshold of the last reading.")));
  sp_result_take_note (result, g_strdup (_("FLOPs saved are an estimate: the share of an ungated feed-forward layer's multiplications "
                                           "that zeros make needless, in its second matrix alone or, were they known before, in both.")));
}

/* Another run with these parameters would know what this one cannot. */
static gboolean
would_gain (const ActiveReport *report)
{
  if (report->setting.rule == RULE_TOP_ALL)
    return report->is_estimate;
  if (report->setting.rule == RULE_CETT && report->state->cett == NULL)
    return report->state->has_weights;
  if (report->setting.rule == RULE_LIST && report->setting.thresholds == NULL)
    return FALSE;
  return report->is_estimate || !report->is_by_token;
}

SpResult *
active_report (gpointer data, SpArgs *args)
{
  ActiveReport report = { .state = data };
  SpResult    *result = sp_result_new ("activation-sparsity");

  active_setting_init (&report.setting, args, report.state->dump->n_layers);
  active_count_all (&report);
  active_make_tokens (&report);
  add_layers (result, &report);
  add_summary (result, &report);
  add_thresholds (result, &report);
  active_add_tokens (result, &report);
  active_add_curves (result, &report);
  add_layer_plot (result);
  result->definition = define (&report);
  result->source = g_strdup (_("Luo et al., Sparsing Law (2024)"));
  result->is_estimate = would_gain (&report);
  result->lacks_beside = report.setting.rule == RULE_CETT && !report.state->has_weights;
  sp_dump_add_links (report.state->dump, result);
  add_notes (result, &report);
  g_free (report.layers);
  active_setting_clear (&report.setting);
  return result;
}
