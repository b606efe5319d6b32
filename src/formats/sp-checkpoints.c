/* sp-checkpoints.c - the folders of a training run, and the numbers in their names and beside them */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sp-checkpoints.h"

#include "sp-folder.h"
#include "sp-json.h"

#include <glib/gi18n-lib.h>
#include <math.h>
#include <string.h>

#define MOST_TABLE ((gsize) 16 << 20)
#define MOST_STATE ((gsize) 64 << 20)  /* it has a log of the whole training */
#define MOST_WORD  16

static gboolean
is_never (G_GNUC_UNUSED SpBlob *blob, G_GNUC_UNUSED const guint8 *head, G_GNUC_UNUSED gsize n)
{
  return FALSE;
}

const SpFormat sp_format_checkpoints = {
  .id = "checkpoints",
  .title = N_("Checkpoints of a training run"),
  .globs = "",
  .mime = "inode/directory",
  .sniff = is_never,
};

/* --- names ------------------------------------------------------------------------------------- */

/* A number in a name and the words around it, in small letters: "step" 10 "btokens". */
typedef struct {
  double value;
  char   before[MOST_WORD + 1], after[MOST_WORD + 1];
} Number;

static const char *const step_words[] = { "step", "steps", "iter", "iters", "iteration", "update", NULL };
static const char *const token_words[] = { "tok", "toks", "token", "tokens", NULL };
static const char *const other_words[] = { "epoch", "ep", "seed", "rank", "v", NULL };

static gboolean
is_one_of (const char *word, const char *const *words)
{
  return *word != '\0' && g_strv_contains (words, word);
}

static gboolean
is_gap (char c)
{
  return c == '-' || c == '_' || c == ' ' || c == '=';
}

static void
copy_word (char *out, const char *from, gsize n)
{
  n = MIN (n, MOST_WORD);
  for (gsize i = 0; i < n; i++)
    out[i] = g_ascii_tolower (from[i]);
  out[n] = '\0';
}

static void
take_word_before (Number *number, const char *name, const char *at)
{
  const char *end = at, *start;

  while (end > name && is_gap (end[-1]))
    end--;
  for (start = end; start > name && g_ascii_isalpha (start[-1]); start--)
    ;
  copy_word (number->before, start, (gsize) (end - start));
}

/* Of "4B-tokens" both words; a second one that has its own number behind it belongs to that. */
static void
take_word_after (Number *number, const char *at)
{
  char        next[MOST_WORD + 1];
  const char *end, *start;

  for (end = at; g_ascii_isalpha (*end); end++)
    ;
  copy_word (number->after, at, (gsize) (end - at));
  start = end + is_gap (*end);
  for (end = start; g_ascii_isalpha (*end); end++)
    ;
  copy_word (next, start, (gsize) (end - start));
  if (is_one_of (next, token_words) && !g_ascii_isdigit (end[is_gap (*end)]))
    g_strlcat (number->after, next, sizeof number->after);
}

/* From *at on; FALSE: there is none. */
static gboolean
next_number (const char *name, const char **at, Number *number)
{
  const char *start = *at + strcspn (*at, "0123456789"), *end = start + strspn (start, "0123456789");

  if (*start == '\0')
    return FALSE;
  if (*end == '.' && g_ascii_isdigit (end[1]))
    end += 1 + strspn (end + 1, "0123456789");
  number->value = g_ascii_strtod (start, NULL);
  take_word_before (number, name, start);
  take_word_after (number, end);
  *at = end;
  return TRUE;
}

/* What stands after the unit, if there is one. */
static const char *
read_unit (const char *word, double *unit)
{
  static const struct { char letter; double unit; } units[] = { { 'k', 1e3 }, { 'm', 1e6 }, { 'b', 1e9 }, { 'g', 1e9 }, { 't', 1e12 } };

  *unit = 1;
  if (is_one_of (word, token_words))
    return word;
  for (gsize i = 0; i < G_N_ELEMENTS (units); i++)
    if (word[0] == units[i].letter && (word[1] == '\0' || strcmp (word + 1, "t") == 0 || is_one_of (word + 1, token_words)
                                       || is_one_of (word + 1, step_words)))
      {
        *unit = units[i].unit;
        return word + 1;
      }
  return word;
}

/* Words around a number are sure; without any, a unit above thousands is one of tokens, and the last number of the name counts. */
void
sp_checkpoint_read_name (const char *name, double *tokens, double *steps)
{
  Number      number;
  double      unit, unsure_tokens = NAN, unsure_steps = NAN;
  const char *at = name;

  *tokens = *steps = NAN;
  while (next_number (name, &at, &number))
    {
      const char *rest = read_unit (number.after, &unit);
      double      value = number.value * unit;

      if (!isfinite (value) || is_one_of (number.before, other_words))
        continue;
      if (is_one_of (number.before, token_words) || is_one_of (rest, token_words))
        *tokens = value;
      else if (is_one_of (number.before, step_words) || is_one_of (rest, step_words))
        *steps = value;
      else if (*rest == '\0' || strcmp (rest, "t") == 0)
        {
          unsure_tokens = unit >= 1e6 ? value : NAN;
          unsure_steps = unit >= 1e6 ? NAN : value;
        }
    }
  if (!isnan (*tokens) || !isnan (*steps))
    return;
  *tokens = unsure_tokens;
  *steps = unsure_steps;
}

/* --- files beside ------------------------------------------------------------------------------ */

static double
read_number (SpJson *json, GError **error)
{
  SpJsonToken token = sp_json_next (json, error);
  double      number = token == SP_JSON_NUMBER ? sp_json_get_double (json) : NAN;

  if (token != SP_JSON_ERROR && token != SP_JSON_NUMBER)
    sp_json_skip (json, error);
  return number >= 0 && isfinite (number) ? number : NAN;
}

typedef void (*NumberFunc) (gpointer data, const char *key, double number);      /* NaN: it is none */

/* Of an object, every entry. */
static gboolean
each_number (const char *path, gsize most, NumberFunc func, gpointer data, GError **error)
{
  g_autofree char   *name = g_path_get_basename (path), *key = NULL;
  g_autoptr (GError) problem = NULL;
  gsize              n = 0;
  g_autofree char   *text = sp_folder_load_text (path, most, &n, error);
  g_autoptr (SpJson) json = sp_json_new (text, n, name);
  SpJsonToken        token;

  if (text == NULL)
    return FALSE;
  if ((token = sp_json_next (json, &problem)) == SP_JSON_OBJECT)
    while (problem == NULL && (token = sp_json_next (json, &problem)) == SP_JSON_KEY)
      {
        g_free (key);
        key = g_strdup (sp_json_get_string (json));
        func (data, key, read_number (json, &problem));
      }
  else if (problem == NULL)
    g_set_error (&problem, SP_ERROR, SP_ERROR_MALFORMED, _("%s: it is not an object"), name);
  if (problem != NULL)
    g_propagate_error (error, g_steal_pointer (&problem));
  return token == SP_JSON_OBJECT_END;
}

static void
take_trained (gpointer data, const char *key, double number)
{
  SpCheckpoint *checkpoint = data;

  if (strcmp (key, "num_input_tokens_seen") == 0 && number > 0)      /* 0: they were not counted */
    {
      checkpoint->tokens = number;
      checkpoint->tokens_from = SP_TRAINED_BY_STATE;
    }
  else if (strcmp (key, "global_step") == 0 && !isnan (number))
    {
      checkpoint->steps = number;
      checkpoint->steps_from = SP_TRAINED_BY_STATE;
    }
}

static void
take_tokens (gpointer data, const char *key, double number)
{
  if (!isnan (number))
    g_hash_table_replace (data, g_strdup (key), g_memdup2 (&number, sizeof number));
}

/* FALSE: there is none, or it cannot be read to its end. */
static gboolean
read_beside (const char *folder, const char *name, gsize most, NumberFunc func, gpointer data, GPtrArray *notes)
{
  g_autofree char   *path = g_build_filename (folder, name, NULL);
  g_autoptr (GError) problem = NULL;

  if (!g_file_test (path, G_FILE_TEST_EXISTS))
    return FALSE;
  if (each_number (path, most, func, data, &problem))
    return TRUE;
  g_ptr_array_add (notes, g_strdup (problem->message));
  return FALSE;
}

/* --- the folder -------------------------------------------------------------------------------- */

static gboolean
is_model (const char *path)
{
  g_autofree char *config = g_build_filename (path, "config.json", NULL);

  return g_file_test (config, G_FILE_TEST_IS_REGULAR);
}

typedef gboolean (*FolderFunc) (gpointer data, const char *path, const char *name);      /* FALSE: enough */

static void
each_folder (const char *folder, FolderFunc func, gpointer data)
{
  g_autoptr (GDir) dir = g_dir_open (folder, 0, NULL);
  gboolean         is_wanted = TRUE;

  for (const char *name; is_wanted && dir != NULL && (name = g_dir_read_name (dir)) != NULL;)
    {
      g_autofree char *path = g_build_filename (folder, name, NULL);

      if (name[0] != '.' && g_file_test (path, G_FILE_TEST_IS_DIR))
        is_wanted = func (data, path, name);
    }
}

static gboolean
count_model (gpointer data, const char *path, G_GNUC_UNUSED const char *name)
{
  guint *n = data;

  *n += is_model (path);
  return *n < SP_MOST_CHECKPOINTS;
}

guint
sp_checkpoints_count (const char *folder)
{
  guint n = 0;

  each_folder (folder, count_model, &n);
  return n;
}

static gboolean
take_folder (gpointer data, const char *path, const char *name)
{
  SpCheckpoint *checkpoint = g_new0 (SpCheckpoint, 1);

  *checkpoint = (SpCheckpoint) { .name = g_strdup (name), .path = g_strdup (path), .is_model = is_model (path) };
  sp_checkpoint_read_name (name, &checkpoint->tokens, &checkpoint->steps);
  checkpoint->tokens_from = isnan (checkpoint->tokens) ? SP_TRAINED_UNKNOWN : SP_TRAINED_BY_NAME;
  checkpoint->steps_from = isnan (checkpoint->steps) ? SP_TRAINED_UNKNOWN : SP_TRAINED_BY_NAME;
  g_ptr_array_add (data, checkpoint);
  return TRUE;
}

static int
compare_checkpoints (gconstpointer a, gconstpointer b)
{
  return sp_natural_compare ((*(SpCheckpoint *const *) a)->name, (*(SpCheckpoint *const *) b)->name);
}

GPtrArray *
sp_checkpoints_list (const char *folder)
{
  GPtrArray *checkpoints = g_ptr_array_new_with_free_func (sp_checkpoint_free);

  each_folder (folder, take_folder, checkpoints);
  g_ptr_array_sort (checkpoints, compare_checkpoints);
  g_ptr_array_set_size (checkpoints, (int) MIN (checkpoints->len, SP_MOST_CHECKPOINTS));
  return checkpoints;
}

static void
read_table (GPtrArray *checkpoints, const char *folder, GPtrArray *notes)
{
  g_autoptr (GHashTable) table = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);

  if (!read_beside (folder, "tokens.json", MOST_TABLE, take_tokens, table, notes))
    return;
  for (guint i = 0; i < checkpoints->len; i++)
    {
      SpCheckpoint *checkpoint = checkpoints->pdata[i];
      const double *tokens = g_hash_table_lookup (table, checkpoint->name);

      if (tokens == NULL)
        continue;
      checkpoint->tokens = *tokens;
      checkpoint->tokens_from = SP_TRAINED_BY_TABLE;
    }
}

gboolean
sp_checkpoints_read_beside (GPtrArray *checkpoints, const char *folder, GPtrArray *notes, GCancellable *cancellable, GError **error)
{
  for (guint i = 0; i < checkpoints->len; i++)
    {
      SpCheckpoint *checkpoint = checkpoints->pdata[i];

      if (g_cancellable_set_error_if_cancelled (cancellable, error))
        return FALSE;
      read_beside (checkpoint->path, "trainer_state.json", MOST_STATE, take_trained, checkpoint, notes);
    }
  read_table (checkpoints, folder, notes);
  return TRUE;
}

void
sp_checkpoint_free (gpointer data)
{
  SpCheckpoint *checkpoint = data;

  g_free (checkpoint->name);
  g_free (checkpoint->path);
  g_free (checkpoint);
}
