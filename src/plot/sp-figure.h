/* sp-figure.h - one plot of a result: drawn, looked at closer, hit-tested */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "sp-axis.h"
#include "sp-palette.h"
#include "sp-result.h"

#include <cairo.h>

/* Limits shown so far by the previews of one run. */
typedef struct {
  gboolean has_x, has_y, has_colors;
  SpAxis   x, y, colors;                 /* colors: linear, from the lowest to the highest colour */
} SpHeld;

/* Where the colours of a heatmap end: by the data, at a share of the cells on either side, or by hand. */
typedef enum { SP_LIMITS_AUTO, SP_LIMITS_CUT, SP_LIMITS_SET } SpLimits;

/* What a person changed about how it looks; survives new results for the same plot. */
typedef struct {
  SpAxis      x, y;
  gboolean    is_x_set, is_y_set;        /* FALSE: fit to the data */
  gboolean    is_x_scale_set, is_y_scale_set;   /* scale chosen by hand: x.scale, y.scale */
  guint32     hidden;                    /* bit i: series i toggled off in the legend */
  SpGridLayer layer;
  gboolean    is_layer_set;
  SpLimits    limits;
  double      cut;                       /* SP_LIMITS_CUT: 0.01 leaves the lowest and the highest hundredth out; 0: none */
  double      low, high;                 /* SP_LIMITS_SET */
  const char *palette;                   /* id; NULL: by the data (diverging where signed) */
  char       *selected;                  /* key of the selected tensor, highlighted; NULL: none */
  gint64      neuron;                    /* of it, the selected one; -1: all of it */
  gboolean    is_growing;                /* a preview: limits that are not set take in those held, and grow in steps */
  SpHeld      held;
} SpView;

/* Reference counted; draws on the thread that made it.  Holds its result. */
typedef struct _SpFigure SpFigure;

SpFigure *sp_figure_new   (SpResult *result, const SpPlot *plot);
SpFigure *sp_figure_ref   (SpFigure *figure);
void      sp_figure_unref (SpFigure *figure);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (SpFigure, sp_figure_unref)

void      sp_view_init    (SpView *view);
void      sp_view_clear   (SpView *view);

/* Everything: axes, data, legend, colour bar.  Units are points at font_scale 1; the caption is drawn when
 * with_caption.  The paper itself is not painted: the caller fills it with theme->background (or leaves it
 * transparent).  In a window, where a unit is a pixel, font_scale 1.33 gives text of the usual size; device_scale is
 * pixels per unit.  Layout is kept for the hit tests below. */
typedef struct {
  double         width, height, font_scale;
  gboolean       with_caption, with_title;
  const SpTheme *theme;
  double         device_scale;
} SpCanvas;
void      sp_figure_draw  (SpFigure *figure, cairo_t *cr, const SpCanvas *canvas, const SpView *view);

/* After draw: what is at a point of the canvas. */
typedef struct {
  gboolean    is_inside;       /* of the data area */
  double      x, y;            /* data coordinates */
  char       *text;            /* "row 12, column 40: −0.0312"; NULL: nothing there */
  const char *key;             /* tensor name; NULL */
  gint64      neuron;          /* of the tensor; -1: all of it */
  gssize      marker;          /* index of a draggable marker within reach; −1 */
  gssize      legend;          /* series of the legend entry hit; −1 */
  double      snap_x, snap_y;  /* canvas coordinates of what the text speaks of; NaN */
} SpHit;
void      sp_figure_hit       (SpFigure *figure, double x, double y, SpHit *hit);
void      sp_hit_clear        (SpHit *hit);
void      sp_figure_get_axes  (SpFigure *figure, SpAxis *x, SpAxis *y);         /* as last drawn */
void      sp_figure_get_held  (SpFigure *figure, SpHeld *held);                 /* for the next preview's view */
void      sp_figure_get_area  (SpFigure *figure, double *x, double *y, double *width, double *height);   /* data area */
const SpPlot *sp_figure_get_plot (SpFigure *figure);
/* CSV: the table, or the cells of the layer shown last with names or first elements along both sides. */
void      sp_figure_append_numbers (SpFigure *figure, GString *out);
char     *sp_figure_describe  (SpFigure *figure);            /* for screen readers: title, ranges, what stands out */
/* Heatmaps: the colours as a view has them, and the cells behind them. */
typedef struct {
  const SpPalette *palette;
  double           low, high;            /* first and last colour */
  double           least, most;          /* of the finite cells; least > most: none */
} SpColors;
gboolean  sp_figure_get_colors  (SpFigure *figure, const SpView *view, gboolean is_dark, SpColors *colors);   /* FALSE: none */
/* How many cells of the layer shown lie in each of equal bins from low to high; those at high are in the last. */
void      sp_figure_count_cells (SpFigure *figure, double low, double high, gsize n_bins, gsize *counts);
/* Heatmaps: elements of the detail rectangle were read on a worker; give them in (NULL: none wanted). */
gboolean  sp_figure_wants_detail (SpFigure *figure, const SpView *view, guint64 *row, guint64 *column,
                                  gsize *n_rows, gsize *n_columns);
void      sp_figure_take_detail  (SpFigure *figure, guint64 row, guint64 column, gsize n_rows, gsize n_columns,
                                  float *elements);
