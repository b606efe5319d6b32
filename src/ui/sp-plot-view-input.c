/* sp-plot-view-input.c - the one plot widget: pointer and keyboard */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sp-plot-view-private.h"

#include <math.h>

#define WHEEL_FACTOR 1.2
#define KEY_FACTOR 1.5
/* A press that moves no further is a click. */
#define CLICK_PIXELS 4

typedef struct { double x, y, width, height; } Area;

static Area
data_area (SpPlotView *self)
{
  Area area = { 0 };

  sp_figure_get_area (self->figure, &area.x, &area.y, &area.width, &area.height);
  area.width = MAX (area.width, 1);
  area.height = MAX (area.height, 1);
  return area;
}

/* Where along an axis, 0…1, a point of the widget lies. */
static double
place_x (const Area *area, double x)
{
  return (x - area->x) / area->width;
}

static double
place_y (SpPlotView *self, const Area *area, double y)
{
  double down = (y - area->y) / area->height;

  return sp_plot_view_is_y_down (self) ? down : 1 - down;
}

/* Zoom */

static gboolean
covers_fit (const SpAxis *axis, const SpAxis *fit)
{
  return sp_axis_place (axis, fit->min) >= -1e-9 && sp_axis_place (axis, fit->max) <= 1 + 1e-9;
}

/* Out further than everything is everything. */
static void
drop_needless (SpPlotView *self)
{
  if (self->view->is_x_set && covers_fit (&self->view->x, &self->look->fit_x))
    self->view->is_x_set = FALSE;
  if (self->view->is_y_set && covers_fit (&self->view->y, &self->look->fit_y))
    self->view->is_y_set = FALSE;
}

static void
zoom_at (SpPlotView *self, double x, double y, double factor)
{
  Area     area = data_area (self);
  SpAxis   axis_x, axis_y;
  gboolean is_left = x < area.x, is_below = y > area.y + area.height;

  sp_figure_get_axes (self->figure, &axis_x, &axis_y);
  if (!is_left)
    {
      sp_axis_zoom (&axis_x, CLAMP (place_x (&area, x), 0, 1), factor);
      self->view->x = axis_x;
      self->view->is_x_set = TRUE;
    }
  if (!is_below)
    {
      sp_axis_zoom (&axis_y, CLAMP (place_y (self, &area, y), 0, 1), factor);
      self->view->y = axis_y;
      self->view->is_y_set = TRUE;
    }
  drop_needless (self);
  sp_plot_view_edited (self);
}

void
sp_plot_view_zoom (SpPlotView *self, double factor)
{
  Area area;

  if (self->figure == NULL || self->texture == NULL)
    return;
  area = data_area (self);
  if (self->has_cursor && self->hit.is_inside)
    zoom_at (self, self->cursor_x, self->cursor_y, factor);
  else
    zoom_at (self, area.x + area.width / 2, area.y + area.height / 2, factor);
}

static const SpGrid *
shown_grid (SpPlotView *self)
{
  return self->figure != NULL ? sp_result_find_grid (self->result, sp_figure_get_plot (self->figure)->table) : NULL;
}

gboolean
sp_plot_view_is_matrix (SpPlotView *self)
{
  const SpGrid *grid = shown_grid (self);

  return grid != NULL && grid->row_labels == NULL && grid->column_labels == NULL;
}

/* shown: elements that the area has room for.  A matrix smaller than that stands in the middle. */
static void
show_elements (SpAxis *axis, double shown, double n_elements, double middle)
{
  if (shown >= n_elements)
    middle = n_elements / 2 - 0.5;
  else
    middle = CLAMP (middle, shown / 2 - 0.5, n_elements - shown / 2 - 0.5);
  *axis = (SpAxis) { SP_SCALE_LINEAR, middle - shown / 2, middle + shown / 2, 0 };
}

void
sp_plot_view_one_to_one (SpPlotView *self)
{
  const SpGrid *grid = shown_grid (self);
  double        scale = gtk_widget_get_scale_factor (GTK_WIDGET (self)), pixels, x, y;
  SpAxis        axis_x, axis_y;
  Area          area;

  if (!sp_plot_view_is_matrix (self) || self->texture == NULL)
    return;
  area = data_area (self);
  sp_figure_get_axes (self->figure, &axis_x, &axis_y);
  x = self->has_cursor && self->hit.is_inside ? self->hit.x : (axis_x.min + axis_x.max) / 2;
  y = self->has_cursor && self->hit.is_inside ? self->hit.y : (axis_y.min + axis_y.max) / 2;
  pixels = MIN (area.width * scale / (double) grid->n_columns, area.height * scale / (double) grid->n_rows);
  pixels = MAX (floor (pixels), 1);
  show_elements (&self->view->x, area.width * scale / pixels, (double) grid->n_columns, x);
  show_elements (&self->view->y, area.height * scale / pixels, (double) grid->n_rows, y);
  self->view->is_x_set = self->view->is_y_set = TRUE;
  sp_plot_view_edited (self);
}

static gboolean
on_scroll (GtkEventControllerScroll *scroll, double dx, double dy, SpPlotView *self)
{
  if (self->figure == NULL || self->texture == NULL)
    return GDK_EVENT_PROPAGATE;
  zoom_at (self, self->cursor_x, self->cursor_y, pow (WHEEL_FACTOR, -dy));
  return GDK_EVENT_STOP;
}

static void
on_pinch (GtkGestureZoom *pinch, double scale, SpPlotView *self)
{
  double x, y, factor = scale / self->box_x;

  if (self->figure == NULL || self->texture == NULL ||
      !gtk_gesture_get_bounding_box_center (GTK_GESTURE (pinch), &x, &y))
    return;
  self->box_x = scale;
  zoom_at (self, x, y, factor);
}

static void
on_pinch_begin (GtkGesture *pinch, GdkEventSequence *sequence, SpPlotView *self)
{
  self->box_x = 1;
}

/* Cursor */

static void
show_pointer (SpPlotView *self)
{
  const char *name = NULL;

  if (self->drag == SP_DRAG_PAN)
    name = "grabbing";
  else if (self->drag == SP_DRAG_MARKER || self->hit.marker >= 0)
    {
      gsize         index = self->drag == SP_DRAG_MARKER ? self->marker : (gsize) self->hit.marker;
      const SpPlot *plot = sp_figure_get_plot (self->figure);

      name = index < plot->n_markers && plot->markers[index].is_vertical ? "ew-resize" : "ns-resize";
    }
  else if (self->hit.legend >= 0)
    name = "pointer";
  else if (self->hit.is_inside)
    name = "crosshair";
  gtk_widget_set_cursor_from_name (GTK_WIDGET (self), name);
}

static void
move_cursor (SpPlotView *self, double x, double y)
{
  self->has_cursor = TRUE;
  self->cursor_x = x;
  self->cursor_y = y;
  sp_plot_view_hit (self);
  gtk_widget_queue_draw (GTK_WIDGET (self));
}

static void
on_motion (GtkEventControllerMotion *motion, double x, double y, SpPlotView *self)
{
  if (self->figure == NULL)
    return;
  move_cursor (self, x, y);
  show_pointer (self);
}

static void
on_leave (GtkEventControllerMotion *motion, SpPlotView *self)
{
  self->has_cursor = FALSE;
  sp_plot_view_hit (self);
  gtk_widget_queue_draw (GTK_WIDGET (self));
}

/* On to the next thing that reads differently, at most to the edge. */
static void
step_cursor (SpPlotView *self, int dx, int dy)
{
  Area             area = data_area (self);
  g_autofree char *before = g_strdup (self->hit.text);
  double           x = self->cursor_x, y = self->cursor_y;

  if (!self->has_cursor || !self->hit.is_inside)
    {
      move_cursor (self, area.x + area.width / 2, area.y + area.height / 2);
      return;
    }
  do
    {
      x += 2 * dx;
      y += 2 * dy;
      move_cursor (self, CLAMP (x, area.x, area.x + area.width), CLAMP (y, area.y, area.y + area.height));
    }
  while (g_strcmp0 (before, self->hit.text) == 0 && x > area.x && x < area.x + area.width && y > area.y &&
         y < area.y + area.height);
  gtk_accessible_update_property (GTK_ACCESSIBLE (self), GTK_ACCESSIBLE_PROPERTY_DESCRIPTION,
                                  self->hit.text != NULL ? self->hit.text : "", -1);
}

static gboolean
on_arrow (GtkWidget *widget, GVariant *args, gpointer data)
{
  SpPlotView *self = SP_PLOT_VIEW (widget);
  int         dx, dy;

  if (self->figure == NULL || self->texture == NULL)
    return FALSE;
  g_variant_get (args, "(ii)", &dx, &dy);
  step_cursor (self, dx, dy);
  return TRUE;
}

/* Clicks and drags */

static void
click (SpPlotView *self)
{
  if (self->hit.legend >= 0)
    {
      self->view->hidden ^= (guint32) 1 << MIN (self->hit.legend, 31);
      sp_plot_view_edited (self);
    }
  else if (self->hit.key != NULL)
    {
      g_autofree char *key = g_strdup (self->hit.key);

      sp_session_select (self->session, key, self->hit.neuron);
      g_signal_emit_by_name (self, "key-clicked", key);
    }
}

static gboolean
on_enter_key (GtkWidget *widget, GVariant *args, gpointer data)
{
  SpPlotView *self = SP_PLOT_VIEW (widget);

  if (self->figure == NULL || !self->has_cursor)
    return FALSE;
  click (self);
  return TRUE;
}

static void
set_marker (SpPlotView *self, double x, double y)
{
  const SpPlot   *plot = sp_figure_get_plot (self->figure);
  const SpMarker *marker;
  Area            area = data_area (self);
  SpAxis          axis_x, axis_y;
  SpArgs         *args;
  double          value;

  if (self->marker >= plot->n_markers)
    return;
  marker = &plot->markers[self->marker];
  sp_figure_get_axes (self->figure, &axis_x, &axis_y);
  value = marker->is_vertical ? sp_axis_value (&axis_x, CLAMP (place_x (&area, x), 0, 1))
                              : sp_axis_value (&axis_y, CLAMP (place_y (self, &area, y), 0, 1));
  args = sp_args_dup (sp_session_get_args (self->session, self->analysis));
  sp_args_set_number (args, marker->param, value * marker->param_factor);
  sp_session_take_args (self->session, self->analysis, args);
}

static void
on_drag_begin (GtkGestureDrag *drag, double x, double y, SpPlotView *self)
{
  GdkModifierType state = gtk_event_controller_get_current_event_state (GTK_EVENT_CONTROLLER (drag));

  gtk_widget_grab_focus (GTK_WIDGET (self));
  if (self->figure == NULL || self->texture == NULL)
    return;
  move_cursor (self, x, y);
  self->drag = SP_DRAG_HANDLED;
  self->drag_x = self->box_x = x;
  self->drag_y = self->box_y = y;
  sp_figure_get_axes (self->figure, &self->drag_axis_x, &self->drag_axis_y);
  if (self->hit.marker >= 0 && sp_figure_get_plot (self->figure)->markers[self->hit.marker].param != NULL)
    {
      self->drag = SP_DRAG_MARKER;
      self->marker = (gsize) self->hit.marker;
    }
  else if (self->hit.is_inside && (state & GDK_SHIFT_MASK) != 0)
    self->drag = SP_DRAG_BOX;
}

static void
pan (SpPlotView *self, double dx, double dy)
{
  Area area = data_area (self);

  self->view->x = self->drag_axis_x;
  self->view->y = self->drag_axis_y;
  sp_axis_pan (&self->view->x, -dx / area.width);
  sp_axis_pan (&self->view->y, (sp_plot_view_is_y_down (self) ? -dy : dy) / area.height);
  self->view->is_x_set = self->view->is_y_set = TRUE;
  sp_plot_view_edited (self);
}

static void
on_drag_update (GtkGestureDrag *drag, double dx, double dy, SpPlotView *self)
{
  if (self->figure == NULL || self->drag == SP_DRAG_NONE)
    return;
  self->cursor_x = self->drag_x + dx;
  self->cursor_y = self->drag_y + dy;
  if (self->drag == SP_DRAG_HANDLED && self->hit.is_inside && hypot (dx, dy) > CLICK_PIXELS)
    self->drag = SP_DRAG_PAN;
  if (self->drag == SP_DRAG_MARKER)
    set_marker (self, self->cursor_x, self->cursor_y);
  else if (self->drag == SP_DRAG_PAN)
    pan (self, dx, dy);
  else if (self->drag == SP_DRAG_BOX)
    {
      self->box_x = self->cursor_x;
      self->box_y = self->cursor_y;
      gtk_widget_queue_draw (GTK_WIDGET (self));
    }
  show_pointer (self);
}

static void
set_limits (SpAxis *axis, const SpAxis *old, double place_a, double place_b)
{
  *axis = *old;
  axis->min = sp_axis_value (old, CLAMP (MIN (place_a, place_b), 0, 1));
  axis->max = sp_axis_value (old, CLAMP (MAX (place_a, place_b), 0, 1));
}

static void
zoom_to_box (SpPlotView *self)
{
  Area area = data_area (self);

  if (fabs (self->box_x - self->drag_x) < CLICK_PIXELS || fabs (self->box_y - self->drag_y) < CLICK_PIXELS)
    return;
  set_limits (&self->view->x, &self->drag_axis_x, place_x (&area, self->drag_x), place_x (&area, self->box_x));
  set_limits (&self->view->y, &self->drag_axis_y, place_y (self, &area, self->drag_y),
              place_y (self, &area, self->box_y));
  self->view->is_x_set = self->view->is_y_set = TRUE;
  sp_plot_view_edited (self);
}

static void
on_drag_end (GtkGestureDrag *drag, double dx, double dy, SpPlotView *self)
{
  SpDrag was = self->drag;

  self->drag = SP_DRAG_NONE;
  if (self->figure == NULL)
    return;
  if (was == SP_DRAG_BOX)
    zoom_to_box (self);
  else if (was == SP_DRAG_HANDLED && hypot (dx, dy) <= CLICK_PIXELS)
    click (self);
  sp_plot_view_hit (self);
  show_pointer (self);
  gtk_widget_queue_draw (GTK_WIDGET (self));
}

static void
on_pressed (GtkGestureClick *gesture, int n_press, double x, double y, SpPlotView *self)
{
  if (n_press == 2)
    sp_plot_view_fit (self);
}

/* Set-up */

static gboolean
on_zoom_key (GtkWidget *widget, GVariant *args, gpointer data)
{
  sp_plot_view_zoom (SP_PLOT_VIEW (widget), g_variant_get_int32 (args) > 0 ? KEY_FACTOR : 1 / KEY_FACTOR);
  return TRUE;
}

static gboolean
on_fit_key (GtkWidget *widget, GVariant *args, gpointer data)
{
  sp_plot_view_fit (SP_PLOT_VIEW (widget));
  return TRUE;
}

static gboolean
on_one_to_one_key (GtkWidget *widget, GVariant *args, gpointer data)
{
  sp_plot_view_one_to_one (SP_PLOT_VIEW (widget));
  return TRUE;
}

static gboolean
on_copy_key (GtkWidget *widget, GVariant *args, gpointer data)
{
  if (g_variant_get_boolean (args))
    sp_plot_view_copy_numbers (SP_PLOT_VIEW (widget));
  else
    sp_plot_view_copy (SP_PLOT_VIEW (widget));
  return TRUE;
}

static const struct { guint key, pad; int dx, dy; } arrows[] = {
  { GDK_KEY_Left, GDK_KEY_KP_Left, -1, 0 },  { GDK_KEY_Right, GDK_KEY_KP_Right, 1, 0 },
  { GDK_KEY_Up, GDK_KEY_KP_Up, 0, -1 },      { GDK_KEY_Down, GDK_KEY_KP_Down, 0, 1 },
};
static const guint closer[] = { GDK_KEY_plus, GDK_KEY_equal, GDK_KEY_KP_Add };
static const guint wider[] = { GDK_KEY_minus, GDK_KEY_KP_Subtract };
static const guint whole[] = { GDK_KEY_0, GDK_KEY_KP_0 };

void
sp_plot_view_add_bindings (GtkWidgetClass *widget_class)
{
  for (gsize i = 0; i < G_N_ELEMENTS (arrows); i++)
    {
      gtk_widget_class_add_binding (widget_class, arrows[i].key, 0, on_arrow, "(ii)", arrows[i].dx, arrows[i].dy);
      gtk_widget_class_add_binding (widget_class, arrows[i].pad, 0, on_arrow, "(ii)", arrows[i].dx, arrows[i].dy);
    }
  for (gsize i = 0; i < G_N_ELEMENTS (closer); i++)
    {
      gtk_widget_class_add_binding (widget_class, closer[i], 0, on_zoom_key, "i", 1);
      gtk_widget_class_add_binding (widget_class, closer[i], GDK_SHIFT_MASK, on_zoom_key, "i", 1);
    }
  for (gsize i = 0; i < G_N_ELEMENTS (wider); i++)
    gtk_widget_class_add_binding (widget_class, wider[i], 0, on_zoom_key, "i", -1);
  for (gsize i = 0; i < G_N_ELEMENTS (whole); i++)
    gtk_widget_class_add_binding (widget_class, whole[i], 0, on_fit_key, NULL);
  gtk_widget_class_add_binding (widget_class, GDK_KEY_1, 0, on_one_to_one_key, NULL);
  gtk_widget_class_add_binding (widget_class, GDK_KEY_KP_1, 0, on_one_to_one_key, NULL);
  gtk_widget_class_add_binding (widget_class, GDK_KEY_c, GDK_CONTROL_MASK, on_copy_key, "b", FALSE);
  gtk_widget_class_add_binding (widget_class, GDK_KEY_c, GDK_CONTROL_MASK | GDK_SHIFT_MASK, on_copy_key, "b", TRUE);
  gtk_widget_class_add_binding (widget_class, GDK_KEY_Return, 0, on_enter_key, NULL);
  gtk_widget_class_add_binding (widget_class, GDK_KEY_KP_Enter, 0, on_enter_key, NULL);
}

static void
add_controller (SpPlotView *self, gpointer controller)
{
  gtk_widget_add_controller (GTK_WIDGET (self), GTK_EVENT_CONTROLLER (controller));
}

void
sp_plot_view_init_input (SpPlotView *self)
{
  GtkEventController *motion = gtk_event_controller_motion_new ();
  GtkEventController *scroll = gtk_event_controller_scroll_new (GTK_EVENT_CONTROLLER_SCROLL_VERTICAL);
  GtkGesture *drag = gtk_gesture_drag_new (), *press = gtk_gesture_click_new (), *pinch = gtk_gesture_zoom_new ();

  g_signal_connect (motion, "enter", G_CALLBACK (on_motion), self);
  g_signal_connect (motion, "motion", G_CALLBACK (on_motion), self);
  g_signal_connect (motion, "leave", G_CALLBACK (on_leave), self);
  g_signal_connect (scroll, "scroll", G_CALLBACK (on_scroll), self);
  g_signal_connect (drag, "drag-begin", G_CALLBACK (on_drag_begin), self);
  g_signal_connect (drag, "drag-update", G_CALLBACK (on_drag_update), self);
  g_signal_connect (drag, "drag-end", G_CALLBACK (on_drag_end), self);
  g_signal_connect (press, "pressed", G_CALLBACK (on_pressed), self);
  g_signal_connect (pinch, "begin", G_CALLBACK (on_pinch_begin), self);
  g_signal_connect (pinch, "scale-changed", G_CALLBACK (on_pinch), self);
  add_controller (self, motion);
  add_controller (self, scroll);
  add_controller (self, drag);
  add_controller (self, press);
  add_controller (self, pinch);
}
