/* sae-features.c - the features of a sparse autoencoder: dead, seldom, dense
 *
 * Question: which features of this sparse autoencoder never fire, by whose definition, and how sure can one be?
 *
 * Activations of a dump are encoded block by block; each feature's firings are counted by four tests at once (sp-feature-tally.h), so
 * that the test is a live parameter.  Density q = firings / tokens.  How an SAE computes is in sp-sae.h, the conventions of what is dead
 * in sp-dead-rules.h, measures of reconstruction in sp-reconstruction.h. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sae-features.h"

#include "sp-sae-offer.h"

#include <glib/gi18n-lib.h>
#include <math.h>

#define MOST_LISTED 8                      /* of what is left out */

static const char *const fires[] = { "above-0", "not-0", "above-1e-3", "beyond-1e-6", NULL };
static const char *const fires_titles[] = { N_("f > 0"), N_("f ≠ 0"), N_("f > 10⁻³"), N_("|f| > 10⁻⁶"), NULL };
static const char *const activations[] = { "auto", "relu", "topk", "jumprelu", "gated", "groupmax", NULL };
static const char *const activation_titles[] = { N_("as saved"), N_("ReLU"), N_("top k"), N_("JumpReLU"), N_("gated"), N_("group max"),
                                                 NULL };
static const char *const switches[] = { "auto", "no", "yes", NULL };
static const char *const switch_titles[] = { N_("as saved"), N_("no"), N_("yes"), NULL };
static const char *const inputs[] = { "auto", "plain", "average", "token", "standard", NULL };
static const char *const input_titles[] = { N_("as saved"), N_("as they are"), N_("by the average norm"), N_("each to norm √d"),
                                            N_("each standardised"), NULL };

static const char *const neighbours[] = { "no", "decoder", "encoder", "both", NULL };
static const char *const neighbour_titles[] = { N_("none"), N_("by decoder"), N_("by encoder"), N_("by both"), NULL };
static const SpSaeSides  neighbour_sides[] = { 0, SP_SAE_BY_DECODER, SP_SAE_BY_ENCODER, SP_SAE_BY_DECODER | SP_SAE_BY_ENCODER };

static const char *const strengths[] = { "auto", "max", "mean", "encoder-norm", "decoder-norm", NULL };
static const char *const strength_titles[] = { N_("automatic"), N_("largest code"), N_("mean when active"), N_("encoder norm"),
                                               N_("decoder norm"), NULL };

static const char *const places[] = { "strongest", "first", NULL };
static const char *const place_titles[] = { N_("around the strongest"), N_("the first"), NULL };

static gboolean
check_features (const char *text, GError **error)
{
  return sae_parse_features (text, NULL, error);
}

/* As wide as the SAE that is opened, or its codes; any where none can be. */
static GPtrArray *
offer_activations (SpStore *const *stores, gsize n_stores)
{
  SpSaeShape shape = sp_sae_first_shape (stores, n_stores);
  GPtrArray *offers = sp_dump_offer_rows (stores, n_stores, shape.n_inputs);

  sp_dump_offer_codes (offers, stores, n_stores, shape.n_features);
  return offers;
}

/* Of the store that is looked at, the first that holds any, if it holds several. */
static GPtrArray *
offer_autoencoders (SpStore *const *stores, gsize n_stores)
{
  g_autoptr (GPtrArray) names = NULL;
  GPtrArray            *offers = g_ptr_array_new_with_free_func (sp_offer_free);

  for (gsize i = 0; i < n_stores && (names == NULL || names->len == 0); i++)
    {
      g_clear_pointer (&names, g_ptr_array_unref);
      names = sp_sae_list (stores[i]);
    }
  for (guint k = 0; names != NULL && names->len > 1 && k < names->len; k++)
    g_ptr_array_add (offers, sp_offer_new (names->pdata[k], names->pdata[k], k == 0));
  return offers;
}

static gboolean
has_autoencoders (SpStore *const *stores, gsize n_stores)
{
  g_autoptr (GPtrArray) offers = offer_autoencoders (stores, n_stores);

  return offers->len > 0;
}

static const SpParam params[] = {
  { .id = "autoencoder", .title = N_("Autoencoder"), .section = N_("Read"), .type = SP_PARAM_TEXT, .offer = offer_autoencoders,
    .is_for = has_autoencoders, .unit = "",
    .help = N_("Which of the sparse autoencoders that the file holds; without it the first") },
  { .id = "activations", .title = N_("Activations"), .type = SP_PARAM_TEXT, .offer = offer_activations, .unset = N_("by its place"),
    .unit = "",
    .help = N_("Which of the recorded activations are encoded, or which codes are counted; without it activations of the place the "
               "autoencoder was trained on, or else its codes") },
  { .id = "fires", .title = N_("Fires where"), .section = N_("Features"), .type = SP_PARAM_CHOICE, .max = 3, .choices = fires,
    .choice_titles = fires_titles, .is_live = TRUE, .unit = "", .help = N_("When a feature with code f fires at a token") },
  { .id = "window", .title = N_("Dead after"), .type = SP_PARAM_NUMBER, .max = 1e9, .is_log = TRUE, .at_min = N_("all"), .is_live = TRUE,
    .unit = "tokens",
    .help = N_("For “not lately” among who calls them dead: silent at so many last tokens; all: at every one. Classes and lists have those "
               "that never fire") },
  { .id = "batch", .title = N_("Tokens a step"), .type = SP_PARAM_NUMBER, .fallback = 4096, .min = 1, .max = 1e8, .is_log = TRUE,
    .is_live = TRUE, .unit = "tokens", .help = N_("Tokens of a step of training, for conventions that count steps") },
  { .id = "cut", .title = N_("Ultra-low below"), .type = SP_PARAM_NUMBER, .max = 1, .is_log = TRUE, .at_min = N_("valley"), .is_live = TRUE,
    .unit = "share", .help = N_("Features that fire at a smaller share of the tokens are of ultra-low density; valley: where the "
                                "histogram falls apart in two, by Otsu's rule, if that is below 0.1 %") },
  { .id = "dense", .title = N_("Dense above"), .type = SP_PARAM_NUMBER, .fallback = 0.01, .max = 1, .is_log = TRUE, .is_live = TRUE,
    .unit = "share", .help = N_("Features that fire at a larger share of the tokens are dense") },
  { .id = "rank-from", .title = N_("Law from rank"), .type = SP_PARAM_NUMBER, .fallback = 1, .min = 1, .max = 1e7, .is_log = TRUE,
    .is_live = TRUE, .unit = "", .help = N_("The law of ranks is fitted to features from this rank on; the densest has rank 1") },
  { .id = "rank-to", .title = N_("Law to rank"), .type = SP_PARAM_NUMBER, .max = 1e7, .is_log = TRUE, .at_min = N_("all"), .is_live = TRUE,
    .unit = "", .help = N_("The law of ranks is fitted to features up to this rank; all: to all that fire") },
  { .id = "against", .title = N_("Density against"), .type = SP_PARAM_CHOICE, .max = SAE_N_STRENGTHS, .choices = strengths,
    .choice_titles = strength_titles, .is_live = TRUE, .unit = "",
    .help = N_("What stands beside density in “Density and strength”; automatic: the largest code, or the decoder's norm where nothing "
               "was encoded") },
  { .id = "features", .title = N_("Features"), .section = N_("Features × tokens"), .type = SP_PARAM_TEXT, .check = check_features,
    .is_live = TRUE, .unit = "", .help = N_("Rows of the map: numbers and ranges, such as 5, 17, 120-130; without them those with the "
                                            "largest codes, dense ones last") },
  { .id = "selected", .title = N_("Selected"), .type = SP_PARAM_TEXT, .check = check_features, .is_neuron = TRUE, .is_live = TRUE,
    .unit = "", .help = N_("Comes first in the map; without a list of features, those with the largest codes where it is strongest "
                           "follow") },
  { .id = "map-tokens", .title = N_("Tokens shown"), .type = SP_PARAM_NUMBER, .fallback = 256, .min = 10, .max = SAE_MOST_MAPPED,
    .is_log = TRUE, .is_live = TRUE, .unit = "tokens", .help = N_("How many tokens the map has") },
  { .id = "map-at", .title = N_("Which tokens"), .type = SP_PARAM_CHOICE, .max = 1, .choices = places, .choice_titles = place_titles,
    .is_live = TRUE, .unit = "", .help = N_("Tokens around those at which features are strongest, or the first of the text") },
  { .id = "map-memory", .title = N_("Memory for codes"), .type = SP_PARAM_NUMBER, .fallback = 256, .min = 0.01, .max = 16384,
    .unit = "MiB", .help = N_("The map has codes of all tokens where there is room for them; else of those around each feature's "
                              "strongest") },
  { .id = "neighbours", .title = N_("Nearest neighbours"), .section = N_("Directions"), .type = SP_PARAM_CHOICE, .fallback = 1,
    .max = 3, .choices = neighbours, .choice_titles = neighbour_titles, .unit = "",
    .help = N_("For each feature the one whose direction is closest: as many comparisons as the square of their number, and twice that "
               "by both") },
  { .id = "activation", .title = N_("Activation"), .section = N_("Computed as"), .type = SP_PARAM_CHOICE, .max = 5, .choices = activations,
    .choice_titles = activation_titles, .unit = "", .help = N_("What makes codes of pre-activations") },
  { .id = "k", .title = N_("k"), .type = SP_PARAM_NUMBER, .max = 1e6, .is_log = TRUE, .at_min = N_("auto"),
    .unit = "features", .help = N_("How many features of a token are kept; auto: as saved") },
  { .id = "threshold", .title = N_("Threshold"), .type = SP_PARAM_NUMBER, .max = 1e6, .is_log = TRUE, .at_min = N_("auto"), .unit = "",
    .help = N_("One for all features: codes are pre-activations above it, as JumpReLU has them, unless another activation is set; auto: as "
               "saved") },
  { .id = "subtract", .title = N_("Bias subtracted"), .type = SP_PARAM_CHOICE, .max = 2, .choices = switches,
    .choice_titles = switch_titles, .unit = "", .help = N_("Whether the decoder's bias is subtracted before encoding") },
  { .id = "input", .title = N_("Activations are taken"), .type = SP_PARAM_CHOICE, .max = 4, .choices = inputs,
    .choice_titles = input_titles, .unit = "", .help = N_("What is done to them before encoding, and undone after decoding") },
  { .id = "norms", .title = N_("Codes times norms"), .type = SP_PARAM_CHOICE, .max = 2, .choices = switches, .choice_titles = switch_titles,
    .unit = "", .help = N_("Whether pre-activations are multiplied by the norms of decoder directions, which then have length 1") },
  { .id = "embeddings", .title = N_("Scaled embeddings"), .type = SP_PARAM_CHOICE, .max = 2, .choices = switches,
    .choice_titles = switch_titles, .unit = "",
    .help = N_("Whether it was trained on embeddings and is used on embeddings times √d, as Gemma Scope's: its encoder is divided and its "
               "decoder multiplied by √d, as SAELens does") },
  { .id = "turned", .title = N_("Matrices turned"), .type = SP_PARAM_CHOICE, .max = 2, .choices = switches, .choice_titles = switch_titles,
    .unit = "", .help = N_("Whether matrices are the other way round than their library has them, where shapes do not tell") },
  { NULL }
};

/* "as saved" comes first. */
static int
get_choice (SpArgs *args, const char *id)
{
  return (int) sp_args_get_number (args, id) - 1;
}

static void
read_setting (SaeSetting *setting, SpArgs *args)
{
  double k = sp_args_get_number (args, "k"), threshold = sp_args_get_number (args, "threshold");

  setting->activations = g_strdup (sp_args_get_text (args, "activations"));
  setting->autoencoder = g_strdup (sp_args_get_text (args, "autoencoder"));
  setting->neighbours = neighbour_sides[(gsize) sp_args_get_number (args, "neighbours")];
  setting->test = (SpFires) sp_args_get_number (args, "fires");
  setting->cut = sp_args_get_number (args, "cut");
  setting->kept_codes = (gsize) (sp_args_get_number (args, "map-memory") * (1 << 20) / (sizeof (guint32) + sizeof (float)));
  setting->choices = (SpSaeChoices) {
    .activation = get_choice (args, "activation"), .input = get_choice (args, "input"), .subtracts_bias = get_choice (args, "subtract"),
    .is_transposed = get_choice (args, "turned"), .scales_by_norm = get_choice (args, "norms"),
    .is_of_embeddings = get_choice (args, "embeddings"), .k = k > 0 ? k : -1, .threshold = threshold > 0 ? threshold : NAN,
    .which = setting->autoencoder,
  };
}

static gboolean
is_alike (SpStore *store)
{
  return sp_sae_is_in (store) || sp_feature_counts_are_in (store);
}

/* One of them is looked at; the others are, too, where they are opened by themselves.  A sentence; NULL: there are none. */
static char *
leave_out (const SpItems *items, SpStore *looked_at)
{
  g_autoptr (GArray)    named = g_array_new (FALSE, FALSE, sizeof (SpNamed));
  g_autoptr (GPtrArray) offers = g_ptr_array_new_with_free_func (sp_offer_free);
  g_auto (GStrv)        texts = NULL;
  g_autofree char      *list = NULL;
  guint                 own = G_MAXUINT;
  gsize                 at = 0;

  for (SpStore *store; (store = sp_items_find_store (items, &at, is_alike)) != NULL;)
    {
      own = store == looked_at ? named->len : own;
      g_array_append_val (named, ((SpNamed) { store, NULL }));
    }
  if (named->len < 2)
    return NULL;
  texts = sp_named_dup_texts ((const SpNamed *) (gpointer) named->data, named->len);
  for (guint i = 0; i < named->len; i++)
    g_ptr_array_add (offers, sp_offer_new (texts[i], texts[i], FALSE));
  list = sp_offers_list (offers, own, MOST_LISTED);
  return g_strdup_printf (ngettext ("%s is looked at, and %s left out: analyse it by itself.",
                                    "%s is looked at, and %s left out: analyse each of them by itself.", named->len - 1),
                          texts[own], list);
}

static gpointer
new_state (const SpItems *items, SpArgs *args)
{
  SaeState *state = g_new0 (SaeState, 1);
  SpStore  *store;
  gsize     at = 0;

  read_setting (&state->setting, args);
  state->items.n = items->n;
  state->items.items = g_memdup2 (items->items, items->n * sizeof (SpItem));
  store = sp_items_find_store (items, &at, sp_sae_is_in);
  if (store == NULL)
    store = sp_items_find_store (items, &(gsize) { 0 }, sp_feature_counts_are_in);
  state->store = store != NULL ? sp_store_ref (store) : NULL;
  state->others = store != NULL ? leave_out (items, store) : NULL;
  return state;
}

static void
free_state (gpointer data)
{
  SaeState *state = data;

  g_free (state->setting.activations);
  g_free (state->setting.autoencoder);
  g_free ((gpointer) state->items.items);
  g_clear_pointer (&state->store, sp_store_unref);
  g_clear_pointer (&state->sae, sp_sae_free);
  g_clear_pointer (&state->codes, sp_dump_codes_free);
  g_clear_pointer (&state->look, sp_dump_look_unref);
  g_clear_pointer (&state->tops, sp_feature_tops_unref);
  g_clear_pointer (&state->means, sp_activation_means_free);
  g_clear_pointer (&state->kept, sp_feature_codes_free);
  g_clear_pointer (&state->tally, sp_feature_tally_free);
  g_clear_pointer (&state->counts, sp_feature_counts_free);
  g_free (state->left_out);
  g_free (state->others);
  g_clear_pointer (&state->geometry, sp_sae_geometry_free);
  sae_ranks_clear (&state->ranks);
  g_free (state);
}

static gboolean
execute (gpointer data, G_GNUC_UNUSED SpArgs *args, const SpWork *work, GError **error)
{
  return sae_execute (data, work, error);
}

const SpAnalysis sp_analysis_sae_features = {
  .id = "sae-features",
  .title = N_("Features"),
  .question = N_("Which features of this sparse autoencoder are dead, seldom or dense?"),
  .needs = SP_NEEDS_SAE,
  .looks_beside = TRUE,
  .has_lists = TRUE,
  .has_densities = TRUE,
  .params = params,
  .new_state = new_state,
  .free_state = free_state,
  .execute = execute,
  .finish = sae_report,
};
