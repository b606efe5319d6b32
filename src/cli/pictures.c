/* pictures.c - plots as files, for sparsoscope-cli analyze */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli.h"

#include "sp-picture.h"

#include <glib/gi18n.h>
#include <math.h>
#include <string.h>

#define MIN_POINTS 72
#define MAX_POINTS 14400
#define MIN_DPI    10
#define MAX_DPI    10000

/* "468x288", with a point for the fraction whatever the locale */
static gboolean
parse_size (const char *text, SpPictureOptions *options)
{
  char *end;

  options->width = g_ascii_strtod (text, &end);
  if (end == text || *end != 'x')
    return FALSE;
  text = end + 1;
  options->height = g_ascii_strtod (text, &end);
  return end != text && *end == '\0' && options->width >= MIN_POINTS && options->width <= MAX_POINTS
         && options->height >= MIN_POINTS && options->height <= MAX_POINTS;
}

static gboolean
is_picture_name (const char *path)
{
  const char *dot = strrchr (path, '.');

  return dot != NULL && (g_ascii_strcasecmp (dot, ".svg") == 0 || g_ascii_strcasecmp (dot, ".pdf") == 0
                         || g_ascii_strcasecmp (dot, ".png") == 0);
}

static GError *
find_mistake (const CliPictures *wanted)
{
  SpPictureOptions unused;

  if (wanted->size != NULL && !parse_size (wanted->size, &unused))
    return cli_usage_error (_("--size %s is not of the form WxH, each from %d to %d points"), wanted->size, MIN_POINTS, MAX_POINTS);
  if (!isnan (wanted->dpi) && !(wanted->dpi >= MIN_DPI && wanted->dpi <= MAX_DPI))
    return cli_usage_error (_("--dpi %g is not from %d to %d"), wanted->dpi, MIN_DPI, MAX_DPI);
  if (wanted->plot == NULL && (wanted->plot_id != NULL || wanted->size != NULL || !isnan (wanted->dpi) || wanted->is_dark))
    return cli_usage_error (_("--plot-id, --size, --dpi and --dark say how a plot is drawn; --plot FILE says where to"));
  if (wanted->plot == NULL)
    return NULL;
  if (cli_is_folder (wanted->plot) && wanted->plot_id != NULL)
    return cli_usage_error (_("--plot %s is a folder, which takes every plot; --plot-id goes with a file"), wanted->plot);
  if (!cli_is_folder (wanted->plot) && !is_picture_name (wanted->plot))
    return cli_usage_error (_("--plot %s: the name must end in .svg, .pdf or .png, or be a folder's"), wanted->plot);
  return NULL;
}

gboolean
cli_pictures_check (const CliPictures *wanted, GError **error)
{
  GError *mistake = find_mistake (wanted);

  if (mistake != NULL)
    g_propagate_error (error, mistake);
  return mistake == NULL && cli_check_place (wanted->plot, error);
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
           GHashTable *written, GError **error)
{
  g_autoptr (SpFigure) figure = sp_figure_new (result, plot);
  g_autofree char     *provenance = describe_provenance (stores, result);
  SpPictureOptions     picture;
  SpView               view;
  gboolean             is_written;

  sp_picture_options_init (&picture);
  if (wanted->size != NULL)
    parse_size (wanted->size, &picture);
  if (!isnan (wanted->dpi))
    picture.dpi = wanted->dpi;
  picture.is_dark = wanted->is_dark;
  picture.provenance = provenance;
  sp_view_init (&view);
  cli_writing_begin ();
  is_written = sp_picture_write (figure, &view, &picture, path, error);
  cli_writing_end ();
  sp_view_clear (&view);
  if (is_written)
    g_hash_table_insert (written, (gpointer) plot, g_strdup (path));
  return is_written;
}

static gboolean
write_all (const CliPictures *wanted, GPtrArray *stores, GPtrArray *results, GHashTable *written, GError **error)
{
  if (!cli_make_folder (wanted->plot, error))
    return FALSE;
  for (gsize i = 0; i < results->len; i++)
    for (gsize k = 0; k < ((SpResult *) results->pdata[i])->plots->len; k++)
      {
        SpResult        *result = results->pdata[i];
        const SpPlot    *plot = result->plots->pdata[k];
        g_autofree char *path = cli_path_in (wanted->plot, results, i, plot->id, "svg");

        if (!write_one (wanted, stores, result, plot, path, written, error))
          return FALSE;
      }
  return TRUE;
}

static GError *
no_plot (const CliPictures *wanted, GPtrArray *results)
{
  g_autoptr (GPtrArray) ids = g_ptr_array_new ();
  g_autofree char      *list = NULL;

  for (gsize i = 0; i < results->len; i++)
    for (gsize k = 0; k < ((SpResult *) results->pdata[i])->plots->len; k++)
      g_ptr_array_add (ids, ((SpPlot *) ((SpResult *) results->pdata[i])->plots->pdata[k])->id);
  if (ids->len == 0)
    return cli_usage_error (_("there is nothing to draw: %s"), ((SpResult *) results->pdata[0])->definition);
  list = cli_join (ids);
  return cli_usage_error (_("there is no plot '%s'; it can be %s"), wanted->plot_id, list);
}

gboolean
cli_pictures_write (const CliPictures *wanted, GPtrArray *stores, GPtrArray *results, GHashTable *written,
                    GError **error)
{
  if (wanted->plot == NULL)
    return TRUE;
  if (cli_is_folder (wanted->plot) && wanted->plot_id == NULL)
    return write_all (wanted, stores, results, written, error);
  for (gsize i = 0; i < results->len; i++)
    {
      SpResult     *result = results->pdata[i];
      const SpPlot *plot = wanted->plot_id != NULL ? sp_result_find_plot (result, wanted->plot_id)
                         : result->plots->len > 0 ? result->plots->pdata[0] : NULL;

      if (plot != NULL)
        return write_one (wanted, stores, result, plot, wanted->plot, written, error);
    }
  g_propagate_error (error, no_plot (wanted, results));
  return FALSE;
}
