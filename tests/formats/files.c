/* files.c - files the format tests write into a folder of their own */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "files.h"

#include <glib/gstdio.h>
#include <string.h>
#include <zlib.h>

struct _FilesZip {
  gboolean    is_zip64;
  GByteArray *bytes, *directory;
  guint64     n_members;
};

char *
files_new_folder (void)
{
  g_autoptr (GError) error = NULL;
  char *folder = g_dir_make_tmp ("sparsoscope-XXXXXX", &error);

  g_assert_no_error (error);
  return folder;
}

void
files_remove (char *folder)
{
  g_autoptr (GDir) dir = g_dir_open (folder, 0, NULL);
  const char *name;

  while (dir != NULL && (name = g_dir_read_name (dir)) != NULL)
    {
      g_autofree char *path = g_build_filename (folder, name, NULL);

      if (g_file_test (path, G_FILE_TEST_IS_DIR))
        files_remove (g_steal_pointer (&path));
      else
        g_unlink (path);
    }
  g_rmdir (folder);
  g_free (folder);
}

char *
files_write (const char *folder, const char *name, gconstpointer data, gsize n_bytes)
{
  g_autoptr (GError) error = NULL;
  char *path = g_build_filename (folder, name, NULL);

  g_file_set_contents (path, data, n_bytes, &error);
  g_assert_no_error (error);
  return path;
}

char *
files_write_text (const char *folder, const char *name, const char *text)
{
  return files_write (folder, name, text, strlen (text));
}

/* The n low bytes of value, little endian. */
static void
append (GByteArray *bytes, guint64 value, guint n)
{
  guint64 little = GUINT64_TO_LE (value);

  g_byte_array_append (bytes, (const guint8 *) &little, n);
}

GByteArray *
files_safetensors (const char *header, gconstpointer data, gsize n_bytes)
{
  GByteArray *bytes = g_byte_array_new ();

  append (bytes, strlen (header), 8);
  g_byte_array_append (bytes, (const guint8 *) header, strlen (header));
  g_byte_array_append (bytes, data, n_bytes);
  return bytes;
}

GByteArray *
files_npy (const char *descr, gboolean is_fortran, const char *shape, gconstpointer data, gsize n_bytes)
{
  g_autofree char *text = g_strdup_printf ("{'descr': '%s', 'fortran_order': %s, 'shape': %s, }\n", descr,
                                           is_fortran ? "True" : "False", shape);
  GByteArray *bytes = g_byte_array_new ();

  g_byte_array_append (bytes, (const guint8 *) "\223NUMPY\001\000", 8);
  append (bytes, strlen (text), 2);
  g_byte_array_append (bytes, (const guint8 *) text, strlen (text));
  g_byte_array_append (bytes, data, n_bytes);
  return bytes;
}

FilesZip *
files_zip_new (gboolean is_zip64)
{
  FilesZip *zip = g_new0 (FilesZip, 1);

  zip->is_zip64 = is_zip64;
  zip->bytes = g_byte_array_new ();
  zip->directory = g_byte_array_new ();
  return zip;
}

static GByteArray *
deflate_bytes (gconstpointer data, gsize n_bytes, int window_bits)
{
  GByteArray *packed = g_byte_array_new ();
  z_stream z = { 0 };
  int status;

  g_assert_cmpint (deflateInit2 (&z, 6, Z_DEFLATED, window_bits, 8, Z_DEFAULT_STRATEGY), ==, Z_OK);
  g_byte_array_set_size (packed, deflateBound (&z, n_bytes));
  z.next_in = (guint8 *) data;
  z.avail_in = n_bytes;
  z.next_out = packed->data;
  z.avail_out = packed->len;
  status = deflate (&z, Z_FINISH);
  g_assert_cmpint (status, ==, Z_STREAM_END);
  g_byte_array_set_size (packed, z.total_out);
  deflateEnd (&z);
  return packed;
}

/* What the local header and the directory's entry have in common. */
static void
append_common (FilesZip *zip,
               GByteArray *to,
               guint method,
               guint32 crc,
               gsize n_packed,
               gsize n_bytes,
               gsize n_name,
               gsize n_extra)
{
  append (to, zip->is_zip64 ? 45 : 20, 2);
  append (to, 0, 2);
  append (to, method, 2);
  append (to, 0x00210000, 4);
  append (to, crc, 4);
  append (to, zip->is_zip64 ? G_MAXUINT32 : n_packed, 4);
  append (to, zip->is_zip64 ? G_MAXUINT32 : n_bytes, 4);
  append (to, n_name, 2);
  append (to, n_extra, 2);
}

void
files_zip_add (FilesZip *zip, const char *name, gconstpointer data, gsize n_bytes, gboolean is_deflated)
{
  g_autoptr (GByteArray) packed = is_deflated ? deflate_bytes (data, n_bytes, -MAX_WBITS) : NULL;
  gsize n_packed = is_deflated ? packed->len : n_bytes, at = zip->bytes->len, n_name = strlen (name);
  guint32 crc = crc32_z (0, data, n_bytes);

  append (zip->bytes, 0x04034b50, 4);
  append_common (zip, zip->bytes, is_deflated ? 8 : 0, crc, n_packed, n_bytes, n_name, zip->is_zip64 ? 20 : 0);
  g_byte_array_append (zip->bytes, (const guint8 *) name, n_name);
  if (zip->is_zip64)
    {
      append (zip->bytes, 16 << 16 | 1, 4);
      append (zip->bytes, n_bytes, 8);
      append (zip->bytes, n_packed, 8);
    }
  g_byte_array_append (zip->bytes, is_deflated ? packed->data : data, n_packed);

  append (zip->directory, 0x02014b50, 4);
  append (zip->directory, 45, 2);
  append_common (zip, zip->directory, is_deflated ? 8 : 0, crc, n_packed, n_bytes, n_name, zip->is_zip64 ? 28 : 0);
  append (zip->directory, 0, 8);
  append (zip->directory, 0, 2);
  append (zip->directory, zip->is_zip64 ? G_MAXUINT32 : at, 4);
  g_byte_array_append (zip->directory, (const guint8 *) name, n_name);
  if (zip->is_zip64)
    {
      append (zip->directory, 24 << 16 | 1, 4);
      append (zip->directory, n_bytes, 8);
      append (zip->directory, n_packed, 8);
      append (zip->directory, at, 8);
    }
  zip->n_members++;
}

void
files_zip_damage (FilesZip *zip, gsize place, guint8 value)
{
  g_assert_cmpuint (place, <, zip->bytes->len);
  zip->bytes->data[place] = value;
}

static void
append_end64 (FilesZip *zip, guint64 directory_at)
{
  guint64 at = zip->bytes->len;

  append (zip->bytes, 0x06064b50, 4);
  append (zip->bytes, 44, 8);
  append (zip->bytes, 45 << 16 | 45, 4);
  append (zip->bytes, 0, 8);
  append (zip->bytes, zip->n_members, 8);
  append (zip->bytes, zip->n_members, 8);
  append (zip->bytes, zip->directory->len, 8);
  append (zip->bytes, directory_at, 8);
  append (zip->bytes, 0x07064b50, 4);
  append (zip->bytes, 0, 4);
  append (zip->bytes, at, 8);
  append (zip->bytes, 1, 4);
}

GByteArray *
files_zip_finish (FilesZip *zip)
{
  GByteArray *bytes = zip->bytes;
  guint64 directory_at = bytes->len;

  g_byte_array_append (bytes, zip->directory->data, zip->directory->len);
  if (zip->is_zip64)
    append_end64 (zip, directory_at);
  append (bytes, 0x06054b50, 4);
  append (bytes, 0, 4);
  append (bytes, zip->is_zip64 ? G_MAXUINT16 : zip->n_members, 2);
  append (bytes, zip->is_zip64 ? G_MAXUINT16 : zip->n_members, 2);
  append (bytes, zip->is_zip64 ? G_MAXUINT32 : zip->directory->len, 4);
  append (bytes, zip->is_zip64 ? G_MAXUINT32 : directory_at, 4);
  append (bytes, 0, 2);
  g_byte_array_unref (zip->directory);
  g_free (zip);
  return bytes;
}

GByteArray *
files_gzip (gconstpointer data, gsize n_bytes)
{
  return deflate_bytes (data, n_bytes, MAX_WBITS + 16);
}
