/* sp-dump-beside.c - what lies beside recorded activations: a mask of their tokens, and the tokens' text */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sp-dump-private.h"

#include "sp-json.h"

#include <glib/gi18n-lib.h>
#include <inttypes.h>

/* --- the mask ---------------------------------------------------------------------------------- */

gboolean
sp_dump_is_mask (const SpTensor *tensor)
{
  g_auto (GStrv) parts = sp_dump_split_name (tensor);
  const char    *last = NULL;

  for (gsize i = 0; parts[i] != NULL; i++)
    last = sp_dump_is_number (parts[i]) ? last : parts[i];
  return sp_tensor_is_readable (tensor) && (g_strcmp0 (last, "mask") == 0 || g_strcmp0 (last, "attention_mask") == 0);
}

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

/* A mask for each batch, one after another as their names do. */
static GArray *
list_masks (const SpItems *items, SpStore *store, guint64 *n_entries)
{
  GArray *masks = g_array_new (FALSE, FALSE, sizeof (gsize));

  *n_entries = 0;
  for (gsize i = 0; i < items->n; i++)
    if (items->items[i].store == store && sp_dump_is_mask (items->items[i].tensor))
      {
        g_array_append_val (masks, i);
        *n_entries += items->items[i].tensor->n_elements;
      }
  g_array_sort_with_data (masks, sp_dump_compare_names, (gpointer) items);
  return masks;
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
                           g_strdup_printf (_("The mask has %" PRIu64 " entries, layer %s %" PRIu64 " tokens: all of these count."),
                                            n_entries, label, dump->layers[i].n_tokens));
        }
    }
  return is_any;
}

void
sp_dump_load_mask (SpDump *dump, const SpItems *items, SpStore *store)
{
  guint64            n_entries, place = 0;
  g_autoptr (GArray) masks = list_masks (items, store, &n_entries);
  g_autoptr (GError) error = NULL;

  if (masks->len == 0 || !find_masked_layers (dump, n_entries))
    return;
  dump->mask = g_malloc (n_entries + 1);
  dump->n_mask = n_entries;
  for (guint i = 0; i < masks->len && error == NULL; i++)
    {
      const SpTensor *tensor = items->items[g_array_index (masks, gsize, i)].tensor;

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

/* --- the text ---------------------------------------------------------------------------------- */

#define MOST_TEXT_BYTES ((goffset) 256 << 20)

static char *
find_texts (SpStore *store)
{
  const char      *path = sp_store_get_path (store);
  g_autofree char *folder = g_file_test (path, G_FILE_TEST_IS_DIR) ? g_strdup (path) : g_path_get_dirname (path);

  return g_build_filename (folder, "tokens.json", NULL);
}

static GPtrArray *
parse_texts (const char *json, gsize n_bytes, GError **error)
{
  g_autoptr (SpJson)    reader = sp_json_new (json, n_bytes, "tokens.json");
  g_autoptr (GPtrArray) texts = g_ptr_array_new_with_free_func (g_free);
  SpJsonToken           token = sp_json_next (reader, error);

  if (token != SP_JSON_ERROR && token != SP_JSON_ARRAY)
    g_set_error (error, SP_ERROR, SP_ERROR_MALFORMED, _("tokens.json is no list of strings"));
  if (token != SP_JSON_ARRAY)
    return NULL;
  while ((token = sp_json_next (reader, error)) == SP_JSON_STRING)
    g_ptr_array_add (texts, sp_printable_text (sp_json_get_string (reader), -1));
  if (token == SP_JSON_ARRAY_END)
    return g_steal_pointer (&texts);
  if (token != SP_JSON_ERROR)
    g_set_error (error, SP_ERROR, SP_ERROR_MALFORMED, _("tokens.json is no list of strings"));
  return NULL;
}

static GPtrArray *
read_texts (const char *path, GError **error)
{
  g_autoptr (GFile)     file = g_file_new_for_path (path);
  g_autoptr (GFileInfo) info = g_file_query_info (file, G_FILE_ATTRIBUTE_STANDARD_SIZE, G_FILE_QUERY_INFO_NONE, NULL, error);
  g_autofree char      *json = NULL;
  gsize                 n_bytes;

  if (info == NULL)
    return NULL;
  if (g_file_info_get_size (info) > MOST_TEXT_BYTES)
    {
      g_set_error (error, SP_ERROR, SP_ERROR_TOO_BIG, _("tokens.json is larger than 256 MiB"));
      return NULL;
    }
  return g_file_get_contents (path, &json, &n_bytes, error) ? parse_texts (json, n_bytes, error) : NULL;
}

/* Beside most dumps there is none, and that is no problem. */
void
sp_dump_load_texts (SpDump *dump, SpStore *store)
{
  g_autofree char       *path = find_texts (store);
  g_autoptr (GError)     error = NULL;
  g_autoptr (GPtrArray)  texts = read_texts (path, &error);

  if (texts != NULL && dump->n_layers > 0 && texts->len != dump->layers[0].n_tokens)
    g_ptr_array_add (dump->notes, g_strdup_printf (_("tokens.json has %u texts for %" PRIu64 " tokens and is not used."), texts->len,
                                                   dump->layers[0].n_tokens));
  else if (texts != NULL)
    {
      dump->n_texts = texts->len;
      g_ptr_array_add (texts, NULL);
      dump->texts = (char **) g_ptr_array_steal (texts, NULL);
    }
  else if (!g_error_matches (error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND))
    g_ptr_array_add (dump->notes, g_strdup_printf (_("The tokens' text is not shown: %s"), error->message));
}
