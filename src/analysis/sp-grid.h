/* sp-grid.h - a matrix reduced to cells, or a small labelled matrix, for heatmaps */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>

typedef enum { SP_LAYER_MEAN, SP_LAYER_ABS_MEAN, SP_LAYER_MIN, SP_LAYER_MAX, SP_LAYER_ZEROS,
               SP_N_GRID_LAYERS } SpGridLayer;

/* Immutable once in a result, reference counted.  A cell covers cell_rows × cell_columns elements
 * of the (n_rows, n_columns) matrix, fewer at the far edges; NaN: nothing there (yet).
 * With labels a cell is one element and the layers but MEAN may be NULL. */
typedef struct {
  const char *id;
  guint64     n_rows, n_columns;                 /* of the matrix */
  gsize       n_cell_rows, n_cell_columns;       /* of the layers */
  guint64     cell_rows, cell_columns;           /* elements a cell covers */
  float      *layers[SP_N_GRID_LAYERS];          /* (n_cell_rows, n_cell_columns) or NULL */
  char      **row_labels, **column_labels;       /* NULL-terminated; NULL: numbered axes */
  char      **column_texts;                      /* NULL-terminated (n_columns): what stands at a numbered column, such as a token */
  char      **keys;                              /* (cells) tensor name behind a cell, or NULL; entries may be NULL */
  char      **row_keys;                          /* (n_cell_rows) the same behind a row */
  gboolean    is_by_neuron;                      /* columns are neurons of the row's tensor: 0, 1, … or as neurons says */
  GBytes     *neurons;                           /* of guint32 (n_rows, n_columns): which, G_MAXUINT32: none; NULL: in order */
  guint32    *row_neurons;                       /* (n_rows) a row is that neuron of its tensor; NULL: it is all of it */
  guint8     *starts;                            /* (n_columns) not 0: it does not follow the one before; NULL: all do */
  const char *row_title, *column_title;          /* axes: "output", "layer" */
  const char *value_title, *unit;                /* "weight", "share" … */
  double     *row_margin, *column_margin;        /* (n_cell_rows), (n_cell_columns) or NULL: drawn beside the axes */
  const char *margin_title;                      /* "row norm" */

  /* Closer than a cell: fills out (n_rows, n_columns) with elements; FALSE if it cannot.  NULL: no closer look.
   * Called on a worker thread. */
  gboolean  (*detail) (gpointer detail_data, guint64 row, guint64 column, gsize n_rows, gsize n_columns, float *out);
  gpointer    detail_data;
  GDestroyNotify free_detail_data;
} SpGrid;

SpGrid *sp_grid_new   (const char *id, guint64 n_rows, guint64 n_columns, guint64 cell_rows, guint64 cell_columns);
SpGrid *sp_grid_ref   (SpGrid *grid);
void    sp_grid_unref (SpGrid *grid);
float  *sp_grid_add_layer (SpGrid *grid, SpGridLayer layer);       /* filled with NaN; lent */
gint64  sp_grid_get_neuron (const SpGrid *grid, guint64 row, guint64 column);      /* -1: none there */
gboolean sp_grid_is_row_of (const SpGrid *grid, guint64 row, const char *key, gint64 neuron);   /* of all of it, or of that neuron */
gboolean sp_grid_find_neuron (const SpGrid *grid, guint64 row, gint64 neuron, guint64 *column);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (SpGrid, sp_grid_unref)

const char *sp_grid_layer_id    (SpGridLayer layer);               /* "mean", "abs-mean" … */
const char *sp_grid_layer_title (SpGridLayer layer);               /* translated */
