/* sp-ids.c - reads token ids from JSON and NumPy files */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sp-ids.h"

#include "kernels.h"
#include "sp-json.h"
#include "sp-load.h"
#include "sp-source.h"
#include "sp-store.h"

#include <glib/gi18n-lib.h>
#include <math.h>

#define MOST_MIB 1024u
#define MOST_IDS (1u << 28)              /* 1 GiB of them */
#define CANCEL_IDS 65536u                /* between two looks whether it is cancelled */

gboolean
sp_ids_are_in (const char *path)
{
  return g_str_has_suffix (path, ".json") || g_str_has_suffix (path, ".npy");
}

static gboolean
refuse_many (const char *name, GError **error)
{
  g_set_error (error, SP_ERROR, SP_ERROR_TOO_BIG, _("%s: it holds more than the %u token ids that are read; choose a part of it"), name,
               MOST_IDS);
  return FALSE;
}

static gboolean
take_id (GArray *ids, const char *name, const char *text, double value, GError **error)
{
  guint32 id = 0;

  if (ids->len == MOST_IDS)
    return refuse_many (name, error);
  if (!(value >= 0 && value <= G_MAXUINT32 && value == floor (value)))
    {
      g_set_error (error, SP_ERROR, SP_ERROR_MALFORMED, _("%s: entry %u is %s, no token id"), name, ids->len, text);
      return FALSE;
    }
  id = (guint32) value;
  g_array_append_val (ids, id);
  return TRUE;
}

/* --- JSON --------------------------------------------------------------------------------------------- */

static gboolean
read_list (GArray *ids, SpJson *json, const char *name, GCancellable *cancellable, GError **error)
{
  SpJsonToken token = sp_json_next (json, error);

  if (token == SP_JSON_ERROR)
    return FALSE;
  for (gboolean is_list = token == SP_JSON_ARRAY; is_list;)
    switch (sp_json_next (json, error))
      {
      case SP_JSON_NUMBER:
        if (!take_id (ids, name, sp_json_get_string (json), sp_json_get_double (json), error) ||
            (ids->len % CANCEL_IDS == 0 && g_cancellable_set_error_if_cancelled (cancellable, error)))
          return FALSE;
        break;
      case SP_JSON_ARRAY_END:
        return sp_json_next (json, error) == SP_JSON_END;
      case SP_JSON_ERROR:
        return FALSE;
      default:
        is_list = FALSE;
      }
  g_set_error (error, SP_ERROR, SP_ERROR_MALFORMED, _("%s: it is not one list of token ids, such as [1, 410, 13]"), name);
  return FALSE;
}

static gboolean
read_json (GArray *ids, const char *path, const char *name, GCancellable *cancellable, GError **error)
{
  g_autofree char   *text = NULL;
  gsize              n_bytes;
  g_autoptr (SpJson) json = NULL;

  if (!sp_load_file (path, name, MOST_MIB, &text, &n_bytes, cancellable, error))
    return FALSE;
  json = sp_json_new (text, n_bytes, name);
  return read_list (ids, json, name, cancellable, error);
}

/* --- NumPy -------------------------------------------------------------------------------------------- */

typedef struct { GArray *ids; const char *name; GError *error; } Taking;

/* As f32, which holds every id a model may have. */
static gboolean
take_chunk (gpointer data, const SpChunk *chunk)
{
  Taking *taking = data;
  SpDtype dtype = chunk->tensor->dtype;
  float   values[256];

  for (gsize i = 0; i < chunk->n && taking->error == NULL; i++)
    {
      char text[G_ASCII_DTOSTR_BUF_SIZE];

      if (i % G_N_ELEMENTS (values) == 0)
        sp_kernels ()->widen[dtype] ((const guint8 *) chunk->data + i * sp_dtype_size (dtype), MIN (chunk->n - i, G_N_ELEMENTS (values)),
                                     values);
      g_ascii_dtostr (text, sizeof text, (double) values[i % G_N_ELEMENTS (values)]);
      take_id (taking->ids, taking->name, text, (double) values[i % G_N_ELEMENTS (values)], &taking->error);
    }
  return taking->error == NULL;
}

static gboolean
read_array (GArray *ids, const char *path, const char *name, GCancellable *cancellable, GError **error)
{
  g_autoptr (SpStore) store = sp_store_open (path, cancellable, error);
  Taking              taking = { ids, name, NULL };

  if (store == NULL)
    return FALSE;
  if (sp_store_get_n_tensors (store) != 1 || !sp_tensor_is_readable (sp_store_get_tensor (store, 0)))
    {
      g_set_error (error, SP_ERROR, SP_ERROR_UNSUPPORTED, _("%s: it is not one array of token ids"), name);
      return FALSE;
    }
  if (sp_store_get_tensor (store, 0)->n_elements > MOST_IDS)
    return refuse_many (name, error);
  if (!sp_source_each (sp_store_get_tensor (store, 0), take_chunk, &taking, cancellable, error))
    return FALSE;
  if (taking.error != NULL)
    g_propagate_error (error, taking.error);
  return taking.error == NULL;
}

GArray *
sp_ids_read (const char *path, GCancellable *cancellable, GError **error)
{
  g_autoptr (GArray) ids = g_array_new (FALSE, FALSE, sizeof (guint32));
  g_autofree char   *base = g_path_get_basename (path), *name = sp_printable_text (base, -1);

  if (g_str_has_suffix (path, ".npy") ? !read_array (ids, path, name, cancellable, error)
                                      : !read_json (ids, path, name, cancellable, error))
    return NULL;
  if (ids->len == 0)
    {
      g_set_error (error, SP_ERROR, SP_ERROR_USAGE, _("%s: it holds no token ids"), name);
      return NULL;
    }
  return g_steal_pointer (&ids);
}
