/* sp-plot-view-detail.c - the one plot widget: elements of a heatmap, read where its cells are too coarse */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sp-plot-view-private.h"

#define DETAIL_DELAY_MS 60

typedef struct {
  SpFigure *figure;
  SpGrid   *grid;
  guint64   row, column;
  gsize     n_rows, n_columns;
  float    *elements;
} Detail;

static void
detail_free (gpointer data)
{
  Detail *detail = data;

  g_free (detail->elements);
  sp_grid_unref (detail->grid);
  sp_figure_unref (detail->figure);
  g_free (detail);
}

static void
read_detail (GTask *task, gpointer view, gpointer data, GCancellable *cancellable)
{
  Detail *detail = data;

  detail->elements = g_try_new (float, detail->n_rows * detail->n_columns);
  g_task_return_boolean (task, detail->elements != NULL
                               && detail->grid->detail (detail->grid->detail_data, detail->row, detail->column,
                                                        detail->n_rows, detail->n_columns, detail->elements));
}

static void
on_detail_read (GObject *object, GAsyncResult *task, gpointer data)
{
  SpPlotView *self = SP_PLOT_VIEW (object);
  Detail     *detail = g_task_get_task_data (G_TASK (task));

  if (self->detail == g_task_get_cancellable (G_TASK (task)))
    g_clear_object (&self->detail);
  if (!g_task_propagate_boolean (G_TASK (task), NULL) || detail->figure != self->figure)
    return;
  sp_figure_take_detail (self->figure, detail->row, detail->column, detail->n_rows, detail->n_columns,
                         g_steal_pointer (&detail->elements));
  sp_plot_view_redraw (self);
}

static gboolean
want_detail (gpointer data)
{
  SpPlotView       *self = data;
  Detail            wish = { 0 };
  SpGrid *grid =
    self->figure != NULL ? sp_result_find_grid (self->result, sp_figure_get_plot (self->figure)->table) : NULL;
  g_autoptr (GTask) task = NULL;

  self->detail_timeout = 0;
  if (grid == NULL || grid->detail == NULL
      || !sp_figure_wants_detail (self->figure, self->view, &wish.row, &wish.column, &wish.n_rows, &wish.n_columns))
    return G_SOURCE_REMOVE;
  if (self->detail != NULL)
    g_cancellable_cancel (self->detail);
  g_clear_object (&self->detail);
  self->detail = g_cancellable_new ();
  wish.figure = sp_figure_ref (self->figure);
  wish.grid = sp_grid_ref (grid);
  task = g_task_new (self, self->detail, on_detail_read, NULL);
  g_task_set_task_data (task, g_memdup2 (&wish, sizeof wish), detail_free);
  g_task_run_in_thread (task, read_detail);
  return G_SOURCE_REMOVE;
}

void
sp_plot_view_look_closer (SpPlotView *self)
{
  g_clear_handle_id (&self->detail_timeout, g_source_remove);
  self->detail_timeout = g_timeout_add (DETAIL_DELAY_MS, want_detail, self);
}
