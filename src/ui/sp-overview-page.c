/* sp-overview-page.c - the model's fingerprints, one per measure, and the facts beside them */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sp-overview-page.h"

#include "sp-facts.h"
#include "sp-plot-pane.h"

#include <glib/gi18n.h>

struct _SpOverviewPage {
  GtkWidget   parent_instance;
  GtkWidget  *box, *headline, *plots, *facts, *notes;
  GtkWidget  *values[4];                /* labels of the headline */
  SpSession  *session;                  /* owned */
  gboolean    is_late;
};

G_DEFINE_FINAL_TYPE (SpOverviewPage, sp_overview_page, GTK_TYPE_WIDGET)

static void
show_headline (SpOverviewPage *self, SpStore *store, SpResult *result)
{
  g_autoptr (GPtrArray) facts = sp_facts_of_result (store, result);

  for (guint i = 0; i < facts->len && i < G_N_ELEMENTS (self->values); i++)
    {
      SpFact *fact = facts->pdata[i];

      gtk_label_set_text (GTK_LABEL (self->values[i]), fact->value);
      gtk_label_set_text (GTK_LABEL (gtk_widget_get_next_sibling (self->values[i])), fact->name);
    }
}

/* Numbers that may still change are dimmed; size and parameters stand. */
static void
dim_headline (SpOverviewPage *self, gboolean is_final)
{
  for (gsize i = 0; i < 2; i++)
    if (is_final)
      gtk_widget_remove_css_class (self->values[i], "preview");
    else
      gtk_widget_add_css_class (self->values[i], "preview");
}

static void
show_result (SpOverviewPage *self)
{
  SpStore  *store = sp_session_get_store (self->session);
  SpResult *result = sp_session_get_result (self->session, sp_analyses[0]);

  self->is_late = FALSE;
  if (store == NULL)
    return;
  show_headline (self, store, result);
  dim_headline (self, result != NULL && result->is_final);
  sp_plot_pane_set_result (SP_PLOT_PANE (self->plots), result);
}

static void
add_cell (GtkWidget *flow, GtkWidget *cell)
{
  GtkWidget *child = gtk_flow_box_child_new ();

  gtk_flow_box_child_set_child (GTK_FLOW_BOX_CHILD (child), cell);
  gtk_widget_set_focusable (child, FALSE);
  gtk_flow_box_append (GTK_FLOW_BOX (flow), child);
}

static GtkWidget *
make_fact (const SpFact *fact)
{
  GtkWidget *row = gtk_box_new (GTK_ORIENTATION_HORIZONTAL, 8);
  GtkWidget *name = gtk_label_new (fact->name), *value = gtk_label_new (fact->value);

  gtk_widget_add_css_class (name, "dim-label");
  gtk_label_set_xalign (GTK_LABEL (name), 0);
  gtk_label_set_xalign (GTK_LABEL (value), 0);
  gtk_label_set_ellipsize (GTK_LABEL (value), PANGO_ELLIPSIZE_MIDDLE);
  gtk_label_set_max_width_chars (GTK_LABEL (value), 28);
  gtk_widget_set_tooltip_text (value, fact->value);
  gtk_box_append (GTK_BOX (row), name);
  gtk_box_append (GTK_BOX (row), value);
  return row;
}

static void
show_notes (SpOverviewPage *self, SpStore *store)
{
  GString *text = g_string_new (NULL);

  for (gsize i = 0; i < sp_store_get_n_notes (store) && i < 4; i++)
    g_string_append_printf (text, "%s%s", i > 0 ? "\n" : "", sp_store_get_note (store, i));
  if (sp_store_get_n_notes (store) > 4)
    g_string_append_printf (text, _("\nand %zu more notes"), sp_store_get_n_notes (store) - 4);
  gtk_label_set_text (GTK_LABEL (self->notes), text->str);
  gtk_widget_set_visible (self->notes, text->len > 0);
  g_string_free (text, TRUE);
}

static void
show_store (SpOverviewPage *self)
{
  SpStore              *store = sp_session_get_store (self->session);
  g_autoptr (GPtrArray) facts = NULL;

  for (GtkWidget *child; (child = gtk_widget_get_first_child (self->facts)) != NULL;)
    gtk_flow_box_remove (GTK_FLOW_BOX (self->facts), child);
  if (store == NULL)
    return;
  facts = sp_facts_of_store (store);
  for (guint i = 0; i < facts->len; i++)
    add_cell (self->facts, make_fact (facts->pdata[i]));
  show_notes (self, store);
  show_result (self);
}

static void
on_result_changed (SpOverviewPage *self, const SpAnalysis *analysis)
{
  if (analysis != sp_analyses[0])
    return;
  if (gtk_widget_get_mapped (GTK_WIDGET (self)))
    show_result (self);
  else
    self->is_late = TRUE;
}

static void
on_key_clicked (SpOverviewPage *self, const char *key)
{
  gtk_widget_activate_action (GTK_WIDGET (self), "win.show-map", "s", key);
}

static void
sp_overview_page_map (GtkWidget *widget)
{
  if (SP_OVERVIEW_PAGE (widget)->is_late)
    show_result (SP_OVERVIEW_PAGE (widget));
  GTK_WIDGET_CLASS (sp_overview_page_parent_class)->map (widget);
}

static void
sp_overview_page_dispose (GObject *object)
{
  SpOverviewPage *self = SP_OVERVIEW_PAGE (object);

  g_clear_pointer (&self->box, gtk_widget_unparent);
  g_clear_object (&self->session);
  G_OBJECT_CLASS (sp_overview_page_parent_class)->dispose (object);
}

static void
sp_overview_page_class_init (SpOverviewPageClass *klass)
{
  G_OBJECT_CLASS (klass)->dispose = sp_overview_page_dispose;
  GTK_WIDGET_CLASS (klass)->map = sp_overview_page_map;
  gtk_widget_class_set_layout_manager_type (GTK_WIDGET_CLASS (klass), GTK_TYPE_BIN_LAYOUT);
}

/* As many in a line as there is room for. */
static GtkWidget *
make_flow (guint fewest, guint most)
{
  GtkWidget *flow = gtk_flow_box_new ();

  gtk_flow_box_set_selection_mode (GTK_FLOW_BOX (flow), GTK_SELECTION_NONE);
  gtk_flow_box_set_min_children_per_line (GTK_FLOW_BOX (flow), fewest);
  gtk_flow_box_set_max_children_per_line (GTK_FLOW_BOX (flow), most);
  gtk_flow_box_set_column_spacing (GTK_FLOW_BOX (flow), 18);
  return flow;
}

static GtkWidget *
make_pair (void)
{
  GtkWidget *pair = gtk_box_new (GTK_ORIENTATION_HORIZONTAL, 18);

  gtk_box_set_homogeneous (GTK_BOX (pair), TRUE);
  return pair;
}

/* Numbers stay in pairs: four in a line, or two and two. */
static GtkWidget *
make_headline (SpOverviewPage *self)
{
  GtkWidget *row = make_flow (1, 2), *pair = NULL;

  gtk_flow_box_set_row_spacing (GTK_FLOW_BOX (row), 6);
  gtk_flow_box_set_homogeneous (GTK_FLOW_BOX (row), TRUE);
  gtk_widget_add_css_class (row, "headline");
  for (gsize i = 0; i < G_N_ELEMENTS (self->values); i++)
    {
      GtkWidget *cell = gtk_box_new (GTK_ORIENTATION_VERTICAL, 0), *name = gtk_label_new (NULL);

      self->values[i] = gtk_label_new (NULL);
      gtk_widget_add_css_class (self->values[i], "headline-value");
      gtk_widget_add_css_class (self->values[i], "numeric");
      gtk_label_set_ellipsize (GTK_LABEL (self->values[i]), PANGO_ELLIPSIZE_END);
      gtk_label_set_ellipsize (GTK_LABEL (name), PANGO_ELLIPSIZE_END);
      gtk_label_set_xalign (GTK_LABEL (self->values[i]), 0);
      gtk_label_set_xalign (GTK_LABEL (name), 0);
      gtk_widget_add_css_class (name, "dim-label");
      gtk_widget_add_css_class (name, "caption");
      gtk_box_append (GTK_BOX (cell), self->values[i]);
      gtk_box_append (GTK_BOX (cell), name);
      if (i % 2 == 0)
        add_cell (row, pair = make_pair ());
      gtk_box_append (GTK_BOX (pair), cell);
    }
  return row;
}

static void
sp_overview_page_init (SpOverviewPage *self)
{
  self->box = gtk_box_new (GTK_ORIENTATION_VERTICAL, 0);
  gtk_widget_set_parent (self->box, GTK_WIDGET (self));
  self->headline = make_headline (self);
  gtk_box_append (GTK_BOX (self->box), self->headline);
  self->facts = make_flow (2, 6);
  gtk_widget_add_css_class (self->facts, "facts");
  self->notes = gtk_label_new (NULL);
  gtk_label_set_wrap (GTK_LABEL (self->notes), TRUE);
  gtk_label_set_xalign (GTK_LABEL (self->notes), 0);
  gtk_label_set_selectable (GTK_LABEL (self->notes), TRUE);
  gtk_widget_add_css_class (self->notes, "store-notes");
}

GtkWidget *
sp_overview_page_new (SpSession *session)
{
  SpOverviewPage *self = g_object_new (SP_TYPE_OVERVIEW_PAGE, NULL);

  self->session = g_object_ref (session);
  self->plots = sp_plot_pane_new (session, sp_analyses[0], "fingerprint", NULL);
  gtk_box_append (GTK_BOX (self->box), self->plots);
  gtk_box_append (GTK_BOX (self->box), self->facts);
  gtk_box_append (GTK_BOX (self->box), self->notes);
  g_signal_connect_object (sp_plot_pane_get_view (SP_PLOT_PANE (self->plots)), "key-clicked",
                           G_CALLBACK (on_key_clicked), self, G_CONNECT_SWAPPED);
  g_signal_connect_object (session, "notify::store", G_CALLBACK (show_store), self, G_CONNECT_SWAPPED);
  g_signal_connect_object (session, "result-changed", G_CALLBACK (on_result_changed), self, G_CONNECT_SWAPPED);
  show_store (self);
  return GTK_WIDGET (self);
}

SpPlotView *
sp_overview_page_get_view (SpOverviewPage *self)
{
  return sp_plot_pane_get_view (SP_PLOT_PANE (self->plots));
}
