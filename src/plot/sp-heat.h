/* sp-heat.h - a grid as pixels: limits, coarser levels, a closer look */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "sp-figure-private.h"

#define SP_HEAT_LEVELS 24

/* What a layer holds, found on first use. */
typedef struct {
  gboolean is_known;
  double   low, high;          /* of the finite cells; low > high: none */
  double   most;               /* magnitude that all but a few outliers stay under */
  gsize    n_zero, n_missing, low_cell, high_cell;
  gboolean is_cut;             /* what follows is known */
  double   cut, cut_low, cut_high;       /* cut: share of the finite cells left out on either side */
} SpHeatRange;

/* Half as many cells either way as the level before; cells are means, minima or maxima as the layer asks. */
typedef struct { gsize n_rows, n_columns; const float *cells; float *owned; } SpHeatLevel;

struct _SpHeat {
  SpGrid      *grid;                     /* lent */
  SpHeatRange  ranges[SP_N_GRID_LAYERS];
  SpHeatLevel  levels[SP_N_GRID_LAYERS][SP_HEAT_LEVELS];
  gsize        n_levels[SP_N_GRID_LAYERS];

  /* Elements read for a closer look; as is, and as the layer shows them. */
  guint64      row, column;
  gsize        n_rows, n_columns;
  float       *elements, *shown;         /* (n_rows, n_columns) */
  SpGridLayer  shown_layer;

  /* As last drawn. */
  SpGridLayer  layer;
  const SpPalette *palette;
  double       low, high;
  gboolean     marks_zero, is_cut_low, is_cut_high;
};

/* The part of the matrix that fills an image, in elements: element j covers j − ½ … j + ½. */
typedef struct { double left, right, top, bottom; } SpHeatWindow;

SpHeat     *sp_heat_new     (SpGrid *grid);
void        sp_heat_free    (SpHeat *heat);
SpHeatRange *sp_heat_range  (SpHeat *heat, SpGridLayer layer);
void        sp_heat_cut     (SpHeat *heat, SpGridLayer layer, double cut, SpSpan *span);    /* as numpy's lower quantiles */
void        sp_heat_count   (SpHeat *heat, double low, double high, gsize n_bins, gsize *counts);
void        sp_heat_choose  (SpHeat *heat, SpFigure *figure, gboolean is_dark);    /* by the view */
gboolean    sp_heat_value   (SpHeat *heat, double row, double column, double *value);    /* TRUE: of one element */
guint32     sp_heat_color   (const SpHeat *heat, double value, const SpTheme *theme);        /* 0xRRGGBB */
/* Short enough to stand in a cell: shares in per cent without the sign, which the bar carries, and
 * coefficients in three digits.  Free with g_free(). */
char       *sp_heat_cell_text (double value, const char *unit);
SpRect      sp_heat_cell (SpFigure *figure, gsize row, gsize column, double gap);    /* on the canvas; gap: left free between two */
void        sp_heat_draw_selected (SpFigure *figure, SpPen *pen);
cairo_surface_t *sp_heat_image (SpHeat *heat, const SpHeatWindow *window, const SpTheme *theme, int width, int height,
                                double device_scale);
