/* heatmap.c - a matrix as colours: weights from afar and close by, layers × parts */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sp-heat-bar.h"
#include "sp-heat.h"

#include "sp-color.h"
#include "sp-error.h"

#include <glib/gi18n-lib.h>
#include <inttypes.h>
#include <math.h>

#define GAP_FROM 6 /* a gap between cells smaller than this is as wide as some of them */
#define MAX_RECTANGLES 6000 /* more cells than this are drawn as an image, also in vector files */
#define MAX_PIXELS 4096     /* either way */
#define PICKED_FROM 3       /* width of a neuron from which on it can be picked among those of its cell */

static void
open_grid (SpFigure *figure)
{
  SpGrid *grid = figure->grid;

  if (grid == NULL)
    return;
  figure->heat = sp_heat_new (grid);
  figure->x_text = (const char *const *) grid->column_labels;
  figure->y_text = (const char *const *) grid->row_labels;
  figure->n_x_text = grid->column_labels != NULL ? MIN (g_strv_length (grid->column_labels), grid->n_cell_columns) : 0;
  figure->n_y_text = grid->row_labels != NULL ? MIN (g_strv_length (grid->row_labels), grid->n_cell_rows) : 0;
  figure->x.title = grid->column_title;
  figure->x.unit = "index";
}

static void
close_grid (SpFigure *figure)
{
  g_clear_pointer (&figure->heat, sp_heat_free);
}

static void
fit (SpFigure *figure, SpSpan *x, SpSpan *y)
{
  if (figure->grid == NULL)
    return;
  *x = (SpSpan){ -0.5, MAX (figure->grid->n_columns, 1) - 0.5 };
  *y = (SpSpan){ -0.5, MAX (figure->grid->n_rows, 1) - 0.5 };
}

static void
measure (SpFigure *figure, SpPen *pen, SpSides *sides)
{
  if (figure->heat == NULL)
    return;
  sp_heat_choose (figure->heat, figure, pen->theme->is_dark);
  sp_heat_measure_sides (figure->heat, pen, sides);
  sides->top += 3 * pen->font_scale;
}

/* Cells in view: first…end − 1. */
static void
find_cells (const SpAxis *axis, guint64 size, gsize n, gsize *first, gsize *end)
{
  *first = (gsize) CLAMP (floor ((axis->min + 0.5) / size), 0, n);
  *end = (gsize) CLAMP (ceil ((axis->max + 0.5) / size), *first, n);
}

/* Measuring costs as much as drawing: digits are 0.56 of the size wide. */
static gboolean
text_fits (SpPen *pen, const SpRect *rect, const char *text)
{
  double size = sp_pen_size (pen, SP_TEXT_VALUE);

  return g_utf8_strlen (text, -1) * 0.56 * size + 4 * pen->font_scale <= rect->width && size * 1.2 <= rect->height;
}

/* Where the largest value has no room, zeros alone would say nothing. */
static gboolean
largest_fits (SpFigure *figure, SpPen *pen, const SpRect *rect)
{
  const SpHeatRange *range = sp_heat_range (figure->heat, figure->heat->layer);
  g_autofree char *text = sp_heat_cell_text (range->high, figure->grid->unit);

  return range->low <= range->high && text_fits (pen, rect, text);
}

static void
draw_cell_text (SpFigure *figure, SpPen *pen, const SpRect *rect, double value, SpColor paper)
{
  g_autofree char *text = sp_heat_cell_text (value, figure->grid->unit);
  SpColor light = { 1, 1, 1 }, dark = sp_theme_get (FALSE)->foreground;

  if (!text_fits (pen, rect, text))
    return;
  sp_pen_text (pen, SP_TEXT_VALUE, sp_color_contrast (paper, light) > sp_color_contrast (paper, dark) ? light : dark,
               text, rect->x + rect->width / 2, rect->y + rect->height / 2, 0.5, 0.5, 0);
}

static void
draw_cell (SpFigure *figure, SpPen *pen, gsize row, gsize column, double gap, gboolean with_text)
{
  const SpHeat *heat = figure->heat;
  const SpGrid *grid = figure->grid;
  double value = grid->layers[heat->layer][row * grid->n_cell_columns + column];
  SpRect rect = sp_heat_cell (figure, row, column, gap);
  SpColor paper = sp_color_from_rgb (sp_heat_color (heat, value, pen->theme));
  double x = sp_pen_edge (pen, rect.x), y = sp_pen_edge (pen, rect.y);

  cairo_rectangle (pen->cr, x, y, sp_pen_edge (pen, rect.x + rect.width) - x, sp_pen_edge (pen, rect.y + rect.height) - y);
  sp_pen_color (pen, paper, 1);
  cairo_fill (pen->cr);
  if (isnan (value))
    sp_pen_hatch (pen, &rect);
  else if (with_text)
    draw_cell_text (figure, pen, &rect, value, paper);
}

static void
draw_image (SpFigure *figure, SpPen *pen)
{
  const SpRect *area = &figure->area;
  SpHeatWindow window = { figure->x_axis.min, figure->x_axis.max, figure->y_axis.min, figure->y_axis.max };
  int width = (int) CLAMP (round (area->width * pen->device_scale), 1, MAX_PIXELS);
  int height = (int) CLAMP (round (area->height * pen->device_scale), 1, MAX_PIXELS);
  cairo_surface_t *image = sp_heat_image (figure->heat, &window, pen->theme, width, height, pen->device_scale);

  cairo_save (pen->cr);
  cairo_translate (pen->cr, sp_pen_edge (pen, area->x), sp_pen_edge (pen, area->y));
  /* A pixel is a pixel: copied, where scaling by nearly one would be a slow way to the same. */
  if (MAX (width, height) < MAX_PIXELS)
    cairo_scale (pen->cr, 1 / pen->device_scale, 1 / pen->device_scale);
  else
    cairo_scale (pen->cr, area->width / width, area->height / height);
  cairo_set_source_surface (pen->cr, image, 0, 0);
  cairo_pattern_set_filter (cairo_get_source (pen->cr), CAIRO_FILTER_NEAREST);
  cairo_rectangle (pen->cr, 0, 0, width, height);
  cairo_fill (pen->cr);
  cairo_restore (pen->cr);
  cairo_surface_destroy (image);
}

static void
draw_cells (SpFigure *figure, SpPen *pen)
{
  const SpGrid *grid = figure->grid;
  gboolean is_labelled = figure->x_text != NULL || figure->y_text != NULL;
  gsize row0, row1, column0, column1;
  SpRect one = sp_heat_cell (figure, 0, 0, 0);
  double least = MIN (one.width, one.height);
  gboolean with_text = is_labelled ? largest_fits (figure, pen, &one)
                                   : one.width > 30 * pen->font_scale && one.height > 12 * pen->font_scale;
  double gap = is_labelled && least >= GAP_FROM * pen->font_scale ? MIN (1.5 * pen->font_scale, least * 0.12) : 0;

  find_cells (&figure->y_axis, grid->cell_rows, grid->n_cell_rows, &row0, &row1);
  find_cells (&figure->x_axis, grid->cell_columns, grid->n_cell_columns, &column0, &column1);
  if ((row1 - row0) * (column1 - column0) > MAX_RECTANGLES || figure->heat->elements != NULL || least * pen->device_scale < 2)
    {
      draw_image (figure, pen);
      return;
    }
  for (gsize row = row0; row < row1; row++)
    for (gsize column = column0; column < column1; column++)
      draw_cell (figure, pen, row, column, gap, with_text);
}

/* Between columns that do not follow one another. */
static void
draw_breaks (SpFigure *figure, SpPen *pen)
{
  const SpGrid *grid = figure->grid;
  const SpRect *area = &figure->area;
  gsize first, end;

  if (grid->starts == NULL)
    return;
  find_cells (&figure->x_axis, 1, grid->n_columns, &first, &end);
  for (gsize column = MAX (first, 1); column < end; column++)
    if (grid->starts[column] != 0)
      cairo_rectangle (pen->cr, sp_pen_edge (pen, sp_figure_x (figure, column - 0.5)), area->y, sp_pen_hairline (pen), area->height);
  sp_pen_color (pen, pen->theme->foreground, 0.3);
  cairo_fill (pen->cr);
}

static void
draw (SpFigure *figure, SpPen *pen)
{
  const SpRect *area = &figure->area;

  if (figure->heat == NULL || figure->grid->layers[figure->heat->layer] == NULL)
    return;
  cairo_save (pen->cr);
  cairo_rectangle (pen->cr, area->x, area->y, area->width, area->height);
  cairo_clip (pen->cr);
  draw_cells (figure, pen);
  draw_breaks (figure, pen);
  cairo_restore (pen->cr);
  sp_heat_draw_selected (figure, pen);
}

static void
draw_beside (SpFigure *figure, SpPen *pen)
{
  if (figure->heat == NULL)
    return;
  sp_heat_draw_margins (figure->heat, figure, pen);
  sp_heat_draw_bar (figure->heat, figure, pen);
}

/* "layer 3", "down", "row 12", "rows 12–15" */
static char *
format_place (const char *title, const char *fallback, const char *const *labels, guint64 first, guint64 last)
{
  if (title == NULL || *title == '\0')
    title = fallback;
  if (labels != NULL && g_ascii_isdigit (*labels[first]))
    return g_strdup_printf ("%s %s", title, labels[first]);
  if (labels != NULL)
    return g_strdup (labels[first]);
  if (first == last)
    return g_strdup_printf ("%s %" G_GUINT64_FORMAT, title, first);
  return g_strdup_printf ("%s %" G_GUINT64_FORMAT "–%" G_GUINT64_FORMAT, title, first, last);
}

static char *
format_cell (SpFigure *figure, double row, double column, gboolean is_element)
{
  const SpGrid *grid = figure->grid;
  guint64 cell_rows = is_element ? 1 : grid->cell_rows, cell_columns = is_element ? 1 : grid->cell_columns;
  guint64 row0 = (guint64) row / cell_rows * cell_rows, column0 = (guint64) column / cell_columns * cell_columns;
  g_autofree char *rows = NULL, *columns = NULL, *text = NULL;

  rows = format_place (grid->row_title, _ ("row"), figure->y_text, row0, MIN (row0 + cell_rows, grid->n_rows) - 1);
  /* Where neurons stand in an order of their own, their number says more than their place. */
  if (cell_columns == 1 && grid->neurons != NULL && sp_grid_get_neuron (grid, row0, column0) >= 0)
    return g_strdup_printf (_("%s, neuron %" PRId64), rows, sp_grid_get_neuron (grid, row0, column0));
  columns = format_place (grid->column_title, _ ("column"), figure->x_text, column0,
                          MIN (column0 + cell_columns, grid->n_columns) - 1);
  text = cell_columns == 1 && grid->column_texts != NULL ? sp_visible_text (grid->column_texts[column0]) : NULL;
  return text != NULL ? g_strdup_printf (_("%s, %s “%s”"), rows, columns, text) : g_strdup_printf ("%s, %s", rows, columns);
}

/* Of cells that are several neurons one can be picked once it is wide enough for that. */
static void
set_key (SpFigure *figure, gsize cell, guint64 row, guint64 column, gboolean is_known, SpHit *out)
{
  const SpGrid *grid = figure->grid;
  double width = figure->area.width / (figure->x_axis.max - figure->x_axis.min);

  if (grid->keys != NULL)
    out->key = grid->keys[cell];
  else if (grid->row_keys != NULL)
    out->key = grid->row_keys[cell / grid->n_cell_columns];
  if (out->key != NULL && is_known && (grid->cell_columns == 1 || width >= PICKED_FROM * figure->font_scale))
    out->neuron = sp_grid_get_neuron (grid, row, column);
}

static void
hit (SpFigure *figure, double x, double y, SpHit *out)
{
  const SpGrid *grid = figure->grid;
  double row = floor (out->y + 0.5), column = floor (out->x + 0.5), value;
  g_autofree char *place = NULL, *number = NULL;
  gboolean is_element;
  gsize cell;
  SpRect rect;

  if (figure->heat == NULL || !(row >= 0 && column >= 0 && row < grid->n_rows && column < grid->n_columns))
    return;
  is_element = sp_heat_value (figure->heat, row, column, &value);
  place = format_cell (figure, row, column, is_element);
  number = isnan (value) ? g_strdup (_ ("nothing"))
                         : sp_format_number (value, figure->heat->layer == SP_LAYER_ZEROS ? "share" : grid->unit);
  if (is_element)
    out->text = g_strdup_printf ("%s: %s", place, number);
  else
    out->text = g_strdup_printf ("%s: %s, %s", place, sp_grid_layer_title (figure->heat->layer), number);
  cell = ((gsize) row / grid->cell_rows) * grid->n_cell_columns + (gsize) column / grid->cell_columns;
  set_key (figure, cell, (guint64) row, (guint64) column, !isnan (value), out);
  rect = sp_heat_cell (figure, cell / grid->n_cell_columns, cell % grid->n_cell_columns, 0);
  out->snap_x = is_element ? sp_figure_x (figure, column) : rect.x + rect.width / 2;
  out->snap_y = is_element ? sp_figure_y (figure, row) : rect.y + rect.height / 2;
}

static void
describe (SpFigure *figure, GString *out)
{
  const SpGrid *grid = figure->grid;
  const SpHeatRange *range;
  g_autofree char *low = NULL, *high = NULL, *at_low = NULL, *at_high = NULL, *n_rows = NULL, *n_columns = NULL;

  if (figure->heat == NULL)
    return;
  n_rows = sp_format_number (grid->n_rows, "count"), n_columns = sp_format_number (grid->n_columns, "count");
  sp_heat_choose (figure->heat, figure, FALSE);
  range = sp_heat_range (figure->heat, figure->heat->layer);
  g_string_append_printf (out, _ ("Heatmap of %s × %s"), n_rows, n_columns);
  if (range->low > range->high)
    {
      g_string_append (out, _ (", nothing known yet."));
      return;
    }
  low = sp_format_number (range->low, grid->unit), high = sp_format_number (range->high, grid->unit);
  at_low = format_cell (figure, range->low_cell / grid->n_cell_columns * grid->cell_rows,
                        range->low_cell % grid->n_cell_columns * grid->cell_columns, FALSE);
  at_high = format_cell (figure, range->high_cell / grid->n_cell_columns * grid->cell_rows,
                         range->high_cell % grid->n_cell_columns * grid->cell_columns, FALSE);
  g_string_append_printf (out, _ (", %s: from %s (%s) to %s (%s)."), sp_grid_layer_title (figure->heat->layer), low,
                          at_low, high, at_high);
}

const SpKind sp_kind_heatmap = { .id = "heatmap",
                                 .is_y_down = TRUE,
                                 .is_x_tight = TRUE,
                                 .open = open_grid,
                                 .close = close_grid,
                                 .fit = fit,
                                 .measure = measure,
                                 .draw = draw,
                                 .draw_beside = draw_beside,
                                 .hit = hit,
                                 .describe = describe };
