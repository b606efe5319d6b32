/* sp-facts.c - what a store is, in pairs of a name and a value */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sp-facts.h"

#include "sp-format.h"

#include <glib/gi18n.h>
#include <math.h>
#include <string.h>

static void
fact_free (gpointer data)
{
  SpFact *fact = data;

  g_free (fact->name);
  g_free (fact->value);
  g_free (fact);
}

static void
take_fact (GPtrArray *facts, const char *name, char *value)
{
  SpFact *fact = g_new (SpFact, 1);

  *fact = (SpFact) { g_strdup (name), value };
  g_ptr_array_add (facts, fact);
}

char *
sp_facts_format_count (guint64 n)
{
  static const char *const units[] = { "", "\u2009K", "\u2009M", "\u2009G", "\u2009T" };
  double                   value = (double) n;
  gsize                    unit = 0;

  while (value >= 999.5 && unit + 1 < G_N_ELEMENTS (units))
    {
      value /= 1000;
      unit++;
    }
  if (unit == 0)
    return g_strdup_printf ("%.0f", value);
  return g_strdup_printf (value < 9.995 ? "%.2f%s" : value < 99.95 ? "%.1f%s" : "%.0f%s", value, units[unit]);
}

static guint64
count_elements (SpStore *store)
{
  guint64 n = 0;

  for (gsize i = 0; i < sp_store_get_n_tensors (store); i++)
    if (sp_store_get_tensor (store, i)->alias_of == G_MAXSIZE && !sp_store_get_tensor (store, i)->is_foreign)
      n += sp_store_get_tensor (store, i)->n_elements;
  return n;
}

/* "bf16, f32": those most elements have first would need sums; the order of appearance says enough. */
static char *
list_types (SpStore *store)
{
  g_autoptr (GPtrArray) names = g_ptr_array_new ();

  for (gsize i = 0; i < sp_store_get_n_tensors (store); i++)
    {
      const SpTensor *tensor = sp_store_get_tensor (store, i);
      const char     *name = tensor->dtype_name != NULL ? tensor->dtype_name : sp_dtype_name (tensor->dtype);

      if (names->len < 6 && !g_ptr_array_find_with_equal_func (names, name, g_str_equal, NULL))
        g_ptr_array_add (names, (gpointer) name);
    }
  g_ptr_array_add (names, NULL);
  return g_strjoinv (", ", (char **) names->pdata);
}

static const struct { const char *key, *name; } config_facts[] = {
  { "config.model_type", N_("Architecture") },
  { "config.num_hidden_layers", N_("Layers") },
  { "config.n_layer", N_("Layers") },
  { "config.hidden_size", N_("Hidden size") },
  { "config.n_embd", N_("Hidden size") },
  { "config.intermediate_size", N_("FFN size") },
  { "config.hidden_act", N_("Activation") },
  { "config.num_attention_heads", N_("Heads") },
  { "config.num_key_value_heads", N_("Key–value heads") },
  { "config.vocab_size", N_("Vocabulary") },
};

/* Whole numbers with thin spaces, all else as it is. */
static char *
group_count (const char *value)
{
  gsize n = strspn (value, "0123456789");

  return n > 0 && n < 16 && value[n] == '\0' ? sp_format_number (g_ascii_strtod (value, NULL), "") : g_strdup (value);
}

GPtrArray *
sp_facts_of_store (SpStore *store)
{
  GPtrArray *facts = g_ptr_array_new_with_free_func (fact_free);
  guint      n_files = sp_store_get_n_files (store);

  for (gsize i = 0; i < G_N_ELEMENTS (config_facts); i++)
    {
      const char *value = sp_store_find_metadata (store, config_facts[i].key);

      if (value != NULL)
        take_fact (facts, _(config_facts[i].name), group_count (value));
    }
  take_fact (facts, _("Tensors"), sp_format_number ((double) sp_store_get_n_tensors (store), "tensors"));
  take_fact (facts, _("Types"), list_types (store));
  if (sp_store_get_format (store) != NULL)
    take_fact (facts, _("Format"), g_strdup (_(sp_store_get_format (store)->title)));
  take_fact (facts, _("Files"), sp_format_number (n_files, "files"));
  take_fact (facts, _("Place"), g_path_get_dirname (sp_store_get_path (store)));
  return facts;
}

double
sp_facts_find_number (SpResult *result, const char *name)
{
  SpTable        *table = sp_result_find_table (result, "summary");
  const SpColumn *names = table != NULL ? sp_table_find_column (table, "name") : NULL;
  const SpColumn *values = table != NULL ? sp_table_find_column (table, "value") : NULL;

  for (gsize i = 0; names != NULL && values != NULL && names->type == SP_COLUMN_TEXT && i < names->n_rows; i++)
    if (g_strcmp0 (names->text[i], name) == 0)
      return sp_column_get_number (values, i);
  return NAN;
}

static char *
format_share (double share)
{
  return isnan (share) ? g_strdup ("…") : sp_format_number (share, "share");
}

GPtrArray *
sp_facts_of_result (SpStore *store, SpResult *result)
{
  GPtrArray *facts = g_ptr_array_new_with_free_func (fact_free);
  double     sparsity = result != NULL ? sp_facts_find_number (result, "sparsity") : NAN;
  double     zeros = result != NULL ? sp_facts_find_number (result, "zeros") / sp_facts_find_number (result, "elements") : NAN;

  take_fact (facts, _("sparsity"), format_share (sparsity));
  take_fact (facts, _("exact zeros"), format_share (zeros));
  take_fact (facts, _("parameters"), sp_facts_format_count (count_elements (store)));
  take_fact (facts, _("on disk"), g_format_size (sp_store_get_n_bytes (store)));
  return facts;
}
