/* sp-recording-plan.c - what is to be recorded, and the file it makes */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sp-recording-private.h"

#include <glib/gi18n-lib.h>
#include <inttypes.h>
#include <string.h>

const SpDtype sp_recording_dtypes[SP_RECORDING_N_DTYPES] = { SP_DTYPE_F16, SP_DTYPE_BF16, SP_DTYPE_F32 };

const SpRecordSite sp_recording_sites[SP_RECORDING_N_SITES] = {
  { "act", N_("Activations"), N_("What goes into the down projection") },
  { "gate", N_("Gates"), N_("What the activation function gave") },
  { "resid_pre", N_("Residual before"), N_("The residual stream that enters the layer") },
  { "z", N_("Attention heads"), N_("What the heads found, before the output projection") },
  { "attn_out", N_("Attention output"), N_("What attention gives, before it is added to the stream") },
  { "mlp_out", N_("FFN output"), N_("What the FFN gives, before it is added to the stream") },
  { "resid_post", N_("Residual after"), N_("The residual stream that leaves the layer") },
};

typedef enum { NEURONS, HEADS, HIDDEN } Width;

/* The same sites in the file.  where: as a recorder in the model's own program says it, of the module that is left of the weight's name
 * without its last n_parts. */
static const struct { const char *name, *where; SpWeight weight; guint n_parts; Width width; } table[SP_RECORDING_N_SITES] = {
  { "act.%u", "input of %s", SP_WEIGHT_DOWN, 1, NEURONS },
  { "gate.%u", "output of %s.act_fn", SP_WEIGHT_GATE, 2, NEURONS },
  { "blocks.%u.hook_resid_pre", "input of %s", SP_WEIGHT_FIRST_NORM, 2, HIDDEN },
  { "blocks.%u.attn.hook_z", "input of %s", SP_WEIGHT_OUT, 1, HEADS },
  { "blocks.%u.hook_attn_out", "output of %s", SP_WEIGHT_OUT, 1, HIDDEN },
  { "blocks.%u.hook_mlp_out", "output of %s", SP_WEIGHT_DOWN, 1, HIDDEN },
  { "blocks.%u.hook_resid_post", "output of %s", SP_WEIGHT_FIRST_NORM, 2, HIDDEN },
};

/* --- what people write --------------------------------------------------------------------------------- */

/* "3" or "3-5" */
static gboolean
take_range (const char *text, guint n_layers, gboolean *layers)
{
  g_auto (GStrv) ends = g_strsplit (text, "-", 2);
  guint64        first, last;

  if (ends[0] == NULL || !g_ascii_string_to_unsigned (g_strstrip (ends[0]), 10, 0, n_layers - 1, &first, NULL))
    return FALSE;
  last = first;
  if (ends[1] != NULL && !g_ascii_string_to_unsigned (g_strstrip (ends[1]), 10, first, n_layers - 1, &last, NULL))
    return FALSE;
  for (guint64 i = first; i <= last; i++)
    layers[i] = TRUE;
  return TRUE;
}

gboolean
sp_recording_parse_layers (SpModel *model, const char *text, gboolean **layers, GError **error)
{
  guint                n_layers = sp_model_get_shape (model)->n_layers;
  g_autofree gboolean *found = g_new0 (gboolean, n_layers);
  g_auto (GStrv)       parts = g_strsplit (text, ",", -1);
  gboolean             is_good = parts[0] != NULL;

  for (gsize i = 0; is_good && parts[i] != NULL; i++)
    is_good = take_range (parts[i], n_layers, found);
  if (is_good)
    *layers = g_steal_pointer (&found);
  else
    g_set_error (error, SP_ERROR, SP_ERROR_USAGE, _("layers '%s' are not of the form 0,3-5, with numbers from 0 to %u"), text,
                 n_layers - 1);
  return is_good;
}

static gboolean
check_sites (SpModel *model, SpRecordSites sites, GError **error)
{
  if ((sites & SP_RECORD_GATE) == 0 || sp_model_get_shape (model)->is_gated)
    return TRUE;
  g_set_error (error, SP_ERROR, SP_ERROR_USAGE, _("%s has no gates: what its activation function gives is act"),
               sp_store_get_title (sp_model_get_store (model)));
  return FALSE;
}

/* A hook of TransformerLens without its "hook_"; "hidden", as Hugging Face calls the stream that enters a layer. */
static guint
find_site (const char *word)
{
  guint k = 0;

  word = g_str_has_prefix (word, "hook_") ? word + strlen ("hook_") : strcmp (word, "hidden") == 0 ? "resid_pre" : word;
  while (k < SP_RECORDING_N_SITES && strcmp (word, sp_recording_sites[k].word) != 0)
    k++;
  return k;
}

static char *
list_words (void)
{
  GString *list = g_string_new (sp_recording_sites[0].word);

  for (guint k = 1; k < SP_RECORDING_N_SITES; k++)
    g_string_append_printf (list, ", %s", sp_recording_sites[k].word);
  return g_string_free (list, FALSE);
}

gboolean
sp_recording_parse_sites (SpModel *model, const char *text, SpRecordSites *sites, GError **error)
{
  g_auto (GStrv) parts = g_strsplit (text, ",", -1);

  *sites = 0;
  for (gsize i = 0; parts[i] != NULL; i++)
    {
      guint k = find_site (g_strstrip (parts[i]));

      if (k == SP_RECORDING_N_SITES)
        {
          g_autofree char *words = list_words ();

          g_set_error (error, SP_ERROR, SP_ERROR_USAGE, _("'%s' cannot be recorded; these can: %s"), parts[i], words);
          return FALSE;
        }
      *sites |= 1u << k;
    }
  return check_sites (model, *sites, error);
}

/* --- the file ------------------------------------------------------------------------------------------ */

char *
sp_recording_name (SpRecordSites site, guint layer)
{
  return g_strdup_printf (table[g_bit_nth_lsf (site, -1)].name, layer);
}

guint
sp_recording_n_columns (const SpRecording *self, SpRecordSites site)
{
  switch (table[g_bit_nth_lsf (site, -1)].width)
    {
    case NEURONS: return self->shape->n_neurons;
    case HEADS:   return self->shape->n_heads * self->shape->head_size;
    case HIDDEN:  break;
    }
  return self->shape->n_hidden;
}

/* Sites of a layer in the order in which they are reached, each by its bit. */
static const SpRecordSites order[SP_RECORDING_N_SITES] = { SP_RECORD_RESID_PRE, SP_RECORD_Z, SP_RECORD_ATTN_OUT, SP_RECORD_GATE,
                                                           SP_RECORD_ACT, SP_RECORD_MLP_OUT, SP_RECORD_RESID_POST };

guint
sp_recording_order (SpRecordSites site, guint layer)
{
  guint k = 0;

  while (order[k] != site)
    k++;
  return layer * SP_RECORDING_N_SITES + k;
}

static char *
name_by_order (guint number)
{
  return sp_recording_name (order[number % SP_RECORDING_N_SITES], number / SP_RECORDING_N_SITES);
}

/* A tensor's name without its last n parts: its module's, or that of a module around it. */
static char *
dup_module (SpModel *model, guint layer, SpWeight weight, guint n)
{
  char *name = g_strdup (sp_model_get_weight (model, layer, weight)->tensor->name);

  for (char *dot; n > 0 && (dot = strrchr (name, '.')) != NULL; n--)
    *dot = '\0';
  return name;
}

static char *
say_where (SpModel *model, guint k, guint layer)
{
  g_autofree char *module = dup_module (model, layer, table[k].weight, table[k].n_parts);

  return g_strdup_printf (table[k].where, module);
}

static void
describe (const SpRecording *self, SpDumpFile *file)
{
  g_autofree char *window = g_strdup_printf ("%u", self->window), *text = self->text != NULL ? g_path_get_basename (self->text) : NULL;

  sp_dump_file_describe (file, "model", sp_store_get_title (sp_model_get_store (self->model)));
  if (text != NULL)
    sp_dump_file_describe (file, "text", text);
  sp_dump_file_describe (file, "window", window);
  sp_dump_file_describe (file, "recorded_with", "sparsoscope " SP_VERSION);
}

static void
add_site (const SpRecording *self, SpDumpFile *file, SpRecordingTensors *tensors, guint k)
{
  SpRecordSites site = 1u << k;

  tensors->sites[k] = g_new0 (guint, self->shape->n_layers);
  for (guint layer = 0; layer < self->shape->n_layers; layer++)
    if (self->layers[layer] && (self->sites & site) != 0)
      {
        g_autofree char *name = sp_recording_name (site, layer), *where = say_where (self->model, k, layer);

        sp_dump_file_describe (file, name, where);
        tensors->sites[k][layer] = sp_dump_file_add (file, name, self->dtype, self->n_tokens, sp_recording_n_columns (self, site));
        tensors->n_tensors++;
      }
}

SpDumpFile *
sp_recording_make_file (SpRecording *self, SpRecordingTensors *tensors)
{
  SpDumpFile *file = sp_dump_file_new ();

  describe (self, file);
  tensors->tokens = sp_dump_file_add (file, "tokens", SP_DTYPE_I32, self->n_tokens, 0);
  tensors->seq = sp_dump_file_add (file, "seq", SP_DTYPE_I32, self->n_tokens, 0);
  tensors->n_tensors = 2;
  for (guint k = 0; k < SP_RECORDING_N_SITES; k++)
    add_site (self, file, tensors, k);
  return file;
}

void
sp_recording_clear_tensors (SpRecordingTensors *tensors)
{
  for (guint k = 0; k < SP_RECORDING_N_SITES; k++)
    g_free (tensors->sites[k]);
}

/* --- public -------------------------------------------------------------------------------------------- */

static void
keep_ids (SpRecording *self, const SpRecordingPlan *plan)
{
  self->text_ids = g_array_ref (plan->ids);
  self->ids = (const guint32 *) (gconstpointer) plan->ids->data;
  self->n_tokens = plan->most_tokens > 0 ? MIN (plan->ids->len, plan->most_tokens) : plan->ids->len;
}

SpRecording *
sp_recording_new (SpModel *model, const SpRecordingPlan *plan, guint n_threads, GError **error)
{
  SpRecording *self;

  g_return_val_if_fail (plan->dtype == SP_DTYPE_F16 || plan->dtype == SP_DTYPE_BF16 || plan->dtype == SP_DTYPE_F32, NULL);
  if (plan->ids->len == 0 || plan->sites == 0)
    {
      g_set_error_literal (error, SP_ERROR, SP_ERROR_USAGE, _("there is nothing to record"));
      return NULL;
    }
  if (!check_sites (model, plan->sites, error) ||
      !sp_model_check_ids (model, (const guint32 *) (gconstpointer) plan->ids->data, plan->ids->len, error))
    return NULL;
  self = g_new0 (SpRecording, 1);
  self->model = sp_model_ref (model);
  self->shape = sp_model_get_shape (model);
  self->n_threads = n_threads > 0 ? n_threads : g_get_num_processors ();
  self->window = plan->window > 0 ? plan->window : sp_model_default_window (model);
  keep_ids (self, plan);
  self->layers = g_new0 (gboolean, self->shape->n_layers);
  for (guint i = 0; i < self->shape->n_layers; i++)
    self->layers[i] = plan->layers == NULL || plan->layers[i];
  self->sites = plan->sites;
  self->dtype = plan->dtype;
  self->text = g_strdup (plan->text);
  return self;
}

void
sp_recording_free (SpRecording *self)
{
  sp_model_unref (self->model);
  g_array_unref (self->text_ids);
  g_free (self->layers);
  g_free (self->text);
  g_free (self);
}

void
sp_recording_set_progress (SpRecording *self, SpRecordingFunc func, gpointer data)
{
  self->func = func;
  self->data = data;
}

guint64
sp_recording_get_n_bytes (SpRecording *self)
{
  g_auto (SpRecordingTensors) tensors = { 0 };
  g_autoptr (SpDumpFile)      file = sp_recording_make_file (self, &tensors);

  return sp_dump_file_n_bytes (file);
}

guint
sp_recording_get_n_tensors (SpRecording *self)
{
  g_auto (SpRecordingTensors) tensors = { 0 };
  g_autoptr (SpDumpFile)      file = sp_recording_make_file (self, &tensors);

  return tensors.n_tensors;
}

static char *
say_odd (const SpRecording *self)
{
  g_autofree char *name = name_by_order (self->first_odd);

  if (self->n_odd == 0)
    return NULL;
  return g_strdup_printf (ngettext ("%" PRIu64 " value is not finite, in %s; it grew too large for 32 bits before",
                                    "%" PRIu64 " values are not finite, the first in %s; they grew too large for 32 bits before",
                                    self->n_odd),
                          self->n_odd, name);
}

static char *
say_small (const SpRecording *self)
{
  if (self->n_lost == 0)
    return NULL;
  return g_strdup_printf (ngettext ("%" PRIu64 " value was too small for %s and became 0; bf16 and f32 keep such",
                                    "%" PRIu64 " values were too small for %s and became 0; bf16 and f32 keep such", self->n_lost),
                          self->n_lost, sp_dtype_name (self->dtype));
}

char *
sp_recording_dup_loss (SpRecording *self)
{
  g_autofree char *odd = say_odd (self), *small = say_small (self);

  if (odd != NULL && small != NULL)
    return g_strdup_printf ("%s; %s", odd, small);
  return odd != NULL ? g_steal_pointer (&odd) : g_steal_pointer (&small);
}
