/* sp-args.c - values for an analysis' parameters, and the registry of analyses */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sp-analysis.h"

#include <glib/gi18n-lib.h>
#include <math.h>
#include <string.h>

#define ANALYSIS(name) extern const SpAnalysis sp_analysis_##name;
#include "analyses.inc"
#undef ANALYSIS

const SpAnalysis *const sp_analyses[] = {
#define ANALYSIS(name) &sp_analysis_##name,
#include "analyses.inc"
#undef ANALYSIS
  NULL
};

const SpAnalysis *
sp_analysis_find (const char *id)
{
  for (gsize i = 0; sp_analyses[i] != NULL; i++)
    if (strcmp (sp_analyses[i]->id, id) == 0)
      return sp_analyses[i];
  return NULL;
}

SpStore *
sp_items_find_store (const SpItems *items, gsize *at, gboolean (*is_wanted) (SpStore *store))
{
  for (; *at < items->n; ++*at)
    {
      SpStore *store = items->items[*at].store;

      if ((*at == 0 || store != items->items[*at - 1].store) && is_wanted (store))
        {
          ++*at;
          return store;
        }
    }
  return NULL;
}

const SpParam *
sp_analysis_find_param (const SpAnalysis *analysis, const char *id)
{
  for (const SpParam *param = analysis->params; param->id != NULL; param++)
    if (strcmp (param->id, id) == 0)
      return param;
  return NULL;
}

typedef struct { double number; char *text; } Value;

struct _SpArgs {
  const SpAnalysis *analysis;
  gsize             n;
  Value            *values;      /* (n), as analysis->params */
};

static SpArgs *
args_alloc (const SpAnalysis *analysis)
{
  SpArgs *args = g_atomic_rc_box_new0 (SpArgs);

  args->analysis = analysis;
  while (analysis->params[args->n].id != NULL)
    args->n++;
  args->values = g_new0 (Value, MAX (args->n, 1));
  return args;
}

SpArgs *
sp_args_new (const SpAnalysis *analysis)
{
  SpArgs *args = args_alloc (analysis);

  for (gsize i = 0; i < args->n; i++)
    args->values[i] = (Value) { analysis->params[i].fallback, g_strdup (analysis->params[i].fallback_text) };
  return args;
}

SpArgs *
sp_args_dup (SpArgs *from)
{
  SpArgs *args = args_alloc (from->analysis);

  for (gsize i = 0; i < args->n; i++)
    {
      args->values[i].number = from->values[i].number;
      args->values[i].text = g_strdup (from->values[i].text);
    }
  return args;
}

SpArgs *
sp_args_ref (SpArgs *args)
{
  return g_atomic_rc_box_acquire (args);
}

static void
args_clear (gpointer data)
{
  SpArgs *args = data;

  for (gsize i = 0; i < args->n; i++)
    g_free (args->values[i].text);
  g_free (args->values);
}

void
sp_args_unref (SpArgs *args)
{
  g_atomic_rc_box_release_full (args, args_clear);
}

static Value *
find_value (SpArgs *args, const char *id, const SpParam **param)
{
  *param = sp_analysis_find_param (args->analysis, id);
  return *param != NULL ? &args->values[*param - args->analysis->params] : NULL;
}

static gboolean
parse_bool (const char *text, double *number)
{
  if (g_str_equal (text, "true") || g_str_equal (text, "yes") || g_str_equal (text, "on") || g_str_equal (text, "1"))
    *number = 1;
  else if (g_str_equal (text, "false") || g_str_equal (text, "no") || g_str_equal (text, "off")
           || g_str_equal (text, "0"))
    *number = 0;
  else
    return FALSE;
  return TRUE;
}

static gboolean
parse_choice (const SpParam *param, const char *text, double *number)
{
  for (gsize i = 0; param->choices[i] != NULL; i++)
    if (strcmp (param->choices[i], text) == 0)
      {
        *number = (double) i;
        return TRUE;
      }
  return FALSE;
}

static gboolean
parse_number (const SpParam *param, const char *text, double *number)
{
  char *end;

  if (g_strcmp0 (text, param->at_min) == 0)
    {
      *number = param->min;
      return TRUE;
    }
  *number = g_ascii_strtod (text, &end);
  return end != text && *end == '\0' && *number >= param->min && *number <= param->max
         && (!param->is_index || *number == floor (*number));
}

/* "one of a, b", "a number from 0 to 1", "all or an index from 0 on" */
static char *
describe_values (const SpParam *param)
{
  if (param->type == SP_PARAM_BOOL)
    return g_strdup (_("true or false"));
  if (param->type == SP_PARAM_CHOICE)
    {
      g_autofree char *list = g_strjoinv (", ", (char **) param->choices);

      return g_strdup_printf (_("one of %s"), list);
    }
  if (param->is_index)
    return g_strdup_printf (_("%s or an index from 0 on"), param->at_min);
  return g_strdup_printf (_("a number from %g to %g"), param->min, param->max);
}

static char *
list_params (const SpAnalysis *analysis)
{
  GString *out = g_string_new (NULL);

  for (const SpParam *param = analysis->params; param->id != NULL; param++)
    g_string_append_printf (out, "%s%s", out->len > 0 ? ", " : "", param->id);
  return g_string_free (out, FALSE);
}

static gboolean
parse_text (SpArgs *args, const SpParam *param, const char *text, GError **error)
{
  g_autoptr (GError) problem = NULL;

  if (param->check == NULL || *text == '\0' || param->check (text, &problem))
    {
      sp_args_set_text (args, param->id, text);
      return TRUE;
    }
  g_set_error (error, SP_ERROR, SP_ERROR_USAGE, _("%s.%s cannot be '%s': %s"), args->analysis->id, param->id, text, problem->message);
  return FALSE;
}

gboolean
sp_args_parse (SpArgs *args, const char *id, const char *text, GError **error)
{
  const SpParam   *param;
  Value           *value = find_value (args, id, &param);
  g_autofree char *wanted = NULL;
  gboolean         is_ok;

  if (value == NULL)
    {
      wanted = list_params (args->analysis);
      g_set_error (error, SP_ERROR, SP_ERROR_USAGE, _("%s has no parameter '%s'; it has %s"), args->analysis->id, id, wanted);
      return FALSE;
    }
  if (sp_param_is_text (param))
    return parse_text (args, param, text, error);
  is_ok = param->type == SP_PARAM_BOOL ? parse_bool (text, &value->number)
        : param->type == SP_PARAM_CHOICE ? parse_choice (param, text, &value->number)
                                         : parse_number (param, text, &value->number);
  if (is_ok)
    return TRUE;
  wanted = describe_values (param);
  g_set_error (error, SP_ERROR, SP_ERROR_USAGE, _("%s.%s cannot be '%s': it is %s"), args->analysis->id, id, text,
               wanted);
  return FALSE;
}

void
sp_args_set_number (SpArgs *args, const char *id, double number)
{
  const SpParam *param;
  Value         *value = find_value (args, id, &param);

  g_return_if_fail (value != NULL);
  if (!isnan (number))
    value->number = CLAMP (number, param->min, param->max);
}

void
sp_args_set_text (SpArgs *args, const char *id, const char *text)
{
  const SpParam *param;
  Value         *value = find_value (args, id, &param);

  g_return_if_fail (value != NULL && sp_param_is_text (param));
  g_free (value->text);
  value->text = param->type != SP_PARAM_TENSOR && g_strcmp0 (text, "") == 0 ? NULL : g_strdup (text);
}

double
sp_args_get_number (SpArgs *args, const char *id)
{
  const SpParam *param;
  Value         *value = find_value (args, id, &param);

  g_return_val_if_fail (value != NULL, NAN);
  return value->number;
}

gboolean
sp_args_get_bool (SpArgs *args, const char *id)
{
  return sp_args_get_number (args, id) != 0;
}

const char *
sp_args_get_text (SpArgs *args, const char *id)
{
  const SpParam *param;
  Value         *value = find_value (args, id, &param);

  g_return_val_if_fail (value != NULL, NULL);
  return value->text;
}

gboolean
sp_args_matters (SpArgs *args, const SpParam *param)
{
  g_auto (GStrv) parts = param->when != NULL ? g_strsplit (param->when, "=", 2) : NULL;
  g_auto (GStrv) wanted = parts != NULL ? g_strsplit (parts[1], ",", -1) : NULL;
  const SpParam *choice;
  const Value   *value = parts != NULL ? find_value (args, parts[0], &choice) : NULL;

  return value == NULL || g_strv_contains ((const char *const *) wanted, choice->choices[(gsize) value->number]);
}

const SpParam *
sp_args_find_missing (SpArgs *args, SpStore *const *stores, gsize n_stores)
{
  for (const SpParam *param = args->analysis->params; param->id != NULL; param++)
    if (param->is_needed && (param->is_for == NULL || param->is_for (stores, n_stores)) && sp_args_matters (args, param)
        && sp_args_get_text (args, param->id) == NULL)
      return param;
  return NULL;
}

/* A shell makes the same text of it. */
static void
append_text (GString *out, const char *text)
{
  g_autofree char *quoted = NULL;

  for (const char *p = text; quoted == NULL && *p != '\0'; p++)
    if (g_ascii_iscntrl (*p) || strchr (" \"'\\`$&;|<>(){}!#?~", *p) != NULL)
      quoted = g_shell_quote (text);
  g_string_append (out, quoted != NULL ? quoted : text);
}

static void
append_value (GString *out, const SpParam *param, const Value *value)
{
  char number[G_ASCII_DTOSTR_BUF_SIZE];

  g_string_append_printf (out, "%s%s=", out->len > 0 ? " " : "", param->id);
  if (sp_param_is_text (param))
    append_text (out, value->text);
  else if (param->type == SP_PARAM_CHOICE)
    g_string_append (out, param->choices[(gsize) value->number]);
  else if (param->type == SP_PARAM_BOOL)
    g_string_append (out, value->number != 0 ? "true" : "false");
  else if (param->at_min != NULL && value->number == param->min)
    g_string_append (out, param->at_min);
  else
    g_string_append (out, g_ascii_formatd (number, sizeof number, "%.17g", value->number));
}

char *
sp_args_format (SpArgs *args)
{
  GString *out = g_string_new (NULL);

  for (gsize i = 0; i < args->n; i++)
    if (!sp_param_is_text (&args->analysis->params[i]) || args->values[i].text != NULL)
      append_value (out, &args->analysis->params[i], &args->values[i]);
  return g_string_free (out, FALSE);
}

gboolean
sp_args_same_scan (SpArgs *a, SpArgs *b)
{
  if (a->analysis != b->analysis)
    return FALSE;
  for (gsize i = 0; i < a->n; i++)
    if (!a->analysis->params[i].is_live
        && (a->values[i].number != b->values[i].number || g_strcmp0 (a->values[i].text, b->values[i].text) != 0))
      return FALSE;
  return TRUE;
}
