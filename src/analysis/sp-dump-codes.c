/* sp-dump-codes.c - codes of features that were recorded: which there are, and the one that is looked at */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sp-dump-codes.h"

#include "sp-dump-private.h"
#include "sp-dump-rows.h"
#include "sp-sae.h"

#include <glib/gi18n-lib.h>
#include <inttypes.h>
#include <string.h>

#define DENSE_ELEMENTS ((gsize) 1 << 22)   /* that are looked at together */

struct _SpDumpCodes {
  SpItems       items;                     /* lent, like dump */
  const SpDump *dump;
};

/* --- which there are ----------------------------------------------------------------------------------- */

/* Last parts of names. */
static const char *const words[] = { "feature_acts", "feature_activations", "sae_acts", "latents", "latent_acts", "codes", "features",
                                     NULL };

static gboolean
may_have_codes (SpStore *store)
{
  return !sp_dump_has_parameters (store) && !sp_sae_is_in (store);
}

/* width: 0: any. */
static gboolean
is_dense (const SpTensor *tensor, guint64 width)
{
  g_auto (GStrv) parts = sp_dump_may_be_rows (tensor, width) ? sp_dump_split_name (tensor) : NULL;

  return parts != NULL && g_strv_contains (words, sp_dump_last_part (parts));
}

gboolean
sp_dump_has_codes (SpStore *store)
{
  for (gsize i = 0, n = may_have_codes (store) ? sp_store_get_n_tensors (store) : 0; i < n; i++)
    if (is_dense (sp_store_get_tensor (store, i), 0))
      return TRUE;
  return FALSE;
}

static void
offer (GPtrArray *offers, const SpTensor *tensor, guint64 n_features)
{
  g_autofree char *title = NULL;

  if (n_features > 0 && is_dense (tensor, n_features))
    title = g_strdup_printf (_("%s – codes of %" PRIu64 " tokens × %" PRIu64), tensor->name, tensor->n_elements / n_features, n_features);
  if (title != NULL && sp_offers_find (offers, tensor->name) == G_MAXUINT)
    g_ptr_array_add (offers, sp_offer_new (tensor->name, title, FALSE));
}

void
sp_dump_offer_codes (GPtrArray *offers, SpStore *const *stores, gsize n_stores, guint64 n_features)
{
  for (gsize s = 0; s < n_stores; s++)
    for (gsize i = 0, n = may_have_codes (stores[s]) ? sp_store_get_n_tensors (stores[s]) : 0; i < n; i++)
      offer (offers, sp_store_get_tensor (stores[s], i), n_features);
}

/* --- the one that is looked at ------------------------------------------------------------------------- */

/* NULL: there are none. */
static const char *
find_first (const SpItems *items, guint64 n_features)
{
  SpStore *last = NULL;
  gboolean may_have = FALSE;

  for (gsize i = 0; i < items->n; i++)
    {
      may_have = items->items[i].store == last ? may_have : may_have_codes (items->items[i].store);
      last = items->items[i].store;
      if (may_have && is_dense (items->items[i].tensor, n_features))
        return items->items[i].tensor->name;
    }
  return NULL;
}

SpDumpCodes *
sp_dump_codes_new (const SpItems *items, const char *name, guint64 n_features, SpDump **dump)
{
  SpDumpCodes *self;

  name = name != NULL ? name : find_first (items, n_features);
  *dump = name != NULL ? sp_dump_new_rows (items, name, n_features, NULL) : NULL;
  if (*dump == NULL || (*dump)->site == NULL)
    return NULL;
  self = g_new (SpDumpCodes, 1);
  *self = (SpDumpCodes) { *items, *dump };
  return self;
}

void
sp_dump_codes_free (SpDumpCodes *self)
{
  g_free (self);
}

/* --- what they are ---------------------------------------------------------------------------------- */

typedef struct {
  SpDumpCodesFunc func;
  gpointer        data;
  gsize           width;
  guint64        *starts;                  /* (tokens of a block + 1) */
  GArray         *features, *values;       /* of guint32, float */
} Gathering;

/* What is not 0. */
static gboolean
gather (gpointer data, const float *rows, const guint64 *tokens, gsize n_tokens, GError **error)
{
  Gathering *self = data;
  SpCodes    codes = { .n_tokens = n_tokens, .starts = self->starts };

  g_array_set_size (self->features, 0);
  g_array_set_size (self->values, 0);
  for (gsize t = 0; t < n_tokens; t++)
    {
      self->starts[t] = self->features->len;
      for (guint32 i = 0; i < self->width; i++)
        if (rows[t * self->width + i] != 0)
          {
            g_array_append_val (self->features, i);
            g_array_append_val (self->values, rows[t * self->width + i]);
          }
    }
  self->starts[n_tokens] = self->features->len;
  codes.features = (const guint32 *) (gpointer) self->features->data;
  codes.values = (const float *) (gpointer) self->values->data;
  return self->func (self->data, &codes, tokens, error);
}

gboolean
sp_dump_codes_each (SpDumpCodes *self, SpDumpCodesFunc func, gpointer data, guint64 *n_nonfinite, GCancellable *cancellable,
                    GError **error)
{
  gsize     width = self->dump->layers[0].n_neurons, most = CLAMP (DENSE_ELEMENTS / width, 1, SP_DUMP_CODES_MOST_TOKENS);
  Gathering gathering = { .func = func, .data = data, .width = width, .starts = g_new (guint64, most + 1),
                          .features = g_array_new (FALSE, FALSE, sizeof (guint32)), .values = g_array_new (FALSE, FALSE, sizeof (float)) };
  gboolean  is_read = sp_dump_each_rows (self->dump, &self->items, most, gather, &gathering, n_nonfinite, cancellable, error);

  g_free (gathering.starts);
  g_array_unref (gathering.features);
  g_array_unref (gathering.values);
  return is_read;
}
