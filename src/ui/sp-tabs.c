/* sp-tabs.c - a row of flat toggles, one of them on */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sp-tabs.h"

/* Longer titles lose their middle. */
#define MAX_CHARS 24

typedef struct { char *id, *title, *tooltip; } Tab;

struct _SpTabs {
  GtkWidget  parent_instance;
  GtkWidget *scrolled, *box;
  GPtrArray *tabs, *wanted;       /* of Tab; wanted between begin and end */
  char      *active;
  gboolean   is_setting;
};

G_DEFINE_FINAL_TYPE (SpTabs, sp_tabs, GTK_TYPE_WIDGET)

enum { CHANGED, N_SIGNALS };
static guint signals[N_SIGNALS];

static void
tab_free (gpointer data)
{
  Tab *tab = data;

  g_free (tab->id);
  g_free (tab->title);
  g_free (tab->tooltip);
  g_free (tab);
}

static void
sp_tabs_dispose (GObject *object)
{
  SpTabs *self = SP_TABS (object);

  g_clear_pointer (&self->scrolled, gtk_widget_unparent);
  g_clear_pointer (&self->tabs, g_ptr_array_unref);
  g_clear_pointer (&self->wanted, g_ptr_array_unref);
  g_clear_pointer (&self->active, g_free);
  G_OBJECT_CLASS (sp_tabs_parent_class)->dispose (object);
}

static void
sp_tabs_class_init (SpTabsClass *klass)
{
  G_OBJECT_CLASS (klass)->dispose = sp_tabs_dispose;
  gtk_widget_class_set_layout_manager_type (GTK_WIDGET_CLASS (klass), GTK_TYPE_BIN_LAYOUT);
  gtk_widget_class_set_css_name (GTK_WIDGET_CLASS (klass), "flattabs");
  signals[CHANGED] = g_signal_new ("changed", SP_TYPE_TABS, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 0);
}

static void
sp_tabs_init (SpTabs *self)
{
  self->tabs = g_ptr_array_new_with_free_func (tab_free);
  self->wanted = g_ptr_array_new_with_free_func (tab_free);
  self->box = gtk_box_new (GTK_ORIENTATION_HORIZONTAL, 2);
  self->scrolled = gtk_scrolled_window_new ();
  gtk_scrolled_window_set_policy (GTK_SCROLLED_WINDOW (self->scrolled), GTK_POLICY_EXTERNAL, GTK_POLICY_NEVER);
  gtk_scrolled_window_set_child (GTK_SCROLLED_WINDOW (self->scrolled), self->box);
  gtk_scrolled_window_set_propagate_natural_width (GTK_SCROLLED_WINDOW (self->scrolled), TRUE);
  gtk_widget_set_parent (self->scrolled, GTK_WIDGET (self));
}

GtkWidget *
sp_tabs_new (const char *accessible_name)
{
  SpTabs *self = g_object_new (SP_TYPE_TABS, NULL);

  gtk_accessible_update_property (GTK_ACCESSIBLE (self->box), GTK_ACCESSIBLE_PROPERTY_LABEL, accessible_name, -1);
  return GTK_WIDGET (self);
}

static void
on_toggled (GtkToggleButton *button, SpTabs *self)
{
  const char *id = g_object_get_data (G_OBJECT (button), "id");

  if (self->is_setting || !gtk_toggle_button_get_active (button))
    return;
  g_free (self->active);
  self->active = g_strdup (id);
  g_signal_emit (self, signals[CHANGED], 0);
}

static void
make_buttons (SpTabs *self)
{
  GtkWidget *first = NULL;

  for (GtkWidget *child; (child = gtk_widget_get_first_child (self->box)) != NULL;)
    gtk_box_remove (GTK_BOX (self->box), child);
  for (guint i = 0; i < self->tabs->len; i++)
    {
      Tab       *tab = self->tabs->pdata[i];
      GtkWidget *button = gtk_toggle_button_new_with_label (tab->title);
      GtkWidget *label = gtk_button_get_child (GTK_BUTTON (button));

      if (first != NULL)
        gtk_toggle_button_set_group (GTK_TOGGLE_BUTTON (button), GTK_TOGGLE_BUTTON (first));
      first = first != NULL ? first : button;
      if (g_utf8_strlen (tab->title, -1) > MAX_CHARS)
        {
          gtk_label_set_ellipsize (GTK_LABEL (label), PANGO_ELLIPSIZE_MIDDLE);
          gtk_label_set_width_chars (GTK_LABEL (label), MAX_CHARS);
        }
      gtk_widget_add_css_class (button, "flat");
      gtk_widget_set_tooltip_text (button, tab->tooltip);
      g_object_set_data_full (G_OBJECT (button), "id", g_strdup (tab->id), g_free);
      g_signal_connect (button, "toggled", G_CALLBACK (on_toggled), self);
      gtk_box_append (GTK_BOX (self->box), button);
    }
}

void
sp_tabs_begin (SpTabs *self)
{
  g_ptr_array_set_size (self->wanted, 0);
}

void
sp_tabs_add (SpTabs *self, const char *id, const char *title, const char *tooltip)
{
  Tab *tab = g_new (Tab, 1);

  *tab = (Tab) { g_strdup (id), g_strdup (title), g_strdup (tooltip) };
  g_ptr_array_add (self->wanted, tab);
}

static gboolean
is_same (GPtrArray *a, GPtrArray *b)
{
  if (a->len != b->len)
    return FALSE;
  for (guint i = 0; i < a->len; i++)
    if (!g_str_equal (((Tab *) a->pdata[i])->id, ((Tab *) b->pdata[i])->id)
        || !g_str_equal (((Tab *) a->pdata[i])->title, ((Tab *) b->pdata[i])->title))
      return FALSE;
  return TRUE;
}

void
sp_tabs_end (SpTabs *self)
{
  GPtrArray        *old = self->tabs;
  g_autofree char  *active = NULL;

  if (is_same (self->tabs, self->wanted))
    return;
  self->tabs = self->wanted;
  self->wanted = old;
  self->is_setting = TRUE;
  make_buttons (self);
  self->is_setting = FALSE;
  active = g_strdup (self->active);
  sp_tabs_set_active (self, active);
}

const char *
sp_tabs_get_active (SpTabs *self)
{
  return self->active;
}

void
sp_tabs_set_active (SpTabs *self, const char *id)
{
  GtkWidget *chosen = gtk_widget_get_first_child (self->box);

  for (GtkWidget *child = chosen; child != NULL; child = gtk_widget_get_next_sibling (child))
    if (g_strcmp0 (g_object_get_data (G_OBJECT (child), "id"), id) == 0)
      chosen = child;
  if (chosen == NULL)
    {
      g_clear_pointer (&self->active, g_free);
      return;
    }
  self->is_setting = TRUE;
  gtk_toggle_button_set_active (GTK_TOGGLE_BUTTON (chosen), TRUE);
  self->is_setting = FALSE;
  id = g_object_get_data (G_OBJECT (chosen), "id");
  if (g_strcmp0 (self->active, id) != 0)
    {
      g_free (self->active);
      self->active = g_strdup (id);
    }
}

const char *
sp_tabs_get_nth (SpTabs *self, guint i)
{
  return i < self->tabs->len ? ((Tab *) self->tabs->pdata[i])->id : NULL;
}
