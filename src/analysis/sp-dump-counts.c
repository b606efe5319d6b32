/* sp-dump-counts.c - how often neurons fired, recorded instead of their activations */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sp-dump-counts.h"

#include "kernels.h"
#include "sp-dump-private.h"

#include <glib/gi18n-lib.h>
#include <inttypes.h>
#include <math.h>
#include <string.h>

/* Last parts of names, without numbers. */
static const char *const words[] = {
  "counts", "count", "act_counts", "activation_counts", "activations", "activation", "acts", "act", "fired", "firings", NULL
};

#define MOST_NEURONS ((guint64) 1 << 25) /* of all layers together: a view may repeat what it has */

/* --- names ------------------------------------------------------------------------------------- */

/* lower case */
static char *
dup_last_word (const SpTensor *tensor)
{
  g_auto (GStrv) parts = sp_dump_split_name (tensor);
  const char    *last = sp_dump_last_part (parts);
  gsize          n;

  for (n = strlen (last); n > 0 && g_ascii_isdigit (last[n - 1]); n--)
    ;
  return g_strndup (last, n < strlen (last) && n > 0 && last[n - 1] == '_' ? n - 1 : n);
}

static gboolean
is_counts (const SpTensor *tensor)
{
  g_autofree char *word = NULL;

  if (tensor->rank != 1 || !sp_tensor_is_readable (tensor) || tensor->n_elements == 0 || tensor->n_elements > SP_DUMP_MOST_NEURONS
      || sp_dump_layer_number (tensor) < 0)
    return FALSE;
  word = dup_last_word (tensor);
  return g_strv_contains (words, word);
}

gboolean
sp_dump_has_counts (SpStore *store)
{
  return sp_dump_has_only (store, is_counts);
}

/* --- numbers ----------------------------------------------------------------------------------- */

typedef struct { double *values; guint64 n; } Numbers;

static void
add_integer (gpointer data, gint64 value)
{
  Numbers *numbers = data;

  numbers->values[numbers->n++] = (double) value;
}

static gboolean
add_floats (gpointer data, const SpChunk *chunk)
{
  Numbers          *numbers = data;
  SpDtype           dtype = chunk->tensor->dtype;
  g_autofree float *narrow = NULL;

  if (dtype == SP_DTYPE_F64)
    memcpy (numbers->values + numbers->n, chunk->data, chunk->n * sizeof (double));
  else
    {
      narrow = g_new (float, chunk->n);
      sp_kernels ()->widen[dtype] (chunk->data, chunk->n, narrow);
      for (gsize i = 0; i < chunk->n; i++)
        numbers->values[numbers->n + i] = (double) narrow[i];
    }
  numbers->n += chunk->n;
  return TRUE;
}

/* (n_elements); NULL: the error says why. */
static double *
read_numbers (const SpItems *items, gsize item, GError **error)
{
  const SpTensor       *tensor = items->items[item].tensor;
  g_autofree double    *values = g_new (double, tensor->n_elements + 1);
  g_autoptr (GPtrArray) one = g_ptr_array_new ();
  Numbers               numbers = { values, 0 };
  gboolean              is_read;

  g_ptr_array_add (one, (gpointer) tensor);
  if (sp_dtype_kind (tensor->dtype) == SP_KIND_INT)
    is_read = sp_dump_read_integers (one, add_integer, &numbers, error);
  else
    is_read = sp_source_each (tensor, add_floats, &numbers, NULL, error);
  return is_read ? g_steal_pointer (&values) : NULL;
}

static gboolean
is_count (double value)
{
  return value >= 0 && value <= (double) SP_COUNTS_MOST && value == floor (value);
}

/* --- tokens ------------------------------------------------------------------------------------ */

static void
find_n_tokens (SpDumpCounts *counts, SpDump *dump, const SpItems *items, SpStore *store)
{
  for (gsize i = 0; i < items->n && counts->n_tokens == 0; i++)
    {
      const SpTensor    *tensor = items->items[i].tensor;
      g_autofree double *value = NULL;
      g_autofree char   *name = NULL;

      if (items->items[i].store != store || !sp_tensor_is_readable (tensor) || tensor->n_elements != 1)
        continue;
      name = dup_last_word (tensor);
      if (strcmp (name, "n_tokens") != 0)
        continue;
      value = read_numbers (items, i, NULL);
      if (value != NULL && is_count (*value) && *value > 0)
        counts->n_tokens = (guint64) *value;
      else
        g_ptr_array_add (dump->notes, g_strdup_printf (_("%s is no number of tokens and is not used."), tensor->name));
    }
}

/* --- layers ------------------------------------------------------------------------------------ */

typedef struct { SpDumpLayer layer; gsize item; } Entry;         /* layer first: compared as such */

static gboolean
is_in_site (const SpItem *item, const SpItem *first, const char *site)
{
  g_autofree char *name = NULL;

  if (item->store != first->store || !is_counts (item->tensor))
    return FALSE;
  name = sp_dump_site_name (item->tensor);
  return strcmp (name, site) == 0;
}

static void
note_left_out (SpDump *dump, const SpTensor *tensor, const char *why)
{
  g_ptr_array_add (dump->notes, g_strdup_printf (_("%s is left out: %s"), tensor->name, why));
}

/* of Entry, by layer; one each. */
static GArray *
list_entries (SpDump *dump, const SpItems *items, const SpItem *first)
{
  g_autofree char *site = sp_dump_site_name (first->tensor);
  GArray          *entries = g_array_new (FALSE, TRUE, sizeof (Entry));
  guint64          n_neurons = 0;

  for (gsize i = 0; i < items->n; i++)
    {
      const SpTensor *tensor = items->items[i].tensor;
      Entry           entry = { .item = i };

      if (!is_in_site (&items->items[i], first, site))
        continue;
      if (tensor->n_elements > MOST_NEURONS - n_neurons)
        {
          note_left_out (dump, tensor, _("there are too many neurons."));
          continue;
        }
      n_neurons += tensor->n_elements;
      entry.layer = (SpDumpLayer) { .layer = sp_dump_layer_number (tensor), .stack = tensor->role.stack,
                                    .n_neurons = tensor->n_elements, .tensor = tensor->name };
      g_array_append_val (entries, entry);
    }
  g_array_sort (entries, sp_dump_compare_layers);
  for (guint i = entries->len; i-- > 1;)
    if (sp_dump_compare_layers (&g_array_index (entries, Entry, i), &g_array_index (entries, Entry, i - 1)) == 0)
      {
        note_left_out (dump, items->items[g_array_index (entries, Entry, i).item].tensor, _("its layer has other counts."));
        g_array_remove_index (entries, i);
      }
  return entries;
}

static char *
describe_lie (guint64 neuron, double value, guint64 n_tokens)
{
  g_autofree char *count = sp_format_number (value, "elements"), *tokens = sp_format_number ((double) n_tokens, "tokens");

  if (!is_count (value))
    return g_strdup_printf (_("The count of neuron %" PRIu64 " is %s, no number of tokens."), neuron, count);
  return g_strdup_printf (_("Neuron %" PRIu64 " fired at %s of %s tokens."), neuron, count, tokens);
}

/* A sentence about the first count that cannot be one, or about all; NULL: they can. */
static char *
find_lie (const double *values, guint64 n, guint64 n_tokens)
{
  double most = n_tokens > 0 ? (double) n_tokens : (double) SP_COUNTS_MOST, total = 0;

  for (guint64 i = 0; i < n; i++)
    {
      if (!is_count (values[i]) || values[i] > most)
        return describe_lie (i, values[i], n_tokens);
      total += values[i];
    }
  if (total > (double) SP_COUNTS_MOST)
    return g_strdup (_("There are more firings than can be counted."));
  return n > 0 && n_tokens > SP_COUNTS_MOST / n ? g_strdup (_("There are more tokens than can be counted.")) : NULL;
}

static void
load_layer (SpDumpCounts *counts, const SpItems *items, const Entry *entry, gsize i)
{
  g_autoptr (GError) error = NULL;
  g_autofree double *values = read_numbers (items, entry->item, &error);
  guint64            n = entry->layer.n_neurons;

  counts->problems[i] = values != NULL ? find_lie (values, n, counts->n_tokens) : g_strdup (error->message);
  if (counts->problems[i] != NULL)
    return;
  counts->fired[i] = g_new0 (guint64, n + 1);
  for (guint64 k = 0; k < n; k++)
    counts->fired[i][k] = (guint64) values[k];
}

/* A store is asked once: it looks through all it has. */
static const SpItem *
find_first (const SpItems *items)
{
  const SpStore *refused = NULL;

  for (gsize i = 0; i < items->n; i++)
    {
      const SpItem *item = &items->items[i];

      if (item->store == refused || !is_counts (item->tensor))
        continue;
      if (sp_dump_has_counts (item->store))
        return item;
      refused = item->store;
    }
  return NULL;
}

SpDumpCounts *
sp_dump_counts_new (SpDump *dump, const SpItems *items, guint64 n_tokens)
{
  const SpItem      *first = dump->site == NULL ? find_first (items) : NULL;
  g_autoptr (GArray) entries = NULL;
  SpDumpCounts      *counts;

  if (first == NULL)
    return NULL;
  counts = g_new0 (SpDumpCounts, 1);
  counts->n_tokens = n_tokens;
  find_n_tokens (counts, dump, items, first->store);
  entries = list_entries (dump, items, first);
  g_clear_pointer (&dump->problem, g_free);
  dump->site = sp_dump_site_name (first->tensor);
  dump->n_layers = entries->len;
  dump->layers = g_new0 (SpDumpLayer, entries->len + 1);
  counts->fired = g_new0 (guint64 *, entries->len + 1);
  counts->problems = g_new0 (char *, entries->len + 1);
  for (gsize i = 0; i < entries->len; i++)
    {
      dump->layers[i] = g_array_index (entries, Entry, i).layer;
      dump->layers[i].n_tokens = counts->n_tokens;
      load_layer (counts, items, &g_array_index (entries, Entry, i), i);
    }
  return counts;
}

void
sp_dump_counts_free (SpDumpCounts *counts, gsize n_layers)
{
  for (gsize i = 0; i < n_layers; i++)
    {
      g_free (counts->fired[i]);
      g_free (counts->problems[i]);
    }
  g_free (counts->fired);
  g_free (counts->problems);
  g_free (counts);
}
