/* sp-dump-file.c - a safetensors file whose tensors are written row by row, by many threads */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sp-dump-file.h"

#include "sp-beside.h"
#include "sp-json.h"

#include <glib/gi18n-lib.h>

typedef struct { guint64 offset, row_bytes; } Place;

struct _SpDumpFile {
  GString  *metadata, *entries;          /* members of the header's objects */
  GArray   *places;                      /* of Place, in the data */
  guint64   n_bytes, start;              /* of the data */
  SpBeside *file;                        /* NULL: not begun */
};

SpDumpFile *
sp_dump_file_new (void)
{
  SpDumpFile *self = g_new0 (SpDumpFile, 1);

  self->metadata = g_string_new (NULL);
  self->entries = g_string_new (NULL);
  self->places = g_array_new (FALSE, FALSE, sizeof (Place));
  return self;
}

void
sp_dump_file_free (SpDumpFile *self)
{
  g_clear_pointer (&self->file, sp_beside_free);
  g_string_free (self->metadata, TRUE);
  g_string_free (self->entries, TRUE);
  g_array_unref (self->places);
  g_free (self);
}

void
sp_dump_file_describe (SpDumpFile *self, const char *key, const char *value)
{
  g_string_append (self->metadata, self->metadata->len > 0 ? "," : "");
  sp_json_append_string (self->metadata, key);
  g_string_append_c (self->metadata, ':');
  sp_json_append_string (self->metadata, value);
}

guint
sp_dump_file_add (SpDumpFile *self, const char *name, SpDtype dtype, guint64 n_rows, guint64 n_columns)
{
  Place            place = { self->n_bytes, MAX (n_columns, 1) * sp_dtype_size (dtype) };
  g_autofree char *type = g_ascii_strup (sp_dtype_name (dtype), -1);

  self->n_bytes += n_rows * place.row_bytes;
  g_array_append_val (self->places, place);
  g_string_append (self->entries, ",\n");
  sp_json_append_string (self->entries, name);
  g_string_append_printf (self->entries, ":{\"dtype\":\"%s\",\"shape\":[%" G_GUINT64_FORMAT, type, n_rows);
  if (n_columns > 0)
    g_string_append_printf (self->entries, ",%" G_GUINT64_FORMAT, n_columns);
  g_string_append_printf (self->entries, "],\"data_offsets\":[%" G_GUINT64_FORMAT ",%" G_GUINT64_FORMAT "]}", place.offset, self->n_bytes);
  return self->places->len - 1;
}

/* The length of the header and the header; 8 bytes are what tensors are aligned to. */
static GString *
make_header (SpDumpFile *self)
{
  GString *header = g_string_new ("12345678{\"__metadata__\":{");
  guint64  n_bytes;

  g_string_append_len (header, self->metadata->str, (gssize) self->metadata->len);
  g_string_append_c (header, '}');
  g_string_append_len (header, self->entries->str, (gssize) self->entries->len);
  g_string_append_c (header, '}');
  while (header->len % 8 != 0)
    g_string_append_c (header, ' ');
  n_bytes = GUINT64_TO_LE ((guint64) header->len - sizeof n_bytes);
  g_string_overwrite_len (header, 0, (const char *) &n_bytes, sizeof n_bytes);
  return header;
}

guint64
sp_dump_file_n_bytes (SpDumpFile *self)
{
  GString *header = make_header (self);
  guint64  n_bytes = header->len + self->n_bytes;

  g_string_free (header, TRUE);
  return n_bytes;
}

gboolean
sp_dump_file_begin (SpDumpFile *self, const char *path, GError **error)
{
  GString *header;
  gboolean is_begun;

  if (G_BYTE_ORDER != G_LITTLE_ENDIAN)
    {
      g_set_error (error, SP_ERROR, SP_ERROR_UNSUPPORTED, _("%s: this machine is big-endian, the files are not"), path);
      return FALSE;
    }
  self->file = sp_beside_new (path, error);
  if (self->file == NULL)
    return FALSE;
  header = make_header (self);
  self->start = header->len;
  is_begun = sp_beside_reserve (self->file, self->start + self->n_bytes, error) &&
             sp_beside_write (self->file, 0, header->str, header->len, error);
  g_string_free (header, TRUE);
  return is_begun;
}

gboolean
sp_dump_file_write (SpDumpFile *self, guint tensor, guint64 first_row, guint64 n_rows, gconstpointer rows, GError **error)
{
  const Place *place = &g_array_index (self->places, Place, tensor);

  return sp_beside_write (self->file, self->start + place->offset + first_row * place->row_bytes, rows, n_rows * place->row_bytes, error);
}

gboolean
sp_dump_file_finish (SpDumpFile *self, GError **error)
{
  return sp_beside_finish (self->file, error);
}
