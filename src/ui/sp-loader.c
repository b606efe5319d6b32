/* sp-loader.c - opens stores without holding up the window */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sp-loader.h"

#include "sp-place.h"

static void
open_in_thread (GTask *task, gpointer source, gpointer path, GCancellable *cancellable)
{
  GError  *error = NULL;
  SpStore *store = sp_store_open (path, cancellable, &error);

  if (store == NULL)
    g_task_return_error (task, error);
  else
    g_task_return_pointer (task, store, (GDestroyNotify) sp_store_unref);
}

void
sp_loader_open_async (const char *path, GCancellable *cancellable, GAsyncReadyCallback callback, gpointer data)
{
  g_autoptr (GTask) task = g_task_new (NULL, cancellable, callback, data);

  g_task_set_source_tag (task, sp_loader_open_async);
  g_task_set_task_data (task, g_strdup (path), g_free);
  g_task_set_priority (task, G_PRIORITY_DEFAULT_IDLE);   /* the window is drawn first */
  g_task_run_in_thread (task, open_in_thread);
}

SpStore *
sp_loader_open_finish (GAsyncResult *result, GError **error)
{
  return g_task_propagate_pointer (G_TASK (result), error);
}

const char *
sp_loader_get_path (GAsyncResult *result)
{
  return g_task_get_task_data (G_TASK (result));
}

char *
sp_loader_dup_sample (const char *part)
{
  const char      *folder = g_getenv ("SPARSOSCOPE_SAMPLE_DIR");
  g_autofree char *data = sp_place_dup_data_dir ();

  if (folder != NULL)
    return g_build_filename (folder, part, NULL);
  return g_build_filename (data, "sparsoscope", "sample", part, NULL);
}
