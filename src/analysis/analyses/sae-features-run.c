/* sae-features-run.c - encodes a dump's activations block by block, counts what fires, and decodes */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sae-features.h"

#include "sp-sae-encoder.h"

#include <glib/gi18n-lib.h>
#include <math.h>

#define MEANS_TOKENS  4096                 /* at a time */
#define MEANS_SHARE   0.03                 /* of the time all of it takes, about */
#define COUNTED_SHARE 0.9                  /* when directions are compared */

typedef struct {
  SaeState             *state;
  const SpWork         *work;
  SpTeam               *team;
  SpSaeEncoder         *encoder;           /* NULL: the rows are codes */
  SpReconstructionSums *sums;              /* NULL: nothing is decoded */
  float                *decoded;           /* (most_tokens, n_inputs) */
  guint8               *starts;            /* (most_tokens) */
  guint64               next;              /* token after the last that was counted */
  guint64               n_done, n_all;     /* tokens */
  guint64               n_nonfinite;       /* of the last reading */
  double                from, to;          /* of all that is done, this reading is that part */
  const char           *what;
} Run;

static void
run_clear (Run *run)
{
  g_clear_pointer (&run->encoder, sp_sae_encoder_free);
  g_clear_pointer (&run->team, sp_team_free);
  g_clear_pointer (&run->sums, sp_reconstruction_free);
  g_aligned_free (run->decoded);
  g_free (run->starts);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Run, run_clear)

static void
tell (Run *run, gsize n_tokens)
{
  run->n_done += n_tokens;
  sp_work_report (run->work, run->from + (run->to - run->from) * (double) run->n_done / (double) MAX (run->n_all, 1), run->what);
}

static void
begin_reading (Run *run, double from, double to, const char *what)
{
  run->from = from;
  run->to = to;
  run->what = what;
  run->n_done = 0;
  run->n_all = run->state->dump->layers[0].n_tokens;
  tell (run, 0);
}

/* --- what is read -------------------------------------------------------------------------------------- */

static SpDump *
find_activations (SaeState *state, SpSae *sae)
{
  return sp_dump_new_rows (&state->items, state->setting.activations, sp_sae_get_shape (sae)->n_inputs, sp_sae_get_hook (sae));
}

/* Activations that the autoencoder encodes, or else codes.  *dump NULL: there are none, and none were asked for. */
static gboolean
find_dump (SaeState *state, SpSae *sae, SpDump **dump, SpDumpCodes **codes, const SpWork *work, GError **error)
{
  SpDump  *activations = sae != NULL ? find_activations (state, sae) : NULL;
  guint64  n_features = sae != NULL ? sp_sae_get_shape (sae)->n_features : 0;
  gboolean is_found = TRUE;

  if (activations == NULL || activations->site == NULL)
    is_found = sp_dump_codes_find (&state->items, state->setting.activations, n_features, codes, dump, work->cancellable, error);
  if (is_found && *dump == NULL)
    *dump = g_steal_pointer (&activations);
  g_clear_pointer (&activations, sp_dump_free);
  return is_found;
}

/* --- reading ------------------------------------------------------------------------------------------- */

static gboolean
add_means (gpointer data, const float *rows, G_GNUC_UNUSED const guint64 *tokens, gsize n_tokens, G_GNUC_UNUSED GError **error)
{
  Run *run = data;

  sp_activation_means_add (run->state->means, rows, n_tokens);
  tell (run, n_tokens);
  return TRUE;
}

static void
publish_nonfinite (Run *run)
{
  sp_work_lock (run->work);
  run->state->n_nonfinite = run->n_nonfinite;
  sp_work_unlock (run->work);
}

/* Every measure of what is lost compares with a mean, which is of all tokens. */
static gboolean
find_means (Run *run, GError **error)
{
  SaeState          *state = run->state;
  SpActivationMeans *means = sp_activation_means_new (state->dump->layers[0].n_neurons);

  begin_reading (run, 0, MEANS_SHARE, _("Reading activations"));
  state->means = means;
  if (!sp_dump_each_rows (state->dump, &state->items, MEANS_TOKENS, add_means, run, &run->n_nonfinite, run->work->cancellable, error))
    return FALSE;
  sp_activation_means_finish (means);
  publish_nonfinite (run);
  return TRUE;
}

/* With the lock held. */
static gboolean
count (Run *run, const SpCodes *codes, const guint64 *tokens, GError **error)
{
  SaeState *state = run->state;

  for (gsize i = 0; i < codes->n_tokens; i++)
    {
      run->starts[i] = sp_dump_starts_between (state->dump, 0, run->next, tokens[i]);
      run->next = tokens[i] + 1;
    }
  if (state->tops != NULL)
    sp_feature_tops_add (state->tops, codes, tokens);
  if (!sp_feature_tally_add (state->tally, codes, run->starts, error))
    return FALSE;
  sae_keep_codes (state, codes, tokens);
  return TRUE;
}

static gboolean
add_encoded (gpointer data, const float *rows, const guint64 *tokens, gsize n_tokens, GError **error)
{
  Run     *run = data;
  SpCodes  codes;
  gboolean is_added;

  if (!sp_sae_encoder_encode (run->encoder, rows, n_tokens, &codes, error) ||
      (run->sums != NULL && !sp_sae_encoder_decode (run->encoder, rows, &codes, run->decoded, error)))
    return FALSE;
  sp_work_lock (run->work);
  is_added = count (run, &codes, tokens, error);
  if (is_added && run->sums != NULL)
    {
      sp_reconstruction_add (run->sums, rows, run->decoded, n_tokens);
      run->state->reconstruction = sp_reconstruction_finish (run->sums);
      run->state->has_reconstruction = TRUE;
    }
  sp_work_unlock (run->work);
  tell (run, n_tokens);
  return is_added;
}

static gboolean
take_tally (Run *run, guint64 n_features, GError **error)
{
  SpFeatureTally *tally = sp_feature_tally_new (n_features, error);

  sp_work_lock (run->work);
  run->state->tally = tally;
  run->state->kept = tally != NULL ? sp_feature_codes_new (run->state->setting.kept_codes) : NULL;
  run->state->tops = tally != NULL ? sp_feature_tops_new (tally->n_features) : NULL;
  sp_work_unlock (run->work);
  return tally != NULL;
}

static gboolean
encode (Run *run, GError **error)
{
  SaeState         *state = run->state;
  const SpSaeShape *shape = sp_sae_get_shape (state->sae);
  gsize             most;

  if (!take_tally (run, shape->n_features, error) || !find_means (run, error))
    return FALSE;
  run->encoder = sp_sae_encoder_new (state->sae, run->team, error);
  if (run->encoder == NULL)
    return FALSE;
  if (shape->input == SP_SAE_INPUT_AVERAGE && shape->input_scale == 0 && state->means->mean_norm > 0)
    sp_sae_encoder_set_scale (run->encoder, sqrt (shape->n_inputs) / state->means->mean_norm);
  most = sp_sae_encoder_most_tokens (run->encoder);
  run->starts = g_new (guint8, most);
  if (!shape->is_transcoder)
    {
      run->sums = sp_reconstruction_new (state->means);
      run->decoded = g_aligned_alloc (most * shape->n_inputs, sizeof (float), 64);
    }
  begin_reading (run, MEANS_SHARE, COUNTED_SHARE, _("Encoding activations"));
  return sp_dump_each_rows (state->dump, &state->items, most, add_encoded, run, &run->n_nonfinite, run->work->cancellable, error);
}

/* --- codes --------------------------------------------------------------------------------------------- */

static gboolean
add_codes (gpointer data, const SpCodes *codes, const guint64 *tokens, GError **error)
{
  Run     *run = data;
  gboolean is_added;

  sp_work_lock (run->work);
  is_added = count (run, codes, tokens, error);
  sp_work_unlock (run->work);
  tell (run, codes->n_tokens);
  return is_added;
}

static gboolean
read_codes (Run *run, double to, GError **error)
{
  SaeState         *state = run->state;
  SpDumpCodesFaults faults;

  run->starts = g_new (guint8, SP_DUMP_CODES_MOST_TOKENS);
  begin_reading (run, 0, to, _("Reading codes"));
  if (!take_tally (run, state->dump->layers[0].n_neurons, error) ||
      !sp_dump_codes_each (state->codes, add_codes, run, &faults, run->work->cancellable, error))
    return FALSE;
  run->n_nonfinite = faults.n_nonfinite;
  publish_nonfinite (run);
  sp_work_lock (run->work);
  state->n_added = faults.n_added;
  sp_work_unlock (run->work);
  return TRUE;
}

/* --- directions ---------------------------------------------------------------------------------------- */

static void
tell_share (gpointer data, double share)
{
  Run *run = data;

  sp_work_report (run->work, run->from + (run->to - run->from) * share, run->what);
}

static void
end_counting (Run *run)
{
  sp_work_lock (run->work);
  run->state->is_counted = TRUE;
  sp_work_unlock (run->work);
}

/* Features of ultra-low density, ascending. */
static GArray *
list_cluster (SaeState *state, double cut)
{
  GArray *features = g_array_new (FALSE, FALSE, sizeof (guint32));

  for (guint32 i = 0; i < state->tally->n_features; i++)
    {
      double density = sae_density (state, state->setting.test, i);

      if (density > 0 && density < cut)
        g_array_append_val (features, i);
    }
  return features;
}

/* Previews ask for ranks, too. */
static double
find_cut (Run *run)
{
  SaeState *state = run->state;
  double    cut;

  sp_work_lock (run->work);
  cut = sae_find_cut (sae_find_ranks (state, state->setting.test), state->setting.cut);
  sp_work_unlock (run->work);
  return cut;
}

static gboolean
compare_directions (Run *run, double from, GError **error)
{
  SaeState          *state = run->state;
  gboolean           is_counted = state->tally != NULL;
  double             cut = is_counted ? find_cut (run) : 0;
  g_autoptr (GArray) cluster = is_counted ? list_cluster (state, cut) : g_array_new (FALSE, FALSE, sizeof (guint32));
  const SpSaeWishes  wishes = { .neighbours = state->setting.neighbours, .cluster = (const guint32 *) cluster->data,
                                .n_cluster = cluster->len };
  SpSaeGeometry     *geometry;

  run->from = from;
  run->to = 1;
  run->what = _("Comparing directions");
  geometry = sp_sae_geometry_new (state->sae, &wishes, run->team, tell_share, run, error);
  sp_work_lock (run->work);
  state->geometry = geometry;
  state->cluster_cut = cut;
  sp_work_unlock (run->work);
  return geometry != NULL;
}

/* --- public -------------------------------------------------------------------------------------------- */

/* Those of another autoencoder go, and why is said. */
static char *
leave_out (SpSae *sae, SpFeatureCounts **counts)
{
  guint n_features = sae != NULL ? sp_sae_get_shape (sae)->n_features : 0;
  char *why;

  if (n_features == 0 || *counts == NULL || (*counts)->n_features == n_features)
    return NULL;
  why = g_strdup_printf (_("%s is of %u features and the autoencoder has %u: it is another one's, and left out."), (*counts)->source,
                         (*counts)->n_features, n_features);
  g_clear_pointer (counts, sp_feature_counts_free);
  return why;
}

static gboolean
open_inputs (SaeState *state, const SpWork *work, GError **error)
{
  g_autoptr (SpSae)           sae = NULL;
  g_autoptr (SpFeatureCounts) counts = NULL;
  SpDump                     *dump = NULL;
  SpDumpCodes                *codes = NULL;
  g_autofree char            *left_out = NULL;

  if (state->store != NULL && sp_sae_is_in (state->store) && (sae = sp_sae_open (state->store, &state->setting.choices, error)) == NULL)
    return FALSE;
  if (state->store != NULL && sp_feature_counts_are_of (state->store, sae) &&
      (counts = sp_feature_counts_new (state->store, sae, work->cancellable, error)) == NULL)
    return FALSE;
  left_out = leave_out (sae, &counts);
  if ((sae != NULL || counts == NULL) && !find_dump (state, sae, &dump, &codes, work, error))
    return FALSE;
  sp_work_lock (work);
  state->sae = g_steal_pointer (&sae);
  state->counts = g_steal_pointer (&counts);
  state->left_out = g_steal_pointer (&left_out);
  state->dump = dump;
  state->codes = codes;
  state->look = dump != NULL ? sp_dump_look_new (dump, &state->items) : NULL;
  sp_work_unlock (work);
  return TRUE;
}

/* Before directions are compared. */
static gboolean
count_firings (Run *run, GError **error)
{
  SaeState *state = run->state;

  if (state->dump == NULL || state->dump->site == NULL)
    return TRUE;
  return state->codes != NULL ? read_codes (run, state->sae != NULL ? COUNTED_SHARE : 1, error) : encode (run, error);
}

gboolean
sae_execute (SaeState *state, const SpWork *work, GError **error)
{
  g_auto (Run) run = { .state = state, .work = work };

  if (!open_inputs (state, work, error))
    return FALSE;
  run.team = sp_team_new (work->n_threads, work->cancellable);
  if (!count_firings (&run, error))
    return FALSE;
  end_counting (&run);
  g_clear_pointer (&run.encoder, sp_sae_encoder_free);
  return state->sae == NULL || compare_directions (&run, state->tally != NULL ? COUNTED_SHARE : 0, error);
}
