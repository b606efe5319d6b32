/* sp-dump-view.c - what analyses of recorded activations share: names for layers and tokens, and the parts of a chunk that count */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sp-dump-private.h"

#include <glib/gi18n-lib.h>
#include <math.h>
#include <string.h>

char *
sp_dump_layer_label (const SpDumpLayer *layer)
{
  if (layer->layer < 0)
    return g_strdup ("–");
  if (layer->stack == 0)
    return g_strdup_printf ("%d", layer->layer);
  return g_strdup_printf (layer->stack == 'e' ? _("enc %d") : _("dec %d"), layer->layer);
}

/* Vocabularies write the space before a word as a letter of its own. */
char *
sp_dump_token_text (const SpDump *dump, guint64 token)
{
  static const char *const spaces[] = { "▁", "Ġ" };

  if (token >= dump->n_texts)
    return NULL;
  for (gsize i = 0; i < G_N_ELEMENTS (spaces); i++)
    if (g_str_has_prefix (dump->texts[token], spaces[i]))
      return g_strconcat (" ", dump->texts[token] + strlen (spaces[i]), NULL);
  return g_strdup (dump->texts[token]);
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

guint64
sp_dump_count_tokens (const SpDump *dump, gsize layer, guint64 n_elements)
{
  guint64 n = dump->layers[layer].n_neurons;

  return n > 0 ? (n_elements + n - 1) / n : 0;
}

#define MAX_CELLS 2048                   /* columns of a map */

SpGrid *
sp_dump_grid_new (const SpDump *dump, const char *id, guint64 n_columns)
{
  SpGrid *grid = sp_grid_new (id, dump->n_layers, n_columns, 1, MAX ((n_columns + MAX_CELLS - 1) / MAX_CELLS, 1));

  sp_grid_add_layer (grid, SP_LAYER_MEAN);
  grid->row_labels = g_new0 (char *, dump->n_layers + 1);
  grid->row_margin = g_new (double, dump->n_layers + 1);
  grid->row_keys = g_new0 (char *, dump->n_layers + 1);
  for (gsize i = 0; i < dump->n_layers; i++)
    {
      grid->row_labels[i] = sp_dump_layer_label (&dump->layers[i]);
      grid->row_keys[i] = g_strdup (dump->layers[i].tensor);
    }
  grid->row_title = g_intern_string (_("Layer"));
  grid->unit = "share";
  return grid;
}

static void
add_names (const SpDump *dump, SpTable *table)
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

static SpColumn *
make_layer_column (const SpDumpColumn *column, const gconstpointer *layers, gsize n)
{
  double *values = g_new (double, n + 1);
  gint64 *counts;

  for (gsize i = 0; i < n; i++)
    values[i] = layers[i] != NULL ? column->get (layers[i]) : NAN;
  if (!column->is_count)
    return sp_column_new_f64 (column->name, _(column->title), column->unit, n, values);
  counts = g_new (gint64, n + 1);
  for (gsize i = 0; i < n; i++)
    counts[i] = isnan (values[i]) ? SP_I64_NONE : (gint64) values[i];
  g_free (values);
  return sp_column_new_i64 (column->name, _(column->title), column->unit, n, counts);
}

SpColumn *
sp_dump_tensor_column (const SpDump *dump)
{
  g_autofree const char **names = g_new0 (const char *, dump->n_layers + 1);

  for (gsize i = 0; i < dump->n_layers; i++)
    names[i] = dump->layers[i].tensor;
  return sp_column_new_text ("tensor", _("Tensor"), dump->n_layers, names);
}

SpTable *
sp_dump_layer_table (const SpDump *dump, const SpDumpColumn *columns, const gconstpointer *layers, const char *const *problems)
{
  SpTable *table = sp_table_new ("layers", _("Layers"), dump->n_layers);

  add_names (dump, table);
  for (gsize c = 0; columns[c].name != NULL; c++)
    sp_table_take_column (table, make_layer_column (&columns[c], layers, dump->n_layers));
  sp_table_take_column (table, sp_dump_tensor_column (dump));
  sp_table_take_column (table, sp_column_new_text ("note", _("Note"), dump->n_layers, problems));
  return table;
}

void
sp_dump_make_links (SpDump *dump, const SpItems *items)
{
  dump->links = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  for (gsize i = 0; i < items->n; i++)
    if (dump->layer_of[i] < dump->n_layers)
      g_hash_table_insert (dump->links, g_strdup (items->items[i].tensor->name), g_strdup (dump->layers[dump->layer_of[i]].tensor));
  for (gsize i = 0; i < dump->n_layers; i++)
    g_hash_table_insert (dump->links, g_strdup (sp_dump_series_name (&dump->layers[i])), g_strdup (dump->layers[i].tensor));
}

void
sp_dump_add_links (const SpDump *dump, SpResult *result)
{
  result->links = dump->links != NULL ? g_hash_table_ref (dump->links) : NULL;
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

      sp_result_take_note (result, g_strdup_printf (ngettext ("%s token is masked out and does not count.",
                                                              "%s tokens are masked out and do not count.", dump->n_masked_out), n));
    }
  result->lacks_beside = result->lacks_beside || dump->lacks_tokenizer;
  for (gsize i = 0; i < dump->n_layers; i++)
    has_others = has_others || dump->layers[i].n_tokens != dump->layers[0].n_tokens;
  if (has_others)
    sp_result_take_note (result, g_strdup (_("Layers have different numbers of tokens.")));
}

/* --- the parts of a chunk that count --------------------------------------------------------------- */

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
