/* sp-dump-codes.c - codes of features that were recorded: which there are, and the one that is looked at */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sp-dump-codes-private.h"

#include "sp-dump-rows.h"

#include <glib/gi18n-lib.h>
#include <inttypes.h>
#include <string.h>

#define DENSE_ELEMENTS ((gsize) 1 << 22)   /* that are looked at together */

struct _SpDumpCodes {
  SpItems       items;                     /* lent, like dump */
  const SpDump *dump;
  SpCodesSet    set;                       /* parts NULL: they are dense */
};

/* --- which there are ----------------------------------------------------------------------------------- */

/* Last parts of names of dense ones. */
static const char *const words[] = { "feature_acts", "feature_activations", "sae_acts", "latents", "latent_acts", "codes", "features",
                                     NULL };

/* width: 0: any. */
static gboolean
is_dense (SpStore *store, const SpTensor *tensor, guint64 width)
{
  g_auto (GStrv) parts = sp_dump_may_be_rows (store, tensor, width) ? sp_dump_split_name (tensor) : NULL;

  return parts != NULL && g_strv_contains (words, sp_dump_last_part (parts));
}

gboolean
sp_dump_has_codes (SpStore *store)
{
  SpCodesPart part;

  for (gsize i = 0, n = sp_dump_may_have_rows (store) ? sp_store_get_n_tensors (store) : 0; i < n; i++)
    {
      const SpTensor *tensor = sp_store_get_tensor (store, i);

      if (sp_codes_part_find (store, tensor, &part) || is_dense (store, tensor, 0))
        return TRUE;
    }
  return FALSE;
}

/* Of SpItem; of splits the first. */
static GArray *
list_offered (SpStore *const *stores, gsize n_stores, guint64 n_features)
{
  GArray *offered = g_array_new (FALSE, FALSE, sizeof (SpItem));

  for (gsize s = 0; s < n_stores; s++)
    for (gsize i = 0, n = sp_dump_may_have_rows (stores[s]) ? sp_store_get_n_tensors (stores[s]) : 0; i < n; i++)
      {
        const SpItem item = { stores[s], sp_store_get_tensor (stores[s], i) };
        SpCodesPart  part;

        if (sp_codes_part_find (item.store, item.tensor, &part) ? part.first == 0
                                                                : n_features > 0 && is_dense (item.store, item.tensor, n_features))
          g_array_append_val (offered, item);
      }
  return offered;
}

static char *
title_of (const SpItem *item, const char *text, guint64 n_features)
{
  SpCodesPart part;
  guint64     n_tokens;

  if (sp_codes_part_find (item->store, item->tensor, &part))
    return g_strdup_printf (ngettext ("%s – sparse codes, %" PRIu64 " entry", "%s – sparse codes, %" PRIu64 " entries",
                                      item->tensor->n_elements), text, item->tensor->n_elements);
  n_tokens = item->tensor->n_elements / n_features;
  return g_strdup_printf (ngettext ("%s – codes of %" PRIu64 " token × %" PRIu64, "%s – codes of %" PRIu64 " tokens × %" PRIu64, n_tokens),
                          text, n_tokens, n_features);
}

void
sp_dump_offer_codes (GPtrArray *offers, SpStore *const *stores, gsize n_stores, guint64 n_features)
{
  g_autoptr (GArray)  offered = list_offered (stores, n_stores, n_features);
  g_autofree SpNamed *named = g_new (SpNamed, offered->len + 1);
  g_auto (GStrv)      texts = NULL;

  for (guint i = 0; i < offered->len; i++)
    named[i] = (SpNamed) { g_array_index (offered, SpItem, i).store, g_array_index (offered, SpItem, i).tensor->name };
  texts = sp_named_dup_texts (named, offered->len);
  for (guint i = 0; i < offered->len; i++)
    {
      g_autofree char *title = title_of (&g_array_index (offered, SpItem, i), texts[i], n_features);

      if (sp_offers_find (offers, texts[i]) == G_MAXUINT)
        g_ptr_array_add (offers, sp_offer_new (texts[i], title, FALSE));
    }
}

/* --- the one that is looked at ------------------------------------------------------------------------- */

typedef struct { gsize item; gboolean is_sparse; SpCodesPart part; } Found;

/* Splits are one, which is its first. */
static gboolean
is_same_set (const Found *a, const Found *b)
{
  return a->is_sparse && b->is_sparse && a->part.n > 0 && b->part.n > 0 && a->part.store == b->part.store;
}

/* name NULL: whatever is called like codes; else what is called so, whichever its width. */
static gboolean
is_wanted (const SpItem *item, const char *name, guint64 n_features, Found *found)
{
  const SpTensor *tensor = item->tensor;

  if (name != NULL && !sp_named_goes_by (&(SpNamed) { item->store, tensor->name }, name))
    return FALSE;
  found->is_sparse = sp_codes_part_find (item->store, tensor, &found->part);
  if (found->is_sparse)
    return TRUE;
  found->is_sparse = tensor->sparse != NULL;
  found->part = (SpCodesPart) { .kind = SP_CODES_STORED, .store = item->store, .values = tensor, .places = tensor };
  return name != NULL ? sp_dump_may_be_rows (item->store, tensor, n_features) : is_dense (item->store, tensor, n_features);
}

/* Of Found, in the order of the items. */
static GArray *
list_codes (const SpItems *items, const char *name, guint64 n_features)
{
  GArray     *all = g_array_new (FALSE, FALSE, sizeof (Found));
  SpRowsAsked asked = { NULL };
  gboolean    is_known;

  for (gsize i = 0; i < items->n; i++)
    {
      Found one = { .item = i };

      if (!sp_dump_ask_rows (&asked, &items->items[i]) || !is_wanted (&items->items[i], name, n_features, &one))
        continue;
      is_known = FALSE;
      for (guint k = 0; k < all->len && !is_known; k++)
        is_known = is_same_set (&one, &g_array_index (all, Found, k));
      if (!is_known)
        g_array_append_val (all, one);
    }
  return all;
}

/* Dense ones are as wide as their tensor.  NULL: the error says why not, or they have a problem. */
static SpDump *
open_codes (SpDumpCodes *self, const Found *found, guint64 n_features, GCancellable *cancellable, GError **error)
{
  const SpTensor       *tensor = self->items.items[found->item].tensor;
  g_autoptr (GPtrArray) notes = g_ptr_array_new_with_free_func (g_free);
  SpDump               *dump;

  if (!found->is_sparse)
    {
      guint64 width = sp_dump_count_neurons (tensor);

      return sp_dump_new_tensor (&self->items, found->item, width, tensor->n_elements / width);
    }
  if (!sp_codes_set_init (&self->set, &found->part, n_features, notes, cancellable, error) || self->set.problem != NULL)
    return NULL;
  dump = sp_dump_new_tensor (&self->items, found->item, self->set.n_features, self->set.n_tokens);
  sp_dump_set_rows (dump, self->set.n_per_row);
  g_ptr_array_extend_and_steal (dump->notes, g_steal_pointer (&notes));
  return dump;
}

static void
note_others (SpDump *dump, guint n_others)
{
  if (n_others > 0)
    g_ptr_array_add (dump->notes, g_strdup_printf (ngettext ("%s was taken, being the first; %u other tensor holds codes, too.",
                                                             "%s was taken, being the first; %u other tensors hold codes, too.",
                                                             n_others), dump->site, n_others));
}

gboolean
sp_dump_codes_find (const SpItems *items, const char *name, guint64 n_features, SpDumpCodes **codes, SpDump **dump,
                    GCancellable *cancellable, GError **error)
{
  g_autoptr (SpDumpCodes) self = g_new0 (SpDumpCodes, 1);
  g_autoptr (GArray)      all = list_codes (items, name, n_features);
  g_autofree char        *problem = NULL;

  *codes = NULL;
  *dump = NULL;
  self->items = *items;
  for (guint i = 0; i < all->len && *dump == NULL; i++)
    {
      *dump = open_codes (self, &g_array_index (all, Found, i), n_features, cancellable, error);
      if (*dump == NULL && self->set.problem == NULL)
        return FALSE;
      if (*dump == NULL && problem == NULL)
        problem = g_steal_pointer (&self->set.problem);
      if (*dump == NULL)
        sp_codes_set_clear (&self->set);
    }
  if (*dump == NULL)
    {
      *dump = problem != NULL ? sp_dump_new_problem (items, g_steal_pointer (&problem))
                              : name != NULL && n_features == 0 ? sp_dump_new_rows (items, name, 0, NULL) : NULL;
      return TRUE;
    }
  note_others (*dump, all->len - 1);
  self->dump = *dump;
  *codes = g_steal_pointer (&self);
  return TRUE;
}

void
sp_dump_codes_free (SpDumpCodes *self)
{
  sp_codes_set_clear (&self->set);
  g_free (self);
}

/* --- dense ones, read ---------------------------------------------------------------------------------- */

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

static gsize
most_dense_tokens (const SpDumpCodes *self)
{
  return CLAMP (DENSE_ELEMENTS / self->dump->layers[0].n_neurons, 1, SP_DUMP_CODES_MOST_TOKENS);
}

static gboolean
each_dense (SpDumpCodes *self, SpDumpCodesFunc func, gpointer data, SpDumpCodesFaults *faults, GCancellable *cancellable, GError **error)
{
  gsize     most = most_dense_tokens (self);
  Gathering gathering = { .func = func, .data = data, .width = self->dump->layers[0].n_neurons, .starts = g_new (guint64, most + 1),
                          .features = g_array_new (FALSE, FALSE, sizeof (guint32)), .values = g_array_new (FALSE, FALSE, sizeof (float)) };
  gboolean  is_read = sp_dump_each_rows (self->dump, &self->items, most, gather, &gathering, &faults->n_nonfinite, cancellable, error);

  g_free (gathering.starts);
  g_array_unref (gathering.features);
  g_array_unref (gathering.values);
  return is_read;
}

/* --- all ----------------------------------------------------------------------------------------------- */

gboolean
sp_dump_codes_each (SpDumpCodes *self, SpDumpCodesFunc func, gpointer data, SpDumpCodesFaults *faults, GCancellable *cancellable,
                    GError **error)
{
  *faults = (SpDumpCodesFaults) { 0 };
  if (self->set.parts == NULL)
    return each_dense (self, func, data, faults, cancellable, error);
  return sp_codes_set_each (&self->set, self->dump, func, data, faults, cancellable, error);
}
