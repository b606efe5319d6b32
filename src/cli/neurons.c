/* neurons.c - single neurons of recorded activations, looked at closely: the table top_tokens */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli.h"

#include <glib/gi18n.h>
#include <string.h>

typedef struct { char *layer; guint64 neuron; } Wanted;

static gboolean
parse (const char *text, Wanted *wanted, GError **error)
{
  const char *colon = strrchr (text, ':');

  if (colon == NULL || colon == text || !g_ascii_string_to_unsigned (colon + 1, 10, 0, G_MAXINT64, &wanted->neuron, NULL))
    {
      g_propagate_error (error, cli_usage_error (_("--neuron %s is not of the form LAYER:INDEX"), text));
      return FALSE;
    }
  wanted->layer = g_strndup (text, (gsize) (colon - text));
  return TRUE;
}

gboolean
cli_neurons_check (char **texts, GError **error)
{
  for (gsize i = 0; texts != NULL && texts[i] != NULL; i++)
    {
      Wanted   wanted = { 0 };
      gboolean is_well = parse (texts[i], &wanted, error);

      g_free (wanted.layer);
      if (!is_well)
        return FALSE;
    }
  return TRUE;
}

static SpTable *
find_neurons (SpResult *result)
{
  for (guint i = 0; i < result->tables->len; i++)
    if (sp_table_has_detail (result->tables->pdata[i]))
      return result->tables->pdata[i];
  return NULL;
}

/* By its label in the table of layers; problem: why it could not be read, or NULL.  Where there is no such table all are of one layer. */
static const char *
find_layer (SpResult *result, SpTable *neurons, const char *label, const char **problem)
{
  SpTable        *layers = sp_result_find_table (result, "layers");
  const SpColumn *labels, *notes;
  gint64          neuron;

  if (layers == NULL)
    return sp_table_get_n_rows (neurons) > 0 ? sp_table_get_key (neurons, 0, &neuron) : NULL;
  labels = sp_table_find_column (layers, "label");
  notes = sp_table_find_column (layers, "note");
  for (gsize row = 0; row < labels->n_rows; row++)
    if (g_strcmp0 (labels->text[row], label) == 0)
      {
        *problem = notes->text[row];
        return sp_table_get_key (layers, row, &neuron);
      }
  return NULL;
}

static SpTable *
read_one (SpResult *result, const char *text, GError **error)
{
  SpTable         *neurons = find_neurons (result);
  Wanted           wanted = { 0 };
  g_autofree char *layer = NULL;
  const char      *problem = NULL, *key;
  gsize            row;

  if (!parse (text, &wanted, error))
    return NULL;
  layer = wanted.layer;
  key = find_layer (result, neurons, layer, &problem);
  if (key != NULL && sp_table_find_key (neurons, key, (gint64) wanted.neuron, &row))
    return sp_table_read_detail (neurons, row, NULL, error);
  if (problem != NULL)
    g_set_error (error, SP_ERROR, SP_ERROR_CUT, _("--neuron %s: the layer could not be read: %s"), text, problem);
  else if (sp_result_find_table (result, "layers") == NULL)
    g_propagate_error (error, cli_usage_error (_("--neuron %s: there is no such feature; the table features lists them"), text));
  else
    g_propagate_error (error, cli_usage_error (_("--neuron %s: there is no such neuron; the table layers lists the layers and how many "
                                               "neurons they have"), text));
  return NULL;
}

/* Which neuron, before what was found of it. */
static void
add_names (SpTable *all, char **texts, GPtrArray *parts)
{
  gsize          n = sp_table_get_n_rows (all), row = 0;
  g_auto (GStrv) layers = g_new0 (char *, n + 1);
  gint64        *neurons = g_new (gint64, n + 1);

  for (guint i = 0; i < parts->len; i++)
    for (gsize k = 0; k < sp_table_get_n_rows (parts->pdata[i]); k++, row++)
      {
        layers[row] = g_strndup (texts[i], (gsize) (strrchr (texts[i], ':') - texts[i]));
        neurons[row] = (gint64) g_ascii_strtoull (strrchr (texts[i], ':') + 1, NULL, 10);
      }
  sp_table_take_column (all, sp_column_new_text ("layer", _("Layer"), n, (const char *const *) layers));
  sp_table_take_column (all, sp_column_new_i64 ("neuron", _("Neuron"), "", n, neurons));
}

/* The column c of all parts, one after another. */
static SpColumn *
join_column (GPtrArray *parts, gsize c, gsize n)
{
  const SpColumn          *first = sp_table_get_column (parts->pdata[0], c);
  gsize                    size = first->type == SP_COLUMN_TEXT ? sizeof (char *) : 8, row = 0;
  gpointer                 values = g_malloc (n * size + 1);

  for (guint i = 0; i < parts->len; i++)
    {
      const SpColumn *part = sp_table_get_column (parts->pdata[i], c);

      memcpy ((guint8 *) values + row * size, part->f64, part->n_rows * size);
      row += part->n_rows;
    }
  if (first->type == SP_COLUMN_F64)
    return sp_column_new_f64 (first->name, first->title, first->unit, n, values);
  if (first->type == SP_COLUMN_I64)
    return sp_column_new_i64 (first->name, first->title, first->unit, n, values);
  {
    g_autofree const char **texts = values;

    return sp_column_new_text (first->name, first->title, n, texts);
  }
}

static void
add_table (SpResult *result, char **texts, GPtrArray *parts)
{
  SpTable *first = parts->pdata[0], *all;
  gsize    n = 0;

  for (guint i = 0; i < parts->len; i++)
    n += sp_table_get_n_rows (parts->pdata[i]);
  all = sp_table_new (sp_table_get_id (first), sp_table_get_title (first), n);
  add_names (all, texts, parts);
  for (gsize c = 0; c < sp_table_get_n_columns (first); c++)
    sp_table_take_column (all, join_column (parts, c, n));
  g_ptr_array_add (result->tables, all);
}

gboolean
cli_neurons_add (char **texts, GPtrArray *results, GError **error)
{
  g_autoptr (GPtrArray) parts = g_ptr_array_new_with_free_func ((GDestroyNotify) sp_table_unref);
  SpResult             *result = NULL;

  if (texts == NULL)
    return TRUE;
  for (guint i = 0; i < results->len && result == NULL; i++)
    result = find_neurons (results->pdata[i]) != NULL ? results->pdata[i] : NULL;
  if (result == NULL)
    {
      g_propagate_error (error, cli_usage_error (_("--neuron needs recorded activations and an analysis of neurons, such as "
                                                   "-a lazy-neurons")));
      return FALSE;
    }
  for (gsize i = 0; texts[i] != NULL; i++)
    {
      SpTable *part = read_one (result, texts[i], error);

      if (part == NULL)
        return FALSE;
      g_ptr_array_add (parts, part);
    }
  add_table (result, texts, parts);
  return TRUE;
}
