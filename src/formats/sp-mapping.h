/* sp-mapping.h - a file mapped read-only that may shrink under us without killing the program */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>

/* A page the file no longer has, or cannot give, raises SIGBUS when it is touched.  A process-wide
 * handler, installed with the first mapping, puts zero pages there and remembers from where; every
 * other SIGBUS goes to the handler that was there before. */
typedef struct _SpMapping SpMapping;

/* Whether bytes are had faster by touching a mapping than by copying them.  Under some virtual machines a
 * page touched for the first time costs thirty times as much as its copy.  Found out once, by trying;
 * SPARSOSCOPE_READ=map or copy decides instead.  Any thread. */
gboolean      sp_mapping_is_cheap (void);

SpMapping    *sp_mapping_new  (int fd, guint64 n_bytes);   /* NULL: cannot be mapped; fd is lent */
void          sp_mapping_free (SpMapping *mapping);        /* nobody reads it any more */

const guint8 *sp_mapping_get_data        (SpMapping *mapping);
guint64       sp_mapping_get_failed_from (SpMapping *mapping);   /* G_MAXUINT64: all well */

/* Lets go of the pages of the range, and of those between it and earlier ones, once that makes 32 MiB;
 * touching them again reads them again. */
void          sp_mapping_drop (SpMapping *mapping, guint64 offset, guint64 n_bytes);
