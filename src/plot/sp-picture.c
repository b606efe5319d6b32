/* sp-picture.c - a figure as a PNG, SVG or PDF file */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sp-picture.h"

#include "sp-error.h"
#include "sp-export.h"
#include "sp-figure-private.h"
#include "sp-png.h"
#include "sp-svg.h"

#include <cairo-pdf.h>
#include <cairo-svg.h>
#include <glib/gi18n-lib.h>
#include <math.h>
#include <string.h>

#define SOFTWARE "Sparsoscope " SP_VERSION
#define MAX_PIXELS 32000 /* either way; Cairo's own limit is 32767 */

void
sp_picture_options_init (SpPictureOptions *options)
{
  *options = (SpPictureOptions){ .width = 468, .height = 288, .dpi = 300, .font_scale = 1, .with_title = TRUE };
}

static cairo_status_t
collect (void *closure, const unsigned char *data, unsigned int n_bytes)
{
  g_byte_array_append (closure, data, n_bytes);
  return CAIRO_STATUS_SUCCESS;
}

/* One unit of cr is a point. */
static cairo_status_t
draw_on (cairo_surface_t *surface,
         SpFigure *figure,
         const SpView *view,
         const SpPictureOptions *options,
         double scale,
         GArray *runs)
{
  const SpTheme *theme = sp_theme_get (options->is_dark);
  SpCanvas canvas = { options->width,      options->height, options->font_scale, options->with_caption,
                      options->with_title, theme,           options->dpi / 72 };
  cairo_t *cr = cairo_create (surface);
  cairo_status_t status;

  cairo_scale (cr, scale, scale);
  if (!options->is_transparent)
    {
      cairo_set_source_rgb (cr, theme->background.r, theme->background.g, theme->background.b);
      cairo_paint (cr);
    }
  sp_figure_draw_with (figure, cr, &canvas, view, runs);
  status = cairo_status (cr);
  cairo_destroy (cr);
  return status;
}

static const char *
text_or_empty (const char *text)
{
  return text != NULL ? text : "";
}

static cairo_status_t
render_png (SpFigure *figure, const SpView *view, const SpPictureOptions *options, GByteArray *out)
{
  double scale = options->dpi / 72;
  cairo_surface_t *surface =
    cairo_image_surface_create (options->is_transparent ? CAIRO_FORMAT_ARGB32 : CAIRO_FORMAT_RGB24,
                                (int) round (options->width * scale), (int) round (options->height * scale));
  cairo_status_t status = draw_on (surface, figure, view, options, scale, NULL);
  SpPngEditor editor;

  if (status == CAIRO_STATUS_SUCCESS)
    status = cairo_surface_write_to_png_stream (surface, collect, out);
  cairo_surface_destroy (surface);
  sp_png_begin (&editor, out);
  sp_png_add_resolution (&editor, options->dpi);
  sp_png_add_text (&editor, "Title", text_or_empty (figure->plot->title));
  sp_png_add_text (&editor, "Description", text_or_empty (figure->plot->caption));
  sp_png_add_text (&editor, "Software", SOFTWARE);
  sp_png_add_text (&editor, "Source", text_or_empty (options->provenance));
  return status;
}

static cairo_status_t
render_svg (SpFigure *figure, const SpView *view, const SpPictureOptions *options, GByteArray *out)
{
  cairo_surface_t *surface = cairo_svg_surface_create_for_stream (collect, out, options->width, options->height);
  g_autoptr (GArray) runs = sp_text_runs_new ();
  g_autoptr (GString) svg = NULL;
  g_autofree char *provenance = g_strdup_printf ("%s\n%s", SOFTWARE, text_or_empty (options->provenance));
  SpSvgFacts facts = { figure->plot->title, figure->plot->caption, provenance };
  cairo_status_t status = draw_on (surface, figure, view, options, 1, runs);

  cairo_surface_finish (surface);
  if (status == CAIRO_STATUS_SUCCESS)
    status = cairo_surface_status (surface);
  cairo_surface_destroy (surface);
  svg = g_string_new_len ((const char *) out->data, out->len);
  sp_svg_finish (svg, runs, &facts);
  g_byte_array_set_size (out, 0);
  g_byte_array_append (out, (const guint8 *) svg->str, (guint) svg->len);
  return status;
}

/* No date of its own: the same figure gives the same file, today and tomorrow. */
static char *
creation_date (void)
{
  const char *epoch = g_getenv ("SOURCE_DATE_EPOCH");
  g_autoptr (GDateTime) time = g_date_time_new_from_unix_utc (epoch != NULL ? g_ascii_strtoll (epoch, NULL, 10) : 0);

  return g_date_time_format (time, "%Y-%m-%dT%H:%M:%SZ");
}

static cairo_status_t
render_pdf (SpFigure *figure, const SpView *view, const SpPictureOptions *options, GByteArray *out)
{
  cairo_surface_t *surface = cairo_pdf_surface_create_for_stream (collect, out, options->width, options->height);
  g_autofree char *date = creation_date ();
  g_autofree char *subject =
    g_strjoin ("\n", text_or_empty (figure->plot->caption), text_or_empty (options->provenance), NULL);
  cairo_status_t status;

  cairo_pdf_surface_set_metadata (surface, CAIRO_PDF_METADATA_TITLE, text_or_empty (figure->plot->title));
  cairo_pdf_surface_set_metadata (surface, CAIRO_PDF_METADATA_SUBJECT, g_strstrip (subject));
  cairo_pdf_surface_set_metadata (surface, CAIRO_PDF_METADATA_CREATOR, SOFTWARE);
  cairo_pdf_surface_set_metadata (surface, CAIRO_PDF_METADATA_CREATE_DATE, date);
  status = draw_on (surface, figure, view, options, 1, NULL);
  cairo_surface_finish (surface);
  if (status == CAIRO_STATUS_SUCCESS)
    status = cairo_surface_status (surface);
  cairo_surface_destroy (surface);
  return status;
}

static gboolean
check_options (const SpPictureOptions *options, GError **error)
{
  double most = MAX (options->width, options->height);

  if (!(options->width >= 36 && options->height >= 36 && most <= 14400 && options->dpi >= 10 &&
        options->font_scale > 0))
    {
      g_set_error (error, SP_ERROR, SP_ERROR_USAGE, _ ("A picture of %g × %g points at %g dpi cannot be drawn"),
                   options->width, options->height, options->dpi);
      return FALSE;
    }
  if (most * options->dpi / 72 > MAX_PIXELS)
    {
      g_set_error (error, SP_ERROR, SP_ERROR_USAGE,
                   _ ("A picture of %g × %g points at %g dpi has more than %d pixels along a side"), options->width,
                   options->height, options->dpi, MAX_PIXELS);
      return FALSE;
    }
  return TRUE;
}

GBytes *
sp_picture_render (SpFigure *figure,
                   const SpView *view,
                   const SpPictureOptions *options,
                   const char *format,
                   GError **error)
{
  g_autoptr (GByteArray) out = g_byte_array_new ();
  cairo_status_t status;

  if (!check_options (options, error))
    return NULL;
  if (g_ascii_strcasecmp (format, "png") == 0)
    status = render_png (figure, view, options, out);
  else if (g_ascii_strcasecmp (format, "svg") == 0)
    status = render_svg (figure, view, options, out);
  else if (g_ascii_strcasecmp (format, "pdf") == 0)
    status = render_pdf (figure, view, options, out);
  else
    {
      g_set_error (error, SP_ERROR, SP_ERROR_USAGE, _ ("“%s” is not a kind of picture: use png, svg or pdf"), format);
      return NULL;
    }
  if (status != CAIRO_STATUS_SUCCESS)
    {
      g_set_error (error, SP_ERROR, SP_ERROR_IO, _ ("The picture could not be drawn: %s"),
                   cairo_status_to_string (status));
      return NULL;
    }
  return g_byte_array_free_to_bytes (g_steal_pointer (&out));
}

gboolean
sp_picture_write (SpFigure *figure,
                  const SpView *view,
                  const SpPictureOptions *options,
                  const char *path,
                  GError **error)
{
  const char *name = strrchr (path, '/') != NULL ? strrchr (path, '/') + 1 : path;
  const char *dot = strrchr (name, '.');
  g_autoptr (GBytes) bytes = NULL;

  if (dot == NULL)
    {
      g_set_error (error, SP_ERROR, SP_ERROR_USAGE, _ ("%s: the name must end in .png, .svg or .pdf"), path);
      return FALSE;
    }
  bytes = sp_picture_render (figure, view, options, dot + 1, error);
  if (bytes == NULL)
    {
      g_prefix_error (error, "%s: ", path);
      return FALSE;
    }
  return sp_export_write (path, g_bytes_get_data (bytes, NULL), g_bytes_get_size (bytes), error);
}
