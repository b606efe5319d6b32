/* sp-rotary.c - the frequencies of rotary positions, and the ways to stretch them over longer texts */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sp-rotary.h"

#include "sp-model-config.h"

#include <glib/gi18n-lib.h>
#include <math.h>
#include <string.h>

typedef struct {
  SpModel *model;
  SpStore *store;
  guint    n_positions, n_pairs;
  double   base, factor, context;      /* context: first trained with; 0: not said */
  double   amplitude;                  /* of both sine and cosine */
  double  *frequencies;                /* (n_pairs) radians a position */
} Angles;

static double
wavelength (double frequency)
{
  return 2 * G_PI / frequency;
}

static void
set_frequencies (Angles *angles, double base)
{
  for (guint i = 0; i < angles->n_pairs; i++)
    angles->frequencies[i] = pow (base, -2.0 * i / (2.0 * angles->n_pairs));
}

static gboolean
get_option (Angles *angles, const char *name, double fallback, double *value, GError **error)
{
  g_autofree char *old = g_strconcat ("rope_scaling.", name, NULL), *new = g_strconcat ("rope_parameters.", name, NULL);

  return sp_config_get_double (angles->store, sp_config_get (angles->store, old) != NULL ? old : new, fallback, 1e-9, 1e9, value, error);
}

static gboolean
refuse_scaling (Angles *angles, const char *problem, GError **error)
{
  g_set_error (error, SP_ERROR, SP_ERROR_MALFORMED, _("%s: rope_scaling in config.json %s"), sp_store_get_title (angles->store), problem);
  return FALSE;
}

static const char *
get_text (Angles *angles, const char *name)
{
  g_autofree char *old = g_strconcat ("rope_scaling.", name, NULL), *new = g_strconcat ("rope_parameters.", name, NULL);
  const char      *text = sp_config_get (angles->store, old);

  return text != NULL ? text : sp_config_get (angles->store, new);
}

/* A list: a number for each pair. */
static gboolean
get_factors (Angles *angles, const char *name, double *factors, GError **error)
{
  const char      *text = get_text (angles, name);
  g_auto (GStrv)   words = g_strsplit (text != NULL ? text : "", ", ", -1);
  gsize            i = 0;
  g_autofree char *problem = NULL;

  for (char *end; i < angles->n_pairs && words[i] != NULL; i++)
    {
      factors[i] = g_ascii_strtod (words[i], &end);
      if (end == words[i] || *end != '\0' || !(factors[i] >= 1e-9 && factors[i] <= 1e9))
        break;
    }
  if (i == angles->n_pairs && words[i] == NULL)
    return TRUE;
  problem = g_strdup_printf (_("has no list %s of %u numbers, one for each pair that is turned"), name, angles->n_pairs);
  return refuse_scaling (angles, problem, error);
}

/* --- scalings ----------------------------------------------------------------------------------------- */

static gboolean
scale_nothing (Angles *angles, GError **error)
{
  return TRUE;
}

static gboolean
scale_linear (Angles *angles, GError **error)
{
  for (guint i = 0; i < angles->n_pairs; i++)
    angles->frequencies[i] /= angles->factor;
  return TRUE;
}

static gboolean
scale_dynamic (Angles *angles, GError **error)
{
  double n = 2.0 * angles->n_pairs, context = sp_model_get_shape (angles->model)->n_context;
  double length = MAX (angles->n_positions, context);

  if (n > 2)
    set_frequencies (angles, angles->base * pow (angles->factor * length / context - (angles->factor - 1), n / (n - 2)));
  return TRUE;
}

static gboolean
scale_llama3 (Angles *angles, GError **error)
{
  double low, high;

  if (!get_option (angles, "low_freq_factor", NAN, &low, error) || !get_option (angles, "high_freq_factor", NAN, &high, error))
    return FALSE;
  if (angles->context == 0)
    return refuse_scaling (angles, _("does not say original_max_position_embeddings"), error);
  if (!(low < high))
    return refuse_scaling (angles, _("does not say a low_freq_factor below its high_freq_factor"), error);
  for (guint i = 0; i < angles->n_pairs; i++)
    {
      double f = angles->frequencies[i], turns = angles->context / wavelength (f);
      double share = CLAMP ((turns - low) / (high - low), 0, 1);

      angles->frequencies[i] = share * f + (1 - share) * f / angles->factor;
    }
  return TRUE;
}

/* Which pair turns so often over the first context. */
static double
pair_that_turns (const Angles *angles, double turns)
{
  return angles->n_pairs * log (angles->context / (turns * 2 * G_PI)) / log (angles->base);
}

static double
yarn_amplitude (double factor, double scale)
{
  return factor > 1 ? 0.1 * scale * log (factor) + 1 : 1;
}

static gboolean
scale_yarn (Angles *angles, GError **error)
{
  double fast, slow, low, high, scale, scale_all, amplitude;

  if (!get_option (angles, "beta_fast", 32, &fast, error) || !get_option (angles, "beta_slow", 1, &slow, error) ||
      !get_option (angles, "mscale", NAN, &scale, error) || !get_option (angles, "mscale_all_dim", NAN, &scale_all, error))
    return FALSE;
  amplitude = isnan (scale) || isnan (scale_all) ? yarn_amplitude (angles->factor, 1)
                                                 : yarn_amplitude (angles->factor, scale) / yarn_amplitude (angles->factor, scale_all);
  if (!get_option (angles, "attention_factor", amplitude, &angles->amplitude, error))
    return FALSE;
  if (angles->context == 0)
    angles->context = sp_model_get_shape (angles->model)->n_context;
  low = pair_that_turns (angles, fast);
  high = pair_that_turns (angles, slow);
  if (g_strcmp0 (get_text (angles, "truncate"), "false") != 0)
    {
      low = floor (low);
      high = ceil (high);
    }
  low = MAX (low, 0);
  high = MIN (high, 2.0 * angles->n_pairs - 1);
  high += high == low ? 0.001 : 0;
  for (guint i = 0; i < angles->n_pairs; i++)
    {
      double stretched = CLAMP ((i - low) / (high - low), 0, 1);

      angles->frequencies[i] *= 1 - stretched + stretched / angles->factor;
    }
  return TRUE;
}

/* Each pair has its own factor, and others in windows longer than the first context. */
static gboolean
scale_longrope (Angles *angles, GError **error)
{
  g_autofree double *factors = g_new (double, angles->n_pairs + 1);
  double             context = angles->context, most = sp_model_get_shape (angles->model)->n_context, factor = angles->factor, amplitude;

  /* Where it is not beside the factors, it is beside them all. */
  if (context == 0 && !sp_config_get_double (angles->store, "original_max_position_embeddings", 0, 2, 1e9, &context, error))
    return FALSE;
  if (context == 0 && isnan (factor))
    return refuse_scaling (angles, _("does not say original_max_position_embeddings"), error);
  if (context == 0)
    context = most;
  if (isnan (factor))
    factor = most / context;
  amplitude = factor > 1 ? sqrt (1 + log (factor) / log (context)) : 1;
  if (!get_factors (angles, angles->n_positions > context ? "long_factor" : "short_factor", factors, error) ||
      !get_option (angles, "attention_factor", amplitude, &angles->amplitude, error))
    return FALSE;
  for (guint i = 0; i < angles->n_pairs; i++)
    angles->frequencies[i] /= factors[i];
  return TRUE;
}

static const struct { const char *name; gboolean has_factor; gboolean (*scale) (Angles *angles, GError **error); } scalings[] = {
  { "default", FALSE, scale_nothing },
  { "linear", TRUE, scale_linear },
  { "dynamic", TRUE, scale_dynamic },
  { "llama3", TRUE, scale_llama3 },
  { "yarn", TRUE, scale_yarn },
  { "longrope", FALSE, scale_longrope },
  { "su", FALSE, scale_longrope },               /* its first name */
};

static gboolean
apply_scaling (Angles *angles, GError **error)
{
  const char *name = get_text (angles, "rope_type");

  if (name == NULL)
    name = get_text (angles, "type");
  if (sp_config_get (angles->store, "rope_scaling") != NULL)
    return refuse_scaling (angles, _("is no object"), error);
  if (name == NULL && !isnan (angles->factor))
    return refuse_scaling (angles, _("does not say its rope_type"), error);
  for (gsize i = 0; i < G_N_ELEMENTS (scalings); i++)
    if (strcmp (scalings[i].name, name != NULL ? name : "default") == 0)
      return scalings[i].has_factor && isnan (angles->factor) ? refuse_scaling (angles, _("does not say its factor"), error)
                                                              : scalings[i].scale (angles, error);
  g_set_error (error, SP_ERROR, SP_ERROR_UNSUPPORTED,
               _("%s: positions scaled by '%s' are not known; known are linear, dynamic, llama3, yarn, longrope"),
               sp_store_get_title (angles->store), name);
  return FALSE;
}

/* --- the table ---------------------------------------------------------------------------------------- */

static gboolean
read_angles (Angles *angles, GError **error)
{
  const SpArchitecture *a = sp_model_get_architecture (angles->model);
  const char           *keys[] = { a->rotary_base, "rope_theta", "rope_parameters.rope_theta" }, *key = keys[0];

  for (gsize i = 0; i < G_N_ELEMENTS (keys) && sp_config_get (angles->store, key) == NULL; i++)
    key = keys[i];
  if (!sp_config_get_double (angles->store, key, 10000, 1.001, 1e15, &angles->base, error) ||
      !get_option (angles, "factor", NAN, &angles->factor, error) ||
      !get_option (angles, "original_max_position_embeddings", 0, &angles->context, error))
    return FALSE;
  set_frequencies (angles, angles->base);
  return apply_scaling (angles, error);
}

typedef struct { SpRotary *rotary; const Angles *angles; } Filling;

static void
fill_position (gpointer data, gsize p, guint thread)
{
  const Filling *filling = data;
  const Angles  *angles = filling->angles;
  gsize          n_pairs = angles->n_pairs;

  for (gsize i = 0; i < n_pairs; i++)
    {
      filling->rotary->cos[p * n_pairs + i] = (float) (angles->amplitude * cos ((double) p * angles->frequencies[i]));
      filling->rotary->sin[p * n_pairs + i] = (float) (angles->amplitude * sin ((double) p * angles->frequencies[i]));
    }
}

SpRotary *
sp_rotary_new (SpModel *model, SpTeam *team, guint n_positions, GError **error)
{
  guint               n_pairs = sp_model_get_shape (model)->n_rotary / 2;
  g_autofree double  *frequencies = g_new (double, n_pairs + 1);
  Angles              angles = { .model = model, .store = sp_model_get_store (model), .n_positions = n_positions, .n_pairs = n_pairs,
                                 .amplitude = 1, .frequencies = frequencies };
  g_autoptr (SpRotary) self = g_new0 (SpRotary, 1);

  if (!read_angles (&angles, error))
    return NULL;
  self->n_positions = n_positions;
  self->n_pairs = n_pairs;
  self->cos = g_new (float, (gsize) n_positions * n_pairs + 1);
  self->sin = g_new (float, (gsize) n_positions * n_pairs + 1);
  if (!sp_team_each (team, n_positions, fill_position, &(Filling) { self, &angles }, error))
    return NULL;
  return g_steal_pointer (&self);
}

void
sp_rotary_free (SpRotary *self)
{
  g_free (self->cos);
  g_free (self->sin);
  g_free (self);
}
