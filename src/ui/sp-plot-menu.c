/* sp-plot-menu.c - how a plot looks: scales, measure, colours and their limits */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sp-plot-menu.h"

#include "sp-compat.h"
#include "sp-plot-limits.h"

#include <glib/gi18n.h>
#include <string.h>

typedef void (*ChoiceFunc) (SpPlotView *view, guint choice);

static const char *const scale_titles[] = { N_("Linear"), N_("Logarithmic"), N_("Symmetric logarithmic"), NULL };

static void
append_row (GtkGrid *grid, int row, const char *title, GtkWidget *widget)
{
  GtkWidget *label = gtk_label_new (title);

  gtk_label_set_xalign (GTK_LABEL (label), 0);
  if (GTK_IS_DROP_DOWN (widget))
    sp_compat_name_drop_down (widget, title);
  else
    gtk_accessible_update_property (GTK_ACCESSIBLE (widget), GTK_ACCESSIBLE_PROPERTY_LABEL, title, -1);
  gtk_widget_set_hexpand (widget, TRUE);
  gtk_grid_attach (grid, label, 0, row, 1, 1);
  gtk_grid_attach (grid, widget, 1, row, 1, 1);
}

static void
on_choice (GtkDropDown *drop_down, GParamSpec *pspec, SpPlotView *view)
{
  ChoiceFunc func = (ChoiceFunc) g_object_get_data (G_OBJECT (drop_down), "func");

  if (sp_plot_view_edit (view) != NULL)
    func (view, gtk_drop_down_get_selected (drop_down));
}

static GtkWidget *
make_choice (SpPlotView *view, const char *const *titles, guint selected, ChoiceFunc func)
{
  GtkWidget *drop_down = gtk_drop_down_new_from_strings (titles);

  gtk_drop_down_set_selected (GTK_DROP_DOWN (drop_down), selected);
  g_object_set_data (G_OBJECT (drop_down), "func", (gpointer) func);
  g_signal_connect_object (drop_down, "notify::selected", G_CALLBACK (on_choice), view, 0);
  return drop_down;
}

/* Scales */

static void
choose_x_scale (SpPlotView *view, guint choice)
{
  SpView *look = sp_plot_view_edit (view);

  look->x.scale = (SpScale) choice;
  look->is_x_scale_set = TRUE;
  look->is_x_set = FALSE;
  sp_plot_view_edited (view);
}

static void
choose_y_scale (SpPlotView *view, guint choice)
{
  SpView *look = sp_plot_view_edit (view);

  look->y.scale = (SpScale) choice;
  look->is_y_scale_set = TRUE;
  look->is_y_set = FALSE;
  sp_plot_view_edited (view);
}

static GtkWidget *
make_scale (SpPlotView *view, SpScale scale, ChoiceFunc func)
{
  const char *titles[] = { _(scale_titles[0]), _(scale_titles[1]), _(scale_titles[2]), NULL };

  return make_choice (view, titles, scale, func);
}

/* Heatmaps */

static guint
grid_layers (SpGrid *grid, SpGridLayer *layers)
{
  guint n = 0;

  for (guint i = 0; i < SP_N_GRID_LAYERS; i++)
    if (grid->layers[i] != NULL)
      layers[n++] = (SpGridLayer) i;
  return n;
}

static SpGrid *
shown_grid (SpPlotView *view)
{
  const SpPlot *plot = sp_figure_get_plot (sp_plot_view_get_figure (view));

  return sp_result_find_grid (sp_plot_view_get_result (view), plot->table);
}

static void
choose_layer (SpPlotView *view, guint choice)
{
  SpGridLayer layers[SP_N_GRID_LAYERS];
  SpView     *look = sp_plot_view_edit (view);

  if (choice >= grid_layers (shown_grid (view), layers))
    return;
  look->layer = layers[choice];
  look->is_layer_set = TRUE;
  look->limits = SP_LIMITS_AUTO;
  look->held.has_colors = FALSE;
  sp_plot_view_edited (view);
}

static GtkWidget *
make_layers (SpPlotView *view)
{
  const SpPlot *plot = sp_figure_get_plot (sp_plot_view_get_figure (view));
  SpView       *look = sp_plot_view_edit (view);
  SpGridLayer   layers[SP_N_GRID_LAYERS], shown = look->is_layer_set ? look->layer : plot->layer;
  const char   *titles[SP_N_GRID_LAYERS + 1] = { NULL };
  guint         n = grid_layers (shown_grid (view), layers), selected = 0;

  for (guint i = 0; i < n; i++)
    {
      titles[i] = sp_grid_layer_title (layers[i]);
      if (layers[i] == shown)
        selected = i;
    }
  return make_choice (view, titles, selected, choose_layer);
}

static void
choose_palette (SpPlotView *view, guint choice)
{
  const SpPalette *palette = choice > 0 ? sp_palette_nth (choice - 1) : NULL;

  sp_plot_view_edit (view)->palette = palette != NULL ? palette->id : NULL;
  sp_plot_view_edited (view);
}

static GtkWidget *
make_palettes (SpPlotView *view)
{
  g_autoptr (GPtrArray) titles = g_ptr_array_new ();
  const char           *chosen = sp_plot_view_edit (view)->palette;
  guint                 selected = 0;

  g_ptr_array_add (titles, (gpointer) _("Automatic"));
  for (gsize i = 0; sp_palette_nth (i) != NULL; i++)
    {
      g_ptr_array_add (titles, (gpointer) _(sp_palette_nth (i)->title));
      if (g_strcmp0 (sp_palette_nth (i)->id, chosen) == 0)
        selected = (guint) i + 1;
    }
  g_ptr_array_add (titles, NULL);
  return make_choice (view, (const char *const *) titles->pdata, selected, choose_palette);
}

static GtkWidget *
make_content (SpPlotView *view)
{
  GtkWidget    *grid = gtk_grid_new ();
  const SpPlot *plot;
  SpView       *look = sp_plot_view_edit (view);
  SpAxis        x, y;

  gtk_grid_set_row_spacing (GTK_GRID (grid), 8);
  gtk_grid_set_column_spacing (GTK_GRID (grid), 12);
  gtk_widget_add_css_class (grid, "menu-grid");
  if (look == NULL)
    return grid;
  plot = sp_figure_get_plot (sp_plot_view_get_figure (view));
  if (strcmp (plot->kind, "heatmap") == 0 && shown_grid (view) != NULL)
    {
      append_row (GTK_GRID (grid), 0, _("Measure"), make_layers (view));
      append_row (GTK_GRID (grid), 1, _("Colours"), make_palettes (view));
      append_row (GTK_GRID (grid), 2, _("Limits"), sp_plot_limits_new (view));
      return grid;
    }
  sp_figure_get_axes (sp_plot_view_get_figure (view), &x, &y);
  append_row (GTK_GRID (grid), 0, _("Horizontal axis"), make_scale (view, x.scale, choose_x_scale));
  append_row (GTK_GRID (grid), 1, _("Vertical axis"), make_scale (view, y.scale, choose_y_scale));
  return grid;
}

static void
on_map (GtkPopover *popover, SpPlotView *view)
{
  gtk_popover_set_child (popover, make_content (view));
}

GtkWidget *
sp_plot_menu_new (SpPlotView *view)
{
  GtkWidget *popover = gtk_popover_new ();

  gtk_popover_set_child (GTK_POPOVER (popover), gtk_grid_new ());
  g_signal_connect_object (popover, "show", G_CALLBACK (on_map), view, 0);
  return popover;
}
