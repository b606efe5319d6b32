/* sp-svg.h - an SVG file whose text is text, with title, description and metadata */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>

typedef struct { const char *title, *description, *provenance; } SpSvgFacts;      /* any may be NULL */

/* svg: what Cairo wrote, without text; changed in place.  runs: of SpTextRun, in canvas units. */
void sp_svg_finish (GString *svg, const GArray *runs, const SpSvgFacts *facts);
