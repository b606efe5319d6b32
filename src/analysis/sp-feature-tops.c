/* sp-feature-tops.c - the tokens at which each feature is most active */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sp-feature-tops.h"

#define MOST_FEATURES (1u << 21)         /* 160 MB */

typedef struct { guint32 token; float value; } Top;

struct _SpFeatureTops {
  guint n_features;
  Top  *tops;                            /* (n_features, SP_FEATURE_TOPS) largest first; value 0: none */
};

SpFeatureTops *
sp_feature_tops_new (guint n_features)
{
  SpFeatureTops *self;
  Top           *tops = n_features <= MOST_FEATURES ? g_try_new0 (Top, (gsize) n_features * SP_FEATURE_TOPS) : NULL;

  if (tops == NULL)
    return NULL;
  self = g_atomic_rc_box_new0 (SpFeatureTops);
  self->n_features = n_features;
  self->tops = tops;
  return self;
}

SpFeatureTops *
sp_feature_tops_ref (SpFeatureTops *self)
{
  return g_atomic_rc_box_acquire (self);
}

static void
tops_clear (gpointer data)
{
  g_free (((SpFeatureTops *) data)->tops);
}

void
sp_feature_tops_unref (SpFeatureTops *self)
{
  g_atomic_rc_box_release_full (self, tops_clear);
}

static void
keep (Top *tops, guint32 token, float value)
{
  gsize at = SP_FEATURE_TOPS - 1;

  if (!(value > tops[at].value))
    return;
  for (; at > 0 && value > tops[at - 1].value; at--)
    tops[at] = tops[at - 1];
  tops[at] = (Top) { token, value };
}

void
sp_feature_tops_add (SpFeatureTops *self, const SpCodes *codes, const guint64 *tokens)
{
  for (gsize t = 0; t < codes->n_tokens; t++)
    for (guint64 i = codes->starts[t]; i < codes->starts[t + 1]; i++)
      keep (self->tops + (gsize) codes->features[i] * SP_FEATURE_TOPS, (guint32) tokens[t], codes->values[i]);
}

gsize
sp_feature_tops_list (const SpFeatureTops *self, guint feature, SpDumpTop *out)
{
  const Top *tops = self->tops + (gsize) feature * SP_FEATURE_TOPS;
  gsize      n = 0;

  for (; n < SP_FEATURE_TOPS && tops[n].value > 0; n++)
    out[n] = (SpDumpTop) { tops[n].token, (double) tops[n].value };
  return n;
}

/* --- as the detail of a table -------------------------------------------------------------------------- */

typedef struct { SpFeatureTops *tops; SpDumpLook *look; } Detail;

static void
detail_free (gpointer data)
{
  Detail *detail = data;

  sp_feature_tops_unref (detail->tops);
  sp_dump_look_unref (detail->look);
  g_free (detail);
}

static SpTable *
read_feature (gpointer data, G_GNUC_UNUSED const char *key, gint64 feature, G_GNUC_UNUSED GCancellable *cancellable,
              G_GNUC_UNUSED GError **error)
{
  const Detail *detail = data;
  SpDumpTop     tops[SP_FEATURE_TOPS];
  gsize         n = sp_feature_tops_list (detail->tops, (guint) feature, tops);

  return sp_dump_look_table (detail->look, 0, tops, n);
}

void
sp_feature_tops_link (SpFeatureTops *self, SpDumpLook *look, SpTable *features)
{
  Detail *detail = g_new (Detail, 1);

  *detail = (Detail) { sp_feature_tops_ref (self), sp_dump_look_ref (look) };
  sp_table_set_detail (features, read_feature, detail, detail_free);
}
