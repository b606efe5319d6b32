/* gallery.c - one picture of every kind of plot, light and dark, small and large, to be looked at */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "samples.h"
#include "sp-picture.h"

#include <glib/gstdio.h>

typedef struct
{
  const char *name;
  SpResult *result;
  const char *selected;
} Exhibit;

static gboolean
show (const Exhibit *exhibit, const char *folder, const char *suffix, const SpPictureOptions *options)
{
  g_autoptr (SpFigure) figure = sp_figure_new (exhibit->result, sample_plot (exhibit->result));
  g_autoptr (GError) error = NULL;
  g_autofree char *path = g_strdup_printf ("%s/%s-%s", folder, exhibit->name, suffix);
  SpView view;
  gboolean is_written;

  sp_view_init (&view);
  view.selected = g_strdup (exhibit->selected);
  is_written = sp_picture_write (figure, &view, options, path, &error);
  if (!is_written)
    g_printerr ("%s\n", error->message);
  sp_view_clear (&view);
  return is_written;
}

static gboolean
show_all_sizes (const Exhibit *exhibit, const char *folder)
{
  SpPictureOptions options;
  gboolean is_good;

  sp_picture_options_init (&options);
  options.with_caption = TRUE;
  options.dpi = 144;
  is_good = show (exhibit, folder, "print.png", &options) && show (exhibit, folder, "print.svg", &options) &&
            show (exhibit, folder, "print.pdf", &options);
  options = (SpPictureOptions){ .width = 320, .height = 240, .dpi = 72, .font_scale = 1.2, .with_title = TRUE };
  is_good = is_good && show (exhibit, folder, "small.png", &options);
  options = (SpPictureOptions){ .width = 1000, .height = 640, .dpi = 72, .font_scale = 1.33, .is_dark = TRUE };
  is_good = is_good && show (exhibit, folder, "dark.png", &options);
  options.is_dark = FALSE;
  return is_good && show (exhibit, folder, "window.png", &options);
}

int
main (int argc, char **argv)
{
  const char *folder = argc > 1 ? argv[1] : ".";
  Exhibit exhibits[] = {
    { "curves", sample_curves (), NULL },
    { "layers", sample_layers (12, 7), NULL },
    { "heads", sample_layers (32, 16), NULL },
    { "many", sample_many (200000), NULL },
    { "bars", sample_bars (7), "o" },
    { "names", sample_bars (28), NULL },
    { "histogram", sample_histogram (160, FALSE), NULL },
    { "log-histogram", sample_histogram (90, TRUE), NULL },
    { "points", sample_scatter (300), "feature 17" },
    { "cloud", sample_scatter (100000), NULL },
    { "fingerprint", sample_fingerprint (12, 7), "3.up" },
    { "tall", sample_fingerprint (40, 12), NULL },
    { "weights", sample_weights (512, 8), NULL },
    { "matrix", sample_weights (24, 1), NULL },
  };
  gboolean is_good = g_mkdir_with_parents (folder, 0755) == 0;

  for (gsize i = 0; i < G_N_ELEMENTS (exhibits); i++)
    {
      is_good = show_all_sizes (&exhibits[i], folder) && is_good;
      sp_result_unref (exhibits[i].result);
    }
  return is_good ? 0 : 1;
}
