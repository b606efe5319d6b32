/* sae-partners.c - two sparse autoencoders side by side: which features of one the other has too
 *
 * Question: which features of one sparse autoencoder have a partner in another?
 *
 * Both read the same place of a model.  The partner of a feature is the other's feature whose decoder direction has the largest cosine
 * with its own; where none is above a limit it is alone.  Two features are mutual partners where each is the other's.  How often they fire
 * is counted on activations that are open beside (f > 0); without any it is what their library has counted. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sp-dump-rows.h"
#include "sp-feature-counts.h"
#include "sp-sae-firings.h"
#include "sp-sae-geometry.h"
#include "sp-sae-offer.h"

#include <glib/gi18n-lib.h>
#include <inttypes.h>
#include <math.h>
#include <string.h>

#define BINS    50                         /* of cosines from -1 to 1 */
#define LACKING N_("Open a second sparse autoencoder of the same place beside it, to compare their features.")

#define MOST_LISTED    8                   /* names of a sentence */
#define COMPARED_SHARE 0.4                 /* when firings are counted */

/* Of one of them. */
typedef struct {
  SpStore        *store;                   /* NULL: there is none, see the problem */
  char           *which, *title;           /* its name among those its store holds, NULL: it is the only one; and what people call it */
  SpSae          *sae;                     /* NULL: not opened yet */
  SpDump         *dump;                    /* NULL: none was looked for yet */
  SpFeatureTally *tally;                   /* of the dump; NULL: not counted */
  double         *density;                 /* by feature, of the dump or else of its library; NULL: nothing says it */
} Side;

/* Lock it while anything but the setting, the items and the stores is looked at. */
typedef struct {
  char          *activations;              /* name of their tensor; NULL: by themselves */
  SpItems        items;                    /* owned copy; stores are kept alive by the run */
  Side           sides[2];
  char          *problem;                  /* of what was chosen: a sentence; NULL: none */
  GPtrArray     *assumed;                  /* of char *: which are compared, where nothing was chosen */
  SpSaePartners *partners;                 /* NULL: not yet */
} State;

/* --- which of them --------------------------------------------------------------------------------------- */

/* Without a choice: the first of the second store that has some or, where it is the only one, its second. */
static guint
find_second (GPtrArray *found)
{
  for (guint i = 1; i < found->len; i++)
    if (((SpSaeFound *) found->pdata[i])->store != ((SpSaeFound *) found->pdata[0])->store)
      return i;
  return 1;
}

static GPtrArray *
offer_first (SpStore *const *stores, gsize n_stores)
{
  g_autoptr (GPtrArray) found = sp_sae_find_all (stores, n_stores);

  return sp_sae_offer_found (found, 0);
}

static GPtrArray *
offer_second (SpStore *const *stores, gsize n_stores)
{
  g_autoptr (GPtrArray) found = sp_sae_find_all (stores, n_stores);

  return sp_sae_offer_found (found, find_second (found));
}

/* Two are compared whichever is chosen. */
static gboolean
has_choice (SpStore *const *stores, gsize n_stores)
{
  g_autoptr (GPtrArray) found = sp_sae_find_all (stores, n_stores);

  return found->len > 2;
}

static GPtrArray *
offer_activations (SpStore *const *stores, gsize n_stores)
{
  return sp_dump_offer_rows (stores, n_stores, sp_sae_first_shape (stores, n_stores).n_inputs);
}

static const SpParam params[] = {
  { .id = "first", .title = N_("First"), .section = N_("Read"), .type = SP_PARAM_TEXT, .offer = offer_first, .is_for = has_choice,
    .unit = "", .help = N_("Which sparse autoencoder is compared; without it the first there is") },
  { .id = "second", .title = N_("Second"), .type = SP_PARAM_TEXT, .offer = offer_second, .is_for = has_choice, .unit = "",
    .help = N_("With which it is compared; without it the first of the next file that holds some, or of one file the second") },
  { .id = "activations", .title = N_("Activations"), .type = SP_PARAM_TEXT, .offer = offer_activations, .unset = N_("by their places"),
    .unit = "",
    .help = N_("On which of the recorded activations firings are counted; without it those of the place each autoencoder was trained on") },
  { .id = "limit", .title = N_("Partners above"), .section = N_("Partners"), .type = SP_PARAM_NUMBER, .fallback = 0.7, .min = 0, .max = 1,
    .is_live = TRUE, .unit = "", .help = N_("A feature without a partner of a larger cosine is alone") },
  { NULL }
};

/* --- comparing ----------------------------------------------------------------------------------------- */

static GPtrArray *
find_all (const SpItems *items)
{
  g_autoptr (GPtrArray) stores = g_ptr_array_new ();
  SpStore              *store;
  gsize                 at = 0;

  while ((store = sp_items_find_store (items, &at, sp_sae_is_in)) != NULL)
    g_ptr_array_add (stores, store);
  return sp_sae_find_all ((SpStore *const *) stores->pdata, stores->len);
}

/* wanted NULL: the one at i, which is noted where its file holds others. */
static void
choose_side (State *state, Side *side, GPtrArray *found, const char *wanted, guint i)
{
  g_autoptr (GPtrArray) offers = sp_sae_offer_found (found, G_MAXUINT);
  g_autofree char      *list = sp_offers_list (offers, G_MAXUINT, MOST_LISTED);
  const SpSaeFound     *one;

  i = wanted != NULL ? sp_offers_find (offers, wanted) : i;
  if (wanted != NULL && i == G_MAXUINT && state->problem == NULL)
    state->problem = g_strdup_printf (_("There is no sparse autoencoder '%s' here; there is %s."), wanted, list);
  if (i >= found->len)
    return;
  one = found->pdata[i];
  side->store = sp_store_ref (one->store);
  side->which = g_strdup (one->which);
  side->title = g_strdup (one->text);
  if (wanted == NULL && one->n > 1)
    g_ptr_array_add (state->assumed, g_strdup_printf (_("%s holds %u sparse autoencoders: '%s' is compared."),
                                                      sp_store_get_title (one->store), one->n, one->which));
}

static gpointer
new_state (const SpItems *items, SpArgs *args)
{
  State                *state = g_new0 (State, 1);
  g_autoptr (GPtrArray) found = find_all (items);
  const Side           *first = &state->sides[0], *second = &state->sides[1];

  state->activations = g_strdup (sp_args_get_text (args, "activations"));
  state->items.n = items->n;
  state->items.items = g_memdup2 (items->items, items->n * sizeof (SpItem));
  state->assumed = g_ptr_array_new_with_free_func (g_free);
  choose_side (state, &state->sides[0], found, sp_args_get_text (args, "first"), 0);
  choose_side (state, &state->sides[1], found, sp_args_get_text (args, "second"), find_second (found));
  if (second->store != NULL && first->store == second->store && g_strcmp0 (first->which, second->which) == 0)
    state->problem = g_strdup_printf (_("'%s' would be compared with itself: choose another as the first or the second."), first->title);
  return state;
}

static void
free_state (gpointer data)
{
  State *state = data;

  for (gsize i = 0; i < 2; i++)
    {
      g_clear_pointer (&state->sides[i].store, sp_store_unref);
      g_free (state->sides[i].which);
      g_free (state->sides[i].title);
      g_clear_pointer (&state->sides[i].sae, sp_sae_free);
      g_clear_pointer (&state->sides[i].dump, sp_dump_free);
      g_clear_pointer (&state->sides[i].tally, sp_feature_tally_free);
      g_free (state->sides[i].density);
    }
  g_clear_pointer (&state->partners, sp_sae_partners_free);
  g_ptr_array_unref (state->assumed);
  g_free (state->problem);
  g_free ((gpointer) state->items.items);
  g_free (state->activations);
  g_free (state);
}

static void
tell_compared (gpointer data, double share)
{
  sp_work_report (data, share, _("Comparing directions"));
}

static void
tell_encoded (gpointer data, double share)
{
  sp_work_report (data, share, _("Encoding activations"));
}

/* NULL: they did not leave any of these features. */
static double *
read_counts (const Side *side, const SpWork *work)
{
  g_autoptr (SpFeatureCounts) counts = NULL;

  if (sp_feature_counts_are_of (side->store, side->sae))
    counts = sp_feature_counts_new (side->store, side->sae, work->cancellable, NULL);
  return counts != NULL && counts->n_features == sp_sae_get_shape (side->sae)->n_features ? g_steal_pointer (&counts->density) : NULL;
}

static double *
find_densities (const SpFeatureTally *tally)
{
  double *density = g_new (double, tally->n_features);

  for (guint i = 0; i < tally->n_features; i++)
    density[i] = tally->tests[SP_FIRES_ABOVE_0].fired[i] / (double) MAX (tally->n_tokens, 1);
  return density;
}

static gboolean
count_firings (State *state, Side *side, SpTeam *team, const SpWork *work, GError **error)
{
  const SpSaeShape *shape = sp_sae_get_shape (side->sae);
  SpDump           *dump = sp_dump_new_rows (&state->items, state->activations, shape->n_inputs, sp_sae_get_hook (side->sae));
  SpFeatureTally   *tally = NULL;
  double           *density;

  if (dump->site != NULL && (tally = sp_sae_count_firings (side->sae, dump, &state->items, team, tell_encoded,
                                                           (gpointer) work, work->cancellable, error)) == NULL)
    {
      sp_dump_free (dump);
      return FALSE;
    }
  density = tally != NULL ? find_densities (tally) : read_counts (side, work);
  sp_work_lock (work);
  side->dump = dump;
  side->tally = tally;
  side->density = density;
  sp_work_unlock (work);
  return TRUE;
}

static gboolean
open_side (Side *side, const SpWork *work, GError **error)
{
  SpSaeChoices choices = SP_SAE_NO_CHOICES;
  SpSae       *sae;

  choices.which = side->which;
  sae = sp_sae_open (side->store, &choices, error);
  sp_work_lock (work);
  side->sae = sae;
  sp_work_unlock (work);
  return sae != NULL;
}

static gboolean
compare (State *state, SpTeam *team, const SpWork *work, GError **error)
{
  SpWork         part = sp_work_part (work, 0, COMPARED_SHARE, NULL);
  SpSaePartners *partners = sp_sae_partners_new (state->sides[0].sae, state->sides[1].sae, team, tell_compared, &part, error);

  sp_work_lock (work);
  state->partners = partners;
  sp_work_unlock (work);
  return partners != NULL;
}

static gboolean
execute (gpointer data, G_GNUC_UNUSED SpArgs *args, const SpWork *work, GError **error)
{
  State             *state = data;
  g_autoptr (SpTeam) team = NULL;
  gboolean           is_done;

  if (state->problem != NULL)
    {
      g_set_error_literal (error, SP_ERROR, SP_ERROR_USAGE, state->problem);
      return FALSE;
    }
  if (state->sides[1].store == NULL)
    return TRUE;
  if (!open_side (&state->sides[0], work, error) || !open_side (&state->sides[1], work, error))
    return FALSE;
  team = sp_team_new (work->n_threads, work->cancellable);
  is_done = compare (state, team, work, error);
  for (gsize i = 0; i < 2 && is_done; i++)
    {
      double length = (1 - COMPARED_SHARE) / 2, begin = COMPARED_SHARE + (double) i * length;
      SpWork part = sp_work_part (work, begin, begin + length, state->sides[i].title);

      is_done = count_firings (state, &state->sides[i], team, &part, error);
    }
  return is_done;
}

/* --- tables -------------------------------------------------------------------------------------------- */

/* Both are of a dump, or of what a library has counted. */
static gboolean
has_densities (const State *state)
{
  return state->sides[0].density != NULL && state->sides[1].density != NULL &&
         (state->sides[0].tally != NULL) == (state->sides[1].tally != NULL);
}

/* The partner's is only of one that is above the limit. */
static void
add_densities (const State *state, SpTable *table, const SpNeighbours *of, gsize n, gsize which, double limit)
{
  double *own = g_new (double, n + 1), *theirs = g_new (double, n + 1);

  for (gsize i = 0; i < n; i++)
    {
      own[i] = state->sides[which].density[i];
      theirs[i] = (double) of[i].nearest.cosine > limit ? state->sides[1 - which].density[of[i].nearest.feature] : NAN;
    }
  sp_table_take_f64 (table, "density", _("Density"), "share", own);
  sp_table_take_f64 (table, "partner_density", _("Partner's density"), "share", theirs);
}

/* Features of one, and their partners among the other's. */
static void
add_side (SpResult *result, const State *state, gsize which, const char *id, double limit)
{
  const SpSaePartners *p = state->partners;
  const SpNeighbours  *of = which == 0 ? p->of_a : p->of_b, *back = which == 0 ? p->of_b : p->of_a;
  gsize                n = which == 0 ? p->n_a : p->n_b;
  SpTable             *table = sp_table_new (id, state->sides[which].title, n);
  gint64              *features = g_new (gint64, n + 1), *partners = g_new (gint64, n + 1);
  double              *cosines = g_new (double, n + 1);
  const char          **mutual = g_new (const char *, n + 1);

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
  sp_table_take_column (table, sp_column_new_words ("mutual", _("Mutual"), n, mutual));
  if (has_densities (state))
    add_densities (state, table, of, n, which, limit);
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

/* Nearest ones are seldom below 0: what is there, and empty, is not shown. */
static gsize
find_first_bin (const double *first, const double *second)
{
  gsize i = 0;

  while (i < BINS / 2 && first[i] == 0 && second[i] == 0)
    i++;
  return i;
}

static void
add_histogram (SpResult *result, const State *state, double limit)
{
  g_autofree double *first = bin_cosines (state->partners->of_a, state->partners->n_a);
  g_autofree double *second = bin_cosines (state->partners->of_b, state->partners->n_b);
  gsize    begin = find_first_bin (first, second), n = BINS - begin, n_bytes = n * sizeof (double);
  SpTable *table = sp_table_new ("cosines", _("Cosines with partners"), n);
  double  *low = g_new (double, n), *high = g_new (double, n);
  SpPlot  *plot = sp_result_add_plot (result, "histogram", "cosines", _("Cosines with partners"), "cosines");

  for (gsize i = 0; i < n; i++)
    {
      low[i] = -1 + 2.0 * (double) (begin + i) / BINS;
      high[i] = -1 + 2.0 * (double) (begin + i + 1) / BINS;
    }
  sp_table_take_f64 (table, "from", _("from"), "", low);
  sp_table_take_f64 (table, "to", _("to"), "", high);
  sp_table_take_f64 (table, "first", state->sides[0].title, "features", g_memdup2 (first + begin, n_bytes));
  sp_table_take_f64 (table, "second", state->sides[1].title, "features", g_memdup2 (second + begin, n_bytes));
  g_ptr_array_add (result->tables, table);
  plot->x = g_strdup ("from");
  plot->x_high = g_strdup ("to");
  plot->y = g_strdupv ((char **) (const char *const[]) { "first", "second", NULL });
  plot->x_title = g_strdup (_("cosine of a feature's decoder with its partner's"));
  plot->y_title = g_strdup (_("features"));
  sp_plot_add_marker (plot, TRUE, limit, _("partners above"), "limit", 1);
  plot->caption = g_strdup (_("How near the features of each have a partner among the other's."));
}

static char *
describe_densities (const State *state)
{
  const Side *first = &state->sides[0], *second = &state->sides[1];

  if (first->tally == NULL)
    return g_strdup (_("A point a feature of the first that has a partner in the second, as often as their libraries have counted; the "
                       "dead have no place on axes of logarithms."));
  if (strcmp (first->dump->site, second->dump->site) == 0)
    return g_strdup_printf (_("A point a feature of the first that has a partner in the second, at %" PRIu64 " tokens of %s; the dead have "
                              "no place on axes of logarithms."), first->tally->n_tokens, first->dump->site);
  return g_strdup_printf (_("A point a feature of the first, at %" PRIu64 " tokens of %s, that has a partner in the second, at %" PRIu64
                            " tokens of %s; the dead have no place on axes of logarithms."),
                          first->tally->n_tokens, first->dump->site, second->tally->n_tokens, second->dump->site);
}

static void
add_scatter (SpResult *result, const State *state)
{
  SpPlot *plot = sp_result_add_plot (result, "scatter", "densities", _("Densities of partners"), "first");

  plot->x = g_strdup ("density");
  plot->y = g_strdupv ((char **) (const char *const[]) { "partner_density", NULL });
  plot->x_title = g_strdup (_("density"));
  plot->y_title = g_strdup (_("partner's density"));
  plot->x_unit = g_strdup ("share");
  plot->y_unit = g_strdup ("share");
  plot->x_scale = plot->y_scale = SP_SCALE_LOG;
  plot->caption = describe_densities (state);
}

/* --- all ----------------------------------------------------------------------------------------------- */

static double
count_dead (const Side *side)
{
  double n = 0;

  for (guint i = 0; i < side->tally->n_features; i++)
    n += side->density[i] == 0;
  return n;
}

static void
add_summary (SpResult *result, const State *state, const SpPartnerCounts *counts)
{
  gboolean     is_counted = has_densities (state) && state->sides[0].tally != NULL;
  const char  *names[] = { "features_first", "features_second", "alone_first", "alone_second", "mutual",
                           "tokens_first", "tokens_second", "dead_first", "dead_second" };
  const char  *units[] = { "features", "features", "features", "features", "features", "tokens", "tokens", "features", "features" };
  const double values[] = { (double) state->partners->n_a, (double) state->partners->n_b, (double) counts->n_alone_a,
                            (double) counts->n_alone_b, (double) counts->n_mutual,
                            is_counted ? (double) state->sides[0].tally->n_tokens : NAN,
                            is_counted ? (double) state->sides[1].tally->n_tokens : NAN,
                            is_counted ? count_dead (&state->sides[0]) : NAN, is_counted ? count_dead (&state->sides[1]) : NAN };

  G_STATIC_ASSERT (G_N_ELEMENTS (names) == G_N_ELEMENTS (values) && G_N_ELEMENTS (names) == G_N_ELEMENTS (units));
  sp_result_add_summary (result, G_N_ELEMENTS (names), names, values, units);
}

static void
add_assumed (SpResult *result, const Side *side)
{
  for (gsize i = 0; i < sp_sae_get_n_assumed (side->sae); i++)
    sp_result_take_note (result, g_strdup_printf ("%s: %s", side->title, sp_sae_get_assumed (side->sae, i)));
}

/* What was looked at, or what would tell how often they fire. */
static void
add_notes (SpResult *result, const State *state)
{
  const Side *first = &state->sides[0], *second = &state->sides[1];

  for (guint i = 0; i < state->assumed->len; i++)
    sp_result_take_note (result, g_strdup (state->assumed->pdata[i]));
  add_assumed (result, first);
  add_assumed (result, second);
  if (first->dump != NULL && first->dump->site == NULL && (!has_densities (state) || state->activations != NULL))
    sp_result_take_note (result, g_strdup (first->dump->problem));
  if (first->dump != NULL && first->dump->site != NULL)
    sp_dump_add_notes (first->dump, result);
  if (second->dump != NULL && second->dump->site != NULL && strcmp (second->dump->site, first->dump->site) != 0)
    sp_dump_add_notes (second->dump, result);
}

static char *
define (const State *state, const SpPartnerCounts *counts, double limit)
{
  const SpSaePartners *p = state->partners;
  g_autofree char     *alone = NULL, *mutual = NULL;

  alone = g_strdup_printf (ngettext ("%zu of %zu features of %s has no partner in %s, and %zu of %zu the other way round: no decoder "
                                     "direction with a cosine above %g.",
                                     "%zu of %zu features of %s have no partner in %s, and %zu of %zu the other way round: no decoder "
                                     "direction with a cosine above %g.", counts->n_alone_a),
                           counts->n_alone_a, p->n_a, state->sides[0].title, state->sides[1].title, counts->n_alone_b, p->n_b, limit);
  mutual = g_strdup_printf (ngettext ("%zu pair is each other's nearest above it.", "%zu pairs are each other's nearest above it.",
                                      counts->n_mutual), counts->n_mutual);
  return g_strdup_printf ("%s %s", alone, mutual);
}

static SpResult *
finish (gpointer data, SpArgs *args)
{
  State          *state = data;
  SpResult       *result = sp_result_new ("sae-partners");
  double          limit = sp_args_get_number (args, "limit");
  SpPartnerCounts counts;

  result->lacks_beside = state->sides[0].tally == NULL || state->sides[1].tally == NULL;
  if (state->partners == NULL)
    {
      sp_result_add_summary (result, 0, NULL, NULL, NULL);
      result->definition = g_strdup (state->sides[1].store == NULL ? _(LACKING) : _("Nothing is compared yet."));
      return result;
    }
  sp_sae_partners_count (state->partners, limit, &counts);
  add_side (result, state, 0, "first", limit);
  add_side (result, state, 1, "second", limit);
  add_histogram (result, state, limit);
  if (has_densities (state))
    add_scatter (result, state);
  add_summary (result, state, &counts);
  result->definition = define (state, &counts, limit);
  add_notes (result, state);
  return result;
}

const SpAnalysis sp_analysis_sae_partners = {
  .id = "sae-partners",
  .title = N_("Partners"),
  .question = N_("Which features of one sparse autoencoder has another one, too?"),
  .needs = SP_NEEDS_SAE,
  .looks_beside = TRUE,
  .joins_all = TRUE,
  .params = params,
  .new_state = new_state,
  .free_state = free_state,
  .execute = execute,
  .finish = finish,
};
