/* activation-law-measure.c - the activation ratios of a training run's checkpoints, measured as ppl-p does, one after the other */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "activation-law-run.h"

#include "ppl-p.h"

#include <glib/gi18n-lib.h>
#include <math.h>

LawRun *
law_run_new (SpStore *store, char *title)
{
  LawRun *run = g_new0 (LawRun, 1);

  run->store = sp_store_ref (store);
  run->title = title;
  run->checkpoints = g_ptr_array_new_with_free_func (sp_checkpoint_free);
  run->notes = g_ptr_array_new_with_free_func (g_free);
  return run;
}

void
law_run_free (gpointer data)
{
  LawRun *run = data;

  for (guint i = 0; i < run->checkpoints->len; i++)
    g_free (run->measured[i].problem);
  g_free (run->measured);
  g_ptr_array_unref (run->checkpoints);
  g_ptr_array_unref (run->notes);
  sp_store_unref (run->store);
  g_free (run->title);
  g_free (run);
}

/* --- measuring ------------------------------------------------------------------------------------------ */

typedef struct { PplSetting setting; const char *text; const SpWork *work; } Measuring;

static gboolean
measure (const Measuring *measuring, const SpWork *part, const SpCheckpoint *checkpoint, LawMeasured *measured, GError **error)
{
  g_autoptr (SpStore) store = NULL;
  PplState           *state;
  PplAnswer           answer;
  gboolean            is_measured;

  if (checkpoint->is_model)
    store = sp_store_open (checkpoint->path, part->cancellable, error);
  else
    g_set_error (error, SP_ERROR, SP_ERROR_NOT_A_MODEL,
                 _("there is no config.json in this folder, so it is no checkpoint that can be run"));
  if (store == NULL)
    return FALSE;
  state = ppl_state_new (&measuring->setting, store, measuring->text);
  is_measured = ppl_execute (state, part, error);
  if (is_measured)
    {
      answer = ppl_search_get_answer (state->search, 0);
      *measured = (LawMeasured) { answer.active, answer.error, answer.tau, exp (state->dense->loss),
                                  ppl_describe (state, &answer), answer.state == PPL_FOUND, NULL };
    }
  ppl_state_free (state);
  return is_measured;
}

/* What a checkpoint cannot give is a row that says why; the first of models stands for all where none gives anything. */
static gboolean
measure_one (const Measuring *measuring, LawRun *run, guint i, GError **first, GError **error)
{
  const SpCheckpoint *checkpoint = run->checkpoints->pdata[i];
  guint               n = run->checkpoints->len;
  LawMeasured         measured = { NAN, NAN, NAN, NAN, NULL, FALSE, NULL };
  g_autofree char    *name = sp_printable_text (checkpoint->name, -1), *title = g_strdup_printf (_("%s, %u of %u"), name, i + 1, n);
  SpWork              part = sp_work_part (measuring->work, (double) i / n, (i + 1.0) / n, title);
  g_autoptr (GError)  problem = NULL;

  if (!measure (measuring, &part, checkpoint, &measured, &problem))
    {
      if (g_error_matches (problem, G_IO_ERROR, G_IO_ERROR_CANCELLED))
        {
          g_propagate_error (error, g_steal_pointer (&problem));
          return FALSE;
        }
      measured.problem = sp_printable_text (problem->message, -1);
      if (*first == NULL && checkpoint->is_model)
        *first = g_steal_pointer (&problem);
    }
  sp_work_lock (measuring->work);
  run->measured[i] = measured;
  run->n_measured += measured.problem == NULL;
  sp_work_unlock (measuring->work);
  return TRUE;
}

static gboolean
list_checkpoints (LawRun *run, const SpWork *work, GError **error)
{
  g_autofree char *folder = sp_store_dup_folder (run->store);
  GPtrArray       *checkpoints = sp_checkpoints_list (folder), *notes = g_ptr_array_new_with_free_func (g_free);
  gboolean         is_read = sp_checkpoints_read_beside (checkpoints, folder, notes, work->cancellable, error);

  sp_work_lock (work);
  g_ptr_array_unref (run->checkpoints);
  g_ptr_array_unref (run->notes);
  run->checkpoints = checkpoints;
  run->notes = notes;
  run->measured = g_new (LawMeasured, checkpoints->len + 1);
  for (guint i = 0; i < checkpoints->len; i++)
    run->measured[i] = (LawMeasured) { NAN, NAN, NAN, NAN, NULL, FALSE, NULL };
  sp_work_unlock (work);
  return is_read;
}

static gboolean
measure_run (Measuring *measuring, LawRun *run, const SpWork *work, GError **error)
{
  g_autoptr (GError) first = NULL;

  measuring->work = work;
  if (!list_checkpoints (run, work, error))
    return FALSE;
  for (guint i = 0; i < run->checkpoints->len; i++)
    if (!measure_one (measuring, run, i, &first, error))
      return FALSE;
  if (run->n_measured > 0 || first == NULL)
    return TRUE;
  g_propagate_error (error, g_steal_pointer (&first));
  return FALSE;
}

static void
read_setting (PplSetting *setting, SpArgs *args)
{
  *setting = (PplSetting) {
    .percents = { sp_args_get_number (args, "p") }, .n_percents = 1, .convention = (PplConvention) sp_args_get_number (args, "convention"),
    .window = (guint) sp_args_get_number (args, "window"), .stride = (guint) sp_args_get_number (args, "stride"),
    .most_tokens = (gsize) sp_args_get_number (args, "tokens"),
  };
}

gboolean
law_execute (gpointer data, SpArgs *args, const SpWork *work, GError **error)
{
  LawState *state = data;
  Measuring measuring = { .text = sp_args_get_text (args, "text") };
  guint     n = state->runs->len;

  read_setting (&measuring.setting, args);
  for (guint i = 0; i < n; i++)
    {
      SpWork part = sp_work_part (work, (double) i / n, (i + 1.0) / n, NULL);

      if (!measure_run (&measuring, state->runs->pdata[i], &part, error))
        return FALSE;
    }
  return TRUE;
}

/* --- as a series ------------------------------------------------------------------------------------------ */

double
law_run_tokens (const LawRun *run, guint i, double per_step)
{
  const SpCheckpoint *checkpoint = run->checkpoints->pdata[i];

  if (!isnan (checkpoint->tokens))
    return checkpoint->tokens;
  return per_step > 0 ? checkpoint->steps * per_step : NAN;
}

gboolean
law_run_is_by_steps (const LawRun *run, double per_step)
{
  gboolean has_steps = FALSE;

  for (guint i = 0; i < run->checkpoints->len; i++)
    {
      if (run->measured[i].is_found && !isnan (law_run_tokens (run, i, per_step)))
        return FALSE;
      has_steps = has_steps || !isnan (((SpCheckpoint *) run->checkpoints->pdata[i])->steps);
    }
  return has_steps;
}

LawSeries *
law_run_new_series (const LawRun *run, double per_step)
{
  LawSeries *series = g_new0 (LawSeries, 1);
  guint      n = run->checkpoints->len;

  *series = (LawSeries) { .title = g_strdup (run->title), .is_steps = law_run_is_by_steps (run, per_step) };
  series->values[0] = g_new (double, n + 1);
  series->values[1] = g_new (double, n + 1);
  for (guint i = 0; i < n; i++)
    {
      double trained = series->is_steps ? ((SpCheckpoint *) run->checkpoints->pdata[i])->steps : law_run_tokens (run, i, per_step);

      if (!run->measured[i].is_found || isnan (trained))
        continue;
      series->values[0][series->n[0]++] = trained;
      series->values[1][series->n[1]++] = run->measured[i].ratio;
    }
  return series;
}

void
law_series_free (gpointer data)
{
  LawSeries *series = data;

  g_free (series->title);
  g_free (series->values[0]);
  g_free (series->values[1]);
  g_free (series->problem);
  g_free (series);
}
