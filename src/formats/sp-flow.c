/* sp-flow.c - the elements of one tensor in order, as many at a time as one asks for */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sp-flow.h"

#include "kernels.h"
#include "sp-source.h"

#include <string.h>

struct _SpFlow {
  SpSource *source;
  SpDtype   dtype;
  guint8   *scratch;
  guint64   n_chunks, next;              /* the chunk after the one that is held */
  SpChunk   chunk;                       /* n 0: none is held */
  gsize     at;                          /* element of it that comes next */
};

SpFlow *
sp_flow_new (const SpTensor *tensor, GError **error)
{
  SpSource *source = sp_source_new (tensor, error);
  SpFlow   *self;

  if (source == NULL)
    return NULL;
  self = g_new0 (SpFlow, 1);
  self->source = source;
  self->dtype = tensor->dtype;
  self->n_chunks = sp_source_n_chunks (tensor);
  self->scratch = g_aligned_alloc (1, sp_source_scratch_bytes (tensor) + 64, 64);
  return self;
}

void
sp_flow_free (SpFlow *self)
{
  sp_flow_end (self, NULL);
  sp_source_free (self->source);
  g_aligned_free (self->scratch);
  g_free (self);
}

gboolean
sp_flow_end (SpFlow *self, GError **error)
{
  SpChunk chunk = self->chunk;

  self->chunk.n = 0;
  return chunk.n == 0 || sp_source_put (self->source, &chunk, error);
}

/* Where the next *n elements lie, at most `most`, which are taken.  NULL: an error. */
static gconstpointer
take (SpFlow *self, gsize most, gsize *n, GError **error)
{
  gsize at;

  if (self->chunk.n > 0 && self->at == self->chunk.n && !sp_flow_end (self, error))
    return NULL;
  if (self->chunk.n == 0)
    {
      SpChunk chunk = { 0 };

      g_return_val_if_fail (self->next < self->n_chunks, NULL);
      if (!sp_source_get (self->source, self->next++, self->scratch, &chunk, error))
        return NULL;
      self->chunk = chunk;
      self->at = 0;
    }
  at = self->at;
  *n = MIN (most, self->chunk.n - at);
  self->at += *n;
  return (const guint8 *) self->chunk.data + at * sp_dtype_size (self->dtype);
}

gboolean
sp_flow_take_f32 (SpFlow *self, gsize n, float *out, GError **error)
{
  for (gsize done = 0, part; done < n; done += part)
    {
      gconstpointer from = take (self, n - done, &part, error);

      if (from == NULL)
        return FALSE;
      sp_kernels ()->widen[self->dtype] (from, part, out + done);
    }
  return TRUE;
}

/* Elements may lie at any place. */
#define COPY(type) \
  for (gsize i = 0; i < n; i++) \
    { \
      type x; \
      memcpy (&x, (const guint8 *) from + i * sizeof x, sizeof x); \
      out[i] = (gint64) x; \
    } \
  break

static void
copy_integers (SpDtype dtype, gconstpointer from, gsize n, gint64 *out)
{
  switch ((int) dtype)
    {
    case SP_DTYPE_I8: COPY (gint8);
    case SP_DTYPE_U8: COPY (guint8);
    case SP_DTYPE_I16: COPY (gint16);
    case SP_DTYPE_U16: COPY (guint16);
    case SP_DTYPE_I32: COPY (gint32);
    case SP_DTYPE_U32: COPY (guint32);
    case SP_DTYPE_I64: COPY (gint64);
    case SP_DTYPE_U64: COPY (guint64);
    default: g_assert_not_reached ();
    }
}

gboolean
sp_flow_take_i64 (SpFlow *self, gsize n, gint64 *out, GError **error)
{
  for (gsize done = 0, part; done < n; done += part)
    {
      gconstpointer from = take (self, n - done, &part, error);

      if (from == NULL)
        return FALSE;
      copy_integers (self->dtype, from, part, out + done);
    }
  return TRUE;
}
