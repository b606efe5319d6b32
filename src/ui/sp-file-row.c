/* sp-file-row.c - a parameter that is a file: its name, a way to choose it, a place to drop it, and some that may be meant */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sp-file-row.h"

#include "sp-compat.h"
#include "sp-loader.h"

#include <glib/gi18n.h>

/* On a page: more are a list. */
#define MOST_ON_PAGE 3

struct _SpFileRow {
  GtkWidget      parent_instance;
  GtkWidget     *box, *name, *choose, *menu, *offers;      /* name, menu: NULL on a page */
  const SpParam *param;
  SpStore       *store;              /* owned; NULL: none yet */
  char          *path;               /* owned; NULL: none */
};

G_DEFINE_FINAL_TYPE (SpFileRow, sp_file_row, GTK_TYPE_WIDGET)

enum { CHANGED, N_SIGNALS };
static guint signals[N_SIGNALS];

static void
take_path (SpFileRow *self, const char *path)
{
  sp_file_row_set_path (self, path);
  g_signal_emit (self, signals[CHANGED], 0);
}

static void
on_chosen (GFile *file, const char *problem, gpointer row)
{
  g_autofree char *path = file != NULL ? g_file_get_path (file) : NULL;

  if (path != NULL)
    take_path (row, path);
  else if (problem != NULL && SP_FILE_ROW (row)->name != NULL)
    gtk_label_set_text (GTK_LABEL (SP_FILE_ROW (row)->name), problem);
}

static void
on_choose (SpFileRow *self)
{
  GtkRoot *root = gtk_widget_get_root (GTK_WIDGET (self));

  if (GTK_IS_WINDOW (root))
    sp_compat_choose_file (GTK_WINDOW (root), _(self->param->title), FALSE, on_chosen, g_object_ref (self), g_object_unref);
}

static gboolean
on_drop (GtkDropTarget *target, const GValue *value, double x, double y, SpFileRow *self)
{
  GSList          *list = G_VALUE_HOLDS (value, GDK_TYPE_FILE_LIST) ? g_value_get_boxed (value) : NULL;
  GFile           *file = list != NULL ? list->data : G_VALUE_HOLDS (value, G_TYPE_FILE) ? g_value_get_object (value) : NULL;
  g_autofree char *path = file != NULL ? g_file_get_path (file) : NULL;

  if (path != NULL)
    take_path (self, path);
  return path != NULL;
}

static void
on_offer (GtkButton *button, SpFileRow *self)
{
  if (self->menu != NULL)
    gtk_menu_button_popdown (GTK_MENU_BUTTON (self->menu));
  take_path (self, g_object_get_data (G_OBJECT (button), "path"));
}

/* What the parameter offers for the store, and the sample's texts. */
static GPtrArray *
list_offers (SpFileRow *self)
{
  GPtrArray       *offers = NULL;
  g_autofree char *sample = sp_loader_dup_sample ("text");
  guint            n;

  if (self->param->offer == NULL || self->store == NULL)
    return g_ptr_array_new_with_free_func (sp_offer_free);
  offers = self->param->offer (&self->store, 1);
  n = offers->len;
  sp_offers_add_texts (offers, sample);
  for (guint i = n; i < offers->len; i++)
    {
      SpOffer         *offer = offers->pdata[i];
      g_autofree char *title = offer->title;

      offer->title = g_strdup_printf (_("Sample: %s"), title);
    }
  return offers;
}

static GtkWidget *
make_offer (SpFileRow *self, const SpOffer *offer)
{
  GtkWidget *button = gtk_button_new_with_label (offer->title);
  GtkWidget *label = gtk_button_get_child (GTK_BUTTON (button));

  gtk_label_set_ellipsize (GTK_LABEL (label), PANGO_ELLIPSIZE_MIDDLE);
  gtk_label_set_max_width_chars (GTK_LABEL (label), 40);
  gtk_label_set_xalign (GTK_LABEL (label), self->menu != NULL ? 0 : 0.5f);
  gtk_widget_set_tooltip_text (button, offer->text);
  gtk_widget_add_css_class (button, self->menu != NULL ? "flat" : "pill");
  g_object_set_data_full (G_OBJECT (button), "path", g_strdup (offer->text), g_free);
  g_signal_connect (button, "clicked", G_CALLBACK (on_offer), self);
  return button;
}

static void
show_offers (SpFileRow *self)
{
  g_autoptr (GPtrArray) offers = list_offers (self);
  guint                 n = self->menu != NULL ? offers->len : MIN (offers->len, MOST_ON_PAGE);

  for (GtkWidget *child; (child = gtk_widget_get_first_child (self->offers)) != NULL;)
    gtk_box_remove (GTK_BOX (self->offers), child);
  for (guint i = 0; i < n; i++)
    gtk_box_append (GTK_BOX (self->offers), make_offer (self, offers->pdata[i]));
  if (self->menu != NULL)
    gtk_widget_set_visible (self->menu, n > 0);
}

static void
sp_file_row_dispose (GObject *object)
{
  SpFileRow *self = SP_FILE_ROW (object);

  g_clear_pointer (&self->box, gtk_widget_unparent);
  g_clear_pointer (&self->store, sp_store_unref);
  g_clear_pointer (&self->path, g_free);
  G_OBJECT_CLASS (sp_file_row_parent_class)->dispose (object);
}

static void
sp_file_row_class_init (SpFileRowClass *klass)
{
  G_OBJECT_CLASS (klass)->dispose = sp_file_row_dispose;
  gtk_widget_class_set_layout_manager_type (GTK_WIDGET_CLASS (klass), GTK_TYPE_BIN_LAYOUT);
  signals[CHANGED] = g_signal_new ("changed", SP_TYPE_FILE_ROW, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 0);
}

static void
sp_file_row_init (SpFileRow *self)
{
  GtkDropTarget *target = gtk_drop_target_new (G_TYPE_INVALID, GDK_ACTION_COPY);

  self->box = gtk_box_new (GTK_ORIENTATION_VERTICAL, 2);
  gtk_widget_set_parent (self->box, GTK_WIDGET (self));
  gtk_drop_target_set_gtypes (target, (GType[]) { GDK_TYPE_FILE_LIST, G_TYPE_FILE }, 2);
  g_signal_connect (target, "drop", G_CALLBACK (on_drop), self);
  gtk_widget_add_controller (GTK_WIDGET (self), GTK_EVENT_CONTROLLER (target));
}

static GtkWidget *
make_menu (SpFileRow *self)
{
  GtkWidget *menu = gtk_menu_button_new (), *popover = gtk_popover_new ();

  gtk_popover_set_child (GTK_POPOVER (popover), self->offers);
  gtk_menu_button_set_popover (GTK_MENU_BUTTON (menu), popover);
  gtk_widget_set_tooltip_text (menu, _("Files at Hand"));
  gtk_accessible_update_property (GTK_ACCESSIBLE (menu), GTK_ACCESSIBLE_PROPERTY_LABEL, _("Files at Hand"), -1);
  return menu;
}

static GtkWidget *
make_name (void)
{
  GtkWidget *name = gtk_label_new (NULL);

  gtk_label_set_xalign (GTK_LABEL (name), 0);
  gtk_label_set_ellipsize (GTK_LABEL (name), PANGO_ELLIPSIZE_MIDDLE);
  gtk_widget_set_hexpand (name, TRUE);
  return name;
}

static void
build_row (SpFileRow *self)
{
  GtkWidget *title = gtk_label_new (_(self->param->title)), *line = gtk_box_new (GTK_ORIENTATION_HORIZONTAL, 4);

  gtk_label_set_xalign (GTK_LABEL (title), 0);
  self->name = make_name ();
  self->menu = make_menu (self);
  gtk_box_append (GTK_BOX (line), self->name);
  gtk_box_append (GTK_BOX (line), self->choose);
  gtk_box_append (GTK_BOX (line), self->menu);
  gtk_box_append (GTK_BOX (self->box), title);
  gtk_box_append (GTK_BOX (self->box), line);
}

static void
build_page (SpFileRow *self)
{
  gtk_box_set_spacing (GTK_BOX (self->box), 12);
  gtk_box_set_spacing (GTK_BOX (self->offers), 12);
  gtk_widget_set_halign (self->box, GTK_ALIGN_CENTER);
  gtk_widget_add_css_class (self->choose, "pill");
  gtk_widget_add_css_class (self->choose, "suggested-action");
  gtk_box_append (GTK_BOX (self->box), self->choose);
  gtk_box_append (GTK_BOX (self->box), self->offers);
}

GtkWidget *
sp_file_row_new (const SpParam *param, gboolean is_page)
{
  SpFileRow *self = g_object_new (SP_TYPE_FILE_ROW, NULL);

  self->param = param;
  self->choose = gtk_button_new_with_mnemonic (_("_Choose…"));
  self->offers = gtk_box_new (GTK_ORIENTATION_VERTICAL, 0);
  if (is_page)
    build_page (self);
  else
    build_row (self);
  g_signal_connect_object (self->choose, "clicked", G_CALLBACK (on_choose), self, G_CONNECT_SWAPPED);
  sp_file_row_set_path (self, NULL);
  show_offers (self);
  return GTK_WIDGET (self);
}

void
sp_file_row_set_store (SpFileRow *self, SpStore *store)
{
  if (self->store == store)
    return;
  g_clear_pointer (&self->store, sp_store_unref);
  self->store = store != NULL ? sp_store_ref (store) : NULL;
  show_offers (self);
}

const char *
sp_file_row_get_path (SpFileRow *self)
{
  return self->path;
}

void
sp_file_row_set_path (SpFileRow *self, const char *path)
{
  g_autofree char *name = path != NULL ? g_path_get_basename (path) : NULL, *shown = NULL, *old = self->path;

  self->path = g_strdup (path);
  if (self->name == NULL)
    return;
  shown = name != NULL ? g_filename_display_name (name) : g_strdup (_("none"));
  gtk_label_set_text (GTK_LABEL (self->name), shown);
  gtk_widget_set_tooltip_text (self->name, path);
}
