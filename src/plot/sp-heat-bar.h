/* sp-heat-bar.h - beside a heatmap: the colour bar, and margins of rows and columns */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "sp-heat.h"

#define SP_HEAT_GAP 9.0        /* between the parts; all lengths × font_scale */

void     sp_heat_measure_sides (SpHeat *heat, SpPen *pen, SpSides *sides);
void     sp_heat_draw_bar      (SpHeat *heat, SpFigure *figure, SpPen *pen);

/* sp-heat-margin.c */
gboolean sp_heat_is_labelled   (const SpGrid *grid);
double   sp_heat_row_margin    (const SpGrid *grid);           /* room to the right; 0: no margin */
double   sp_heat_column_margin (const SpGrid *grid);           /* room above */
void     sp_heat_draw_margins  (SpHeat *heat, SpFigure *figure, SpPen *pen);
