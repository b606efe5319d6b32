/* sp-text-row.c - text that is written: title, entry, and what is wrong with it */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sp-text-row.h"

#include <glib/gi18n.h>
#include <string.h>

struct _SpTextRow {
  GtkWidget      parent_instance;
  GtkWidget     *box, *entry, *problem;
  const SpParam *param;
  char          *text;               /* as last taken; owned */
};

G_DEFINE_FINAL_TYPE (SpTextRow, sp_text_row, GTK_TYPE_WIDGET)

enum { CHANGED, N_SIGNALS };
static guint signals[N_SIGNALS];

/* problem: NULL: there is none. */
static void
show_problem (SpTextRow *self, const char *problem)
{
  gtk_label_set_text (GTK_LABEL (self->problem), problem != NULL ? problem : "");
  gtk_widget_set_visible (self->problem, problem != NULL);
  gtk_accessible_update_property (GTK_ACCESSIBLE (self->entry), GTK_ACCESSIBLE_PROPERTY_DESCRIPTION, problem != NULL ? problem : "", -1);
  if (problem != NULL)
    gtk_widget_add_css_class (self->entry, "error");
  else
    gtk_widget_remove_css_class (self->entry, "error");
}

static void
take_text (SpTextRow *self)
{
  g_autofree char   *text = g_strstrip (g_strdup (gtk_editable_get_text (GTK_EDITABLE (self->entry))));
  g_autoptr (GError) error = NULL;

  if (*text != '\0' && self->param->check != NULL && !self->param->check (text, &error))
    {
      show_problem (self, error->message);
      return;
    }
  show_problem (self, NULL);
  if (strcmp (text, self->text) == 0)
    return;
  g_free (self->text);
  self->text = g_steal_pointer (&text);
  g_signal_emit (self, signals[CHANGED], 0);
}

static void
sp_text_row_dispose (GObject *object)
{
  g_clear_pointer (&SP_TEXT_ROW (object)->box, gtk_widget_unparent);
  G_OBJECT_CLASS (sp_text_row_parent_class)->dispose (object);
}

static void
sp_text_row_finalize (GObject *object)
{
  g_free (SP_TEXT_ROW (object)->text);
  G_OBJECT_CLASS (sp_text_row_parent_class)->finalize (object);
}

static void
sp_text_row_class_init (SpTextRowClass *klass)
{
  G_OBJECT_CLASS (klass)->dispose = sp_text_row_dispose;
  G_OBJECT_CLASS (klass)->finalize = sp_text_row_finalize;
  gtk_widget_class_set_layout_manager_type (GTK_WIDGET_CLASS (klass), GTK_TYPE_BIN_LAYOUT);
  signals[CHANGED] = g_signal_new ("changed", SP_TYPE_TEXT_ROW, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 0);
}

static GtkWidget *
make_label (const char *text)
{
  GtkWidget *label = gtk_label_new (text);

  gtk_label_set_xalign (GTK_LABEL (label), 0);
  gtk_label_set_wrap (GTK_LABEL (label), TRUE);
  gtk_label_set_wrap_mode (GTK_LABEL (label), PANGO_WRAP_WORD_CHAR);
  return label;
}

static void
sp_text_row_init (SpTextRow *self)
{
  self->text = g_strdup ("");
  self->box = gtk_box_new (GTK_ORIENTATION_VERTICAL, 2);
  gtk_widget_set_parent (self->box, GTK_WIDGET (self));
}

GtkWidget *
sp_text_row_new (const SpParam *param)
{
  SpTextRow          *self = g_object_new (SP_TYPE_TEXT_ROW, NULL);
  GtkEventController *focus = gtk_event_controller_focus_new ();

  self->param = param;
  gtk_box_append (GTK_BOX (self->box), make_label (_(param->title)));
  self->entry = gtk_entry_new ();
  gtk_editable_set_width_chars (GTK_EDITABLE (self->entry), 8);
  gtk_widget_add_controller (self->entry, focus);
  gtk_accessible_update_property (GTK_ACCESSIBLE (self->entry), GTK_ACCESSIBLE_PROPERTY_LABEL, _(param->title), -1);
  gtk_box_append (GTK_BOX (self->box), self->entry);
  self->problem = make_label (NULL);
  gtk_widget_add_css_class (self->problem, "error");
  gtk_widget_add_css_class (self->problem, "caption");
  gtk_widget_set_visible (self->problem, FALSE);
  gtk_box_append (GTK_BOX (self->box), self->problem);
  g_signal_connect_object (self->entry, "activate", G_CALLBACK (take_text), self, G_CONNECT_SWAPPED);
  g_signal_connect_object (focus, "leave", G_CALLBACK (take_text), self, G_CONNECT_SWAPPED);
  return GTK_WIDGET (self);
}

const char *
sp_text_row_get_text (SpTextRow *self)
{
  return self->text;
}

/* What a person is writing stays; what could not be taken goes with the next value. */
static gboolean
is_unsettled (SpTextRow *self)
{
  return gtk_widget_get_visible (self->problem)
         && (gtk_widget_get_state_flags (self->entry) & GTK_STATE_FLAG_FOCUS_WITHIN) == 0;
}

void
sp_text_row_set_text (SpTextRow *self, const char *text)
{
  text = text != NULL ? text : "";
  if (strcmp (text, self->text) == 0 && !is_unsettled (self))
    return;
  g_free (self->text);
  self->text = g_strdup (text);
  gtk_editable_set_text (GTK_EDITABLE (self->entry), text);
  show_problem (self, NULL);
}
