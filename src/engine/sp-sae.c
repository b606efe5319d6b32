/* sp-sae.c - opens a sparse autoencoder: finds its tensors, and believes no shape that does not fit the others */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sp-sae-private.h"

#include <glib/gi18n-lib.h>
#include <inttypes.h>
#include <string.h>

#define MOST_INPUTS   (1u << 20)
#define MOST_FEATURES (1u << 26)

typedef struct { guint64 n_rows, n_columns; } Size;

void
sp_sae_assume (SpSae *self, char *sentence)
{
  g_ptr_array_add (self->assumed, sentence);
}

static gboolean
refuse (SpSae *self, const SpTensor *tensor, const char *problem, GError **error)
{
  g_set_error (error, SP_ERROR, SP_ERROR_MALFORMED, _("%s: the tensor '%s' %s"), sp_store_get_title (self->store), tensor->name, problem);
  return FALSE;
}

/* --- tensors ------------------------------------------------------------------------------------------- */

/* Of one SAE: axes before the last two, as of several trained together, are 1. */
static gboolean
get_size (SpSae *self, const SpTensor *tensor, guint rank, Size *size, GError **error)
{
  guint n_extra = tensor->rank > rank ? tensor->rank - rank : 0;

  for (guint i = 0; i < n_extra; i++)
    if (tensor->shape[i] != 1)
      {
        g_set_error (error, SP_ERROR, SP_ERROR_UNSUPPORTED, _("%s: the tensor '%s' is of %" PRIu64 " sparse autoencoders at once; "
                                                              "save each in a file of its own"),
                     sp_store_get_title (self->store), tensor->name, tensor->shape[i]);
        return FALSE;
      }
  size->n_rows = rank > 1 && tensor->rank > 1 ? tensor->shape[tensor->rank - 2] : 1;
  size->n_columns = tensor->rank > 0 ? tensor->shape[tensor->rank - 1] : 1;
  return TRUE;
}

static gboolean
is_usable (SpSae *self, const SpTensor *tensor, GError **error)
{
  g_autofree char *problem = tensor->note != NULL ? g_strdup_printf (_("cannot be read: %s"), tensor->note) : NULL;

  if (!sp_tensor_is_readable (tensor))
    return refuse (self, tensor, problem != NULL ? problem : _("cannot be read"), error);
  if (sp_dtype_kind (tensor->dtype) != SP_KIND_FLOAT)
    return refuse (self, tensor, _("holds integers; a sparse autoencoder has floating-point weights"), error);
  return TRUE;
}

/* The part of a tensor that is of one component; the bytes stay the file's. */
static SpTensor *
view_component (const SpTensor *tensor, guint64 component)
{
  SpTensor *view = g_memdup2 (tensor, sizeof *tensor);

  view->name = g_strdup (tensor->name);
  view->dtype_name = g_strdup (tensor->dtype_name);
  view->note = g_strdup (tensor->note);
  view->blob = sp_blob_ref (tensor->blob);
  view->sum = NULL;                      /* it is of the whole tensor */
  view->alias_of = G_MAXSIZE;
  view->rank = tensor->rank - 1;
  view->n_elements = tensor->n_elements / tensor->shape[0];
  view->n_bytes = tensor->n_bytes / tensor->shape[0];
  view->offset = tensor->offset + component * (guint64) tensor->strides[0] * sp_dtype_size (tensor->dtype);
  memmove (view->shape, view->shape + 1, view->rank * sizeof *view->shape);
  memmove (view->strides, view->strides + 1, view->rank * sizeof *view->strides);
  return view;
}

/* Called otherwise than the layout says, as in checkpoints of training. */
static gboolean
find_threshold (SpSae *self, GError **error)
{
  static const struct { const char *name; gboolean is_log; } others[] = {
    { "log_threshold", TRUE }, { "log_jumprelu_threshold", TRUE }, { "topk_threshold", FALSE },
  };
  const SpTensor **threshold = &self->tensors[SP_SAE_THRESHOLD];

  for (gsize i = 0; self->layout->names[SP_SAE_THRESHOLD] != NULL && *threshold == NULL && i < G_N_ELEMENTS (others); i++)
    {
      *threshold = sp_sae_layout_find_tensor (self->store, self->prefix, others[i].name);
      self->has_log_threshold = *threshold != NULL && others[i].is_log;
    }
  self->has_threshold = *threshold != NULL;
  return !self->has_threshold || is_usable (self, *threshold, error);
}

static gboolean
find_tensors (SpSae *self, GError **error)
{
  for (SpSaeWeight w = 0; w < SP_SAE_N_WEIGHTS; w++)
    {
      const SpTensor *tensor = sp_sae_layout_find_tensor (self->store, self->prefix, self->layout->names[w]);

      if (tensor != NULL && !is_usable (self, tensor, error))
        return FALSE;
      if (tensor != NULL && sp_sae_place_is_stacked (self->place, tensor, w) && tensor->sparse == NULL && tensor->tiles == NULL)
        tensor = self->views[w] = view_component (tensor, self->place->component);
      self->tensors[w] = tensor;
    }
  return find_threshold (self, error);
}

/* --- which way round ----------------------------------------------------------------------------------- */

static guint64
length_of (const SpTensor *vector)
{
  return vector != NULL && vector->rank > 0 ? vector->n_elements : 0;
}

/* What biases, and else the configuration, say of how many features there are; 0: nothing. */
static guint64
count_features (SpSae *self)
{
  static const SpSaeWeight vectors[] = { SP_SAE_ENCODER_BIAS, SP_SAE_GATE_BIAS, SP_SAE_THRESHOLD };
  static const char *const keys[] = { "d_sae", "dict_size", "trainer.dict_size", "num_latents", "n_latents" };

  for (gsize i = 0; i < G_N_ELEMENTS (vectors); i++)
    if (length_of (self->tensors[vectors[i]]) > 1)
      return length_of (self->tensors[vectors[i]]);
  for (gsize i = 0; i < G_N_ELEMENTS (keys); i++)
    {
      const char *text = sp_sae_setting (self->store, self->prefix, keys[i]);
      guint64     n = text != NULL ? g_ascii_strtoull (text, NULL, 10) : 0;

      if (n > 0)
        return n;
    }
  return 0;
}

/* As the layout has it, unless what is known of the features says the contrary. */
static gboolean
orient_encoder (SpSae *self, const SpSaeChoices *choices, Size size)
{
  guint64 n_features = count_features (self);

  if (choices->is_transposed > 0)
    return !self->layout->is_input_major;
  if (choices->is_transposed < 0 && n_features > 0 && size.n_rows != size.n_columns)
    return n_features == size.n_columns ? TRUE : n_features == size.n_rows ? FALSE : self->layout->is_input_major;
  return self->layout->is_input_major;
}

static void
note_orientation (SpSae *self, const SpSaeChoices *choices)
{
  const SpSaeShape *s = &self->shape;

  if (choices->is_transposed >= 0 || s->n_features > s->n_inputs)
    return;
  if (s->n_features == s->n_inputs)
    sp_sae_assume (self, g_strdup_printf (_("It has as many features as inputs (%u), so that the shapes do not tell which way round its "
                                            "matrices are; they are taken as %s has them."),
                                          s->n_inputs, _(self->layout->title)));
  else if (count_features (self) == 0)
    sp_sae_assume (self, g_strdup_printf (_("It would have fewer features (%u) than inputs (%u): the matrices may be the other way round "
                                            "than %s has them."),
                                          s->n_features, s->n_inputs, _(self->layout->title)));
}

static gboolean
read_sizes (SpSae *self, const SpSaeChoices *choices, GError **error)
{
  const SpTensor  *encoder = self->tensors[SP_SAE_ENCODER], *decoder = self->tensors[SP_SAE_DECODER];
  gboolean         is_same_way = self->layout->is_decoder_feature_major || self->layout->is_input_major;
  g_autofree char *shape = NULL, *other = NULL;
  Size             e, d;
  guint64          n_features, n_inputs;

  if (!get_size (self, encoder, 2, &e, error) || !get_size (self, decoder, 2, &d, error))
    return FALSE;
  self->is_input_major = orient_encoder (self, choices, e);
  n_features = self->is_input_major ? e.n_columns : e.n_rows;
  n_inputs = self->is_input_major ? e.n_rows : e.n_columns;
  self->is_feature_major = n_features == n_inputs ? (choices->is_transposed > 0) != is_same_way : d.n_rows == n_features;
  if ((self->is_feature_major ? d.n_rows : d.n_columns) != n_features || (self->is_feature_major ? d.n_columns : d.n_rows) != n_inputs)
    {
      shape = sp_tensor_dup_shape (encoder);
      other = sp_tensor_dup_shape (decoder);
      g_set_error (error, SP_ERROR, SP_ERROR_MALFORMED, _("%s: the encoder '%s' is %s and the decoder '%s' %s, which do not fit"),
                   sp_store_get_title (self->store), encoder->name, shape, decoder->name, other);
      return FALSE;
    }
  if (n_inputs == 0 || n_features == 0 || n_inputs > MOST_INPUTS || n_features > MOST_FEATURES)
    {
      g_set_error (error, SP_ERROR, SP_ERROR_TOO_BIG, _("%s: an encoder of %" PRIu64 " features by %" PRIu64 " inputs is none that any "
                                                        "sparse autoencoder has"),
                   sp_store_get_title (self->store), n_features, n_inputs);
      return FALSE;
    }
  self->shape.n_inputs = (guint) n_inputs;
  self->shape.n_features = (guint) n_features;
  note_orientation (self, choices);
  return TRUE;
}

/* --- the other tensors --------------------------------------------------------------------------------- */

/* A threshold may also be a single number, which the settings read. */
static gboolean
check_vector (SpSae *self, SpSaeWeight weight, guint n, GError **error)
{
  const SpTensor  *tensor = self->tensors[weight];
  g_autofree char *shape = NULL;
  Size             size;

  if (tensor == NULL || (weight == SP_SAE_THRESHOLD && tensor->n_elements == 1))
    return TRUE;
  if (!get_size (self, tensor, 1, &size, error))
    return FALSE;
  if (tensor->n_elements == n)
    return TRUE;
  shape = sp_tensor_dup_shape (tensor);
  g_set_error (error, SP_ERROR, SP_ERROR_MALFORMED, _("%s: the tensor '%s' has the shape %s, but the encoder '%s' means "
                                                              "%u elements"),
               sp_store_get_title (self->store), tensor->name, shape, self->tensors[SP_SAE_ENCODER]->name, n);
  return FALSE;
}

static gboolean
check_vectors (SpSae *self, GError **error)
{
  for (SpSaeWeight w = SP_SAE_ENCODER_BIAS; w <= SP_SAE_CODE_SCALE; w++)
    if (!check_vector (self, w, self->shape.n_features, error))
      return FALSE;
  for (SpSaeWeight w = SP_SAE_PRE_BIAS; w <= SP_SAE_DECODER_BIAS; w++)
    if (!check_vector (self, w, self->shape.n_inputs, error))
      return FALSE;
  if (self->tensors[SP_SAE_SKIP] == NULL || (self->tensors[SP_SAE_SKIP]->rank == 2 &&
      self->tensors[SP_SAE_SKIP]->shape[0] == self->shape.n_inputs && self->tensors[SP_SAE_SKIP]->shape[1] == self->shape.n_inputs))
    return TRUE;
  return refuse (self, self->tensors[SP_SAE_SKIP], _("is no square matrix of the inputs"), error);
}

/* Of what the formulas need. */
static gboolean
check_missing (SpSae *self, GError **error)
{
  static const SpSaeWeight gated[] = { SP_SAE_GATE_BIAS, SP_SAE_MAGNITUDE_BIAS, SP_SAE_MAGNITUDE_SCALE };

  for (gsize i = 0; self->shape.activation == SP_SAE_GATED && i < G_N_ELEMENTS (gated); i++)
    if (self->tensors[gated[i]] == NULL)
      {
        g_set_error (error, SP_ERROR, SP_ERROR_MALFORMED, _("%s: it is said to be gated, but the tensor '%s%s' is missing"),
                     sp_store_get_title (self->store), self->prefix,
                     self->layout->names[gated[i]] != NULL ? self->layout->names[gated[i]] : "b_gate");
        return FALSE;
      }
  return TRUE;
}

/* --- which of several ----------------------------------------------------------------------------------- */

/* The one that is wanted. */
static gboolean
find_place (SpSae *self, const char *which, GError **error)
{
  for (guint i = 0; i < self->places->len && self->place == NULL; i++)
    {
      const SpSaePlace *place = self->places->pdata[i];

      if (which == NULL || strcmp (place->name, which) == 0)
        self->place = place;
    }
  if (self->places->len == 0)
    g_set_error (error, SP_ERROR, SP_ERROR_UNSUPPORTED,
                 _("%s: it has no tensors W_enc and W_dec, or encoder.weight and decoder.weight, as sparse autoencoders have"),
                 sp_store_get_title (self->store));
  else if (self->place == NULL)
    g_set_error (error, SP_ERROR, SP_ERROR_USAGE,
                 _("%s: of the %u sparse autoencoders it holds none is called '%s'; the first is '%s'"),
                 sp_store_get_title (self->store), self->places->len, which, ((const SpSaePlace *) self->places->pdata[0])->name);
  if (self->place == NULL)
    return FALSE;
  self->layout = self->place->layout;
  self->prefix = self->place->prefix;
  if (which == NULL && self->places->len > 1)
    sp_sae_assume (self, g_strdup_printf (_("%s holds %u sparse autoencoders: this is '%s', the first."),
                                          sp_store_get_title (self->store), self->places->len, self->place->name));
  return TRUE;
}

/* Read up to there, the rest would be left to guesses, and another autoencoder looked at with hardly a word. */
static gboolean
check_config (SpSae *self, GError **error)
{
  const char *problem = sp_sae_config_problem (self->store, self->prefix);

  if (problem != NULL)
    g_set_error (error, SP_ERROR, SP_ERROR_MALFORMED, _("%s: %s; mend it, or move it away and set how the autoencoder computes"),
                 sp_store_get_title (self->store), problem);
  return problem == NULL;
}

/* --- where it was trained -------------------------------------------------------------------------------- */

static const char *
find_hook (SpSae *self)
{
  static const char *const keys[] = { "hook_name", "metadata.hook_name", "hook_point", "hook_point_in", "trainer.submodule_name",
                                      "submodule_name", "act_name" };
  const char *hook = NULL;

  for (gsize i = 0; i < G_N_ELEMENTS (keys) && hook == NULL; i++)
    hook = sp_sae_setting (self->store, self->prefix, keys[i]);
  return hook;
}

/* EleutherAI's sparsify writes it nowhere but calls folders so: "layers.3", "layers.3.mlp/seed1".  NULL: such a name tells no layer. */
static char *
dup_hook_of_folder (SpSae *self)
{
  const char      *name = self->place->name[0] != '\0' ? self->place->name : sp_store_get_title (self->store);
  const char      *seed = strstr (name, "/seed");
  g_autofree char *folder = g_strndup (name, seed != NULL ? (gsize) (seed - name) : strlen (name));
  const char      *slash = strrchr (folder, '/'), *last = slash != NULL ? slash + 1 : folder;
  gboolean         is_hook = strcmp (self->layout->id, "eleuther") == 0 && sp_role_parse (last, 2, TRUE).layer >= 0;

  return is_hook ? g_strdup (last) : NULL;
}

/* --- public -------------------------------------------------------------------------------------------- */

gboolean
sp_sae_is_in (SpStore *store)
{
  return sp_sae_layout_is_in (store);
}

GPtrArray *
sp_sae_list (SpStore *store)
{
  g_autoptr (GPtrArray) places = sp_sae_layout_list (store);
  GPtrArray            *names = g_ptr_array_new_with_free_func (g_free);

  for (guint i = 0; i < places->len; i++)
    g_ptr_array_add (names, g_strdup (((SpSaePlace *) places->pdata[i])->name));
  return names;
}

gboolean
sp_sae_are_alike (SpStore *store)
{
  g_autoptr (GPtrArray) places = sp_sae_layout_list (store);
  const SpTensor       *first = NULL;
  gboolean              are_alike = TRUE;

  for (guint i = 0; i < places->len; i++)
    {
      const SpSaePlace *place = places->pdata[i];
      const SpTensor   *encoder = sp_sae_layout_find_tensor (store, place->prefix, place->layout->names[SP_SAE_ENCODER]);

      first = first != NULL ? first : encoder;
      are_alike = are_alike && encoder->rank == first->rank
                  && memcmp (encoder->shape, first->shape, encoder->rank * sizeof *encoder->shape) == 0;
    }
  return are_alike;
}

SpSae *
sp_sae_open (SpStore *store, const SpSaeChoices *choices, GError **error)
{
  g_autoptr (SpSae) self = g_new0 (SpSae, 1);

  self->store = sp_store_ref (store);
  self->assumed = g_ptr_array_new_with_free_func (g_free);
  self->places = sp_sae_layout_list (store);
  if (!find_place (self, choices->which, error) || !check_config (self, error) || !find_tensors (self, error) ||
      !read_sizes (self, choices, error) || !check_vectors (self, error) ||
      !sp_sae_read_settings (self, choices, error) || !check_missing (self, error))
    return NULL;
  self->hook = dup_hook_of_folder (self);
  return g_steal_pointer (&self);
}

void
sp_sae_free (SpSae *self)
{
  for (SpSaeWeight w = 0; w < SP_SAE_N_WEIGHTS; w++)
    sp_tensor_free (self->views[w]);
  g_ptr_array_unref (self->assumed);
  g_ptr_array_unref (self->places);
  g_free (self->hook);
  sp_store_unref (self->store);
  g_free (self);
}

SpStore *
sp_sae_get_store (SpSae *self)
{
  return self->store;
}

const SpSaeShape *
sp_sae_get_shape (SpSae *self)
{
  return &self->shape;
}

const SpTensor *
sp_sae_get_tensor (SpSae *self, SpSaeWeight weight)
{
  return self->tensors[weight];
}

gboolean
sp_sae_is_input_major (SpSae *self)
{
  return self->is_input_major;
}

gboolean
sp_sae_is_feature_major (SpSae *self)
{
  return self->is_feature_major;
}

gboolean
sp_sae_has_log_threshold (SpSae *self)
{
  return self->has_log_threshold;
}

const char *
sp_sae_get_layout (SpSae *self)
{
  return self->layout->id;
}

const char *
sp_sae_get_name (SpSae *self)
{
  return self->place->name[0] != '\0' ? self->place->name : NULL;
}

gboolean
sp_sae_is_alone (SpSae *self)
{
  return self->places->len == 1;
}

const char *
sp_sae_get_hook (SpSae *self)
{
  const char *hook = find_hook (self);

  return hook != NULL ? hook : self->hook;
}

gsize
sp_sae_get_n_assumed (SpSae *self)
{
  return self->assumed->len;
}

const char *
sp_sae_get_assumed (SpSae *self, gsize i)
{
  return self->assumed->pdata[i];
}

const char *
sp_sae_activation_id (SpSaeActivation activation)
{
  static const char *const ids[] = { "relu", "topk", "jumprelu", "gated", "groupmax" };

  return ids[activation];
}
