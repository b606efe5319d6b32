/* sp-model.c - finds a model's weights by its architecture's names, and checks that each is what the shape wants */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sp-model.h"

#include "sp-model-config.h"
#include "sp-weights.h"

#include <glib/gi18n-lib.h>
#include <string.h>

#define DEFAULT_WINDOW 2048u

struct _SpModel {
  SpStore              *store;
  const SpArchitecture *architecture;
  SpModelShape          shape;
  const char           *prefix;
  SpModelWeight        *layers;                /* (n_layers, SP_N_LAYER_WEIGHTS) */
  SpModelWeight         others[SP_N_WEIGHTS];
};

gboolean
sp_model_is_in (SpStore *store)
{
  return sp_config_get (store, "model_type") != NULL || sp_config_get (store, "architectures") != NULL;
}

/* --- what a weight is ------------------------------------------------------------------------------- */

/* As (outputs, inputs); a vector has no inputs. */
typedef struct { guint64 n_outputs, n_inputs; } Size;

static Size
size_of_weight (const SpModelShape *s, const SpArchitecture *a, SpWeight weight)
{
  guint64 n_q = (guint64) s->n_heads * s->head_size, n_kv = (guint64) s->n_kv_heads * s->head_size;

  switch (weight)
    {
    case SP_WEIGHT_QKV: return (Size) { n_q + 2 * n_kv, s->n_hidden };
    case SP_WEIGHT_Q: return (Size) { n_q, s->n_hidden };
    case SP_WEIGHT_K:
    case SP_WEIGHT_V: return (Size) { n_kv, s->n_hidden };
    case SP_WEIGHT_OUT: return (Size) { s->n_hidden, n_q };
    case SP_WEIGHT_GATE:
    case SP_WEIGHT_UP: return (Size) { s->n_neurons, s->n_hidden };
    case SP_WEIGHT_DOWN: return (Size) { s->n_hidden, s->n_neurons };
    case SP_WEIGHT_EMBED:
    case SP_WEIGHT_HEAD: return (Size) { s->n_ids, s->n_embed };
    case SP_WEIGHT_PROJECT_IN: return (Size) { s->n_hidden, s->n_embed };
    case SP_WEIGHT_PROJECT_OUT: return (Size) { s->n_embed, s->n_hidden };
    case SP_WEIGHT_POSITION: return (Size) { (guint64) s->n_context + a->position_offset, s->n_hidden };
    default: return (Size) { s->n_hidden, 0 };
    }
}

static gboolean
has_bias (SpModel *self, SpWeight weight)
{
  const SpArchitecture *a = self->architecture;

  switch (weight)
    {
    case SP_WEIGHT_FIRST_NORM:
    case SP_WEIGHT_SECOND_NORM:
    case SP_WEIGHT_LAST_NORM: return sp_config_get_switch (self->store, a->has_norm_bias);
    case SP_WEIGHT_QKV:
    case SP_WEIGHT_Q:
    case SP_WEIGHT_K:
    case SP_WEIGHT_V: return sp_config_get_switch (self->store, a->has_qkv_bias);
    case SP_WEIGHT_OUT: return sp_config_get_switch (self->store, a->has_out_bias);
    case SP_WEIGHT_GATE:
    case SP_WEIGHT_UP:
    case SP_WEIGHT_DOWN: return sp_config_get_switch (self->store, a->has_ffn_bias);
    default: return FALSE;
    }
}

static gboolean
is_wanted (SpModel *self, SpWeight weight)
{
  const SpModelShape *s = &self->shape;

  switch (weight)
    {
    case SP_WEIGHT_HEAD: return !s->is_tied;
    case SP_WEIGHT_LAST_NORM:
      return s->is_norm_first && !sp_config_get_switch (self->store, (SpSwitch) { "_remove_final_layer_norm", FALSE });
    case SP_WEIGHT_PROJECT_IN:
    case SP_WEIGHT_PROJECT_OUT: return self->architecture->names[weight] != NULL && s->n_embed != s->n_hidden;
    default: return self->architecture->names[weight] != NULL;
    }
}

/* Those that turn one vector into another, and may be kept the other way round. */
static gboolean
is_linear (SpWeight weight)
{
  return weight >= SP_WEIGHT_QKV && weight <= SP_WEIGHT_DOWN;
}

/* --- finding them ----------------------------------------------------------------------------------- */

/* The layer's number in the place of #. */
static char *
full_name (SpModel *self, SpWeight weight, guint layer, const char *kind)
{
  const char *name = self->architecture->names[weight], *place = strchr (name, '#');
  const char *prefix = weight == SP_WEIGHT_HEAD ? "" : self->prefix;

  return place == NULL ? g_strconcat (prefix, name, kind, NULL)
                       : g_strdup_printf ("%s%.*s%u%s%s", prefix, (int) (place - name), name, layer, place + 1, kind);
}

static void
find_prefix (SpModel *self)
{
  const char *const *prefixes = self->architecture->prefixes;

  self->prefix = prefixes[0];
  for (gsize i = 0; prefixes[i] != NULL; i++)
    {
      g_autofree char *name = g_strconcat (prefixes[i], self->architecture->names[SP_WEIGHT_EMBED], ".weight", NULL);

      if (sp_store_find (self->store, name) == NULL)
        continue;
      self->prefix = prefixes[i];
      return;
    }
}

static gboolean
refuse_tensor (SpModel *self, const SpTensor *tensor, const char *problem, GError **error)
{
  g_set_error (error, SP_ERROR, SP_ERROR_UNSUPPORTED, _("%s: the tensor '%s' %s"), sp_store_get_title (self->store), tensor->name, problem);
  return FALSE;
}

/* What stands for a weight that is not there: GPTQ's and AWQ's, compressed-tensors' two, HQQ's, AQLM's. */
static gboolean
check_packed (SpModel *self, const char *name, GError **error)
{
  static const char *const leaves[] = { "qweight", "weight_packed", "compressed", "W_q", "codes" };
  const SpTensor *packed = sp_weights_find_beside (self->store, name, leaves, G_N_ELEMENTS (leaves));

  return packed == NULL ||
         refuse_tensor (self, packed, _("is quantized or packed, which is not understood; use unquantized weights"), error);
}

static gboolean
check_scales (SpModel *self, const SpTensor *tensor, GError **error)
{
  const SpTensor *scales = sp_weights_find_scales (self->store, tensor);

  if (scales == NULL)
    return TRUE;
  g_set_error (error, SP_ERROR, SP_ERROR_UNSUPPORTED,
               _("%s: the tensor '%s' has scales beside it, '%s', which are not understood; use unquantized weights"),
               sp_store_get_title (self->store), tensor->name, scales->name);
  return FALSE;
}

static gboolean
is_usable (SpModel *self, const SpTensor *tensor, GError **error)
{
  g_autofree char *problem = tensor->note != NULL ? g_strdup_printf (_("cannot be read: %s"), tensor->note) : NULL;

  if (!sp_tensor_is_readable (tensor))
    return refuse_tensor (self, tensor, problem != NULL ? problem : _("cannot be read"), error);
  if (sp_dtype_kind (tensor->dtype) != SP_KIND_FLOAT)
    return refuse_tensor (self, tensor, _("holds integers; the model must have floating-point weights"), error);
  return check_scales (self, tensor, error);
}

/* The numbers that shapes follow from. */
static char *
describe_config (SpModel *self)
{
  const SpArchitecture *a = self->architecture;
  const SpModelShape   *s = &self->shape;

  GString              *says = g_string_new (NULL);

  g_string_printf (says, "%s %u, %s %u, %s %u", a->n_layers, s->n_layers, a->n_hidden, s->n_hidden, a->n_heads, s->n_heads);
  if (a->n_kv_heads != NULL)
    g_string_append_printf (says, ", %s %u", a->n_kv_heads, s->n_kv_heads);
  g_string_append_printf (says, ", %s %u, vocab_size %u", a->n_neurons, s->n_neurons, s->n_ids);
  return g_string_free (says, FALSE);
}

static gboolean
has_shape (SpModel *self, const SpTensor *tensor, Size size, GError **error)
{
  guint            rank = size.n_inputs > 0 ? 2 : 1;
  g_autofree char *shape = NULL, *says = NULL, *wanted = NULL;

  if (tensor->rank == rank && tensor->shape[0] == size.n_outputs && (rank == 1 || tensor->shape[1] == size.n_inputs))
    return TRUE;
  shape = sp_tensor_dup_shape (tensor);
  says = describe_config (self);
  if (rank == 1)
    wanted = g_strdup_printf ("%" G_GUINT64_FORMAT, size.n_outputs);
  else
    wanted = g_strdup_printf ("%" G_GUINT64_FORMAT " × %" G_GUINT64_FORMAT, size.n_outputs, size.n_inputs);
  g_set_error (error, SP_ERROR, SP_ERROR_MALFORMED, _("%s: the tensor '%s' is %s, but config.json (%s) means %s"),
               sp_store_get_title (self->store), tensor->name, shape, says, wanted);
  return FALSE;
}

/* name is taken. */
static gboolean
find_tensor (SpModel *self, char *name, Size size, const SpTensor **tensor, GPtrArray *missing, GError **error)
{
  g_autofree char *owned = name;

  *tensor = sp_store_find (self->store, name);
  if (*tensor == NULL)
    {
      if (!check_packed (self, name, error))
        return FALSE;
      g_ptr_array_add (missing, g_steal_pointer (&owned));
      return TRUE;
    }
  return is_usable (self, *tensor, error) && has_shape (self, *tensor, size, error);
}

static gboolean
find_weight (SpModel *self, SpWeight weight, guint layer, SpModelWeight *found, GPtrArray *missing, GError **error)
{
  Size size = size_of_weight (&self->shape, self->architecture, weight);
  Size bias = { size.n_outputs, 0 };

  if (!is_wanted (self, weight))
    return TRUE;
  if (self->architecture->is_input_major && is_linear (weight))
    size = (Size) { size.n_inputs, size.n_outputs };
  return find_tensor (self, full_name (self, weight, layer, ".weight"), size, &found->tensor, missing, error) &&
         (!has_bias (self, weight) ||
          find_tensor (self, full_name (self, weight, layer, ".bias"), bias, &found->bias, missing, error));
}

static gboolean
complain_missing (SpModel *self, GPtrArray *missing, GError **error)
{
  g_autofree char *says = NULL;

  if (missing->len == 0)
    return TRUE;
  says = describe_config (self);
  g_set_error (error, SP_ERROR, SP_ERROR_MALFORMED,
               ngettext ("%s: %u tensor that config.json (%s) means is missing: '%s'",
                         "%s: %u tensors that config.json (%s) means are missing, first '%s'", missing->len),
               sp_store_get_title (self->store), missing->len, says, (const char *) missing->pdata[0]);
  return FALSE;
}

static gboolean
find_weights (SpModel *self, GError **error)
{
  g_autoptr (GPtrArray) missing = g_ptr_array_new_with_free_func (g_free);

  find_prefix (self);
  self->layers = g_new0 (SpModelWeight, (gsize) self->shape.n_layers * SP_N_LAYER_WEIGHTS);
  for (SpWeight w = SP_N_LAYER_WEIGHTS; w < SP_N_WEIGHTS; w++)
    if (!find_weight (self, w, 0, &self->others[w], missing, error))
      return FALSE;
  for (guint layer = 0; layer < self->shape.n_layers; layer++)
    for (SpWeight w = 0; w < SP_N_LAYER_WEIGHTS; w++)
      if (!find_weight (self, w, layer, &self->layers[layer * SP_N_LAYER_WEIGHTS + w], missing, error))
        return FALSE;
  if (self->shape.is_tied)
    self->others[SP_WEIGHT_HEAD] = self->others[SP_WEIGHT_EMBED];
  return complain_missing (self, missing, error);
}

/* --- public ----------------------------------------------------------------------------------------- */

static gboolean
find_architecture (SpModel *self, GError **error)
{
  const char      *model_type = sp_config_get (self->store, "model_type"), *classes = sp_config_get (self->store, "architectures");
  g_autofree char *known = sp_architecture_list ();

  self->architecture = sp_architecture_find (model_type, classes);
  if (self->architecture != NULL)
    return TRUE;
  if (!sp_model_is_in (self->store))
    g_set_error (error, SP_ERROR, SP_ERROR_UNSUPPORTED,
                 _("%s: no config.json says what kind of model it is; open the model's folder"), sp_store_get_title (self->store));
  else
    g_set_error (error, SP_ERROR, SP_ERROR_UNSUPPORTED,
                 _("%s: config.json says it is a model of the kind '%s', which cannot be run; known are %s"),
                 sp_store_get_title (self->store), model_type != NULL ? model_type : classes, known);
  return FALSE;
}

/* Read up to there, the rest would be left to fallbacks, and another model run without a word. */
static gboolean
check_config (SpModel *self, GError **error)
{
  const char *problem = sp_store_find_metadata (self->store, "config_damaged");

  if (problem != NULL)
    g_set_error (error, SP_ERROR, SP_ERROR_MALFORMED, "%s: %s", sp_store_get_title (self->store), problem);
  return problem == NULL;
}

/* Even where weights look whole: some are rounded only while the model runs.  "dense" is what compressed-tensors writes of pruned
 * models. */
static gboolean
check_quantization (SpModel *self, GError **error)
{
  const char *method = sp_config_get (self->store, "quantization_config.quant_method");

  if (method == NULL || g_strcmp0 (sp_config_get (self->store, "quantization_config.format"), "dense") == 0)
    return TRUE;
  g_set_error (error, SP_ERROR, SP_ERROR_UNSUPPORTED,
               _("%s: config.json says in quantization_config that it is quantized by '%s', which cannot be run; use unquantized weights"),
               sp_store_get_title (self->store), method);
  return FALSE;
}

SpModel *
sp_model_open (SpStore *store, GError **error)
{
  SpModel *self = g_atomic_rc_box_new0 (SpModel);

  self->store = sp_store_ref (store);
  if (check_config (self, error) && find_architecture (self, error) && check_quantization (self, error) &&
      sp_config_read_shape (store, self->architecture, &self->shape, error) && find_weights (self, error))
    return self;
  sp_model_unref (self);
  return NULL;
}

SpModel *
sp_model_ref (SpModel *self)
{
  return g_atomic_rc_box_acquire (self);
}

static void
model_clear (gpointer data)
{
  SpModel *self = data;

  g_free (self->layers);
  sp_store_unref (self->store);
}

void
sp_model_unref (SpModel *self)
{
  g_atomic_rc_box_release_full (self, model_clear);
}

SpStore *
sp_model_get_store (SpModel *self)
{
  return self->store;
}

const SpArchitecture *
sp_model_get_architecture (SpModel *self)
{
  return self->architecture;
}

const SpModelShape *
sp_model_get_shape (SpModel *self)
{
  return &self->shape;
}

const SpModelWeight *
sp_model_get_weight (SpModel *self, guint layer, SpWeight weight)
{
  return weight < SP_N_LAYER_WEIGHTS ? &self->layers[(gsize) layer * SP_N_LAYER_WEIGHTS + weight] : &self->others[weight];
}

gsize
sp_model_n_elements (SpModel *self, SpWeight weight)
{
  Size size = size_of_weight (&self->shape, self->architecture, weight);

  return size.n_outputs * MAX (size.n_inputs, 1);
}

gboolean
sp_model_check_ids (SpModel *self, const guint32 *ids, gsize n_ids, GError **error)
{
  for (gsize i = 0; i < n_ids; i++)
    if (ids[i] >= self->shape.n_ids)
      {
        g_set_error (error, SP_ERROR, SP_ERROR_USAGE,
                     _("token %zu of the text is number %u, but %s knows %u; is it another model's text?"), i, ids[i],
                     sp_store_get_title (self->store), self->shape.n_ids);
        return FALSE;
      }
  return TRUE;
}

guint
sp_model_default_window (SpModel *self)
{
  return MIN (DEFAULT_WINDOW, self->shape.n_context);
}

/* A multiplication and an addition are two; scores and their sums of the tokens seen, half a window on average. */
double
sp_model_flops (SpModel *self, guint window)
{
  const SpModelShape *s = &self->shape;
  double              n = 0, seen = (window + 1) / 2.0;

  for (SpWeight w = SP_WEIGHT_QKV; w <= SP_WEIGHT_DOWN; w++)
    if (self->architecture->names[w] != NULL)
      n += (double) sp_model_n_elements (self, w);
  n += 2.0 * s->n_heads * s->head_size * seen;
  return 2 * (n * s->n_layers + (double) sp_model_n_elements (self, SP_WEIGHT_HEAD));
}
