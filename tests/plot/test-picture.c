/* test-picture.c - files to publish: facts inside, text as text, same bytes twice, nothing left on failure */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "samples.h"
#include "sp-error.h"
#include "sp-picture.h"

#include <gio/gio.h>
#include <glib/gstdio.h>
#include <math.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>

static const char *const provenance = "Sparsoscope 0.1.0; model.safetensors; eps=0.01";

static GBytes *
render (SpResult *result, const char *format)
{
  g_autoptr (SpFigure) figure = sp_figure_new (result, sample_plot (result));
  g_autoptr (GError) error = NULL;
  SpPictureOptions options;
  SpView view;
  GBytes *bytes;

  sp_view_init (&view);
  sp_picture_options_init (&options);
  options.dpi = 100;
  options.with_caption = TRUE;
  options.provenance = provenance;
  bytes = sp_picture_render (figure, &view, &options, format, &error);
  g_assert_no_error (error);
  return bytes;
}

static guint32
read_u32 (const guint8 *at)
{
  return (guint32) at[0] << 24 | (guint32) at[1] << 16 | (guint32) at[2] << 8 | at[3];
}

/* The content of a text chunk, or NULL; every chunk's length and CRC are checked on the way. */
static char *
find_png_text (GBytes *bytes, const char *keyword, guint32 *per_metre)
{
  gsize n, at = 8;
  const guint8 *data = g_bytes_get_data (bytes, &n);
  char *found = NULL;

  g_assert_cmpmem (data, 8, "\211PNG\r\n\032\n", 8);
  while (at + 12 <= n)
    {
      guint32 length = read_u32 (data + at);
      const char *type = (const char *) data + at + 4, *content = type + 4;

      g_assert_cmpuint (at + 12 + length, <=, n);
      g_assert_cmphex (read_u32 (data + at + 8 + length), ==, (guint32) crc32 (0, data + at + 4, length + 4));
      if (memcmp (type, "pHYs", 4) == 0)
        *per_metre = read_u32 ((const guint8 *) content);
      if (memcmp (type, "tEXt", 4) == 0 && strcmp (content, keyword) == 0)
        found = g_strndup (content + strlen (keyword) + 1, length - strlen (keyword) - 1);
      if (memcmp (type, "iTXt", 4) == 0 && strcmp (content, keyword) == 0)
        found = g_strndup (content + strlen (keyword) + 5, length - strlen (keyword) - 5);
      at += 12 + length;
    }
  g_assert_cmpuint (at, ==, n);
  return found;
}

static void
test_png (void)
{
  SpResult *result = sample_curves ();
  g_autoptr (GBytes) bytes = render (result, "png");
  guint32 per_metre = 0;
  g_autofree char *title = find_png_text (bytes, "Title", &per_metre),
                  *source = find_png_text (bytes, "Source", &per_metre);
  g_autofree char *caption = find_png_text (bytes, "Description", &per_metre);

  g_assert_cmpstr (title, ==, sample_plot (result)->title);
  g_assert_cmpstr (caption, ==, sample_plot (result)->caption);
  g_assert_cmpstr (source, ==, provenance);
  g_assert_cmpuint (per_metre, ==, 3937);
  sp_result_unref (result);
}

static gboolean
is_well_formed (const char *text, gsize length)
{
  static const GMarkupParser parser = { 0 };
  GMarkupParseContext *context = g_markup_parse_context_new (&parser, 0, NULL, NULL);
  gboolean is_good = g_markup_parse_context_parse (context, text, (gssize) length, NULL) &&
                     g_markup_parse_context_end_parse (context, NULL);

  g_markup_parse_context_free (context);
  return is_good;
}

static void
test_svg (void)
{
  SpResult *result = sample_curves ();
  g_autoptr (GBytes) bytes = render (result, "svg");
  gsize n;
  const char *data = g_bytes_get_data (bytes, &n);
  g_autofree char *svg = g_strndup (data, n);

  g_assert_true (is_well_formed (svg, n));
  g_assert_nonnull (strstr (svg, "<title>Share of weights near zero</title>"));
  g_assert_nonnull (strstr (svg, "<desc>Share of elements whose magnitude"));
  g_assert_nonnull (strstr (svg, provenance));
  /* Text is text, not outlines. */
  g_assert_nonnull (strstr (svg, ">attention</text>"));
  g_assert_nonnull (strstr (svg, ">10⁻³</text>"));
  g_assert_nonnull (strstr (svg, "rotate(-90"));
  g_assert_null (strstr (svg, "<symbol"));
  g_assert_null (strstr (svg, "glyph"));
  sp_result_unref (result);
}

static void
test_pdf_text (void)
{
  g_autofree char *program = g_find_program_in_path ("pdftotext"), *folder = NULL, *path = NULL, *out = NULL;
  g_autoptr (GError) error = NULL;
  SpResult *result;
  g_autoptr (GBytes) bytes = NULL;
  char *argv[] = { program, NULL, (char *) "-", NULL };

  if (program == NULL)
    {
      g_test_skip ("pdftotext is not installed");
      return;
    }
  folder = g_dir_make_tmp ("sp-picture-XXXXXX", NULL);
  path = g_build_filename (folder, "figure.pdf", NULL);
  result = sample_curves ();
  bytes = render (result, "pdf");
  g_assert_true (g_file_set_contents (path, g_bytes_get_data (bytes, NULL), (gssize) g_bytes_get_size (bytes), NULL));
  argv[1] = path;
  g_assert_true (g_spawn_sync (NULL, argv, NULL, 0, NULL, NULL, &out, NULL, NULL, &error));
  g_assert_no_error (error);
  g_assert_nonnull (strstr (out, "Share of weights near zero"));
  g_assert_nonnull (strstr (out, "feed forward"));
  g_assert_nonnull (strstr (out, "ε = 0.010"));
  g_unlink (path);
  g_rmdir (folder);
  sp_result_unref (result);
}

static void
test_same_bytes (void)
{
  static const char *const formats[] = { "png", "svg", "pdf" };

  for (gsize i = 0; i < G_N_ELEMENTS (formats); i++)
    for (int kind = 0; kind < 3; kind++)
      {
        SpResult *result = kind == 0 ? sample_curves () : kind == 1 ? sample_weights (256, 1) : sample_scatter (5000);
        g_autoptr (GBytes) first = render (result, formats[i]), second = NULL;

        g_usleep (i == 2 && kind == 0 ? 1100000 : 0);
        second = render (result, formats[i]);
        if (!g_bytes_equal (first, second))
          g_error ("%s of kind %d differs from run to run", formats[i], kind);
        sp_result_unref (result);
      }
}

static gsize
count_files (const char *folder)
{
  g_autoptr (GDir) dir = g_dir_open (folder, 0, NULL);
  gsize n = 0;

  while (g_dir_read_name (dir) != NULL)
    n++;
  return n;
}

static gboolean
write_to (const char *path, GError **error)
{
  SpResult *result = sample_curves ();
  g_autoptr (SpFigure) figure = sp_figure_new (result, sample_plot (result));
  SpPictureOptions options;
  SpView view;
  gboolean is_written;

  sp_view_init (&view);
  sp_picture_options_init (&options);
  is_written = sp_picture_write (figure, &view, &options, path, error);
  sp_result_unref (result);
  return is_written;
}

/* A place that cannot be written: the old file stays, no other appears, the sentence names the path. */
static void
test_write_fails (void)
{
  g_autofree char *folder = g_dir_make_tmp ("sp-picture-XXXXXX", NULL),
                  *inside = g_build_filename (folder, "taken.png", NULL);
  g_autofree char *missing = g_build_filename (folder, "missing", "figure.png", NULL);
  g_autofree char *file = g_build_filename (inside, "file", NULL);
  g_autoptr (GError) error = NULL;

  g_assert_false (write_to (missing, &error));
  g_assert_error (error, SP_ERROR, SP_ERROR_IO);
  g_assert_nonnull (strstr (error->message, missing));
  g_clear_error (&error);
  /* A folder of that name, not empty: the new file cannot take its place. */
  g_assert_cmpint (g_mkdir (inside, 0755), ==, 0);
  g_assert_true (g_file_set_contents (file, "x", 1, NULL));
  g_assert_false (write_to (inside, &error));
  g_assert_error (error, SP_ERROR, SP_ERROR_IO);
  g_assert_cmpuint (count_files (folder), ==, 1);
  g_clear_error (&error);
  g_assert_false (write_to ("figure.bmp", &error));
  g_assert_error (error, SP_ERROR, SP_ERROR_USAGE);
  g_clear_error (&error);
  g_assert_false (write_to ("figure", &error));
  g_assert_error (error, SP_ERROR, SP_ERROR_USAGE);
  g_unlink (file);
  g_rmdir (inside);
  g_rmdir (folder);
}

static void
test_read_only (void)
{
  g_autofree char *folder = g_dir_make_tmp ("sp-picture-XXXXXX", NULL),
                  *path = g_build_filename (folder, "figure.png", NULL);
  g_autoptr (GError) error = NULL;

  if (geteuid () == 0)
    g_test_skip ("root may write anywhere");
  else
    {
      g_assert_cmpint (g_chmod (folder, 0555), ==, 0);
      g_assert_false (write_to (path, &error));
      g_assert_error (error, SP_ERROR, SP_ERROR_IO);
      g_assert_cmpuint (count_files (folder), ==, 0);
    }
  g_rmdir (folder);
}

/* A disk of 16 kB: the picture does not fit, and its beginning does not stay. */
static void
test_full_disk (void)
{
  g_autofree char *folder = g_dir_make_tmp ("sp-picture-XXXXXX", NULL),
                  *path = g_build_filename (folder, "figure.png", NULL);
  g_autofree char *mount = g_strdup_printf ("mount -t tmpfs -o size=16k tmpfs %s", folder);
  g_autofree char *unmount = g_strdup_printf ("umount %s", folder);
  g_autoptr (GError) error = NULL;
  int status = 1;

  if (geteuid () != 0 || !g_spawn_command_line_sync (mount, NULL, NULL, &status, NULL) || status != 0)
    {
      g_test_skip ("a small disk cannot be mounted here");
      g_rmdir (folder);
      return;
    }
  g_assert_true (g_file_set_contents (path, "old", 3, NULL));
  g_assert_false (write_to (path, &error));
  g_assert_error (error, SP_ERROR, SP_ERROR_IO);
  g_assert_nonnull (strstr (error->message, path));
  g_assert_cmpuint (count_files (folder), ==, 1);
  g_spawn_command_line_sync (unmount, NULL, NULL, NULL, NULL);
  g_rmdir (folder);
}

static void
test_bad_sizes (void)
{
  SpResult *result = sample_curves ();
  g_autoptr (SpFigure) figure = sp_figure_new (result, sample_plot (result));
  static const double sizes[][3] = { { 0, 100, 72 },  { 100, -1, 72 },      { NAN, 100, 72 },
                                     { 100, 100, 0 }, { 14000, 100, 1200 }, { 1e300, 1e300, 1e300 } };

  for (gsize i = 0; i < G_N_ELEMENTS (sizes); i++)
    {
      SpPictureOptions options = { .width = sizes[i][0], .height = sizes[i][1], .dpi = sizes[i][2], .font_scale = 1 };
      g_autoptr (GError) error = NULL;
      SpView view;

      sp_view_init (&view);
      g_assert_null (sp_picture_render (figure, &view, &options, "png", &error));
      g_assert_nonnull (error);
    }
  sp_result_unref (result);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/picture/png", test_png);
  g_test_add_func ("/picture/svg", test_svg);
  g_test_add_func ("/picture/pdf-text", test_pdf_text);
  g_test_add_func ("/picture/same-bytes", test_same_bytes);
  g_test_add_func ("/picture/write-fails", test_write_fails);
  g_test_add_func ("/picture/read-only", test_read_only);
  g_test_add_func ("/picture/full-disk", test_full_disk);
  g_test_add_func ("/picture/bad-sizes", test_bad_sizes);
  return g_test_run ();
}
