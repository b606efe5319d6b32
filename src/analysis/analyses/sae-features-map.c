/* sae-features-map.c - sae-features token by token: what chosen features do where they, or one of them, are strongest */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sae-features-report.h"

#include "sp-error.h"

#include <glib/gi18n-lib.h>
#include <inttypes.h>

#define DEFAULT_ROWS 32
#define MOST_ROWS    128
#define MOST_ASKED   (1u << 16)

typedef enum { BY_STRENGTH, BESIDE_SELECTED, AS_ASKED } Choice;

typedef struct {
  const SaeReport *report;
  Choice           choice;
  GArray          *rows;                   /* of guint32: features */
  GArray          *columns;                /* of gsize: which of the tokens whose codes are kept */
  GHashTable      *seen;                   /* set of those, each and 1 */
  gsize            most;                   /* columns */
  gboolean         is_first;               /* columns are the first tokens */
} Map;

/* --- what is asked for ---------------------------------------------------------------------------------- */

/* "5", or "120-130", of which no more is listed than ever fits.  out: NULL: it is only checked. */
static gboolean
parse_word (const char *word, GArray *out)
{
  char   *end;
  guint64 first = g_ascii_strtoull (word, &end, 10), last = first;

  if (g_ascii_isdigit (word[0]) && end[0] == '-' && g_ascii_isdigit (end[1]))
    last = g_ascii_strtoull (end + 1, &end, 10);
  if (!g_ascii_isdigit (word[0]) || end[0] != '\0' || last < first || last >= SP_TALLY_MOST_FEATURES)
    return FALSE;
  for (guint32 feature = (guint32) first; out != NULL && feature <= last && out->len < MOST_ASKED; feature++)
    g_array_append_val (out, feature);
  return TRUE;
}

gboolean
sae_parse_features (const char *text, GArray *out, GError **error)
{
  g_auto (GStrv) words = g_strsplit_set (text, ", \t;", -1);

  for (gsize i = 0; words[i] != NULL; i++)
    if (words[i][0] != '\0' && !parse_word (words[i], out))
      {
        g_set_error (error, SP_ERROR, SP_ERROR_USAGE, _("'%s' is no feature: numbers and ranges are wanted, such as 5, 17, 120-130"),
                     words[i]);
        return FALSE;
      }
  return TRUE;
}

static gboolean
has_row (const Map *map, guint32 feature)
{
  for (guint i = 0; i < map->rows->len; i++)
    if (g_array_index (map->rows, guint32, i) == feature)
      return TRUE;
  return FALSE;
}

/* Those there are, each once and as many as there is room for; whether it is all of them. */
static gboolean
take_rows (Map *map, const char *text)
{
  g_autoptr (GArray) asked = g_array_new (FALSE, FALSE, sizeof (guint32));
  gboolean           is_all = TRUE;

  if (text == NULL || !sae_parse_features (text, asked, NULL))
    return TRUE;
  for (guint i = 0; i < asked->len; i++)
    {
      guint32  feature = g_array_index (asked, guint32, i);
      gboolean is_known = has_row (map, feature), fits = feature < map->report->n_features && map->rows->len < MOST_ROWS;

      if (!is_known && fits)
        g_array_append_val (map->rows, feature);
      is_all = is_all && (is_known || fits);
    }
  return is_all;
}

/* --- what is shown without that ------------------------------------------------------------------------- */

typedef struct { guint32 feature; float score; } Candidate;

/* found: the best ones, best first; of equals the first feature first. */
static void
consider (GArray *found, guint32 feature, float score)
{
  Candidate new = { feature, score };
  guint     at = found->len;

  while (at > 0)
    {
      const Candidate *before = &g_array_index (found, Candidate, at - 1);

      if (before->score > score || (before->score == score && before->feature < feature))
        break;
      at--;
    }
  if (at == DEFAULT_ROWS)
    return;
  g_array_insert_val (found, at, new);
  g_array_set_size (found, MIN (found->len, DEFAULT_ROWS));
}

static void
take_found (Map *map, const GArray *found)
{
  for (guint i = 0; i < found->len && map->rows->len < DEFAULT_ROWS; i++)
    {
      guint32 feature = g_array_index (found, Candidate, i).feature;

      if (!has_row (map, feature))
        g_array_append_val (map->rows, feature);
    }
}

/* What fires nearly everywhere is seldom what somebody looks for. */
static void
take_strongest (Map *map, gboolean is_dense)
{
  g_autoptr (GArray)    found = g_array_new (FALSE, FALSE, sizeof (Candidate));
  const SpFeatureTally *tally = map->report->state->tally;

  for (guint32 i = 0; i < tally->n_features; i++)
    if (tally->max[i] > 0 && (sae_classify (map->report, i) == SAE_DENSE) == is_dense)
      consider (found, i, tally->max[i]);
  take_found (map, found);
}

/* At the columns there are. */
static void
take_companions (Map *map)
{
  g_autoptr (GArray)     found = g_array_new (FALSE, FALSE, sizeof (Candidate));
  g_autoptr (GHashTable) most = g_hash_table_new_full (NULL, NULL, NULL, g_free);
  GHashTableIter         iter;
  gpointer               feature, value;

  for (guint i = 0; i < map->columns->len; i++)
    sp_feature_codes_maximise (map->report->state->kept, g_array_index (map->columns, gsize, i), most);
  g_hash_table_iter_init (&iter, most);
  while (g_hash_table_iter_next (&iter, &feature, &value))
    consider (found, GPOINTER_TO_UINT (feature), *(float *) value);
  take_found (map, found);
}

/* --- tokens --------------------------------------------------------------------------------------------- */

static void
add_column (Map *map, gsize i)
{
  if (g_hash_table_add (map->seen, GSIZE_TO_POINTER (i + 1)))
    g_array_append_val (map->columns, i);
}

/* reach: tokens on either side.  FALSE: there is no room. */
static gboolean
add_window (Map *map, guint64 token, guint64 reach)
{
  guint64 first, end;
  gsize   i;

  sp_dump_find_context (map->report->state->dump, 0, token, &first, &end);
  first = token - MIN (token - first, reach);
  end = MIN (end, token + reach + 1);
  if (map->columns->len > 0 && map->columns->len + (end - first) > map->most)
    return FALSE;
  for (; first < end; first++)
    if (sp_feature_codes_find (map->report->state->kept, first, &i))
      add_column (map, i);
  return TRUE;
}

/* Where each row is strongest, then where it is second, and so on; with as much around it as leaves room for the first of all. */
static void
add_tops (Map *map)
{
  const SaeState *state = map->report->state;
  gsize           share = map->most / MAX (map->rows->len, 1), unused;
  SpDumpTop       tops[SP_FEATURE_TOPS];

  for (gsize rank = 0; state->tops != NULL && rank < SP_FEATURE_TOPS; rank++)
    for (guint k = 0; k < map->rows->len; k++)
      if (sp_feature_tops_list (state->tops, g_array_index (map->rows, guint32, k), tops) > rank &&
          sp_feature_codes_find (state->kept, tops[rank].token, &unused) &&
          !add_window (map, tops[rank].token, (MAX (share, 1) - 1) / 2))
        return;
}

static void
add_first (Map *map)
{
  gsize n = MIN (map->most, sp_feature_codes_count_first (map->report->state->kept));

  for (gsize i = 0; i < n; i++)
    add_column (map, i);
}

/* --- both ----------------------------------------------------------------------------------------------- */

static guint64
strongest_token (const SaeState *state, guint32 feature)
{
  SpDumpTop tops[SP_FEATURE_TOPS];

  return state->tops != NULL && sp_feature_tops_list (state->tops, feature, tops) > 0 ? tops[0].token : G_MAXUINT64;
}

static int
compare_strongest (gconstpointer a, gconstpointer b, gpointer data)
{
  guint64 x = strongest_token (data, *(const guint32 *) a), y = strongest_token (data, *(const guint32 *) b);

  return (x > y) - (x < y);
}

static int
compare_sizes (gconstpointer a, gconstpointer b)
{
  gsize x = *(const gsize *) a, y = *(const gsize *) b;

  return (x > y) - (x < y);
}

static void
choose_rows (Map *map)
{
  gboolean is_all = take_rows (map, sp_args_get_text (map->report->args, "selected"));
  guint    n_selected = map->rows->len;

  is_all = take_rows (map, sp_args_get_text (map->report->args, "features")) && is_all;
  map->choice = map->rows->len > n_selected ? AS_ASKED : n_selected > 0 ? BESIDE_SELECTED : BY_STRENGTH;
  if (map->choice == BY_STRENGTH)
    {
      take_strongest (map, FALSE);
      take_strongest (map, TRUE);
      g_array_sort_with_data (map->rows, compare_strongest, map->report->state);
    }
  if (!is_all)
    sp_result_take_note (map->report->result, g_strdup_printf (_("Of the features asked for, only those of the %u there are, and at most "
                                                                 "%d, are mapped."), map->report->n_features, MOST_ROWS));
}

static void
choose_columns (Map *map)
{
  if (sp_args_get_number (map->report->args, "map-at") == 0)
    add_tops (map);
  map->is_first = map->columns->len == 0;
  if (map->is_first)
    add_first (map);
  g_array_sort (map->columns, compare_sizes);
}

/* --- the picture ---------------------------------------------------------------------------------------- */

static void
fill_columns (const Map *map, SpGrid *grid)
{
  const SaeState *state = map->report->state;
  guint64         before = 0;

  grid->column_labels = g_new0 (char *, grid->n_columns + 1);
  grid->column_texts = state->dump->texts != NULL ? g_new0 (char *, grid->n_columns + 1) : NULL;
  grid->starts = g_new0 (guint8, grid->n_columns);
  for (gsize c = 0; c < grid->n_columns; c++)
    {
      gsize   i = g_array_index (map->columns, gsize, c);
      guint64 token = sp_feature_codes_token (state->kept, i);

      grid->column_labels[c] = g_strdup_printf ("%" PRIu64, token);
      if (grid->column_texts != NULL)
        grid->column_texts[c] = sp_dump_token_text (state->dump, token);
      grid->starts[c] = c > 0 && (token != before + 1 || sp_dump_starts_sequence (state->dump, 0, token));
      before = token;
      for (gsize r = 0; r < grid->n_rows; r++)
        grid->layers[SP_LAYER_MEAN][r * grid->n_columns + c] = sp_feature_codes_get (state->kept, i, grid->row_neurons[r]);
    }
}

static SpGrid *
make_grid (const Map *map)
{
  const SaeState *state = map->report->state;
  SpGrid         *grid = sp_grid_new ("features-tokens", map->rows->len, map->columns->len, 1, 1);

  sp_grid_add_layer (grid, SP_LAYER_MEAN);
  grid->row_labels = g_new0 (char *, grid->n_rows + 1);
  grid->row_keys = g_new0 (char *, grid->n_rows);
  grid->row_neurons = g_memdup2 (map->rows->data, grid->n_rows * sizeof (guint32));
  grid->row_margin = g_new (double, grid->n_rows);
  for (gsize r = 0; r < grid->n_rows; r++)
    {
      grid->row_labels[r] = g_strdup_printf ("%u", grid->row_neurons[r]);
      grid->row_keys[r] = g_strdup (state->dump->layers[0].tensor);
      grid->row_margin[r] = (double) state->tally->max[grid->row_neurons[r]];
    }
  fill_columns (map, grid);
  grid->row_title = g_intern_string (_("Feature"));
  grid->column_title = g_intern_string (_("Token"));
  grid->value_title = g_intern_string (_("code"));
  grid->margin_title = g_intern_string (_("largest"));
  grid->unit = "";
  return grid;
}

static char *
describe (const Map *map)
{
  static const char *const rows[] = {
    [BY_STRENGTH] = N_("The features with the largest codes, dense ones last, in the order of their strongest tokens."),
    [BESIDE_SELECTED] = N_("The selected feature, and those with the largest codes where it is strongest."),
    [AS_ASKED] = N_("The features asked for."),
  };
  const char *columns = map->is_first ? _("Codes at the first tokens; a line is where a sequence begins.")
                                      : _("Codes around the tokens at which they are strongest; a line is where text is left out.");

  return g_strdup_printf ("%s %s", _(rows[map->choice]), columns);
}

static void
add_plot (const Map *map)
{
  const SaeState *state = map->report->state;
  SpPlot *plot = sp_result_add_plot (map->report->result, "heatmap", "features-tokens", _("Features × tokens"), "features-tokens");

  g_ptr_array_add (map->report->result->grids, make_grid (map));
  plot->x_title = g_strdup (_("Token"));
  plot->y_title = g_strdup (_("Feature"));
  plot->caption = describe (map);
  if (!sp_feature_codes_are_all (state->kept))
    sp_result_take_note (map->report->result, g_strdup_printf (_("Features × tokens has the codes of %zu of %" PRIu64 " tokens; for more "
                                                                 "there is no room."), sp_feature_codes_count (state->kept),
                                                               state->tally->n_tokens));
}

void
sae_add_map (const SaeReport *report)
{
  Map map = { .report = report, .most = (gsize) sp_args_get_number (report->args, "map-tokens"),
              .rows = g_array_new (FALSE, FALSE, sizeof (guint32)), .columns = g_array_new (FALSE, FALSE, sizeof (gsize)),
              .seen = g_hash_table_new (NULL, NULL) };

  choose_rows (&map);
  choose_columns (&map);
  if (map.choice == BESIDE_SELECTED)
    take_companions (&map);
  if (map.rows->len > 0 && map.columns->len > 0)
    add_plot (&map);
  g_array_unref (map.rows);
  g_array_unref (map.columns);
  g_hash_table_unref (map.seen);
}
