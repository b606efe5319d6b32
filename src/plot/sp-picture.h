/* sp-picture.h - a figure as a PNG, SVG or PDF file fit to publish */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "sp-figure.h"

typedef struct {
  double      width, height;             /* points, 1/72 inch */
  double      dpi;                       /* PNG; also of images inside SVG and PDF */
  double      font_scale;
  gboolean    with_caption, with_title, is_dark, is_transparent;
  const char *provenance;                /* program version, files, parameters: embedded as metadata */
} SpPictureOptions;

/* 6.5 × 4 inches, 300 dpi, light, the caption as metadata only. */
void     sp_picture_options_init (SpPictureOptions *options);

/* The bytes of a file; format: "png", "svg" or "pdf".  The same figure gives the same bytes.  NULL: error. */
GBytes  *sp_picture_render (SpFigure *figure, const SpView *view, const SpPictureOptions *options,
                            const char *format, GError **error);
/* By the extension of path: .png, .svg, .pdf.  Text stays text in SVG and PDF.  Written beside, then renamed. */
gboolean sp_picture_write  (SpFigure *figure, const SpView *view, const SpPictureOptions *options,
                            const char *path, GError **error);
