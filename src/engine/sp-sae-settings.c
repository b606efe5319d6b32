/* sp-sae-settings.c - how a sparse autoencoder computes, as its configuration, its layout or a person says */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sp-sae-private.h"

#include "sp-source.h"

#include <glib/gi18n-lib.h>
#include <math.h>
#include <string.h>

#define KNOWN_KINDS "standard, relu, topk, batchtopk, jumprelu, gated, groupmax"

/* What configurations call the ways to compute: architectures, classes, activation functions. */
typedef struct {
  const char     *name;
  SpSaeActivation activation;
  gboolean        is_batch, is_transcoder;
  int             subtracts_bias;        /* below 0: as the layout has it */
} Kind;

static const Kind kinds[] = {
  { "standard", SP_SAE_RELU, .subtracts_bias = -1 },
  { "relu", SP_SAE_RELU, .subtracts_bias = -1 },
  { "topk", SP_SAE_TOP_K, .subtracts_bias = -1 },
  { "batchtopk", SP_SAE_TOP_K, TRUE, .subtracts_bias = -1 },
  { "matryoshka_batchtopk", SP_SAE_TOP_K, TRUE, .subtracts_bias = -1 },
  { "jumprelu", SP_SAE_JUMP_RELU, .subtracts_bias = -1 },
  { "gated", SP_SAE_GATED, .subtracts_bias = -1 },
  { "groupmax", SP_SAE_GROUP_MAX, .subtracts_bias = -1 },
  { "transcoder", SP_SAE_RELU, FALSE, TRUE, FALSE },
  { "skip_transcoder", SP_SAE_RELU, FALSE, TRUE, FALSE },
  { "jumprelu_transcoder", SP_SAE_JUMP_RELU, FALSE, TRUE, FALSE },
  { "AutoEncoder", SP_SAE_RELU, .subtracts_bias = -1 },
  { "AutoEncoderNew", SP_SAE_RELU, .subtracts_bias = FALSE },
  { "GatedAutoEncoder", SP_SAE_GATED, .subtracts_bias = TRUE },
  { "JumpReluAutoEncoder", SP_SAE_JUMP_RELU, .subtracts_bias = FALSE },
  { "AutoEncoderTopK", SP_SAE_TOP_K, .subtracts_bias = TRUE },
  { "BatchTopKSAE", SP_SAE_TOP_K, TRUE, .subtracts_bias = TRUE },
  { "MatryoshkaBatchTopKSAE", SP_SAE_TOP_K, TRUE, .subtracts_bias = TRUE },
};

static const struct { const char *name; SpSaeInput input; } inputs[] = {
  { "none", SP_SAE_INPUT_PLAIN },
  { "inference", SP_SAE_INPUT_PLAIN },   /* the scale was folded into the weights */
  { "expected_average_only_in", SP_SAE_INPUT_AVERAGE },
  { "constant_norm_rescale", SP_SAE_INPUT_TOKEN },
  { "layer_norm", SP_SAE_INPUT_STANDARD },
  { "dataset-wise", SP_SAE_INPUT_AVERAGE },
  { "token-wise", SP_SAE_INPUT_TOKEN },
};

static const char *
get (SpSae *self, const char *key)
{
  return sp_sae_setting (self->store, self->prefix, key);
}

static const char *
get_first (SpSae *self, const char *const *keys, gsize n)
{
  const char *text = NULL;

  for (gsize i = 0; i < n && text == NULL; i++)
    text = get (self, keys[i]);
  return text;
}

/* The only element of a tensor. */
static gboolean
read_scalar (const SpTensor *tensor, double *value, GError **error)
{
  g_autoptr (SpSource) source = sp_source_new (tensor, error);
  float                out;

  if (source == NULL || !sp_source_read_f32 (source, 0, 0, 1, 1, &out, error))
    return FALSE;
  *value = (double) out;
  return TRUE;
}

/* --- the activation ------------------------------------------------------------------------------------ */

static const Kind *
find_kind (const char *name)
{
  for (gsize i = 0; i < G_N_ELEMENTS (kinds); i++)
    if (g_ascii_strcasecmp (kinds[i].name, name) == 0)
      return &kinds[i];
  return NULL;
}

/* An architecture "standard" may still have an activation function "topk". */
static gboolean
find_said (SpSae *self, const Kind **said, GError **error)
{
  static const char *const keys[] = { "trainer.dict_class", "dict_class", "architecture", "activation_fn_str", "activation_fn", "act_fn",
                                      "activation" };

  *said = NULL;
  for (gsize i = 0; i < G_N_ELEMENTS (keys); i++)
    {
      const char *name = get (self, keys[i]);
      const Kind *kind = name != NULL ? find_kind (name) : NULL;

      if (name != NULL && kind == NULL)
        {
          g_set_error (error, SP_ERROR, SP_ERROR_UNSUPPORTED,
                       _("%s: its configuration says %s is '%s', which is not known; known are %s. What it is can be set by hand."),
                       sp_store_get_title (self->store), keys[i], name, KNOWN_KINDS);
          return FALSE;
        }
      if (kind != NULL && (*said == NULL || ((*said)->activation == SP_SAE_RELU && kind->activation != SP_SAE_RELU)))
        *said = kind;
    }
  return TRUE;
}

static gboolean
has_thresholds (SpSae *self)
{
  return self->has_threshold || get (self, "jump_relu_threshold") != NULL;
}

/* One that training had not found is none: until then SAELens has 0, dictionary_learning -1. */
static gboolean
check_threshold (SpSae *self, GError **error)
{
  const SpTensor *threshold = self->tensors[SP_SAE_THRESHOLD];
  double          value = 1;

  if (threshold != NULL && threshold->n_elements == 1 && !self->has_log_threshold && !read_scalar (threshold, &value, error))
    return FALSE;
  self->has_threshold = self->has_threshold && !(value <= 0);
  return TRUE;
}

/* Trained on whole batches it runs by one threshold, where there is one. */
static void
settle_batch (SpSae *self)
{
  if (has_thresholds (self))
    self->shape.activation = SP_SAE_JUMP_RELU;
  else
    sp_sae_assume (self, g_strdup (self->tensors[SP_SAE_THRESHOLD] != NULL
                                     ? _("Its threshold is not above 0, which means that training had not found one: the k largest of "
                                         "each token are taken instead.")
                                     : _("It was trained on the largest of whole batches and has no threshold: the k largest of each "
                                         "token are taken instead.")));
}

/* Where two places are named, they are what it reads and what it decodes to. */
static gboolean
decodes_elsewhere (SpSae *self)
{
  const char *in = get (self, "hook_point_in"), *out = get (self, "hook_point_out");

  return in != NULL && out != NULL && strcmp (in, out) != 0;
}

static void
read_activation (SpSae *self, const Kind *said, const SpSaeChoices *choices)
{
  SpSaeShape *s = &self->shape;

  s->activation = said != NULL ? said->activation : self->layout->activation;
  s->is_batch_top_k = said != NULL && said->is_batch;
  s->is_transcoder = (said != NULL && said->is_transcoder) || sp_sae_setting_is (self->store, self->prefix, "transcode", FALSE) ||
                     decodes_elsewhere (self);
  if (choices->activation >= 0)
    s->activation = (SpSaeActivation) choices->activation;
  else if (!isnan (choices->threshold))
    s->activation = SP_SAE_JUMP_RELU;
  else if (s->is_batch_top_k)
    settle_batch (self);
  else if (said == NULL && self->layout->activation == SP_SAE_RELU && has_thresholds (self))
    s->activation = SP_SAE_JUMP_RELU;
}

static const char *
name_activation (SpSaeActivation activation)
{
  static const char *const names[] = { N_("ReLU"), N_("top k"), N_("JumpReLU"), N_("gated"), N_("group max") };

  return _(names[activation]);
}

/* --- its numbers --------------------------------------------------------------------------------------- */

/* *who: what says it, a clause with the value; NULL: nothing does.  The value of what is no number is NaN. */
static gboolean
find_k (SpSae *self, const SpSaeChoices *choices, double *k, char **who, GError **error)
{
  static const char *const keys[] = { "k", "activation_fn_kwargs.k", "activation_state_dict.k", "top_k", "trainer.k" };
  const SpTensor *tensor = sp_sae_layout_find_tensor (self->store, self->prefix, "k");
  gsize           i = 0;
  const char     *text;
  char           *end;

  if (choices->k > 0)
    {
      *k = choices->k;
      *who = g_strdup_printf (_("k is set to %g"), *k);
      return TRUE;
    }
  if (tensor != NULL && sp_tensor_is_readable (tensor) && tensor->n_elements == 1)
    {
      if (!read_scalar (tensor, k, error))
        return FALSE;
      *who = g_strdup_printf (_("the tensor '%s' is %g"), tensor->name, *k);
      return TRUE;
    }
  while (i < G_N_ELEMENTS (keys) && get (self, keys[i]) == NULL)
    i++;
  if (i == G_N_ELEMENTS (keys))
    return TRUE;
  text = get (self, keys[i]);
  *k = g_ascii_strtod (text, &end);
  if (end == text || *end != '\0')
    *k = NAN;
  *who = g_strdup_printf (_("its configuration says %s is '%s'"), keys[i], text);
  return TRUE;
}

/* Of whole batches a mean may be kept that is no whole number: int (k · tokens) of all codes, of a single token floor (k). */
static gboolean
settle_k (SpSae *self, double k, gboolean is_typed)
{
  guint    whole = k >= 1 && k <= self->shape.n_features ? (guint) k : 0;
  gboolean is_mean = whole > 0 && whole != k && self->shape.is_batch_top_k && !is_typed;

  self->shape.k = whole;
  if (is_mean && self->shape.activation == SP_SAE_TOP_K)
    sp_sae_assume (self, g_strdup_printf (_("It was trained to keep %g features of a token on average: of each token %u are kept."), k,
                                          whole));
  return is_mean || (whole > 0 && whole == k);
}

static gboolean
read_k (SpSae *self, const SpSaeChoices *choices, GError **error)
{
  guint            n_features = self->shape.n_features;
  const char      *title = sp_store_get_title (self->store);
  SpError          code = choices->k > 0 ? SP_ERROR_USAGE : SP_ERROR_MALFORMED;
  g_autofree char *who = NULL;
  double           k;

  if (!find_k (self, choices, &k, &who, error))
    return FALSE;
  if (who == NULL)
    {
      g_set_error (error, SP_ERROR, choices->activation >= 0 ? SP_ERROR_USAGE : SP_ERROR_MALFORMED,
                   _("%s: nothing says how many features of a token are kept; set k"), title);
      return FALSE;
    }
  if (!settle_k (self, k, choices->k > 0))
    {
      g_set_error (error, SP_ERROR, code, _("%s: %s, but so many features of a token cannot be kept: it takes a whole number from 1 to %u; "
                                            "set k"), title, who, n_features);
      return FALSE;
    }
  if (self->shape.activation == SP_SAE_GROUP_MAX && n_features % self->shape.k != 0)
    {
      g_set_error (error, SP_ERROR, code, _("%s: %u features are no %g groups of equal size"), title, n_features, k);
      return FALSE;
    }
  return TRUE;
}

/* Of all features, where there is no tensor with one for each.  Llama Scope's is for activations before they are scaled. */
static gboolean
read_threshold (SpSae *self, const SpSaeChoices *choices, GError **error)
{
  const SpTensor *tensor = self->tensors[SP_SAE_THRESHOLD];
  const char     *text = get (self, "jump_relu_threshold");
  double          value = text != NULL ? g_ascii_strtod (text, NULL) * (self->shape.input_scale > 0 ? self->shape.input_scale : 1) : 0;

  if (!isnan (choices->threshold))
    value = choices->threshold;
  else if (tensor != NULL && tensor->n_elements == self->shape.n_features)
    return TRUE;
  else if (self->has_threshold && !read_scalar (tensor, &value, error))
    return FALSE;
  else if (tensor != NULL && self->has_log_threshold)
    value = exp (value);
  self->tensors[SP_SAE_THRESHOLD] = NULL;
  if (!has_thresholds (self) && isnan (choices->threshold))
    sp_sae_assume (self, g_strdup (_("It has no thresholds: they are taken as 0, which makes it a ReLU.")));
  if (!isfinite (value))
    {
      g_set_error (error, SP_ERROR, SP_ERROR_MALFORMED, _("%s: its threshold is not finite; set one"), sp_store_get_title (self->store));
      return FALSE;
    }
  self->shape.threshold = value;
  return TRUE;
}

static gboolean
read_numbers (SpSae *self, const SpSaeChoices *choices, GError **error)
{
  SpSaeActivation activation = self->shape.activation;

  if (activation != SP_SAE_JUMP_RELU)
    self->tensors[SP_SAE_THRESHOLD] = NULL;
  else if (!read_threshold (self, choices, error))
    return FALSE;
  if (activation == SP_SAE_TOP_K || activation == SP_SAE_GROUP_MAX)
    return read_k (self, choices, error);
  if (self->shape.is_batch_top_k)                /* for people */
    read_k (self, choices, NULL);
  return TRUE;
}

/* --- what is done to inputs and codes ------------------------------------------------------------------- */

/* Mean norm of what it was trained on, of its configuration or a tensor named after the place; 0: not there. */
static gboolean
read_average (SpSae *self, double *average, GError **error)
{
  const char      *text = get (self, "dataset_average_activation_norm.in"), *hook = sp_sae_get_hook (self);
  g_autofree char *name = g_strconcat ("dataset_average_activation_norm.", hook != NULL ? hook : "in", NULL);
  const SpTensor  *tensor = sp_sae_layout_find_tensor (self->store, self->prefix, name);

  *average = text != NULL ? g_ascii_strtod (text, NULL) : 0;
  return text != NULL || tensor == NULL || tensor->n_elements != 1 || !sp_tensor_is_readable (tensor) ||
         read_scalar (tensor, average, error);
}

static gboolean
read_input (SpSae *self, const SpSaeChoices *choices, GError **error)
{
  static const char *const keys[] = { "normalize_activations", "norm_activation" };
  const char *name = get_first (self, keys, G_N_ELEMENTS (keys));
  SpSaeShape *s = &self->shape;
  gsize       i = 0;
  double      average;

  if (!read_average (self, &average, error))
    return FALSE;
  if (choices->input >= 0)
    s->input = (SpSaeInput) choices->input;
  else if (strcmp (self->layout->id, "openai") == 0 && s->activation == SP_SAE_TOP_K)
    s->input = SP_SAE_INPUT_STANDARD;
  else if (name != NULL)
    {
      while (i < G_N_ELEMENTS (inputs) && g_ascii_strcasecmp (inputs[i].name, name) != 0)
        i++;
      if (i == G_N_ELEMENTS (inputs))
        {
          g_set_error (error, SP_ERROR, SP_ERROR_UNSUPPORTED,
                       _("%s: its configuration says activations are normalised by '%s', which is not known; set what is done to them"),
                       sp_store_get_title (self->store), name);
          return FALSE;
        }
      s->input = inputs[i].input;
    }
  else if (average > 0)
    s->input = SP_SAE_INPUT_AVERAGE;
  if (s->input == SP_SAE_INPUT_AVERAGE && average > 0 && isfinite (average))
    s->input_scale = sqrt (s->n_inputs) / average;
  return TRUE;
}

static void
read_biases (SpSae *self, const Kind *said, const SpSaeChoices *choices)
{
  static const char *const keys[] = { "apply_b_dec_to_input", "apply_decoder_bias_to_pre_encoder" };
  gboolean subtracts = self->layout->subtracts_bias;

  if (said != NULL && said->subtracts_bias >= 0)
    subtracts = said->subtracts_bias;
  if (self->shape.is_transcoder)
    subtracts = FALSE;
  for (gsize i = 0; i < G_N_ELEMENTS (keys); i++)
    subtracts = sp_sae_setting_is (self->store, self->prefix, keys[i], subtracts);
  if (choices->subtracts_bias >= 0)
    subtracts = choices->subtracts_bias;
  if (subtracts && self->tensors[SP_SAE_PRE_BIAS] == NULL)
    self->tensors[SP_SAE_PRE_BIAS] = self->tensors[SP_SAE_DECODER_BIAS];
}

static void
read_scales (SpSae *self, const SpSaeChoices *choices)
{
  self->shape.scales_by_norm = sp_sae_setting_is (self->store, self->prefix, "rescale_acts_by_decoder_norm", self->layout->scales_by_norm);
  if (choices->scales_by_norm >= 0)
    self->shape.scales_by_norm = choices->scales_by_norm;
  if (!sp_sae_setting_is (self->store, self->prefix, "finetuning_scaling_factor", FALSE))
    self->tensors[SP_SAE_CODE_SCALE] = NULL;
}

#define GEMMA_SCOPE_DEPTH 4              /* embedding/width_4k/average_l0_6/params.npz */

/* Gemma Scope says only by the folder what its autoencoders are of: embedding/… or layer_5/… */
static gboolean
is_in_embedding (SpSae *self)
{
  g_autofree char *path = g_build_filename (sp_store_get_path (self->store), self->place->name, NULL);
  g_auto (GStrv)   parts = g_strsplit (path, G_DIR_SEPARATOR_S, -1);
  guint            end = g_strv_length (parts), first = end - MIN (end, GEMMA_SCOPE_DEPTH);

  while (end > first && strcmp (parts[end - 1], "embedding") != 0 && !g_str_has_prefix (parts[end - 1], "layer_"))
    end--;
  return end > first && strcmp (parts[end - 1], "embedding") == 0;
}

/* Trained on embeddings as the table has them, which the model multiplies by √d before anything reads them. */
static void
read_embeddings (SpSae *self, const SpSaeChoices *choices)
{
  self->shape.is_of_embeddings = choices->is_of_embeddings > 0;
  if (choices->is_of_embeddings >= 0 || strcmp (self->layout->id, "gemma-scope") != 0 || !is_in_embedding (self))
    return;
  self->shape.is_of_embeddings = TRUE;
  sp_sae_assume (self, g_strdup (_("It is in a folder “embedding”, as Gemma Scope's of embeddings are: taken as SAELens loads these, for "
                                   "embeddings times √d, its encoder divided and its decoder multiplied by √d, biases and thresholds as "
                                   "they are.")));
}

/* What nobody has said. */
static void
note_assumptions (SpSae *self, const Kind *said, const SpSaeChoices *choices)
{
  const SpSaeShape *s = &self->shape;
  gboolean          is_told = said != NULL || choices->activation >= 0;    /* or shows */

  if (!is_told && strcmp (self->layout->id, "openai") != 0 && self->layout->activation != SP_SAE_GATED)
    sp_sae_assume (self, g_strdup_printf (self->tensors[SP_SAE_PRE_BIAS] != NULL
                                            ? _("Nothing says how it computes: taken as %s, %s, with the decoder's bias subtracted first.")
                                            : _("Nothing says how it computes: taken as %s, %s, with no bias subtracted first."),
                                          _(self->layout->title), name_activation (s->activation)));
  if (!is_told && s->activation == SP_SAE_TOP_K && has_thresholds (self))
    sp_sae_assume (self, g_strdup (_("It also has a threshold, as those trained on whole batches are run by: set the activation to "
                                     "JumpReLU to run it so.")));
  if (s->input == SP_SAE_INPUT_STANDARD && choices->input < 0 && strcmp (self->layout->id, "openai") == 0)
    sp_sae_assume (self, g_strdup (_("Top k autoencoders of this kind are taken to standardise each token's activations first, as those "
                                     "published do.")));
  if (s->input == SP_SAE_INPUT_AVERAGE && s->input_scale == 0)
    sp_sae_assume (self, g_strdup (_("It was trained on activations scaled to an average norm of √d, and the scale is not in its file: it "
                                     "is taken from the activations it is used on.")));
}

gboolean
sp_sae_read_settings (SpSae *self, const SpSaeChoices *choices, GError **error)
{
  const Kind *said = NULL;

  if (!find_said (self, &said, choices->activation < 0 ? error : NULL) && choices->activation < 0)
    return FALSE;
  if (!check_threshold (self, error))
    return FALSE;
  read_activation (self, said, choices);
  if (!read_input (self, choices, error) || !read_numbers (self, choices, error))
    return FALSE;
  read_biases (self, said, choices);
  read_scales (self, choices);
  read_embeddings (self, choices);
  note_assumptions (self, said, choices);
  return TRUE;
}
