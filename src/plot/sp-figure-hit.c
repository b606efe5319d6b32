/* sp-figure-hit.c - what is at a point of a drawn figure */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sp-figure-private.h"

#include <math.h>

static gboolean
is_in (const SpRect *rect, double x, double y)
{
  return x >= rect->x && x < rect->x + rect->width && y >= rect->y && y < rect->y + rect->height;
}

static gssize
find_legend (SpFigure *figure, double x, double y)
{
  for (gsize i = 0; i < figure->n_legend; i++)
    if (is_in (&figure->legend[i], x, y))
      return (gssize) figure->legend_series[i];
  return -1;
}

/* The strip says which series has the colour there, and lets it be picked. */
static void
hit_ramp (SpFigure *figure, double x, double y, SpHit *hit)
{
  gsize rank = (gsize) ((x - figure->ramp.x) / figure->ramp.width * (double) figure->n_ramp);

  for (gsize s = 0; s < figure->n_series; s++)
    if (figure->y[s].key != NULL && figure->y[s].rank == rank)
      {
        hit->text = g_strdup (figure->y[s].title);
        hit->key = figure->y[s].key;
      }
}

/* Within 7 units of its line, or of its handle at the edge; fixed ones cannot be dragged. */
static gssize
find_marker (SpFigure *figure, double x, double y)
{
  double reach = 7 * figure->font_scale, least = reach;
  gssize found = -1;

  for (gsize i = 0; i < figure->plot->n_markers; i++)
    {
      const SpMarker *marker = &figure->plot->markers[i];
      double place = sp_figure_marker_place (figure, marker);
      double down = figure->kind->is_y_down ? place : 1 - place;
      double away = marker->is_vertical ? fabs (x - figure->area.x - figure->area.width * place)
                                        : fabs (y - figure->area.y - figure->area.height * down);

      if (marker->param != NULL && away <= least)
        {
          least = away;
          found = (gssize) i;
        }
    }
  return found;
}

void
sp_figure_hit (SpFigure *figure, double x, double y, SpHit *hit)
{
  const SpRect *area = &figure->area;
  double place_x = (x - area->x) / MAX (area->width, 1e-9), place_y = (y - area->y) / MAX (area->height, 1e-9);
  double air = 7 * figure->font_scale;

  *hit = (SpHit){ .neuron = -1, .marker = -1, .legend = find_legend (figure, x, y), .snap_x = NAN, .snap_y = NAN };
  hit->x = sp_axis_value (&figure->x_axis, place_x);
  hit->y = sp_axis_value (&figure->y_axis, figure->kind->is_y_down ? place_y : 1 - place_y);
  hit->is_inside = place_x >= 0 && place_x <= 1 && place_y >= 0 && place_y <= 1;
  if (hit->is_inside ||
      (x >= area->x - air && x <= area->x + area->width + air && y >= area->y - 2 * air && y <= area->y + area->height))
    hit->marker = find_marker (figure, x, y);
  if (is_in (&figure->ramp, x, y))
    hit_ramp (figure, x, y, hit);
  if (hit->is_inside && area->width > 0 && area->height > 0)
    figure->kind->hit (figure, x, y, hit);
}

void
sp_hit_clear (SpHit *hit)
{
  g_clear_pointer (&hit->text, g_free);
}
