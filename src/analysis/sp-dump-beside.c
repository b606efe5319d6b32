/* sp-dump-beside.c - what lies beside recorded activations, an entry a token: tensors found by name, and the mask */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sp-dump-private.h"

#include <glib/gi18n-lib.h>
#include <inttypes.h>
#include <string.h>

static const char *const mask_names[] = { "mask", "attention_mask", NULL };

/* --- tensors by name ------------------------------------------------------------------------------- */

/* By its last part, without the number of a file behind it: "seq", "seq-1", "seq.0". */
static gboolean
is_named (const SpTensor *tensor, const char *name)
{
  g_auto (GStrv) parts = sp_dump_split_name (tensor);
  const char    *last = sp_dump_last_part (parts);
  gsize          n = strlen (name);

  return strncmp (last, name, n) == 0 && (last[n] == '\0' || ((last[n] == '-' || last[n] == '_') && sp_dump_is_number (last + n + 1)));
}

gboolean
sp_dump_is_mask (const SpTensor *tensor)
{
  return is_named (tensor, mask_names[0]) || is_named (tensor, mask_names[1]);
}

/* More than any layer has tokens, however often a view repeats what it has. */
#define TOO_MANY ((guint64) SP_DUMP_MOST_TOKENS + 1)

/* One for each batch or file, one after another as their names do: the store's own order. */
static GPtrArray *
list_named (SpStore *store, const char *name, guint64 *n_entries)
{
  GPtrArray *found = g_ptr_array_new ();

  *n_entries = 0;
  for (gsize i = 0; i < sp_store_get_n_tensors (store); i++)
    {
      const SpTensor *tensor = sp_store_get_tensor (store, i);

      if (!sp_tensor_is_readable (tensor) || !is_named (tensor, name))
        continue;
      g_ptr_array_add (found, (gpointer) tensor);
      *n_entries = MIN (*n_entries + MIN (tensor->n_elements, TOO_MANY), TOO_MANY);
    }
  return found;
}

static gboolean
fits_a_layer (const SpDump *dump, guint64 n_entries)
{
  for (gsize i = 0; i < dump->n_layers; i++)
    if (dump->layers[i].n_tokens == n_entries)
      return TRUE;
  return FALSE;
}

/* Where codes are split by their features, each file has all the tokens. */
static void
take_first (const SpDump *dump, GPtrArray *found, guint64 *n_entries)
{
  const SpTensor *first = found->len > 1 ? found->pdata[0] : NULL;

  if (first == NULL || fits_a_layer (dump, *n_entries) || !fits_a_layer (dump, first->n_elements))
    return;
  g_ptr_array_set_size (found, 1);
  *n_entries = first->n_elements;
}

GPtrArray *
sp_dump_find_beside (const SpDump *dump, SpStore *store, const char *const *names, guint64 *n_entries)
{
  GPtrArray *first = NULL;
  guint64    n = 0;

  for (gsize i = 0; names[i] != NULL; i++)
    {
      g_autoptr (GPtrArray) found = list_named (store, names[i], &n);

      take_first (dump, found, &n);
      if (found->len > 0 && (first == NULL || fits_a_layer (dump, n)))
        {
          g_clear_pointer (&first, g_ptr_array_unref);
          first = g_steal_pointer (&found);
          *n_entries = n;
        }
      if (first != NULL && fits_a_layer (dump, *n_entries))
        break;
    }
  return first;
}

/* Whatever its width and sign. */
static gint64
get_integer (SpDtype dtype, const guint8 *p)
{
  gsize    n = sp_dtype_size (dtype);
  gboolean is_signed = dtype == SP_DTYPE_I8 || dtype == SP_DTYPE_I16 || dtype == SP_DTYPE_I32;
  gint64   wide = 0;

  memcpy ((guint8 *) &wide + (G_BYTE_ORDER == G_BIG_ENDIAN ? sizeof wide - n : 0), p, n);
  if (is_signed && (wide >> (8 * n - 1) & 1) != 0)
    wide -= (gint64) 1 << 8 * n;
  return wide;
}

typedef struct { SpDumpIntegerFunc func; gpointer data; } Taker;

static gboolean
take_integers (gpointer data, const SpChunk *chunk)
{
  const Taker *taker = data;
  gsize        size = sp_dtype_size (chunk->tensor->dtype);

  for (gsize k = 0; k < chunk->n; k++)
    taker->func (taker->data, get_integer (chunk->tensor->dtype, (const guint8 *) chunk->data + k * size));
  return TRUE;
}

gboolean
sp_dump_read_integers (GPtrArray *tensors, SpDumpIntegerFunc func, gpointer data, GError **error)
{
  Taker taker = { func, data };

  for (guint i = 0; i < tensors->len; i++)
    {
      const SpTensor *tensor = tensors->pdata[i];

      if (sp_dtype_kind (tensor->dtype) != SP_KIND_INT)
        {
          g_set_error (error, SP_ERROR, SP_ERROR_MALFORMED, _("%s has no integers"), tensor->name);
          return FALSE;
        }
      if (!sp_source_each (tensor, take_integers, &taker, NULL, error))
        return FALSE;
    }
  return TRUE;
}

/* --- the mask -------------------------------------------------------------------------------------- */

/* At once, since a stream would be read from its start for every row. */
static gboolean
read_mask (const SpTensor *tensor, guint8 *mask, GError **error)
{
  g_autoptr (SpSource) source = sp_source_new (tensor, error);
  SpMatrix             matrix = sp_tensor_get_matrix (tensor);
  g_autofree float    *values = NULL;

  if (source == NULL)
    return FALSE;
  values = g_new (float, tensor->n_elements + 1);
  if (!sp_source_read_f32 (source, 0, 0, matrix.n_rows, matrix.n_columns, values, error))
    return FALSE;
  for (guint64 i = 0; i < tensor->n_elements; i++)
    mask[i] = values[i] != 0;
  return TRUE;
}

static gboolean
find_masked_layers (SpDump *dump, guint64 n_entries)
{
  gboolean is_any = FALSE;

  for (gsize i = 0; i < dump->n_layers; i++)
    {
      dump->layers[i].is_masked = dump->layers[i].n_tokens == n_entries;
      is_any = is_any || dump->layers[i].is_masked;
      if (!dump->layers[i].is_masked)
        {
          g_autofree char *label = sp_dump_layer_label (&dump->layers[i]);

          g_ptr_array_add (dump->notes,
                           g_strdup_printf (ngettext ("The mask has %" PRIu64 " entry, layer %s %" PRIu64 " tokens: all of these count.",
                                                      "The mask has %" PRIu64 " entries, layer %s %" PRIu64 " tokens: all of these count.",
                                                      n_entries), n_entries, label, dump->layers[i].n_tokens));
        }
    }
  return is_any;
}

void
sp_dump_load_mask (SpDump *dump, SpStore *store)
{
  guint64               n_entries, place = 0;
  g_autoptr (GPtrArray) masks = sp_dump_find_beside (dump, store, mask_names, &n_entries);
  g_autoptr (GError)    error = NULL;

  if (masks == NULL || !find_masked_layers (dump, n_entries))
    return;
  dump->mask = g_malloc (n_entries + 1);
  dump->n_mask = n_entries;
  for (guint i = 0; i < masks->len && error == NULL; i++)
    {
      const SpTensor *tensor = masks->pdata[i];

      read_mask (tensor, dump->mask + place, &error);
      place += tensor->n_elements;
    }
  for (guint64 i = 0; error == NULL && i < n_entries; i++)
    dump->n_masked_out += dump->mask[i] == 0;
  if (error == NULL)
    return;
  for (gsize i = 0; i < dump->n_layers; i++)
    dump->layers[i].is_masked = FALSE;
  g_ptr_array_add (dump->notes, g_strdup_printf (_("The mask could not be read, all tokens count: %s"), error->message));
}
