/* sp-feature-counts.c - how often the features of a sparse autoencoder fire, as the library that trained it has counted */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sp-feature-counts.h"

#include "kernels.h"
#include "sp-source.h"

#include <glib/gi18n-lib.h>
#include <inttypes.h>
#include <math.h>
#include <string.h>

#define MOST_FEATURES ((guint64) 1 << 26)
#define LOG_OFFSET    1e-10                /* of SAELens' logarithms */
#define LEAST_DENSITY 1e-11                /* what is below is rounding: it never fired */

typedef enum { LOG_DENSITY, DENSITY, MEAN_SQUARE, SILENT_STEPS, N_KINDS } Kind;

static const char *const names[N_KINDS] = { "sparsity", "latents_activation_frequency", "latents_mean_square", "stats_last_nonzero" };

/* --- which are there ----------------------------------------------------------------------------------- */

/* By the last part of its name. */
static const SpTensor *
find_any (SpStore *store, Kind kind)
{
  for (gsize i = 0; i < sp_store_get_n_tensors (store); i++)
    {
      const SpTensor *tensor = sp_store_get_tensor (store, i);
      const char     *last = strrchr (tensor->name, '.');

      if (strcmp (last != NULL ? last + 1 : tensor->name, names[kind]) == 0 && tensor->rank == 1)
        return tensor;
    }
  return NULL;
}

/* Of several autoencoders each has its own beside its weights. */
static const SpTensor *
find_tensor (SpStore *store, SpSae *sae, Kind kind)
{
  const char      *name = sae != NULL ? sp_sae_get_name (sae) : NULL;
  g_autofree char *whole = g_strconcat (name != NULL ? name : "", name != NULL ? "." : "", names[kind], NULL);
  const SpTensor  *tensor;

  if (sae == NULL || sp_sae_is_alone (sae))
    return find_any (store, kind);
  tensor = sp_store_find (store, whole);
  return tensor != NULL && tensor->rank == 1 ? tensor : NULL;
}

gboolean
sp_feature_counts_are_of (SpStore *store, SpSae *sae)
{
  return find_tensor (store, sae, LOG_DENSITY) != NULL || find_tensor (store, sae, DENSITY) != NULL
         || find_tensor (store, sae, SILENT_STEPS) != NULL;
}

gboolean
sp_feature_counts_are_in (SpStore *store)
{
  return sp_feature_counts_are_of (store, NULL);
}

/* --- reading ------------------------------------------------------------------------------------------- */

typedef struct { SpStore *store; SpSae *sae; } From;
typedef struct { double *values; guint64 n; } Numbers;

/* Integers too large for f32 are none that a count of steps has. */
static gboolean
add_chunk (gpointer data, const SpChunk *chunk)
{
  Numbers          *numbers = data;
  g_autofree float *wide = NULL;

  if (chunk->tensor->dtype == SP_DTYPE_I64)
    for (gsize i = 0; i < chunk->n; i++)
      numbers->values[numbers->n + i] = (double) ((const gint64 *) chunk->data)[i];
  else if (chunk->tensor->dtype == SP_DTYPE_F64)
    memcpy (numbers->values + numbers->n, chunk->data, chunk->n * sizeof (double));
  else
    {
      wide = g_new (float, chunk->n);
      sp_kernels ()->widen[chunk->tensor->dtype] (chunk->data, chunk->n, wide);
      for (gsize i = 0; i < chunk->n; i++)
        numbers->values[numbers->n + i] = (double) wide[i];
    }
  numbers->n += chunk->n;
  return TRUE;
}

static gboolean
refuse (const From *from, const SpTensor *tensor, const char *problem, GError **error)
{
  g_set_error (error, SP_ERROR, SP_ERROR_MALFORMED, _("%s: the tensor '%s' %s"), sp_store_get_title (from->store), tensor->name, problem);
  return FALSE;
}

/* out: (n_features), or NULL where there is none. */
static gboolean
read_numbers (SpFeatureCounts *self, const From *from, Kind kind, double **out, GCancellable *cancellable, GError **error)
{
  const SpTensor    *tensor = find_tensor (from->store, from->sae, kind);
  g_autofree double *values = NULL;
  Numbers            numbers;

  if (tensor == NULL)
    return TRUE;
  if (!sp_tensor_is_readable (tensor) || tensor->n_elements == 0 || tensor->n_elements > MOST_FEATURES)
    return refuse (from, tensor, _("is no vector with a number for each feature"), error);
  if (self->n_features > 0 && tensor->n_elements != self->n_features)
    return refuse (from, tensor, _("is of another number of features than those beside it"), error);
  self->n_features = (guint) tensor->n_elements;
  self->source = self->source != NULL ? self->source : tensor->name;
  values = g_new (double, tensor->n_elements);
  numbers = (Numbers) { values, 0 };
  if (!sp_source_each (tensor, add_chunk, &numbers, cancellable, error))
    return FALSE;
  *out = g_steal_pointer (&values);
  return TRUE;
}

/* From SAELens' logarithms. */
static gboolean
expand (SpFeatureCounts *self, const From *from, GError **error)
{
  for (guint i = 0; i < self->n_features; i++)
    {
      double density = pow (10, self->density[i]) - LOG_OFFSET;

      if (!(density <= 1 + 1e-5))
        return refuse (from, find_tensor (from->store, from->sae, LOG_DENSITY), _("holds numbers that are no logarithms of shares"), error);
      self->density[i] = density < LEAST_DENSITY ? 0 : MIN (density, 1);
    }
  return TRUE;
}

static gboolean
check_density (SpFeatureCounts *self, const From *from, GError **error)
{
  for (guint i = 0; self->density != NULL && i < self->n_features; i++)
    if (!(self->density[i] >= 0 && self->density[i] <= 1))
      return refuse (from, find_tensor (from->store, from->sae, DENSITY), _("holds numbers that are no shares"), error);
  return TRUE;
}

static gboolean
take_steps (SpFeatureCounts *self, const From *from, const double *steps, GError **error)
{
  self->silent_steps = g_new (gint64, self->n_features);
  for (guint i = 0; i < self->n_features; i++)
    {
      if (!(steps[i] >= 0 && steps[i] < 0x1p53))
        return refuse (from, find_tensor (from->store, from->sae, SILENT_STEPS), _("holds numbers that are no counts of steps"), error);
      self->silent_steps[i] = (gint64) steps[i];
    }
  return TRUE;
}

SpFeatureCounts *
sp_feature_counts_new (SpStore *store, SpSae *sae, GCancellable *cancellable, GError **error)
{
  g_autoptr (SpFeatureCounts) self = g_new0 (SpFeatureCounts, 1);
  g_autofree double          *steps = NULL;
  const From                  from = { store, sae };

  if (find_tensor (store, sae, LOG_DENSITY) != NULL)
    {
      if (!read_numbers (self, &from, LOG_DENSITY, &self->density, cancellable, error) || !expand (self, &from, error))
        return NULL;
    }
  else if (!read_numbers (self, &from, DENSITY, &self->density, cancellable, error) || !check_density (self, &from, error))
    return NULL;
  if (!read_numbers (self, &from, MEAN_SQUARE, &self->mean_square, cancellable, error) ||
      !read_numbers (self, &from, SILENT_STEPS, &steps, cancellable, error) ||
      (steps != NULL && !take_steps (self, &from, steps, error)))
    return NULL;
  return g_steal_pointer (&self);
}

void
sp_feature_counts_free (SpFeatureCounts *self)
{
  g_free (self->density);
  g_free (self->mean_square);
  g_free (self->silent_steps);
  g_free (self);
}
