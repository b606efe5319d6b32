/* activation-setting.c - which rule decides what is active, and its numbers */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "activation-sparsity.h"

#include <glib/gi18n-lib.h>
#include <math.h>
#include <string.h>

#define SEPARATORS ", \t\r\n;"

/* "0.1,0.2", with or without "thresholds=" before, as Sparsing Law writes it. */
gboolean
active_parse_thresholds (const char *text, GArray *numbers, GError **error)
{
  const char *list = g_str_has_prefix (text, "thresholds=") ? text + strlen ("thresholds=") : text;
  g_auto (GStrv) words = g_strsplit_set (list, SEPARATORS, -1);
  gsize          n = 0;

  for (gsize i = 0; words[i] != NULL; i++)
    {
      char  *end;
      double number = g_ascii_strtod (words[i], &end);

      if (words[i][0] == '\0')
        continue;
      n++;
      if (*end != '\0' || !(number >= 0))
        {
          g_set_error (error, SP_ERROR, SP_ERROR_USAGE, _("number %zu, '%s', is no threshold: one for each layer is wanted, 0 or more, "
                                                          "commas between"), n, words[i]);
          return FALSE;
        }
      if (numbers != NULL)
        g_array_append_val (numbers, number);
    }
  return TRUE;
}

void
active_setting_init (ActiveSetting *setting, SpArgs *args, gsize n_layers)
{
  g_autoptr (GArray) numbers = g_array_new (FALSE, FALSE, sizeof (double));
  const char        *list = sp_args_get_text (args, "thresholds");

  *setting = (ActiveSetting) { .rule = (ActiveRule) sp_args_get_number (args, "rule"), .eps = sp_args_get_number (args, "eps"),
                               .kept = sp_args_get_number (args, "k"), .tau = sp_args_get_number (args, "tau") };
  if (list != NULL && active_parse_thresholds (list, numbers, NULL))
    setting->n_given = numbers->len;
  if (setting->n_given > 0 && setting->n_given == n_layers)
    setting->thresholds = g_memdup2 (numbers->data, n_layers * sizeof (double));
}

void
active_setting_clear (ActiveSetting *setting)
{
  g_clear_pointer (&setting->thresholds, g_free);
}

static double
just_below (double limit)
{
  return limit > 0 ? nextafter (limit, 0) : limit;
}

double
active_limit (const ActiveSetting *setting, gsize layer)
{
  switch (setting->rule)
    {
    case RULE_EPS:  return setting->eps;
    case RULE_FAT:  return just_below (setting->eps);
    case RULE_LIST: return setting->thresholds != NULL ? just_below (setting->thresholds[layer]) : 0;
    default:        return 0;
    }
}
