/* sp-dump-place.c - which place of a model a vector a token is from, as far as a name tells */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sp-dump-private.h"

#include <string.h>

/* Last parts of names: TransformerLens' hooks without their "hook_", what the recorder and Hugging Face call hidden states, and modules, by
 * whose name their output goes.  What leaves a layer is what enters the next. */
static const struct { SpDumpPlaceKind kind; gint32 n_layers_on; const char *words[8]; } places[] = {
  { SP_DUMP_PLACE_RESIDUAL, 0, { "resid_pre", "hidden", "hidden_states" } },
  { SP_DUMP_PLACE_RESIDUAL, 1, { "resid_post", "layers", "layer", "blocks", "block", "h" } },
  { SP_DUMP_PLACE_BETWEEN, 0, { "resid_mid" } },
  { SP_DUMP_PLACE_HEADS, 0, { "z" } },
  { SP_DUMP_PLACE_ATTENTION, 0, { "attn_out", "attention_out", "self_attn", "attn", "attention" } },
  { SP_DUMP_PLACE_FFN, 0, { "mlp_out", "mlp" } },
  { SP_DUMP_PLACE_NEURONS, 0, { "post", "act" } },
};

/* "hook_resid_post" → "resid_post"; "mlp_out_layer_3" → "mlp_out", "hidden_3" → "hidden" */
static char *
dup_word (const char *part)
{
  const char *word = g_str_has_prefix (part, "hook_") ? part + strlen ("hook_") : part;
  gsize       n = strlen (word), end = n;

  while (end > 0 && g_ascii_isdigit (word[end - 1]))
    end--;
  if (end < n && end > 1 && word[end - 1] == '_')
    end--;
  if (end < n && end > strlen ("_layer") && strncmp (word + end - strlen ("_layer"), "_layer", strlen ("_layer")) == 0)
    end -= strlen ("_layer");
  return g_strndup (word, end);
}

SpDumpPlace
sp_dump_find_place (const SpTensor *tensor)
{
  g_auto (GStrv)   parts = sp_dump_split_name (tensor);
  g_autofree char *word = dup_word (sp_dump_last_part (parts));
  SpDumpPlace      place = { .layer = sp_dump_layer_number (tensor) };

  for (gsize i = 0; place.layer >= 0 && i < G_N_ELEMENTS (places); i++)
    if (g_strv_contains (places[i].words, word))
      return (SpDumpPlace) { places[i].kind, place.layer + places[i].n_layers_on };
  return place;
}

SpDumpPlace
sp_dump_find_place_of_hook (const char *hook)
{
  const SpTensor named = { .name = (char *) hook, .role = sp_role_parse (hook, 2, TRUE) };

  return sp_dump_find_place (&named);
}
