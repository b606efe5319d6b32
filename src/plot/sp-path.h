/* sp-path.h - long lines thinned to what a picture can show */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "sp-figure-private.h"

/* Strokes the visible part of a series.  Where many points share a pixel column only the first, least, greatest and
 * last of them count; a column they fill from low to high is filled at once (the picture is the same).  Points the
 * scales cannot show break the line. */
void sp_path_draw (SpFigure *figure, SpPen *pen, gsize series, double line_width, gboolean is_dashed);
