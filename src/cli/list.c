/* list.c - sparsoscope-cli list: what the registries hold */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli.h"

#include "kernels.h"
#include "sp-format.h"

#include <glib/gi18n.h>
#include <stdio.h>
#include <string.h>

static void
describe_param (const SpParam *param)
{
  printf ("    --set …%s=", param->id);
  if (param->type == SP_PARAM_BOOL)
    printf ("true|false (%s)", param->fallback != 0 ? "true" : "false");
  else if (param->type == SP_PARAM_CHOICE)
    for (gsize i = 0; param->choices[i] != NULL; i++)
      printf ("%s%s", i > 0 ? "|" : "", param->choices[i]);
  else if (param->is_index)
    printf ("%s|0|1|… (%s)", param->at_min, param->at_min);
  else if (param->type == SP_PARAM_NUMBER)
    printf ("%g…%g (%g)", param->min, param->max, param->fallback);
  else
    printf ("%s", param->type == SP_PARAM_TEXT ? _("TEXT") : param->type == SP_PARAM_FILE ? _("PATH") : _("NAME"));
  printf ("\n        %s\n", _(param->help));
}

static void
list_analyses (void)
{
  for (gsize i = 0; sp_analyses[i] != NULL; i++)
    {
      printf ("%s\n    %s\n", sp_analyses[i]->id, _(sp_analyses[i]->question));
      for (const SpParam *param = sp_analyses[i]->params; param->id != NULL; param++)
        describe_param (param);
    }
}

static void
list_formats (void)
{
  for (gsize i = 0; sp_formats[i] != NULL; i++)
    printf ("%-14s %-28s %s\n", sp_formats[i]->id, _(sp_formats[i]->title), sp_formats[i]->globs);
}

static void
list_kernels (void)
{
  const SpKernels *kernels;

  for (guint i = 0; (kernels = sp_kernels_level (i)) != NULL; i++)
    printf ("%s%s\n", kernels->isa, strcmp (kernels->isa, sp_kernels ()->isa) == 0 ? _(" (in use)") : "");
}

static const struct { const char *name; void (*print) (void); } lists[] = {
  { "analyses", list_analyses }, { "formats", list_formats }, { "kernels", list_kernels },
};

int
cli_list (int argc, char **argv)
{
  g_autoptr (GOptionContext) context = g_option_context_new ("[analyses|formats|kernels]");
  int                        status = CLI_OK;
  gboolean                   is_known = argc < 2;

  g_option_context_set_translation_domain (context, GETTEXT_PACKAGE);
  if (!cli_parse (context, &argc, &argv, &status))
    return status;
  if (argc > 2)
    return cli_fail (cli_usage_error (_("one list at a time: %s does not go with %s"), argv[2], argv[1]));
  is_known = argc < 2;
  for (gsize i = 0; i < G_N_ELEMENTS (lists); i++)
    if (argc < 2 || strcmp (argv[1], lists[i].name) == 0)
      {
        is_known = TRUE;
        lists[i].print ();
      }
  return is_known ? CLI_OK : cli_fail (cli_usage_error (_("there is no list '%s': it is analyses, formats or kernels"),
                                                        argv[1]));
}
