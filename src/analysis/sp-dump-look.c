/* sp-dump-look.c - one neuron of a dump, looked at closely: the tokens at which it is most active */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sp-dump-look.h"

#include <glib/gi18n-lib.h>
#include <math.h>
#include <string.h>

#define N_TOP     10
#define N_CONTEXT 8                      /* tokens on either side */

struct _SpDumpLook {
  SpDump *dump;                          /* owned, like what follows and the stores in it */
  SpItem *items;                         /* (n_items) those of the dump's layers, in the order of their tokens */
  gsize  *layer_of;
  guint64 *first_token;
  gsize   n_items;
};

/* --- what is kept ---------------------------------------------------------------------------------- */

static int
compare_places (gconstpointer a, gconstpointer b, gpointer data)
{
  const SpDump *dump = data;
  gsize         i = *(const gsize *) a, k = *(const gsize *) b;

  return (dump->first_token[i] > dump->first_token[k]) - (dump->first_token[i] < dump->first_token[k]);
}

SpDumpLook *
sp_dump_look_new (SpDump *take_dump, const SpItems *items)
{
  SpDumpLook       *look = g_atomic_rc_box_new0 (SpDumpLook);
  SpDump           *dump = take_dump;
  g_autofree gsize *order = g_new (gsize, items->n + 1);

  look->dump = dump;
  for (gsize i = 0; i < items->n; i++)
    if (dump->layer_of[i] < dump->n_layers)
      order[look->n_items++] = i;
  g_qsort_with_data (order, (gint) look->n_items, sizeof *order, compare_places, dump);
  look->items = g_new (SpItem, look->n_items + 1);
  look->layer_of = g_new (gsize, look->n_items + 1);
  look->first_token = g_new (guint64, look->n_items + 1);
  for (gsize i = 0; i < look->n_items; i++)
    {
      look->items[i] = items->items[order[i]];
      look->layer_of[i] = dump->layer_of[order[i]];
      look->first_token[i] = dump->first_token[order[i]];
      sp_store_ref (look->items[i].store);
    }
  return look;
}

SpDumpLook *
sp_dump_look_ref (SpDumpLook *look)
{
  return g_atomic_rc_box_acquire (look);
}

static void
look_clear (gpointer data)
{
  SpDumpLook *look = data;

  for (gsize i = 0; i < look->n_items; i++)
    sp_store_unref (look->items[i].store);
  g_free (look->items);
  g_free (look->layer_of);
  g_free (look->first_token);
  sp_dump_free (look->dump);
}

void
sp_dump_look_unref (SpDumpLook *look)
{
  g_atomic_rc_box_release_full (look, look_clear);
}

/* --- the tokens with most ---------------------------------------------------------------------------- */

typedef struct {
  const SpDumpLook *look;
  gsize             layer;
  guint64           first_token;         /* of the tensor that is read */
  SpDumpTop               most[N_TOP], least[N_TOP];   /* largest first, of those above 0; most negative first, of those below */
  gsize             n_most, n_least;
} Search;

/* Of equals the one that came first stays before. */
static void
keep (SpDumpTop *tops, gsize *n, guint64 token, double value)
{
  gsize at = *n;

  while (at > 0 && fabs (value) > fabs (tops[at - 1].value))
    at--;
  if (at == N_TOP)
    return;
  *n = MIN (*n + 1, N_TOP);
  memmove (tops + at + 1, tops + at, (*n - 1 - at) * sizeof *tops);
  tops[at] = (SpDumpTop) { token, value };
}

static void
search (guint64 i, const float *values, gsize n, gpointer data)
{
  Search       *found = data;
  const SpDump *dump = found->look->dump;
  gboolean      is_masked = dump->layers[found->layer].is_masked;

  for (gsize k = 0; k < n; k++)
    {
      guint64 token = found->first_token + i + k;

      if (!isfinite (values[k]) || values[k] == 0 || (is_masked && dump->mask[token] == 0))
        continue;
      if (values[k] > 0)
        keep (found->most, &found->n_most, token, values[k]);
      else
        keep (found->least, &found->n_least, token, values[k]);
    }
}

static gboolean
search_layer (Search *found, guint64 neuron, GCancellable *cancellable, GError **error)
{
  const SpDumpLook *look = found->look;

  for (gsize i = 0; i < look->n_items; i++)
    {
      const SpTensor *tensor = look->items[i].tensor;
      guint64         n_neurons = sp_dump_count_neurons (tensor);

      found->first_token = look->first_token[i];
      if (look->layer_of[i] == found->layer && tensor->n_elements > 0
          && !sp_source_pick_f32 (tensor, neuron, n_neurons, tensor->n_elements / n_neurons, search, found, cancellable, error))
        return FALSE;
    }
  return TRUE;
}

/* --- their text ---------------------------------------------------------------------------------------- */

void
sp_dump_find_context (const SpDump *dump, gsize layer, guint64 token, guint64 *first, guint64 *end)
{
  *first = token;
  while (token - *first < N_CONTEXT && *first > 0 && !sp_dump_starts_sequence (dump, layer, *first))
    --*first;
  *end = token + 1;
  while (*end <= token + N_CONTEXT && *end < dump->layers[layer].n_tokens && !sp_dump_starts_sequence (dump, layer, *end))
    ++*end;
}

static char *
join_texts (const SpDump *dump, guint64 first, guint64 end)
{
  GString *out = g_string_new (NULL);

  for (guint64 t = first; t < MIN (end, dump->n_texts); t++)
    {
      g_autofree char *text = sp_dump_token_text (dump, t);

      g_string_append (out, text);
    }
  return g_string_free (out, FALSE);
}

static void
add_texts (SpTable *table, const SpDumpLook *look, gsize layer, const SpDumpTop *tops, gsize n)
{
  g_auto (GStrv) before = g_new0 (char *, n + 1), text = g_new0 (char *, n + 1), after = g_new0 (char *, n + 1);
  gboolean       is_known = look->dump->layers[layer].n_tokens == look->dump->n_texts;

  for (gsize i = 0; is_known && i < n; i++)
    {
      guint64 token = tops[i].token, first, end;

      sp_dump_find_context (look->dump, layer, token, &first, &end);
      before[i] = join_texts (look->dump, first, token);
      text[i] = join_texts (look->dump, token, token + 1);
      after[i] = join_texts (look->dump, token + 1, end);
    }
  sp_table_take_column (table, sp_column_new_text ("before", _("Before"), n, (const char *const *) before));
  sp_table_take_column (table, sp_column_new_text ("text", _("Text"), n, (const char *const *) text));
  sp_table_take_column (table, sp_column_new_text ("after", _("After"), n, (const char *const *) after));
}

/* --- the table ------------------------------------------------------------------------------------------- */

static SpTable *
make_table (const SpDumpLook *look, gsize layer, const SpDumpTop *tops, gsize n, gsize n_most)
{
  SpTable *table = sp_table_new ("top_tokens", _("Most active tokens"), n);
  gint64  *ranks = g_new (gint64, n + 1), *tokens = g_new (gint64, n + 1);
  double  *values = g_new (double, n + 1);

  for (gsize i = 0; i < n; i++)
    {
      ranks[i] = i < n_most ? (gint64) i + 1 : (gint64) n_most - (gint64) i - 1;
      tokens[i] = (gint64) tops[i].token;
      values[i] = tops[i].value;
    }
  sp_table_take_column (table, sp_column_new_i64 ("rank", _("Rank"), "", n, ranks));
  sp_table_take_column (table, sp_column_new_i64 ("token", _("Token"), "", n, tokens));
  sp_table_take_column (table, sp_column_new_f64 ("activation", _("Activation"), "weight", n, values));
  if (look->dump->texts != NULL)
    add_texts (table, look, layer, tops, n);
  return table;
}

SpTable *
sp_dump_look_table (SpDumpLook *look, gsize layer, const SpDumpTop *tops, gsize n)
{
  return make_table (look, layer, tops, n, n);
}

SpTable *
sp_dump_look_read (SpDumpLook *look, gsize layer, guint64 neuron, GCancellable *cancellable, GError **error)
{
  Search   found = { .look = look, .layer = layer };
  SpDumpTop      tops[2 * N_TOP];
  gboolean is_negative;

  if (!search_layer (&found, neuron, cancellable, error))
    return NULL;
  is_negative = found.n_least > 0 && (found.n_most == 0 || -found.least[0].value > found.most[0].value);
  memcpy (tops, found.most, found.n_most * sizeof *tops);
  memcpy (tops + found.n_most, found.least, found.n_least * sizeof *tops);
  return make_table (look, layer, tops, found.n_most + (is_negative ? found.n_least : 0), found.n_most);
}

/* --- as the detail of a table ------------------------------------------------------------------------------ */

static SpTable *
read_neuron (gpointer data, const char *key, gint64 neuron, GCancellable *cancellable, GError **error)
{
  SpDumpLook *look = data;

  for (gsize i = 0; i < look->dump->n_layers; i++)
    if (g_strcmp0 (look->dump->layers[i].tensor, key) == 0)
      return sp_dump_look_read (look, i, (guint64) neuron, cancellable, error);
  g_return_val_if_reached (NULL);
}

void
sp_dump_look_link (SpDumpLook *look, SpTable *neurons)
{
  sp_table_set_detail (neurons, read_neuron, sp_dump_look_ref (look), (GDestroyNotify) sp_dump_look_unref);
}
