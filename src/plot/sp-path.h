/* sp-path.h - long lines thinned to what a picture can show */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "sp-figure-private.h"

/* Adds the visible part of a series to the path of the pen: where many points share a pixel column, only the
 * first, least, greatest and last of them (the picture is the same).  Points the scales cannot show break the line.
 * TRUE when points were left out. */
gboolean sp_path_series (SpFigure *figure, SpPen *pen, gsize series);
