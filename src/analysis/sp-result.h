/* sp-result.h - what an analysis found: tables, grids, plots that name them, and the words around */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "sp-grid.h"
#include "sp-table.h"

typedef enum { SP_SCALE_LINEAR, SP_SCALE_LOG, SP_SCALE_SYMLOG } SpScale;

/* A line across the plot, such as a threshold. */
typedef struct {
  gboolean    is_vertical;
  double      value;
  char       *label;
  const char *param;           /* id of the live parameter it shows and, dragged, sets; NULL: fixed */
  double      param_factor;    /* parameter = value · factor */
} SpMarker;

/* A recipe: which columns of which table, drawn how.  Owns no numbers. */
typedef struct {
  char       *id, *title;
  const char *kind;            /* "line", "bars", "histogram", "heatmap", "scatter": a file of plot/kinds */
  char       *table;           /* id of the table, or of the grid for a heatmap */
  char       *x;               /* column: numbers, or text for categories; histogram: lower bin edges */
  char      **y;               /* columns, one series each, NULL-terminated; titles name them in the legend */
  char      **y_low, **y_high; /* line: columns of a band around each of y, in their order; NULL: there is none */
  char      **y_points;        /* line: columns of what each of y was fitted to, marked in its colour, hollow where y has no value; NULL */
  char       *x_high;          /* histogram: upper bin edges */
  char       *key;             /* column whose text names the tensor of a row, for linked selection; or NULL */
  char       *x_title, *y_title, *x_unit, *y_unit;
  SpScale     x_scale, y_scale;
  SpGridLayer layer;           /* heatmap: shown first */
  SpMarker   *markers;
  gsize       n_markers;
  char       *caption;         /* a full sentence one can quote */
} SpPlot;

typedef enum { SP_IS_BELOW, SP_IS_UP_TO, SP_IS_FROM, SP_IS_ABOVE } SpComparison;        /* <, ≤, ≥, > */

/* A recipe for lists of indices: the rows of a table where a column compares so, a list a group.  Owns no numbers. */
typedef struct {
  const char  *id;             /* "dead"; this and the others are static */
  const char  *table, *column; /* the three columns are of that table */
  const char  *index;          /* column: whole numbers, what is listed */
  const char  *group;          /* column whose cells say to which list a row belongs; NULL: all to one, "all" */
  SpComparison comparison;
  double       value;
} SpList;

/* Built by one thread (finish), then immutable and any thread's; reference counted. */
typedef struct {
  const char *analysis;        /* id */
  char       *parameters;      /* "eps=0.01 eps-mode=absolute …": how to get it again */
  char       *definition;      /* the sentence that defines the number on screen, with threshold, denominator, counts */
  char       *source;          /* the paper or book it is from; NULL */
  GPtrArray  *tables, *grids;  /* of SpTable, SpGrid; the first table is shown first, "summary" is always there */
  GPtrArray  *plots;           /* of SpPlot */
  GPtrArray  *lists;           /* of SpList */
  GPtrArray  *notes;           /* of char * */
  GHashTable *links;           /* shared; name of a column, or of one tensor of several → of the tensor that stands for what it is
                                * about, for linked selection; NULL: none */
  gboolean    is_final;        /* FALSE: a preview, more is being read */
  gboolean    lacks_beside;    /* a store beside could tell more: of an analysis that looks beside */
  gboolean    is_estimate;     /* another run with these parameters would count exactly what this one could not */
} SpResult;

SpResult *sp_result_new        (const char *analysis);
SpResult *sp_result_ref        (SpResult *result);
void      sp_result_unref      (SpResult *result);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (SpResult, sp_result_unref)

SpPlot   *sp_result_add_plot   (SpResult *result, const char *kind, const char *id, const char *title,
                                const char *table);
void      sp_plot_add_marker   (SpPlot *plot, gboolean is_vertical, double value, const char *label, const char *param,
                                double factor);
void      sp_result_add_list   (SpResult *result, const SpList *list);                           /* copied */
void      sp_result_take_note  (SpResult *result, char *note);
const char *sp_result_find_link (const SpResult *result, const char *name);                     /* NULL: none is known */
/* The table "summary", which every result has: (n) figures, copied; NaN: none. */
void      sp_result_add_summary (SpResult *result, gsize n, const char *const *names, const double *values,
                                 const char *const *units);
SpTable  *sp_result_find_table (const SpResult *result, const char *id);
SpGrid   *sp_result_find_grid  (const SpResult *result, const char *id);
SpPlot   *sp_result_find_plot  (const SpResult *result, const char *id);
