/* sp-frame.h - what stands around the data: title, legend, axes, grid lines, markers, caption */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "sp-figure-private.h"

/* Fits the axes, lays out, draws everything including the data. */
void     sp_frame_draw   (SpFigure *figure, SpPen *pen, const SpCanvas *canvas);

/* sp-frame-axes.c: limits, ticks and labels of the two axes. */
typedef struct {
  double   angle;              /* of category names under the x axis, radians; 0: level */
  gsize    every_x, every_y;   /* every so many category names are shown */
  double   name_room;          /* longest category name shown, canvas units */
  double   left, bottom;       /* room taken by tick labels */
  const char *const *x_names;  /* (n_x_names) what stands at 0, 1, … of the x axis instead of numbers; NULL: numbers do */
  gsize    n_x_names;
} SpLabels;

void     sp_frame_fit    (SpFigure *figure);
void     sp_frame_mark   (SpFigure *figure, SpPen *pen, SpLabels *labels);     /* ticks and rooms for the area */
void     sp_frame_grid   (SpFigure *figure, SpPen *pen);
void     sp_frame_axes   (SpFigure *figure, SpPen *pen, const SpLabels *labels);

/* sp-frame-legend.c */
#define SP_LEGEND_LINE 12.5    /* from one line of text to the next, × font_scale */
gsize    sp_frame_place_legend (SpFigure *figure, SpPen *pen, gsize max_lines);      /* number of lines */
void     sp_frame_draw_legend  (SpFigure *figure, SpPen *pen);

/* sp-frame-markers.c: labels of vertical ones stand above the data, which needs that much room; the area's sides are to be known. */
double   sp_frame_measure_markers (SpFigure *figure, SpPen *pen);
void     sp_frame_draw_markers    (SpFigure *figure, SpPen *pen);
