/* sp-load.h - a whole file in memory, if it is one and not too large (inside the engine) */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <gio/gio.h>

/* name: the file's, for messages.  text: zero-terminated, and n_bytes without that.  What is no regular file, such as a pipe, is refused
 * before it is opened, which could take for ever. */
gboolean sp_load_file (const char *path, const char *name, guint most_mib, char **text, gsize *n_bytes, GCancellable *cancellable,
                       GError **error);
