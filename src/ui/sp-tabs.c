/* sp-tabs.c - a row of flat toggles, one of them on; a menu of them where the row is too short */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sp-tabs.h"

#include <glib/gi18n.h>

/* Longer titles, such as names of files, lose their middle; any lose what one alone has no room for. */
#define MAX_CHARS   24
#define LEAST_CHARS 6

typedef struct { char *id, *title, *tooltip; } Tab;

struct _SpTabs {
  GtkWidget  parent_instance;
  GtkWidget *scrolled, *box, *more;
  GPtrArray *tabs, *wanted;       /* of Tab; wanted between begin and end */
  char      *active;
  gboolean   is_setting, is_short;
  int        room;                /* for tabs */
  guint      settle_idle;
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

  g_clear_handle_id (&self->settle_idle, g_source_remove);
  g_clear_pointer (&self->scrolled, gtk_widget_unparent);
  g_clear_pointer (&self->more, gtk_widget_unparent);
  g_clear_pointer (&self->tabs, g_ptr_array_unref);
  g_clear_pointer (&self->wanted, g_ptr_array_unref);
  g_clear_pointer (&self->active, g_free);
  G_OBJECT_CLASS (sp_tabs_parent_class)->dispose (object);
}

static GtkWidget *
find_button (SpTabs *self, const char *id)
{
  GtkWidget *child = gtk_widget_get_first_child (self->box);

  while (child != NULL && g_strcmp0 (g_object_get_data (G_OBJECT (child), "id"), id) != 0)
    child = gtk_widget_get_next_sibling (child);
  return child;
}

/* Layout */

static int
natural_width (GtkWidget *widget)
{
  int natural;

  gtk_widget_measure (widget, GTK_ORIENTATION_HORIZONTAL, -1, NULL, &natural, NULL, NULL);
  return natural;
}

static void
scroll_to_active (SpTabs *self)
{
  GtkWidget      *button = find_button (self, self->active);
  graphene_rect_t bounds;

  if (button != NULL && gtk_widget_compute_bounds (button, self->box, &bounds))
    gtk_adjustment_clamp_page (gtk_scrolled_window_get_hadjustment (GTK_SCROLLED_WINDOW (self->scrolled)),
                               bounds.origin.x, bounds.origin.x + bounds.size.width);
}

static void
sp_tabs_measure (GtkWidget *widget, GtkOrientation orientation, int for_size, int *minimum, int *natural,
                 int *minimum_baseline, int *natural_baseline)
{
  SpTabs *self = SP_TABS (widget);

  gtk_widget_measure (self->scrolled, orientation, for_size, minimum, natural, NULL, NULL);
  if (orientation == GTK_ORIENTATION_HORIZONTAL && gtk_widget_get_visible (self->more))
    *minimum += natural_width (self->more);
}

/* As labels reckon it. */
static int
char_width (GtkWidget *label)
{
  PangoFontMetrics *metrics = pango_context_get_metrics (gtk_widget_get_pango_context (label), NULL, NULL);
  int               width = MAX (pango_font_metrics_get_approximate_char_width (metrics),
                                 pango_font_metrics_get_approximate_digit_width (metrics));

  pango_font_metrics_unref (metrics);
  return MAX (PANGO_PIXELS_CEIL (width), 1);
}

/* A label's natural width is that of all its text, whatever it loses; its least is what it gets here. */
static void
fit_title (SpTabs *self, GtkWidget *button)
{
  GtkWidget *label = gtk_button_get_child (GTK_BUTTON (button));
  int        whole = natural_width (label), room = self->room - (natural_width (button) - whole);
  gboolean   is_long = whole > MAX_CHARS * char_width (label), is_wide = whole > room;

  gtk_label_set_ellipsize (GTK_LABEL (label), is_long   ? PANGO_ELLIPSIZE_MIDDLE
                                              : is_wide ? PANGO_ELLIPSIZE_END
                                                        : PANGO_ELLIPSIZE_NONE);
  gtk_label_set_width_chars (GTK_LABEL (label), is_long || is_wide ? CLAMP (room / char_width (label), LEAST_CHARS, MAX_CHARS) : -1);
}

/* Once room is given out: what a screen reader finds must be there to be seen, and the tab that is on in sight. */
static gboolean
settle (gpointer data)
{
  SpTabs *self = data;

  self->settle_idle = 0;
  gtk_widget_set_visible (self->more, self->is_short);
  for (GtkWidget *child = gtk_widget_get_first_child (self->box); child != NULL; child = gtk_widget_get_next_sibling (child))
    fit_title (self, child);
  scroll_to_active (self);
  return G_SOURCE_REMOVE;
}

static void
sp_tabs_size_allocate (GtkWidget *widget, int width, int height, int baseline)
{
  SpTabs *self = SP_TABS (widget);
  int     room = gtk_widget_get_visible (self->more) ? width - natural_width (self->more) : width;

  self->is_short = natural_width (self->box) > width;
  if ((self->is_short || room < width || room != self->room) && self->settle_idle == 0)
    self->settle_idle = g_idle_add_full (G_PRIORITY_HIGH_IDLE, settle, self, NULL);
  self->room = room;
  gtk_widget_size_allocate (self->scrolled, &(GtkAllocation) { 0, 0, room, height }, baseline);
  if (room < width)
    gtk_widget_size_allocate (self->more, &(GtkAllocation) { room, 0, width - room, height }, baseline);
}

static void
choose_action (GtkWidget *widget, const char *name, GVariant *target)
{
  GtkWidget *button = find_button (SP_TABS (widget), g_variant_get_string (target, NULL));

  if (button != NULL)
    gtk_toggle_button_set_active (GTK_TOGGLE_BUTTON (button), TRUE);
}

static void
sp_tabs_class_init (SpTabsClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  G_OBJECT_CLASS (klass)->dispose = sp_tabs_dispose;
  widget_class->measure = sp_tabs_measure;
  widget_class->size_allocate = sp_tabs_size_allocate;
  gtk_widget_class_install_action (widget_class, "tabs.choose", "s", choose_action);
  gtk_widget_class_set_css_name (widget_class, "flattabs");
  signals[CHANGED] = g_signal_new ("changed", SP_TYPE_TABS, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 0);
}

static void
sp_tabs_init (SpTabs *self)
{
  self->tabs = g_ptr_array_new_with_free_func (tab_free);
  self->wanted = g_ptr_array_new_with_free_func (tab_free);
  self->box = gtk_box_new (GTK_ORIENTATION_HORIZONTAL, 2);
  self->scrolled = gtk_scrolled_window_new ();
  gtk_widget_set_focusable (self->scrolled, FALSE);
  gtk_scrolled_window_set_policy (GTK_SCROLLED_WINDOW (self->scrolled), GTK_POLICY_EXTERNAL, GTK_POLICY_NEVER);
  gtk_scrolled_window_set_child (GTK_SCROLLED_WINDOW (self->scrolled), self->box);
  gtk_scrolled_window_set_propagate_natural_width (GTK_SCROLLED_WINDOW (self->scrolled), TRUE);
  gtk_widget_set_parent (self->scrolled, GTK_WIDGET (self));
  self->more = gtk_menu_button_new ();
  gtk_menu_button_set_icon_name (GTK_MENU_BUTTON (self->more), "pan-down-symbolic");
  gtk_menu_button_set_has_frame (GTK_MENU_BUTTON (self->more), FALSE);
  gtk_widget_set_visible (self->more, FALSE);
  gtk_widget_set_parent (self->more, GTK_WIDGET (self));
}

GtkWidget *
sp_tabs_new (const char *accessible_name)
{
  SpTabs          *self = g_object_new (SP_TYPE_TABS, NULL);
  g_autofree char *all = g_strdup_printf (_("All %s"), accessible_name);

  gtk_accessible_update_property (GTK_ACCESSIBLE (self->box), GTK_ACCESSIBLE_PROPERTY_LABEL, accessible_name, -1);
  gtk_accessible_update_property (GTK_ACCESSIBLE (self->more), GTK_ACCESSIBLE_PROPERTY_LABEL, all, -1);
  gtk_widget_set_tooltip_text (self->more, all);
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
  scroll_to_active (self);
  g_signal_emit (self, signals[CHANGED], 0);
}

static void
make_menu (SpTabs *self)
{
  g_autoptr (GMenu) menu = g_menu_new ();

  for (guint i = 0; i < self->tabs->len; i++)
    {
      Tab                  *tab = self->tabs->pdata[i];
      g_auto (GStrv)        parts = g_strsplit (tab->title, "_", -1);
      g_autofree char      *label = g_strjoinv ("__", parts);
      g_autoptr (GMenuItem) item = g_menu_item_new (label, NULL);

      g_menu_item_set_action_and_target (item, "tabs.choose", "s", tab->id);
      g_menu_append_item (menu, item);
    }
  gtk_menu_button_set_menu_model (GTK_MENU_BUTTON (self->more), G_MENU_MODEL (menu));
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
  make_menu (self);
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
  GtkWidget *chosen = find_button (self, id);

  if (chosen == NULL)
    chosen = gtk_widget_get_first_child (self->box);
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
  scroll_to_active (self);
}

const char *
sp_tabs_get_nth (SpTabs *self, guint i)
{
  return i < self->tabs->len ? ((Tab *) self->tabs->pdata[i])->id : NULL;
}
