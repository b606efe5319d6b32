/* sp-dump-name.c - what the names of tensors say about recorded activations */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sp-checkpoints.h"
#include "sp-dump-codes.h"
#include "sp-dump-counts.h"
#include "sp-dump-private.h"
#include "sp-feature-counts.h"
#include "sp-series.h"

#include "sp-model.h"
#include "sp-sae.h"

#include <string.h>

/* Parts of names that say what was recorded. */
static const char *const words[] = {
  "act", "acts", "activation", "activations", "act_fn", "activation_fn", "intermediate_act_fn", "hook_post", "post_act",
  "neurons", NULL
};

/* Parts of names that say so where no other follows: a module, by whose name its output goes. */
static const char *const modules[] = { "mlp", "ffn", NULL };

/* The same for the gate's scores σ(W_gate x); after a module, "gate" is a router. */
static const char *const gates[] = {
  "gate", "gates", "gate_act", "gate_acts", "gate_activation", "gate_activations", "gate_score", "gate_scores", NULL
};
static const char *const routing[] = { "mlp", "ffn", "moe", "block_sparse_moe", "feed_forward", NULL };

/* After a down projection: what it read, which is the gated product. */
static const char *const inputs[] = { "input", "inputs", "in", "hook_in", NULL };

/* Last parts of names that say it was not. */
static const char *const parameters[] = { "weight", "bias", "scale", "scales", "weight_g", "weight_v", "kernel", "alpha", "beta", NULL };

gboolean
sp_dump_is_number (const char *part)
{
  return part[0] != '\0' && strspn (part, "0123456789") == strlen (part);
}

char **
sp_dump_split_name (const SpTensor *tensor)
{
  g_autofree char *name = g_ascii_strdown (tensor->name, -1);

  return g_strsplit_set (name, SP_DUMP_SEPARATORS, -1);
}

const char *
sp_dump_last_part (char **parts)
{
  const char *last = "";

  for (gsize i = 0; parts[i] != NULL; i++)
    last = sp_dump_is_number (parts[i]) ? last : parts[i];
  return last;
}

/* What the last parts of a name are, numbers left out. */
typedef struct { const char *last, *before; gboolean has_word, has_gate; } Look;

static Look
look_at (char **parts)
{
  Look look = { .last = "", .before = "" };

  for (gsize i = 0; parts[i] != NULL; i++)
    {
      if (sp_dump_is_number (parts[i]))
        continue;
      parts[i][sp_dump_find_layer_number (parts[i], strlen (parts[i]))] = '\0';
      look.before = look.last;
      look.last = parts[i];
      look.has_word = look.has_word || g_strv_contains (words, parts[i]) || g_str_has_prefix (parts[i], "act_");
      look.has_gate = look.has_gate || strcmp (parts[i], "gate_proj") == 0 || strcmp (parts[i], "act_fn") == 0;
    }
  return look;
}

static gboolean
is_gate (const Look *look)
{
  return g_strv_contains (gates, look->last) && (strcmp (look->last, "gate") != 0 || !g_strv_contains (routing, look->before));
}

/* "mlp.down_proj.input"; TransformerLens' bridge: "mlp.out.hook_in" */
static gboolean
is_read_by_down (const Look *look, const SpTensor *tensor)
{
  return g_strv_contains (inputs, look->last)
         && (tensor->role.part == SP_PART_DOWN || (strcmp (look->before, "out") == 0 && strcmp (look->last, "hook_in") == 0));
}

SpSiteKind
sp_dump_site_kind (const SpTensor *tensor)
{
  g_auto (GStrv) parts = sp_dump_split_name (tensor);
  Look           look = look_at (parts);

  if (is_gate (&look) || (look.has_word && look.has_gate))
    return SP_SITE_GATE;
  return is_read_by_down (&look, tensor) || strcmp (look.last, "hook_post") == 0 ? SP_SITE_PRODUCT : SP_SITE_UNKNOWN;
}

/* Most tensors of most files are parameters, so this copies nothing. */
gboolean
sp_dump_is_parameter (const SpTensor *tensor)
{
  const char *last = tensor->name;

  for (const char *end; (end = strpbrk (last, SP_DUMP_SEPARATORS)) != NULL;)
    last = end + 1;
  for (gsize i = 0; parameters[i] != NULL; i++)
    if (g_ascii_strcasecmp (last, parameters[i]) == 0)
      return TRUE;
  return FALSE;
}

gboolean
sp_dump_has_parameters (SpStore *store)
{
  for (gsize i = 0; i < sp_store_get_n_tensors (store); i++)
    if (sp_dump_is_parameter (sp_store_get_tensor (store, i)))
      return TRUE;
  return FALSE;
}

static gboolean
is_named_so (const SpTensor *tensor)
{
  g_auto (GStrv) parts = NULL;
  Look           look;

  if (sp_dump_is_parameter (tensor))
    return FALSE;
  parts = sp_dump_split_name (tensor);
  look = look_at (parts);
  return look.has_word || g_strv_contains (modules, look.last) || is_gate (&look) || is_read_by_down (&look, tensor);
}

gboolean
sp_dump_is_lost (const SpTensor *tensor)
{
  return !sp_tensor_is_readable (tensor) && is_named_so (tensor);
}

gboolean
sp_dump_is_activations (const SpTensor *tensor)
{
  if (!sp_tensor_is_readable (tensor) || (tensor->rank != 2 && tensor->rank != 3))
    return FALSE;
  if (sp_dtype_kind (tensor->dtype) == SP_KIND_INT && sp_dtype_size (tensor->dtype) > 1)
    return FALSE;
  return is_named_so (tensor);
}

gboolean
sp_dump_has_only (SpStore *store, gboolean (*is_wanted) (const SpTensor *tensor))
{
  gboolean is_any = FALSE;

  for (gsize i = 0; i < sp_store_get_n_tensors (store); i++)
    {
      const SpTensor *tensor = sp_store_get_tensor (store, i);

      if (sp_dump_is_parameter (tensor))
        return FALSE;
      is_any = is_any || is_wanted (tensor);
    }
  return is_any;
}

gboolean
sp_dump_is_in (SpStore *store)
{
  return sp_dump_has_only (store, sp_dump_is_activations);
}

/* Certainly or perhaps. */
static gboolean
has_activations (SpStore *store)
{
  for (gsize i = 0; i < sp_store_get_n_tensors (store); i++)
    if (sp_dump_is_activations (sp_store_get_tensor (store, i)) || sp_dump_is_lost (sp_store_get_tensor (store, i)))
      return TRUE;
  return sp_dump_is_unsure_in (store);
}

static gboolean
has_matrix (SpStore *store)
{
  for (gsize i = 0; i < sp_store_get_n_tensors (store); i++)
    if (sp_store_get_tensor (store, i)->rank > 1)
      return TRUE;
  return FALSE;
}

/* How often features fire, without the autoencoder. */
static gboolean
has_feature_counts_alone (SpStore *store)
{
  return sp_feature_counts_are_in (store) && !has_matrix (store);
}

static gboolean
has_weights (SpStore *store)
{
  return !sp_dump_is_in (store) && !sp_dump_has_counts (store) && !sp_series_is_in (store) && !sp_series_has_losses (store)
         && !has_feature_counts_alone (store) && sp_store_get_format (store) != &sp_format_checkpoints;
}

gboolean
sp_analysis_suits (const SpAnalysis *analysis, SpStore *store)
{
  switch (analysis->needs)
    {
    case SP_NEEDS_WEIGHTS:     return has_weights (store);
    case SP_NEEDS_ACTIVATIONS: return has_activations (store);
    case SP_NEEDS_FIRINGS:     return has_activations (store) || sp_dump_has_counts (store);
    case SP_NEEDS_SERIES:      return sp_series_is_in (store) || sp_store_has_checkpoints (store);
    case SP_NEEDS_MODEL:       return sp_model_is_in (store) || sp_series_has_losses (store);      /* an unknown model is refused by name */
    case SP_NEEDS_SAE:         return sp_sae_is_in (store) || sp_feature_counts_are_in (store) || sp_dump_has_codes (store);
    case SP_NEEDS_TENSORS:     break;
    }
  return TRUE;
}

/* What has to be measured first is looked at alone: others would have it measured again. */
gboolean
sp_analysis_joins (const SpAnalysis *analysis, SpStore *store)
{
  return analysis->joins_all && sp_analysis_suits (analysis, store)
         && (analysis->needs != SP_NEEDS_SERIES || !sp_store_has_checkpoints (store));
}

gboolean
sp_analysis_looks_at (const SpAnalysis *analysis, SpStore *store, SpStore *other)
{
  return analysis->looks_beside && analysis->needs == SP_NEEDS_SAE && sp_sae_is_in (store) && sp_dump_has_codes (other);
}

guint64
sp_dump_count_neurons (const SpTensor *tensor)
{
  return tensor->shape[tensor->rank - 1];
}
