/* sp-slot-refine.c - counts exactly what a moved slider left as an estimate, in the background */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sp-session-private.h"

/* A slider has come to rest after this. */
#define SETTLE_MS 300
/* Everything is read again: up to this many bytes without being asked. */
#define CHEAP_BYTES (2 * G_GUINT64_CONSTANT (1000000000))

static guint64
count_bytes (SpStore *store)
{
  guint64 n_bytes = 0;

  for (gsize i = 0; i < sp_store_get_n_tensors (store); i++)
    n_bytes += sp_store_get_tensor (store, i)->n_bytes;
  return n_bytes;
}

static gboolean
is_unrefined (SpSlot *slot)
{
  return slot->result != NULL && slot->result->is_final && slot->result->is_estimate && !slot->is_finishing
         && slot->refined != slot->args && sp_slot_get_active (slot) == NULL;
}

gboolean
sp_slot_can_refine (SpSlot *slot)
{
  return is_unrefined (slot) && slot->settle == 0;
}

void
sp_slot_drop_refiner (SpSlot *slot)
{
  g_clear_handle_id (&slot->settle, g_source_remove);
  slot->refined = NULL;
  if (slot->refiner == NULL)
    return;
  g_signal_handlers_disconnect_by_data (slot->refiner, slot);
  sp_runner_cancel (slot->refiner);
  g_clear_object (&slot->refiner);
}

/* Cancelled, the estimate stays and can be asked about again. */
static void
on_refined (SpRunner *refiner, SpSlot *slot)
{
  SpResult *result = sp_runner_take_result (refiner);

  slot->refiner = NULL;
  g_signal_handlers_disconnect_by_data (refiner, slot);
  if (sp_runner_is_complete (refiner) && result != NULL)
    {
      g_set_object (&slot->runner, refiner);
      sp_slot_put_result (slot, result);
    }
  else
    {
      slot->refined = NULL;
      g_clear_pointer (&result, sp_result_unref);
    }
  sp_session_tell (slot, SP_SESSION_STATE_CHANGED);
  sp_session_tell (slot, SP_SESSION_PROGRESS);
  g_object_unref (refiner);
}

static void
on_refiner_updated (SpRunner *refiner, SpSlot *slot)
{
  sp_session_tell (slot, SP_SESSION_PROGRESS);
}

void
sp_slot_refine (SpSlot *slot)
{
  sp_slot_drop_refiner (slot);
  slot->refined = slot->args;
  sp_slot_start (slot, &slot->refiner, G_CALLBACK (on_refiner_updated), G_CALLBACK (on_refined));
}

static gboolean
on_settled (gpointer data)
{
  SpSlot           *slot = data;
  const SpAnalysis *analysis;
  SpProgress        progress;

  if (sp_session_get_progress (slot->session, &analysis, &progress))
    return G_SOURCE_CONTINUE;
  slot->settle = 0;
  if (is_unrefined (slot))
    sp_slot_refine (slot);
  return G_SOURCE_REMOVE;
}

void
sp_slot_refine_soon (SpSlot *slot)
{
  g_clear_handle_id (&slot->settle, g_source_remove);
  if (!is_unrefined (slot))
    return;
  if (count_bytes (slot->store) <= CHEAP_BYTES)
    slot->settle = g_timeout_add (SETTLE_MS, on_settled, slot);
  sp_session_tell (slot, SP_SESSION_STATE_CHANGED);
}
