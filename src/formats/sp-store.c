/* sp-store.c - an opened checkpoint or dump: its tensors, notes and metadata */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sp-store.h"

#include "sp-checkpoints.h"
#include "sp-folder.h"

#include <glib/gi18n-lib.h>
#include <math.h>
#include <string.h>

#define MAX_NOTES    1000
#define MAX_METADATA 5000

typedef struct {
  char *key, *value;
} Pair;

/* Until finish() the tensors stand in the order they were taken, and prefixes beside them. */
struct _SpStore {
  int             n_refs;              /* atomic */
  char           *path, *title;
  const SpFormat *format;
  GPtrArray      *tensors;             /* of SpTensor */
  GPtrArray      *prefixes;            /* of lent strings, one per tensor; NULL once finished */
  GHashTable     *by_name;             /* lent name → SpTensor */
  GPtrArray      *files, *notes;
  guint64         n_bytes;
  gboolean        has_checkpoints;
  GHashTable     *metadata_by_key;     /* lent key → Pair */
  GArray         *metadata;            /* of Pair */

  GCancellable   *cancellable;         /* lent while opening */
  GStringChunk   *prefix_texts;
  const char     *prefix, *scope;
  guint           depth, most_metadata;
};

static void
pair_clear (Pair *pair)
{
  g_free (pair->key);
  g_free (pair->value);
}

static SpStore *
store_new (const char *path, GCancellable *cancellable)
{
  SpStore *store = g_new0 (SpStore, 1);

  store->n_refs = 1;
  store->path = g_canonicalize_filename (path, NULL);
  store->tensors = g_ptr_array_new_with_free_func ((GDestroyNotify) sp_tensor_free);
  store->prefixes = g_ptr_array_new ();
  store->by_name = g_hash_table_new (g_str_hash, g_str_equal);
  store->files = g_ptr_array_new_with_free_func (g_free);
  store->notes = g_ptr_array_new_with_free_func (g_free);
  store->metadata = g_array_new (FALSE, FALSE, sizeof (Pair));
  g_array_set_clear_func (store->metadata, (GDestroyNotify) pair_clear);
  store->metadata_by_key = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  store->cancellable = cancellable;
  store->prefix_texts = g_string_chunk_new (1024);
  store->prefix = store->scope = "";
  store->most_metadata = MAX_METADATA;
  return store;
}

SpStore *
sp_store_ref (SpStore *store)
{
  g_atomic_int_inc (&store->n_refs);
  return store;
}

void
sp_store_unref (SpStore *store)
{
  if (store == NULL || !g_atomic_int_dec_and_test (&store->n_refs))
    return;
  g_hash_table_unref (store->by_name);
  g_ptr_array_unref (store->tensors);
  g_clear_pointer (&store->prefixes, g_ptr_array_unref);
  g_ptr_array_unref (store->files);
  g_ptr_array_unref (store->notes);
  g_hash_table_unref (store->metadata_by_key);
  g_array_unref (store->metadata);
  g_string_chunk_free (store->prefix_texts);
  g_free (store->path);
  g_free (store->title);
  g_free (store);
}

/* -- while a reader opens a file -------------------------------------------------------------- */

static void
rename_tensor (SpTensor *tensor, char *name)
{
  g_free (tensor->name);
  tensor->name = name;
}

void
sp_store_take_tensor (SpStore *store, SpTensor *tensor)
{
  if (store->scope[0] != '\0')
    rename_tensor (tensor, g_strconcat (store->scope, tensor->name, NULL));
  g_ptr_array_add (store->tensors, tensor);
  g_ptr_array_add (store->prefixes, (gpointer) store->prefix);
}

void
sp_store_truncate (SpStore *store, gsize n_tensors)
{
  g_ptr_array_set_size (store->tensors, n_tensors);
  g_ptr_array_set_size (store->prefixes, n_tensors);
}

void
sp_store_take_note (SpStore *store, char *note)
{
  if (store->notes->len < MAX_NOTES)
    g_ptr_array_add (store->notes, sp_printable_text (note, -1));
  g_free (note);
}

void
sp_store_set_metadata (SpStore *store, const char *key, const char *value)
{
  g_autofree char *whole = g_strconcat (store->scope, key, NULL);
  Pair             pair;

  if (store->metadata->len >= store->most_metadata || g_hash_table_contains (store->metadata_by_key, whole))
    return;
  pair = (Pair) { sp_printable_text (whole, -1), g_utf8_make_valid (value, -1) };
  g_hash_table_insert (store->metadata_by_key, g_steal_pointer (&whole), GUINT_TO_POINTER (store->metadata->len));
  g_array_append_val (store->metadata, pair);
}

void
sp_store_set_format (SpStore *store, const SpFormat *format)
{
  if (store->format == NULL)
    store->format = format;
}

const char *
sp_store_get_prefix (SpStore *store)
{
  return store->prefix;
}

void
sp_store_set_prefix (SpStore *store, const char *prefix)
{
  store->prefix = g_string_chunk_insert_const (store->prefix_texts, prefix);
}

void
sp_store_set_scope (SpStore *store, const char *scope)
{
  store->scope = g_string_chunk_insert_const (store->prefix_texts, scope);
  store->most_metadata = MAX (store->most_metadata, store->metadata->len + MAX_METADATA);
}

guint
sp_store_get_depth (SpStore *store)
{
  return store->depth;
}

void
sp_store_set_depth (SpStore *store, guint depth)
{
  store->depth = depth;
}

GCancellable *
sp_store_get_cancellable (SpStore *store)
{
  return store->cancellable;
}

/* -- from what the readers gave to what the program sees -------------------------------------- */

/* Where several blobs have a tensor of one name, all of these say which blob they are of. */
static void
prefix_equal_names (SpStore *store)
{
  g_autoptr (GHashTable) firsts = g_hash_table_new (g_str_hash, g_str_equal);
  g_autofree gboolean *is_shared = g_new0 (gboolean, store->tensors->len + 1);

  for (guint i = 0; i < store->tensors->len; i++)
    {
      SpTensor *tensor = store->tensors->pdata[i];
      guint first = GPOINTER_TO_UINT (g_hash_table_lookup (firsts, tensor->name));

      if (first == 0)
        g_hash_table_insert (firsts, tensor->name, GUINT_TO_POINTER (i + 1));
      else if (strcmp (store->prefixes->pdata[i], store->prefixes->pdata[first - 1]) != 0)
        is_shared[i] = is_shared[first - 1] = TRUE;
    }
  g_hash_table_remove_all (firsts);
  for (guint i = 0; i < store->tensors->len; i++)
    {
      SpTensor *tensor = store->tensors->pdata[i];

      if (is_shared[i])
        rename_tensor (tensor, g_strconcat (store->prefixes->pdata[i], ":", tensor->name, NULL));
    }
}

/* What still has the same name is twice in one blob: nothing says which is meant. */
static void
number_equal_names (SpStore *store)
{
  for (guint i = 0; i < store->tensors->len; i++)
    {
      SpTensor *tensor = store->tensors->pdata[i];
      g_autofree char *name = g_strdup (tensor->name);

      for (guint k = 2; g_hash_table_contains (store->by_name, tensor->name); k++)
        rename_tensor (tensor, g_strdup_printf ("%s (%u)", name, k));
      if (strcmp (name, tensor->name) != 0)
        sp_tensor_take_note (tensor, g_strdup_printf (_("the name '%s' occurs more than once in the file"), name));
      g_hash_table_insert (store->by_name, tensor->name, tensor);
    }
}

static int
compare_tensors (gconstpointer a, gconstpointer b)
{
  return sp_natural_compare ((*(const SpTensor *const *) a)->name, (*(const SpTensor *const *) b)->name);
}

static int
compare_pairs (gconstpointer a, gconstpointer b)
{
  return strcmp (((const Pair *) a)->key, ((const Pair *) b)->key);
}

/* Two stacks of layers are told apart only where both are there. */
static void
parse_roles (SpStore *store)
{
  gboolean has_encoder = FALSE, has_decoder = FALSE;

  for (guint i = 0; i < store->tensors->len; i++)
    {
      SpTensor *tensor = store->tensors->pdata[i];
      gboolean is_weight = tensor->dtype == SP_DTYPE_NONE || sp_dtype_kind (tensor->dtype) == SP_KIND_FLOAT
                           || tensor->dtype == SP_DTYPE_I8 || tensor->dtype == SP_DTYPE_U8;

      tensor->role = sp_role_parse (tensor->name, tensor->rank, is_weight);
      has_encoder |= tensor->role.stack == 'e';
      has_decoder |= tensor->role.stack == 'd';
    }
  for (guint i = 0; i < store->tensors->len && !(has_encoder && has_decoder); i++)
    ((SpTensor *) store->tensors->pdata[i])->role.stack = 0;
}

/* What two tensors must share to share bytes: the file, where both can be read at any place, else the blob. */
static gconstpointer
find_identity (SpBlob *blob)
{
  return sp_blob_is_random (blob) && sp_blob_get_path (blob) != NULL ? (gconstpointer) sp_blob_get_path (blob) : blob;
}

static guint
hash_storage (gconstpointer key)
{
  const SpTensor *tensor = key;
  guint64 place = sp_blob_get_file_offset (tensor->blob) + tensor->offset;

  return (guint) ((place ^ GPOINTER_TO_SIZE (find_identity (tensor->blob)) * 31) *
                    G_GUINT64_CONSTANT (0x9e3779b97f4a7c15) >>
                  32);
}

static gboolean
equal_storage (gconstpointer a, gconstpointer b)
{
  const SpTensor *x = a, *y = b;

  return x->dtype == y->dtype && x->rank == y->rank && x->is_swapped == y->is_swapped && x->sparse == y->sparse &&
         (x->tiles == NULL) == (y->tiles == NULL) &&
         memcmp (x->shape, y->shape, x->rank * sizeof *x->shape) == 0 &&
         memcmp (x->strides, y->strides, x->rank * sizeof *x->strides) == 0 &&
         find_identity (x->blob) == find_identity (y->blob) &&
         sp_blob_get_file_offset (x->blob) + x->offset == sp_blob_get_file_offset (y->blob) + y->offset;
}

static void
find_aliases (SpStore *store)
{
  g_autoptr (GHashTable) firsts = g_hash_table_new (hash_storage, equal_storage);

  for (guint i = 0; i < store->tensors->len; i++)
    {
      SpTensor *tensor = store->tensors->pdata[i];
      gpointer first;

      if (!sp_tensor_is_readable (tensor) || tensor->n_elements == 0)
        continue;
      first = g_hash_table_lookup (firsts, tensor);
      if (first == NULL)
        g_hash_table_insert (firsts, tensor, GUINT_TO_POINTER (i + 1));
      else
        tensor->alias_of = GPOINTER_TO_UINT (first) - 1;
    }
}

/* The tensors of a zip's member share its checksum.  Sparse and tiled ones were checked when they were opened. */
static void
share_sums (SpStore *store)
{
  g_autoptr (GHashTable) sums = g_hash_table_new_full (NULL, NULL, NULL, (GDestroyNotify) sp_sum_unref);

  for (guint i = 0; i < store->tensors->len; i++)
    {
      SpTensor *tensor = store->tensors->pdata[i];
      SpSum *sum;
      guint32 crc;

      if (!sp_tensor_is_readable (tensor) || tensor->n_elements == 0 || tensor->sparse != NULL
          || tensor->tiles != NULL || tensor->alias_of != G_MAXSIZE || !sp_blob_get_crc (tensor->blob, &crc))
        continue;
      sum = g_hash_table_lookup (sums, tensor->blob);
      if (sum == NULL)
        g_hash_table_insert (sums, tensor->blob, sum = sp_sum_new (tensor->blob));
      sp_sum_expect (sum, tensor->offset, tensor->n_bytes);
      tensor->sum = sp_sum_ref (sum);
    }
}

static void
sort_metadata (SpStore *store)
{
  g_array_sort (store->metadata, compare_pairs);
  g_hash_table_remove_all (store->metadata_by_key);
  for (guint i = 0; i < store->metadata->len; i++)
    g_hash_table_insert (store->metadata_by_key, g_strdup (g_array_index (store->metadata, Pair, i).key),
                         GUINT_TO_POINTER (i));
}

static void
finish (SpStore *store)
{
  prefix_equal_names (store);
  number_equal_names (store);
  g_clear_pointer (&store->prefixes, g_ptr_array_unref);
  g_ptr_array_sort (store->tensors, compare_tensors);
  g_ptr_array_sort (store->files, sp_natural_compare_places);
  parse_roles (store);
  find_aliases (store);
  share_sums (store);
  sort_metadata (store);
  store->cancellable = NULL;
}

/* -- opening ---------------------------------------------------------------------------------- */

static gboolean
open_file (SpStore *store, const char *path, GError **error)
{
  g_autofree char *base = g_path_get_basename (path);
  g_autofree char *prefix = sp_printable_text (base, -1);
  g_autoptr (SpBlob) blob = NULL;

  if (g_cancellable_set_error_if_cancelled (store->cancellable, error))
    return FALSE;
  blob = sp_blob_new_file (path, error);
  sp_store_set_prefix (store, prefix);
  if (blob == NULL || !sp_format_open_blob (blob, store, 0, error))
    return FALSE;
  g_ptr_array_add (store->files, g_strdup (path));
  store->n_bytes += sp_blob_get_size (blob);
  return TRUE;
}

/* A file that cannot be opened is a row that says why, beside the tensors of the others. */
static void
take_failed_file (SpStore *store, const char *path, const char *reason)
{
  g_autofree char *name = g_path_get_basename (path);
  SpTensor *tensor = sp_tensor_new (name, SP_DTYPE_NONE, 0, NULL);

  tensor->n_elements = 0;
  sp_tensor_refuse (tensor, g_strdup (reason));
  sp_store_take_tensor (store, tensor);
}

static void
fail_empty (SpStore *store, SpFolder *folder, GError **error)
{
  g_autofree char *inner = sp_folder_list_inner (folder->folder);

  if (inner != NULL)
    g_set_error (error, SP_ERROR, SP_ERROR_NOT_A_MODEL,
                 _("%s: the folder holds no model file of a kind this program knows, but folders in it may: open one of them (%s)"),
                 store->title, inner);
  else
    g_set_error (error, SP_ERROR, SP_ERROR_NOT_A_MODEL,
                 _("%s: the folder holds no model file of a kind this program knows"), store->title);
}

/* With an index, each tensor of a file that cannot be opened is a row; without one, the file is. */
static gboolean
open_files (SpStore *store, SpFolder *folder, GError **error)
{
  g_autoptr (GError) first = NULL;

  for (guint i = 0; i < folder->files->len; i++)
    {
      const char *path = folder->files->pdata[i];
      g_autoptr (GError) problem = NULL;
      g_autofree char *scope = sp_folder_dup_scope (folder, path);
      gboolean is_stranger;

      sp_store_set_scope (store, scope);
      if (open_file (store, path, &problem))
        continue;
      if (g_error_matches (problem, G_IO_ERROR, G_IO_ERROR_CANCELLED))
        {
          g_propagate_error (error, g_steal_pointer (&problem));
          return FALSE;
        }
      is_stranger = folder->is_loose && g_error_matches (problem, SP_ERROR, SP_ERROR_NOT_A_MODEL);
      if (!is_stranger && folder->files->len > 1)
        sp_folder_take_problem (folder, path, problem->message);
      if (!is_stranger && folder->files->len > 1 && folder->index == NULL)
        take_failed_file (store, path, problem->message);
      if (first == NULL || (first->code == SP_ERROR_NOT_A_MODEL && !is_stranger))
        {
          g_clear_error (&first);
          first = g_steal_pointer (&problem);
        }
    }
  sp_store_set_scope (store, "");
  if (store->files->len > 0)
    return TRUE;
  if (first == NULL || folder->is_loose)
    {
      if (first != NULL && first->code != SP_ERROR_NOT_A_MODEL)
        g_propagate_error (error, g_steal_pointer (&first));
      else
        fail_empty (store, folder, error);
      return FALSE;
    }
  g_propagate_error (error, g_steal_pointer (&first));
  return FALSE;
}

/* What the index promises and no file gave. */
static void
take_missing_tensors (SpStore *store, SpFolder *folder)
{
  g_autoptr (GHashTable) names = g_hash_table_new (g_str_hash, g_str_equal);

  if (folder->index == NULL)
    return;
  for (guint i = 0; i < store->tensors->len; i++)
    g_hash_table_add (names, ((SpTensor *) store->tensors->pdata[i])->name);
  for (guint i = 0; i < folder->index->len; i++)
    {
      const SpIndexEntry *entry = &g_array_index (folder->index, SpIndexEntry, i);
      SpTensor *tensor;

      if (g_hash_table_contains (names, entry->tensor))
        continue;
      tensor = sp_tensor_new (entry->tensor, SP_DTYPE_NONE, 0, NULL);
      tensor->n_elements = 0;
      sp_tensor_refuse (tensor, sp_folder_explain (folder, entry));
      sp_store_set_prefix (store, entry->file);
      sp_store_take_tensor (store, tensor);
    }
}

static gboolean
check_any (SpStore *store, GError **error)
{
  if (store->tensors->len > 0)
    return TRUE;
  g_set_error (error, SP_ERROR, SP_ERROR_NOT_A_MODEL, _("%s: there is no tensor in it"), store->title);
  return FALSE;
}

static const char *
describe_checkpoint (const SpCheckpoint *checkpoint)
{
  if (!isnan (checkpoint->tokens))
    return _("a checkpoint; the number is the tokens in its name");
  return isnan (checkpoint->steps) ? _("a checkpoint; its name does not say what it was trained on")
                                   : _("a checkpoint; the number is the steps in its name");
}

/* A row that says what it was trained on, or why there is nothing to run. */
static void
take_checkpoint (SpStore *store, const SpCheckpoint *checkpoint)
{
  g_autofree char   *name = sp_printable_text (checkpoint->name, -1);
  SpTensor          *tensor = sp_tensor_new (name, checkpoint->is_model ? SP_DTYPE_F64 : SP_DTYPE_NONE, 0, NULL);
  const double       number = isnan (checkpoint->tokens) ? checkpoint->steps : checkpoint->tokens;
  g_autoptr (GBytes) bytes = g_bytes_new (&number, sizeof number);

  if (checkpoint->is_model)
    {
      tensor->blob = sp_blob_new_bytes (bytes, name);
      sp_tensor_take_note (tensor, g_strdup (describe_checkpoint (checkpoint)));
    }
  else
    {
      tensor->n_elements = 0;
      sp_tensor_refuse (tensor, g_strdup (_("there is no config.json in this folder, so it is no checkpoint that can be run")));
    }
  tensor->is_foreign = TRUE;
  sp_store_take_tensor (store, tensor);
}

static gboolean
open_checkpoints (SpStore *store, SpFolder *folder)
{
  g_autoptr (GPtrArray) checkpoints = store->has_checkpoints ? sp_checkpoints_list (folder->folder) : NULL;

  for (guint i = 0; checkpoints != NULL && i < checkpoints->len; i++)
    take_checkpoint (store, checkpoints->pdata[i]);
  if (checkpoints != NULL)
    sp_store_set_format (store, &sp_format_checkpoints);
  return checkpoints != NULL;
}

/* Beside a model of its own one folder may be anything, such as the same model for another program. */
static gboolean
open_folder (SpStore *store, SpFolder *folder, GError **error)
{
  g_autoptr (GError) problem = NULL;
  gboolean           is_open;
  guint              n = g_file_test (store->path, G_FILE_TEST_IS_DIR) && !folder->has_inner ? sp_checkpoints_count (folder->folder) : 0;

  store->title = g_strdup (folder->title);
  is_open = open_files (store, folder, &problem);
  store->has_checkpoints = n > (is_open ? 1 : 0);
  if (!is_open && !(g_error_matches (problem, SP_ERROR, SP_ERROR_NOT_A_MODEL) && open_checkpoints (store, folder)))
    {
      g_propagate_error (error, g_steal_pointer (&problem));
      return FALSE;
    }
  take_missing_tensors (store, folder);
  if (!check_any (store, error))
    return FALSE;
  for (guint i = 0; i < folder->notes->len; i++)
    sp_store_take_note (store, g_strdup (folder->notes->pdata[i]));
  sp_folder_describe (folder, store);
  finish (store);
  return TRUE;
}

SpStore *
sp_store_open (const char *path, GCancellable *cancellable, GError **error)
{
  g_autoptr (SpStore) store = store_new (path, cancellable);
  g_autoptr (SpFolder) folder = sp_folder_new (store->path, error);
  gboolean is_open;

  if (cancellable != NULL)
    g_cancellable_push_current (cancellable);
  is_open = folder != NULL && open_folder (store, folder, error);
  if (cancellable != NULL)
    g_cancellable_pop_current (cancellable);
  return is_open ? g_steal_pointer (&store) : NULL;
}

SpStore *
sp_store_open_blob (SpBlob *blob, GError **error)
{
  g_autoptr (SpStore) store = store_new (sp_blob_get_name (blob), NULL);

  store->title = g_strdup (sp_blob_get_name (blob));
  sp_store_set_prefix (store, store->title);
  if (!sp_format_open_blob (blob, store, 0, error) || !check_any (store, error))
    return NULL;
  finish (store);
  return g_steal_pointer (&store);
}

/* -- looking at it ---------------------------------------------------------------------------- */

const char *
sp_store_get_path (SpStore *store)
{
  return store->path;
}

gboolean
sp_store_has_checkpoints (SpStore *store)
{
  return store->has_checkpoints;
}

char *
sp_store_dup_folder (SpStore *store)
{
  return g_file_test (store->path, G_FILE_TEST_IS_DIR) ? g_strdup (store->path) : g_path_get_dirname (store->path);
}

const char *
sp_store_get_title (SpStore *store)
{
  return store->title;
}

const SpFormat *
sp_store_get_format (SpStore *store)
{
  return store->format;
}

gsize
sp_store_get_n_tensors (SpStore *store)
{
  return store->tensors->len;
}

const SpTensor *
sp_store_get_tensor (SpStore *store, gsize i)
{
  g_return_val_if_fail (i < store->tensors->len, NULL);
  return store->tensors->pdata[i];
}

const SpTensor *
sp_store_find (SpStore *store, const char *name)
{
  return g_hash_table_lookup (store->by_name, name);
}

guint
sp_store_get_n_files (SpStore *store)
{
  return store->files->len;
}

const char *
sp_store_get_file (SpStore *store, guint i)
{
  g_return_val_if_fail (i < store->files->len, NULL);
  return store->files->pdata[i];
}

guint64
sp_store_get_n_bytes (SpStore *store)
{
  return store->n_bytes;
}

gsize
sp_store_get_n_notes (SpStore *store)
{
  return store->notes->len;
}

const char *
sp_store_get_note (SpStore *store, gsize i)
{
  g_return_val_if_fail (i < store->notes->len, NULL);
  return store->notes->pdata[i];
}

gsize
sp_store_get_n_metadata (SpStore *store)
{
  return store->metadata->len;
}

const char *
sp_store_get_metadata (SpStore *store, gsize i, const char **value)
{
  const Pair *pair;

  g_return_val_if_fail (i < store->metadata->len, NULL);
  pair = &g_array_index (store->metadata, Pair, i);
  if (value != NULL)
    *value = pair->value;
  return pair->key;
}

const char *
sp_store_find_metadata (SpStore *store, const char *key)
{
  gpointer i;

  if (!g_hash_table_lookup_extended (store->metadata_by_key, key, NULL, &i))
    return NULL;
  return g_array_index (store->metadata, Pair, GPOINTER_TO_UINT (i)).value;
}
