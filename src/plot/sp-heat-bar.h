/* sp-heat-bar.h - beside a heatmap: the colour bar, and margins of rows and columns */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "sp-heat.h"

void sp_heat_measure_sides (SpHeat *heat, SpPen *pen, SpSides *sides);
void sp_heat_draw_bar      (SpHeat *heat, SpFigure *figure, SpPen *pen);
void sp_heat_draw_margins  (SpHeat *heat, SpFigure *figure, SpPen *pen);
