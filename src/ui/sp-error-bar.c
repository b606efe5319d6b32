/* sp-error-bar.c - one sentence about what went wrong, and ways on */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sp-error-bar.h"

#include "sp-fold.h"

#include <glib/gi18n.h>

#define FEWEST_CHARS 24                   /* of the sentence in a line */

struct _SpErrorBar {
  GtkWidget  parent_instance;
  GtkWidget *box, *sentence, *retry, *choose, *toggle, *details;
};

G_DEFINE_FINAL_TYPE (SpErrorBar, sp_error_bar, GTK_TYPE_WIDGET)

enum { RETRY, CHOOSE, N_SIGNALS };
static guint signals[N_SIGNALS];

static void
on_retry (SpErrorBar *self)
{
  sp_error_bar_hide (self);
  g_signal_emit (self, signals[RETRY], 0);
}

static void
on_choose (SpErrorBar *self)
{
  sp_error_bar_hide (self);
  g_signal_emit (self, signals[CHOOSE], 0);
}

static void
sp_error_bar_dispose (GObject *object)
{
  g_clear_pointer (&SP_ERROR_BAR (object)->box, gtk_widget_unparent);
  G_OBJECT_CLASS (sp_error_bar_parent_class)->dispose (object);
}

static void
sp_error_bar_class_init (SpErrorBarClass *klass)
{
  GType type = G_TYPE_FROM_CLASS (klass);

  G_OBJECT_CLASS (klass)->dispose = sp_error_bar_dispose;
  gtk_widget_class_set_layout_manager_type (GTK_WIDGET_CLASS (klass), GTK_TYPE_BIN_LAYOUT);
  gtk_widget_class_set_accessible_role (GTK_WIDGET_CLASS (klass), GTK_ACCESSIBLE_ROLE_ALERT);
  signals[RETRY] = g_signal_new ("retry", type, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 0);
  signals[CHOOSE] = g_signal_new ("choose", type, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 0);
}

static GtkWidget *
add_button (SpErrorBar *self, GtkWidget *box, GtkWidget *button, GCallback callback)
{
  gtk_widget_set_valign (button, GTK_ALIGN_CENTER);
  if (callback != NULL)
    g_signal_connect_object (button, "clicked", callback, self, G_CONNECT_SWAPPED);
  gtk_box_append (GTK_BOX (box), button);
  return button;
}

/* Both in a row; one below the other where there is no room. */
static GtkWidget *
join (GtkWidget *start, GtkWidget *end)
{
  GtkWidget *box = gtk_box_new (GTK_ORIENTATION_HORIZONTAL, 6);

  gtk_box_append (GTK_BOX (box), start);
  gtk_box_append (GTK_BOX (box), end);
  gtk_widget_set_halign (end, GTK_ALIGN_END);
  return sp_fold_new (box, start, end);
}

static GtkWidget *
make_message (SpErrorBar *self)
{
  GtkWidget *row = gtk_box_new (GTK_ORIENTATION_HORIZONTAL, 6);

  gtk_box_append (GTK_BOX (row), gtk_image_new_from_icon_name ("dialog-warning-symbolic"));
  self->sentence = gtk_label_new (NULL);
  gtk_label_set_wrap (GTK_LABEL (self->sentence), TRUE);
  gtk_label_set_wrap_mode (GTK_LABEL (self->sentence), PANGO_WRAP_WORD_CHAR);
  gtk_label_set_width_chars (GTK_LABEL (self->sentence), FEWEST_CHARS);
  gtk_label_set_xalign (GTK_LABEL (self->sentence), 0);
  gtk_label_set_selectable (GTK_LABEL (self->sentence), TRUE);
  gtk_widget_set_hexpand (self->sentence, TRUE);
  gtk_box_append (GTK_BOX (row), self->sentence);
  return row;
}

static GtkWidget *
make_row (SpErrorBar *self)
{
  GtkWidget *again = gtk_box_new (GTK_ORIENTATION_HORIZONTAL, 6), *away = gtk_box_new (GTK_ORIENTATION_HORIZONTAL, 6);
  GtkWidget *close = gtk_button_new_from_icon_name ("window-close-symbolic"), *row;

  self->toggle = add_button (self, again, gtk_toggle_button_new_with_mnemonic (_("_Details")), NULL);
  self->retry = add_button (self, again, gtk_button_new_with_mnemonic (_("_Retry")), G_CALLBACK (on_retry));
  self->choose = add_button (self, away, gtk_button_new_with_mnemonic (_("Choose _Another…")), G_CALLBACK (on_choose));
  gtk_widget_add_css_class (close, "flat");
  gtk_widget_set_tooltip_text (close, _("Close"));
  gtk_accessible_update_property (GTK_ACCESSIBLE (close), GTK_ACCESSIBLE_PROPERTY_LABEL, _("Close"), -1);
  add_button (self, away, close, G_CALLBACK (sp_error_bar_hide));
  gtk_widget_set_halign (again, GTK_ALIGN_END);
  row = join (make_message (self), join (again, away));
  gtk_widget_set_vexpand (row, TRUE);
  return row;
}

static void
sp_error_bar_init (SpErrorBar *self)
{
  GtkWidget *box = gtk_box_new (GTK_ORIENTATION_VERTICAL, 6);

  self->box = box;
  gtk_widget_set_parent (box, GTK_WIDGET (self));
  gtk_widget_add_css_class (box, "error-bar");
  gtk_box_append (GTK_BOX (box), make_row (self));
  self->details = gtk_label_new (NULL);
  gtk_label_set_wrap (GTK_LABEL (self->details), TRUE);
  gtk_label_set_wrap_mode (GTK_LABEL (self->details), PANGO_WRAP_WORD_CHAR);
  gtk_label_set_xalign (GTK_LABEL (self->details), 0);
  gtk_label_set_selectable (GTK_LABEL (self->details), TRUE);
  gtk_widget_add_css_class (self->details, "monospace");
  gtk_box_append (GTK_BOX (box), self->details);
  g_object_bind_property (self->toggle, "active", self->details, "visible", G_BINDING_SYNC_CREATE);
  gtk_widget_set_visible (GTK_WIDGET (self), FALSE);
}

GtkWidget *
sp_error_bar_new (void)
{
  return g_object_new (SP_TYPE_ERROR_BAR, NULL);
}

void
sp_error_bar_show (SpErrorBar *self, const char *sentence, const char *details, SpWaysOn ways)
{
  gtk_label_set_text (GTK_LABEL (self->sentence), sentence);
  gtk_label_set_text (GTK_LABEL (self->details), details != NULL ? details : "");
  gtk_accessible_update_property (GTK_ACCESSIBLE (self), GTK_ACCESSIBLE_PROPERTY_LABEL, sentence, -1);
  gtk_toggle_button_set_active (GTK_TOGGLE_BUTTON (self->toggle), FALSE);
  gtk_widget_set_visible (self->toggle, details != NULL);
  gtk_widget_set_visible (self->retry, (ways & SP_WAY_RETRY) != 0);
  gtk_widget_set_visible (self->choose, (ways & SP_WAY_CHOOSE) != 0);
  gtk_widget_set_visible (GTK_WIDGET (self), TRUE);
}

void
sp_error_bar_hide (SpErrorBar *self)
{
  gtk_widget_set_visible (GTK_WIDGET (self), FALSE);
}
