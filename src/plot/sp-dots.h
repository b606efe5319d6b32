/* sp-dots.h - clouds of points too many to draw one by one */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "sp-figure-private.h"

/* The points of a series as one image, darker where more of them lie.  fades: behind a selection. */
void sp_dots_draw (SpFigure *figure, SpPen *pen, gsize series, gboolean fades);
