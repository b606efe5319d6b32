/* sp-role.c - which layer and which part of a network a tensor is, from its name */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sp-role.h"

#include <glib/gi18n-lib.h>
#include <string.h>

#define MAX_WORDS 24
#define MAX_NAME  512                  /* of a longer name the end decides */

typedef enum { ANY, IN_ATTENTION, NOT_ATTENTION, IN_FFN, IN_MOE } Where;

/* One word of a dotted name, looked for from the last one back; the first row that fits decides. */
static const struct { const char *word; Where where; SpPart part; } words[] = {
  { "q_proj", ANY, SP_PART_Q },          { "k_proj", ANY, SP_PART_K },           { "v_proj", ANY, SP_PART_V },
  { "query", ANY, SP_PART_Q },           { "key", ANY, SP_PART_K },              { "value", ANY, SP_PART_V },
  { "wq", ANY, SP_PART_Q },              { "wk", ANY, SP_PART_K },               { "wv", ANY, SP_PART_V },
  { "attn_q", ANY, SP_PART_Q },          { "attn_k", ANY, SP_PART_K },           { "attn_v", ANY, SP_PART_V },
  { "to_q", ANY, SP_PART_Q },            { "to_k", ANY, SP_PART_K },             { "to_v", ANY, SP_PART_V },
  { "q_lin", ANY, SP_PART_Q },           { "k_lin", ANY, SP_PART_K },            { "v_lin", ANY, SP_PART_V },
  { "q", IN_ATTENTION, SP_PART_Q },      { "k", IN_ATTENTION, SP_PART_K },       { "v", IN_ATTENTION, SP_PART_V },
  { "w_q", ANY, SP_PART_Q },             { "w_k", ANY, SP_PART_K },              { "w_v", ANY, SP_PART_V },
  { "b_q", ANY, SP_PART_BIAS },          { "b_k", ANY, SP_PART_BIAS },           { "b_v", ANY, SP_PART_BIAS },
  { "q_a_proj", ANY, SP_PART_Q },        { "q_b_proj", ANY, SP_PART_Q },         { "kv_b_proj", ANY, SP_PART_QKV },
  { "kv_a_proj_with_mqa", ANY, SP_PART_QKV },
  { "qkv", ANY, SP_PART_QKV },           { "qkv_proj", ANY, SP_PART_QKV },       { "wqkv", ANY, SP_PART_QKV },
  { "c_attn", ANY, SP_PART_QKV },        { "query_key_value", ANY, SP_PART_QKV }, { "attn_qkv", ANY, SP_PART_QKV },
  { "in_proj", IN_ATTENTION, SP_PART_QKV }, { "in_proj_weight", IN_ATTENTION, SP_PART_QKV },
  { "o_proj", ANY, SP_PART_O },          { "out_proj", IN_ATTENTION, SP_PART_O }, { "attn_output", ANY, SP_PART_O },
  { "attn_out", ANY, SP_PART_O },        { "to_out", ANY, SP_PART_O },           { "out_lin", ANY, SP_PART_O },
  { "wo", IN_ATTENTION, SP_PART_O },     { "o", IN_ATTENTION, SP_PART_O },       { "c_proj", IN_ATTENTION, SP_PART_O },
  { "dense", IN_ATTENTION, SP_PART_O },  { "proj", IN_ATTENTION, SP_PART_O },    { "w_o", ANY, SP_PART_O },

  { "ffn_gate_inp", ANY, SP_PART_ROUTER }, { "router", ANY, SP_PART_ROUTER },
  { "shared_expert_gate", ANY, SP_PART_ROUTER },
  { "gate", IN_MOE, SP_PART_ROUTER },
  { "gate_proj", ANY, SP_PART_GATE },    { "ffn_gate", ANY, SP_PART_GATE },      { "w1", ANY, SP_PART_GATE },
  { "wi_0", ANY, SP_PART_GATE },         { "ffn_gate_exps", ANY, SP_PART_GATE },
  { "ffn_gate_shexp", ANY, SP_PART_GATE },
  { "up_proj", ANY, SP_PART_UP },        { "ffn_up", ANY, SP_PART_UP },          { "w3", ANY, SP_PART_UP },
  { "wi_1", ANY, SP_PART_UP },           { "wi", ANY, SP_PART_UP },              { "fc1", ANY, SP_PART_UP },
  { "c_fc", ANY, SP_PART_UP },           { "fc_in", ANY, SP_PART_UP },           { "dense_h_to_4h", ANY, SP_PART_UP },
  { "lin1", ANY, SP_PART_UP },           { "linear1", ANY, SP_PART_UP },         { "gate_up_proj", ANY, SP_PART_UP },
  { "intermediate", NOT_ATTENTION, SP_PART_UP }, { "ffn_up_exps", ANY, SP_PART_UP },
  { "ffn_up_shexp", ANY, SP_PART_UP },
  { "down_proj", ANY, SP_PART_DOWN },    { "ffn_down", ANY, SP_PART_DOWN },      { "w2", ANY, SP_PART_DOWN },
  { "wo", NOT_ATTENTION, SP_PART_DOWN }, { "fc2", ANY, SP_PART_DOWN },           { "fc_out", ANY, SP_PART_DOWN },
  { "dense_4h_to_h", ANY, SP_PART_DOWN }, { "lin2", ANY, SP_PART_DOWN },         { "linear2", ANY, SP_PART_DOWN },
  { "w_in", IN_FFN, SP_PART_UP },        { "w_gate", IN_FFN, SP_PART_GATE },     { "w_out", IN_FFN, SP_PART_DOWN },
  { "c_proj", IN_FFN, SP_PART_DOWN },    { "ffn_down_exps", ANY, SP_PART_DOWN },
  { "ffn_down_shexp", ANY, SP_PART_DOWN },

  { "embed_tokens", ANY, SP_PART_EMBED }, { "wte", ANY, SP_PART_EMBED },
  { "word_embeddings", ANY, SP_PART_EMBED },
  { "tok_embeddings", ANY, SP_PART_EMBED }, { "token_embd", ANY, SP_PART_EMBED }, { "embed_in", ANY, SP_PART_EMBED },
  { "shared", ANY, SP_PART_EMBED },      { "embedding", ANY, SP_PART_EMBED },    { "embeddings", ANY, SP_PART_EMBED },
  { "token_embedding", ANY, SP_PART_EMBED }, { "token_type_embeddings", ANY, SP_PART_EMBED },
  { "token_types", ANY, SP_PART_EMBED }, { "tok_embed", ANY, SP_PART_EMBED },    { "embed", ANY, SP_PART_EMBED },
  { "patch_embed", ANY, SP_PART_EMBED }, { "patch_embedding", ANY, SP_PART_EMBED },
  { "patch_embeddings", ANY, SP_PART_EMBED },
  { "cls_token", ANY, SP_PART_EMBED },   { "class_embedding", ANY, SP_PART_EMBED },
  { "dist_token", ANY, SP_PART_EMBED },
  { "wpe", ANY, SP_PART_POSITION },      { "position_embeddings", ANY, SP_PART_POSITION },
  { "position_embedding", ANY, SP_PART_POSITION }, { "embed_positions", ANY, SP_PART_POSITION },
  { "pos_embed", ANY, SP_PART_POSITION }, { "position_embd", ANY, SP_PART_POSITION },
  { "pos_embedding", ANY, SP_PART_POSITION }, { "positional_embedding", ANY, SP_PART_POSITION },
  { "relative_attention_bias", ANY, SP_PART_POSITION }, { "attn_rel_b", ANY, SP_PART_POSITION },
  { "w_e", ANY, SP_PART_EMBED },         { "w_pos", ANY, SP_PART_POSITION },     { "w_u", ANY, SP_PART_HEAD },
  { "lm_head", ANY, SP_PART_HEAD },      { "embed_out", ANY, SP_PART_HEAD },     { "unembed", ANY, SP_PART_HEAD },
};

/* Words that say so only as the whole of the name before "weight". */
static const struct { const char *name; SpPart part; } whole_names[] = {
  { "output", SP_PART_HEAD },    { "head", SP_PART_HEAD }, { "score", SP_PART_HEAD }, { "classifier", SP_PART_HEAD },
  { "cls.predictions.decoder", SP_PART_HEAD }, { "heads.head", SP_PART_HEAD }, { "conv_proj", SP_PART_EMBED },
};

static const char *const leaves[] = { "weight", "bias", "qweight", "qzeros", "scales", "g_idx", "weight_scale",
                                      "weight_scale_inv", "default", "lora_a", "lora_b", "base_layer", "weight_orig",
                                      "weight_mask", "kernel" };
static const char *const layer_words[] = {
  "layers", "layer", "h", "blocks", "block", "blk", "resblocks", "encoder_layer", "decoder_layer", "transformer_blocks", "act", "acts",
  "activations"
};
static const char *const numbered_words[] = { "layer", "block", "stage", "layers", "act" };
static const char *const buffers[] = { "running_mean", "running_var", "num_batches_tracked", "inv_freq", "position_ids",
                                       "masked_bias", "rope_freqs", "attn_mask", "causal_mask", "freqs_cis", "mask" };

/* What training leaves beside the weights in a checkpoint. */
static const char *const training_words[] = { "compression_sched", "lr_scheduler", "lr_schedulers", "callbacks" };

typedef struct {
  char       *words[MAX_WORDS];        /* lower case */
  guint       n;
  gboolean    in_attention, in_ffn, in_moe;
} Name;

static gboolean
is_one_of (const char *word, const char *const *list, gsize n)
{
  for (gsize i = 0; i < n; i++)
    if (strcmp (word, list[i]) == 0)
      return TRUE;
  return FALSE;
}

#define IS_ONE_OF(word, list) is_one_of (word, list, G_N_ELEMENTS (list))

/* buffer: the name in lower case, cut into words where it has dots or slashes. */
static void
split_name (Name *name, char *buffer)
{
  char *end;

  name->in_attention = strstr (buffer, "attn") != NULL || strstr (buffer, "attention") != NULL;
  name->in_ffn =
    strstr (buffer, "mlp") != NULL || strstr (buffer, "ffn") != NULL || strstr (buffer, "feed_forward") != NULL;
  name->in_moe = name->in_ffn || strstr (buffer, "moe") != NULL;
  for (char *word = buffer; word != NULL && name->n < MAX_WORDS; word = end)
    {
      end = word + strcspn (word, "./");
      end = *end != '\0' ? (*end = '\0', end + 1) : NULL;
      if (*word != '\0')
        name->words[name->n++] = word;
    }
}

/* -1: not a number of at most six digits. */
static gint32
as_number (const char *word)
{
  gsize n = strspn (word, "0123456789");

  return n > 0 && n <= 6 && word[n] == '\0' ? atoi (word) : -1;
}

/* "layer1" → 1. */
static gint32
as_numbered_word (const char *word)
{
  for (gsize i = 0; i < G_N_ELEMENTS (numbered_words); i++)
    if (g_str_has_prefix (word, numbered_words[i]))
      return as_number (word + strlen (numbered_words[i]));
  return -1;
}

/* Beside a known word; else the first number of all. */
static gint32
find_layer (const Name *name)
{
  gint32 first = -1;

  for (guint i = 0; i < name->n; i++)
    {
      gint32 number = as_number (name->words[i]);

      if (number >= 0 && i > 0 && IS_ONE_OF (name->words[i - 1], layer_words))
        return number;
      if (number < 0)
        number = as_numbered_word (name->words[i]);
      if (first < 0)
        first = number;
    }
  return first;
}

static gint32
find_expert (const Name *name)
{
  for (guint i = 0; i + 1 < name->n; i++)
    if (strcmp (name->words[i], "experts") == 0)
      return as_number (name->words[i + 1]);
  return -1;
}

static char
find_stack (const Name *name)
{
  for (guint i = 0; i < name->n; i++)
    if (strcmp (name->words[i], "encoder") == 0 || strcmp (name->words[i], "enc") == 0)
      return 'e';
    else if (strcmp (name->words[i], "decoder") == 0 || strcmp (name->words[i], "dec") == 0)
      return 'd';
  return 0;
}

/* "norm1", "ln_2", "ln_f", "bn3", "attn_norm", "post_attention_layernorm". */
static gboolean
is_norm (const char *word)
{
  gboolean is_short = word[0] != '\0' && (strncmp (word, "ln", 2) == 0 || strncmp (word, "bn", 2) == 0);

  return strstr (word, "norm") != NULL || g_str_has_suffix (word, "_ln")
         || (is_short && (word[2] == '\0' || word[2] == '_' || g_ascii_isdigit (word[2]) || word[2] == 'f'));
}

static gboolean
fits (const Name *name, Where where)
{
  switch (where)
    {
    case ANY:           return TRUE;
    case IN_ATTENTION:  return name->in_attention;
    case NOT_ATTENTION: return !name->in_attention;
    case IN_FFN:        return name->in_ffn;
    case IN_MOE:        return name->in_moe;
    }
  return FALSE;
}

static SpPart
look_up (const Name *name, const char *word)
{
  for (gsize i = 0; i < G_N_ELEMENTS (words); i++)
    if (word[0] == words[i].word[0] && strcmp (word, words[i].word) == 0 && fits (name, words[i].where))
      return words[i].part;
  return SP_N_PARTS;
}

static SpPart
look_up_whole (const char *text, gsize n)
{
  static const char *const wrappers[] = { "model.", "module.", "state_dict." };

  for (gsize i = 0; i < G_N_ELEMENTS (wrappers); i++)
    if (n > strlen (wrappers[i]) && g_ascii_strncasecmp (text, wrappers[i], strlen (wrappers[i])) == 0)
      {
        text += strlen (wrappers[i]);
        n -= strlen (wrappers[i]);
      }
  for (gsize i = 0; i < G_N_ELEMENTS (whole_names); i++)
    if (strlen (whole_names[i].name) == n && g_ascii_strncasecmp (text, whole_names[i].name, n) == 0)
      return whole_names[i].part;
  return SP_N_PARTS;
}

/* The rules for matrices, from the last word back over at most three that could be modules. */
static SpPart
find_matrix_part (const Name *name)
{
  guint n_looked = 0;

  for (guint i = name->n; i-- > 0 && n_looked < 3;)
    {
      SpPart part = look_up (name, name->words[i]);

      if (part != SP_N_PARTS)
        return part;
      n_looked += as_number (name->words[i]) < 0 && !IS_ONE_OF (name->words[i], leaves);
    }
  return SP_N_PARTS;
}

static gboolean
is_training_state (const Name *name)
{
  for (gsize i = 0; i + 1 < name->n; i++)
    if (g_str_has_prefix (name->words[i], "optimizer") || IS_ONE_OF (name->words[i], training_words))
      return TRUE;
  return FALSE;
}

static SpPart
find_part (const Name *name, const char *text, guint rank, gboolean is_weight_dtype)
{
  const char *leaf = name->n > 0 ? name->words[name->n - 1] : "";
  const char *module = name->n > 1 && IS_ONE_OF (leaf, leaves) ? name->words[name->n - 2] : leaf;
  const char *dot = strrchr (text, '.');
  SpPart part;

  if (as_number (module) >= 0 && name->n > 2)
    module = name->words[name->n - 3];
  if (IS_ONE_OF (leaf, buffers) || is_training_state (name) || (rank > 2 && strcmp (leaf, "bias") == 0))
    return SP_PART_BUFFER;
  if (is_norm (module) && rank < 3)
    return SP_PART_NORM;
  if (rank < 2)
    return is_weight_dtype ? SP_PART_BIAS : SP_PART_BUFFER;
  part = look_up_whole (text, dot != NULL ? (gsize) (dot - text) : strlen (text));
  if (part == SP_N_PARTS)
    part = find_matrix_part (name);
  /* BERT's "output.dense", once for attention (above) and once for the feed-forward half */
  if (part == SP_N_PARTS && strcmp (module, "dense") == 0 && name->n > 2 &&
      strcmp (name->words[name->n - 3], "output") == 0)
    part = SP_PART_DOWN;
  if (part != SP_N_PARTS)
    return part;
  if (!is_weight_dtype)
    return SP_PART_OTHER;
  return rank == 2 ? SP_PART_LINEAR : SP_PART_CONV;
}

SpRole
sp_role_parse (const char *name, guint rank, gboolean is_weight_dtype)
{
  char buffer[MAX_NAME + 1];
  gsize n = strlen (name);
  const char *text = n > MAX_NAME ? name + n - MAX_NAME : name;
  Name split = { 0 };
  SpRole role;

  n = MIN (n, MAX_NAME);
  for (gsize i = 0; i <= n; i++)
    buffer[i] = g_ascii_tolower (text[i]);
  split_name (&split, buffer);
  role.part = find_part (&split, text, rank, is_weight_dtype);
  role.layer = find_layer (&split);
  role.expert = find_expert (&split);
  role.stack = find_stack (&split);
  return role;
}

static const struct { const char *id, *title; SpGroup group; } parts[] = {
#define X(id, name, title, group) { name, title, SP_GROUP_##group },
  SP_PARTS (X)
#undef X
};

const char *
sp_part_id (SpPart part)
{
  g_return_val_if_fail (part < SP_N_PARTS, NULL);
  return parts[part].id;
}

const char *
sp_part_title (SpPart part)
{
  g_return_val_if_fail (part < SP_N_PARTS, NULL);
  return _(parts[part].title);
}

SpGroup
sp_part_group (SpPart part)
{
  g_return_val_if_fail (part < SP_N_PARTS, SP_GROUP_OTHER);
  return parts[part].group;
}

static const struct { const char *id, *title;
} groups[SP_N_GROUPS] = {
  [SP_GROUP_ATTENTION] = { "attention", N_("Attention") },
  [SP_GROUP_FFN] = { "ffn", N_("FFN") },
  [SP_GROUP_OTHER] = { "other", N_("Other") },
  [SP_GROUP_EMBEDDINGS] = { "embeddings", N_("Embeddings") },
  [SP_GROUP_VECTORS] = { "vectors", N_("Vectors") },
};

const char *
sp_group_id (SpGroup group)
{
  g_return_val_if_fail (group < SP_N_GROUPS, NULL);
  return groups[group].id;
}

const char *
sp_group_title (SpGroup group)
{
  g_return_val_if_fail (group < SP_N_GROUPS, NULL);
  return _(groups[group].title);
}

static gsize
count_digits (const char *text)
{
  gsize n = 0;

  while (g_ascii_isdigit (text[n]))
    n++;
  return n;
}

/* Both stand at digits: by value, so the longer run without leading zeros is larger. */
static int
compare_digits (const char **a, const char **b)
{
  gsize n_a, n_b;
  int order;

  while (**a == '0')
    (*a)++;
  while (**b == '0')
    (*b)++;
  n_a = count_digits (*a);
  n_b = count_digits (*b);
  order = n_a != n_b ? (n_a > n_b) - (n_a < n_b) : strncmp (*a, *b, n_a);
  *a += n_a;
  *b += n_b;
  return order;
}

/* Names of one model begin alike: what is equal is passed over first, back to the start of a number. */
int
sp_natural_compare (const char *a, const char *b)
{
  gsize same = 0;
  const char *x, *y;

  while (a[same] == b[same] && a[same] != '\0')
    same++;
  while (same > 0 && g_ascii_isdigit (a[same - 1]))
    same--;
  for (x = a + same, y = b + same;; x++, y++)
    {
      int order;

      while (g_ascii_isdigit (*x) && g_ascii_isdigit (*y))
        {
          order = compare_digits (&x, &y);
          if (order != 0)
            return order;
        }
      order = (guchar) *x - (guchar) *y;
      if (order != 0)
        return order;
      if (*x == '\0')
        return strcmp (a, b);
    }
}

int
sp_natural_compare_places (gconstpointer a, gconstpointer b)
{
  return sp_natural_compare (*(const char *const *) a, *(const char *const *) b);
}
