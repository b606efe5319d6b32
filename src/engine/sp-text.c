/* sp-text.c - reads a text and has it made into tokens by the model's own tokenizer */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sp-text.h"

#include "sp-ids.h"
#include "sp-load.h"

#include <glib/gi18n-lib.h>

/* Where the model's folder has none, that of the folder around it: checkpoints of one training run share theirs. */
static SpTokenizer *
open_tokenizer (SpModel *model, GError **error)
{
  g_autofree char   *folder = sp_store_dup_folder (sp_model_get_store (model)), *around = g_path_get_dirname (folder);
  g_autoptr (GError) problem = NULL;
  SpTokenizer       *tokenizer = sp_tokenizer_open (folder, &problem);

  if (g_error_matches (problem, SP_ERROR, SP_ERROR_NOT_A_MODEL))
    tokenizer = sp_tokenizer_open (around, NULL);
  if (tokenizer == NULL)
    g_propagate_error (error, g_steal_pointer (&problem));
  return tokenizer;
}

/* The tokenizer does not know whose text it is. */
static GArray *
encode (SpTokenizer *tokenizer, const char *name, const char *text, gsize n_bytes, GCancellable *cancellable, GError **error)
{
  GError *problem = NULL;
  GArray *ids = sp_tokenizer_encode (tokenizer, text, n_bytes, TRUE, cancellable, &problem);

  if (problem != NULL && problem->domain == SP_ERROR)
    g_prefix_error (&problem, "%s: ", name);
  if (problem != NULL)
    g_propagate_error (error, problem);
  return ids;
}

static GArray *
encode_file (SpTokenizer *tokenizer, const char *path, GCancellable *cancellable, GError **error)
{
  g_autofree char *base = g_path_get_basename (path), *name = sp_printable_text (base, -1), *text = NULL;
  gsize            n_bytes;

  if (!sp_load_file (path, name, SP_TOKENIZER_MOST_BYTES >> 20, &text, &n_bytes, cancellable, error))
    return NULL;
  if (n_bytes == 0)
    {
      g_set_error (error, SP_ERROR, SP_ERROR_USAGE, _("%s: the text is empty; choose another"), name);
      return NULL;
    }
  return encode (tokenizer, name, text, n_bytes, cancellable, error);
}

GArray *
sp_text_read (SpModel *model, const char *path, SpTokenizer **tokenizer, GCancellable *cancellable, GError **error)
{
  gboolean           is_ids = sp_ids_are_in (path);
  g_autoptr (SpTokenizer) found = open_tokenizer (model, is_ids ? NULL : error);
  g_autoptr (GArray) ids = NULL;

  if (found == NULL && !is_ids)
    return NULL;
  ids = is_ids ? sp_ids_read (path, cancellable, error) : encode_file (found, path, cancellable, error);
  if (ids == NULL || !sp_model_check_ids (model, (const guint32 *) (gconstpointer) ids->data, ids->len, error))
    return NULL;
  if (tokenizer != NULL)
    *tokenizer = g_steal_pointer (&found);
  return g_steal_pointer (&ids);
}
