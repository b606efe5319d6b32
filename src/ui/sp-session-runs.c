/* sp-session-runs.c - the session's analyses: parameters, runs, results */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sp-session-private.h"

#include "sp-stores.h"

#include <string.h>

static const char *
tensor_param (const SpAnalysis *analysis)
{
  for (gsize i = 0; analysis->params[i].id != NULL; i++)
    if (analysis->params[i].type == SP_PARAM_TENSOR)
      return analysis->params[i].id;
  return NULL;
}

/* The first matrix that can be read: something to look at before anything was picked. */
static const char *
first_matrix (SpStore *store)
{
  for (gsize i = 0; i < sp_store_get_n_tensors (store); i++)
    {
      const SpTensor *tensor = sp_store_get_tensor (store, i);

      if (tensor->rank >= 2 && tensor->role.layer >= 0 && sp_tensor_is_readable (tensor))
        return tensor->name;
    }
  return sp_store_get_n_tensors (store) > 0 ? sp_store_get_tensor (store, 0)->name : NULL;
}

static guint64
count_slices (SpStore *store, const char *tensor)
{
  const SpTensor *found = tensor != NULL ? sp_store_find (store, tensor) : NULL;

  return found != NULL && found->rank > 2 ? found->shape[0] : 0;
}

guint64
sp_session_count_slices (SpSession *self, const SpAnalysis *analysis)
{
  SpSlot     *slot = sp_opened_slot (self->shown, analysis);
  const char *param = tensor_param (analysis);

  return slot != NULL && param != NULL ? count_slices (slot->store, sp_args_get_text (slot->args, param)) : 0;
}

/* An index the next tensor has too is kept. */
static void
drop_indices (SpArgs *args, const SpAnalysis *analysis, guint64 n_slices)
{
  for (const SpParam *param = analysis->params; param->id != NULL; param++)
    if (param->is_index && sp_args_get_number (args, param->id) >= (double) n_slices)
      sp_args_set_number (args, param->id, param->fallback);
}

/* Of an analysis that joins all: the slot of another source, which shows the same; NULL: there is none. */
static SpSlot *
next_joined (SpSession *self, SpSlot *slot, guint *i)
{
  while (slot->joins && *i < self->sources->len)
    {
      SpSlot *other = sp_opened_slot (self->sources->pdata[(*i)++], slot->analysis);

      if (other != slot && other->joins)
        return other;
    }
  return NULL;
}

/* What was set for others that show the same holds here too. */
static void
join_args (SpSession *self, SpSlot *slot)
{
  guint   i = 0;
  SpSlot *other = slot->runner == NULL ? next_joined (self, slot, &i) : NULL;

  if (other == NULL)
    return;
  sp_args_ref (other->args);
  sp_args_unref (slot->args);
  slot->args = other->args;
  sp_session_tell (slot, SP_SESSION_ARGS_CHANGED);
}

/* The page shown has what it needs: its analysis runs, on the selected tensor if it looks at one. */
void
sp_session_feed_page (SpSession *self)
{
  SpSlot     *slot = sp_opened_slot (self->shown, sp_session_page_analysis (self->page));
  const char *param;

  if (slot == NULL || sp_args_find_missing (slot->args, &slot->store, 1) != NULL)
    return;
  param = tensor_param (slot->analysis);
  if (param != NULL && self->shown->selection == NULL)
    {
      sp_session_set_selection (self, first_matrix (self->shown->store));
      return;
    }
  if (param != NULL && g_strcmp0 (sp_args_get_text (slot->args, param), self->shown->selection) != 0)
    {
      SpArgs *args = sp_args_dup (slot->args);

      sp_args_set_text (args, param, self->shown->selection);
      drop_indices (args, slot->analysis, count_slices (slot->store, self->shown->selection));
      sp_args_unref (slot->args);
      slot->args = args;
      sp_session_tell (slot, SP_SESSION_ARGS_CHANGED);
      sp_slot_run (slot);
    }
  else if (slot->runner == NULL || sp_slot_lacks_stores (slot))
    {
      join_args (self, slot);
      sp_slot_run (slot);
    }
}

static const char *
neuron_param (const SpAnalysis *analysis)
{
  for (gsize i = 0; analysis->params[i].id != NULL; i++)
    if (analysis->params[i].is_neuron)
      return analysis->params[i].id;
  return NULL;
}

static gboolean
has_neuron (SpResult *result, const char *key, gint64 neuron)
{
  gint64 found;
  gsize  row;

  for (guint i = 0; i < result->tables->len; i++)
    if (sp_table_find_key (result->tables->pdata[i], key, neuron, &row) &&
        sp_table_get_key (result->tables->pdata[i], row, &found) != NULL && found == neuron)
      return TRUE;
  return FALSE;
}

void
sp_session_follow_neuron (SpSession *self)
{
  SpSlot          *slot = sp_opened_slot (self->shown, sp_session_page_analysis (self->page));
  const char      *param = slot != NULL && slot->result != NULL ? neuron_param (slot->analysis) : NULL;
  gint64           neuron = self->shown->neuron;
  g_autofree char *text = NULL;
  SpArgs          *args;

  if (param == NULL)
    return;
  if (neuron >= 0 && has_neuron (slot->result, sp_session_get_key (self, slot->result), neuron))
    text = g_strdup_printf ("%" G_GINT64_FORMAT, neuron);
  if (g_strcmp0 (text, sp_args_get_text (slot->args, param)) == 0)
    return;
  args = sp_args_dup (slot->args);
  sp_args_set_text (args, param, text);
  sp_session_take_args (self, slot->analysis, args);
}

/* In the order they were opened, so that each keeps its colour whichever is shown; what lies beside is none of them. */
static GPtrArray *
list_joined (SpSession *self, SpSlot *slot)
{
  GPtrArray *stores = g_ptr_array_new ();

  for (guint i = 0; i < self->sources->len; i++)
    {
      SpSlot *other = sp_opened_slot (self->sources->pdata[i], slot->analysis);

      if (other == slot || (slot->joins && other->joins) || (slot->analysis->looks_beside && !other->suits))
        g_ptr_array_add (stores, other->store);
    }
  return stores;
}

GPtrArray *
sp_session_list_beside (SpSession *self, SpSlot *slot)
{
  GPtrArray *stores;

  if (slot->analysis->joins_all)
    return list_joined (self, slot);
  stores = g_ptr_array_new ();
  g_ptr_array_add (stores, slot->store);
  for (guint i = 0; slot->analysis->looks_beside && i < self->sources->len; i++)
    {
      SpSlot *other = sp_opened_slot (self->sources->pdata[i], slot->analysis);

      if (other != slot && (!other->suits || sp_analysis_looks_at (slot->analysis, slot->store, other->store)))
        g_ptr_array_add (stores, other->store);
    }
  return stores;
}

GPtrArray *
sp_session_dup_stores (SpSession *self, const SpAnalysis *analysis)
{
  SpSlot               *slot = sp_opened_slot (self->shown, analysis);
  g_autoptr (GPtrArray) stores = slot != NULL ? sp_session_list_beside (self, slot) : NULL;

  return stores != NULL ? sp_stores_dup (stores) : NULL;
}

const SpAnalysis *
sp_session_page_analysis (const char *page)
{
  return strcmp (page, SP_PAGE_OVERVIEW) == 0 ? sp_analyses[0] : sp_analysis_find (page);
}

gboolean
sp_session_selects_features (SpSession *self)
{
  return sp_session_page_analysis (self->page)->needs == SP_NEEDS_SAE;
}

gboolean
sp_session_offers (SpSession *self, const char *page)
{
  SpSlot *slot = sp_opened_slot (self->shown, sp_session_page_analysis (page));

  return slot != NULL && slot->suits;
}

SpArgs *
sp_session_get_args (SpSession *self, const SpAnalysis *analysis)
{
  SpSlot *slot = sp_opened_slot (self->shown, analysis);

  return slot != NULL ? slot->args : NULL;
}

void
sp_session_take_args (SpSession *self, const SpAnalysis *analysis, SpArgs *args)
{
  SpSlot *slot = sp_opened_slot (self->shown, analysis), *other;
  guint   i = 0;

  if (slot == NULL)
    {
      sp_args_unref (args);
      return;
    }
  while ((other = next_joined (self, slot, &i)) != NULL)
    sp_slot_take_args (other, sp_args_ref (args));
  sp_slot_take_args (slot, args);
  if (slot->runner == NULL)              /* what it needed may be there now */
    sp_session_feed_page (self);
}

SpResult *
sp_session_get_result (SpSession *self, const SpAnalysis *analysis)
{
  SpSlot *slot = sp_opened_slot (self->shown, analysis);

  return slot != NULL ? slot->result : NULL;
}

gboolean
sp_session_is_running (SpSession *self, const SpAnalysis *analysis)
{
  SpSlot *slot = sp_opened_slot (self->shown, analysis);

  return slot != NULL && sp_slot_get_active (slot) != NULL;
}

gboolean
sp_session_needs_run (SpSession *self, const SpAnalysis *analysis)
{
  SpSlot *slot = sp_opened_slot (self->shown, analysis);

  return slot != NULL && sp_args_find_missing (slot->args, &slot->store, 1) == NULL && sp_slot_needs_run (slot);
}

gboolean
sp_session_can_refine (SpSession *self, const SpAnalysis *analysis)
{
  SpSlot *slot = sp_opened_slot (self->shown, analysis);

  return slot != NULL && sp_slot_can_refine (slot);
}

void
sp_session_run (SpSession *self, const SpAnalysis *analysis)
{
  SpSlot *slot = sp_opened_slot (self->shown, analysis);

  if (slot != NULL && sp_slot_can_refine (slot))
    sp_slot_refine (slot);
  else if (slot != NULL)
    sp_slot_run (slot);
}

void
sp_session_cancel (SpSession *self)
{
  for (guint i = 0; i < self->sources->len; i++)
    for (gsize a = 0; sp_analyses[a] != NULL; a++)
      {
        SpRunner *runner = sp_slot_get_active (((SpOpened *) self->sources->pdata[i])->slots[a]);

        if (runner != NULL)
          sp_runner_cancel (runner);
      }
}

gboolean
sp_session_get_progress (SpSession *self, const SpAnalysis **analysis, SpProgress *progress)
{
  for (guint i = 0; i < self->sources->len; i++)
    for (gsize a = 0; sp_analyses[a] != NULL; a++)
      {
        SpSlot   *slot = ((SpOpened *) self->sources->pdata[i])->slots[a];
        SpRunner *runner = sp_slot_get_active (slot);

        if (runner == NULL)
          continue;
        *analysis = slot->analysis;
        sp_runner_get_progress (runner, progress);
        return TRUE;
      }
  return FALSE;
}
