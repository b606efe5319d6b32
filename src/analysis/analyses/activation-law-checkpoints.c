/* activation-law-checkpoints.c - what was measured of a training run, a row a checkpoint, and its points to be read again */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "activation-law-run.h"

#include <glib/gi18n-lib.h>
#include <math.h>

static const char *const sources[] = {
  [SP_TRAINED_UNKNOWN] = NULL, [SP_TRAINED_BY_TABLE] = "tokens.json", [SP_TRAINED_BY_STATE] = "trainer_state.json",
  [SP_TRAINED_BY_NAME] = "name",
};

static const char *
find_source (const SpCheckpoint *checkpoint)
{
  return sources[checkpoint->tokens_from != SP_TRAINED_UNKNOWN ? checkpoint->tokens_from : checkpoint->steps_from];
}

/* Why it is no point, as far as it is known; NULL: it is one, or not measured yet. */
static const char *
find_obstacle (const LawRun *run, guint i, double per_step)
{
  const SpCheckpoint *checkpoint = run->checkpoints->pdata[i];
  const LawMeasured  *measured = &run->measured[i];

  if (measured->problem != NULL)
    return measured->problem;
  if (isnan (checkpoint->tokens) && isnan (checkpoint->steps))
    return _("nothing says how far it was trained: neither its name, nor trainer_state.json, nor tokens.json beside the folders");
  if (measured->found != NULL && !measured->is_found)
    return _("perplexity grows by p % at no threshold, so this is no point of the curve");
  if (isnan (law_run_tokens (run, i, per_step)) && !law_run_is_by_steps (run, per_step))
    return _("of others the tokens are known, of this only the steps; its tokens per step are needed for a point of the curve");
  return NULL;
}

enum { STEPS, TOKENS, RATIO, ERROR, TAU, PERPLEXITY, N_NUMBERS };

static void
fill_row (const LawRun *run, guint i, double per_step, gsize row, double *const *numbers)
{
  numbers[STEPS][row] = ((SpCheckpoint *) run->checkpoints->pdata[i])->steps;
  numbers[TOKENS][row] = law_run_tokens (run, i, per_step);
  numbers[RATIO][row] = run->measured[i].ratio;
  numbers[ERROR][row] = run->measured[i].error;
  numbers[TAU][row] = run->measured[i].tau;
  numbers[PERPLEXITY][row] = run->measured[i].perplexity;
}

static gsize
count_checkpoints (GPtrArray *runs)
{
  gsize n = 0;

  for (guint r = 0; r < runs->len; r++)
    n += ((LawRun *) runs->pdata[r])->checkpoints->len;
  return n;
}

static void
add_checkpoints (SpResult *result, GPtrArray *runs, double per_step)
{
  static const struct { const char *name, *title, *unit; } columns[N_NUMBERS] = {
    { "steps", N_("Steps"), "steps" }, { "tokens", N_("Tokens"), "tokens" }, { "activation_ratio", N_("Activation ratio"), "share" },
    { "standard_error", N_("Standard error"), "share" }, { "tau", N_("τ"), "" }, { "perplexity", N_("Perplexity"), "" },
  };
  static const struct { const char *name, *title; } words[] = {
    { "checkpoint", N_("Checkpoint") }, { "series", N_("Series") }, { "trained", N_("Trained by") }, { "state", N_("Found") },
    { "note", N_("Note") },
  };
  gsize                  n = count_checkpoints (runs), row = 0;
  SpTable               *table = sp_table_new ("checkpoints", _("Checkpoints"), n);
  double                *numbers[N_NUMBERS];
  const char           **texts[G_N_ELEMENTS (words)];
  g_autoptr (GPtrArray)  names = g_ptr_array_new_with_free_func (g_free);

  for (guint k = 0; k < N_NUMBERS; k++)
    numbers[k] = g_new (double, n + 1);
  for (guint k = 0; k < G_N_ELEMENTS (words); k++)
    texts[k] = g_new0 (const char *, n + 1);
  for (guint r = 0; r < runs->len; r++)
    for (guint i = 0; i < ((LawRun *) runs->pdata[r])->checkpoints->len; i++, row++)
      {
        const LawRun *run = runs->pdata[r];
        char         *name = sp_printable_text (((SpCheckpoint *) run->checkpoints->pdata[i])->name, -1);

        g_ptr_array_add (names, name);
        fill_row (run, i, per_step, row, numbers);
        texts[0][row] = name;
        texts[1][row] = run->title;
        texts[2][row] = find_source (run->checkpoints->pdata[i]);
        texts[3][row] = run->measured[i].found;
        texts[4][row] = find_obstacle (run, i, per_step);
      }
  for (guint k = 0; k < 2; k++)
    sp_table_take_column (table, sp_column_new_text (words[k].name, _(words[k].title), n, texts[k]));
  for (guint k = 0; k < N_NUMBERS; k++)
    sp_table_take_column (table, sp_column_new_f64 (columns[k].name, _(columns[k].title), columns[k].unit, n, numbers[k]));
  for (guint k = 2; k < G_N_ELEMENTS (words); k++)
    sp_table_take_column (table, sp_column_new_text (words[k].name, _(words[k].title), n, texts[k]));
  for (guint k = 0; k < G_N_ELEMENTS (words); k++)
    g_free (texts[k]);
  g_ptr_array_add (result->tables, table);
}

/* By the names that this analysis finds a series by. */
static void
add_measured (SpResult *result, const LawSeries *series, guint number)
{
  g_autofree char *id = number == 0 ? g_strdup ("measured") : g_strdup_printf ("measured-%u", number + 1);
  SpTable         *table = sp_table_new (g_intern_string (id), _("Measured"), series->n[0]);
  gsize            n_bytes = series->n[0] * sizeof (double);

  sp_table_take_column (table, sp_column_new_f64 (series->is_steps ? SP_SERIES_STEPS : SP_SERIES_TOKENS,
                                                  series->is_steps ? _("Steps") : _("Tokens"), series->is_steps ? "steps" : "tokens",
                                                  series->n[0], g_memdup2 (series->values[0], n_bytes)));
  sp_table_take_column (table, sp_column_new_f64 (SP_SERIES_RATIOS, _("Activation ratio"), "share", series->n[0],
                                                  g_memdup2 (series->values[1], n_bytes)));
  g_ptr_array_add (result->tables, table);
}

void
law_add_runs (SpResult *result, GPtrArray *runs, GPtrArray *measured, double per_step)
{
  if (runs->len == 0)
    return;
  add_checkpoints (result, runs, per_step);
  for (guint i = 0; i < measured->len; i++)
    add_measured (result, measured->pdata[i], i);
}

/* --- words ------------------------------------------------------------------------------------------------ */

static void
note_row (SpResult *result, const LawRun *run, guint i, double per_step)
{
  g_autofree char *name = sp_printable_text (((SpCheckpoint *) run->checkpoints->pdata[i])->name, -1);
  const char      *obstacle = find_obstacle (run, i, per_step);

  if (obstacle != NULL && g_str_has_prefix (obstacle, name))
    sp_result_take_note (result, g_strdup_printf ("%s, %s.", run->title, obstacle));
  else if (obstacle != NULL)
    sp_result_take_note (result, g_strdup_printf (_("%s, %s: %s."), run->title, name, obstacle));
}

void
law_note_run (SpResult *result, const LawRun *run, const LawSeries *series, SpArgs *args)
{
  const char      *path = sp_args_get_text (args, "text");
  g_autofree char *text = path != NULL ? g_path_get_basename (path) : NULL, *name = text != NULL ? sp_printable_text (text, -1) : NULL;

  sp_result_take_note (result, g_strdup_printf (_("%s: %u of %u checkpoints were measured on %s: the activation ratio where perplexity "
                                                  "grows by %g %%, by CETT."), run->title, run->n_measured, run->checkpoints->len,
                                                name != NULL ? name : "–", sp_args_get_number (args, "p")));
  if (series->is_steps)
    sp_result_take_note (result, g_strdup_printf (_("%s: its tokens per step are not known, so D is steps of training."), run->title));
  for (guint i = 0; i < run->checkpoints->len; i++)
    note_row (result, run, i, sp_args_get_number (args, "per-step"));
  for (guint i = 0; i < run->notes->len; i++)
    sp_result_take_note (result, g_strdup_printf ("%s: %s", run->title, (const char *) run->notes->pdata[i]));
}
