/* sp-detail-pane.c - more about the neuron that is selected: the tokens at which it is most active */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sp-detail-pane.h"

#include "sp-compat.h"
#include "sp-detail-rows.h"

#include <glib/gi18n.h>
#include <inttypes.h>

/* What is read sooner than this needs no spinner. */
#define PATIENCE_MS 200
#define LEAST_WIDTH 300                   /* whatever it shows, in pixels */

struct _SpDetailPane {
  GtkWidget     parent_instance;
  GtkWidget    *box, *title, *stack, *rows, *waiting, *trouble, *sentence;
  SpSession    *session;          /* owned, like what follows */
  SpTable      *table;            /* whose row's detail is shown; NULL: there is none */
  char         *key;              /* of the row read, or being read; NULL: none */
  gint64        neuron;
  SpStore      *store;            /* of key; only compared */
  GCancellable *reading;          /* NULL: nothing is being read */
  guint         patience;
};

G_DEFINE_FINAL_TYPE (SpDetailPane, sp_detail_pane, GTK_TYPE_WIDGET)

/* Reading */

typedef struct { SpTable *table; gsize row; } Wish;

static void
wish_free (gpointer data)
{
  sp_table_unref (((Wish *) data)->table);
  g_free (data);
}

static void
read_in_thread (GTask *task, gpointer pane, gpointer data, GCancellable *cancellable)
{
  Wish    *wish = data;
  GError  *error = NULL;
  SpTable *detail = sp_table_read_detail (wish->table, wish->row, cancellable, &error);

  if (detail != NULL)
    g_task_return_pointer (task, detail, (GDestroyNotify) sp_table_unref);
  else
    g_task_return_error (task, error);
}

static void
show_trouble (SpDetailPane *self, const char *sentence)
{
  gtk_label_set_text (GTK_LABEL (self->sentence), sentence);
  sp_compat_show_child (self->stack, self->trouble);
}

static void
on_read (GObject *object, GAsyncResult *task, gpointer data)
{
  SpDetailPane       *self = SP_DETAIL_PANE (object);
  gboolean            is_current = self->reading != NULL && self->reading == g_task_get_cancellable (G_TASK (task));
  g_autoptr (GError)  error = NULL;
  g_autoptr (SpTable) detail = g_task_propagate_pointer (G_TASK (task), &error);

  if (!is_current)
    return;
  g_clear_object (&self->reading);
  g_clear_handle_id (&self->patience, g_source_remove);
  if (error != NULL)
    {
      show_trouble (self, g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED) ? _("Reading was cancelled.") : error->message);
      return;
    }
  sp_detail_rows_show (SP_DETAIL_ROWS (self->rows), detail);
  sp_compat_show_child (self->stack, self->rows);
}

static gboolean
on_patience_over (gpointer data)
{
  SpDetailPane *self = data;

  self->patience = 0;
  sp_compat_show_child (self->stack, self->waiting);
  return G_SOURCE_REMOVE;
}

static void
stop_reading (SpDetailPane *self)
{
  g_clear_handle_id (&self->patience, g_source_remove);
  if (self->reading != NULL)
    g_cancellable_cancel (self->reading);
  g_clear_object (&self->reading);
}

static void
start_reading (SpDetailPane *self, gsize row)
{
  g_autoptr (GTask) task = NULL;
  Wish             *wish = g_new (Wish, 1);

  stop_reading (self);
  self->reading = g_cancellable_new ();
  self->patience = g_timeout_add (PATIENCE_MS, on_patience_over, self);
  task = g_task_new (self, self->reading, on_read, NULL);
  *wish = (Wish) { sp_table_ref (self->table), row };
  g_task_set_task_data (task, wish, wish_free);
  g_task_run_in_thread (task, read_in_thread);
}

/* What is selected */

static gboolean
is_known (SpDetailPane *self, const char *key, gint64 neuron)
{
  return self->key != NULL && g_str_equal (self->key, key) && self->neuron == neuron
         && self->store == sp_session_get_store (self->session);
}

static void
forget (SpDetailPane *self)
{
  stop_reading (self);
  g_clear_pointer (&self->key, g_free);
}

static void
show_selection (SpDetailPane *self)
{
  const char      *key = sp_session_get_selection (self->session);
  gint64           neuron = sp_session_get_neuron (self->session);
  gsize            row;
  gboolean         is_there = self->table != NULL && neuron >= 0 && sp_table_find_key (self->table, key, neuron, &row);
  g_autofree char *title = NULL;

  gtk_widget_set_visible (GTK_WIDGET (self), is_there);
  if (!is_there)
    forget (self);
  if (!is_there || is_known (self, key, neuron))
    return;
  g_free (self->key);
  self->key = g_strdup (key);
  self->neuron = neuron;
  self->store = sp_session_get_store (self->session);
  title = g_strdup_printf (sp_session_selects_features (self->session) ? _("Most active tokens of feature %" PRId64)
                                                                       : _("Most active tokens of neuron %" PRId64), neuron);
  gtk_label_set_text (GTK_LABEL (self->title), title);
  gtk_widget_set_tooltip_text (self->title, key);
  start_reading (self, row);
}

void
sp_detail_pane_set_result (SpDetailPane *self, SpResult *result)
{
  g_clear_pointer (&self->table, sp_table_unref);
  for (guint i = 0; result != NULL && i < result->tables->len && self->table == NULL; i++)
    if (sp_table_has_detail (result->tables->pdata[i]))
      self->table = sp_table_ref (result->tables->pdata[i]);
  show_selection (self);
}

static void
on_cancel (SpDetailPane *self)
{
  if (self->reading != NULL)
    g_cancellable_cancel (self->reading);
}

static void
on_retry (SpDetailPane *self)
{
  forget (self);
  show_selection (self);
}

/* Widget */

static void
sp_detail_pane_dispose (GObject *object)
{
  SpDetailPane *self = SP_DETAIL_PANE (object);

  forget (self);
  g_clear_pointer (&self->box, gtk_widget_unparent);
  g_clear_pointer (&self->table, sp_table_unref);
  g_clear_object (&self->session);
  G_OBJECT_CLASS (sp_detail_pane_parent_class)->dispose (object);
}

static void
sp_detail_pane_class_init (SpDetailPaneClass *klass)
{
  G_OBJECT_CLASS (klass)->dispose = sp_detail_pane_dispose;
  gtk_widget_class_set_layout_manager_type (GTK_WIDGET_CLASS (klass), GTK_TYPE_BIN_LAYOUT);
  gtk_widget_class_set_css_name (GTK_WIDGET_CLASS (klass), "detailpane");
}

/* Something in the middle, and what can be done about it below. */
static GtkWidget *
add_state (SpDetailPane *self, GtkWidget *shown, const char *way, void (*go) (SpDetailPane *))
{
  GtkWidget *box = gtk_box_new (GTK_ORIENTATION_VERTICAL, 10), *button = gtk_button_new_with_mnemonic (way);

  gtk_widget_set_valign (box, GTK_ALIGN_CENTER);
  gtk_widget_set_halign (button, GTK_ALIGN_CENTER);
  gtk_box_append (GTK_BOX (box), shown);
  gtk_box_append (GTK_BOX (box), button);
  g_signal_connect_object (button, "clicked", G_CALLBACK (go), self, G_CONNECT_SWAPPED);
  gtk_stack_add_child (GTK_STACK (self->stack), box);
  return box;
}

static void
sp_detail_pane_init (SpDetailPane *self)
{
  GtkWidget *spinner = gtk_spinner_new ();

  self->neuron = -1;
  self->box = gtk_box_new (GTK_ORIENTATION_VERTICAL, 0);
  gtk_widget_set_parent (self->box, GTK_WIDGET (self));
  self->title = gtk_label_new (NULL);
  gtk_label_set_xalign (GTK_LABEL (self->title), 0);
  gtk_label_set_ellipsize (GTK_LABEL (self->title), PANGO_ELLIPSIZE_END);
  gtk_widget_add_css_class (self->title, "heading");
  gtk_box_append (GTK_BOX (self->box), self->title);
  self->stack = gtk_stack_new ();
  gtk_widget_set_vexpand (self->stack, TRUE);
  gtk_box_append (GTK_BOX (self->box), self->stack);
  self->rows = sp_detail_rows_new ();
  gtk_stack_add_child (GTK_STACK (self->stack), self->rows);
  gtk_spinner_set_spinning (GTK_SPINNER (spinner), TRUE);
  gtk_accessible_update_property (GTK_ACCESSIBLE (spinner), GTK_ACCESSIBLE_PROPERTY_LABEL, _("Reading…"), -1);
  self->waiting = add_state (self, spinner, _("_Cancel"), on_cancel);
  self->sentence = gtk_label_new (NULL);
  gtk_label_set_wrap (GTK_LABEL (self->sentence), TRUE);
  gtk_label_set_justify (GTK_LABEL (self->sentence), GTK_JUSTIFY_CENTER);
  self->trouble = add_state (self, self->sentence, _("_Retry"), on_retry);
  gtk_widget_set_size_request (GTK_WIDGET (self), LEAST_WIDTH, -1);
  gtk_widget_set_visible (GTK_WIDGET (self), FALSE);
}

GtkWidget *
sp_detail_pane_new (SpSession *session)
{
  SpDetailPane *self = g_object_new (SP_TYPE_DETAIL_PANE, NULL);

  self->session = g_object_ref (session);
  g_signal_connect_object (session, "notify::selection", G_CALLBACK (show_selection), self, G_CONNECT_SWAPPED);
  return GTK_WIDGET (self);
}
