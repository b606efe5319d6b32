/* sp-offer-row.c - text that is chosen from what the opened stores offer: title and drop-down */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sp-offer-row.h"

#include "sp-compat.h"

#include <glib/gi18n.h>

struct _SpOfferRow {
  GtkWidget      parent_instance;
  GtkWidget     *box, *drop_down;
  const SpParam *param;
  GPtrArray     *offers;             /* of SpOffer; owned; NULL: none */
  guint          n_before;           /* 1: the first row says that nothing is chosen, since nothing is by itself */
  gboolean       is_setting;
};

G_DEFINE_FINAL_TYPE (SpOfferRow, sp_offer_row, GTK_TYPE_WIDGET)

enum { CHANGED, N_SIGNALS };
static guint signals[N_SIGNALS];

static const SpOffer *
get_offer (SpOfferRow *self, guint i)
{
  return self->offers != NULL && i < self->offers->len ? self->offers->pdata[i] : NULL;
}

/* G_MAXUINT: there is none. */
static guint
find_fallback (SpOfferRow *self)
{
  for (guint i = 0; get_offer (self, i) != NULL; i++)
    if (get_offer (self, i)->is_fallback)
      return i;
  return G_MAXUINT;
}

static void
on_selected (SpOfferRow *self)
{
  if (!self->is_setting)
    g_signal_emit (self, signals[CHANGED], 0);
}

static void
sp_offer_row_dispose (GObject *object)
{
  SpOfferRow *self = SP_OFFER_ROW (object);

  g_clear_pointer (&self->box, gtk_widget_unparent);
  g_clear_pointer (&self->offers, g_ptr_array_unref);
  G_OBJECT_CLASS (sp_offer_row_parent_class)->dispose (object);
}

static void
sp_offer_row_class_init (SpOfferRowClass *klass)
{
  G_OBJECT_CLASS (klass)->dispose = sp_offer_row_dispose;
  gtk_widget_class_set_layout_manager_type (GTK_WIDGET_CLASS (klass), GTK_TYPE_BIN_LAYOUT);
  signals[CHANGED] = g_signal_new ("changed", SP_TYPE_OFFER_ROW, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 0);
}

static void
sp_offer_row_init (SpOfferRow *self)
{
  self->box = gtk_box_new (GTK_ORIENTATION_VERTICAL, 2);
  gtk_widget_set_parent (self->box, GTK_WIDGET (self));
}

/* Names are as long as files make them; the pane is not wide. */
static void
set_up_item (G_GNUC_UNUSED GtkSignalListItemFactory *factory, GtkListItem *item)
{
  GtkWidget *label = gtk_label_new (NULL);

  gtk_label_set_xalign (GTK_LABEL (label), 0);
  gtk_label_set_wrap (GTK_LABEL (label), TRUE);
  gtk_label_set_wrap_mode (GTK_LABEL (label), PANGO_WRAP_WORD_CHAR);
  gtk_label_set_width_chars (GTK_LABEL (label), 12);
  gtk_label_set_max_width_chars (GTK_LABEL (label), 24);
  gtk_list_item_set_child (item, label);
}

static void
bind_item (G_GNUC_UNUSED GtkSignalListItemFactory *factory, GtkListItem *item)
{
  const char *title = gtk_string_object_get_string (gtk_list_item_get_item (item));
  GtkWidget  *label = gtk_list_item_get_child (item);

  gtk_label_set_text (GTK_LABEL (label), title);
  gtk_widget_set_tooltip_text (label, title);
}

GtkWidget *
sp_offer_row_new (const SpParam *param)
{
  SpOfferRow         *self = g_object_new (SP_TYPE_OFFER_ROW, NULL);
  GtkWidget          *title = gtk_label_new (_(param->title));
  GtkListItemFactory *factory = gtk_signal_list_item_factory_new ();

  self->param = param;
  gtk_label_set_xalign (GTK_LABEL (title), 0);
  gtk_box_append (GTK_BOX (self->box), title);
  self->drop_down = gtk_drop_down_new (NULL, NULL);
  g_signal_connect (factory, "setup", G_CALLBACK (set_up_item), NULL);
  g_signal_connect (factory, "bind", G_CALLBACK (bind_item), NULL);
  gtk_drop_down_set_factory (GTK_DROP_DOWN (self->drop_down), factory);
  g_object_unref (factory);
  sp_compat_name_drop_down (self->drop_down, _(param->title));
  gtk_box_append (GTK_BOX (self->box), self->drop_down);
  gtk_widget_set_visible (GTK_WIDGET (self), FALSE);
  g_signal_connect_object (self->drop_down, "notify::selected", G_CALLBACK (on_selected), self, G_CONNECT_SWAPPED);
  return GTK_WIDGET (self);
}

static void
show_offers (SpOfferRow *self)
{
  g_autoptr (GtkStringList) titles = gtk_string_list_new (NULL);
  guint                     n = self->offers != NULL ? self->offers->len : 0;

  self->n_before = find_fallback (self) == G_MAXUINT;
  if (self->n_before > 0)
    gtk_string_list_append (titles, self->param->unset != NULL ? _(self->param->unset) : _("none: choose one"));
  for (guint i = 0; i < n; i++)
    gtk_string_list_append (titles, get_offer (self, i)->title);
  self->is_setting = TRUE;
  gtk_drop_down_set_model (GTK_DROP_DOWN (self->drop_down), G_LIST_MODEL (titles));
  self->is_setting = FALSE;
  gtk_widget_set_visible (GTK_WIDGET (self), n > 0 && n + self->n_before >= 2);
}

void
sp_offer_row_set_stores (SpOfferRow *self, GPtrArray *stores)
{
  g_clear_pointer (&self->offers, g_ptr_array_unref);
  self->offers = self->param->offer ((SpStore *const *) stores->pdata, stores->len);
  show_offers (self);
}

const char *
sp_offer_row_get_text (SpOfferRow *self)
{
  const SpOffer *offer = get_offer (self, gtk_drop_down_get_selected (GTK_DROP_DOWN (self->drop_down)) - self->n_before);

  return offer != NULL && !offer->is_fallback ? offer->text : NULL;
}

void
sp_offer_row_set_text (SpOfferRow *self, const char *text)
{
  guint i = text != NULL && self->offers != NULL ? sp_offers_find (self->offers, text) : G_MAXUINT;

  if (i == G_MAXUINT)
    i = find_fallback (self);
  self->is_setting = TRUE;
  gtk_drop_down_set_selected (GTK_DROP_DOWN (self->drop_down), i == G_MAXUINT ? 0 : i + self->n_before);
  self->is_setting = FALSE;
}
