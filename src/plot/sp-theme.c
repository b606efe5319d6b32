/* sp-theme.c - what is not data: paper, ink, hairlines, and the colours of series, light and dark */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sp-color.h"

typedef struct {
  guint32 background, foreground, dim, grid, zero, missing, marker, series[8];
} Shades;

static const Shades shades[2] = {
  { 0xffffff, 0x1c1c1e, 0x5e5c64, 0xe3e2e6, 0xb4b2ad, 0xe9e8ec, 0xa51d2d,
    { 0x1f5bb0, 0xc4520c, 0x12594b, 0xb061d2, 0xb98728, 0x8a0c10, 0x4887a0, 0x6f6f6f } },
  { 0x1e1e1e, 0xf2f2f2, 0xa9a8ad, 0x373739, 0x6d6c6a, 0x2c2c2e, 0xff7b63,
    { 0x4db4ff, 0xe8820c, 0x62e3ae, 0xa06ac4, 0xe8cc4a, 0xd0453f, 0xc9f0ff, 0x9a9a9a } },
};

static SpTheme themes[2];

static void
make_theme (SpTheme *theme, const Shades *from, gboolean dark)
{
  theme->is_dark = dark;
  theme->background = sp_color_from_rgb (from->background);
  theme->foreground = sp_color_from_rgb (from->foreground);
  theme->dim = sp_color_from_rgb (from->dim);
  theme->grid = sp_color_from_rgb (from->grid);
  theme->zero = sp_color_from_rgb (from->zero);
  theme->missing = sp_color_from_rgb (from->missing);
  theme->marker = sp_color_from_rgb (from->marker);
  for (gsize i = 0; i < G_N_ELEMENTS (theme->series); i++)
    theme->series[i] = sp_color_from_rgb (from->series[i]);
}

const SpTheme *
sp_theme_get (gboolean dark)
{
  static gsize is_made;

  if (g_once_init_enter (&is_made))
    {
      make_theme (&themes[0], &shades[0], FALSE);
      make_theme (&themes[1], &shades[1], TRUE);
      g_once_init_leave (&is_made, 1);
    }
  return &themes[dark ? 1 : 0];
}
