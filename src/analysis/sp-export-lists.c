/* sp-export-lists.c - lists of indices, such as the dead neurons of each layer, and densities of features, for other programs to use */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sp-export-private.h"

#include "sp-error.h"

#include <glib/gi18n-lib.h>
#include <math.h>
#include <string.h>

/* --- members ----------------------------------------------------------------------------------- */

/* The rows that have one label. */
typedef struct {
  char   *label;
  GArray *members;               /* of guint64: indices in the list, as the table has them */
  guint64 n;                     /* the highest index of all, and 1 */
} Group;

static void
group_free (gpointer data)
{
  Group *group = data;

  g_free (group->label);
  g_array_unref (group->members);
  g_free (group);
}

/* known: its label, lent by the group → Group */
static Group *
find_group (GPtrArray *groups, GHashTable *known, const char *label)
{
  Group *group = g_hash_table_lookup (known, label);

  if (group != NULL)
    return group;
  group = g_new0 (Group, 1);
  group->label = g_strdup (label);
  group->members = g_array_new (FALSE, FALSE, sizeof (guint64));
  g_ptr_array_add (groups, group);
  g_hash_table_insert (known, group->label, group);
  return group;
}

static Group *
group_of_row (GPtrArray *groups, GHashTable *known, const SpColumn *by, gsize row)
{
  g_autofree char *label = by != NULL ? sp_column_format_cell (by, row) : g_strdup ("all");

  return find_group (groups, known, label);
}

/* Rows of a group mostly follow one another. */
static gboolean
is_as_before (const SpColumn *by, gsize row)
{
  if (by == NULL || row == 0)
    return row > 0;
  if (by->type == SP_COLUMN_TEXT)
    return g_strcmp0 (by->text[row], by->text[row - 1]) == 0;
  return sp_column_get_number (by, row) == sp_column_get_number (by, row - 1);
}

static gboolean
holds (const SpList *list, double value)
{
  switch (list->comparison)
    {
    case SP_IS_BELOW: return value < list->value;
    case SP_IS_UP_TO: return value <= list->value;
    case SP_IS_FROM:  return value >= list->value;
    case SP_IS_ABOVE: break;
    }
  return value > list->value;
}

/* of Group, in the table's order */
static GPtrArray *
collect (const SpResult *result, const SpList *list)
{
  g_autoptr (GHashTable) known = g_hash_table_new (g_str_hash, g_str_equal);
  SpTable        *table = sp_result_find_table (result, list->table);
  const SpColumn *by = list->group != NULL ? sp_table_find_column (table, list->group) : NULL;
  const SpColumn *index = sp_table_find_column (table, list->index), *column = sp_table_find_column (table, list->column);
  GPtrArray      *groups = g_ptr_array_new_with_free_func (group_free);
  Group          *group = NULL;

  for (gsize row = 0; row < sp_table_get_n_rows (table); row++)
    {
      guint64 i = (guint64) sp_column_get_number (index, row);

      if (!is_as_before (by, row))
        group = group_of_row (groups, known, by, row);
      group->n = MAX (group->n, i + 1);
      if (holds (list, sp_column_get_number (column, row)))
        g_array_append_val (group->members, i);
    }
  return groups;
}

/* "neurons.frequency < 0.001" */
static char *
format_rule (const SpList *list)
{
  static const char *const comparisons[] = { [SP_IS_BELOW] = "<", [SP_IS_UP_TO] = "<=", [SP_IS_FROM] = ">=", [SP_IS_ABOVE] = ">" };
  GString                 *out = g_string_new (NULL);

  g_string_append_printf (out, "%s.%s %s ", list->table, list->column, comparisons[list->comparison]);
  sp_json_append_number (out, list->value);
  return g_string_free (out, FALSE);
}

/* --- JSON -------------------------------------------------------------------------------------- */

static void
append_rules (GString *out, const SpResult *result)
{
  for (guint i = 0; i < result->lists->len; i++)
    {
      const SpList    *list = result->lists->pdata[i];
      g_autofree char *rule = format_rule (list);

      g_string_append (out, i > 0 ? ", " : "");
      sp_json_append_member (out, list->id, rule);
    }
}

static void
append_group (GString *out, const Group *group)
{
  sp_json_append_string (out, group->label);
  g_string_append (out, ": [");
  for (guint i = 0; i < group->members->len; i++)
    g_string_append_printf (out, i > 0 ? ", %" G_GUINT64_FORMAT : "%" G_GUINT64_FORMAT, g_array_index (group->members, guint64, i));
  g_string_append_c (out, ']');
}

static void
append_list (GString *out, const SpResult *result, const SpList *list)
{
  g_autoptr (GPtrArray) groups = collect (result, list);

  sp_json_append_string (out, list->id);
  g_string_append (out, ": {");
  for (guint i = 0; i < groups->len; i++)
    {
      g_string_append (out, i > 0 ? ",\n    " : "\n    ");
      append_group (out, groups->pdata[i]);
    }
  g_string_append_c (out, '}');
}

static void
append_json (GString *out, SpStore *const *stores, gsize n_stores, const SpResult *result)
{
  g_string_append (out, "{\"schema_version\": 1,\n \"program\": {\"name\": \"sparsoscope\", \"version\": \"" SP_VERSION "\"},\n ");
  sp_json_append_inputs (out, stores, n_stores);
  g_string_append (out, ",\n ");
  sp_json_append_member (out, "analysis", result->analysis);
  g_string_append (out, ", ");
  sp_json_append_parameters (out, result);
  g_string_append (out, ",\n ");
  sp_json_append_member (out, "definition", result->definition);
  g_string_append_printf (out, ",\n \"is_complete\": %s,\n \"rules\": {", result->is_final ? "true" : "false");
  append_rules (out, result);
  g_string_append (out, "},\n \"lists\": {");
  for (guint i = 0; i < result->lists->len; i++)
    {
      g_string_append (out, i > 0 ? ",\n  " : "\n  ");
      append_list (out, result, result->lists->pdata[i]);
    }
  g_string_append (out, "}}\n");
}

/* --- safetensors ------------------------------------------------------------------------------- */

static char *
join_paths (SpStore *const *stores, gsize n_stores)
{
  GString *out = g_string_new (NULL);

  for (gsize i = 0; i < n_stores; i++)
    g_string_append_printf (out, "%s%s", i > 0 ? "; " : "", sp_store_get_path (stores[i]));
  return g_string_free (out, FALSE);
}

static void
append_metadata (GString *header, SpStore *const *stores, gsize n_stores, const SpResult *result)
{
  g_autofree char *paths = join_paths (stores, n_stores);
  const char      *members[][2] = { { "program", "sparsoscope " SP_VERSION }, { "inputs", paths }, { "analysis", result->analysis },
                                    { "params", result->parameters != NULL ? result->parameters : "" },
                                    { "definition", result->definition != NULL ? result->definition : "" },
                                    { "is_complete", result->is_final ? "true" : "false" } };

  g_string_append (header, "{\"__metadata__\":{");
  for (gsize i = 0; i < G_N_ELEMENTS (members); i++)
    {
      sp_json_append_member (header, members[i][0], members[i][1]);
      g_string_append (header, ", ");
    }
  append_rules (header, result);
  g_string_append_c (header, '}');
}

/* The length of the header, the header, and the tensors; 8 bytes are what they are aligned to.  Takes both. */
static void
append_file (GString *out, GString *header, GString *data)
{
  guint64 n_bytes;

  g_string_append_c (header, '}');
  while (header->len % 8 != 0)
    g_string_append_c (header, ' ');
  n_bytes = GUINT64_TO_LE ((guint64) header->len);
  g_string_append_len (out, (const char *) &n_bytes, sizeof n_bytes);
  g_string_append_len (out, header->str, (gssize) header->len);
  g_string_append_len (out, data->str, (gssize) data->len);
  g_string_free (header, TRUE);
  g_string_free (data, TRUE);
}

/* --- masks ------------------------------------------------------------------------------------- */

static void
append_mask (GString *header, GString *data, const SpList *list, const Group *group)
{
  g_autofree char *name = g_strdup_printf ("%s.%s", list->id, group->label);
  gsize            place = data->len;

  g_string_set_size (data, place + group->n);
  memset (data->str + place, 0, group->n);
  for (guint i = 0; i < group->members->len; i++)
    data->str[place + g_array_index (group->members, guint64, i)] = 1;
  g_string_append (header, ",\n");
  sp_json_append_string (header, name);
  g_string_append_printf (header, ":{\"dtype\":\"U8\",\"shape\":[%" G_GUINT64_FORMAT "],\"data_offsets\":[%zu,%zu]}", group->n, place,
                          data->len);
}

static void
append_masks (GString *out, SpStore *const *stores, gsize n_stores, const SpResult *result)
{
  GString *header = g_string_new (NULL), *data = g_string_new (NULL);

  append_metadata (header, stores, n_stores, result);
  for (guint i = 0; i < result->lists->len; i++)
    {
      g_autoptr (GPtrArray) groups = collect (result, result->lists->pdata[i]);

      for (guint k = 0; k < groups->len; k++)
        append_mask (header, data, result->lists->pdata[i], groups->pdata[k]);
    }
  append_file (out, header, data);
}

/* --- the file ---------------------------------------------------------------------------------- */

gboolean
sp_export_lists_check (const char *path, GError **error)
{
  if (g_str_has_suffix (path, ".json") || g_str_has_suffix (path, ".safetensors"))
    return TRUE;
  g_set_error (error, SP_ERROR, SP_ERROR_USAGE, _("lists are written to a file .json or .safetensors, not to %s"), path);
  return FALSE;
}

gboolean
sp_export_lists (const char *path, SpStore *const *stores, gsize n_stores, const SpResult *result, GError **error)
{
  GString *out;
  gboolean is_written;

  if (!sp_export_lists_check (path, error))
    return FALSE;
  if (result->lists->len == 0)
    {
      g_set_error (error, SP_ERROR, SP_ERROR_UNSUPPORTED, _("there are no lists to write: %s"), result->definition);
      return FALSE;
    }
  out = g_string_new (NULL);
  if (g_str_has_suffix (path, ".json"))
    append_json (out, stores, n_stores, result);
  else
    append_masks (out, stores, n_stores, result);
  is_written = sp_export_write (path, out->str, out->len, error);
  g_string_free (out, TRUE);
  return is_written;
}

/* --- densities --------------------------------------------------------------------------------- */

/* NULL: the result has none. */
static const SpColumn *
find_densities (const SpResult *result)
{
  SpTable *features = sp_result_find_table (result, "features");

  return features != NULL ? sp_table_find_column (features, "density") : NULL;
}

gboolean
sp_export_has_densities (const SpResult *result)
{
  return find_densities (result) != NULL;
}

static void
append_density (GString *data, double density)
{
  float   logarithm = (float) log10 (density + 1e-10);
  guint32 bits;

  memcpy (&bits, &logarithm, sizeof bits);
  bits = GUINT32_TO_LE (bits);
  g_string_append_len (data, (const char *) &bits, sizeof bits);
}

gboolean
sp_export_densities_check (const char *path, GError **error)
{
  if (g_str_has_suffix (path, ".safetensors"))
    return TRUE;
  g_set_error (error, SP_ERROR, SP_ERROR_USAGE, _("densities are written to a file .safetensors, not to %s"), path);
  return FALSE;
}

gboolean
sp_export_densities (const char *path, SpStore *const *stores, gsize n_stores, const SpResult *result, GError **error)
{
  const SpColumn *densities = find_densities (result);
  GString        *out, *header, *data;
  gboolean        is_written;

  if (!sp_export_densities_check (path, error))
    return FALSE;
  if (densities == NULL)
    {
      g_set_error (error, SP_ERROR, SP_ERROR_UNSUPPORTED, _("there are no densities to write: %s"), result->definition);
      return FALSE;
    }
  out = g_string_new (NULL), header = g_string_new (NULL), data = g_string_new (NULL);
  for (gsize i = 0; i < densities->n_rows; i++)
    append_density (data, densities->f64[i]);
  append_metadata (header, stores, n_stores, result);
  g_string_append_printf (header, ",\n\"sparsity\":{\"dtype\":\"F32\",\"shape\":[%zu],\"data_offsets\":[0,%zu]}", densities->n_rows,
                          data->len);
  append_file (out, header, data);
  is_written = sp_export_write (path, out->str, out->len, error);
  g_string_free (out, TRUE);
  return is_written;
}
