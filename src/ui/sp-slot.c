/* sp-slot.c - one analysis of one opened store: its run and its newest result */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sp-session-private.h"

#include "sp-settings.h"
#include "sp-stores.h"
#include "sp-trace.h"

/* Above this a live parameter is computed beside the main loop. */
#define CHEAP_SECONDS 0.012

SpSlot *
sp_slot_new (SpSession *session, SpStore *store, const SpAnalysis *analysis)
{
  SpSlot *slot = g_new0 (SpSlot, 1);

  slot->session = session;
  slot->store = store;
  slot->analysis = analysis;
  slot->suits = sp_analysis_suits (analysis, store);
  slot->joins = sp_analysis_joins (analysis, store);
  slot->args = sp_args_new (analysis);
  return slot;
}

static void
slot_drop_runner (SpSlot *slot)
{
  if (slot->runner == NULL)
    return;
  g_signal_handlers_disconnect_by_data (slot->runner, slot);
  sp_runner_cancel (slot->runner);
  g_clear_object (&slot->runner);
}

void
sp_slot_free (SpSlot *slot)
{
  g_clear_handle_id (&slot->drawn, g_source_remove);
  sp_slot_drop_refiner (slot);
  slot_drop_runner (slot);
  sp_args_unref (slot->args);
  g_clear_pointer (&slot->given, g_ptr_array_unref);
  g_clear_pointer (&slot->result, sp_result_unref);
  g_free (slot);
}

void
sp_slot_put_result (SpSlot *slot, SpResult *result)
{
  if (result == NULL)
    return;
  g_clear_pointer (&slot->result, sp_result_unref);
  slot->result = result;
  sp_session_tell (slot, SP_SESSION_RESULT_CHANGED);
  if (sp_slot_lacks_stores (slot))
    sp_slot_run (slot);
  else
    sp_slot_refine_soon (slot);
}

/* Live results */

typedef struct { SpRun *run; SpArgs *args; } Finish;

static void
finish_free (gpointer data)
{
  Finish *finish = data;

  sp_run_unref (finish->run);
  sp_args_unref (finish->args);
  g_free (finish);
}

static void
finish_in_thread (GTask *task, gpointer session, gpointer data, GCancellable *cancellable)
{
  Finish *finish = data;

  g_task_return_pointer (task, sp_run_dup_result (finish->run, 0, finish->args), (GDestroyNotify) sp_result_unref);
}

static void
on_finished_beside (GObject *session, GAsyncResult *task, gpointer address)
{
  SpResult *result = g_task_propagate_pointer (G_TASK (task), NULL);
  Finish   *finish = g_task_get_task_data (G_TASK (task));
  SpSlot   *slot = sp_session_find_slot (SP_SESSION (session), address);

  if (slot == NULL || slot->runner == NULL || sp_runner_get_run (slot->runner) != finish->run)
    {
      g_clear_pointer (&result, sp_result_unref);
      if (slot != NULL)
        slot->is_finishing = FALSE;
      return;
    }
  slot->is_finishing = FALSE;
  sp_slot_put_result (slot, result);
  if (slot->finish_again)
    sp_slot_finish (slot);
}

/* One at a time; the newest parameters win. */
static void
slot_finish_beside (SpSlot *slot)
{
  g_autoptr (GTask) task = g_task_new (slot->session, NULL, on_finished_beside, slot);
  Finish           *finish = g_new (Finish, 1);

  finish->run = sp_run_ref (sp_runner_get_run (slot->runner));
  finish->args = sp_args_ref (slot->args);
  slot->is_finishing = TRUE;
  slot->finish_again = FALSE;
  g_task_set_task_data (task, finish, finish_free);
  g_task_run_in_thread (task, finish_in_thread);
}

void
sp_slot_finish (SpSlot *slot)
{
  gint64 began = g_get_monotonic_time ();

  sp_runner_set_args (slot->runner, slot->args);
  if (slot->is_finishing)
    {
      slot->finish_again = TRUE;
      return;
    }
  if (slot->finish_seconds > CHEAP_SECONDS)
    {
      slot_finish_beside (slot);
      return;
    }
  sp_slot_put_result (slot, sp_run_dup_result (sp_runner_get_run (slot->runner), 0, slot->args));
  slot->finish_seconds = 1e-6 * (double) (g_get_monotonic_time () - began);
}

/* Runs */

static void
on_runner_updated (SpRunner *runner, SpSlot *slot)
{
  sp_slot_put_result (slot, sp_runner_take_result (runner));
  sp_session_tell (slot, SP_SESSION_PROGRESS);
}

static void
on_runner_finished (SpRunner *runner, SpSlot *slot)
{
  const GError *error = sp_runner_get_error (runner);

  sp_session_tell (slot, SP_SESSION_STATE_CHANGED);
  sp_session_tell (slot, SP_SESSION_PROGRESS);
  if (error != NULL)
    sp_session_tell (slot, SP_SESSION_FAILED);
}

void
sp_slot_start (SpSlot *slot, SpRunner **runner, GCallback on_updated, GCallback on_finished)
{
  g_autoptr (GPtrArray) stores = sp_session_list_beside (slot->session, slot);

  g_clear_pointer (&slot->given, g_ptr_array_unref);
  slot->given = sp_stores_dup (stores);
  *runner = sp_runner_new (stores, slot->analysis, slot->args, (guint) sp_settings_get_int ("threads"));
  g_signal_connect (*runner, "updated", on_updated, slot);
  g_signal_connect (*runner, "finished", on_finished, slot);
  sp_runner_start (*runner);
  sp_session_tell (slot, SP_SESSION_STATE_CHANGED);
  sp_session_tell (slot, SP_SESSION_PROGRESS);
}

void
sp_slot_run (SpSlot *slot)
{
  sp_slot_drop_refiner (slot);
  slot_drop_runner (slot);
  slot->finish_seconds = 0;
  sp_slot_start (slot, &slot->runner, G_CALLBACK (on_runner_updated), G_CALLBACK (on_runner_finished));
}

void
sp_slot_take_args (SpSlot *slot, SpArgs *args)
{
  sp_trace_tick ();
  sp_slot_drop_refiner (slot);
  sp_args_unref (slot->args);
  slot->args = args;
  sp_session_tell (slot, SP_SESSION_ARGS_CHANGED);
  if (slot->runner != NULL && sp_run_accepts (sp_runner_get_run (slot->runner), 0, args))
    sp_slot_finish (slot);
  sp_session_tell (slot, SP_SESSION_STATE_CHANGED);
  sp_session_tell (slot, SP_SESSION_PROGRESS);
}

SpRunner *
sp_slot_get_active (SpSlot *slot)
{
  if (slot->refiner != NULL)
    return slot->refiner;
  return slot->runner != NULL && sp_runner_is_running (slot->runner) ? slot->runner : NULL;
}

gboolean
sp_slot_lacks_stores (SpSlot *slot)
{
  g_autoptr (GPtrArray) stores = NULL;

  if (slot->result == NULL || !slot->result->is_final || !slot->result->lacks_beside)
    return FALSE;
  stores = sp_session_list_beside (slot->session, slot);
  return !sp_stores_are_same (stores, slot->given);
}

gboolean
sp_slot_needs_run (SpSlot *slot)
{
  if (slot->runner == NULL)
    return TRUE;
  if (!sp_runner_is_running (slot->runner) && !sp_runner_is_complete (slot->runner))
    return TRUE;
  return sp_slot_can_refine (slot) || !sp_run_accepts (sp_runner_get_run (slot->runner), 0, slot->args);
}
