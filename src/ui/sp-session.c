/* sp-session.c - the one state every widget of a window binds to */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sp-session-private.h"

#include <string.h>

G_DEFINE_FINAL_TYPE (SpSession, sp_session, G_TYPE_OBJECT)

enum { PROP_0, PROP_PAGE, PROP_SELECTION, PROP_STORE, N_PROPS };
static GParamSpec *props[N_PROPS];

static guint signals[SP_SESSION_N_SIGNALS];

static gboolean
tell_drawn (gpointer data)
{
  SpSlot *slot = data;

  slot->drawn = 0;
  sp_session_tell (slot, SP_SESSION_RESULT_DRAWN);
  return G_SOURCE_REMOVE;
}

void
sp_session_tell (SpSlot *slot, SpSessionSignal signal)
{
  gboolean is_shown = sp_opened_slot (slot->session->shown, slot->analysis) == slot;

  if (signal == SP_SESSION_PROGRESS)
    g_signal_emit (slot->session, signals[signal], 0);
  else if (is_shown && signal == SP_SESSION_FAILED)
    g_signal_emit (slot->session, signals[signal], 0, slot->analysis, sp_runner_get_error (slot->runner)->message);
  else if (is_shown)
    g_signal_emit (slot->session, signals[signal], 0, slot->analysis);
  if (is_shown && signal == SP_SESSION_RESULT_CHANGED && slot->drawn == 0)
    slot->drawn = g_idle_add (tell_drawn, slot);
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

  signals[SP_SESSION_STORES_CHANGED] =
    g_signal_new ("stores-changed", type, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 0);
  signals[SP_SESSION_ARGS_CHANGED] =
    g_signal_new ("args-changed", type, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 1, G_TYPE_POINTER);
  signals[SP_SESSION_RESULT_CHANGED] =
    g_signal_new ("result-changed", type, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 1, G_TYPE_POINTER);
  signals[SP_SESSION_RESULT_DRAWN] =
    g_signal_new ("result-drawn", type, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 1, G_TYPE_POINTER);
  signals[SP_SESSION_STATE_CHANGED] =
    g_signal_new ("state-changed", type, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 1, G_TYPE_POINTER);
  signals[SP_SESSION_PROGRESS] = g_signal_new ("progress", type, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 0);
  signals[SP_SESSION_FAILED] = g_signal_new ("failed", type, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 2,
                                             G_TYPE_POINTER, G_TYPE_STRING);
}

static void
sp_session_init (SpSession *self)
{
  self->sources = g_ptr_array_new_with_free_func (sp_opened_free);
  self->page = g_strdup (SP_PAGE_OVERVIEW);
}

SpSession *
sp_session_new (void)
{
  return g_object_new (SP_TYPE_SESSION, NULL);
}

/* Stores */

/* The first that has something to say about just this kind of store; what any tensor has will do where there is none. */
static gsize
find_page (SpSession *self)
{
  gsize any = 0;

  for (gsize i = 0; sp_analyses[i] != NULL; i++)
    if (!sp_session_offers (self, sp_analyses[i]->id))
      continue;
    else if (sp_analyses[i]->needs != SP_NEEDS_TENSORS)
      return i;
    else
      any = i;
  return any;
}

/* The page stays where it has something to say about the store. */
static void
choose_page (SpSession *self)
{
  gsize i;

  if (sp_session_offers (self, self->page))
    return;
  i = find_page (self);
  sp_session_set_page (self, i == 0 ? SP_PAGE_OVERVIEW : sp_analyses[i]->id);
}

static void
show_opened (SpSession *self, SpOpened *opened)
{
  if (self->shown == opened)
    return;
  self->shown = opened;
  if (opened != NULL)
    choose_page (self);
  g_object_notify_by_pspec (G_OBJECT (self), props[PROP_STORE]);
  g_object_notify_by_pspec (G_OBJECT (self), props[PROP_SELECTION]);
  for (gsize i = 0; opened != NULL && sp_analyses[i] != NULL; i++)
    {
      sp_session_tell (opened->slots[i], SP_SESSION_ARGS_CHANGED);
      sp_session_tell (opened->slots[i], SP_SESSION_RESULT_CHANGED);
      sp_session_tell (opened->slots[i], SP_SESSION_STATE_CHANGED);
    }
  g_signal_emit (self, signals[SP_SESSION_PROGRESS], 0);
  if (opened == NULL)
    return;
  if (sp_session_offers (self, SP_PAGE_OVERVIEW) && opened->slots[0]->runner == NULL)
    sp_slot_run (opened->slots[0]);
  sp_session_feed_page (self);
}

void
sp_session_take_store (SpSession *self, SpStore *store, guint place)
{
  SpOpened *opened = sp_opened_new (self, store);
  guint     i = self->sources->len;

  opened->place = place;
  while (i > 0 && ((SpOpened *) self->sources->pdata[i - 1])->place > place)
    i--;
  g_ptr_array_insert (self->sources, (int) i, opened);
  g_signal_emit (self, signals[SP_SESSION_STORES_CHANGED], 0);
  show_opened (self, opened);
}

static SpOpened *
find_opened (SpSession *self, SpStore *store, guint *index)
{
  for (*index = 0; *index < self->sources->len; ++*index)
    if (((SpOpened *) self->sources->pdata[*index])->store == store)
      return self->sources->pdata[*index];
  return NULL;
}

SpSlot *
sp_session_find_slot (SpSession *self, gpointer address)
{
  for (guint i = 0; i < self->sources->len; i++)
    for (gsize a = 0; sp_analyses[a] != NULL; a++)
      if (((SpOpened *) self->sources->pdata[i])->slots[a] == address)
        return address;
  return NULL;
}

void
sp_session_close_store (SpSession *self, SpStore *store)
{
  guint     index;
  SpOpened *opened = find_opened (self, store, &index);

  if (opened == NULL)
    return;
  g_ptr_array_steal_index (self->sources, index);
  if (self->shown == opened)
    show_opened (self, self->sources->len > 0 ? self->sources->pdata[MIN (index, self->sources->len - 1)] : NULL);
  g_signal_emit (self, signals[SP_SESSION_STORES_CHANGED], 0);
  sp_opened_free (opened);
}

gsize
sp_session_get_n_stores (SpSession *self)
{
  return self->sources->len;
}

SpStore *
sp_session_get_nth_store (SpSession *self, gsize i)
{
  return ((SpOpened *) self->sources->pdata[i])->store;
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

  show_opened (self, find_opened (self, store, &index));
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
  sp_session_feed_page (self);
}

const char *
sp_session_get_selection (SpSession *self)
{
  return self->shown != NULL ? self->shown->selection : NULL;
}

const char *
sp_session_get_key (SpSession *self, SpResult *result)
{
  const char *name = sp_session_get_selection (self);
  const char *link = result != NULL && name != NULL ? sp_result_find_link (result, name) : NULL;

  return link != NULL ? link : name;
}

gint64
sp_session_get_neuron (SpSession *self)
{
  return self->shown != NULL ? self->shown->neuron : -1;
}

void
sp_session_set_selection (SpSession *self, const char *name)
{
  sp_session_select (self, name, -1);
}

void
sp_session_select (SpSession *self, const char *name, gint64 neuron)
{
  SpOpened        *shown = self->shown;
  g_autofree char *before = NULL;

  if (shown == NULL || (g_strcmp0 (shown->selection, name) == 0 && shown->neuron == neuron))
    return;
  before = shown->selection;
  shown->selection = g_strdup (name);
  shown->neuron = neuron;
  g_object_notify_by_pspec (G_OBJECT (self), props[PROP_SELECTION]);
  if (name != NULL)
    sp_session_feed_page (self);
  sp_session_follow_neuron (self);
}

gboolean
sp_session_get_count (SpSession *self, SpStore *store, const char *tensor, SpCount *count)
{
  guint     index;
  SpOpened *opened = find_opened (self, store, &index);

  return opened != NULL && sp_opened_get_count (opened, tensor, count);
}
