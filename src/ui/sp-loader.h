/* sp-loader.h - opens stores without holding up the window */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "sp-store.h"

#include <gio/gio.h>

/* callback: main thread.  finish: (transfer full). */
void sp_loader_open_async (const char *path, GCancellable *cancellable, GAsyncReadyCallback callback, gpointer data);
SpStore *sp_loader_open_finish (GAsyncResult *result, GError **error);
const char *sp_loader_get_path (GAsyncResult *result);

char    *sp_loader_dup_sample  (const char *part);      /* folder of the bundled "relu-pruned" model, its "activations" … */
