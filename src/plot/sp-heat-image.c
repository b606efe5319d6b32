/* sp-heat-image.c - the visible part of a grid as pixels: nearest cell close by, means of cells from afar */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sp-heat.h"

#include "sp-color.h"

#include <math.h>
#include <string.h>

/* Cells of equal size that start at element (row, column). */
typedef struct
{
  const float *cells; /* (n_rows, n_columns) */
  gsize n_rows, n_columns;
  double row, column, cell_rows, cell_columns;
  SpGridLayer layer;
} Source;

/* Cells first…end − 1 of one axis fall onto a pixel; first == end: none. */
typedef struct
{
  guint32 first, end;
} Run;

typedef struct
{
  guint32 rgb[256];
  guint32 zero, missing, hatch;
  double low, per_unit; /* index = (value − low) · per_unit */
  gboolean marks_zero;
  int period; /* of the hatching, pixels */
} Inks;

static float
join (SpGridLayer layer, const float *cells, gsize stride, gsize n_rows, gsize n_columns)
{
  double sum = 0, least = INFINITY, most = -INFINITY;
  gsize n = 0;

  for (gsize r = 0; r < n_rows; r++)
    for (gsize c = 0; c < n_columns; c++)
      {
        double value = cells[r * stride + c];

        if (isnan (value))
          continue;
        sum += value;
        least = value < least ? value : least;
        most = value > most ? value : most;
        n++;
      }
  if (n == 0)
    return NAN;
  return (float) (layer == SP_LAYER_MIN ? least : layer == SP_LAYER_MAX ? most : sum / n);
}

static void
add_level (SpHeat *heat, SpGridLayer layer)
{
  SpHeatLevel *fine = &heat->levels[layer][heat->n_levels[layer] - 1], *coarse = fine + 1;

  coarse->n_rows = (fine->n_rows + 1) / 2;
  coarse->n_columns = (fine->n_columns + 1) / 2;
  coarse->cells = coarse->owned = g_new (float, coarse->n_rows * coarse->n_columns);
  for (gsize r = 0; r < coarse->n_rows; r++)
    for (gsize c = 0; c < coarse->n_columns; c++)
      coarse->owned[r * coarse->n_columns + c] =
        join (layer, fine->cells + 2 * r * fine->n_columns + 2 * c, fine->n_columns, MIN (2, fine->n_rows - 2 * r),
              MIN (2, fine->n_columns - 2 * c));
  heat->n_levels[layer]++;
}

/* The coarsest level that still has a cell per pixel either way. */
static Source
choose_level (SpHeat *heat, double elements_per_pixel_x, double elements_per_pixel_y)
{
  const SpGrid *grid = heat->grid;
  double per_pixel = MIN (elements_per_pixel_x / grid->cell_columns, elements_per_pixel_y / grid->cell_rows);
  gsize level = 0;
  SpHeatLevel *levels = heat->levels[heat->layer];

  if (heat->n_levels[heat->layer] == 0)
    {
      levels[0] = (SpHeatLevel){ grid->n_cell_rows, grid->n_cell_columns, grid->layers[heat->layer], NULL };
      heat->n_levels[heat->layer] = 1;
    }
  while (per_pixel >= 2 && level + 1 < SP_HEAT_LEVELS && MAX (levels[level].n_rows, levels[level].n_columns) > 1)
    {
      if (level + 1 == heat->n_levels[heat->layer])
        add_level (heat, heat->layer);
      level++;
      per_pixel /= 2;
    }
  return (Source){ levels[level].cells,
                   levels[level].n_rows,
                   levels[level].n_columns,
                   0,
                   0,
                   ldexp (grid->cell_rows, (int) level),
                   ldexp (grid->cell_columns, (int) level),
                   heat->layer };
}

/* low, high: elements at the two ends of the image; from, size: where cells start and how many elements each covers. */
static Run *
map_pixels (gsize n_pixels, double low, double high, double from, double size, gsize n_cells)
{
  Run *runs = g_new (Run, n_pixels);
  double step = (high - low) / n_pixels / size, start = (low + 0.5 - from) / size;

  for (gsize i = 0; i < n_pixels; i++)
    {
      double first = floor (start + (step > 1 ? i : i + 0.5) * step), end = first + 1;

      if (step > 1)
        end = MAX (floor (start + (i + 1) * step), end);
      first = CLAMP (first, 0, n_cells);
      end = CLAMP (end, first, n_cells);
      runs[i] = (Run){ (guint32) first, (guint32) end };
    }
  return runs;
}

static void
mix_inks (Inks *inks, const SpHeat *heat, const SpTheme *theme, double device_scale)
{
  inks->low = heat->low;
  inks->per_unit = 256 / (heat->high - heat->low);
  inks->marks_zero = heat->marks_zero;
  inks->period = (int) MAX (round (5 * device_scale), 3);
  inks->zero = 0xff000000 | sp_color_to_rgb (theme->zero);
  inks->missing = 0xff000000 | sp_color_to_rgb (theme->missing);
  inks->hatch = 0xff000000 | sp_color_to_rgb (sp_color_mix (theme->missing, theme->dim, 0.35));
  for (gsize i = 0; i < 256; i++)
    inks->rgb[i] = 0xff000000 | heat->palette->rgb[i];
}

static inline guint32
ink_of (const Inks *inks, float value)
{
  double at = (value - inks->low) * inks->per_unit;

  if (value == 0 && inks->marks_zero)
    return inks->zero;
  return inks->rgb[at >= 255 ? 255 : at > 0 ? (gsize) at : 0];
}

/* FALSE when pixels differ from those of the row above even though the cells are the same: hatching. */
static gboolean
fill_row (const Source *source, const Inks *inks, Run rows, const Run *columns, gsize y, guint32 *pixels, Run span)
{
  const float *cells = source->cells + (gsize) rows.first * source->n_columns;
  gboolean is_plain = TRUE;

  for (gsize x = span.first; x < span.end; x++)
    {
      Run run = columns[x];
      float value;

      if (rows.end - rows.first == 1 && run.end - run.first == 1)
        value = cells[run.first];
      else
        value = join (source->layer, cells + run.first, source->n_columns, rows.end - rows.first, run.end - run.first);
      if (isnan (value))
        {
          is_plain = FALSE;
          pixels[x] = (x + y) % inks->period < (gsize) (inks->period + 3) / 5 ? inks->hatch : inks->missing;
        }
      else
        pixels[x] = ink_of (inks, value);
    }
  return is_plain;
}

/* Pixels over which there are cells. */
static Run
find_span (const Run *runs, gsize n)
{
  Run span = { 0, (guint32) n };

  while (span.first < span.end && runs[span.first].first == runs[span.first].end)
    span.first++;
  while (span.end > span.first && runs[span.end - 1].first == runs[span.end - 1].end)
    span.end--;
  return span;
}

static void
fill (const Source *source, const Inks *inks, const SpHeatWindow *window, cairo_surface_t *image)
{
  gsize width = (gsize) cairo_image_surface_get_width (image), height = (gsize) cairo_image_surface_get_height (image);
  gsize stride = (gsize) cairo_image_surface_get_stride (image);
  guchar *data = cairo_image_surface_get_data (image);
  g_autofree Run *columns =
    map_pixels (width, window->left, window->right, source->column, source->cell_columns, source->n_columns);
  g_autofree Run *rows =
    map_pixels (height, window->top, window->bottom, source->row, source->cell_rows, source->n_rows);
  Run across = find_span (columns, width), down = find_span (rows, height);
  gboolean is_plain = FALSE;

  for (gsize y = down.first; y < down.end; y++)
    {
      guint32 *pixels = (guint32 *) (gpointer) (data + y * stride);

      if (is_plain && rows[y].first == rows[y - 1].first && rows[y].end == rows[y - 1].end)
        memcpy (pixels + across.first, data + (y - 1) * stride + across.first * 4, (across.end - across.first) * 4);
      else
        is_plain = fill_row (source, inks, rows[y], columns, y, pixels, across);
    }
}

/* Elements as the layer shows them. */
static const float *
show_elements (SpHeat *heat)
{
  gsize n = heat->n_rows * heat->n_columns;

  if (heat->shown != NULL && heat->shown_layer == heat->layer)
    return heat->shown;
  g_free (heat->shown);
  heat->shown = g_new (float, MAX (n, 1));
  heat->shown_layer = heat->layer;
  for (gsize i = 0; i < n; i++)
    {
      float value = heat->elements[i];

      heat->shown[i] = heat->layer == SP_LAYER_ABS_MEAN ? fabsf (value)
                       : heat->layer == SP_LAYER_ZEROS  ? value == 0
                                                        : value;
    }
  return heat->shown;
}

cairo_surface_t *
sp_heat_image (SpHeat *heat,
               const SpHeatWindow *window,
               const SpTheme *theme,
               int width,
               int height,
               double device_scale)
{
  cairo_surface_t *image = cairo_image_surface_create (CAIRO_FORMAT_ARGB32, width, height);
  double per_x = (window->right - window->left) / width, per_y = (window->bottom - window->top) / height;
  Source source;
  Inks inks;

  if (cairo_surface_status (image) != CAIRO_STATUS_SUCCESS || heat->grid->layers[heat->layer] == NULL)
    return image;
  cairo_surface_flush (image);
  mix_inks (&inks, heat, theme, device_scale);
  source = choose_level (heat, per_x, per_y);
  fill (&source, &inks, window, image);
  if (heat->elements != NULL)
    {
      source =
        (Source){ show_elements (heat), heat->n_rows, heat->n_columns, heat->row, heat->column, 1, 1, heat->layer };
      fill (&source, &inks, window, image);
    }
  cairo_surface_mark_dirty (image);
  return image;
}
