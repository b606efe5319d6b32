/* sp-ids.h - a text that is token ids already */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <gio/gio.h>

/* Whether the file's name says it holds ids: .json, .npy. */
gboolean sp_ids_are_in (const char *path);
/* A JSON list of whole numbers, or an array of them, row after row, in a NumPy file.  Of guint32; never empty.
 * Errors: what the file is, and what in it is no id. */
GArray  *sp_ids_read   (const char *path, GCancellable *cancellable, GError **error);
