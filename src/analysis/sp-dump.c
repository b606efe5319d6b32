/* sp-dump.c - the recorded activations among the tensors of a run */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sp-dump.h"

#include "sp-json.h"

#include <glib/gi18n-lib.h>
#include <inttypes.h>
#include <string.h>

/* Parts of names that say what was recorded. */
static const char *const words[] = {
  "act", "acts", "activation", "activations", "act_fn", "activation_fn", "intermediate_act_fn", "hook_post", "post_act",
  "neurons", NULL
};

/* Parts of names that say so where no other follows: a module, by whose name its output goes. */
static const char *const modules[] = { "mlp", "ffn", NULL };

/* Last parts of names that say it was not. */
static const char *const parameters[] = { "weight", "bias", "scale", "scales", "weight_g", "weight_v", "kernel", "alpha", "beta", NULL };

static gboolean
is_number (const char *part)
{
  return part[0] != '\0' && strspn (part, "0123456789") == strlen (part);
}

static char **
split (const SpTensor *tensor)
{
  g_autofree char *name = g_ascii_strdown (tensor->name, -1);

  return g_strsplit_set (name, "./[]:", -1);
}

static gboolean
has_word (char **parts)
{
  const char *last = NULL;

  for (gsize i = 0; parts[i] != NULL; i++)
    {
      if (g_strv_contains (words, parts[i]) || g_str_has_prefix (parts[i], "act_"))
        return TRUE;
      last = is_number (parts[i]) ? last : parts[i];
    }
  return last != NULL && g_strv_contains (modules, last);
}

static gboolean
is_parameter (const SpTensor *tensor)
{
  g_auto (GStrv) parts = split (tensor);
  guint          n = g_strv_length (parts);

  return n > 0 && g_strv_contains (parameters, parts[n - 1]);
}

gboolean
sp_dump_is_activations (const SpTensor *tensor)
{
  g_auto (GStrv) parts = split (tensor);

  if (!sp_tensor_is_readable (tensor) || (tensor->rank != 2 && tensor->rank != 3))
    return FALSE;
  if (sp_dtype_kind (tensor->dtype) == SP_KIND_INT && sp_dtype_size (tensor->dtype) > 1)
    return FALSE;
  return !is_parameter (tensor) && has_word (parts);
}

gboolean
sp_dump_is_in (SpStore *store)
{
  gboolean is_any = FALSE;

  for (gsize i = 0; i < sp_store_get_n_tensors (store); i++)
    {
      const SpTensor *tensor = sp_store_get_tensor (store, i);

      if (is_parameter (tensor))
        return FALSE;
      is_any = is_any || sp_dump_is_activations (tensor);
    }
  return is_any;
}

static gboolean
has_activations (SpStore *store)
{
  for (gsize i = 0; i < sp_store_get_n_tensors (store); i++)
    if (sp_dump_is_activations (sp_store_get_tensor (store, i)))
      return TRUE;
  return FALSE;
}

gboolean
sp_analysis_suits (const SpAnalysis *analysis, SpStore *store)
{
  switch (analysis->needs)
    {
    case SP_NEEDS_WEIGHTS:     return !sp_dump_is_in (store);
    case SP_NEEDS_ACTIVATIONS: return has_activations (store);
    case SP_NEEDS_TENSORS:     break;
    }
  return TRUE;
}

guint64
sp_dump_count_neurons (const SpTensor *tensor)
{
  return tensor->shape[tensor->rank - 1];
}

/* "model.layers.3.mlp" → "model.layers.*.mlp" */
static char *
site_of (const SpTensor *tensor)
{
  g_auto (GStrv) parts = g_strsplit (tensor->name, ".", -1);

  for (gsize i = 0; parts[i] != NULL; i++)
    if (is_number (parts[i]))
      {
        g_free (parts[i]);
        parts[i] = g_strdup ("*");
      }
  return g_strjoinv (".", parts);
}

/* --- the site: names of one kind in one store --------------------------------------------------- */

typedef struct { char *name; SpStore *store; guint64 n_elements; } Site;

static void
site_clear (gpointer data)
{
  g_free (((Site *) data)->name);
}

static void
add_to_sites (GArray *sites, const SpItem *item)
{
  g_autofree char *name = site_of (item->tensor);
  Site             site = { NULL, item->store, item->tensor->n_elements };

  for (guint i = 0; i < sites->len; i++)
    {
      Site *known = &g_array_index (sites, Site, i);

      if (known->store == item->store && strcmp (known->name, name) == 0)
        {
          known->n_elements += item->tensor->n_elements;
          return;
        }
    }
  site.name = g_steal_pointer (&name);
  g_array_append_val (sites, site);
}

/* The one with most elements, the first of equals. */
static const Site *
choose_site (GArray *sites)
{
  const Site *best = NULL;

  for (guint i = 0; i < sites->len; i++)
    if (best == NULL || g_array_index (sites, Site, i).n_elements > best->n_elements)
      best = &g_array_index (sites, Site, i);
  return best;
}

static void
note_others (SpDump *dump, GArray *sites, const Site *chosen)
{
  for (guint i = 0; i < sites->len; i++)
    {
      const Site *site = &g_array_index (sites, Site, i);

      if (site != chosen)
        g_ptr_array_add (dump->notes, g_strdup_printf (_("%s: %s is not looked at, %s is."), sp_store_get_title (site->store), site->name,
                                                       chosen->name));
    }
}

/* --- layers ----------------------------------------------------------------------------------- */

static int
compare_layers (gconstpointer a, gconstpointer b)
{
  const SpDumpLayer *x = a, *y = b;

  if (x->stack != y->stack)
    return x->stack == 'e' || (x->stack == 0 && y->stack != 'e') ? -1 : 1;
  return (x->layer > y->layer) - (x->layer < y->layer);
}

static gsize
find_layer (GArray *layers, const SpDumpLayer *wanted)
{
  for (guint i = 0; i < layers->len; i++)
    if (compare_layers (&g_array_index (layers, SpDumpLayer, i), wanted) == 0)
      return i;
  return G_MAXSIZE;
}

static SpDumpLayer
layer_of (const SpTensor *tensor)
{
  return (SpDumpLayer) { .layer = tensor->role.layer, .stack = tensor->role.stack, .n_neurons = sp_dump_count_neurons (tensor) };
}

static gboolean
is_at (const SpItem *item, const Site *site)
{
  g_autofree char *name = NULL;

  if (item->store != site->store || !sp_dump_is_activations (item->tensor))
    return FALSE;
  name = site_of (item->tensor);
  return strcmp (name, site->name) == 0;
}

static void
list_layers (SpDump *dump, const SpItems *items, const Site *site)
{
  g_autoptr (GArray) layers = g_array_new (FALSE, FALSE, sizeof (SpDumpLayer));

  for (gsize i = 0; i < items->n; i++)
    {
      SpDumpLayer layer = layer_of (items->items[i].tensor);

      if (is_at (&items->items[i], site) && find_layer (layers, &layer) == G_MAXSIZE)
        g_array_append_val (layers, layer);
    }
  g_array_sort (layers, compare_layers);
  dump->n_layers = layers->len;
  dump->layers = (SpDumpLayer *) (gpointer) g_array_steal (layers, NULL);
}

static int
compare_names (gconstpointer a, gconstpointer b, gpointer data)
{
  const SpItems *items = data;

  return sp_natural_compare (items->items[*(const gsize *) a].tensor->name, items->items[*(const gsize *) b].tensor->name);
}

/* Batches of a layer follow one another as their names do. */
static void
place_item (SpDump *dump, const SpItems *items, gsize item)
{
  const SpTensor *tensor = items->items[item].tensor;
  SpDumpLayer     wanted = layer_of (tensor), *layer = NULL;
  guint64         n_neurons = sp_dump_count_neurons (tensor);

  for (gsize i = 0; i < dump->n_layers && layer == NULL; i++)
    if (compare_layers (&dump->layers[i], &wanted) == 0)
      layer = &dump->layers[i];
  if (n_neurons != layer->n_neurons)
    {
      g_ptr_array_add (dump->notes, g_strdup_printf (_("%s is left out: it has %" PRIu64 " neurons, the others of its layer %" PRIu64 "."),
                                                     tensor->name, n_neurons, layer->n_neurons));
      return;
    }
  dump->layer_of[item] = (gsize) (layer - dump->layers);
  dump->first_token[item] = layer->n_tokens;
  layer->n_tokens += n_neurons > 0 ? tensor->n_elements / n_neurons : 0;
}

static void
place_items (SpDump *dump, const SpItems *items, const Site *site)
{
  g_autofree gsize *order = g_new (gsize, items->n + 1);
  gsize             n = 0;

  for (gsize i = 0; i < items->n; i++)
    if (is_at (&items->items[i], site))
      order[n++] = i;
  g_qsort_with_data (order, (gint) n, sizeof *order, compare_names, (gpointer) items);
  for (gsize i = 0; i < n; i++)
    place_item (dump, items, order[i]);
}

/* --- the mask ---------------------------------------------------------------------------------- */

static gboolean
is_mask (const SpTensor *tensor)
{
  g_auto (GStrv) parts = split (tensor);
  const char    *last = NULL;

  for (gsize i = 0; parts[i] != NULL; i++)
    last = is_number (parts[i]) ? last : parts[i];
  return sp_tensor_is_readable (tensor) && (g_strcmp0 (last, "mask") == 0 || g_strcmp0 (last, "attention_mask") == 0);
}

static gboolean
read_mask (const SpTensor *tensor, guint8 *mask, GError **error)
{
  g_autoptr (SpSource) source = sp_source_new (tensor, error);
  SpMatrix             matrix = sp_tensor_get_matrix (tensor);
  g_autofree float    *row = g_new (float, matrix.n_columns + 1);

  for (guint64 r = 0; source != NULL && r < matrix.n_rows; r++)
    {
      if (!sp_source_read_f32 (source, r, 0, 1, matrix.n_columns, row, error))
        return FALSE;
      for (guint64 c = 0; c < matrix.n_columns; c++)
        mask[r * matrix.n_columns + c] = row[c] != 0;
    }
  return source != NULL;
}

/* A mask for each batch, one after another as their names do. */
static GArray *
list_masks (const SpItems *items, const Site *site, guint64 *n_entries)
{
  GArray *masks = g_array_new (FALSE, FALSE, sizeof (gsize));

  *n_entries = 0;
  for (gsize i = 0; i < items->n; i++)
    if (items->items[i].store == site->store && is_mask (items->items[i].tensor))
      {
        g_array_append_val (masks, i);
        *n_entries += items->items[i].tensor->n_elements;
      }
  g_array_sort_with_data (masks, compare_names, (gpointer) items);
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

static void
load_mask (SpDump *dump, const SpItems *items, const Site *site)
{
  guint64            n_entries, place = 0;
  g_autoptr (GArray) masks = list_masks (items, site, &n_entries);
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
static void
load_texts (SpDump *dump, SpStore *store)
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

SpDump *
sp_dump_new (const SpItems *items)
{
  SpDump            *dump = g_new0 (SpDump, 1);
  g_autoptr (GArray) sites = g_array_new (FALSE, FALSE, sizeof (Site));
  const Site        *site;

  g_array_set_clear_func (sites, site_clear);
  dump->notes = g_ptr_array_new_with_free_func (g_free);
  dump->layer_of = g_new (gsize, items->n + 1);
  dump->first_token = g_new0 (guint64, items->n + 1);
  for (gsize i = 0; i < items->n; i++)
    {
      dump->layer_of[i] = G_MAXSIZE;
      if (sp_dump_is_activations (items->items[i].tensor))
        add_to_sites (sites, &items->items[i]);
    }
  site = choose_site (sites);
  if (site == NULL)
    return dump;
  dump->site = g_strdup (site->name);
  note_others (dump, sites, site);
  list_layers (dump, items, site);
  place_items (dump, items, site);
  load_mask (dump, items, site);
  load_texts (dump, site->store);
  return dump;
}

void
sp_dump_free (SpDump *dump)
{
  g_free (dump->site);
  g_free (dump->layers);
  g_free (dump->layer_of);
  g_free (dump->first_token);
  g_free (dump->mask);
  g_strfreev (dump->texts);
  g_ptr_array_unref (dump->notes);
  g_free (dump);
}

char *
sp_dump_layer_label (const SpDumpLayer *layer)
{
  if (layer->layer < 0)
    return g_strdup ("–");
  if (layer->stack == 0)
    return g_strdup_printf ("%d", layer->layer);
  return g_strdup_printf (layer->stack == 'e' ? _("enc %d") : _("dec %d"), layer->layer);
}

char *
sp_dump_token_label (const SpDump *dump, guint64 token)
{
  if (token < dump->n_texts)
    return g_strdup_printf ("%s (%" PRIu64 ")", dump->texts[token], token);
  return g_strdup_printf ("%" PRIu64, token);
}

const char *
sp_dump_series_name (const SpDumpLayer *layer)
{
  const char      *stack = layer->stack == 'e' ? "enc_" : layer->stack == 'd' ? "dec_" : "";
  g_autofree char *name = layer->layer < 0 ? g_strdup ("layer_none") : g_strdup_printf ("layer_%s%d", stack, layer->layer);

  return g_intern_string (name);
}

const char *
sp_dump_series_title (const SpDumpLayer *layer)
{
  g_autofree char *label = sp_dump_layer_label (layer), *title = g_strdup_printf (_("layer %s"), label);

  return g_intern_string (title);
}

void
sp_dump_cursor_init (SpDumpCursor *cursor, const SpDump *dump, gsize item, const SpChunk *chunk)
{
  *cursor = (SpDumpCursor) { .dump = dump, .chunk = chunk, .n_neurons = sp_dump_count_neurons (chunk->tensor),
                             .start = chunk->row * sp_tensor_get_matrix (chunk->tensor).n_columns + chunk->column,
                             .first_token = dump->first_token[item],
                             .is_masked = dump->layers[dump->layer_of[item]].is_masked };
}

guint64
sp_dump_cursor_token (const SpDumpCursor *cursor, gsize element)
{
  return cursor->first_token + (cursor->start + element) / cursor->n_neurons;
}

static gboolean
counts (const SpDumpCursor *cursor, guint64 token)
{
  return !cursor->is_masked || cursor->dump->mask[token] != 0;
}

/* To the first element at or after it whose token counts. */
static void
skip_masked (SpDumpCursor *cursor)
{
  gsize n = cursor->chunk->n;

  while (cursor->at < n && !counts (cursor, sp_dump_cursor_token (cursor, cursor->at)))
    cursor->at += MIN (cursor->n_neurons - (cursor->start + cursor->at) % cursor->n_neurons, n - cursor->at);
}

gboolean
sp_dump_next (SpDumpCursor *cursor, SpDumpBlock *block)
{
  const SpChunk *chunk = cursor->chunk;
  guint64        n_neurons = cursor->n_neurons, neuron;
  gsize          n;

  skip_masked (cursor);
  if (cursor->at >= chunk->n)
    return FALSE;
  neuron = (cursor->start + cursor->at) % n_neurons;
  *block = (SpDumpBlock) { .first = cursor->at, .neuron = neuron, .n_tokens = 1, .token = sp_dump_cursor_token (cursor, cursor->at),
                           .n_neurons = MIN (n_neurons - neuron, chunk->n - cursor->at),
                           .data = chunk->data != NULL ? (const guint8 *) chunk->data + cursor->at * sp_dtype_size (chunk->tensor->dtype)
                                                       : NULL };
  n = block->n_neurons == n_neurons ? (chunk->n - cursor->at) / n_neurons : 1;
  if (!cursor->is_masked)
    block->n_tokens = n;
  while (block->n_tokens < n && counts (cursor, block->token + block->n_tokens))
    block->n_tokens++;
  cursor->at += block->n_tokens * block->n_neurons;
  return TRUE;
}

void
sp_dump_add_layer_columns (const SpDump *dump, SpTable *table)
{
  gsize          n = dump->n_layers;
  g_auto (GStrv) labels = g_new0 (char *, n + 1);
  gint64        *numbers = g_new (gint64, n + 1);

  for (gsize i = 0; i < n; i++)
    {
      labels[i] = sp_dump_layer_label (&dump->layers[i]);
      numbers[i] = dump->layers[i].layer < 0 ? SP_I64_NONE : dump->layers[i].layer;
    }
  sp_table_take_column (table, sp_column_new_text ("label", _("Layer"), n, (const char *const *) labels));
  sp_table_take_column (table, sp_column_new_i64 ("layer", _("Number"), "", n, numbers));
}

void
sp_dump_add_notes (const SpDump *dump, SpResult *result)
{
  gboolean has_others = FALSE;

  for (guint i = 0; i < dump->notes->len; i++)
    sp_result_take_note (result, g_strdup (dump->notes->pdata[i]));
  if (dump->n_masked_out > 0)
    {
      g_autofree char *n = sp_format_number ((double) dump->n_masked_out, "tokens");

      sp_result_take_note (result, g_strdup_printf (_("%s tokens are masked out and do not count."), n));
    }
  for (gsize i = 0; i < dump->n_layers; i++)
    has_others = has_others || dump->layers[i].n_tokens != dump->layers[0].n_tokens;
  if (has_others)
    sp_result_take_note (result, g_strdup (_("Layers have different numbers of tokens.")));
}
