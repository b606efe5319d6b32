/* tensor-map.c - one tensor as a picture: where in the matrix are the zeros, the large and the small?
 *
 * Question: what structure has this weight: empty rows and columns, blocks, heads, outliers?
 *
 * Every cell of the map keeps mean, mean magnitude, minimum, maximum and share of zeros of the
 * rectangle of elements it covers; rows and columns keep their Euclidean norm and count of non-zeros
 * (norm over finite elements; METHODS of pruning call a unit dead when its row is all zero).
 * Closer than a cell, elements are read from the file again, only those in sight. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "kernels.h"
#include "sp-analysis.h"

#include <glib/gi18n-lib.h>
#include <inttypes.h>
#include <math.h>
#include <string.h>

#define MAX_CELLS 1024            /* a side */

static const char *const show_ids[] = { "mean", "abs-mean", "min", "max", "zeros", NULL };
static const char *const show_titles[] = { N_("Values"), N_("Magnitudes"), N_("Minimum"), N_("Maximum"), N_("Zeros"),
                                           NULL };

static const SpParam params[] = {
  { .id = "tensor", .title = N_("Tensor"), .type = SP_PARAM_TENSOR, .unit = "", .section = N_("Tensor"),
    .help = N_("Name of the tensor; by default the first matrix of a layer") },
  { .id = "slice", .title = N_("Slice"), .type = SP_PARAM_NUMBER, .fallback = -1, .min = -1, .max = 1e9, .unit = "",
    .is_index = TRUE, .at_min = N_("all"),
    .help = N_("Of tensors with three and more dimensions: one index of the first, as a matrix of its own; or all, flattened") },
  { .id = "show", .title = N_("Show"), .type = SP_PARAM_CHOICE, .max = 4, .choices = show_ids,
    .choice_titles = show_titles,
    .is_live = TRUE, .unit = "", .help = N_("What a cell's colour stands for") },
  { NULL }
};

typedef struct {
  SpStore  *store;
  SpItem    item;
  gsize     index;                /* of the item; G_MAXSIZE: none fits */
  gint64    slice;                /* row of the tensor's matrix shown as a matrix; −1: all */
  char     *problem;
  gboolean  is_read;
  guint64   n_rows, n_columns;    /* of the matrix shown */
  guint64   cell_rows, cell_columns;
  gsize     n_cell_rows, n_cell_columns;
  SpCell   *cells;                /* (n_cell_rows, n_cell_columns) */
  double   *row_squares, *column_squares;     /* (n_rows), (n_columns) */
  guint64  *row_nonzero, *column_nonzero;
} State;

/* A worker's share, in flat memory: cells of the rows touched, then per row, then per column. */
typedef struct {
  SpCell  *cells;                 /* (n_cell_rows touched, n_cell_columns) */
  double  *row_squares;           /* (rows touched) */
  guint64 *row_nonzero;
  double  *column_squares;        /* (n_columns) */
  guint32 *column_nonzero;
} Part;

/* Elements first … first + n − 1 of the matrix shown, which a chunk brings; n 0: none. */
typedef struct { guint64 first; gsize n; const guint8 *data; } Span;

static Span
span_of (const State *state, const SpChunk *chunk)
{
  if (state->slice < 0)
    return (Span) { chunk->row * state->n_columns + chunk->column, chunk->n, chunk->data };
  if (chunk->row > (guint64) state->slice || chunk->row + chunk->n_rows <= (guint64) state->slice)
    return (Span) { 0 };
  return (Span) { chunk->column, chunk->n_columns,
                  chunk->data == NULL ? NULL : (const guint8 *) chunk->data
                  + ((guint64) state->slice - chunk->row) * chunk->n_columns * sp_dtype_size (chunk->tensor->dtype) };
}

/* Most rows, and cell rows, that one chunk can touch. */
static gsize
max_rows (const State *state)
{
  return MIN (state->n_rows, SP_CHUNK_ELEMENTS / MAX (state->n_columns, 1) + 2);
}

static gsize
max_cell_rows (const State *state)
{
  return MIN (state->n_cell_rows, max_rows (state) / state->cell_rows + 2);
}

static Part
part_at (const State *state, gconstpointer partial)
{
  guint8 *bytes = (guint8 *) partial;
  gsize   n_rows = max_rows (state);
  Part    part = { .cells = (SpCell *) bytes };

  bytes += max_cell_rows (state) * state->n_cell_columns * sizeof (SpCell);
  part.row_squares = (double *) bytes;
  part.row_nonzero = (guint64 *) (part.row_squares + n_rows);
  part.column_squares = (double *) (part.row_nonzero + n_rows);
  part.column_nonzero = (guint32 *) (part.column_squares + state->n_columns);
  return part;
}

static gsize
partial_bytes (gpointer data, gsize item)
{
  const State *state = data;

  return max_cell_rows (state) * state->n_cell_columns * sizeof (SpCell)
       + max_rows (state) * (sizeof (double) + sizeof (guint64)) + state->n_columns * (sizeof (double) + sizeof (guint32));
}

static void
clear_cells (SpCell *cells, gsize n)
{
  for (gsize i = 0; i < n; i++)
    cells[i] = (SpCell) { .min = INFINITY, .max = -INFINITY };
}

/* Columns column … column + n − 1 of one row into its cells; the first cell may be cut. */
static void
map_row (const State *state, SpDtype dtype, const guint8 *x, guint64 column, gsize n, SpCell *cells)
{
  const SpKernels *k = sp_kernels ();
  gsize            width = state->cell_columns, head = (width - column % width) % width;

  if (head > n)
    head = n;
  if (head > 0)
    k->cells[dtype] (x, head, head, cells + column / width);
  if (n > head)
    k->cells[dtype] (x + head * sp_dtype_size (dtype), n - head, width, cells + (column + head) / width);
}

static void
work (gpointer data, gsize item, const SpChunk *chunk, gpointer partial)
{
  const State     *state = data;
  const SpKernels *k = sp_kernels ();
  SpDtype          dtype = chunk->tensor->dtype;
  Span             span = span_of (state, chunk);
  Part             part = part_at (state, partial);
  guint64          first_row = span.first / state->n_columns, first_cell_row = first_row / state->cell_rows;

  clear_cells (part.cells, max_cell_rows (state) * state->n_cell_columns);
  for (gsize done = 0; done < span.n;)
    {
      guint64       row = (span.first + done) / state->n_columns, column = (span.first + done) % state->n_columns;
      gsize         n = MIN (span.n - done, state->n_columns - column);
      const guint8 *x = span.data + done * sp_dtype_size (dtype);

      map_row (state, dtype, x, column, n, part.cells + (row / state->cell_rows - first_cell_row) * state->n_cell_columns);
      part.row_squares[row - first_row] += k->row[dtype] (x, n, &part.row_nonzero[row - first_row]);
      k->columns[dtype] (x, n, part.column_squares + column, part.column_nonzero + column);
      done += n;
    }
}

static void
add_cell (SpCell *into, const SpCell *from)
{
  into->sum += from->sum;
  into->sum_abs += from->sum_abs;
  into->min = MIN (into->min, from->min);
  into->max = MAX (into->max, from->max);
  into->n_finite += from->n_finite;
  into->n_zero += from->n_zero;
}

static void
fold (gpointer data, gsize item, const SpChunk *chunk, gconstpointer partial)
{
  State  *state = data;
  Span    span = span_of (state, chunk);
  Part    part = part_at (state, partial);
  guint64 first_row, last_row, first_cell_row;

  if (span.n == 0)
    return;
  first_row = span.first / state->n_columns;
  last_row = (span.first + span.n - 1) / state->n_columns;
  first_cell_row = first_row / state->cell_rows;
  for (gsize i = 0; i < (last_row / state->cell_rows - first_cell_row + 1) * state->n_cell_columns; i++)
    add_cell (&state->cells[first_cell_row * state->n_cell_columns + i], &part.cells[i]);
  for (gsize i = 0; i <= last_row - first_row; i++)
    {
      state->row_squares[first_row + i] += part.row_squares[i];
      state->row_nonzero[first_row + i] += part.row_nonzero[i];
    }
  for (gsize i = 0; i < state->n_columns; i++)
    {
      state->column_squares[i] += part.column_squares[i];
      state->column_nonzero[i] += part.column_nonzero[i];
    }
}

static void
end (gpointer data, gsize item, const char *problem)
{
  State *state = data;

  state->is_read = problem == NULL;
  if (problem != NULL && state->problem == NULL)
    state->problem = g_strdup (problem);
}

/* --- choosing the tensor ------------------------------------------------------------------ */

static gboolean
is_mappable (const SpTensor *tensor)
{
  return sp_tensor_is_readable (tensor) && tensor->n_elements > 0;
}

static gsize
choose (const SpItems *items, const char *name)
{
  gsize chosen = G_MAXSIZE;

  for (gsize i = 0; i < items->n; i++)
    {
      const SpTensor *tensor = items->items[i].tensor;

      if (name != NULL && strcmp (tensor->name, name) == 0)
        return i;
      if (name != NULL || !is_mappable (tensor))
        continue;
      if (chosen == G_MAXSIZE)
        chosen = i;
      else if ((tensor->rank >= 2 && tensor->role.layer >= 0)
               > (items->items[chosen].tensor->rank >= 2 && items->items[chosen].tensor->role.layer >= 0))
        chosen = i;
    }
  return chosen;
}

static guint64
cell_size (guint64 n)
{
  guint64 size = 1;

  while ((n + size - 1) / size > MAX_CELLS)
    size *= 2;
  return size;
}

static void
shape_state (State *state, SpArgs *args)
{
  const SpTensor *tensor = state->item.tensor;
  SpMatrix        matrix = sp_tensor_get_matrix (tensor);
  double          slice = sp_args_get_number (args, "slice");

  state->slice = -1;
  state->n_rows = matrix.n_rows;
  state->n_columns = matrix.n_columns;
  if (slice >= 0 && tensor->rank >= 3 && slice < (double) tensor->shape[0])
    {
      state->slice = (gint64) slice;
      state->n_rows = tensor->shape[1];
      state->n_columns = matrix.n_columns / tensor->shape[1];
    }
  else if (slice >= 0)
    state->problem = g_strdup_printf (_("%s has no slice %.0f"), tensor->name, slice);
  state->cell_rows = cell_size (state->n_rows);
  state->cell_columns = cell_size (state->n_columns);
  state->n_cell_rows = (state->n_rows + state->cell_rows - 1) / state->cell_rows;
  state->n_cell_columns = (state->n_columns + state->cell_columns - 1) / state->cell_columns;
}

/* Row and column figures of a matrix with a side in the billions would not fit in memory. */
#define MAX_SIDE ((guint64) 1 << 24)

static void
allocate (State *state)
{
  state->cells = g_new (SpCell, state->n_cell_rows * state->n_cell_columns);
  clear_cells (state->cells, state->n_cell_rows * state->n_cell_columns);
  state->row_squares = g_new0 (double, state->n_rows);
  state->row_nonzero = g_new0 (guint64, state->n_rows);
  state->column_squares = g_new0 (double, state->n_columns);
  state->column_nonzero = g_new0 (guint64, state->n_columns);
}

static gpointer
new_state (const SpItems *items, SpArgs *args)
{
  State      *state = g_new0 (State, 1);
  const char *name = sp_args_get_text (args, "tensor");

  state->index = choose (items, name);
  if (state->index == G_MAXSIZE)
    {
      state->problem = name != NULL ? g_strdup_printf (_("there is no tensor '%s'"),
                                                       name) : g_strdup (_("there is no tensor to map"));
      return state;
    }
  state->item = items->items[state->index];
  state->store = sp_store_ref (state->item.store);
  if (!is_mappable (state->item.tensor))
    state->problem = g_strdup_printf (_("%s cannot be mapped: %s"), state->item.tensor->name,
                                      state->item.tensor->note != NULL ? state->item.tensor->note : _("it is empty"));
  else
    shape_state (state, args);
  if (state->problem == NULL && MAX (state->n_rows, state->n_columns) > MAX_SIDE)
    state->problem = g_strdup_printf (_("%s has more than %d rows or columns"), state->item.tensor->name, 1 << 24);
  if (state->problem == NULL)
    allocate (state);
  return state;
}

static void
free_state (gpointer data)
{
  State *state = data;

  g_clear_pointer (&state->store, sp_store_unref);
  g_free (state->problem);
  g_free (state->cells);
  g_free (state->row_squares);
  g_free (state->row_nonzero);
  g_free (state->column_squares);
  g_free (state->column_nonzero);
  g_free (state);
}

static gboolean
wants (gpointer data, gsize item)
{
  const State *state = data;

  return item == state->index && state->cells != NULL;
}

/* --- looking closer than a cell ------------------------------------------------------------ */

typedef struct {
  SpStore        *store;
  const SpTensor *tensor;
  gint64          slice;
  guint64         n_columns;
} Detail;

static gboolean
read_detail (gpointer data, guint64 row, guint64 column, gsize n_rows, gsize n_columns, float *out)
{
  const Detail        *detail = data;
  g_autoptr (SpSource) source = sp_source_new (detail->tensor, NULL);

  if (source == NULL)
    return FALSE;
  if (detail->slice < 0)
    return sp_source_read_f32 (source, row, column, n_rows, n_columns, out, NULL);
  for (gsize i = 0; i < n_rows; i++)
    if (!sp_source_read_f32 (source, (guint64) detail->slice, (row + i) * detail->n_columns + column, 1, n_columns,
                             out + i * n_columns, NULL))
      return FALSE;
  return TRUE;
}

static void
free_detail (gpointer data)
{
  Detail *detail = data;

  sp_store_unref (detail->store);
  g_free (detail);
}

/* --- results -------------------------------------------------------------------------------- */

static void
fill_layers (SpGrid *grid, const State *state)
{
  float *layers[SP_N_GRID_LAYERS];
  gsize  n = state->n_cell_rows * state->n_cell_columns;

  for (guint i = 0; i < SP_N_GRID_LAYERS; i++)
    layers[i] = sp_grid_add_layer (grid, (SpGridLayer) i);
  for (gsize i = 0; i < n; i++)
    {
      const SpCell *cell = &state->cells[i];

      if (cell->n_finite == 0)
        continue;
      layers[SP_LAYER_MEAN][i] = (float) (cell->sum / cell->n_finite);
      layers[SP_LAYER_ABS_MEAN][i] = (float) (cell->sum_abs / cell->n_finite);
      layers[SP_LAYER_MIN][i] = cell->min;
      layers[SP_LAYER_MAX][i] = cell->max;
      layers[SP_LAYER_ZEROS][i] = (float) cell->n_zero / (float) cell->n_finite;
    }
}

/* Mean norm of the rows (columns) each cell covers. */
static double *
make_margin (const double *squares, guint64 n, guint64 cell, gsize n_cells)
{
  double *margin = g_new0 (double, n_cells);

  for (guint64 i = 0; i < n; i++)
    margin[i / cell] += sqrt (squares[i]);
  for (gsize i = 0; i < n_cells; i++)
    margin[i] /= (double) MIN (cell, n - i * cell);
  return margin;
}

/* "name", "name[5]" of a slice */
static char *
dup_title (const State *state)
{
  if (state->slice < 0)
    return g_strdup (state->item.tensor->name);
  return g_strdup_printf ("%s[%" G_GINT64_FORMAT "]", state->item.tensor->name, state->slice);
}

/* "name (8 × 96 × 64, flattened to 8 × 6144)": what is shown, and what it is of */
static char *
dup_subject (const State *state)
{
  g_autofree char *title = dup_title (state), *shape = sp_tensor_dup_shape (state->item.tensor);

  if (state->slice >= 0)
    return g_strdup_printf (_("%s (%" PRIu64 " × %" PRIu64 ", a slice of %s)"), title, state->n_rows, state->n_columns,
                            shape);
  if (state->item.tensor->rank > 2)
    return g_strdup_printf (_("%s (%s, flattened to %" PRIu64 " × %" PRIu64 ")"), title, shape, state->n_rows,
                            state->n_columns);
  return g_strdup_printf ("%s (%s)", title, shape);
}

static const char *
row_title (const State *state)
{
  if (state->slice >= 0)
    return _("second dimension");
  if (state->item.tensor->rank > 2)
    return _("first dimension");
  return state->item.tensor->rank == 2 ? _("row (output)") : _("row");
}

static const char *
column_title (const State *state)
{
  guint rank = state->item.tensor->rank;

  if (rank <= 2)
    return _("column (input)");
  return state->slice >= 0 && rank == 3 ? _("third dimension") : _("other dimensions, flattened");
}

static char *
caption (const State *state)
{
  g_autofree char *subject = dup_subject (state);

  if (state->cell_rows == 1 && state->cell_columns == 1)
    return g_strdup_printf (_("%s, each cell one element; margins: Euclidean norm of the rows and columns."), subject);
  return g_strdup_printf (_("%s, each cell %" PRIu64 " × %" PRIu64
                            " elements; margins: mean Euclidean norm of the rows and columns."),
                          subject, state->cell_rows, state->cell_columns);
}

static void
add_grid (SpResult *result, const State *state, SpArgs *args)
{
  SpGrid *grid = sp_grid_new ("map", state->n_rows, state->n_columns, state->cell_rows, state->cell_columns);
  Detail *detail = g_new (Detail, 1);
  g_autofree char *title = dup_title (state);
  SpPlot *plot = sp_result_add_plot (result, "heatmap", "map", title, "map");

  *detail = (Detail) { sp_store_ref (state->store), state->item.tensor, state->slice, state->n_columns };
  grid->detail = read_detail;
  grid->detail_data = detail;
  grid->free_detail_data = free_detail;
  grid->row_title = g_intern_string (row_title (state));
  grid->column_title = g_intern_string (column_title (state));
  grid->value_title = g_intern_string (_("weight"));
  grid->unit = "weight";
  fill_layers (grid, state);
  grid->row_margin = make_margin (state->row_squares, state->n_rows, state->cell_rows, state->n_cell_rows);
  grid->column_margin = make_margin (state->column_squares, state->n_columns, state->cell_columns,
                                     state->n_cell_columns);
  grid->margin_title = g_intern_string (_("norm"));
  g_ptr_array_add (result->grids, grid);

  plot->layer = (SpGridLayer) (guint) sp_args_get_number (args, "show");
  plot->x_title = g_strdup (grid->column_title);
  plot->y_title = g_strdup (grid->row_title);
  plot->caption = caption (state);
}

static guint64
add_norms (SpResult *result, const char *id, const char *title, const char *axis, const char *axis_title,
           const double *squares, const guint64 *nonzero, gsize n)
{
  SpTable *table = sp_table_new (id, title, n);
  gint64  *places = g_new (gint64, n + 1), *counts = g_new (gint64, n + 1);
  double  *norms = g_new (double, n + 1);
  guint64  n_zero = 0;

  for (gsize i = 0; i < n; i++)
    {
      places[i] = (gint64) i;
      norms[i] = sqrt (squares[i]);
      counts[i] = (gint64) nonzero[i];
      n_zero += nonzero[i] == 0;
    }
  sp_table_take_column (table, sp_column_new_i64 (axis, axis_title, "", n, places));
  sp_table_take_column (table, sp_column_new_f64 ("norm", _("Norm"), "weight", n, norms));
  sp_table_take_column (table, sp_column_new_i64 ("non_zero", _("Not zero"), "elements", n, counts));
  g_ptr_array_add (result->tables, table);
  return n_zero;
}

static void
add_norm_plot (SpResult *result, const char *table, const char *x, const char *title, const char *x_title)
{
  SpPlot *plot = sp_result_add_plot (result, "line", table, title, table);

  plot->x = g_strdup (x);
  plot->y = g_strdupv ((char *[]) { (char *) "norm", NULL });
  plot->x_title = g_strdup (x_title);
  plot->y_title = g_strdup (_("Euclidean norm"));
  plot->caption = g_strdup_printf (_("%s, in the order of the file."), title);
}

static void
add_summary (SpResult *result, const State *state, guint64 n_zero_rows, guint64 n_zero_columns)
{
  const char *names[] = { "rows", "columns", "zero_rows", "zero_columns", "zeros", "finite", "min", "max", "mean",
                          "norm" };
  const char *units[] = { "rows", "columns", "rows", "columns", "elements", "elements", "weight", "weight", "weight",
                          "weight" };
  SpCell      all = { .min = INFINITY, .max = -INFINITY };
  double      n_zero = 0, n_finite = 0, squares = 0;

  for (gsize i = 0; i < state->n_cell_rows * state->n_cell_columns; i++)
    {
      add_cell (&all, &state->cells[i]);
      n_zero += state->cells[i].n_zero;
      n_finite += state->cells[i].n_finite;
    }
  for (guint64 i = 0; i < state->n_rows; i++)
    squares += state->row_squares[i];
  sp_result_add_summary (result, G_N_ELEMENTS (names), names,
                         (const double[]) { (double) state->n_rows, (double) state->n_columns, (double) n_zero_rows,
                                            (double) n_zero_columns, n_zero, n_finite,
                                            n_finite > 0 ? (double) all.min : NAN, n_finite > 0 ? (double) all.max : NAN,
                                            all.sum / n_finite, sqrt (squares) }, units);
}

static void
define (SpResult *result, const State *state, guint64 n_zero_rows, guint64 n_zero_columns)
{
  g_autofree char *subject = dup_subject (state);

  result->definition = g_strdup_printf (_("%s: %" PRIu64 " of %" PRIu64 " rows and %" PRIu64 " of %" PRIu64
                                          " columns are entirely zero."),
                                        subject, n_zero_rows, state->n_rows, n_zero_columns, state->n_columns);
}

static SpResult *
finish (gpointer data, SpArgs *args)
{
  const State *state = data;
  SpResult    *result = sp_result_new ("tensor-map");
  guint64      n_zero_rows, n_zero_columns;

  if (state->problem != NULL)
    sp_result_take_note (result, g_strdup (state->problem));
  if (state->cells == NULL)
    {
      SpTable *table = sp_table_new ("summary", _("Summary"), 0);

      g_ptr_array_add (result->tables, table);
      result->definition = g_strdup (state->problem);
      return result;
    }
  add_grid (result, state, args);
  n_zero_rows = add_norms (result, "rows", _("Rows"), "row", _("Row"), state->row_squares, state->row_nonzero,
                           state->n_rows);
  n_zero_columns = add_norms (result, "columns", _("Columns"), "column", _("Column"), state->column_squares,
                              state->column_nonzero, state->n_columns);
  add_norm_plot (result, "rows", "row", _("Row norms"), _("row"));
  add_norm_plot (result, "columns", "column", _("Column norms"), _("column"));
  add_summary (result, state, n_zero_rows, n_zero_columns);
  define (result, state, n_zero_rows, n_zero_columns);
  return result;
}

const SpAnalysis sp_analysis_tensor_map = {
  .id = "tensor-map",
  .title = N_("Map"),
  .question = N_("What structure has this tensor: empty rows and columns, blocks, outliers?"),
  .params = params,
  .new_state = new_state,
  .free_state = free_state,
  .wants = wants,
  .partial_bytes = partial_bytes,
  .chunk = work,
  .fold = fold,
  .end = end,
  .finish = finish,
};
