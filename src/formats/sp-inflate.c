/* sp-inflate.c - deflated bytes as a stream blob */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sp-inflate.h"

#include "sp-checksum.h"

#include <glib/gi18n-lib.h>
#include <inttypes.h>
#include <zlib.h>

#define INPUT_BYTES ((gsize) 64 << 10)
#define RAW_DEFLATE (-MAX_WBITS)
#define GZIP        (MAX_WBITS + 16)

typedef struct {
  SpBlob  *blob;
  guint64  offset, n_compressed;       /* SP_SIZE_UNKNOWN: to the end of blob */
  guint64  n_bytes;                    /* SP_SIZE_UNKNOWN for gzip, which checks itself */
  guint32  crc;
  gboolean is_gzip;
  char    *name;
} Origin;

typedef struct {
  const Origin *origin;
  z_stream      z;
  guint64       place, produced;       /* in the compressed bytes; of the inflated ones */
  guint32       crc;
  gboolean      is_done;
  guint8        input[INPUT_BYTES];
} Inflater;

static void
origin_free (Origin *origin)
{
  sp_blob_unref (origin->blob);
  g_free (origin->name);
  g_free (origin);
}

static gssize
fail (const Inflater *inflater, SpError code, const char *reason, GError **error)
{
  g_set_error (error, SP_ERROR, code, _("%s: %s (near byte %" PRIu64 " of the compressed data)"),
               inflater->origin->name, reason, inflater->place - inflater->z.avail_in);
  return -1;
}

static gpointer
inflater_open (gpointer data, GError **error)
{
  Origin *origin = data;
  Inflater *inflater = g_new0 (Inflater, 1);

  inflater->origin = origin;
  if (inflateInit2 (&inflater->z, origin->is_gzip ? GZIP : RAW_DEFLATE) == Z_OK)
    return inflater;
  g_set_error (error, SP_ERROR, SP_ERROR_IO, _("%s: no memory to inflate it"), origin->name);
  g_free (inflater);
  return NULL;
}

static void
inflater_close (gpointer stream)
{
  Inflater *inflater = stream;

  inflateEnd (&inflater->z);
  g_free (inflater);
}

static gboolean
refill (Inflater *inflater, GError **error)
{
  const Origin *origin = inflater->origin;
  gsize want = MIN (INPUT_BYTES, origin->n_compressed - inflater->place);
  gssize n = sp_blob_read_some (origin->blob, origin->offset + inflater->place, inflater->input, want, error);

  if (n < 0)
    return FALSE;
  inflater->z.next_in = inflater->input;
  inflater->z.avail_in = n;
  inflater->place += n;
  return TRUE;
}

/* After the end of one gzip member another may follow; zero bytes may pad the last one. */
static gboolean
next_gzip_member (Inflater *inflater, GError **error)
{
  for (;;)
    {
      while (inflater->z.avail_in > 0 && *inflater->z.next_in == 0)
        {
          inflater->z.next_in++;
          inflater->z.avail_in--;
        }
      if (inflater->z.avail_in > 0)
        return inflateReset (&inflater->z) == Z_OK;
      if (!refill (inflater, error))
        return FALSE;
      if (inflater->z.avail_in == 0)
        {
          inflater->is_done = TRUE;
          return TRUE;
        }
    }
}

static gboolean
check_member_end (Inflater *inflater, GError **error)
{
  const Origin *origin = inflater->origin;

  inflater->is_done = TRUE;
  if (inflater->produced != origin->n_bytes)
    return fail (inflater, SP_ERROR_MALFORMED, _("it inflates to another size than the zip says"), error) >= 0;
  if (inflater->crc != origin->crc)
    return fail (inflater, SP_ERROR_MALFORMED, _("its checksum in the zip does not match: the file is damaged"),
                 error) >= 0;
  return TRUE;
}

static gboolean
after_step (Inflater *inflater, int status, gsize n, GError **error)
{
  gboolean is_starved = status == Z_BUF_ERROR || (status == Z_OK && n == 0);

  if (inflater->produced > inflater->origin->n_bytes)
    return fail (inflater, SP_ERROR_MALFORMED, _("it inflates to more than the zip says"), error) >= 0;
  if (status == Z_STREAM_END && inflater->origin->is_gzip)
    return next_gzip_member (inflater, error);
  if (status == Z_STREAM_END)
    return check_member_end (inflater, error);
  if (is_starved && inflater->z.avail_in == 0)
    return fail (inflater, SP_ERROR_CUT, _("the compressed data end too early"), error) >= 0;
  if (status != Z_OK && status != Z_BUF_ERROR)
    return fail (inflater, SP_ERROR_MALFORMED,
                 inflater->z.msg != NULL ? inflater->z.msg : _("the compressed data are damaged"), error) >= 0;
  return TRUE;
}

/* Goes on at the end of the output until the end of the stream was seen, so that the last byte comes checked. */
static gssize
inflater_read (gpointer stream, gpointer buffer, gsize n_bytes, GError **error)
{
  Inflater *inflater = stream;
  gsize done = 0;

  n_bytes = MIN (n_bytes, (gsize) 1 << 30);
  while (!inflater->is_done && (done < n_bytes || inflater->produced == inflater->origin->n_bytes))
    {
      guint8 surplus;
      gboolean is_full = done == n_bytes;
      gsize n;
      int status;

      if (inflater->z.avail_in == 0 && !refill (inflater, error))
        return -1;
      inflater->z.next_out = is_full ? &surplus : (guint8 *) buffer + done;
      inflater->z.avail_out = is_full ? 1 : n_bytes - done;
      n = inflater->z.avail_out;
      status = inflate (&inflater->z, Z_NO_FLUSH);
      n -= inflater->z.avail_out;
      inflater->produced += n;
      if (!is_full && !inflater->origin->is_gzip)
        inflater->crc = sp_crc32 (inflater->crc, (guint8 *) buffer + done, n);
      done += is_full ? 0 : n;
      if (!after_step (inflater, status, n, error))
        return -1;
    }
  return done;
}

static const SpStreamClass inflater_class = { inflater_open, inflater_read, inflater_close };

SpBlob *
sp_inflate_new_member (SpBlob *zip,
                       guint64 offset,
                       guint64 n_compressed,
                       guint64 n_bytes,
                       guint32 crc,
                       const char *name)
{
  Origin *origin = g_new0 (Origin, 1);

  *origin = (Origin) { sp_blob_ref (zip), offset, n_compressed, n_bytes, crc, FALSE, g_strdup (name) };
  return sp_blob_new_stream (&inflater_class, origin, (GDestroyNotify) origin_free, name, sp_blob_get_path (zip),
                             n_bytes);
}

SpBlob *
sp_inflate_new_gzip (SpBlob *blob, const char *name)
{
  Origin *origin = g_new0 (Origin, 1);

  *origin = (Origin) { sp_blob_ref (blob), 0, SP_SIZE_UNKNOWN, SP_SIZE_UNKNOWN, 0, TRUE, g_strdup (name) };
  return sp_blob_new_stream (&inflater_class, origin, (GDestroyNotify) origin_free, name, sp_blob_get_path (blob),
                             SP_SIZE_UNKNOWN);
}
