/* sp-model-config.c - reads the shape of a model from config.json, and believes nothing that cannot be */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sp-model-config.h"

#include <glib/gi18n-lib.h>
#include <math.h>
#include <string.h>

const char *
sp_config_get (SpStore *store, const char *key)
{
  g_autofree char *name = g_strconcat ("config.", key, NULL);

  return key != NULL ? sp_store_find_metadata (store, name) : NULL;
}

gboolean
sp_config_get_switch (SpStore *store, SpSwitch which)
{
  const char *text = sp_config_get (store, which.key);

  return text != NULL ? strcmp (text, "true") == 0 : which.fallback;
}

gboolean
sp_config_get_double (SpStore *store, const char *key, double fallback, double least, double most, double *value, GError **error)
{
  const char *text = sp_config_get (store, key);
  char       *end = NULL;

  *value = text != NULL ? g_ascii_strtod (text, &end) : fallback;
  if (text != NULL && (end == text || *end != 0 || !(*value >= least && *value <= most)))
    {
      g_set_error (error, SP_ERROR, SP_ERROR_MALFORMED, _("%s: config.json says %s is %s, which no model has (%g to %g)"),
                   sp_store_get_title (store), key, text, least, most);
      return FALSE;
    }
  return TRUE;
}

static gboolean
has_key (SpStore *store, const char *key, GError **error)
{
  if (sp_config_get (store, key) != NULL)
    return TRUE;
  g_set_error (error, SP_ERROR, SP_ERROR_MALFORMED, _("%s: config.json does not say %s"), sp_store_get_title (store), key);
  return FALSE;
}

/* fallback 0: it must be there. */
static gboolean
get_count (SpStore *store, const char *key, guint fallback, guint most, guint *value, GError **error)
{
  double number;

  if (fallback == 0 && !has_key (store, key, error))
    return FALSE;
  if (!sp_config_get_double (store, key, fallback, 1, most, &number, error))
    return FALSE;
  if (number != floor (number))
    {
      g_set_error (error, SP_ERROR, SP_ERROR_MALFORMED, _("%s: config.json says %s is %g, not a whole number"),
                   sp_store_get_title (store), key, number);
      return FALSE;
    }
  *value = (guint) number;
  return TRUE;
}

static const struct { const char *name; SpActivation activation; } activations[] = {
  { "relu", SP_ACTIVATION_RELU },
  { "silu", SP_ACTIVATION_SILU },
  { "swish", SP_ACTIVATION_SILU },
  { "gelu", SP_ACTIVATION_GELU },
  { "gelu_new", SP_ACTIVATION_GELU_TANH },
  { "gelu_fast", SP_ACTIVATION_GELU_TANH },
  { "gelu_pytorch_tanh", SP_ACTIVATION_GELU_TANH },
};

static gboolean
read_activation (SpStore *store, const SpArchitecture *architecture, SpModelShape *shape, GError **error)
{
  const char *name = sp_config_get (store, architecture->activation);

  if (name == NULL)
    name = architecture->activation_fallback;
  for (gsize i = 0; i < G_N_ELEMENTS (activations); i++)
    if (strcmp (activations[i].name, name) == 0)
      {
        shape->activation = activations[i].activation;
        return TRUE;
      }
  g_set_error (error, SP_ERROR, SP_ERROR_UNSUPPORTED,
               _("%s: config.json says %s is '%s', which is not known; known are relu, silu, gelu, gelu_new"), sp_store_get_title (store),
               architecture->activation, name);
  return FALSE;
}

static gboolean
read_counts (SpStore *store, const SpArchitecture *a, SpModelShape *shape, GError **error)
{
  guint n_hidden;

  if (!get_count (store, a->n_hidden, 0, SP_MOST_WIDTH, &shape->n_hidden, error) ||
      !get_count (store, a->n_layers, 0, SP_MOST_LAYERS, &shape->n_layers, error) ||
      !get_count (store, a->n_heads, 0, SP_MOST_WIDTH, &shape->n_heads, error))
    return FALSE;
  n_hidden = shape->n_hidden;
  /* GPT-2's n_inner is often null: four times the width. */
  return get_count (store, a->n_neurons, a->ffn == SP_FFN_PLAIN ? MIN (4 * n_hidden, 2 * SP_MOST_WIDTH) : 0, 2 * SP_MOST_WIDTH,
                    &shape->n_neurons, error) &&
         get_count (store, a->n_kv_heads, shape->n_heads, SP_MOST_WIDTH, &shape->n_kv_heads, error) &&
         get_count (store, a->n_context, a->context_fallback, 1u << 30, &shape->n_context, error) &&
         get_count (store, a->n_embed, n_hidden, SP_MOST_WIDTH, &shape->n_embed, error) &&
         get_count (store, "vocab_size", 0, 1u << 24, &shape->n_ids, error);
}

/* How much of a head is turned. */
static gboolean
read_rotary (SpStore *store, const SpArchitecture *a, SpModelShape *shape, GError **error)
{
  const char *keys[] = { a->rotary_share, "partial_rotary_factor", "rope_parameters.partial_rotary_factor" }, *key = NULL;
  double      share;

  for (gsize i = 0; i < G_N_ELEMENTS (keys) && sp_config_get (store, key) == NULL; i++)
    key = keys[i];
  if (!sp_config_get_double (store, key, a->rotary_share != NULL ? 0.25 : 1, 0, 1, &share, error))
    return FALSE;
  shape->n_rotary = (guint) (shape->head_size * share);
  if (shape->n_rotary % 2 == 0)
    return TRUE;
  g_set_error (error, SP_ERROR, SP_ERROR_MALFORMED, _("%s: config.json says %u of a head's %u elements are turned, which are no pairs"),
               sp_store_get_title (store), shape->n_rotary, shape->head_size);
  return FALSE;
}

static gboolean
read_heads (SpStore *store, const SpArchitecture *a, SpModelShape *shape, GError **error)
{
  if (shape->n_heads % shape->n_kv_heads != 0 ||
      (sp_config_get (store, "head_dim") == NULL && shape->n_hidden % shape->n_heads != 0))
    {
      g_set_error (error, SP_ERROR, SP_ERROR_MALFORMED,
                   _("%s: config.json's numbers do not fit: %s %u, %s %u, %s %u"), sp_store_get_title (store), a->n_hidden,
                   shape->n_hidden, a->n_heads, shape->n_heads, a->n_kv_heads != NULL ? a->n_kv_heads : a->n_heads, shape->n_kv_heads);
      return FALSE;
    }
  if (!get_count (store, "head_dim", MAX (shape->n_hidden / shape->n_heads, 1), SP_MOST_WIDTH, &shape->head_size, error))
    return FALSE;
  if ((guint64) shape->head_size * shape->n_heads > SP_MOST_WIDTH)
    {
      g_set_error (error, SP_ERROR, SP_ERROR_MALFORMED, _("%s: config.json says %u heads of %u, which no model has"),
                   sp_store_get_title (store), shape->n_heads, shape->head_size);
      return FALSE;
    }
  return a->position != SP_POSITION_ROTARY || read_rotary (store, a, shape, error);
}

/* key NULL: the architecture has none, and it is 1. */
static gboolean
get_scale (SpStore *store, const char *key, double *value, GError **error)
{
  *value = 1;
  return key == NULL || (has_key (store, key, error) && sp_config_get_double (store, key, 1, 1e-6, 1e9, value, error));
}

static gboolean
read_scales (SpStore *store, const SpArchitecture *a, SpModelShape *shape, GError **error)
{
  double depth, width;

  if (!get_scale (store, a->embed_scale, &shape->embed_scale, error) || !get_scale (store, a->depth_scale, &depth, error) ||
      !get_scale (store, a->base_width, &width, error))
    return FALSE;
  shape->branch_scale = a->depth_scale != NULL ? depth / sqrt (shape->n_layers) : 1;
  shape->head_scale = a->base_width != NULL ? width / shape->n_hidden : 1;
  return TRUE;
}

/* What newer programs write layer by layer must be what the older keys say. */
static gboolean
check_layer_types (SpStore *store, const SpArchitecture *a, const SpModelShape *shape, GError **error)
{
  const char    *text = sp_config_get (store, "layer_types");
  g_auto (GStrv) types = g_strsplit (text != NULL ? text : "", ", ", -1);

  for (guint i = 0; i < shape->n_layers && types[i] != NULL; i++)
    if (strcmp (types[i], shape->window > 0 && i >= shape->first_windowed ? "sliding_attention" : "full_attention") != 0)
      {
        g_set_error (error, SP_ERROR, SP_ERROR_UNSUPPORTED,
                     _("%s: config.json says in layer_types that layer %u is '%s', which is not what its %s and %s mean"),
                     sp_store_get_title (store), i, types[i], a->has_sliding_window.key, a->first_sliding_layer);
        return FALSE;
      }
  return TRUE;
}

static gboolean
read_window (SpStore *store, const SpArchitecture *a, SpModelShape *shape, GError **error)
{
  const char *first = sp_config_get (store, a->first_sliding_layer);
  gboolean    is_there = sp_config_get_switch (store, a->has_sliding_window);

  /* Where it is always on, null turns it off. */
  if (is_there && (a->has_sliding_window.key != NULL || sp_config_get (store, a->sliding_window) != NULL) &&
      !get_count (store, a->sliding_window, 0, 1u << 30, &shape->window, error))
    return FALSE;
  if (a->first_sliding_layer == NULL)
    return TRUE;
  return (g_strcmp0 (first, "0") == 0 ||
          get_count (store, a->first_sliding_layer, a->first_sliding_fallback, SP_MOST_LAYERS, &shape->first_windowed, error)) &&
         check_layer_types (store, a, shape, error);
}

/* A switch that is neither on nor off would be taken for off. */
static gboolean
check_switches (SpStore *store, const SpArchitecture *a, GError **error)
{
  const char *keys[] = { a->has_norm_bias.key, a->has_qkv_bias.key, a->has_out_bias.key, a->has_ffn_bias.key, a->is_tied.key,
                         a->is_parallel.key, a->is_norm_first.key, a->has_sliding_window.key, a->has_scaled_scores.key,
                         a->scales_by_layer, "_remove_final_layer_norm" };

  for (gsize i = 0; i < G_N_ELEMENTS (keys); i++)
    {
      const char *text = sp_config_get (store, keys[i]);

      if (text == NULL || strcmp (text, "true") == 0 || strcmp (text, "false") == 0)
        continue;
      g_set_error (error, SP_ERROR, SP_ERROR_MALFORMED, _("%s: config.json says %s is %s, neither true nor false"),
                   sp_store_get_title (store), keys[i], text);
      return FALSE;
    }
  return TRUE;
}

static gboolean
check_norms (SpStore *store, const SpArchitecture *a, GError **error)
{
  if (a->has_norm_bias.key == NULL || sp_config_get_switch (store, a->has_norm_bias))
    return TRUE;
  g_set_error (error, SP_ERROR, SP_ERROR_UNSUPPORTED, _("%s: config.json says %s is false; norms without weights are not understood"),
               sp_store_get_title (store), a->has_norm_bias.key);
  return FALSE;
}

gboolean
sp_config_read_shape (SpStore *store, const SpArchitecture *architecture, SpModelShape *shape, GError **error)
{
  *shape = (SpModelShape) {
    .is_gated = architecture->ffn == SP_FFN_GATED,
    .is_tied = sp_config_get_switch (store, architecture->is_tied),
    .is_parallel = sp_config_get_switch (store, architecture->is_parallel),
    .is_norm_first = sp_config_get_switch (store, architecture->is_norm_first),
    .scales_by_layer = sp_config_get_switch (store, (SpSwitch) { architecture->scales_by_layer, FALSE }),
    .has_scaled_scores = sp_config_get_switch (store, architecture->has_scaled_scores),
  };
  return check_switches (store, architecture, error) && check_norms (store, architecture, error) &&
         read_counts (store, architecture, shape, error) && read_heads (store, architecture, shape, error) &&
         read_scales (store, architecture, shape, error) && read_window (store, architecture, shape, error) &&
         read_activation (store, architecture, shape, error) &&
         sp_config_get_double (store, architecture->norm_eps, architecture->norm_eps_fallback, 0, 1, &shape->norm_eps, error);
}
