/* sp-plot-view.c - the one plot widget: painting */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sp-plot-view-private.h"

#include "sp-preferences.h"
#include "sp-trace.h"

#include <adwaita.h>
#include <glib/gi18n.h>
#include <math.h>
#include <string.h>

/* Figures are laid out in points; the screen has 96 pixels an inch. */
#define POINTS_TO_PIXELS (96.0 / 72.0)

G_DEFINE_FINAL_TYPE (SpPlotView, sp_plot_view, GTK_TYPE_WIDGET)

enum { KEY_CLICKED, VIEW_CHANGED, N_SIGNALS };
static guint signals[N_SIGNALS];

static const SpTheme *
theme (void)
{
  return sp_theme_get (adw_style_manager_get_dark (adw_style_manager_get_default ()));
}

/* Painting */

static cairo_surface_t *
draw_surface (SpPlotView *self, int width, int height, int scale, const SpTheme *colors)
{
  cairo_surface_t *surface = cairo_image_surface_create (CAIRO_FORMAT_ARGB32, width * scale, height * scale);
  cairo_t         *cr = cairo_create (surface);
  SpCanvas         canvas = { width, height, POINTS_TO_PIXELS, FALSE, FALSE, colors, scale };

  cairo_scale (cr, scale, scale);
  cairo_set_source_rgb (cr, colors->background.r, colors->background.g, colors->background.b);
  cairo_paint (cr);
  sp_figure_draw (self->figure, cr, &canvas, self->view);
  cairo_destroy (cr);
  cairo_surface_flush (surface);
  return surface;
}

static GdkTexture *
surface_to_texture (cairo_surface_t *surface)
{
  int               width = cairo_image_surface_get_width (surface), height = cairo_image_surface_get_height (surface);
  gsize             stride = (gsize) cairo_image_surface_get_stride (surface);
  g_autoptr (GBytes) bytes = g_bytes_new_with_free_func (
    cairo_image_surface_get_data (surface), (gsize) height * stride, (GDestroyNotify) cairo_surface_destroy, surface);

  return gdk_memory_texture_new (width, height, GDK_MEMORY_DEFAULT, bytes, stride);
}

static void
draw_texture (SpPlotView *self, int width, int height)
{
  int              scale = gtk_widget_get_scale_factor (GTK_WIDGET (self));
  cairo_surface_t *surface = draw_surface (self, width, height, scale, theme ());

  if (cairo_surface_status (surface) != CAIRO_STATUS_SUCCESS)
    {
      cairo_surface_destroy (surface);
      return;
    }
  self->texture = surface_to_texture (surface);
  sp_figure_get_held (self->figure, &self->view->held);
  sp_figure_get_axes (self->figure, self->view->is_x_set ? &(SpAxis) { 0 } : &self->look->fit_x,
                      self->view->is_y_set ? &(SpAxis) { 0 } : &self->look->fit_y);
  sp_plot_view_hit (self);
  sp_plot_view_look_closer (self);
  sp_trace_drawn ();
}

static void
append_line (GtkSnapshot *snapshot, const GdkRGBA *color, double x, double y, double width, double height)
{
  gtk_snapshot_append_color (snapshot, color,
                             &GRAPHENE_RECT_INIT ((float) floor (x), (float) floor (y), (float) width, (float) height));
}

static void
append_crosshair (SpPlotView *self, GtkSnapshot *snapshot, const SpTheme *colors)
{
  double  x, y, width, height;
  GdkRGBA color = { (float) colors->foreground.r, (float) colors->foreground.g, (float) colors->foreground.b, 0.32f };
  double  at_x = isnan (self->hit.snap_x) ? self->cursor_x : self->hit.snap_x;
  double  at_y = isnan (self->hit.snap_y) ? self->cursor_y : self->hit.snap_y;

  sp_figure_get_area (self->figure, &x, &y, &width, &height);
  append_line (snapshot, &color, at_x, y, 1, height);
  append_line (snapshot, &color, x, at_y, width, 1);
}

/* The readout stands beside the pointer, inside the widget. */
static void
append_readout (SpPlotView *self, GtkSnapshot *snapshot, const SpTheme *colors)
{
  g_autoptr (PangoLayout) layout = gtk_widget_create_pango_layout (GTK_WIDGET (self), self->hit.text);
  int                     width, height, room = gtk_widget_get_width (GTK_WIDGET (self));
  double                  x, y;
  GskRoundedRect          outline;
  GdkRGBA paper = { (float) colors->background.r, (float) colors->background.g, (float) colors->background.b, 0.94f };
  GdkRGBA ink = { (float) colors->foreground.r, (float) colors->foreground.g, (float) colors->foreground.b, 1 };
  GdkRGBA                 edge = { ink.red, ink.green, ink.blue, 0.25f };

  pango_layout_set_width (layout, MIN (360, MAX (room - 40, 80)) * PANGO_SCALE);
  pango_layout_set_wrap (layout, PANGO_WRAP_WORD_CHAR);
  pango_layout_get_pixel_size (layout, &width, &height);
  x = self->cursor_x + 14 + width + 16 > room ? self->cursor_x - 14 - width - 16 : self->cursor_x + 14;
  y = self->cursor_y - 14 - height - 10 < 0 ? self->cursor_y + 14 : self->cursor_y - 14 - height - 10;
  x = CLAMP (x, 0, MAX (room - width - 16, 0));
  gsk_rounded_rect_init_from_rect (
    &outline, &GRAPHENE_RECT_INIT ((float) floor (x), (float) floor (y), (float) width + 16, (float) height + 10), 6);
  gtk_snapshot_append_outset_shadow (snapshot, &outline, &(GdkRGBA) { 0, 0, 0, 0.18f }, 0, 1, 0, 4);
  gtk_snapshot_push_rounded_clip (snapshot, &outline);
  gtk_snapshot_append_color (snapshot, &paper, &outline.bounds);
  gtk_snapshot_pop (snapshot);
  gtk_snapshot_append_border (snapshot, &outline, (float[4]) { 1, 1, 1, 1 }, (GdkRGBA[4]) { edge, edge, edge, edge });
  gtk_snapshot_save (snapshot);
  gtk_snapshot_translate (snapshot, &GRAPHENE_POINT_INIT ((float) floor (x) + 8, (float) floor (y) + 5));
  gtk_snapshot_append_layout (snapshot, layout, &ink);
  gtk_snapshot_restore (snapshot);
}

static void
append_box (SpPlotView *self, GtkSnapshot *snapshot, const SpTheme *colors)
{
  GdkRGBA         color = { (float) colors->marker.r, (float) colors->marker.g, (float) colors->marker.b, 0.15f };
  GdkRGBA         edge = { color.red, color.green, color.blue, 0.8f };
  graphene_rect_t box =
    GRAPHENE_RECT_INIT ((float) MIN (self->drag_x, self->box_x), (float) MIN (self->drag_y, self->box_y),
                        (float) fabs (self->box_x - self->drag_x), (float) fabs (self->box_y - self->drag_y));
  GskRoundedRect  outline;

  gsk_rounded_rect_init_from_rect (&outline, &box, 0);
  gtk_snapshot_append_color (snapshot, &color, &box);
  gtk_snapshot_append_border (snapshot, &outline, (float[4]) { 1, 1, 1, 1 }, (GdkRGBA[4]) { edge, edge, edge, edge });
}

static void
sp_plot_view_snapshot (GtkWidget *widget, GtkSnapshot *snapshot)
{
  SpPlotView *self = SP_PLOT_VIEW (widget);
  int         width = gtk_widget_get_width (widget), height = gtk_widget_get_height (widget);
  gboolean    is_preview = self->result != NULL && !self->result->is_final;

  if (self->figure == NULL || width < 8 || height < 8)
    return;
  if (self->texture == NULL)
    draw_texture (self, width, height);
  if (self->texture == NULL)
    return;
  if (is_preview)
    gtk_snapshot_push_opacity (snapshot, 0.7);
  gtk_snapshot_append_texture (snapshot, self->texture, &GRAPHENE_RECT_INIT (0, 0, (float) width, (float) height));
  if (is_preview)
    gtk_snapshot_pop (snapshot);
  if (self->drag == SP_DRAG_BOX)
    append_box (self, snapshot, theme ());
  else if (self->has_cursor && self->hit.is_inside && self->drag != SP_DRAG_PAN)
    append_crosshair (self, snapshot, theme ());
  if (self->has_cursor && self->hit.text != NULL && self->drag != SP_DRAG_BOX && self->drag != SP_DRAG_PAN)
    append_readout (self, snapshot, theme ());
}

void
sp_plot_view_redraw (SpPlotView *self)
{
  g_clear_object (&self->texture);
  gtk_widget_queue_draw (GTK_WIDGET (self));
}

void
sp_plot_view_hit (SpPlotView *self)
{
  sp_hit_clear (&self->hit);
  self->hit = (SpHit) { .neuron = -1, .marker = -1, .legend = -1, .snap_x = NAN, .snap_y = NAN };
  if (self->figure != NULL && self->has_cursor && self->texture != NULL)
    sp_figure_hit (self->figure, self->cursor_x, self->cursor_y, &self->hit);
}

gboolean
sp_plot_view_is_y_down (SpPlotView *self)
{
  return self->figure != NULL && strcmp (sp_figure_get_plot (self->figure)->kind, "heatmap") == 0;
}

/* Widget */

static void
sp_plot_view_size_allocate (GtkWidget *widget, int width, int height, int baseline)
{
  g_clear_object (&SP_PLOT_VIEW (widget)->texture);
}

static void
sp_plot_view_measure (GtkWidget *widget, GtkOrientation orientation, int for_size, int *minimum, int *natural,
                      int *minimum_baseline, int *natural_baseline)
{
  *minimum = orientation == GTK_ORIENTATION_HORIZONTAL ? 200 : 120;
  *natural = orientation == GTK_ORIENTATION_HORIZONTAL ? 640 : 420;
}

static void
sp_plot_view_dispose (GObject *object)
{
  SpPlotView *self = SP_PLOT_VIEW (object);

  g_clear_handle_id (&self->detail_timeout, g_source_remove);
  if (self->detail != NULL)
    g_cancellable_cancel (self->detail);
  g_clear_object (&self->detail);
  sp_hit_clear (&self->hit);
  self->hit = (SpHit) { 0 };
  g_clear_object (&self->texture);
  g_clear_pointer (&self->figure, sp_figure_unref);
  g_clear_pointer (&self->result, sp_result_unref);
  g_clear_pointer (&self->looks, g_hash_table_unref);
  g_clear_pointer (&self->reading, g_free);
  g_clear_object (&self->session);
  G_OBJECT_CLASS (sp_plot_view_parent_class)->dispose (object);
}

static void
sp_plot_view_class_init (SpPlotViewClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);
  GType           type = G_TYPE_FROM_CLASS (klass);

  G_OBJECT_CLASS (klass)->dispose = sp_plot_view_dispose;
  widget_class->measure = sp_plot_view_measure;
  widget_class->size_allocate = sp_plot_view_size_allocate;
  widget_class->snapshot = sp_plot_view_snapshot;
  gtk_widget_class_set_accessible_role (widget_class, GTK_ACCESSIBLE_ROLE_IMG);
  gtk_widget_class_set_css_name (widget_class, "plotview");
  sp_plot_view_add_bindings (widget_class);
  signals[KEY_CLICKED] =
    g_signal_new ("key-clicked", type, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 1, G_TYPE_STRING);
  signals[VIEW_CHANGED] = g_signal_new ("view-changed", type, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 0);
}

static void
look_free (gpointer data)
{
  SpLook *look = data;

  sp_view_clear (&look->view);
  g_free (look);
}

static void
sp_plot_view_init (SpPlotView *self)
{
  self->looks = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, look_free);
  self->hit = (SpHit) { .neuron = -1, .marker = -1, .legend = -1, .snap_x = NAN, .snap_y = NAN };
  gtk_widget_set_focusable (GTK_WIDGET (self), TRUE);
  gtk_widget_set_hexpand (GTK_WIDGET (self), TRUE);
  gtk_widget_set_vexpand (GTK_WIDGET (self), TRUE);
  gtk_widget_set_overflow (GTK_WIDGET (self), GTK_OVERFLOW_HIDDEN);
  sp_plot_view_init_input (self);
  g_signal_connect_object (adw_style_manager_get_default (), "notify::dark", G_CALLBACK (sp_plot_view_redraw), self,
                           G_CONNECT_SWAPPED);
  g_signal_connect (self, "notify::scale-factor", G_CALLBACK (sp_plot_view_redraw), NULL);
}

static void
show_selection (SpPlotView *self)
{
  const char *name = sp_session_get_key (self->session, self->result);
  gint64      neuron = sp_session_get_neuron (self->session);

  if (self->view == NULL || (g_strcmp0 (self->view->selected, name) == 0 && self->view->neuron == neuron))
    return;
  g_free (self->view->selected);
  self->view->selected = g_strdup (name);
  self->view->neuron = neuron;
  sp_plot_view_redraw (self);
}

GtkWidget *
sp_plot_view_new (SpSession *session, const SpAnalysis *analysis)
{
  SpPlotView *self = g_object_new (SP_TYPE_PLOT_VIEW, NULL);

  self->session = g_object_ref (session);
  self->analysis = analysis;
  g_signal_connect_object (session, "notify::selection", G_CALLBACK (show_selection), self, G_CONNECT_SWAPPED);
  return GTK_WIDGET (self);
}

static SpLook *
look_of (SpPlotView *self, const char *id)
{
  SpLook *look = g_hash_table_lookup (self->looks, id);

  if (look == NULL)
    {
      look = g_new0 (SpLook, 1);
      sp_view_init (&look->view);
      look->view.palette = sp_preferences_default_palette ();
      g_hash_table_insert (self->looks, g_strdup (id), look);
    }
  return look;
}

static void
describe (SpPlotView *self)
{
  g_autofree char *description =
    self->figure != NULL ? sp_figure_describe (self->figure) : g_strdup (_ ("Nothing to show yet"));

  gtk_accessible_update_property (GTK_ACCESSIBLE (self), GTK_ACCESSIBLE_PROPERTY_LABEL, description, -1);
}

static void
drop_held (SpPlotView *self)
{
  GHashTableIter iter;
  gpointer       look;

  g_hash_table_iter_init (&iter, self->looks);
  while (g_hash_table_iter_next (&iter, NULL, &look))
    ((SpLook *) look)->view.held = (SpHeld) { 0 };
}

/* Previews of the same tensors with the same parameters hold their limits; the last result is shown as it is. */
static void
follow_reading (SpPlotView *self)
{
  gboolean         is_reading = self->result != NULL && !self->result->is_final;
  g_autofree char *reading = is_reading ? g_strdup_printf ("%p %s", (void *) sp_session_get_store (self->session),
                                                           self->result->parameters)
                                        : NULL;

  if (self->view != NULL)
    self->view->is_growing = is_reading;
  if (g_strcmp0 (self->reading, reading) == 0)
    return;
  drop_held (self);
  g_free (self->reading);
  self->reading = g_steal_pointer (&reading);
}

void
sp_plot_view_set_plot (SpPlotView *self, SpResult *result, const SpPlot *plot)
{
  g_autoptr (SpFigure) old = g_steal_pointer (&self->figure);

  if (result != NULL)
    sp_result_ref (result);
  g_clear_pointer (&self->result, sp_result_unref);
  self->result = result;
  self->view = NULL;
  if (plot != NULL)
    {
      self->figure = sp_figure_new (result, plot);
      self->look = look_of (self, plot->id);
      self->view = &self->look->view;
      show_selection (self);
    }
  follow_reading (self);
  describe (self);
  sp_plot_view_redraw (self);
}

SpFigure *
sp_plot_view_get_figure (SpPlotView *self)
{
  return self->figure;
}

SpResult *
sp_plot_view_get_result (SpPlotView *self)
{
  return self->result;
}

SpView *
sp_plot_view_edit (SpPlotView *self)
{
  return self->view;
}

void
sp_plot_view_edited (SpPlotView *self)
{
  sp_plot_view_redraw (self);
  g_signal_emit (self, signals[VIEW_CHANGED], 0);
}

void
sp_plot_view_fit (SpPlotView *self)
{
  if (self->view == NULL)
    return;
  self->view->is_x_set = self->view->is_y_set = FALSE;
  sp_plot_view_edited (self);
}

void
sp_plot_view_copy (SpPlotView *self)
{
  cairo_surface_t       *surface;
  g_autoptr (GdkTexture) texture = NULL;

  if (self->figure == NULL)
    return;
  surface = draw_surface (self, gtk_widget_get_width (GTK_WIDGET (self)), gtk_widget_get_height (GTK_WIDGET (self)), 2,
                          sp_theme_get (FALSE));
  texture = surface_to_texture (surface);
  gdk_clipboard_set_texture (gtk_widget_get_clipboard (GTK_WIDGET (self)), texture);
  sp_plot_view_redraw (self);
}

void
sp_plot_view_copy_numbers (SpPlotView *self)
{
  g_autoptr (GString) text = g_string_new (NULL);

  if (self->figure == NULL)
    return;
  sp_figure_append_numbers (self->figure, text);
  gdk_clipboard_set_text (gtk_widget_get_clipboard (GTK_WIDGET (self)), text->str);
}
