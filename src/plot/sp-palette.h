/* sp-palette.h - colours: perceptually uniform maps for data, series colours, light and dark themes */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>

typedef struct { double r, g, b; } SpColor;

/* Sequential, or diverging about zero; safe for colour-blind eyes, lightness monotone (diverging: to the centre). */
typedef struct {
  const char *id, *title;
  gboolean    is_diverging;
  guint32     rgb[256];                  /* 0xRRGGBB */
} SpPalette;

const SpPalette *sp_palette_nth  (gsize i);                 /* NULL past the end */
const SpPalette *sp_palette_find (const char *id);          /* falls back to the first */
guint32          sp_palette_rgb  (const SpPalette *palette, double t);   /* t clamped to 0…1; 0xRRGGBB */

typedef struct {
  gboolean is_dark;
  SpColor  background, foreground, dim, grid, zero, missing, marker;     /* zero: exact zeros; missing: nothing there */
  SpColor  series[8];                    /* told apart also by dash and marker shape */
} SpTheme;

const SpTheme *sp_theme_get (gboolean dark);
