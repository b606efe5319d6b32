/* series.c - measurements as JSON, one object whose flat lists of numbers are vectors, or as CSV, whose columns are */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sp-csv.h"
#include "sp-format.h"
#include "sp-json.h"

#include <glib/gi18n-lib.h>
#include <string.h>

#define MAX_TEXT ((gsize) 16 << 20)    /* hundreds of thousands of numbers */
#define MAX_NAME 4096

typedef struct {
  SpBlob     *blob;
  SpStore    *store;
  SpJson     *json;
  GHashTable *names;                   /* of all entries, owned */
  gsize       n_lists, n_others;
  char       *first_other;
} Open;

/* Columns without which a CSV is nothing that is known here. */
static const char *const needed[] = { "tau", "loss", NULL };

/* --- sniffing ---------------------------------------------------------------------------------- */

/* What stands at the beginning is taken for measurements, not settings: texts, numbers and empty lists, then a list of numbers. */
static gboolean
begins_with_numbers (SpJson *json)
{
  SpJsonToken token;

  if (sp_json_next (json, NULL) != SP_JSON_OBJECT)
    return FALSE;
  while (sp_json_next (json, NULL) == SP_JSON_KEY)
    {
      token = sp_json_next (json, NULL);
      if (token != SP_JSON_ARRAY && token != SP_JSON_STRING && token != SP_JSON_NUMBER)
        return FALSE;
      if (token == SP_JSON_ARRAY && (token = sp_json_next (json, NULL)) != SP_JSON_ARRAY_END)
        return token == SP_JSON_NUMBER;
    }
  return FALSE;
}

/* Settings of a model may have lists of numbers too. */
static gboolean
is_config (SpBlob *blob)
{
  return g_str_has_suffix (sp_blob_get_name (blob), "config.json");
}

/* Any text may be CSV: it must have what this program measures by.  The last name may be cut. */
static gboolean
begins_with_names (const char *text)
{
  g_auto (GStrv) names = sp_csv_read_names (text);

  return g_strv_contains ((const char *const *) names, needed[0]) && g_strv_contains ((const char *const *) names, needed[1]);
}

static gboolean
sniff (SpBlob *blob, const guint8 *head, gsize n)
{
  g_autofree char   *text = g_strndup ((const char *) head, n);
  g_autoptr (SpJson) json = NULL;

  if (begins_with_names (text))
    return TRUE;
  if (memchr (head, '{', n) == NULL || is_config (blob))
    return FALSE;
  json = sp_json_new ((const char *) head, n, "");
  return begins_with_numbers (json);
}

/* --- opening ----------------------------------------------------------------------------------- */

static gboolean
fail (Open *open, SpError code, const char *reason, GError **error)
{
  g_set_error (error, SP_ERROR, code, "%s: %s", sp_blob_get_name (open->blob), reason);
  return FALSE;
}

static char *
read_text (Open *open, gsize *n_bytes, GError **error)
{
  guint64 size = sp_blob_get_size (open->blob);
  gsize room = size == SP_SIZE_UNKNOWN ? MAX_TEXT + 1 : (gsize) MIN (size, MAX_TEXT + 1);
  g_autofree char *text = g_try_malloc (room + 1);
  gssize n = text != NULL ? sp_blob_read_some (open->blob, 0, text, room, error) : 0;

  if (n < 0)
    return NULL;
  if (text == NULL || n > (gssize) MAX_TEXT)
    {
      fail (open, SP_ERROR_TOO_BIG, _("it is larger than the 16 MB of numbers as text that are read"), error);
      return NULL;
    }
  *n_bytes = (gsize) n;
  text[n] = '\0';
  return g_steal_pointer (&text);
}

static void
take_list (Open *open, const char *name, GArray *numbers)
{
  guint64 n = numbers->len;
  SpTensor *tensor = sp_tensor_new (name, SP_DTYPE_F64, 1, &n);
  g_autoptr (GBytes) bytes = g_bytes_new (numbers->data, n * sizeof (double));

  tensor->blob = sp_blob_new_bytes (bytes, sp_blob_get_name (open->blob));
  sp_store_take_tensor (open->store, tensor);
  open->n_lists++;
}

/* After its bracket, to its end; NULL: it holds something else too, which was skipped, or error is set. */
static GArray *
read_list (Open *open, GError **error)
{
  g_autoptr (GArray) numbers = g_array_new (FALSE, FALSE, sizeof (double));
  gboolean is_flat = TRUE;
  SpJsonToken token;

  while ((token = sp_json_next (open->json, error)) != SP_JSON_ARRAY_END)
    {
      double number = token == SP_JSON_NUMBER ? sp_json_get_double (open->json) : 0;

      if (token == SP_JSON_ERROR || !sp_json_skip (open->json, error))
        return NULL;
      is_flat = is_flat && token == SP_JSON_NUMBER;
      if (is_flat)
        g_array_append_val (numbers, number);
    }
  return is_flat ? g_steal_pointer (&numbers) : NULL;
}

static void
skip_other (Open *open, const char *name)
{
  if (open->n_others++ == 0)
    open->first_other = sp_printable_text (name, -1);
}

static gboolean
read_entry (Open *open, const char *name, GError **error)
{
  g_autoptr (GError) problem = NULL;
  SpJsonToken token = sp_json_next (open->json, error);
  g_autoptr (GArray) numbers = token == SP_JSON_ARRAY ? read_list (open, &problem) : NULL;

  if (problem != NULL)
    {
      g_propagate_error (error, g_steal_pointer (&problem));
      return FALSE;
    }
  if (token == SP_JSON_ERROR || (token != SP_JSON_ARRAY && !sp_json_skip (open->json, error)))
    return FALSE;
  if (numbers != NULL)
    take_list (open, name, numbers);
  else
    skip_other (open, name);
  return TRUE;
}

static gboolean
is_new_name (Open *open, const char *name, GError **error)
{
  g_autofree char *shown = NULL;

  if (strlen (name) > MAX_NAME)
    return fail (open, SP_ERROR_TOO_BIG, _("a tensor's name is longer than 4096 bytes"), error);
  if (g_hash_table_add (open->names, g_strdup (name)))
    return TRUE;
  shown = sp_printable_text (name, -1);
  g_set_error (error, SP_ERROR, SP_ERROR_MALFORMED, _("%s: tensor '%s' %s"), sp_blob_get_name (open->blob), shown, _("is listed twice"));
  return FALSE;
}

static gboolean
read_entries (Open *open, GError **error)
{
  SpJsonToken token = sp_json_next (open->json, error);

  if (token != SP_JSON_OBJECT)
    return token == SP_JSON_ERROR ? FALSE : fail (open, SP_ERROR_MALFORMED, _("it is not an object"), error);
  while ((token = sp_json_next (open->json, error)) == SP_JSON_KEY)
    {
      g_autofree char *name = g_strdup (sp_json_get_string (open->json));

      if (!is_new_name (open, name, error) || !read_entry (open, name, error))
        return FALSE;
    }
  return token == SP_JSON_OBJECT_END && sp_json_next (open->json, error) == SP_JSON_END;
}

static gboolean
read_column (Open *open, const SpCsvColumn *column, GError **error)
{
  gboolean is_needed = g_strv_contains (needed, column->name);

  if (column->problem != NULL && is_needed)
    return fail (open, SP_ERROR_MALFORMED, column->problem, error);
  if (column->problem != NULL || column->name[0] == '\0')
    skip_other (open, column->name);
  else if (is_new_name (open, column->name, error))
    take_list (open, column->name, column->numbers);
  else
    return FALSE;
  return TRUE;
}

static gboolean
read_columns (Open *open, const char *text, gsize n_bytes, GError **error)
{
  g_autoptr (GPtrArray) columns = NULL;

  if (!g_utf8_validate (text, (gssize) n_bytes, NULL))
    return fail (open, SP_ERROR_MALFORMED, _("text that is not UTF-8"), error);
  columns = sp_csv_read (text, sp_blob_get_name (open->blob), error);
  for (guint i = 0; columns != NULL && i < columns->len; i++)
    if (!read_column (open, columns->pdata[i], error))
      return FALSE;
  return columns != NULL;
}

static void
note_others (Open *open)
{
  if (open->n_others == 1)
    sp_store_take_note (open->store, g_strdup_printf (_("%s: '%s' is no flat list of numbers and was left out"),
                                                      sp_blob_get_name (open->blob), open->first_other));
  else if (open->n_others > 1)
    sp_store_take_note (open->store, g_strdup_printf (_("%s: %zu entries, the first of them '%s', are no flat lists of numbers and were "
                                                        "left out"),
                                                      sp_blob_get_name (open->blob), open->n_others, open->first_other));
}

static gboolean
open_series (SpBlob *blob, SpStore *store, GError **error)
{
  Open open = { .blob = blob, .store = store };
  gsize n_bytes = 0;
  g_autofree char *text = read_text (&open, &n_bytes, error);
  g_autoptr (SpJson) json = sp_json_new (text, n_bytes, sp_blob_get_name (blob));
  g_autoptr (GHashTable) names = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  gboolean is_read;

  open.json = json;
  open.names = names;
  if (text != NULL && begins_with_names (text))
    is_read = read_columns (&open, text, n_bytes, error);
  else
    is_read = text != NULL && read_entries (&open, error);
  if (is_read && open.n_lists == 0)
    is_read = fail (&open, SP_ERROR_NOT_A_MODEL, _("it has no flat list of numbers"), error);
  if (is_read)
    note_others (&open);
  g_free (open.first_other);
  return is_read;
}

const SpFormat sp_format_series = {
  .id = "series",
  .title = N_("Lists of numbers in JSON or CSV"),
  .globs = "*.json;*.csv;*.tsv",
  .mime = "application/json",
  .sniff = sniff,
  .open = open_series,
};
