/* sae-partners.c - two sparse autoencoders side by side: which features of one the other has too
 *
 * Question: which features of one sparse autoencoder have a partner in another?
 *
 * Both read the same place of a model.  The partner of a feature is the other's feature whose decoder direction has the largest cosine
 * with its own; where none is above a limit it is alone.  Two features are mutual partners where each is the other's. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sp-analysis.h"
#include "sp-feature-counts.h"
#include "sp-sae-geometry.h"

#include <glib/gi18n-lib.h>
#include <math.h>

#define BINS    50                         /* of cosines from -1 to 1 */
#define LACKING N_("Open a second sparse autoencoder of the same place beside it, to compare their features.")

/* Lock it while anything but the stores is looked at. */
typedef struct {
  SpStore         *stores[2];              /* NULL: there are not two */
  SpFeatureCounts *counts[2];              /* NULL: no densities lie beside */
  SpSaePartners   *partners;               /* NULL: not yet */
} State;

typedef struct { State *state; const SpWork *work; } Run;

static const SpParam params[] = {
  { .id = "limit", .title = N_("Partners above"), .section = N_("Partners"), .type = SP_PARAM_NUMBER, .fallback = 0.7, .min = 0, .max = 1,
    .is_live = TRUE, .unit = "", .help = N_("A feature without a partner of a larger cosine is alone") },
  { NULL }
};

/* --- comparing ----------------------------------------------------------------------------------------- */

static gpointer
new_state (const SpItems *items, G_GNUC_UNUSED SpArgs *args)
{
  State   *state = g_new0 (State, 1);
  SpStore *store;
  gsize    at = 0;

  for (gsize i = 0; i < 2 && (store = sp_items_find_store (items, &at, sp_sae_is_in)) != NULL; i++)
    state->stores[i] = sp_store_ref (store);
  return state;
}

static void
free_state (gpointer data)
{
  State *state = data;

  for (gsize i = 0; i < 2; i++)
    {
      g_clear_pointer (&state->stores[i], sp_store_unref);
      g_clear_pointer (&state->counts[i], sp_feature_counts_free);
    }
  g_clear_pointer (&state->partners, sp_sae_partners_free);
  g_free (state);
}

static void
tell (gpointer data, double share)
{
  sp_work_report (data, share, _("Comparing directions"));
}

static SpFeatureCounts *
read_counts (SpStore *store, guint n_features, const SpWork *work)
{
  g_autoptr (SpFeatureCounts) counts = sp_feature_counts_are_in (store) ? sp_feature_counts_new (store, work->cancellable, NULL) : NULL;

  return counts != NULL && counts->density != NULL && counts->n_features == n_features ? g_steal_pointer (&counts) : NULL;
}

static gboolean
execute (gpointer data, G_GNUC_UNUSED SpArgs *args, const SpWork *work, GError **error)
{
  State             *state = data;
  g_autoptr (SpTeam) team = NULL;
  g_autoptr (SpSae)  a = NULL, b = NULL;
  SpSaePartners     *partners;

  if (state->stores[1] == NULL)
    return TRUE;
  if ((a = sp_sae_open (state->stores[0], &SP_SAE_NO_CHOICES, error)) == NULL ||
      (b = sp_sae_open (state->stores[1], &SP_SAE_NO_CHOICES, error)) == NULL)
    return FALSE;
  team = sp_team_new (work->n_threads, work->cancellable);
  partners = sp_sae_partners_new (a, b, team, tell, (gpointer) work, error);
  if (partners == NULL)
    return FALSE;
  sp_work_lock (work);
  state->partners = partners;
  state->counts[0] = read_counts (state->stores[0], (guint) partners->n_a, work);
  state->counts[1] = read_counts (state->stores[1], (guint) partners->n_b, work);
  sp_work_unlock (work);
  return TRUE;
}

/* --- tables -------------------------------------------------------------------------------------------- */

static void
add_densities (const State *state, SpTable *table, const SpNeighbours *of, gsize n, gsize which)
{
  double *own = g_new (double, n + 1), *theirs = g_new (double, n + 1);

  for (gsize i = 0; i < n; i++)
    {
      own[i] = state->counts[which]->density[i];
      theirs[i] = of[i].nearest.feature != SP_NO_FEATURE ? state->counts[1 - which]->density[of[i].nearest.feature] : NAN;
    }
  sp_table_take_f64 (table, "density", _("Density"), "share", own);
  sp_table_take_f64 (table, "partner_density", _("Partner's density"), "share", theirs);
}

/* Features of one, and their partners among the other's. */
static void
add_side (SpResult *result, const State *state, gsize which, const char *id)
{
  const SpSaePartners *p = state->partners;
  const SpNeighbours  *of = which == 0 ? p->of_a : p->of_b, *back = which == 0 ? p->of_b : p->of_a;
  gsize                n = which == 0 ? p->n_a : p->n_b;
  SpTable             *table = sp_table_new (id, sp_store_get_title (state->stores[which]), n);
  gint64              *features = g_new (gint64, n + 1), *partners = g_new (gint64, n + 1);
  double              *cosines = g_new (double, n + 1);
  g_autofree const char **mutual = g_new (const char *, n + 1);

  for (gsize i = 0; i < n; i++)
    {
      SpNeighbour nearest = of[i].nearest;
      gboolean    is_known = nearest.feature != SP_NO_FEATURE;

      features[i] = (gint64) i;
      partners[i] = is_known ? (gint64) nearest.feature : SP_I64_NONE;
      cosines[i] = is_known ? (double) nearest.cosine : NAN;
      mutual[i] = is_known && back[nearest.feature].nearest.feature == i ? "yes" : "no";
    }
  sp_table_take_column (table, sp_column_new_i64 ("feature", _("Feature"), "", n, features));
  sp_table_take_column (table, sp_column_new_i64 ("partner", _("Partner"), "", n, partners));
  sp_table_take_f64 (table, "cosine", _("Cosine"), "", cosines);
  sp_table_take_column (table, sp_column_new_text ("mutual", _("Mutual"), n, mutual));
  if (state->counts[0] != NULL && state->counts[1] != NULL)
    add_densities (state, table, of, n, which);
  g_ptr_array_add (result->tables, table);
}

/* --- plots --------------------------------------------------------------------------------------------- */

static double *
bin_cosines (const SpNeighbours *of, gsize n)
{
  double *bins = g_new0 (double, BINS);

  for (gsize i = 0; i < n; i++)
    if (of[i].nearest.feature != SP_NO_FEATURE)
      bins[CLAMP ((int) floor (((double) of[i].nearest.cosine + 1) / 2 * BINS), 0, BINS - 1)]++;
  return bins;
}

static void
add_histogram (SpResult *result, const State *state, double limit)
{
  SpTable *table = sp_table_new ("cosines", _("Cosines with partners"), BINS);
  double  *low = g_new (double, BINS), *high = g_new (double, BINS);
  SpPlot  *plot = sp_result_add_plot (result, "histogram", "cosines", _("Cosines with partners"), "cosines");

  for (gsize i = 0; i < BINS; i++)
    {
      low[i] = -1 + 2.0 * (double) i / BINS;
      high[i] = -1 + 2.0 * (double) (i + 1) / BINS;
    }
  sp_table_take_f64 (table, "from", _("from"), "", low);
  sp_table_take_f64 (table, "to", _("to"), "", high);
  sp_table_take_f64 (table, "first", sp_store_get_title (state->stores[0]), "features",
                     bin_cosines (state->partners->of_a, state->partners->n_a));
  sp_table_take_f64 (table, "second", sp_store_get_title (state->stores[1]), "features",
                     bin_cosines (state->partners->of_b, state->partners->n_b));
  g_ptr_array_add (result->tables, table);
  plot->x = g_strdup ("from");
  plot->x_high = g_strdup ("to");
  plot->y = g_strdupv ((char **) (const char *const[]) { "first", "second", NULL });
  plot->x_title = g_strdup (_("cosine of a feature's decoder with its partner's"));
  plot->y_title = g_strdup (_("features"));
  sp_plot_add_marker (plot, TRUE, limit, _("partners above"), "limit", 1);
  plot->caption = g_strdup (_("How near the features of each have a partner among the other's."));
}

static void
add_scatter (SpResult *result)
{
  SpPlot *plot = sp_result_add_plot (result, "scatter", "densities", _("Densities of partners"), "first");

  plot->x = g_strdup ("density");
  plot->y = g_strdupv ((char **) (const char *const[]) { "partner_density", NULL });
  plot->x_title = g_strdup (_("density"));
  plot->y_title = g_strdup (_("partner's density"));
  plot->x_unit = g_strdup ("share");
  plot->y_unit = g_strdup ("share");
  plot->x_scale = plot->y_scale = SP_SCALE_LOG;
  plot->caption = g_strdup (_("A point a feature of the first, with its partner in the second; the dead have no place on axes of "
                              "logarithms."));
}

/* --- all ----------------------------------------------------------------------------------------------- */

static void
add_summary (SpResult *result, const State *state, const SpPartnerCounts *counts)
{
  const char  *names[] = { "features_first", "features_second", "alone_first", "alone_second", "mutual" };
  const char  *units[] = { "features", "features", "features", "features", "features" };
  const double values[] = { (double) state->partners->n_a, (double) state->partners->n_b, (double) counts->n_alone_a,
                            (double) counts->n_alone_b, (double) counts->n_mutual };

  sp_result_add_summary (result, G_N_ELEMENTS (names), names, values, units);
}

static char *
define (const State *state, const SpPartnerCounts *counts, double limit)
{
  const SpSaePartners *p = state->partners;

  return g_strdup_printf (_("%zu of %zu features of %s have no partner in %s, and %zu of %zu the other way round: no decoder direction "
                            "with a cosine above %g. %zu pairs are each other's nearest above it."),
                          counts->n_alone_a, p->n_a, sp_store_get_title (state->stores[0]), sp_store_get_title (state->stores[1]),
                          counts->n_alone_b, p->n_b, limit, counts->n_mutual);
}

static SpResult *
finish (gpointer data, SpArgs *args)
{
  State          *state = data;
  SpResult       *result = sp_result_new ("sae-partners");
  double          limit = sp_args_get_number (args, "limit");
  SpPartnerCounts counts;

  if (state->partners == NULL)
    {
      sp_result_add_summary (result, 0, NULL, NULL, NULL);
      result->definition = g_strdup (state->stores[1] == NULL ? _(LACKING) : _("Nothing is compared yet."));
      return result;
    }
  sp_sae_partners_count (state->partners, limit, &counts);
  add_side (result, state, 0, "first");
  add_side (result, state, 1, "second");
  add_histogram (result, state, limit);
  if (state->counts[0] != NULL && state->counts[1] != NULL)
    add_scatter (result);
  add_summary (result, state, &counts);
  result->definition = define (state, &counts, limit);
  return result;
}

const SpAnalysis sp_analysis_sae_partners = {
  .id = "sae-partners",
  .title = N_("Partners"),
  .question = N_("Which features of one sparse autoencoder has another one, too?"),
  .needs = SP_NEEDS_SAE,
  .joins_all = TRUE,
  .params = params,
  .new_state = new_state,
  .free_state = free_state,
  .execute = execute,
  .finish = finish,
};
