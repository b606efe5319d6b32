/* sp-run-bar.c - how far the reading is, and a way to stop it */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sp-run-bar.h"

#include <glib/gi18n.h>
#include <math.h>

/* What is over sooner than this is not worth a bar. */
#define PATIENCE_MS 250

struct _SpRunBar {
  GtkWidget  parent_instance;
  GtkWidget *revealer, *label, *bar, *cancel;
  SpSession *session;            /* owned */
  guint      timeout;
};

G_DEFINE_FINAL_TYPE (SpRunBar, sp_run_bar, GTK_TYPE_WIDGET)

char *
sp_run_bar_format_left (double seconds)
{
  if (isnan (seconds))
    return g_strdup ("");
  if (seconds < 90)
    return g_strdup_printf (_(" · %.0f s left"), ceil (seconds));
  return g_strdup_printf (_(" · %.0f min left"), ceil (seconds / 60));
}

static char *
format_reading (const SpAnalysis *analysis, const SpProgress *progress)
{
  g_autofree char *done = g_format_size (progress->bytes_done);
  g_autofree char *total = g_format_size (progress->bytes_total);
  g_autofree char *speed =
    g_format_size (progress->seconds > 0 ? (guint64) ((double) progress->bytes_done / progress->seconds) : 0);
  g_autofree char *left = sp_run_bar_format_left (progress->seconds_left);

  if (progress->bytes_total == 0)
    return g_strdup_printf (_("%s: starting"), _(analysis->title));
  if (progress->pass > 1)
    return g_strdup_printf (_ ("%s: pass %u, %s of %s · %s/s%s"), _ (analysis->title), progress->pass, done, total,
                            speed, left);
  return g_strdup_printf (_("%s: %s of %s · %s/s%s"), _(analysis->title), done, total, speed, left);
}

static char *
format_progress (const SpAnalysis *analysis, const SpProgress *progress)
{
  g_autofree char *left = NULL;

  if (*progress->what == '\0')
    return format_reading (analysis, progress);
  left = sp_run_bar_format_left (progress->seconds_left);
  return g_strdup_printf ("%s: %s%s", _(analysis->title), progress->what, left);
}

/* What is folded away is hidden, for screen readers too. */
static void
on_folded (SpRunBar *self)
{
  GtkRevealer *revealer = GTK_REVEALER (self->revealer);

  gtk_widget_set_visible (gtk_revealer_get_child (revealer),
                          gtk_revealer_get_reveal_child (revealer) || gtk_revealer_get_child_revealed (revealer));
}

static void
reveal (SpRunBar *self, gboolean is_revealed)
{
  gtk_revealer_set_reveal_child (GTK_REVEALER (self->revealer), is_revealed);
  on_folded (self);
}

static void
show_progress (SpRunBar *self)
{
  const SpAnalysis *analysis;
  SpProgress        progress = { 0 };
  g_autofree char  *text = NULL;

  if (!sp_session_get_progress (self->session, &analysis, &progress))
    {
      g_clear_handle_id (&self->timeout, g_source_remove);
      reveal (self, FALSE);
      return;
    }
  text = format_progress (analysis, &progress);
  gtk_label_set_text (GTK_LABEL (self->label), text);
  gtk_progress_bar_set_fraction (GTK_PROGRESS_BAR (self->bar), CLAMP (progress.share, 0, 1));
}

static gboolean
on_patience_over (gpointer data)
{
  SpRunBar *self = data;

  self->timeout = 0;
  gtk_widget_set_sensitive (self->cancel, TRUE);
  reveal (self, TRUE);
  return G_SOURCE_REMOVE;
}

static void
on_progress (SpRunBar *self)
{
  const SpAnalysis *analysis;
  SpProgress        progress;

  if (self->timeout == 0 && !gtk_revealer_get_reveal_child (GTK_REVEALER (self->revealer))
      && sp_session_get_progress (self->session, &analysis, &progress))
    self->timeout = g_timeout_add (PATIENCE_MS, on_patience_over, self);
  show_progress (self);
}

static void
on_cancel (SpRunBar *self)
{
  gtk_widget_set_sensitive (self->cancel, FALSE);
  sp_session_cancel (self->session);
}

static void
sp_run_bar_dispose (GObject *object)
{
  SpRunBar *self = SP_RUN_BAR (object);

  g_clear_handle_id (&self->timeout, g_source_remove);
  g_clear_pointer (&self->revealer, gtk_widget_unparent);
  g_clear_object (&self->session);
  G_OBJECT_CLASS (sp_run_bar_parent_class)->dispose (object);
}

static void
sp_run_bar_class_init (SpRunBarClass *klass)
{
  G_OBJECT_CLASS (klass)->dispose = sp_run_bar_dispose;
  gtk_widget_class_set_layout_manager_type (GTK_WIDGET_CLASS (klass), GTK_TYPE_BIN_LAYOUT);
}

static void
sp_run_bar_init (SpRunBar *self)
{
  GtkWidget *box = gtk_box_new (GTK_ORIENTATION_HORIZONTAL, 12);

  self->revealer = gtk_revealer_new ();
  gtk_revealer_set_transition_type (GTK_REVEALER (self->revealer), GTK_REVEALER_TRANSITION_TYPE_SLIDE_UP);
  gtk_revealer_set_child (GTK_REVEALER (self->revealer), box);
  gtk_widget_set_parent (self->revealer, GTK_WIDGET (self));
  gtk_widget_add_css_class (box, "run-bar");
  self->label = gtk_label_new (NULL);
  gtk_label_set_ellipsize (GTK_LABEL (self->label), PANGO_ELLIPSIZE_END);
  gtk_label_set_xalign (GTK_LABEL (self->label), 0);
  gtk_widget_add_css_class (self->label, "numeric");
  gtk_box_append (GTK_BOX (box), self->label);
  self->bar = gtk_progress_bar_new ();
  gtk_widget_set_hexpand (self->bar, TRUE);
  gtk_widget_set_valign (self->bar, GTK_ALIGN_CENTER);
  gtk_accessible_update_property (GTK_ACCESSIBLE (self->bar), GTK_ACCESSIBLE_PROPERTY_LABEL, _("Progress"), -1);
  gtk_box_append (GTK_BOX (box), self->bar);
  self->cancel = gtk_button_new_with_mnemonic (_("_Cancel"));
  g_signal_connect_object (self->cancel, "clicked", G_CALLBACK (on_cancel), self, G_CONNECT_SWAPPED);
  gtk_box_append (GTK_BOX (box), self->cancel);
  g_signal_connect_object (self->revealer, "notify::child-revealed", G_CALLBACK (on_folded), self, G_CONNECT_SWAPPED);
  on_folded (self);
}

GtkWidget *
sp_run_bar_new (SpSession *session)
{
  SpRunBar *self = g_object_new (SP_TYPE_RUN_BAR, NULL);

  self->session = g_object_ref (session);
  g_signal_connect_object (session, "progress", G_CALLBACK (on_progress), self, G_CONNECT_SWAPPED);
  return GTK_WIDGET (self);
}
