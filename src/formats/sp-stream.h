/* sp-stream.h - the state of a blob that can only be read forward */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "sp-blob.h"

/* Reading before the last place starts the stream again, except within its first
 * SP_STREAM_HEAD bytes, which are kept: a format is sniffed, then opened, in one pass. */
#define SP_STREAM_HEAD 2048

typedef struct _SpStream SpStream;

SpStream *sp_stream_new  (const SpStreamClass *klass, gpointer origin, GDestroyNotify free_origin);
void      sp_stream_free (SpStream *stream);

/* Up to n_bytes, fewer only at the end; -1 on error.  Any thread; they wait for one another.  However far the
 * place is, the calling thread's g_cancellable_get_current () ends it. */
gssize    sp_stream_read (SpStream *stream, guint64 offset, gpointer buffer, gsize n_bytes, GError **error);
