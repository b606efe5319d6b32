/* sp-pen.h - how a figure is put on paper: one place through which all text and every hairline pass */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "sp-palette.h"

#include <pango/pangocairo.h>

#define SP_FONT_FAMILIES "Cantarell, Inter, DejaVu Sans, sans-serif"

typedef struct { double x, y, width, height; } SpRect;

typedef enum { SP_TEXT_VALUE, SP_TEXT_TICK, SP_TEXT_LABEL, SP_TEXT_TITLE, SP_TEXT_CAPTION, SP_N_TEXT_ROLES } SpTextRole;

/* A piece of text that was placed rather than drawn: for files in which text stays text. */
typedef struct {
  char   *text;
  double  x, y, angle;         /* of the anchor on the baseline, canvas units; radians, clockwise */
  double  anchor;              /* 0: x is the start, 0.5: middle, 1: end */
  double  size;
  gint    weight;              /* 400, 600 … */
  SpColor color;
} SpTextRun;

typedef struct {
  cairo_t       *cr;           /* lent */
  const SpTheme *theme;
  double         font_scale, device_scale;
  PangoLayout   *layout;       /* owned */
  SpTextRole     role;         /* whose font the layout has */
  GArray        *runs;         /* of SpTextRun, lent; NULL: text is drawn */
} SpPen;

void    sp_pen_init      (SpPen *pen, cairo_t *cr, const SpTheme *theme, double font_scale,
                          double device_scale, GArray *runs);
void    sp_pen_finish    (SpPen *pen);
GArray *sp_text_runs_new (void);

double  sp_pen_size      (SpPen *pen, SpTextRole role);            /* font size, canvas units */
void    sp_pen_measure   (SpPen *pen, SpTextRole role, const char *text, double *width, double *height);
/* Shortened in the middle until it fits: "model.…q_proj".  Free with g_free(). */
char   *sp_pen_elide     (SpPen *pen, SpTextRole role, const char *text, double width);
/* The point (anchor_x · width, anchor_y · height) of the text lies at (x, y), about which it is turned. */
void    sp_pen_text      (SpPen *pen, SpTextRole role, SpColor color, const char *text, double x, double y,
                          double anchor_x, double anchor_y, double angle);
/* Wrapped to width; gives the height, draws only when asked to. */
double  sp_pen_paragraph (SpPen *pen, SpTextRole role, SpColor color, const char *text, const SpRect *place,
                          gboolean draws);

gboolean sp_pen_is_vector (SpPen *pen);                            /* lines stay lines, of any resolution */
void    sp_pen_color     (SpPen *pen, SpColor color, double alpha);
double  sp_pen_hairline  (SpPen *pen);                             /* width of the thinnest line fit to print */
double  sp_pen_snap      (SpPen *pen, double at, double width);    /* where such a line falls on whole pixels */
double  sp_pen_edge      (const SpPen *pen, double at);            /* the nearest edge between pixels */
void    sp_pen_line      (SpPen *pen, SpColor color, double width, double x0, double y0, double x1, double y1);
void    sp_pen_hatch     (SpPen *pen, const SpRect *rect);           /* nothing there */
