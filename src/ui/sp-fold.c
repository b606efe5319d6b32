/* sp-fold.c - two widgets beside one another; one above the other where there is no room */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sp-fold.h"

struct _SpFold {
  GtkWidget  parent_instance;
  GtkWidget *paned, *start, *end;
  guint      turn_idle;
};

G_DEFINE_FINAL_TYPE (SpFold, sp_fold, GTK_TYPE_WIDGET)

static int
least_width (GtkWidget *widget)
{
  int least;

  gtk_widget_measure (widget, GTK_ORIENTATION_HORIZONTAL, -1, &least, NULL, NULL, NULL);
  return least;
}

/* What is hidden measures nothing. */
static GtkOrientation
fitting_orientation (SpFold *self, int width)
{
  return least_width (self->start) + least_width (self->end) > width ? GTK_ORIENTATION_VERTICAL : GTK_ORIENTATION_HORIZONTAL;
}

static gboolean
turn (gpointer data)
{
  SpFold *self = data;

  self->turn_idle = 0;
  gtk_orientable_set_orientation (GTK_ORIENTABLE (self->paned), fitting_orientation (self, gtk_widget_get_width (GTK_WIDGET (self))));
  return G_SOURCE_REMOVE;
}

/* Either way may be needed, so the least width is the one with which it can be folded. */
static void
sp_fold_measure (GtkWidget *widget, GtkOrientation orientation, int for_size, int *minimum, int *natural,
                 int *minimum_baseline, int *natural_baseline)
{
  SpFold *self = SP_FOLD (widget);

  if (orientation == GTK_ORIENTATION_VERTICAL && for_size >= 0)
    for_size = MAX (for_size, least_width (self->paned));
  gtk_widget_measure (self->paned, orientation, for_size, minimum, natural, NULL, NULL);
  if (orientation == GTK_ORIENTATION_HORIZONTAL)
    *minimum = MAX (least_width (self->start), least_width (self->end));
}

static void
sp_fold_size_allocate (GtkWidget *widget, int width, int height, int baseline)
{
  SpFold *self = SP_FOLD (widget);

  if (gtk_orientable_get_orientation (GTK_ORIENTABLE (self->paned)) != fitting_orientation (self, width) && self->turn_idle == 0)
    self->turn_idle = g_idle_add_full (G_PRIORITY_HIGH_IDLE, turn, self, NULL);
  gtk_widget_size_allocate (self->paned, &(GtkAllocation) { 0, 0, MAX (width, least_width (self->paned)), height }, baseline);
}

static void
sp_fold_dispose (GObject *object)
{
  SpFold *self = SP_FOLD (object);

  g_clear_handle_id (&self->turn_idle, g_source_remove);
  g_clear_pointer (&self->paned, gtk_widget_unparent);
  G_OBJECT_CLASS (sp_fold_parent_class)->dispose (object);
}

static void
sp_fold_class_init (SpFoldClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  G_OBJECT_CLASS (klass)->dispose = sp_fold_dispose;
  widget_class->measure = sp_fold_measure;
  widget_class->size_allocate = sp_fold_size_allocate;
}

static void
sp_fold_init (SpFold *self)
{
  self->paned = gtk_paned_new (GTK_ORIENTATION_HORIZONTAL);
  gtk_widget_set_parent (self->paned, GTK_WIDGET (self));
  gtk_widget_set_vexpand (GTK_WIDGET (self), TRUE);
  gtk_paned_set_shrink_start_child (GTK_PANED (self->paned), FALSE);
  gtk_paned_set_shrink_end_child (GTK_PANED (self->paned), FALSE);
}

GtkWidget *
sp_fold_new (GtkWidget *start, GtkWidget *end, const char *accessible_name)
{
  SpFold *self = g_object_new (SP_TYPE_FOLD, NULL);

  self->start = start;
  self->end = end;
  gtk_paned_set_start_child (GTK_PANED (self->paned), start);
  gtk_paned_set_end_child (GTK_PANED (self->paned), end);
  gtk_accessible_update_property (GTK_ACCESSIBLE (self->paned), GTK_ACCESSIBLE_PROPERTY_LABEL, accessible_name, -1);
  return GTK_WIDGET (self);
}
