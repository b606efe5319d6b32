/* sp-feature-codes.c - the codes of some tokens of a dump, as many as there is room for */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sp-feature-codes.h"

#include <string.h>

struct _SpFeatureCodes {
  gsize    most;
  gboolean is_full;
  gsize    n_first;                      /* tokens up to the first that is gone; G_MAXSIZE: none is */
  GArray  *tokens;                       /* of guint32, ascending */
  GArray  *ends;                         /* of guint32: of each token's codes in the two below */
  GArray  *features, *values;            /* of guint32, float; ascending features within a token */
};

SpFeatureCodes *
sp_feature_codes_new (gsize most)
{
  SpFeatureCodes *self = g_new0 (SpFeatureCodes, 1);

  self->most = MIN (most, G_MAXUINT32);
  self->n_first = G_MAXSIZE;
  self->tokens = g_array_new (FALSE, FALSE, sizeof (guint32));
  self->ends = g_array_new (FALSE, FALSE, sizeof (guint32));
  self->features = g_array_new (FALSE, FALSE, sizeof (guint32));
  self->values = g_array_new (FALSE, FALSE, sizeof (float));
  return self;
}

void
sp_feature_codes_free (SpFeatureCodes *self)
{
  g_array_unref (self->tokens);
  g_array_unref (self->ends);
  g_array_unref (self->features);
  g_array_unref (self->values);
  g_free (self);
}

/* A token without codes takes room as well. */
static gboolean
has_room (const SpFeatureCodes *self, guint64 n)
{
  return n + self->features->len + self->tokens->len < self->most;
}

void
sp_feature_codes_add (SpFeatureCodes *self, const SpCodes *codes, const guint64 *tokens)
{
  for (gsize t = 0; t < codes->n_tokens && !self->is_full; t++)
    {
      guint64 first = codes->starts[t], n = codes->starts[t + 1] - first;
      guint32 token = (guint32) tokens[t], end = (guint32) (self->features->len + n);

      self->is_full = !has_room (self, n);
      if (self->is_full)
        return;
      g_array_append_val (self->tokens, token);
      g_array_append_val (self->ends, end);
      g_array_append_vals (self->features, codes->features + first, (guint) n);
      g_array_append_vals (self->values, codes->values + first, (guint) n);
    }
}

gboolean
sp_feature_codes_is_full (const SpFeatureCodes *self)
{
  return self->is_full;
}

gboolean
sp_feature_codes_has_room (const SpFeatureCodes *self, const SpCodes *codes)
{
  return has_room (self, codes->starts[codes->n_tokens] - codes->starts[0] + codes->n_tokens - 1);
}

gsize
sp_feature_codes_capacity (const SpFeatureCodes *self)
{
  double n_tokens = MAX (self->tokens->len, 1);

  return (gsize) ((double) self->most * n_tokens / (n_tokens + (double) self->features->len));
}

/* Moves the codes of a token that stays down to those that stayed before. */
static void
move_down (GArray *array, gsize to, gsize from, gsize n)
{
  guint size = g_array_get_element_size (array);

  memmove (array->data + to * size, array->data + from * size, n * size);
}

void
sp_feature_codes_thin (SpFeatureCodes *self, const guint8 *kept)
{
  guint32 *ends = (guint32 *) self->ends->data, *tokens = (guint32 *) self->tokens->data;
  gsize    n = 0, n_codes = 0, first = 0, end;

  for (gsize i = 0; i < self->tokens->len; i++, first = end)
    {
      end = ends[i];
      if (kept[i] == 0)
        {
          self->n_first = MIN (self->n_first, i);
          continue;
        }
      move_down (self->features, n_codes, first, end - first);
      move_down (self->values, n_codes, first, end - first);
      n_codes += end - first;
      tokens[n] = tokens[i];
      ends[n++] = (guint32) n_codes;
    }
  g_array_set_size (self->tokens, (guint) n);
  g_array_set_size (self->ends, (guint) n);
  g_array_set_size (self->features, (guint) n_codes);
  g_array_set_size (self->values, (guint) n_codes);
}

gsize
sp_feature_codes_count_first (const SpFeatureCodes *self)
{
  return MIN (self->n_first, self->tokens->len);
}

gsize
sp_feature_codes_count (const SpFeatureCodes *self)
{
  return self->tokens->len;
}

guint64
sp_feature_codes_token (const SpFeatureCodes *self, gsize i)
{
  return g_array_index (self->tokens, guint32, i);
}

gboolean
sp_feature_codes_are_all (const SpFeatureCodes *self)
{
  return !self->is_full && self->n_first == G_MAXSIZE;
}

/* Of ascending numbers.  FALSE: it is not among first … end - 1. */
static gboolean
search (const guint32 *numbers, gsize first, gsize end, guint64 wanted, gsize *at)
{
  while (first < end)
    {
      gsize middle = first + (end - first) / 2;

      *at = middle;
      if (numbers[middle] == wanted)
        return TRUE;
      if (numbers[middle] < wanted)
        first = middle + 1;
      else
        end = middle;
    }
  return FALSE;
}

gboolean
sp_feature_codes_find (const SpFeatureCodes *self, guint64 token, gsize *i)
{
  return search ((const guint32 *) self->tokens->data, 0, self->tokens->len, token, i);
}

static gsize
first_code (const SpFeatureCodes *self, gsize i)
{
  return i > 0 ? g_array_index (self->ends, guint32, i - 1) : 0;
}

void
sp_feature_codes_maximise (const SpFeatureCodes *self, gsize i, GHashTable *most)
{
  for (gsize k = first_code (self, i); k < g_array_index (self->ends, guint32, i); k++)
    {
      gpointer feature = GUINT_TO_POINTER (g_array_index (self->features, guint32, k));
      float   *value = &g_array_index (self->values, float, k), *known = g_hash_table_lookup (most, feature);

      if (known == NULL)
        g_hash_table_insert (most, feature, g_memdup2 (value, sizeof *value));
      else
        *known = MAX (*known, *value);
    }
}

float
sp_feature_codes_get (const SpFeatureCodes *self, gsize i, guint32 feature)
{
  gsize at;

  if (!search ((const guint32 *) self->features->data, first_code (self, i), g_array_index (self->ends, guint32, i), feature, &at))
    return 0;
  return g_array_index (self->values, float, at);
}
