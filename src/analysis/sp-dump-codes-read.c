/* sp-dump-codes-read.c - sparse codes block by block: entries as they are stored, token by token */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sp-dump-codes-private.h"

#include "sp-flow.h"
#include "sp-sparse.h"

#include <glib/gi18n-lib.h>
#include <inttypes.h>

#define BLOCK_ENTRIES ((gsize) 1 << 20)    /* of a block, about */
#define MOST_ENTRIES  ((guint64) 1 << 24)  /* of a token: as many as there may be features */
#define N_BUFFERED    4096                 /* entries of a part that say their own token */

/* What a part is read with. */
typedef struct {
  const SpCodesPart *part;
  SpFlow            *places, *values, *starts;       /* NULL: it has none */
  SpTensor          *stored;                         /* the values of a tensor that is stored sparse; NULL: it is none */
  guint64            n_left;                         /* entries that are not in the buffer yet */
  gint64             last;                           /* rows: where the token before ends; entries: its token */
  gint64            *tokens, *features, *raw;        /* (N_BUFFERED); raw: for each as many as there are columns; of entries */
  float             *buffered;
  gsize              n, at;                          /* in the buffer; the next of them */
} Input;

typedef struct {
  const SpCodesSet  *set;
  const SpDump      *dump;
  SpDumpCodesFaults *faults;
  Input             *inputs;                         /* one a part */
  guint64            token;                          /* the block's first */
  gsize              n;                              /* tokens of the block */
  guint64            starts[SP_DUMP_CODES_MOST_TOKENS + 1];
  GArray            *places, *values;                /* of gint64, float: as stored */
  SpCodes            codes;                          /* what is handed over; lent by the following */
  guint64            code_starts[SP_DUMP_CODES_MOST_TOKENS + 1], tokens[SP_DUMP_CODES_MOST_TOKENS];
  GArray            *features, *code_values;         /* of guint32, float */
  SpCodesOrder       order;
} Reading;

/* --- beginning and end --------------------------------------------------------------------------------- */

/* The entries that are there, as a vector. */
static SpTensor *
dup_stored (const SpTensor *tensor)
{
  SpTensor *stored = sp_tensor_new (tensor->name, tensor->dtype, 1, &tensor->sparse->n_entries);

  stored->blob = sp_blob_ref (tensor->blob);
  stored->offset = tensor->offset;
  stored->is_swapped = tensor->is_swapped;
  return stored;
}

static gboolean
open_flows (Input *input, GError **error)
{
  const SpCodesPart *part = input->part;

  if (part->kind == SP_CODES_STORED)
    {
      input->stored = dup_stored (part->values);
      input->values = sp_flow_new (input->stored, error);
      return input->values != NULL;
    }
  return (input->values = sp_flow_new (part->values, error)) != NULL && (input->places = sp_flow_new (part->places, error)) != NULL
         && (part->starts == NULL || (input->starts = sp_flow_new (part->starts, error)) != NULL);
}

static gboolean
input_open (Input *input, const SpCodesPart *part, GError **error)
{
  *input = (Input) { .part = part };
  if (!open_flows (input, error))
    return FALSE;
  input->n_left = input->stored != NULL ? input->stored->n_elements : part->values->n_elements;
  if (part->kind == SP_CODES_PAIRS || part->kind == SP_CODES_ROWS)
    return TRUE;
  input->tokens = g_new (gint64, N_BUFFERED);
  input->features = g_new (gint64, N_BUFFERED);
  input->buffered = g_new (float, N_BUFFERED);
  input->raw = g_new (gint64, N_BUFFERED * 3);
  return TRUE;
}

static gboolean
input_end (Input *input, GError **error)
{
  return sp_flow_end (input->values, error) && (input->places == NULL || sp_flow_end (input->places, error))
         && (input->starts == NULL || sp_flow_end (input->starts, error));
}

static void
input_clear (Input *input)
{
  g_clear_pointer (&input->places, sp_flow_free);
  g_clear_pointer (&input->values, sp_flow_free);
  g_clear_pointer (&input->starts, sp_flow_free);
  g_clear_pointer (&input->stored, sp_tensor_free);
  g_free (input->tokens);
  g_free (input->features);
  g_free (input->buffered);
  g_free (input->raw);
}

static void
reading_free (Reading *self)
{
  for (guint i = 0; i < self->set->parts->len; i++)
    input_clear (&self->inputs[i]);
  g_free (self->inputs);
  g_array_unref (self->places);
  g_array_unref (self->values);
  g_array_unref (self->features);
  g_array_unref (self->code_values);
  sp_codes_order_clear (&self->order);
  g_free (self);
}
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Reading, reading_free)

static Reading *
reading_new (const SpCodesSet *set, const SpDump *dump, SpDumpCodesFaults *faults, GError **error)
{
  g_autoptr (Reading) self = g_new0 (Reading, 1);

  self->set = set;
  self->dump = dump;
  self->faults = faults;
  self->inputs = g_new0 (Input, set->parts->len);
  self->places = g_array_new (FALSE, FALSE, sizeof (gint64));
  self->values = g_array_new (FALSE, FALSE, sizeof (float));
  self->features = g_array_new (FALSE, FALSE, sizeof (guint32));
  self->code_values = g_array_new (FALSE, FALSE, sizeof (float));
  for (guint i = 0; i < set->parts->len; i++)
    if (!input_open (&self->inputs[i], &g_array_index (set->parts, SpCodesPart, i), error))
      return NULL;
  return g_steal_pointer (&self);
}

/* --- a block of pairs, and of rows --------------------------------------------------------------------- */

/* The next n entries as they follow in the file. */
static gboolean
take_entries (Reading *self, gsize n, GError **error)
{
  Input *input = &self->inputs[0];

  g_array_set_size (self->places, n);
  g_array_set_size (self->values, n);
  return sp_flow_take_i64 (input->places, n, (gint64 *) (gpointer) self->places->data, error) &&
         sp_flow_take_f32 (input->values, n, (float *) (gpointer) self->values->data, error);
}

static gboolean
fail_many (const Input *input, guint64 token, GError **error)
{
  return sp_codes_fail (input->part, error, _("'%s' has more than %" PRIu64 " entries at token %" PRIu64), input->part->places->name,
                        MOST_ENTRIES, token);
}

static gboolean
fill_pairs (Reading *self, GError **error)
{
  guint64 k = sp_dump_count_neurons (self->inputs[0].part->places);

  if (k > MOST_ENTRIES)
    return fail_many (&self->inputs[0], 0, error);
  self->n = (gsize) MIN (self->set->n_tokens - self->token, CLAMP (BLOCK_ENTRIES / k, 1, SP_DUMP_CODES_MOST_TOKENS));
  for (gsize t = 0; t <= self->n; t++)
    self->starts[t] = t * k;
  return take_entries (self, self->n * k, error);
}

/* How many entries the token has. */
static gboolean
take_row (Input *input, guint64 token, guint64 n_tokens, guint64 *n, GError **error)
{
  const char *name = input->part->starts->name;
  gint64      end;

  if (!sp_flow_take_i64 (input->starts, 1, &end, error))
    return FALSE;
  if (end < input->last || (guint64) (end - input->last) > input->n_left)
    return sp_codes_fail (input->part, error, _("'%s' says that token %" PRIu64 " has entries from %" PRId64 " up to %" PRId64
                                                ", of %" PRIu64 " that there are"), name, token, input->last, end,
                          input->part->values->n_elements);
  *n = (guint64) (end - input->last);
  if (*n > MOST_ENTRIES)
    return fail_many (input, token, error);
  input->last = end;
  input->n_left -= *n;
  if (token + 1 == n_tokens && input->n_left > 0)
    return sp_codes_fail (input->part, error, ngettext ("'%s' ends at %" PRId64 ", but there is %" PRIu64 " entry",
                                                        "'%s' ends at %" PRId64 ", but there are %" PRIu64 " entries",
                                                        input->part->values->n_elements), name, end, input->part->values->n_elements);
  return TRUE;
}

static gboolean
fill_rows (Reading *self, GError **error)
{
  Input  *input = &self->inputs[0];
  guint64 n = 0, left = self->set->n_tokens - self->token;
  gint64  first;

  if (self->token == 0 && !sp_flow_take_i64 (input->starts, 1, &first, error))
    return FALSE;
  if (self->token == 0 && first != 0)
    return sp_codes_fail (input->part, error, _("'%s' begins with %" PRId64 ", not with 0"), input->part->starts->name, first);
  self->starts[0] = 0;
  for (self->n = 0; self->n < MIN (left, SP_DUMP_CODES_MOST_TOKENS) && n < BLOCK_ENTRIES; self->n++)
    {
      guint64 of_token = 0;

      if (!take_row (input, self->token + self->n, self->set->n_tokens, &of_token, error))
        return FALSE;
      n += of_token;
      self->starts[self->n + 1] = n;
    }
  return take_entries (self, n, error);
}

/* --- a block of entries that say their token ------------------------------------------------------------- */

/* Of the tensor that says it. */
static const char *
get_token_name (const Input *input)
{
  return (input->starts != NULL ? input->part->starts : input->part->places)->name;
}

static gboolean
check_place (const Reading *self, const Input *input, gint64 row, gint64 place, GError **error)
{
  guint64 n_per_row = self->set->n_per_row, n_rows = self->set->n_tokens / n_per_row;

  if (row >= 0 && place >= 0 && (guint64) row < n_rows && (guint64) place < n_per_row)
    return TRUE;
  return sp_codes_fail (input->part, error, _("'%s' has an entry at place %" PRId64 " of row %" PRId64 ", but there are %" PRIu64
                                              " rows of %" PRIu64 " tokens"), input->part->places->name, place, row, n_rows, n_per_row);
}

/* Tokens and features of what was read raw. */
static gboolean
split_columns (const Reading *self, Input *input, gsize n_columns, GError **error)
{
  for (gsize i = 0; i < input->n; i++)
    {
      const gint64 *entry = input->raw + i * n_columns;

      if (n_columns == 3 && !check_place (self, input, entry[0], entry[1], error))
        return FALSE;
      input->tokens[i] = n_columns == 3 ? entry[0] * (gint64) self->set->n_per_row + entry[1] : entry[0];
      input->features[i] = entry[n_columns - 1];
    }
  return TRUE;
}

static gboolean
check_tokens (const Reading *self, const Input *input, GError **error)
{
  for (gsize i = 0; i < input->n; i++)
    if ((guint64) input->tokens[i] >= self->set->n_tokens)
      return sp_codes_fail (input->part, error, ngettext ("'%s' has an entry at token %" PRId64 ", but there is %" PRIu64 " token",
                                                          "'%s' has an entry at token %" PRId64 ", but there are %" PRIu64 " tokens",
                                                          self->set->n_tokens), get_token_name (input), input->tokens[i],
                            self->set->n_tokens);
  return TRUE;
}

/* The next of those that the tensor keeps in memory. */
static void
split_places (const Reading *self, Input *input)
{
  const SpSparse *sparse = input->part->values->sparse;
  const guint64  *places = sparse->places + (sparse->n_entries - input->n_left - input->n);

  for (gsize i = 0; i < input->n; i++)
    {
      input->tokens[i] = (gint64) (places[i] / self->set->n_features);
      input->features[i] = (gint64) (places[i] % self->set->n_features);
    }
}

/* Where there are starts, they are the tokens. */
static gboolean
take_columns (const Reading *self, Input *input, GError **error)
{
  gsize n_columns = input->part->kind == SP_CODES_ENTRIES ? input->part->places->shape[1] : 1;

  if (input->stored != NULL)
    {
      split_places (self, input);
      return TRUE;
    }
  if (input->starts != NULL)
    return sp_flow_take_i64 (input->starts, input->n, input->tokens, error) &&
           sp_flow_take_i64 (input->places, input->n, input->features, error);
  return sp_flow_take_i64 (input->places, input->n * n_columns, input->raw, error) && split_columns (self, input, n_columns, error);
}

/* A split counts its own, from 0 on. */
static gboolean
check_split (const Input *input, GError **error)
{
  for (gsize i = 0; input->part->n > 0 && i < input->n; i++)
    if ((guint64) input->features[i] >= input->part->n)
      return sp_codes_fail (input->part, error, _("'%s' names feature %" PRId64 " of a file that has %" PRIu64 " by its name"),
                            input->part->places->name, input->features[i], input->part->n);
  return TRUE;
}

static gboolean
fill_buffer (const Reading *self, Input *input, GError **error)
{
  input->at = 0;
  input->n = (gsize) MIN (input->n_left, N_BUFFERED);
  input->n_left -= input->n;
  return sp_flow_take_f32 (input->values, input->n, input->buffered, error) && take_columns (self, input, error)
         && check_tokens (self, input, error) && check_split (input, error);
}

/* The entries of this token. */
static gboolean
take_token (Reading *self, Input *input, gint64 token, GError **error)
{
  while (input->at < input->n || input->n_left > 0)
    {
      gint64 feature;

      if (input->at == input->n && !fill_buffer (self, input, error))
        return FALSE;
      if (input->tokens[input->at] > token)
        return TRUE;
      if (input->tokens[input->at] < token)
        return sp_codes_fail (input->part, error, _("'%s' goes back from token %" PRId64 " to %" PRId64 ": entries have to be in the order "
                                                    "of their tokens"), get_token_name (input), token, input->tokens[input->at]);
      if (self->places->len - self->starts[self->n] >= MOST_ENTRIES)
        return fail_many (input, (guint64) token, error);
      feature = input->features[input->at] + (gint64) input->part->first;
      g_array_append_val (self->places, feature);
      g_array_append_val (self->values, input->buffered[input->at]);
      input->at++;
    }
  return TRUE;
}

static gboolean
fill_entries (Reading *self, GError **error)
{
  guint64 left = self->set->n_tokens - self->token;

  g_array_set_size (self->places, 0);
  g_array_set_size (self->values, 0);
  self->starts[0] = 0;
  for (self->n = 0; self->n < MIN (left, SP_DUMP_CODES_MOST_TOKENS) && self->places->len < BLOCK_ENTRIES; self->n++)
    {
      for (guint i = 0; i < self->set->parts->len; i++)
        if (!take_token (self, &self->inputs[i], (gint64) (self->token + self->n), error))
          return FALSE;
      self->starts[self->n + 1] = self->places->len;
    }
  return TRUE;
}

static gboolean
fill_block (Reading *self, GError **error)
{
  switch (self->inputs[0].part->kind)
    {
    case SP_CODES_PAIRS:       return fill_pairs (self, error);
    case SP_CODES_ROWS:        return fill_rows (self, error);
    case SP_CODES_ENTRIES:
    case SP_CODES_COORDINATES:
    case SP_CODES_STORED:      break;
    }
  return fill_entries (self, error);
}

/* --- what is handed over ------------------------------------------------------------------------------- */

/* What pads a token's pairs has any index, mostly -1, and no value. */
static gboolean
check_feature (const Reading *self, guint64 token, gint64 feature, float value, GError **error)
{
  if ((guint64) feature < self->set->n_features || (feature < 0 && value == 0))
    return TRUE;
  return sp_codes_fail (self->inputs[0].part, error, _("'%s' names feature %" PRId64 " at token %" PRIu64 ", but there are %" PRIu64
                                                       " features"), self->inputs[0].part->places->name, feature, token,
                        self->set->n_features);
}

static gboolean
settle_token (Reading *self, gsize t, guint64 *n_codes, GError **error)
{
  guint64       token = self->token + t, first = self->starts[t];
  gsize         n = (gsize) (self->starts[t + 1] - first), n_out;
  const gint64 *places = &g_array_index (self->places, gint64, first);
  const float  *values = &g_array_index (self->values, float, first);
  guint32      *features = &g_array_index (self->features, guint32, *n_codes);
  float        *out = &g_array_index (self->code_values, float, *n_codes);

  if (self->dump->layers[0].is_masked && self->dump->mask[token] == 0)
    return TRUE;
  for (gsize i = 0; i < n; i++)
    if (!check_feature (self, token, places[i], values[i], error))
      return FALSE;
  n_out = sp_codes_order (&self->order, places, values, n, features, out, &self->faults->n_added);
  if (n_out == G_MAXSIZE)
    {
      self->faults->n_nonfinite++;
      return TRUE;
    }
  self->tokens[self->codes.n_tokens++] = token;
  *n_codes += n_out;
  self->code_starts[self->codes.n_tokens] = *n_codes;
  return TRUE;
}

static gboolean
settle_block (Reading *self, GError **error)
{
  guint64 n_codes = 0;

  g_array_set_size (self->features, self->places->len + 1);
  g_array_set_size (self->code_values, self->places->len + 1);
  self->codes.n_tokens = 0;
  self->code_starts[0] = 0;
  for (gsize t = 0; t < self->n; t++)
    if (!settle_token (self, t, &n_codes, error))
      return FALSE;
  self->codes.starts = self->code_starts;
  self->codes.features = (const guint32 *) (gpointer) self->features->data;
  self->codes.values = (const float *) (gpointer) self->code_values->data;
  return TRUE;
}

/* --- all ----------------------------------------------------------------------------------------------- */

gboolean
sp_codes_set_each (const SpCodesSet *set, const SpDump *dump, SpDumpCodesFunc func, gpointer data, SpDumpCodesFaults *faults,
                   GCancellable *cancellable, GError **error)
{
  g_autoptr (Reading) self = reading_new (set, dump, faults, error);

  if (self == NULL)
    return FALSE;
  for (; self->token < set->n_tokens; self->token += self->n)
    if (g_cancellable_set_error_if_cancelled (cancellable, error) || !fill_block (self, error) || !settle_block (self, error) ||
        (self->codes.n_tokens > 0 && !func (data, &self->codes, self->tokens, error)))
      return FALSE;
  for (guint i = 0; i < set->parts->len; i++)
    if (!input_end (&self->inputs[i], error))
      return FALSE;
  return TRUE;
}
