/* sp-dump-name.c - what the names of tensors say about recorded activations */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sp-dump-private.h"

#include <string.h>

/* Parts of names that say what was recorded. */
static const char *const words[] = {
  "act", "acts", "activation", "activations", "act_fn", "activation_fn", "intermediate_act_fn", "hook_post", "post_act",
  "neurons", NULL
};

/* Parts of names that say so where no other follows: a module, by whose name its output goes. */
static const char *const modules[] = { "mlp", "ffn", NULL };

/* Last parts of names that say it was not. */
static const char *const parameters[] = { "weight", "bias", "scale", "scales", "weight_g", "weight_v", "kernel", "alpha", "beta", NULL };

static const char *const stacks[] = { "encoder", "decoder", "enc", "dec", NULL };

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

static gboolean
has_word (char **parts)
{
  const char *last = NULL;

  for (gsize i = 0; parts[i] != NULL; i++)
    {
      if (g_strv_contains (words, parts[i]) || g_str_has_prefix (parts[i], "act_"))
        return TRUE;
      last = sp_dump_is_number (parts[i]) ? last : parts[i];
    }
  return last != NULL && g_strv_contains (modules, last);
}

/* Most tensors of most files are parameters, so this copies nothing. */
static gboolean
is_parameter (const SpTensor *tensor)
{
  const char *last = tensor->name;

  for (const char *end; (end = strpbrk (last, SP_DUMP_SEPARATORS)) != NULL;)
    last = end + 1;
  for (gsize i = 0; parameters[i] != NULL; i++)
    if (g_ascii_strcasecmp (last, parameters[i]) == 0)
      return TRUE;
  return FALSE;
}

static gboolean
is_named_so (const SpTensor *tensor)
{
  g_auto (GStrv) parts = NULL;

  if (is_parameter (tensor))
    return FALSE;
  parts = sp_dump_split_name (tensor);
  return has_word (parts);
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
sp_dump_is_in (SpStore *store)
{
  gboolean is_any = FALSE;

  for (gsize i = 0; i < sp_store_get_n_tensors (store); i++)
    {
      const SpTensor *tensor = sp_store_get_tensor (store, i);

      if (is_parameter (tensor))
        return FALSE;
      is_any = is_any || sp_dump_is_activations (tensor);
    }
  return is_any;
}

static gboolean
has_activations (SpStore *store)
{
  for (gsize i = 0; i < sp_store_get_n_tensors (store); i++)
    if (sp_dump_is_activations (sp_store_get_tensor (store, i)) || sp_dump_is_lost (sp_store_get_tensor (store, i)))
      return TRUE;
  return FALSE;
}

gboolean
sp_analysis_suits (const SpAnalysis *analysis, SpStore *store)
{
  switch (analysis->needs)
    {
    case SP_NEEDS_WEIGHTS:     return !sp_dump_is_in (store);
    case SP_NEEDS_ACTIVATIONS: return has_activations (store);
    case SP_NEEDS_TENSORS:     break;
    }
  return TRUE;
}

guint64
sp_dump_count_neurons (const SpTensor *tensor)
{
  return tensor->shape[tensor->rank - 1];
}

/* "act_3" */
static gboolean
is_numbered (const char *part)
{
  const char *line = strrchr (part, '_');

  return g_ascii_strncasecmp (part, "act", 3) == 0 && line != NULL && sp_dump_is_number (line + 1);
}

/* "model.layers.3.mlp" → "model.layers.*.mlp", "act_3" → "act_*"; encoder and decoder are one site, and so are the files of a folder. */
char *
sp_dump_site_name (const SpTensor *tensor)
{
  const char    *colon = strrchr (tensor->name, ':');
  g_auto (GStrv) parts = g_strsplit (colon != NULL ? colon + 1 : tensor->name, ".", -1);

  for (gsize i = 0; parts[i] != NULL; i++)
    if (sp_dump_is_number (parts[i]) || (tensor->role.stack != 0 && g_strv_contains (stacks, parts[i])))
      {
        g_free (parts[i]);
        parts[i] = g_strdup ("*");
      }
    else if (is_numbered (parts[i]))
      strcpy (strrchr (parts[i], '_') + 1, "*");
  return g_strjoinv (".", parts);
}
