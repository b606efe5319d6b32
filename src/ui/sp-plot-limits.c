/* sp-plot-limits.c - where the colours of a heatmap end, over a histogram of its cells */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sp-plot-limits.h"

#include "sp-compat.h"

#include <adwaita.h>
#include <glib/gi18n.h>
#include <math.h>

#define N_BINS 96
#define HEIGHT 72
#define STRIP 7 /* of colours under the bars */
#define EDGE 7  /* left and right, for half a handle */

static const struct { const char *title; SpLimits limits; double cut; } choices[] = {
  { N_("Automatic"), SP_LIMITS_AUTO, 0 },
  { N_("All, 0–100 %"), SP_LIMITS_CUT, 0 },
  { N_("0.1–99.9 %"), SP_LIMITS_CUT, 0.001 },
  { N_("1–99 %"), SP_LIMITS_CUT, 0.01 },
  { N_("5–95 %"), SP_LIMITS_CUT, 0.05 },
  { N_("By hand"), SP_LIMITS_SET, 0 },
};

typedef struct {
  SpPlotView *view;                      /* lent: outlives the popover this stands in */
  GtkWidget  *choice, *area, *entries[2];
  gulong      changed;                   /* handler of the view */
  gboolean    is_showing;                /* what changes is not a person's doing */
  gboolean    is_high;                   /* the limit that is dragged */
  SpColors    colors;
  double      least, most;               /* left and right end of the histogram */
  gsize       counts[N_BINS];
} Limits;

static void
limits_free (gpointer data)
{
  Limits *self = data;

  g_signal_handler_disconnect (self->view, self->changed);
  g_free (self);
}

static gboolean
is_dark (void)
{
  return adw_style_manager_get_dark (adw_style_manager_get_default ());
}

static void
set_ink (cairo_t *cr, double alpha)
{
  SpColor ink = sp_theme_get (is_dark ())->foreground;

  cairo_set_source_rgba (cr, ink.r, ink.g, ink.b, alpha);
}

/* The histogram holds all cells and both limits; zero stands in the middle of signed ones. */
static void
choose_range (Limits *self)
{
  const SpColors *colors = &self->colors;

  self->least = MIN (colors->least, colors->low);
  self->most = MAX (colors->most, colors->high);
  if (colors->palette->is_diverging)
    {
      self->most = MAX (fabs (self->least), fabs (self->most));
      self->least = -self->most;
    }
  sp_figure_count_cells (sp_plot_view_get_figure (self->view), self->least, self->most, N_BINS, self->counts);
}

static guint
chosen (const SpView *look)
{
  for (guint i = 0; i < G_N_ELEMENTS (choices); i++)
    if (choices[i].limits == look->limits && (look->limits != SP_LIMITS_CUT || choices[i].cut == look->cut))
      return i;
  return 0;
}

static void
show_limits (Limits *self, gboolean with_entries)
{
  SpView *look = sp_plot_view_edit (self->view);
  double  ends[2];
  char    text[G_ASCII_DTOSTR_BUF_SIZE];

  if (look == NULL || !sp_figure_get_colors (sp_plot_view_get_figure (self->view), look, is_dark (), &self->colors))
    return;
  self->is_showing = TRUE;
  ends[0] = self->colors.low, ends[1] = self->colors.high;
  for (int i = 0; with_entries && i < 2; i++)
    gtk_editable_set_text (GTK_EDITABLE (self->entries[i]), g_ascii_formatd (text, sizeof text, "%.4g", ends[i]));
  gtk_drop_down_set_selected (GTK_DROP_DOWN (self->choice), chosen (look));
  self->is_showing = FALSE;
  gtk_widget_queue_draw (self->area);
}

static void
tell_view (Limits *self)
{
  self->is_showing = TRUE;
  sp_plot_view_edited (self->view);
  self->is_showing = FALSE;
}

/* Another measure or palette was chosen. */
static void
on_view_changed (Limits *self)
{
  if (self->is_showing || !gtk_widget_get_mapped (self->area))
    return;
  show_limits (self, TRUE);
  choose_range (self);
}

static void
set_limits (Limits *self, double low, double high, gboolean with_entries)
{
  SpView *look = sp_plot_view_edit (self->view);

  look->limits = SP_LIMITS_SET;
  look->low = low;
  look->high = high;
  tell_view (self);
  show_limits (self, with_entries);
}

static void
on_choice (Limits *self)
{
  guint   i = gtk_drop_down_get_selected (GTK_DROP_DOWN (self->choice));
  SpView *look = sp_plot_view_edit (self->view);

  if (self->is_showing || look == NULL || i >= G_N_ELEMENTS (choices))
    return;
  look->limits = choices[i].limits;
  look->cut = choices[i].cut;
  look->low = self->colors.low;
  look->high = self->colors.high;
  look->held.has_colors = FALSE;
  tell_view (self);
  show_limits (self, TRUE);
}

static gboolean
read_limit (GtkWidget *entry, double *limit)
{
  g_autofree char *text = g_strdelimit (g_strdup (gtk_editable_get_text (GTK_EDITABLE (entry))), ",", '.');
  char            *end;

  *limit = g_ascii_strtod (text, &end);
  return end != text && isfinite (*limit);
}

static void
on_entry (Limits *self)
{
  double low, high;

  if (self->is_showing || sp_plot_view_edit (self->view) == NULL || !read_limit (self->entries[0], &low) ||
      !read_limit (self->entries[1], &high) || low >= high)
    return;
  set_limits (self, low, high, FALSE);
}

/* The histogram */

static double
place_of (Limits *self, double value, double width)
{
  return EDGE + (value - self->least) / (self->most - self->least) * (width - 2 * EDGE);
}

/* Heights are logarithmic: one spike of zeros must not flatten the tails. */
static void
draw_bins (Limits *self, cairo_t *cr, double width, double height)
{
  double step = (width - 2 * EDGE) / N_BINS, span = self->colors.high - self->colors.low, most = 1;

  for (gsize i = 0; i < N_BINS; i++)
    most = MAX (most, log1p ((double) self->counts[i]));
  for (gsize i = 0; i < N_BINS; i++)
    {
      double  value = self->least + ((double) i + 0.5) / N_BINS * (self->most - self->least);
      double  tall = log1p ((double) self->counts[i]) / most * (height - STRIP - 3);
      guint32 rgb = sp_palette_rgb (self->colors.palette, (value - self->colors.low) / span);

      cairo_set_source_rgb (cr, (rgb >> 16 & 255) / 255.0, (rgb >> 8 & 255) / 255.0, (rgb & 255) / 255.0);
      cairo_rectangle (cr, EDGE + (double) i * step, height - STRIP, step + 0.5, STRIP);
      cairo_fill (cr);
      set_ink (cr, value < self->colors.low || value > self->colors.high ? 0.25 : 0.6);
      cairo_rectangle (cr, EDGE + (double) i * step, height - STRIP - tall, MAX (step - 0.5, 0.5), tall);
      cairo_fill (cr);
    }
}

static void
draw_handle (cairo_t *cr, double x, double height)
{
  set_ink (cr, 1);
  cairo_rectangle (cr, round (x) - 1, 0, 2, height);
  cairo_fill (cr);
  cairo_arc (cr, round (x), 5, 5, 0, 2 * G_PI);
  cairo_fill (cr);
}

static void
draw (GtkDrawingArea *area, cairo_t *cr, int width, int height, gpointer data)
{
  Limits *self = data;

  if (!(self->least < self->most))
    return;
  draw_bins (self, cr, width, height);
  draw_handle (cr, place_of (self, self->colors.low, width), height);
  draw_handle (cr, place_of (self, self->colors.high, width), height);
}

/* Signed data keep zero in the middle: the other limit moves along. */
static void
drag_to (Limits *self, double x)
{
  double width = gtk_widget_get_width (self->area), low = self->colors.low, high = self->colors.high;
  double least = (self->most - self->least) / 1000;
  double value = self->least + CLAMP ((x - EDGE) / MAX (width - 2 * EDGE, 1), 0, 1) * (self->most - self->least);

  if (self->colors.palette->is_diverging)
    high = MAX (self->is_high ? value : -value, least), low = -high;
  else if (self->is_high)
    high = MAX (value, low + least);
  else
    low = MIN (value, high - least);
  set_limits (self, low, high, TRUE);
}

static void
on_drag_begin (GtkGestureDrag *drag, double x, double y, Limits *self)
{
  double width = gtk_widget_get_width (self->area);

  self->is_high =
    fabs (x - place_of (self, self->colors.high, width)) < fabs (x - place_of (self, self->colors.low, width));
}

static void
on_drag_update (GtkGestureDrag *drag, double dx, double dy, Limits *self)
{
  double x, y;

  if (sp_plot_view_edit (self->view) != NULL && gtk_gesture_drag_get_start_point (drag, &x, &y))
    drag_to (self, x + dx);
}

static GtkWidget *
make_area (Limits *self)
{
  GtkWidget  *area = g_object_new (GTK_TYPE_DRAWING_AREA, "accessible-role", GTK_ACCESSIBLE_ROLE_IMG, NULL);
  GtkGesture *drag = gtk_gesture_drag_new ();

  gtk_drawing_area_set_content_height (GTK_DRAWING_AREA (area), HEIGHT);
  gtk_drawing_area_set_content_width (GTK_DRAWING_AREA (area), 260);
  gtk_drawing_area_set_draw_func (GTK_DRAWING_AREA (area), draw, self, NULL);
  gtk_accessible_update_property (GTK_ACCESSIBLE (area), GTK_ACCESSIBLE_PROPERTY_LABEL,
                                  _ ("Histogram of the values; drag a limit"), -1);
  gtk_widget_set_cursor_from_name (area, "ew-resize");
  g_signal_connect (drag, "drag-begin", G_CALLBACK (on_drag_begin), self);
  g_signal_connect (drag, "drag-update", G_CALLBACK (on_drag_update), self);
  gtk_widget_add_controller (area, GTK_EVENT_CONTROLLER (drag));
  return area;
}

static GtkWidget *
make_entries (Limits *self)
{
  const char *names[2] = { _ ("Lowest colour limit"), _ ("Highest colour limit") };
  GtkWidget  *box = gtk_box_new (GTK_ORIENTATION_HORIZONTAL, 6);

  for (int i = 0; i < 2; i++)
    {
      self->entries[i] = gtk_entry_new ();
      gtk_editable_set_width_chars (GTK_EDITABLE (self->entries[i]), 9);
      gtk_widget_set_hexpand (self->entries[i], TRUE);
      gtk_accessible_update_property (GTK_ACCESSIBLE (self->entries[i]), GTK_ACCESSIBLE_PROPERTY_LABEL, names[i], -1);
      g_signal_connect_swapped (self->entries[i], "changed", G_CALLBACK (on_entry), self);
    }
  gtk_box_append (GTK_BOX (box), self->entries[0]);
  gtk_box_append (GTK_BOX (box), gtk_label_new ("–"));
  gtk_box_append (GTK_BOX (box), self->entries[1]);
  return box;
}

static GtkWidget *
make_choice (Limits *self)
{
  const char *titles[G_N_ELEMENTS (choices) + 1] = { NULL };
  GtkWidget  *choice;

  for (guint i = 0; i < G_N_ELEMENTS (choices); i++)
    titles[i] = _ (choices[i].title);
  choice = gtk_drop_down_new_from_strings (titles);
  sp_compat_name_drop_down (choice, _("Limits"));
  g_signal_connect_swapped (choice, "notify::selected", G_CALLBACK (on_choice), self);
  return choice;
}

GtkWidget *
sp_plot_limits_new (SpPlotView *view)
{
  GtkWidget *box = gtk_box_new (GTK_ORIENTATION_VERTICAL, 6), *entries;
  Limits    *self = g_new0 (Limits, 1);

  self->view = view;
  self->is_showing = TRUE;
  self->choice = make_choice (self);
  self->area = make_area (self);
  entries = make_entries (self);
  gtk_box_append (GTK_BOX (box), self->choice);
  gtk_box_append (GTK_BOX (box), self->area);
  gtk_box_append (GTK_BOX (box), entries);
  g_object_set_data_full (G_OBJECT (box), "limits", self, limits_free);
  self->changed = g_signal_connect_swapped (view, "view-changed", G_CALLBACK (on_view_changed), self);
  show_limits (self, TRUE);
  if (self->colors.palette != NULL)
    choose_range (self);
  return box;
}
