/* sp-fold.c - two widgets beside one another; one above the other where there is no room */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sp-fold.h"

#define BETWEEN 8                         /* at most, in pixels */

struct _SpFold {
  GtkWidget  parent_instance;
  GtkWidget *box, *start, *end;
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

static int
natural_width (GtkWidget *widget)
{
  int natural;

  gtk_widget_measure (widget, GTK_ORIENTATION_HORIZONTAL, -1, NULL, &natural, NULL, NULL);
  return natural;
}

/* What is hidden measures nothing. */
static GtkOrientation
fitting_orientation (SpFold *self, int width)
{
  int needed = least_width (self->start) + BETWEEN + least_width (self->end);

  return needed > width ? GTK_ORIENTATION_VERTICAL : GTK_ORIENTATION_HORIZONTAL;
}

static gboolean
turn (gpointer data)
{
  SpFold *self = data;

  self->turn_idle = 0;
  gtk_orientable_set_orientation (GTK_ORIENTABLE (self->box), fitting_orientation (self, gtk_widget_get_width (GTK_WIDGET (self))));
  return G_SOURCE_REMOVE;
}

static GtkSizeRequestMode
sp_fold_get_request_mode (GtkWidget *widget)
{
  return GTK_SIZE_REQUEST_HEIGHT_FOR_WIDTH;
}

/* Whichever way it stands now: at least what it needs folded, better what it needs when it is not. */
static void
sp_fold_measure (GtkWidget *widget, GtkOrientation orientation, int for_size, int *minimum, int *natural,
                 int *minimum_baseline, int *natural_baseline)
{
  SpFold *self = SP_FOLD (widget);

  if (orientation == GTK_ORIENTATION_HORIZONTAL)
    {
      *minimum = MAX (least_width (self->start), least_width (self->end));
      *natural = natural_width (self->start) + BETWEEN + natural_width (self->end);
      return;
    }
  if (for_size >= 0)
    for_size = MAX (for_size, least_width (self->box));
  gtk_widget_measure (self->box, orientation, for_size, minimum, natural, NULL, NULL);
}

static void
sp_fold_size_allocate (GtkWidget *widget, int width, int height, int baseline)
{
  SpFold *self = SP_FOLD (widget);

  if (gtk_orientable_get_orientation (GTK_ORIENTABLE (self->box)) != fitting_orientation (self, width) && self->turn_idle == 0)
    self->turn_idle = g_idle_add_full (G_PRIORITY_HIGH_IDLE, turn, self, NULL);
  gtk_widget_size_allocate (self->box, &(GtkAllocation) { 0, 0, MAX (width, least_width (self->box)), height }, baseline);
}

static void
sp_fold_dispose (GObject *object)
{
  SpFold *self = SP_FOLD (object);

  g_clear_handle_id (&self->turn_idle, g_source_remove);
  g_clear_pointer (&self->box, gtk_widget_unparent);
  G_OBJECT_CLASS (sp_fold_parent_class)->dispose (object);
}

static void
sp_fold_class_init (SpFoldClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  G_OBJECT_CLASS (klass)->dispose = sp_fold_dispose;
  widget_class->get_request_mode = sp_fold_get_request_mode;
  widget_class->measure = sp_fold_measure;
  widget_class->size_allocate = sp_fold_size_allocate;
}

static void
sp_fold_init (SpFold *self)
{
}

GtkWidget *
sp_fold_new (GtkWidget *box, GtkWidget *start, GtkWidget *end)
{
  SpFold *self = g_object_new (SP_TYPE_FOLD, NULL);

  self->box = box;
  self->start = start;
  self->end = end;
  gtk_widget_set_parent (box, GTK_WIDGET (self));
  return GTK_WIDGET (self);
}
