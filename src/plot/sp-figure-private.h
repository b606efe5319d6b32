/* sp-figure-private.h - what the kinds of plot see of a figure */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "sp-figure.h"
#include "sp-pen.h"

#define SP_MAX_TICKS 256

typedef struct _SpHeat SpHeat;

/* Least and greatest of what is to be shown; low > high: nothing. */
typedef struct { double low, high; } SpSpan;

/* A column as numbers. */
typedef struct {
  const char   *title, *unit;
  const double *values;        /* (n_rows), lent or owned */
  double       *owned;
  SpSpan        span, positive;          /* of the finite values; of those above zero */
  gsize         n_finite, n_positive;
  const double *low, *high, *points;     /* (n_rows) of a line: a band around it, what it was fitted to; NULL: none; lent */
  const char   *key;                     /* the tensor it is about, lent by the result; NULL: none */
  gsize         rank;                    /* among the series that have a key, or among those that have none */
  double       *places;                  /* (n_rows) on places_axis; NULL: not asked for yet */
  SpAxis        places_axis;
} SpSeries;

/* Room a kind wants around the data area. */
typedef struct { double left, top, right, bottom; } SpSides;

/* One kind of plot: a file of kinds/, a line of kinds.inc. */
typedef struct {
  const char *id;
  gboolean    is_y_down;                 /* row 0 at the top */
  gboolean    is_x_tight;                /* x axis ends at the data */
  gboolean    has_x_grid;
  void      (*open)     (SpFigure *figure);                                  /* once; may be NULL */
  void      (*close)    (SpFigure *figure);
  void      (*fit)      (SpFigure *figure, SpSpan *x, SpSpan *y);            /* drops what the scales cannot show */
  void      (*measure)  (SpFigure *figure, SpPen *pen, SpSides *sides);      /* may be NULL */
  void      (*draw)     (SpFigure *figure, SpPen *pen);
  void      (*draw_beside) (SpFigure *figure, SpPen *pen);                   /* outside the area; may be NULL */
  void      (*hit)      (SpFigure *figure, double x, double y, SpHit *hit);  /* in the area: text, key, snap */
  void      (*describe) (SpFigure *figure, GString *out);
} SpKind;

struct _SpFigure {
  grefcount       n_refs;
  SpResult       *result;
  const SpPlot   *plot;                  /* of result */
  const SpKind   *kind;
  SpTable        *table;                 /* of result, or NULL */
  SpGrid         *grid;                  /* of result, or NULL */
  gsize           n_rows, n_series;
  gsize           n_ramp;                /* series with a key, where they are too many for a legend; 0: they are not */
  SpSeries        x, x_high, *y;         /* y: (n_series); x without a column: 0, 1, 2 … */
  const char *const *x_text, *const *y_text;       /* category names, or NULL; heatmap: labels */
  gsize           n_x_text, n_y_text;
  char          **short_names;           /* of x_text, where they have something in common; owned */
  const SpColumn *key;
  gboolean        is_x_sorted;
  SpHeat         *heat;                  /* of the heatmap */

  /* As last drawn. */
  SpView          view;                  /* strings lent, only while drawing */
  SpAxis          x_axis, y_axis;
  SpRect          area;
  double          right_edge;            /* right of which only the paper's edge is */
  SpRect          legend[32];
  gsize           legend_series[32], n_legend;
  SpRect          ramp;                  /* a strip with the colours of those; empty: not drawn */
  SpTick          x_ticks[SP_MAX_TICKS], y_ticks[SP_MAX_TICKS];
  gsize           n_x_ticks, n_y_ticks;
  double          font_scale;
  char           *selected;              /* whose row is below */
  gint64          selected_neuron;       /* the same */
  gsize           selected_row;          /* G_MAXSIZE: none */
  gsize           selected_series;       /* G_MAXSIZE: none, all are drawn alike */
};

/* Also text as runs, for files in which it stays text. */
void     sp_figure_draw_with (SpFigure *figure, cairo_t *cr, const SpCanvas *canvas, const SpView *view, GArray *runs);

double   sp_figure_x         (SpFigure *figure, double value);     /* on the canvas; not finite: not on the scale */
double   sp_figure_y         (SpFigure *figure, double value);
/* 0…1 along its axis; NaN: not in view.  Zero on a logarithmic scale waits at the low end, to be dragged. */
double   sp_figure_marker_place (SpFigure *figure, const SpMarker *marker);
gboolean sp_figure_is_hidden (SpFigure *figure, gsize series);
SpColor  sp_figure_color     (SpFigure *figure, SpPen *pen, gsize series);
double   sp_figure_strength  (SpFigure *figure, gsize series);     /* 1, or fainter beside a selected one */
void     sp_figure_set_dash  (SpFigure *figure, SpPen *pen, gsize series, double line_width);
const char *sp_figure_get_key (SpFigure *figure, gsize row);
char    *sp_figure_format_x  (SpFigure *figure, gsize row);        /* "layer 3", "|w| = 0.0100", "attn.q" */
void     sp_figure_read_out  (SpFigure *figure, gsize series, gsize row, SpHit *hit);        /* text, key, snap */

void     sp_figure_describe_series (SpFigure *figure, gsize series, GString *out);
/* Rows that may lie within reach of a place of the canvas: all of them where x is in no order. */
void     sp_figure_rows_near (SpFigure *figure, double x, double reach, gsize *first, gsize *last);

/* While the view grows: takes in what the previews before showed.  span: of the data; empty or a point: unknown yet. */
void     sp_figure_hold      (SpFigure *figure, SpAxis *axis, const SpSpan *span, SpAxis *held, gboolean *is_held);
void     sp_span_add         (SpSpan *span, double value);
void     sp_span_add_series  (SpSpan *span, const SpAxis *axis, const SpSeries *series);  /* what the scale can show */
gsize    sp_lower_bound      (const double *rising, gsize first, gsize last, double value); /* first not below */
void     sp_mark             (cairo_t *cr, gsize series, double x, double y, double radius);  /* path of its symbol */
