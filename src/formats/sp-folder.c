/* sp-folder.c - which files belong together: shards, an index, config.json, a tokenizer */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sp-folder.h"

#include "sp-autoencoders.h"
#include "sp-json.h"
#include "sp-role.h"

#include <gio/gio.h>
#include <glib/gi18n-lib.h>
#include <string.h>

#define INDEX_SUFFIX   ".index.json"
#define MAX_INDEX      ((gsize) 256 << 20)
#define MAX_CONFIG     ((gsize) 4 << 20)
#define MAX_TENSORS    5000000
#define MAX_VALUE      4096             /* a factor for each pair of a head: some 20 signs, some 64 times */
#define N_DIGITS       5
#define MOST_INNER     1000             /* folders looked into for a hint */
#define MOST_LISTED    4

/* Opening one of these opens the folder it lies in. */
static const char *const companions[] = { "config.json", "tokenizer.json", "tokenizer_config.json", "tokenizer.model",
                                          "generation_config.json", "special_tokens_map.json", "vocab.json",
                                          "merges.txt", "cfg.json" };
static const char *const configs[] = { "config.json", "cfg.json", "hyperparams.json" };
#define ABOVE "../hyperparams.json"      /* what Llama Scope says about the file in its folder checkpoints */
static const char *const tokenizers[] = { "tokenizer.json", "tokenizer.model", "vocab.json", "vocab.bpe", "vocab.txt" };

/* What training leaves beside a model, and is none. */
static const char *const training_state[] = { "optimizer.pt", "optimizer.bin", "scheduler.pt", "scaler.pt",
                                              "training_args.bin" };

static void
index_entry_clear (SpIndexEntry *entry)
{
  g_free (entry->tensor);
  g_free (entry->file);
}

void
sp_folder_free (SpFolder *folder)
{
  g_free (folder->title);
  g_free (folder->folder);
  g_ptr_array_unref (folder->files);
  g_ptr_array_unref (folder->notes);
  g_clear_pointer (&folder->index, g_array_unref);
  g_hash_table_unref (folder->problems);
  g_free (folder);
}

static gboolean
is_one_of (const char *name, const char *const *list, gsize n)
{
  for (gsize i = 0; i < n; i++)
    if (strcmp (name, list[i]) == 0)
      return TRUE;
  return FALSE;
}

static gboolean
fail_io (const char *path, const GError *reason, GError **error)
{
  g_autofree char *name = g_path_get_basename (path);

  g_set_error (error, SP_ERROR, SP_ERROR_IO, _("%s: it cannot be read: %s"), name, reason->message);
  return FALSE;
}

/* Base names of the regular files, natural order; hidden ones are left out. */
static GPtrArray *
list_files (const char *path, GError **error)
{
  g_autoptr (GPtrArray) names = g_ptr_array_new_with_free_func (g_free);
  g_autoptr (GError) problem = NULL;
  g_autoptr (GDir) dir = g_dir_open (path, 0, &problem);
  const char *name;

  if (dir == NULL)
    {
      fail_io (path, problem, error);
      return NULL;
    }
  while ((name = g_dir_read_name (dir)) != NULL)
    {
      g_autofree char *full = g_build_filename (path, name, NULL);

      if (name[0] != '.' && g_file_test (full, G_FILE_TEST_IS_REGULAR))
        g_ptr_array_add (names, g_strdup (name));
    }
  g_ptr_array_sort (names, sp_natural_compare_places);
  return g_steal_pointer (&names);
}

static gboolean
is_model_name (const char *name)
{
  static const char *const ends[] = { ".safetensors", ".npz", ".npy", ".pt", ".pth", ".bin", ".h5" };

  for (gsize i = 0; i < G_N_ELEMENTS (ends); i++)
    if (g_str_has_suffix (name, ends[i]))
      return TRUE;
  return FALSE;
}

static gboolean
has_model_file (const char *path)
{
  g_autoptr (GPtrArray) names = list_files (path, NULL);

  for (guint i = 0; names != NULL && i < names->len; i++)
    if (is_model_name (names->pdata[i]))
      return TRUE;
  return FALSE;
}

char *
sp_folder_list_inner (const char *path)
{
  g_autoptr (GPtrArray) names = g_ptr_array_new_with_free_func (g_free);
  g_autoptr (GDir)      dir = g_dir_open (path, 0, NULL);
  const char           *name;
  guint                 n_seen = 0;

  while (dir != NULL && n_seen < MOST_INNER && (name = g_dir_read_name (dir)) != NULL)
    {
      g_autofree char *full = g_build_filename (path, name, NULL);

      if (name[0] == '.' || !g_file_test (full, G_FILE_TEST_IS_DIR))
        continue;
      n_seen++;
      if (has_model_file (full))
        g_ptr_array_add (names, sp_printable_text (name, -1));
    }
  if (names->len == 0)
    return NULL;
  g_ptr_array_sort (names, sp_natural_compare_places);
  if (names->len > MOST_LISTED)
    {
      g_ptr_array_set_size (names, MOST_LISTED);
      g_ptr_array_add (names, g_strdup ("…"));
    }
  g_ptr_array_add (names, NULL);
  return g_strjoinv (", ", (char **) names->pdata);
}

static void
add_file (SpFolder *folder, const char *name)
{
  g_ptr_array_add (folder->files, g_build_filename (folder->folder, name, NULL));
}

/* -- the index -------------------------------------------------------------------------------- */

char *
sp_folder_load_text (const char *path, gsize max_bytes, gsize *n, GError **error)
{
  g_autoptr (SpBlob) blob = sp_blob_new_file (path, error);
  g_autofree char *text = NULL;

  if (blob == NULL)
    return NULL;
  *n = sp_blob_get_size (blob);
  text = sp_blob_get_size (blob) <= max_bytes ? g_try_malloc (*n + 1) : NULL;
  if (text == NULL)
    {
      g_set_error (error, SP_ERROR, SP_ERROR_TOO_BIG, _("%s: it is larger than anything of its kind should be"),
                   sp_blob_get_name (blob));
      return NULL;
    }
  return sp_blob_read (blob, 0, text, *n, error) ? g_steal_pointer (&text) : NULL;
}

static gboolean
fail_index (const char *name, const char *reason, GError **error)
{
  g_set_error (error, SP_ERROR, SP_ERROR_MALFORMED, "%s: %s", name, reason);
  return FALSE;
}

/* Shards lie beside their index: a name with a path in it is an attempt to reach other files. */
static gboolean
read_weight_map (SpFolder *folder, SpJson *json, const char *name, GError **error)
{
  SpJsonToken token = sp_json_next (json, error);

  if (token != SP_JSON_OBJECT)
    return token == SP_JSON_ERROR ? FALSE : fail_index (name, _("its weight_map is not an object"), error);
  while ((token = sp_json_next (json, error)) == SP_JSON_KEY)
    {
      SpIndexEntry entry = { g_strdup (sp_json_get_string (json)), NULL };

      token = sp_json_next (json, error);
      if (token == SP_JSON_STRING)
        entry.file = g_strdup (sp_json_get_string (json));
      g_array_append_val (folder->index, entry);
      if (token == SP_JSON_ERROR)
        return FALSE;
      if (entry.file == NULL || entry.file[0] == '\0' || folder->index->len > MAX_TENSORS)
        return fail_index (name, _("its weight_map does not give a file for each tensor"), error);
      if (strpbrk (entry.file, "/\\") != NULL || strcmp (entry.file, "..") == 0)
        {
          g_set_error (error, SP_ERROR, SP_ERROR_MALFORMED,
                       _("%s: its weight_map names a file outside the folder: '%s'"), name, entry.file);
          return FALSE;
        }
    }
  return token == SP_JSON_OBJECT_END;
}

static gboolean
read_index (SpFolder *folder, const char *name, GError **error)
{
  g_autofree char *path = g_build_filename (folder->folder, name, NULL);
  gsize n = 0;
  g_autofree char *text = sp_folder_load_text (path, MAX_INDEX, &n, error);
  g_autoptr (SpJson) json = sp_json_new (text, n, name);
  gboolean has_map = FALSE;
  SpJsonToken token;

  folder->index = g_array_new (FALSE, TRUE, sizeof (SpIndexEntry));
  g_array_set_clear_func (folder->index, (GDestroyNotify) index_entry_clear);
  if (text == NULL)
    return FALSE;
  token = sp_json_next (json, error);
  if (token != SP_JSON_OBJECT)
    return token == SP_JSON_ERROR ? FALSE : fail_index (name, _("it is not an object"), error);
  while ((token = sp_json_next (json, error)) == SP_JSON_KEY)
    {
      gboolean is_map = strcmp (sp_json_get_string (json), "weight_map") == 0;

      if (is_map && has_map)
        return fail_index (name, _("it has two weight_maps"), error);
      if (is_map ? !read_weight_map (folder, json, name, error)
                 : sp_json_next (json, error) == SP_JSON_ERROR || !sp_json_skip (json, error))
        return FALSE;
      has_map |= is_map;
    }
  if (token == SP_JSON_ERROR || sp_json_next (json, error) != SP_JSON_END)
    return FALSE;
  return has_map ? TRUE : fail_index (name, _("it has no weight_map"), error);
}

static gboolean
has_file (SpFolder *folder, const char *name)
{
  g_autofree char *path = g_build_filename (folder->folder, name, NULL);

  return g_file_test (path, G_FILE_TEST_EXISTS);
}

static gboolean
plan_index (SpFolder *folder, const char *name, GError **error)
{
  g_autoptr (GHashTable) seen = g_hash_table_new (g_str_hash, g_str_equal);
  g_autoptr (GPtrArray) names = g_ptr_array_new ();

  if (!read_index (folder, name, error))
    return FALSE;
  for (guint i = 0; i < folder->index->len; i++)
    {
      char *file = g_array_index (folder->index, SpIndexEntry, i).file;

      if (g_hash_table_add (seen, file))
        g_ptr_array_add (names, file);
    }
  g_ptr_array_sort (names, sp_natural_compare_places);
  for (guint i = 0; i < names->len; i++)
    if (has_file (folder, names->pdata[i]))
      add_file (folder, names->pdata[i]);
    else
      {
        char *reason = g_strdup_printf (_("%s: the file is missing, though %s names it"),
                                        (char *) names->pdata[i], name);

        sp_folder_take_problem (folder, names->pdata[i], reason);
        g_ptr_array_add (folder->notes, reason);
      }
  if (folder->files->len > 0)
    return TRUE;
  g_set_error (error, SP_ERROR, SP_ERROR_IO, _("%s: none of the files it names is there"), name);
  return FALSE;
}

/* -- shards by their names -------------------------------------------------------------------- */

/* "model-00002-of-00005.safetensors": where "00002" starts, and 5; NULL: no shard's name. */
static const char *
find_shard_number (const char *name, guint *n_shards)
{
  for (const char *p = strstr (name, "-of-"); p != NULL; p = strstr (p + 1, "-of-"))
    if (p - name > N_DIGITS && p[-N_DIGITS - 1] == '-' && strspn (p - N_DIGITS, "0123456789") == N_DIGITS
        && strspn (p + 4, "0123456789") == N_DIGITS)
      {
        *n_shards = atoi (p + 4);
        return p - N_DIGITS;
      }
  return NULL;
}

static gboolean
is_same_series (const char *a, const char *b)
{
  guint n;
  const char *number = find_shard_number (a, &n);
  gsize stem = number != NULL ? number - a : 0;

  return number != NULL && strlen (a) == strlen (b) && strncmp (a, b, stem) == 0
         && strspn (b + stem, "0123456789") == N_DIGITS && strcmp (number + N_DIGITS, b + stem + N_DIGITS) == 0;
}

/* Counts the shards of the series of name; a note says when some are missing. */
static void
note_missing_shards (SpFolder *folder, GPtrArray *names, const char *name)
{
  guint n_shards = 0, n_there = 0;
  const char *number = find_shard_number (name, &n_shards);

  for (guint i = 0; i < names->len; i++)
    n_there += is_same_series (name, names->pdata[i]);
  if (number != NULL && n_there < n_shards)
    g_ptr_array_add (folder->notes, g_strdup_printf (_("%.*s…: only %u of %u shards are there"), (int) (number - name),
                                                     name, n_there, n_shards));
}

/* -- plans ------------------------------------------------------------------------------------ */

static gboolean
plan_series (SpFolder *folder, GPtrArray *names, const char *name)
{
  for (guint i = 0; i < names->len; i++)
    if (is_same_series (name, names->pdata[i]))
      add_file (folder, names->pdata[i]);
  note_missing_shards (folder, names, name);
  return TRUE;
}

static gboolean
is_weights_of_bin (const char *name)
{
  return g_str_has_prefix (name, "pytorch_model") && g_str_has_suffix (name, ".bin");
}

/* Everything in the folder, apart from what would count a model twice or is training state. */
static gboolean
plan_loose (SpFolder *folder, GPtrArray *names)
{
  gboolean has_safetensors = FALSE;

  folder->is_loose = TRUE;
  for (guint i = 0; i < names->len; i++)
    has_safetensors |= g_str_has_suffix (names->pdata[i], ".safetensors");
  for (guint i = 0; i < names->len; i++)
    {
      const char *name = names->pdata[i];
      guint n_shards;
      const char *number = find_shard_number (name, &n_shards);

      if (is_one_of (name, training_state, G_N_ELEMENTS (training_state)) || g_str_has_prefix (name, "rng_state"))
        g_ptr_array_add (folder->notes, g_strdup_printf (_("%s was not opened: it is training state"), name));
      else if (has_safetensors && is_weights_of_bin (name))
        g_ptr_array_add (folder->notes,
                         g_strdup_printf (_("%s was not opened: safetensors files lie beside it"), name));
      else if (!g_str_has_suffix (name, ".json"))
        add_file (folder, name);
      if (number != NULL && (i == 0 || !is_same_series (name, names->pdata[i - 1])))
        note_missing_shards (folder, names, name);
    }
  return TRUE;
}

/* Sparse autoencoders in folders, where there is no model in this one itself.  FALSE: there is, or there are none. */
static gboolean
plan_autoencoders (SpFolder *folder, GPtrArray *names)
{
  g_autoptr (GPtrArray) files = NULL;

  for (guint i = 0; i < names->len; i++)
    if (is_model_name (names->pdata[i]) && !sp_autoencoders_is_left_over (names->pdata[i]))
      return FALSE;
  files = sp_autoencoders_list (folder->folder, folder->notes);
  for (guint i = 0; i < files->len; i++)
    add_file (folder, files->pdata[i]);
  folder->has_inner = files->len > 0;
  return folder->has_inner;
}

/* The index to use of those there are: safetensors before others. */
static const char *
find_index (GPtrArray *names)
{
  const char *found = NULL;

  for (guint i = 0; i < names->len; i++)
    if (g_str_has_suffix (names->pdata[i], ".safetensors" INDEX_SUFFIX))
      return names->pdata[i];
    else if (found == NULL && g_str_has_suffix (names->pdata[i], INDEX_SUFFIX))
      found = names->pdata[i];
  return found;
}

static gboolean
plan_folder (SpFolder *folder, GError **error)
{
  g_autoptr (GPtrArray) names = list_files (folder->folder, error);
  const char *index;

  if (names == NULL)
    return FALSE;
  index = find_index (names);
  if (index != NULL)
    return plan_index (folder, index, error);
  return plan_autoencoders (folder, names) || plan_loose (folder, names);
}

/* The index beside a shard, if it is the one that names it. */
static const char *
find_index_of (GPtrArray *names, const char *shard)
{
  guint n;
  const char *number = find_shard_number (shard, &n);
  const char *extension = strrchr (shard, '.');

  for (guint i = 0; i < names->len && number != NULL && extension != NULL; i++)
    {
      g_autofree char *wanted = g_strdup_printf ("%.*s%s" INDEX_SUFFIX, (int) (number - shard - 1), shard, extension);

      if (strcmp (names->pdata[i], wanted) == 0)
        return names->pdata[i];
    }
  return NULL;
}

static gboolean
plan_file (SpFolder *folder, const char *name, GError **error)
{
  guint n_shards;

  if (g_str_has_suffix (name, INDEX_SUFFIX))
    return plan_index (folder, name, error);
  if (find_shard_number (name, &n_shards) != NULL)
    {
      g_autoptr (GPtrArray) names = list_files (folder->folder, error);
      const char *index = names != NULL ? find_index_of (names, name) : NULL;

      if (names == NULL)
        return FALSE;
      return index != NULL ? plan_index (folder, index, error) : plan_series (folder, names, name);
    }
  add_file (folder, name);
  return TRUE;
}

SpFolder *
sp_folder_new (const char *path, GError **error)
{
  g_autoptr (SpFolder) folder = g_new0 (SpFolder, 1);
  g_autofree char *name = g_path_get_basename (path);
  gboolean is_folder = g_file_test (path, G_FILE_TEST_IS_DIR);
  gboolean is_companion = !is_folder && is_one_of (name, companions, G_N_ELEMENTS (companions));
  gboolean is_planned;

  folder->folder = is_folder ? g_strdup (path) : g_path_get_dirname (path);
  folder->files = g_ptr_array_new_with_free_func (g_free);
  folder->notes = g_ptr_array_new_with_free_func (g_free);
  folder->problems = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  is_planned = is_folder || is_companion ? plan_folder (folder, error) : plan_file (folder, name, error);
  if (is_folder || is_companion || folder->files->len > 1 || folder->index != NULL)
    {
      g_autofree char *base = g_path_get_basename (folder->folder);

      folder->title = sp_printable_text (base, -1);
    }
  else
    folder->title = sp_printable_text (name, -1);
  return is_planned ? g_steal_pointer (&folder) : NULL;
}

void
sp_folder_take_problem (SpFolder *folder, const char *path, const char *reason)
{
  g_hash_table_insert (folder->problems, g_path_get_basename (path), g_strdup (reason));
}

char *
sp_folder_explain (SpFolder *folder, const SpIndexEntry *entry)
{
  const char *problem = g_hash_table_lookup (folder->problems, entry->file);

  if (problem != NULL)
    return g_strdup (problem);
  return g_strdup_printf (_("%s: it does not hold the tensor '%s', though the index says so"), entry->file,
                          entry->tensor);
}

/* -- config.json ------------------------------------------------------------------------------ */

static void
set_config (SpStore *store, GString *path, const char *value)
{
  g_autofree char *key = g_strconcat ("config", path->str, NULL);
  g_autofree char *text = g_utf8_make_valid (value, MIN (strlen (value), MAX_VALUE));

  sp_store_set_metadata (store, key, text);
}

/* Objects become dotted names, lists of plain values one text with commas; deeper lists are left out. */
static gboolean
flatten_list (SpStore *store, SpJson *json, GString *path, GError **error)
{
  g_autoptr (GString) list = g_string_new (NULL);
  SpJsonToken token;

  while ((token = sp_json_next (json, error)) != SP_JSON_ARRAY_END)
    {
      if (token == SP_JSON_ERROR)
        return FALSE;
      if (token == SP_JSON_STRING || token == SP_JSON_NUMBER)
        g_string_append_printf (list, "%s%.*s", list->len > 0 ? ", " : "", MAX_VALUE, sp_json_get_string (json));
      else if (!sp_json_skip (json, error))
        return FALSE;
      if (list->len > MAX_VALUE)
        g_string_truncate (list, MAX_VALUE);
    }
  set_config (store, path, list->str);
  return TRUE;
}

static gboolean
flatten (SpStore *store, SpJson *json, GError **error)
{
  g_autoptr (GString) path = g_string_new (NULL);
  gsize ends[SP_JSON_MAX_DEPTH + 1] = { 0 };           /* of the path, outside each open object */
  guint depth = 0;

  for (;;)
    switch (sp_json_next (json, error))
      {
      case SP_JSON_ERROR:
        return FALSE;
      case SP_JSON_END:
        return TRUE;
      case SP_JSON_OBJECT:
        ends[++depth] = path->len;
        break;
      case SP_JSON_OBJECT_END:
        depth--;
        g_string_truncate (path, ends[depth]);
        break;
      case SP_JSON_KEY:
        g_string_truncate (path, ends[depth]);
        g_string_append_printf (path, ".%.200s", sp_json_get_string (json));
        break;
      case SP_JSON_ARRAY:
        if (!flatten_list (store, json, path, error))
          return FALSE;
        break;
      case SP_JSON_STRING:
      case SP_JSON_NUMBER:
        set_config (store, path, sp_json_get_string (json));
        break;
      case SP_JSON_TRUE:
        set_config (store, path, "true");
        break;
      case SP_JSON_FALSE:
        set_config (store, path, "false");
        break;
      case SP_JSON_NULL:
      case SP_JSON_ARRAY_END:
        break;
      }
}

static void
describe_config (SpFolder *folder, SpStore *store, const char *name)
{
  g_autofree char *path = g_build_filename (folder->folder, name, NULL);
  g_autoptr (GError) error = NULL;
  gsize n = 0;
  g_autofree char *text = sp_folder_load_text (path, MAX_CONFIG, &n, &error);
  g_autoptr (SpJson) json = sp_json_new (text, n, name);

  if (text != NULL && flatten (store, json, &error))
    return;
  sp_store_set_metadata (store, "config_damaged", error->message);
  sp_store_take_note (store, g_strdup (error->message));
}

/* Below the folder: "layers.3", or "" for itself. */
static char *
dup_inner (SpFolder *folder, const char *path)
{
  g_autofree char *dir = g_path_get_dirname (path);
  const char      *inner = dir + strlen (folder->folder);

  return g_strdup (!folder->has_inner ? "" : *inner == '/' ? inner + 1 : inner);       /* of "/" itself there is no other slash */
}

char *
sp_folder_dup_scope (SpFolder *folder, const char *path)
{
  g_autofree char *inner = dup_inner (folder, path), *printable = sp_printable_text (inner, -1);

  return inner[0] != '\0' ? g_strconcat (printable, ".", NULL) : g_strdup ("");
}

/* Of the file at i; of several in one folder the first does. */
static void
describe_inner (SpFolder *folder, SpStore *store, guint i)
{
  g_autofree char *inner = dup_inner (folder, folder->files->pdata[i]), *scope = sp_folder_dup_scope (folder, folder->files->pdata[i]);
  g_autofree char *before = i > 0 ? dup_inner (folder, folder->files->pdata[i - 1]) : NULL;

  if (g_strcmp0 (inner, before) == 0)
    return;
  sp_store_set_scope (store, scope);
  for (gsize k = 0; k < G_N_ELEMENTS (configs); k++)
    {
      g_autofree char *name = g_build_filename (inner, configs[k], NULL);

      if (has_file (folder, name))
        describe_config (folder, store, name);
    }
  sp_store_set_scope (store, "");
}

void
sp_folder_describe (SpFolder *folder, SpStore *store)
{
  for (guint i = 0; folder->has_inner && i < folder->files->len; i++)
    describe_inner (folder, store, i);
  if (folder->has_inner)
    return;
  for (gsize i = 0; i < G_N_ELEMENTS (configs); i++)
    if (has_file (folder, configs[i]))
      describe_config (folder, store, configs[i]);
  if (g_str_has_suffix (folder->folder, "/checkpoints") && has_file (folder, ABOVE))
    describe_config (folder, store, ABOVE);
  for (gsize i = 0; i < G_N_ELEMENTS (tokenizers); i++)
    if (has_file (folder, tokenizers[i]))
      sp_store_set_metadata (store, "tokenizer", tokenizers[i]);
}
