/* pictures.c - plots as files, for sparsoscope-cli analyze */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli.h"

#include "sp-picture.h"

#include <glib/gi18n.h>
#include <stdio.h>

static gboolean
parse_size (const char *text, SpPictureOptions *options, GError **error)
{
  double width, height;
  char   rest;

  if (text == NULL)
    return TRUE;
  if (sscanf (text, "%lfx%lf%c", &width, &height, &rest) == 2 && width >= 72 && height >= 72 && width <= 14400
      && height <= 14400)
    {
      options->width = width;
      options->height = height;
      return TRUE;
    }
  g_propagate_error (error, cli_usage_error (_("--size %s is not of the form WxH, each from 72 to 14400 points"),
                                             text));
  return FALSE;
}

gboolean
cli_pictures_check (const CliPictures *wanted, GError **error)
{
  SpPictureOptions unused;

  return parse_size (wanted->size, &unused, error);
}

static char *
describe_provenance (GPtrArray *stores, const SpResult *result)
{
  GString *out = g_string_new ("sparsoscope " SP_VERSION);

  for (gsize i = 0; i < stores->len; i++)
    g_string_append_printf (out, "; %s", sp_store_get_title (stores->pdata[i]));
  g_string_append_printf (out, "; %s %s", result->analysis, result->parameters);
  return g_string_free (out, FALSE);
}

static gboolean
write_one (const CliPictures *wanted, GPtrArray *stores, SpResult *result, const SpPlot *plot, const char *path,
               GError **error)
{
  g_autoptr (SpFigure) figure = sp_figure_new (result, plot);
  g_autofree char     *provenance = describe_provenance (stores, result);
  SpPictureOptions     picture;
  SpView               view;
  gboolean             is_written;

  sp_picture_options_init (&picture);
  if (!parse_size (wanted->size, &picture, error))
    return FALSE;
  if (wanted->dpi > 0)
    picture.dpi = wanted->dpi;
  picture.is_dark = wanted->is_dark;
  picture.provenance = provenance;
  sp_view_init (&view);
  is_written = sp_picture_write (figure, &view, &picture, path, error);
  sp_view_clear (&view);
  return is_written;
}

static gboolean
write_all (const CliPictures *wanted, GPtrArray *stores, GPtrArray *results, GError **error)
{
  if (g_mkdir_with_parents (wanted->plot, 0777) != 0)
    {
      g_set_error (error, SP_ERROR, SP_ERROR_IO, _("the folder %s cannot be made; choose another place"),
                   wanted->plot);
      return FALSE;
    }
  for (gsize i = 0; i < results->len; i++)
    for (gsize k = 0; k < ((SpResult *) results->pdata[i])->plots->len; k++)
      {
        SpResult        *result = results->pdata[i];
        const SpPlot    *plot = result->plots->pdata[k];
        g_autofree char *name = g_strdup_printf ("%s.%s.svg", result->analysis, plot->id);
        g_autofree char *path = g_build_filename (wanted->plot, name, NULL);

        if (!write_one (wanted, stores, result, plot, path, error))
          return FALSE;
      }
  return TRUE;
}

gboolean
cli_pictures_write (const CliPictures *wanted, GPtrArray *stores, GPtrArray *results, GError **error)
{
  if (wanted->plot == NULL)
    return TRUE;
  if (cli_is_folder (wanted->plot) && wanted->plot_id == NULL)
    return write_all (wanted, stores, results, error);
  for (gsize i = 0; i < results->len; i++)
    {
      SpResult     *result = results->pdata[i];
      const SpPlot *plot = wanted->plot_id != NULL ? sp_result_find_plot (result, wanted->plot_id)
                         : result->plots->len > 0 ? result->plots->pdata[0] : NULL;

      if (plot != NULL)
        return write_one (wanted, stores, result, plot, wanted->plot, error);
    }
  g_propagate_error (error, cli_usage_error (_("there is no plot '%s'"), wanted->plot_id != NULL
                                             ? wanted->plot_id : ""));
  return FALSE;
}
