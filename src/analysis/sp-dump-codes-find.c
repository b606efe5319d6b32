/* sp-dump-codes-find.c - which tensors are sparse codes together, and of how many tokens and features */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sp-dump-codes-private.h"

#include "sp-flow.h"

#include <glib/gi18n-lib.h>
#include <inttypes.h>
#include <string.h>

#define N_AT_ONCE 4096                   /* entries */
#define MOST_COLUMNS 3

/* Last parts of names. */
static const struct { const char *values, *places, *starts; SpCodesKind kind; } layouts[] = {
  { "values", "col_indices", "crow_indices", SP_CODES_ROWS },
  { "data", "indices", "indptr", SP_CODES_ROWS },
  { "values", "indices", "indptr", SP_CODES_ROWS },
  { "data", "col", "row", SP_CODES_COORDINATES },
  { "activations", "locations", NULL, SP_CODES_ENTRIES },
  { "top_acts", "top_indices", NULL, SP_CODES_PAIRS },
  { "top_values", "top_indices", NULL, SP_CODES_PAIRS },
  { "latent_acts", "latent_indices", NULL, SP_CODES_PAIRS },
  { "latent_values", "latent_indices", NULL, SP_CODES_PAIRS },
  { "feature_acts", "feature_indices", NULL, SP_CODES_PAIRS },
  { "feature_values", "feature_indices", NULL, SP_CODES_PAIRS },
  { "topk_acts", "topk_indices", NULL, SP_CODES_PAIRS },
  { "topk_values", "topk_indices", NULL, SP_CODES_PAIRS },
  { "topk_val", "topk_idx", NULL, SP_CODES_PAIRS },
  { "vals", "inds", NULL, SP_CODES_PAIRS },
  { "vals", "idx", NULL, SP_CODES_PAIRS },
  { "val", "idx", NULL, SP_CODES_PAIRS },
  { "values", "indices", NULL, SP_CODES_PAIRS },
  { "acts", "indices", NULL, SP_CODES_PAIRS },
};

static const char *const shape_names[] = { "shape", "size", "dense_shape" };

gboolean
sp_codes_fail (const SpCodesPart *part, GError **error, const char *format, ...)
{
  g_autofree char *text = NULL;
  va_list          args;

  va_start (args, format);
  text = g_strdup_vprintf (format, args);
  va_end (args);
  g_set_error (error, SP_ERROR, SP_ERROR_MALFORMED, "%s: %s", sp_store_get_title (part->store), text);
  return FALSE;
}

/* --- names --------------------------------------------------------------------------------------------- */

/* The last part of a name that is no number. */
static const char *
find_word (const char *name, gsize *n_bytes)
{
  const char *word = name;

  *n_bytes = 0;
  for (gsize n; *name != '\0'; name += n + (name[n] != '\0'))
    {
      n = strcspn (name, SP_DUMP_SEPARATORS);
      if (n > 0 && strspn (name, "0123456789") < n)
        {
          word = name;
          *n_bytes = n;
        }
    }
  return word;
}

/* The one that has other in place of that word; NULL: none. */
static const SpTensor *
find_beside (SpStore *store, const SpTensor *tensor, const char *other)
{
  gsize            n;
  const char      *word = find_word (tensor->name, &n);
  g_autofree char *name = g_strdup_printf ("%.*s%s%s", (int) (word - tensor->name), tensor->name, other, word + n);

  return sp_store_find (store, name);
}

static gboolean
is_integers (const SpTensor *tensor)
{
  return tensor != NULL && sp_tensor_is_readable (tensor) && sp_dtype_kind (tensor->dtype) == SP_KIND_INT
         && tensor->dtype != SP_DTYPE_BOOL;
}

/* "8192_16383.safetensors" */
static void
read_split (SpCodesPart *part)
{
  const char      *path = sp_blob_get_path (part->values->blob);
  g_autofree char *name = path != NULL ? g_path_get_basename (path) : g_strdup ("");
  char            *end;
  guint64          first = g_ascii_strtoull (name, &end, 10), last;

  if (!g_ascii_isdigit (name[0]) || end[0] != '_' || !g_ascii_isdigit (end[1]))
    return;
  last = g_ascii_strtoull (end + 1, &end, 10);
  if (strcmp (end, ".safetensors") != 0 || last < first || last >= G_MAXINT64)
    return;
  part->first = first;
  part->n = last - first + 1;
}

/* Vectors of such plain names may be anything. */
static gboolean
is_matrix (const SpCodesPart *part)
{
  return part->kind != SP_CODES_PAIRS || part->places->rank > 1 || part->values->rank > 1;
}

gboolean
sp_codes_part_find (SpStore *store, const SpTensor *tensor, SpCodesPart *part)
{
  gsize       n;
  const char *word = find_word (tensor->name, &n);

  if (!sp_tensor_is_readable (tensor) || sp_dtype_kind (tensor->dtype) != SP_KIND_FLOAT)
    return FALSE;
  for (gsize i = 0; i < G_N_ELEMENTS (layouts); i++)
    {
      if (strlen (layouts[i].values) != n || strncmp (layouts[i].values, word, n) != 0)
        continue;
      *part = (SpCodesPart) { .kind = layouts[i].kind, .store = store, .values = tensor,
                              .places = find_beside (store, tensor, layouts[i].places),
                              .starts = layouts[i].starts != NULL ? find_beside (store, tensor, layouts[i].starts) : NULL };
      if (is_integers (part->places) && (layouts[i].starts == NULL || is_integers (part->starts)) && is_matrix (part))
        {
          if (part->kind == SP_CODES_ENTRIES)
            read_split (part);
          return TRUE;
        }
    }
  return FALSE;
}

/* --- splits -------------------------------------------------------------------------------------------- */

static int
compare_parts (gconstpointer a, gconstpointer b)
{
  const SpCodesPart *x = a, *y = b;

  return (x->first > y->first) - (x->first < y->first);
}

/* Features that no file has would look dead. */
static gboolean
check_splits (SpCodesSet *set, GError **error)
{
  guint64 n = 0;

  for (guint i = 0; i < set->parts->len; i++)
    {
      const SpCodesPart *part = &g_array_index (set->parts, SpCodesPart, i);

      if (part->first < n)
        return sp_codes_fail (part, error, _("feature %" PRIu64 " is in two of the files that codes are split into"), part->first);
      if (part->first > n)
        return sp_codes_fail (part, error, _("features %" PRIu64 " to %" PRIu64 " are in another file: open the folder with all of them"),
                              n, part->first - 1);
      n += part->n;
    }
  set->n_features = n;
  return TRUE;
}

static gboolean
list_splits (SpCodesSet *set, const SpCodesPart *part, GError **error)
{
  for (gsize i = 0, n = sp_store_get_n_tensors (part->store); i < n; i++)
    {
      SpCodesPart other;

      if (sp_codes_part_find (part->store, sp_store_get_tensor (part->store, i), &other) && other.n > 0)
        g_array_append_val (set->parts, other);
    }
  g_array_sort (set->parts, compare_parts);
  return check_splits (set, error);
}

/* --- shapes -------------------------------------------------------------------------------------------- */

static gboolean
has_same_shape (const SpTensor *a, const SpTensor *b)
{
  return a->rank == b->rank && memcmp (a->shape, b->shape, a->rank * sizeof *a->shape) == 0;
}

/* n_columns: of entries, in all splits. */
static gboolean
check_shapes (const SpCodesPart *part, guint64 n_columns, GError **error)
{
  const SpTensor  *places = part->places, *values = part->values;
  g_autofree char *of_places = sp_tensor_dup_shape (places), *of_values = sp_tensor_dup_shape (values);
  gboolean         is_it;

  switch (part->kind)
    {
    case SP_CODES_STORED:
      return TRUE;
    case SP_CODES_PAIRS:
      is_it = (places->rank == 2 || places->rank == 3) && has_same_shape (places, values) && places->n_elements > 0;
      break;
    case SP_CODES_ENTRIES:
      is_it = places->rank == 2 && places->shape[1] == n_columns && (n_columns == 2 || n_columns == 3) && values->rank == 1
              && places->shape[0] == values->shape[0];
      break;
    case SP_CODES_ROWS:
      is_it = places->rank == 1 && has_same_shape (places, values) && part->starts->rank == 1;
      break;
    case SP_CODES_COORDINATES:
      is_it = places->rank == 1 && has_same_shape (places, values) && has_same_shape (part->starts, values);
      break;
    default:
      g_return_val_if_reached (FALSE);
    }
  return is_it || sp_codes_fail (part, error, _("'%s' is %s and '%s' %s, which cannot be the places and values of codes"), places->name,
                                 of_places, values->name, of_values);
}

/* What a shape beside says: tokens, of rows or not, and features; 0: there is none. */
typedef struct { guint64 n_tokens, n_per_row, n_features; } Said;

static gboolean
read_shape (const SpCodesPart *part, Said *said, GError **error)
{
  const SpTensor    *tensor = NULL;
  g_autoptr (SpFlow) flow = NULL;
  gint64             sizes[MOST_COLUMNS] = { 0 };
  guint64            n = 1;

  for (gsize i = 0; i < G_N_ELEMENTS (shape_names) && !is_integers (tensor); i++)
    tensor = find_beside (part->store, part->values, shape_names[i]);
  *said = (Said) { 0 };
  if (!is_integers (tensor))
    return TRUE;
  if (tensor->rank != 1 || tensor->n_elements < 2 || tensor->n_elements > MOST_COLUMNS)
    return sp_codes_fail (part, error, _("'%s' is no shape of tokens and features"), tensor->name);
  flow = sp_flow_new (tensor, error);
  if (flow == NULL || !sp_flow_take_i64 (flow, tensor->n_elements, sizes, error) || !sp_flow_end (flow, error))
    return FALSE;
  for (gsize i = 0; i < tensor->n_elements; i++)
    {
      if (sizes[i] < 1 || sizes[i] > G_MAXINT32)
        return sp_codes_fail (part, error, _("'%s' is no shape of tokens and features"), tensor->name);
      n *= i + 1 < tensor->n_elements ? (guint64) sizes[i] : 1;
    }
  *said = (Said) { n, tensor->n_elements == 3 ? (guint64) sizes[1] : 0, (guint64) sizes[tensor->n_elements - 1] };
  return TRUE;
}

/* --- what the entries say ------------------------------------------------------------------------------ */

/* Of each of the columns; stays where there is none that is larger. */
static gboolean
find_largest (const SpTensor *tensor, gsize n_columns, gint64 *largest, GCancellable *cancellable, GError **error)
{
  g_autoptr (SpFlow) flow = sp_flow_new (tensor, error);
  g_autofree gint64 *integers = g_new (gint64, N_AT_ONCE * MOST_COLUMNS);

  if (flow == NULL)
    return FALSE;
  for (guint64 done = 0, n; done < tensor->n_elements; done += n)
    {
      n = MIN (N_AT_ONCE * n_columns, tensor->n_elements - done);
      if (g_cancellable_set_error_if_cancelled (cancellable, error) || !sp_flow_take_i64 (flow, n, integers, error))
        return FALSE;
      for (gsize i = 0; i < n; i += n_columns)
        for (gsize c = 0; c < n_columns; c++)
          largest[c] = MAX (largest[c], integers[i + c]);
    }
  return sp_flow_end (flow, error);
}

/* Nothing beside says how many features there are: as many as the autoencoder has, or else by the largest index. */
static gboolean
settle_features (SpCodesSet *set, gint64 largest, guint64 n_features, GPtrArray *notes, GError **error)
{
  const SpCodesPart *part = &g_array_index (set->parts, SpCodesPart, 0);

  set->n_features = n_features;
  if (n_features > 0 && largest >= 0 && (guint64) largest >= n_features)
    set->problem = g_strdup_printf (_("'%s' names feature %" PRId64 ", but the autoencoder has %" PRIu64 " features."), part->places->name,
                                    largest, n_features);
  if (n_features > 0)
    return TRUE;
  if (largest < 0)
    return sp_codes_fail (part, error, _("'%s' names no feature, and nothing else says how many there are"), part->places->name);
  set->n_features = (guint64) largest + 1;
  g_ptr_array_add (notes, g_strdup_printf (ngettext ("Nothing says how many features there are: %" PRIu64 " is assumed, one more than the "
                                                     "largest index; those behind it that never fired are missing.",
                                                     "Nothing says how many features there are: %" PRIu64 " are assumed, one more than the "
                                                     "largest index; those behind it that never fired are missing.",
                                                     set->n_features), set->n_features));
  return TRUE;
}

static void
note_tokens (SpCodesSet *set, GPtrArray *notes)
{
  g_ptr_array_add (notes, g_strdup_printf (ngettext ("Nothing says how many tokens there are: %" PRIu64 " is assumed, up to the last at "
                                                     "which a feature fires.",
                                                     "Nothing says how many tokens there are: %" PRIu64 " are assumed, up to the last at "
                                                     "which a feature fires.", set->n_tokens), set->n_tokens));
}

/* By column: row, token and feature, or token and feature; of all splits. */
static gboolean
find_largest_entry (const SpCodesSet *set, gsize n_columns, gint64 *largest, GCancellable *cancellable, GError **error)
{
  for (guint i = 0; i < set->parts->len; i++)
    {
      const SpCodesPart *part = &g_array_index (set->parts, SpCodesPart, i);
      gboolean           is_apart = part->starts != NULL;

      if (!find_largest (part->places, is_apart ? 1 : n_columns, is_apart ? largest + 1 : largest, cancellable, error) ||
          (is_apart && !find_largest (part->starts, 1, largest, cancellable, error)))
        return FALSE;
      for (gsize c = 0; c < n_columns; c++)
        if (largest[c] >= G_MAXINT32)
          return sp_codes_fail (part, error, _("'%s' has an index of %" PRId64 ", which is too large"),
                                (is_apart && c == 0 ? part->starts : part->places)->name, largest[c]);
    }
  return TRUE;
}

/* What neither tokens nor a shape beside tell. */
static gboolean
measure_entries (SpCodesSet *set, guint64 n_features, GPtrArray *notes, GCancellable *cancellable, GError **error)
{
  const SpCodesPart *part = &g_array_index (set->parts, SpCodesPart, 0);
  gsize              n_columns = part->kind == SP_CODES_ENTRIES ? part->places->shape[1] : 2;
  gint64             largest[MOST_COLUMNS] = { -1, -1, -1 };

  if (set->n_tokens > 0 && set->n_features > 0 && (n_columns == 2 || set->n_per_row > 0))
    return TRUE;
  if (!find_largest_entry (set, n_columns, largest, cancellable, error))
    return FALSE;
  if (n_columns == 3 && set->n_per_row == 0 && set->n_tokens > 0)
    return sp_codes_fail (part, error, _("'%s' has places in rows, but the shape beside does not say how long these are"),
                          part->places->name);
  if (n_columns == 3 && set->n_per_row == 0)
    set->n_per_row = (guint64) (largest[1] + 1);
  if (set->n_tokens == 0)
    {
      set->n_tokens = (guint64) (largest[0] + 1) * (n_columns == 3 ? set->n_per_row : 1);
      note_tokens (set, notes);
    }
  return set->n_features > 0 || settle_features (set, largest[n_columns - 1], n_features, notes, error);
}

/* --- all ----------------------------------------------------------------------------------------------- */

/* For each token an entry, in rows or not; NULL: nothing that is needed to know them. */
static const SpTensor *
find_tokens (const SpCodesPart *part)
{
  const SpTensor *tokens = part->kind == SP_CODES_ENTRIES ? find_beside (part->store, part->values, "tokens") : NULL;

  return tokens != NULL && (tokens->rank == 2 || (tokens->rank == 1 && part->places->shape[1] == 2)) ? tokens : NULL;
}

/* What the shapes of the tensors tell, which a shape that is written beside must not contradict. */
static gboolean
measure_tokens (SpCodesSet *set, const Said *said, GError **error)
{
  const SpCodesPart *part = &g_array_index (set->parts, SpCodesPart, 0);
  const SpTensor    *rows = part->kind == SP_CODES_PAIRS ? part->places : find_tokens (part);

  set->n_per_row = rows != NULL && rows->rank == (part->kind == SP_CODES_PAIRS ? 3 : 2) ? rows->shape[1] : said->n_per_row;
  if (part->kind == SP_CODES_PAIRS)
    set->n_tokens = rows->n_elements / sp_dump_count_neurons (rows);
  else if (part->kind == SP_CODES_ROWS)
    set->n_tokens = MAX (part->starts->n_elements, 1) - 1;
  else
    set->n_tokens = rows != NULL ? rows->n_elements : said->n_tokens;
  if (said->n_tokens == 0 || set->n_tokens == said->n_tokens)
    return TRUE;
  if (part->kind == SP_CODES_ROWS && set->n_tokens == said->n_features)
    return sp_codes_fail (part, error, _("the matrix is stored by columns (CSC), not by rows: save it as CSR"));
  return sp_codes_fail (part, error, ngettext ("'%s' has %" PRIu64 " token, but the shape beside says %" PRIu64,
                                               "'%s' has %" PRIu64 " tokens, but the shape beside says %" PRIu64, set->n_tokens),
                        part->places->name, set->n_tokens, said->n_tokens);
}

static gboolean
check_size (const SpCodesSet *set, GError **error)
{
  const SpCodesPart *part = &g_array_index (set->parts, SpCodesPart, 0);

  if (set->n_tokens == 0)
    return sp_codes_fail (part, error, _("'%s' has no tokens"), part->places->name);
  if (set->n_tokens > SP_DUMP_MOST_TOKENS)
    return sp_codes_fail (part, error, _("'%s' has %" PRIu64 " tokens; at most %u can be looked at"), part->places->name, set->n_tokens,
                          SP_DUMP_MOST_TOKENS);
  if (set->n_features > SP_DUMP_MOST_NEURONS)
    return sp_codes_fail (part, error, _("'%s' are codes of %" PRIu64 " features; at most %u can be looked at"), part->values->name,
                          set->n_features, SP_DUMP_MOST_NEURONS);
  return TRUE;
}

/* The splits, or else the shape, or else the autoencoder, or else the largest index. */
static gboolean
measure (SpCodesSet *set, guint64 n_features, GPtrArray *notes, GCancellable *cancellable, GError **error)
{
  const SpCodesPart *part = &g_array_index (set->parts, SpCodesPart, 0);
  Said               said;
  gint64             largest = -1;

  if (!read_shape (part, &said, error) || !measure_tokens (set, &said, error))
    return FALSE;
  set->n_features = set->n_features > 0 ? set->n_features : said.n_features;
  if (set->n_features > 0 && n_features > 0 && set->n_features != n_features)
    set->problem = g_strdup_printf (_("'%s' are codes of %" PRIu64 " features, but the autoencoder has %" PRIu64 "."), part->values->name,
                                    set->n_features, n_features);
  if (part->kind == SP_CODES_ROWS && said.n_features == set->n_tokens && strstr (part->starts->name, "indptr") != NULL)
    g_ptr_array_add (notes, g_strdup (_("There are as many features as tokens; the matrix is taken to be stored by rows (CSR).")));
  if (part->kind == SP_CODES_ENTRIES || part->kind == SP_CODES_COORDINATES)
    return measure_entries (set, n_features, notes, cancellable, error);
  if (set->n_features > 0)
    return TRUE;
  return find_largest (part->places, 1, &largest, cancellable, error) && settle_features (set, largest, n_features, notes, error);
}

static void
measure_stored (SpCodesSet *set, const SpTensor *tensor)
{
  set->n_features = sp_dump_count_neurons (tensor);
  set->n_tokens = tensor->n_elements / set->n_features;
  set->n_per_row = tensor->rank == 3 ? tensor->shape[1] : 0;
}

gboolean
sp_codes_set_init (SpCodesSet *set, const SpCodesPart *part, guint64 n_features, GPtrArray *notes, GCancellable *cancellable,
                   GError **error)
{
  *set = (SpCodesSet) { .parts = g_array_new (FALSE, FALSE, sizeof (SpCodesPart)) };
  if (part->n == 0)
    g_array_append_vals (set->parts, part, 1);
  else if (!list_splits (set, part, error))
    return FALSE;
  for (guint i = 0; i < set->parts->len; i++)
    if (!check_shapes (&g_array_index (set->parts, SpCodesPart, i), part->places->shape[1], error))
      return FALSE;
  if (part->kind == SP_CODES_STORED)
    {
      measure_stored (set, part->values);
      return TRUE;
    }
  return measure (set, n_features, notes, cancellable, error) && check_size (set, error);
}

void
sp_codes_set_clear (SpCodesSet *set)
{
  g_clear_pointer (&set->parts, g_array_unref);
  g_clear_pointer (&set->problem, g_free);
}
