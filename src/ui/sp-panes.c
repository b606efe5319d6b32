/* sp-panes.c - a side pane left and right of the middle */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sp-panes.h"

/* Under this width nothing stands beside the middle. */
#define NARROW_PIXELS 700
#define MIN_WIDTH 340
#define MIN_MIDDLE 360
#define HANDLE_PIXELS 7

typedef struct {
  GtkWidget *child, *handle;
  int        width, width_before;      /* asked for; when the drag began */
  int        least;                    /* narrower it is of no use */
  gboolean   is_folded;                /* has no room beside the middle */
  gboolean   is_wanted;                /* while it has */
  gboolean   is_over;                  /* while it has none */
} Side;

struct _SpPanes {
  GtkWidget  parent_instance;
  GtkWidget *middle, *shade;
  Side       sides[2];                 /* start, end */
  guint      fold_idle;
};

G_DEFINE_FINAL_TYPE (SpPanes, sp_panes, GTK_TYPE_WIDGET)

enum { PROP_0, PROP_START_VISIBLE, PROP_END_VISIBLE, N_PROPS };
static GParamSpec *props[N_PROPS];

static gboolean
side_is_shown (SpPanes *self, int i)
{
  return self->sides[i].is_folded ? self->sides[i].is_over : self->sides[i].is_wanted;
}

static void
update_sides (SpPanes *self)
{
  gboolean has_overlay = FALSE;

  for (int i = 0; i < 2; i++)
    {
      Side *side = &self->sides[i];

      gtk_widget_set_visible (side->child, side_is_shown (self, i));
      gtk_widget_set_visible (side->handle, side_is_shown (self, i) && !side->is_folded);
      if (side->is_folded)
        gtk_widget_add_css_class (side->child, "overlay");
      else
        gtk_widget_remove_css_class (side->child, "overlay");
      has_overlay = has_overlay || (side->is_folded && side->is_over);
    }
  gtk_widget_set_visible (self->shade, has_overlay);
  g_object_notify_by_pspec (G_OBJECT (self), props[PROP_START_VISIBLE]);
  g_object_notify_by_pspec (G_OBJECT (self), props[PROP_END_VISIBLE]);
}

static void
show_side (SpPanes *self, int i, gboolean is_shown)
{
  if (side_is_shown (self, i) == is_shown)
    return;
  if (self->sides[i].is_folded)
    {
      self->sides[i].is_over = is_shown;
      if (is_shown)
        self->sides[1 - i].is_over = FALSE;
    }
  else
    self->sides[i].is_wanted = is_shown;
  update_sides (self);
}

/* Layout */

static int
child_min (GtkWidget *child)
{
  int min;

  gtk_widget_measure (child, GTK_ORIENTATION_HORIZONTAL, -1, &min, NULL, NULL, NULL);
  return min;
}

/* What is hidden has no width of its own. */
static int
least_width (const Side *side)
{
  return MAX (side->least, child_min (side->child));
}

/* Of the two, the end gives way last: who sets a parameter looks at the plot. */
static gboolean
must_fold (SpPanes *self, int i, int width)
{
  int needed = MIN_MIDDLE + least_width (&self->sides[i]);

  if (i == 0 && self->sides[1].is_wanted)
    needed += least_width (&self->sides[1]);
  return width < MAX (NARROW_PIXELS, needed);
}

static gboolean
fold (gpointer data)
{
  SpPanes *self = data;

  self->fold_idle = 0;
  for (int i = 0; i < 2; i++)
    {
      self->sides[i].is_folded = must_fold (self, i, gtk_widget_get_width (GTK_WIDGET (self)));
      self->sides[i].is_over = FALSE;
    }
  update_sides (self);
  return G_SOURCE_REMOVE;
}

static void
sp_panes_measure (GtkWidget *widget, GtkOrientation orientation, int for_size, int *minimum, int *natural,
                  int *minimum_baseline, int *natural_baseline)
{
  if (orientation == GTK_ORIENTATION_HORIZONTAL)
    {
      *minimum = MIN_WIDTH;
      *natural = 1200;
    }
  else
    {
      *minimum = 220;
      *natural = 700;
    }
}

/* At most half of what there is, and what the middle and the other side leave. */
static int
side_width (SpPanes *self, int i, int width)
{
  Side *side = &self->sides[i], *other = &self->sides[1 - i];
  int   room = width - 48;

  if (!gtk_widget_get_visible (side->child))
    return 0;
  if (!side->is_folded)
    room = MIN (width / 2, width - MIN_MIDDLE - (other->is_wanted && !other->is_folded ? least_width (other) : 0));
  return MAX (least_width (side), MIN (side->width, room));
}

static void
allocate (GtkWidget *child, int x, int width, int height)
{
  int min = child_min (child);
  int min_height;

  width = MAX (width, min);
  gtk_widget_measure (child, GTK_ORIENTATION_VERTICAL, width, &min_height, NULL, NULL, NULL);
  gtk_widget_size_allocate (child, &(GtkAllocation) { x, 0, width, MAX (height, min_height) }, -1);
}

static void
sp_panes_size_allocate (GtkWidget *widget, int width, int height, int baseline)
{
  SpPanes *self = SP_PANES (widget);
  int      start = side_width (self, 0, width), end = side_width (self, 1, width);
  int      left = self->sides[0].is_folded ? 0 : start, right = self->sides[1].is_folded ? 0 : end;

  for (int i = 0; i < 2; i++)
    if (must_fold (self, i, width) != self->sides[i].is_folded && self->fold_idle == 0)
      self->fold_idle = g_idle_add_full (G_PRIORITY_HIGH_IDLE, fold, self, NULL);
  allocate (self->middle, left, width - left - right, height);
  if (gtk_widget_get_visible (self->shade))
    allocate (self->shade, 0, width, height);
  if (start > 0)
    allocate (self->sides[0].child, 0, start, height);
  if (end > 0)
    allocate (self->sides[1].child, width - end, end, height);
  if (gtk_widget_get_visible (self->sides[0].handle))
    allocate (self->sides[0].handle, start - HANDLE_PIXELS / 2, HANDLE_PIXELS, height);
  if (gtk_widget_get_visible (self->sides[1].handle))
    allocate (self->sides[1].handle, width - end - HANDLE_PIXELS / 2, HANDLE_PIXELS, height);
}

/* Handles */

static void
on_drag_begin (GtkGestureDrag *drag, double x, double y, Side *side)
{
  side->width_before = gtk_widget_get_width (side->child);
}

static void
on_drag_update (GtkGestureDrag *drag, double dx, double dy, Side *side)
{
  SpPanes *self = SP_PANES (gtk_widget_get_parent (side->handle));
  double   start_x, x, y;

  /* The handle moves along, so its own coordinates say nothing: ask the parent's. */
  gtk_gesture_drag_get_start_point (drag, &start_x, NULL);
  gtk_widget_translate_coordinates (side->handle, GTK_WIDGET (self), start_x + dx, 0, &x, &y);
  side->width = side == &self->sides[0] ? (int) x : gtk_widget_get_width (GTK_WIDGET (self)) - (int) x;
  gtk_widget_queue_resize (GTK_WIDGET (self));
}

static void
side_init (SpPanes *self, int i, int width, int least)
{
  Side       *side = &self->sides[i];
  GtkGesture *drag = gtk_gesture_drag_new ();

  side->width = width;
  side->least = least;
  side->is_wanted = TRUE;
  side->handle = gtk_box_new (GTK_ORIENTATION_HORIZONTAL, 0);
  gtk_widget_add_css_class (side->handle, "pane-handle");
  gtk_widget_set_size_request (side->handle, HANDLE_PIXELS, -1);
  gtk_widget_set_cursor_from_name (side->handle, "col-resize");
  g_signal_connect (drag, "drag-begin", G_CALLBACK (on_drag_begin), side);
  g_signal_connect (drag, "drag-update", G_CALLBACK (on_drag_update), side);
  gtk_widget_add_controller (side->handle, GTK_EVENT_CONTROLLER (drag));
}

static void
on_shade (SpPanes *self)
{
  for (int i = 0; i < 2; i++)
    if (self->sides[i].is_folded)
      show_side (self, i, FALSE);
}

/* GObject */

static void
sp_panes_get_property (GObject *object, guint id, GValue *value, GParamSpec *pspec)
{
  g_value_set_boolean (value, side_is_shown (SP_PANES (object), id == PROP_START_VISIBLE ? 0 : 1));
}

static void
sp_panes_set_property (GObject *object, guint id, const GValue *value, GParamSpec *pspec)
{
  show_side (SP_PANES (object), id == PROP_START_VISIBLE ? 0 : 1, g_value_get_boolean (value));
}

static void
sp_panes_dispose (GObject *object)
{
  SpPanes *self = SP_PANES (object);

  g_clear_handle_id (&self->fold_idle, g_source_remove);
  for (GtkWidget *child; (child = gtk_widget_get_first_child (GTK_WIDGET (self))) != NULL;)
    gtk_widget_unparent (child);
  G_OBJECT_CLASS (sp_panes_parent_class)->dispose (object);
}

static void
sp_panes_class_init (SpPanesClass *klass)
{
  GObjectClass   *object_class = G_OBJECT_CLASS (klass);
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);
  GParamFlags     flags = G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS | G_PARAM_EXPLICIT_NOTIFY;

  object_class->dispose = sp_panes_dispose;
  object_class->get_property = sp_panes_get_property;
  object_class->set_property = sp_panes_set_property;
  widget_class->measure = sp_panes_measure;
  widget_class->size_allocate = sp_panes_size_allocate;
  props[PROP_START_VISIBLE] = g_param_spec_boolean ("start-visible", NULL, NULL, TRUE, flags);
  props[PROP_END_VISIBLE] = g_param_spec_boolean ("end-visible", NULL, NULL, TRUE, flags);
  g_object_class_install_properties (object_class, N_PROPS, props);
  gtk_widget_class_set_css_name (widget_class, "panes");
}

static void
sp_panes_init (SpPanes *self)
{
  GtkGesture *click = gtk_gesture_click_new ();

  side_init (self, 0, 400, 320);
  side_init (self, 1, 270, 240);
  self->shade = gtk_box_new (GTK_ORIENTATION_HORIZONTAL, 0);
  gtk_widget_add_css_class (self->shade, "pane-shade");
  gtk_widget_set_visible (self->shade, FALSE);
  g_signal_connect_swapped (click, "pressed", G_CALLBACK (on_shade), self);
  gtk_widget_add_controller (self->shade, GTK_EVENT_CONTROLLER (click));
  gtk_widget_set_overflow (GTK_WIDGET (self), GTK_OVERFLOW_HIDDEN);
}

GtkWidget *
sp_panes_new (GtkWidget *start, GtkWidget *middle, GtkWidget *end)
{
  SpPanes *self = g_object_new (SP_TYPE_PANES, NULL);

  self->middle = middle;
  self->sides[0].child = start;
  self->sides[1].child = end;
  gtk_widget_add_css_class (start, "start-pane");
  gtk_widget_add_css_class (end, "end-pane");
  gtk_widget_set_parent (middle, GTK_WIDGET (self));
  gtk_widget_set_parent (self->shade, GTK_WIDGET (self));
  gtk_widget_set_parent (start, GTK_WIDGET (self));
  gtk_widget_set_parent (end, GTK_WIDGET (self));
  gtk_widget_set_parent (self->sides[0].handle, GTK_WIDGET (self));
  gtk_widget_set_parent (self->sides[1].handle, GTK_WIDGET (self));
  return GTK_WIDGET (self);
}

gboolean
sp_panes_is_wanted (SpPanes *self, GtkPackType side)
{
  return self->sides[side == GTK_PACK_START ? 0 : 1].is_wanted;
}
