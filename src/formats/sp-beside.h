/* sp-beside.h - a file that is written beside its place, and gets its name when it is whole */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "sp-error.h"

/* The place has what it had or the new file, never half of it.  All errors are SP_ERROR_IO, and say what to do. */
typedef struct _SpBeside SpBeside;

/* path: lent; behind symbolic links, the file they lead to is replaced. */
SpBeside *sp_beside_new     (const char *path, GError **error);
void      sp_beside_free    (SpBeside *self);                     /* what is not finished is removed */
G_DEFINE_AUTOPTR_CLEANUP_FUNC (SpBeside, sp_beside_free)

gboolean  sp_beside_reserve (SpBeside *self, guint64 n_bytes, GError **error);    /* so that a full disk is known before */
gboolean  sp_beside_write   (SpBeside *self, guint64 offset, gconstpointer data, gsize n_bytes, GError **error);   /* any thread */
gboolean  sp_beside_finish  (SpBeside *self, GError **error);

/* Before _exit(), any thread: removes all that is unfinished; whoever wants to begin or finish one waits for the end of the program. */
void      sp_beside_abandon_all (void);
