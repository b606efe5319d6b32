/* sp-plot-pane.c - the plots of a result: which one, the plot, its caption */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sp-plot-pane.h"

#include "sp-plot-menu.h"
#include "sp-sentence.h"
#include "sp-tabs.h"

#include <glib/gi18n.h>
#include <string.h>

#define MOST_CAPTION_LINES 5               /* on a phone, in a language of long words */

struct _SpPlotPane {
  GtkWidget   parent_instance;
  GtkWidget  *box, *tabs, *title, *view, *caption, *fit, *one_to_one;
  SpResult   *result;                 /* owned; NULL */
  const char *only, *without;
};

G_DEFINE_FINAL_TYPE (SpPlotPane, sp_plot_pane, GTK_TYPE_WIDGET)

static gboolean
is_offered (SpPlotPane *self, const SpPlot *plot)
{
  if (self->only != NULL)
    return g_str_has_prefix (plot->id, self->only);
  return self->without == NULL || !g_str_has_prefix (plot->id, self->without);
}

static void
show_plot (SpPlotPane *self)
{
  const char *id = sp_tabs_get_active (SP_TABS (self->tabs));
  SpPlot     *plot = self->result != NULL && id != NULL ? sp_result_find_plot (self->result, id) : NULL;
  gboolean    is_reading = self->result == NULL || !self->result->is_final;
  const char *caption = plot != NULL ? plot->caption : is_reading ? _("Reading…") : NULL;

  sp_plot_view_set_plot (SP_PLOT_VIEW (self->view), self->result, plot);
  sp_sentence_show (self->caption, caption != NULL ? caption : "");
  if (g_strcmp0 (gtk_widget_get_tooltip_text (self->caption), caption) != 0)
    gtk_widget_set_tooltip_text (self->caption, caption);
  if (is_reading)
    gtk_widget_add_css_class (self->caption, "preview");
  else
    gtk_widget_remove_css_class (self->caption, "preview");
  gtk_widget_set_visible (self->one_to_one, sp_plot_view_is_matrix (SP_PLOT_VIEW (self->view)));
  gtk_label_set_text (GTK_LABEL (self->title), plot != NULL ? plot->title : "");
}

static void
show_tabs (SpPlotPane *self)
{
  guint n = 0;

  sp_tabs_begin (SP_TABS (self->tabs));
  for (guint i = 0; self->result != NULL && i < self->result->plots->len; i++)
    {
      SpPlot *plot = self->result->plots->pdata[i];

      if (!is_offered (self, plot))
        continue;
      sp_tabs_add (SP_TABS (self->tabs), plot->id, plot->title, NULL);
      n++;
    }
  sp_tabs_end (SP_TABS (self->tabs));
  gtk_widget_set_visible (self->tabs, n > 1);
  gtk_widget_set_visible (self->title, n == 1);
}

static void
on_view_changed (SpPlotPane *self)
{
  SpView *look = sp_plot_view_edit (SP_PLOT_VIEW (self->view));

  gtk_widget_set_sensitive (self->fit, look != NULL && (look->is_x_set || look->is_y_set));
}

static void
on_fit (SpPlotPane *self)
{
  sp_plot_view_fit (SP_PLOT_VIEW (self->view));
}

static void
on_one_to_one (SpPlotPane *self)
{
  sp_plot_view_one_to_one (SP_PLOT_VIEW (self->view));
}

static void
on_copy_numbers (SpPlotPane *self)
{
  sp_plot_view_copy_numbers (SP_PLOT_VIEW (self->view));
}

static void
on_copy (SpPlotPane *self)
{
  sp_plot_view_copy (SP_PLOT_VIEW (self->view));
}

static void
sp_plot_pane_dispose (GObject *object)
{
  SpPlotPane *self = SP_PLOT_PANE (object);

  g_clear_pointer (&self->box, gtk_widget_unparent);
  g_clear_pointer (&self->result, sp_result_unref);
  G_OBJECT_CLASS (sp_plot_pane_parent_class)->dispose (object);
}

static void
sp_plot_pane_class_init (SpPlotPaneClass *klass)
{
  G_OBJECT_CLASS (klass)->dispose = sp_plot_pane_dispose;
  gtk_widget_class_set_layout_manager_type (GTK_WIDGET_CLASS (klass), GTK_TYPE_BIN_LAYOUT);
  gtk_widget_class_set_css_name (GTK_WIDGET_CLASS (klass), "plotpane");
}

static GtkWidget *
add_button (SpPlotPane *self, GtkWidget *bar, GtkWidget *button, const char *title, GCallback callback)
{
  gtk_widget_add_css_class (button, "flat");
  gtk_widget_set_tooltip_text (button, title);
  gtk_accessible_update_property (GTK_ACCESSIBLE (button), GTK_ACCESSIBLE_PROPERTY_LABEL, title, -1);
  if (callback != NULL)
    g_signal_connect_object (button, "clicked", callback, self, G_CONNECT_SWAPPED);
  gtk_box_append (GTK_BOX (bar), button);
  return button;
}

static GtkWidget *
make_menu_button (SpPlotPane *self)
{
  GtkWidget *button = gtk_menu_button_new ();

  gtk_menu_button_set_icon_name (GTK_MENU_BUTTON (button), "preferences-system-symbolic");
  gtk_menu_button_set_popover (GTK_MENU_BUTTON (button), sp_plot_menu_new (SP_PLOT_VIEW (self->view)));
  return button;
}

static GtkWidget *
make_bar (SpPlotPane *self)
{
  GtkWidget *bar = gtk_box_new (GTK_ORIENTATION_HORIZONTAL, 2);
  GtkWidget *space = gtk_box_new (GTK_ORIENTATION_HORIZONTAL, 0);

  gtk_widget_add_css_class (bar, "plot-bar");
  self->tabs = sp_tabs_new (_("Plots"));
  g_signal_connect_object (self->tabs, "changed", G_CALLBACK (show_plot), self, G_CONNECT_SWAPPED);
  gtk_box_append (GTK_BOX (bar), self->tabs);
  self->title = gtk_label_new (NULL);
  gtk_label_set_ellipsize (GTK_LABEL (self->title), PANGO_ELLIPSIZE_END);
  gtk_widget_add_css_class (self->title, "heading");
  gtk_widget_set_visible (self->title, FALSE);
  gtk_box_append (GTK_BOX (bar), self->title);
  gtk_widget_set_hexpand (space, TRUE);
  gtk_box_append (GTK_BOX (bar), space);
  self->fit = add_button (self, bar, gtk_button_new_from_icon_name ("zoom-fit-best-symbolic"),
                          _ ("Show Everything (0)"), G_CALLBACK (on_fit));
  gtk_widget_set_sensitive (self->fit, FALSE);
  self->one_to_one = add_button (self, bar, gtk_button_new_from_icon_name ("zoom-original-symbolic"),
                                 _ ("Elements as Square Pixels (1)"), G_CALLBACK (on_one_to_one));
  gtk_widget_set_visible (self->one_to_one, FALSE);
  add_button (self, bar, gtk_button_new_from_icon_name ("edit-copy-symbolic"), _ ("Copy the Picture (Ctrl+C)"),
              G_CALLBACK (on_copy));
  add_button (self, bar, gtk_button_new_from_icon_name ("x-office-spreadsheet-symbolic"),
              _ ("Copy the Numbers (Ctrl+Shift+C)"), G_CALLBACK (on_copy_numbers));
  add_button (self, bar, make_menu_button (self), _("Scales and Colours"), NULL);
  return bar;
}

static void
sp_plot_pane_init (SpPlotPane *self)
{
  gtk_widget_set_vexpand (GTK_WIDGET (self), TRUE);
  self->box = gtk_box_new (GTK_ORIENTATION_VERTICAL, 0);
  gtk_widget_set_parent (self->box, GTK_WIDGET (self));
}

GtkWidget *
sp_plot_pane_new (SpSession *session, const SpAnalysis *analysis, const char *only, const char *without)
{
  SpPlotPane *self = g_object_new (SP_TYPE_PLOT_PANE, NULL);

  self->only = only;
  self->without = without;
  self->view = sp_plot_view_new (session, analysis);
  g_signal_connect_object (self->view, "view-changed", G_CALLBACK (on_view_changed), self, G_CONNECT_SWAPPED);
  gtk_box_append (GTK_BOX (self->box), make_bar (self));
  gtk_box_append (GTK_BOX (self->box), self->view);
  self->caption = gtk_label_new (NULL);
  gtk_label_set_wrap (GTK_LABEL (self->caption), TRUE);
  gtk_label_set_lines (GTK_LABEL (self->caption), MOST_CAPTION_LINES);
  gtk_label_set_ellipsize (GTK_LABEL (self->caption), PANGO_ELLIPSIZE_END);
  gtk_label_set_xalign (GTK_LABEL (self->caption), 0);
  gtk_widget_add_css_class (self->caption, "plot-caption");
  gtk_box_append (GTK_BOX (self->box), self->caption);
  return GTK_WIDGET (self);
}

void
sp_plot_pane_set_result (SpPlotPane *self, SpResult *result)
{
  if (result != NULL)
    sp_result_ref (result);
  g_clear_pointer (&self->result, sp_result_unref);
  self->result = result;
  show_tabs (self);
  show_plot (self);
}

SpPlotView *
sp_plot_pane_get_view (SpPlotPane *self)
{
  return SP_PLOT_VIEW (self->view);
}

gboolean
sp_plot_pane_is_empty (SpPlotPane *self)
{
  return sp_tabs_get_nth (SP_TABS (self->tabs), 0) == NULL;
}
