/* sp-share-bar.c - a share as a thin bar in the colour of the text */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sp-share-bar.h"

#include "sp-compat.h"

#include <math.h>

#define BAR_WIDTH 30
#define BAR_HEIGHT 4

struct _SpShareBar {
  GtkWidget parent_instance;
  double    share;
};

G_DEFINE_FINAL_TYPE (SpShareBar, sp_share_bar, GTK_TYPE_WIDGET)

static void
sp_share_bar_measure (GtkWidget *widget, GtkOrientation orientation, int for_size, int *minimum, int *natural,
                      int *minimum_baseline, int *natural_baseline)
{
  *minimum = *natural = orientation == GTK_ORIENTATION_HORIZONTAL ? BAR_WIDTH : BAR_HEIGHT;
}

static void
append_bar (GtkSnapshot *snapshot, const GdkRGBA *color, float alpha, float width, float height)
{
  GskRoundedRect outline;
  GdkRGBA        fill = *color;

  fill.alpha *= alpha;
  gsk_rounded_rect_init_from_rect (&outline, &GRAPHENE_RECT_INIT (0, 0, width, height), height / 2);
  gtk_snapshot_push_rounded_clip (snapshot, &outline);
  gtk_snapshot_append_color (snapshot, &fill, &outline.bounds);
  gtk_snapshot_pop (snapshot);
}

static void
sp_share_bar_snapshot (GtkWidget *widget, GtkSnapshot *snapshot)
{
  SpShareBar *self = SP_SHARE_BAR (widget);
  float       width = (float) gtk_widget_get_width (widget), height = (float) gtk_widget_get_height (widget);
  GdkRGBA     color;

  if (isnan (self->share))
    return;
  sp_compat_get_color (widget, &color);
  append_bar (snapshot, &color, 0.13f, width, height);
  if (self->share > 0)
    append_bar (snapshot, &color, 0.62f, (float) MAX (self->share * width, 1), height);
}

static void
sp_share_bar_class_init (SpShareBarClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  widget_class->measure = sp_share_bar_measure;
  widget_class->snapshot = sp_share_bar_snapshot;
  gtk_widget_class_set_accessible_role (widget_class, GTK_ACCESSIBLE_ROLE_PRESENTATION);
}

static void
sp_share_bar_init (SpShareBar *self)
{
  self->share = NAN;
  gtk_widget_set_valign (GTK_WIDGET (self), GTK_ALIGN_CENTER);
}

GtkWidget *
sp_share_bar_new (void)
{
  return g_object_new (SP_TYPE_SHARE_BAR, NULL);
}

void
sp_share_bar_set_share (SpShareBar *self, double share)
{
  self->share = CLAMP (share, 0, 1);
  gtk_widget_queue_draw (GTK_WIDGET (self));
}
