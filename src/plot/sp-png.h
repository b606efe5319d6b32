/* sp-png.h - facts about a picture, put into PNG bytes */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>

/* Chunks go in front of the first after the header.  png: a whole PNG file. */
typedef struct { GByteArray *png; gsize at; } SpPngEditor;

void sp_png_begin          (SpPngEditor *editor, GByteArray *png);
void sp_png_add_resolution (SpPngEditor *editor, double dpi);
void sp_png_add_text       (SpPngEditor *editor, const char *keyword, const char *text);     /* iTXt beyond ASCII */
