/* sp-session.c - the one state every widget of a window binds to */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sp-session.h"

#include "sp-runner.h"
#include "sp-settings.h"
#include "sp-trace.h"

#include <math.h>
#include <string.h>

/* Above this a live parameter is computed beside the main loop. */
#define CHEAP_SECONDS 0.012

typedef struct {
  SpSession        *session;             /* borrowed */
  const SpAnalysis *analysis;
  SpArgs           *args;                /* what the form shows */
  SpRunner         *runner;              /* the current run; NULL: never run */
  SpResult         *result;              /* newest of the current run, or of the one before it */
  double            finish_seconds;      /* how long the last live result took */
  gboolean          is_finishing, finish_again;   /* a live result is on its way beside the main loop */
} Slot;

typedef struct {
  SpStore          *store;
  Slot            **slots;               /* one per analysis */
  char             *selection;
  const SpColumn   *names;               /* column the rows were made from; owned */
  GHashTable       *rows;                /* tensor name, lent by names → row + 1 */
} Source;

struct _SpSession {
  GObject    parent_instance;
  GPtrArray *sources;                    /* of Source */
  Source    *shown;                      /* NULL: none */
  char      *page;
};

G_DEFINE_FINAL_TYPE (SpSession, sp_session, G_TYPE_OBJECT)

enum { PROP_0, PROP_PAGE, PROP_SELECTION, PROP_STORE, N_PROPS };
static GParamSpec *props[N_PROPS];

enum { STORES_CHANGED, ARGS_CHANGED, RESULT_CHANGED, STATE_CHANGED, PROGRESS, FAILED, N_SIGNALS };
static guint signals[N_SIGNALS];

static gsize
count_analyses (void)
{
  gsize n = 0;

  while (sp_analyses[n] != NULL)
    n++;
  return n;
}

static void
slot_drop_runner (Slot *slot)
{
  if (slot->runner == NULL)
    return;
  g_signal_handlers_disconnect_by_data (slot->runner, slot);
  sp_runner_cancel (slot->runner);
  g_clear_object (&slot->runner);
}

static void
slot_free (Slot *slot)
{
  slot_drop_runner (slot);
  sp_args_unref (slot->args);
  g_clear_pointer (&slot->result, sp_result_unref);
  g_free (slot);
}

static void
source_free (gpointer data)
{
  Source *source = data;

  for (gsize i = 0; sp_analyses[i] != NULL; i++)
    slot_free (source->slots[i]);
  g_free (source->slots);
  g_clear_pointer (&source->rows, g_hash_table_unref);
  if (source->names != NULL)
    sp_column_unref ((SpColumn *) source->names);
  sp_store_unref (source->store);
  g_free (source->selection);
  g_free (source);
}

static Source *
source_new (SpSession *self, SpStore *store)
{
  Source *source = g_new0 (Source, 1);

  source->store = store;
  source->slots = g_new0 (Slot *, count_analyses () + 1);
  for (gsize i = 0; sp_analyses[i] != NULL; i++)
    {
      source->slots[i] = g_new0 (Slot, 1);
      source->slots[i]->session = self;
      source->slots[i]->analysis = sp_analyses[i];
      source->slots[i]->args = sp_args_new (sp_analyses[i]);
    }
  return source;
}

static Slot *
source_slot (Source *source, const SpAnalysis *analysis)
{
  for (gsize i = 0; source != NULL && sp_analyses[i] != NULL; i++)
    if (sp_analyses[i] == analysis)
      return source->slots[i];
  return NULL;
}

static gboolean
is_shown (Slot *slot)
{
  return source_slot (slot->session->shown, slot->analysis) == slot;
}

static void
emit (Slot *slot, guint signal)
{
  if (is_shown (slot))
    g_signal_emit (slot->session, signals[signal], 0, slot->analysis);
}

static void
slot_put_result (Slot *slot, SpResult *result)
{
  g_clear_pointer (&slot->result, sp_result_unref);
  slot->result = result;
  emit (slot, RESULT_CHANGED);
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

static void slot_finish (Slot *slot);

static Slot *
find_slot (SpSession *self, gpointer address)
{
  for (guint i = 0; i < self->sources->len; i++)
    for (gsize a = 0; sp_analyses[a] != NULL; a++)
      if (((Source *) self->sources->pdata[i])->slots[a] == address)
        return address;
  return NULL;
}

static void
on_finished_beside (GObject *session, GAsyncResult *task, gpointer address)
{
  SpResult *result = g_task_propagate_pointer (G_TASK (task), NULL);
  Finish   *finish = g_task_get_task_data (G_TASK (task));
  Slot     *slot = find_slot (SP_SESSION (session), address);

  if (slot == NULL || slot->runner == NULL || sp_runner_get_run (slot->runner) != finish->run)
    {
      g_clear_pointer (&result, sp_result_unref);
      if (slot != NULL)
        slot->is_finishing = FALSE;
      return;
    }
  slot->is_finishing = FALSE;
  slot_put_result (slot, result);
  if (slot->finish_again)
    slot_finish (slot);
}

/* One at a time; the newest parameters win. */
static void
slot_finish_beside (Slot *slot)
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

static void
slot_finish (Slot *slot)
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
  slot_put_result (slot, sp_run_dup_result (sp_runner_get_run (slot->runner), 0, slot->args));
  slot->finish_seconds = 1e-6 * (double) (g_get_monotonic_time () - began);
}

/* Runs */

static void
on_runner_updated (SpRunner *runner, Slot *slot)
{
  SpResult *result = sp_runner_take_result (runner);

  if (result != NULL)
    slot_put_result (slot, result);
  g_signal_emit (slot->session, signals[PROGRESS], 0);
}

static void
on_runner_finished (SpRunner *runner, Slot *slot)
{
  const GError *error = sp_runner_get_error (runner);

  emit (slot, STATE_CHANGED);
  g_signal_emit (slot->session, signals[PROGRESS], 0);
  if (error != NULL && is_shown (slot))
    g_signal_emit (slot->session, signals[FAILED], 0, slot->analysis, error->message);
}

static void
slot_run (Slot *slot, SpStore *store)
{
  slot_drop_runner (slot);
  slot->finish_seconds = 0;
  slot->runner = sp_runner_new (store, slot->analysis, slot->args, (guint) sp_settings_get_int ("threads"));
  g_signal_connect (slot->runner, "updated", G_CALLBACK (on_runner_updated), slot);
  g_signal_connect (slot->runner, "finished", G_CALLBACK (on_runner_finished), slot);
  sp_runner_start (slot->runner);
  emit (slot, STATE_CHANGED);
  g_signal_emit (slot->session, signals[PROGRESS], 0);
}

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

/* The page shown has what it needs: its analysis runs, on the selected tensor if it looks at one. */
static void
feed_page (SpSession *self)
{
  Slot       *slot = source_slot (self->shown, sp_session_page_analysis (self->page));
  const char *param;

  if (slot == NULL)
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
      sp_args_unref (slot->args);
      slot->args = args;
      emit (slot, ARGS_CHANGED);
      slot_run (slot, self->shown->store);
    }
  else if (slot->runner == NULL)
    slot_run (slot, self->shown->store);
}

/* GObject */

static void
sp_session_finalize (GObject *object)
{
  SpSession *self = SP_SESSION (object);

  self->shown = NULL;
  g_clear_pointer (&self->sources, g_ptr_array_unref);
  g_clear_pointer (&self->page, g_free);
  G_OBJECT_CLASS (sp_session_parent_class)->finalize (object);
}

static void
sp_session_get_property (GObject *object, guint id, GValue *value, GParamSpec *pspec)
{
  SpSession *self = SP_SESSION (object);

  switch (id)
    {
    case PROP_PAGE:
      g_value_set_string (value, self->page);
      break;
    case PROP_SELECTION:
      g_value_set_string (value, sp_session_get_selection (self));
      break;
    case PROP_STORE:
      g_value_set_pointer (value, sp_session_get_store (self));
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
    }
}

static void
sp_session_set_property (GObject *object, guint id, const GValue *value, GParamSpec *pspec)
{
  SpSession *self = SP_SESSION (object);

  switch (id)
    {
    case PROP_PAGE:
      sp_session_set_page (self, g_value_get_string (value));
      break;
    case PROP_SELECTION:
      sp_session_set_selection (self, g_value_get_string (value));
      break;
    case PROP_STORE:
      sp_session_set_store (self, g_value_get_pointer (value));
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
    }
}

static void
sp_session_class_init (SpSessionClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  GType         type = G_TYPE_FROM_CLASS (klass);

  object_class->finalize = sp_session_finalize;
  object_class->get_property = sp_session_get_property;
  object_class->set_property = sp_session_set_property;
  props[PROP_PAGE] = g_param_spec_string ("page", NULL, NULL, NULL,
                                          G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS | G_PARAM_EXPLICIT_NOTIFY);
  props[PROP_SELECTION] = g_param_spec_string ("selection", NULL, NULL, NULL,
                                               G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS | G_PARAM_EXPLICIT_NOTIFY);
  props[PROP_STORE] =
    g_param_spec_pointer ("store", NULL, NULL, G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS | G_PARAM_EXPLICIT_NOTIFY);
  g_object_class_install_properties (object_class, N_PROPS, props);

  signals[STORES_CHANGED] =
    g_signal_new ("stores-changed", type, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 0);
  signals[ARGS_CHANGED] =
    g_signal_new ("args-changed", type, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 1, G_TYPE_POINTER);
  signals[RESULT_CHANGED] =
    g_signal_new ("result-changed", type, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 1, G_TYPE_POINTER);
  signals[STATE_CHANGED] =
    g_signal_new ("state-changed", type, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 1, G_TYPE_POINTER);
  signals[PROGRESS] = g_signal_new ("progress", type, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 0);
  signals[FAILED] = g_signal_new ("failed", type, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 2,
                                  G_TYPE_POINTER, G_TYPE_STRING);
}

static void
sp_session_init (SpSession *self)
{
  self->sources = g_ptr_array_new_with_free_func (source_free);
  self->page = g_strdup (SP_PAGE_OVERVIEW);
}

SpSession *
sp_session_new (void)
{
  return g_object_new (SP_TYPE_SESSION, NULL);
}

/* Stores */

static void
show_source (SpSession *self, Source *source)
{
  if (self->shown == source)
    return;
  self->shown = source;
  g_object_notify_by_pspec (G_OBJECT (self), props[PROP_STORE]);
  g_object_notify_by_pspec (G_OBJECT (self), props[PROP_SELECTION]);
  for (gsize i = 0; source != NULL && sp_analyses[i] != NULL; i++)
    {
      emit (source->slots[i], ARGS_CHANGED);
      emit (source->slots[i], RESULT_CHANGED);
      emit (source->slots[i], STATE_CHANGED);
    }
  g_signal_emit (self, signals[PROGRESS], 0);
  if (source == NULL)
    return;
  if (source->slots[0] != NULL && source->slots[0]->runner == NULL)
    slot_run (source->slots[0], source->store);
  feed_page (self);
}

void
sp_session_take_store (SpSession *self, SpStore *store)
{
  Source *source = source_new (self, store);

  g_ptr_array_add (self->sources, source);
  g_signal_emit (self, signals[STORES_CHANGED], 0);
  show_source (self, source);
}

static Source *
find_source (SpSession *self, SpStore *store, guint *index)
{
  for (*index = 0; *index < self->sources->len; ++*index)
    if (((Source *) self->sources->pdata[*index])->store == store)
      return self->sources->pdata[*index];
  return NULL;
}

void
sp_session_close_store (SpSession *self, SpStore *store)
{
  guint   index;
  Source *source = find_source (self, store, &index);

  if (source == NULL)
    return;
  g_ptr_array_steal_index (self->sources, index);
  if (self->shown == source)
    show_source (self, self->sources->len > 0 ? self->sources->pdata[MIN (index, self->sources->len - 1)] : NULL);
  g_signal_emit (self, signals[STORES_CHANGED], 0);
  source_free (source);
}

gsize
sp_session_get_n_stores (SpSession *self)
{
  return self->sources->len;
}

SpStore *
sp_session_get_nth_store (SpSession *self, gsize i)
{
  return ((Source *) self->sources->pdata[i])->store;
}

SpStore *
sp_session_get_store (SpSession *self)
{
  return self->shown != NULL ? self->shown->store : NULL;
}

void
sp_session_set_store (SpSession *self, SpStore *store)
{
  guint index;

  show_source (self, find_source (self, store, &index));
}

/* Page and selection */

const char *
sp_session_get_page (SpSession *self)
{
  return self->page;
}

void
sp_session_set_page (SpSession *self, const char *page)
{
  if (strcmp (self->page, page) == 0)
    return;
  g_free (self->page);
  self->page = g_strdup (page);
  g_object_notify_by_pspec (G_OBJECT (self), props[PROP_PAGE]);
  feed_page (self);
}

const char *
sp_session_get_selection (SpSession *self)
{
  return self->shown != NULL ? self->shown->selection : NULL;
}

void
sp_session_set_selection (SpSession *self, const char *name)
{
  if (self->shown == NULL || g_strcmp0 (self->shown->selection, name) == 0)
    return;
  g_free (self->shown->selection);
  self->shown->selection = g_strdup (name);
  g_object_notify_by_pspec (G_OBJECT (self), props[PROP_SELECTION]);
  if (name != NULL)
    feed_page (self);
}

const SpAnalysis *
sp_session_page_analysis (const char *page)
{
  return strcmp (page, SP_PAGE_OVERVIEW) == 0 ? sp_analyses[0] : sp_analysis_find (page);
}

/* Analyses */

SpArgs *
sp_session_get_args (SpSession *self, const SpAnalysis *analysis)
{
  Slot *slot = source_slot (self->shown, analysis);

  return slot != NULL ? slot->args : NULL;
}

void
sp_session_take_args (SpSession *self, const SpAnalysis *analysis, SpArgs *args)
{
  Slot *slot = source_slot (self->shown, analysis);

  if (slot == NULL)
    {
      sp_args_unref (args);
      return;
    }
  sp_trace_tick ();
  sp_args_unref (slot->args);
  slot->args = args;
  emit (slot, ARGS_CHANGED);
  emit (slot, STATE_CHANGED);
  if (slot->runner != NULL && sp_run_accepts (sp_runner_get_run (slot->runner), 0, args))
    slot_finish (slot);
}

SpResult *
sp_session_get_result (SpSession *self, const SpAnalysis *analysis)
{
  Slot *slot = source_slot (self->shown, analysis);

  return slot != NULL ? slot->result : NULL;
}

gboolean
sp_session_is_running (SpSession *self, const SpAnalysis *analysis)
{
  Slot *slot = source_slot (self->shown, analysis);

  return slot != NULL && slot->runner != NULL && sp_runner_is_running (slot->runner);
}

gboolean
sp_session_needs_run (SpSession *self, const SpAnalysis *analysis)
{
  Slot *slot = source_slot (self->shown, analysis);

  if (slot == NULL || slot->runner == NULL)
    return slot != NULL;
  if (!sp_runner_is_running (slot->runner) && !sp_runner_is_complete (slot->runner))
    return TRUE;
  return !sp_run_accepts (sp_runner_get_run (slot->runner), 0, slot->args);
}

void
sp_session_run (SpSession *self, const SpAnalysis *analysis)
{
  Slot *slot = source_slot (self->shown, analysis);

  if (slot != NULL)
    slot_run (slot, self->shown->store);
}

void
sp_session_cancel (SpSession *self)
{
  for (guint i = 0; i < self->sources->len; i++)
    for (gsize a = 0; sp_analyses[a] != NULL; a++)
      {
        Slot *slot = ((Source *) self->sources->pdata[i])->slots[a];

        if (slot->runner != NULL && sp_runner_is_running (slot->runner))
          sp_runner_cancel (slot->runner);
      }
}

gboolean
sp_session_get_progress (SpSession *self, const SpAnalysis **analysis, SpProgress *progress)
{
  for (guint i = 0; i < self->sources->len; i++)
    for (gsize a = 0; sp_analyses[a] != NULL; a++)
      {
        Slot *slot = ((Source *) self->sources->pdata[i])->slots[a];

        if (slot->runner == NULL || !sp_runner_is_running (slot->runner))
          continue;
        *analysis = slot->analysis;
        sp_runner_get_progress (slot->runner, progress);
        return TRUE;
      }
  return FALSE;
}

/* Shares */

/* The names are one shared column as long as the same run lasts, so this is made once. */
static void
source_index_names (Source *source, const SpColumn *names)
{
  if (source->names == names)
    return;
  g_clear_pointer (&source->rows, g_hash_table_unref);
  if (source->names != NULL)
    sp_column_unref ((SpColumn *) source->names);
  source->names = sp_column_ref ((SpColumn *) names);
  source->rows = g_hash_table_new (g_str_hash, g_str_equal);
  for (gsize i = 0; i < names->n_rows; i++)
    if (names->text[i] != NULL)
      g_hash_table_insert (source->rows, (gpointer) names->text[i], GSIZE_TO_POINTER (i + 1));
}

double
sp_session_get_share (SpSession *self, SpStore *store, const char *tensor)
{
  guint           index;
  Source         *source = find_source (self, store, &index);
  SpTable        *table;
  const SpColumn *names, *shares;
  gsize           row;

  if (source == NULL || source->slots[0]->result == NULL)
    return NAN;
  table = sp_result_find_table (source->slots[0]->result, "tensors");
  names = table != NULL ? sp_table_find_column (table, "tensor") : NULL;
  shares = table != NULL ? sp_table_find_column (table, "sparsity") : NULL;
  if (names == NULL || names->type != SP_COLUMN_TEXT || shares == NULL)
    return NAN;
  source_index_names (source, names);
  row = GPOINTER_TO_SIZE (g_hash_table_lookup (source->rows, tensor));
  return row > 0 ? sp_column_get_number (shares, row - 1) : NAN;
}
