/* ppl-p-curve.c - perplexity by τ as measured at some, and the τ at which it has grown by p %
 *
 * With cost = ln ratio, the wanted τ has cost = ln (1 + p/100).  What is left out grows with τ, and cost about as a power of it, so
 * between two measured τ ln cost is a line in ln τ, and with a third one beside them a parabola.  Below the least τ, and where leaving
 * out helps (cost <= 0), cost is a line in τ². */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "ppl-p-curve.h"

#include <math.h>

/* A parabola tells how good it is only with a point that near to its place, in cost, relative. */
#define CLOSE 0.1
/* Its third point is at least so far away, in ln cost, of the distance of the other two. */
#define APART 0.3

typedef struct { double x, y, active; } Node;        /* ln τ, ln cost */

static double
cost_of (const PplPoint *point)
{
  return isnan (point->ratio) ? INFINITY : log (point->ratio);
}

/* How far a ratio is from the one wanted, relative. */
static double
distance (const PplPoint *point, double percent)
{
  double cost = cost_of (point);

  return isinf (cost) ? INFINITY : fabs (expm1 (cost - log1p (percent / 100)));
}

static gboolean
make_node (const PplPoint *point, Node *node)
{
  double cost = cost_of (point);

  *node = (Node) { log (point->tau), log (cost), point->active };
  return cost > 0 && isfinite (cost);
}

/* Through n points (xs, ys), n = 2 or 3, at x. */
static double
lagrange (const double *xs, const double *ys, gsize n, double x)
{
  double sum = 0;

  for (gsize i = 0; i < n; i++)
    {
      double factor = 1;

      for (gsize k = 0; k < n; k++)
        factor *= k == i ? 1 : (x - xs[k]) / (xs[i] - xs[k]);
      sum += ys[i] * factor;
    }
  return sum;
}

/* ln τ where the curve through these nodes has ln cost y, and the activation ratio there. */
static void
solve (const Node *nodes, gsize n, double y, double *x, double *active)
{
  double xs[3], ys[3], actives[3];

  for (gsize i = 0; i < n; i++)
    {
      xs[i] = nodes[i].x;
      ys[i] = nodes[i].y;
      actives[i] = nodes[i].active;
    }
  *x = lagrange (ys, xs, n, y);
  *active = lagrange (xs, actives, n, *x);
}

/* Going away from the bracket, the first point whose ln cost is well apart from the end's, in the step's direction: of near ones the
 * difference is mostly noise. */
static gboolean
find_beyond (const PplPoint *points, gsize n, gsize first, int step, const Node *end, double apart, Node *found)
{
  for (gsize i = first; i < n; i += (gsize) step)
    if (make_node (&points[i], found) && step * (found->y - end->y) >= apart)
      return TRUE;
  return FALSE;
}

/* Of the points around a bracket the one whose cost is nearer, if the three go up together. */
static gboolean
find_third (const PplPoint *points, gsize n, gsize high, double percent, const Node *bracket, Node *third)
{
  double   y = log (log1p (percent / 100)), apart = APART * (bracket[1].y - bracket[0].y);
  Node     left, right;
  gboolean has_left = find_beyond (points, n, high - 2, -1, &bracket[0], apart, &left);
  gboolean has_right = find_beyond (points, n, high + 1, 1, &bracket[1], apart, &right);

  if (!has_left && !has_right)
    return FALSE;
  *third = !has_right || (has_left && y - left.y < right.y - y) ? left : right;
  return TRUE;
}

/* Linear in τ², and the activation ratio too. */
static void
answer_by_squares (PplAnswer *answer, const PplPoint *low, const PplPoint *high, double percent)
{
  double u_low = low->tau * low->tau, u_high = high->tau * high->tau, c_low = cost_of (low), c_high = cost_of (high);
  double share = (log1p (percent / 100) - c_low) / (c_high - c_low);

  if (isinf (c_high))
    answer->tau = low->tau > 0 ? sqrt (low->tau * high->tau) : high->tau / 8;
  else
    answer->tau = sqrt (u_low + share * (u_high - u_low));
  answer->active = low->active + (answer->tau - low->tau) / (high->tau - low->tau) * (high->active - low->active);
}

/* The tau, active, error and estimate of an answer between the points high - 1 (or nothing left out) and high. */
static void
answer_between (PplAnswer *answer, const PplPoint *points, gsize n, gsize high, double percent, gboolean is_smooth)
{
  const PplPoint none = { 0, 1, NAN }, *low = high > 0 ? &points[high - 1] : &none;
  double         wanted = log1p (percent / 100), y = log (wanted), x, active, x_smooth, active_smooth;
  Node           nodes[3];

  answer->error = answer->estimate = fabs (low->active - points[high].active);
  if (high == 0 || !make_node (low, &nodes[0]) || !make_node (&points[high], &nodes[1]))
    {
      answer_by_squares (answer, low, &points[high], percent);
      return;
    }
  solve (nodes, 2, y, &x, &active);
  if (is_smooth && find_third (points, n, high, percent, nodes, &nodes[2]))
    {
      solve (nodes, 3, y, &x_smooth, &active_smooth);
      if (x_smooth > nodes[0].x && x_smooth < nodes[1].x)
        {
          if (MIN (fabs (cost_of (low) / wanted - 1), fabs (cost_of (&points[high]) / wanted - 1)) < CLOSE)
            answer->estimate = MIN (answer->error, fabs (active_smooth - active));
          x = x_smooth;
          active = active_smooth;
        }
    }
  answer->tau = exp (x);
  answer->active = CLAMP (active, MIN (nodes[0].active, nodes[1].active), MAX (nodes[0].active, nodes[1].active));
}

static void
take_point (PplAnswer *answer, const PplPoint *point, PplFinding state)
{
  answer->state = state;
  answer->tau = point->tau;
  answer->ratio = point->ratio;
  answer->active = point->active;
  answer->error = answer->estimate = 0;
  answer->is_measured = TRUE;
}

/* The first point beyond the last that costs less than p. */
static gsize
find_high (const PplPoint *points, gsize n, double percent, gboolean *is_monotone)
{
  gsize high = n, n_below = 0;

  while (high > 0 && !(cost_of (&points[high - 1]) < log1p (percent / 100)))
    high--;
  for (gsize i = 0; i < high; i++)
    n_below += cost_of (&points[i]) < log1p (percent / 100);
  *is_monotone = n_below == high;
  return high;
}

/* Between two points, or below the first: as good as it gets by now. */
static void
answer_in_bracket (PplAnswer *answer, const PplPoint *points, gsize n, gsize high, double percent, double tolerance)
{
  const PplPoint *near = high > 0 && distance (&points[high - 1], percent) < distance (&points[high], percent)
    ? &points[high - 1] : &points[high];
  double          low = high > 0 ? points[high - 1].tau : 0;

  answer->low = low;
  answer->high = points[high].tau;
  if (distance (near, percent) <= PPL_NEAR)
    {
      take_point (answer, near, PPL_FOUND);
      return;
    }
  answer->ratio = 1 + percent / 100;
  answer_between (answer, points, n, high, percent, isfinite (tolerance));
  if (high == 0 && answer->high <= PPL_LEAST_TAU)
    answer->state = PPL_AT_ONCE;
  else if (answer->high - low <= PPL_LEAST_TAU || answer->estimate < tolerance || isinf (tolerance))
    answer->state = PPL_FOUND;
}

PplAnswer
ppl_curve_answer (const PplPoint *points, gsize n, double percent, double tolerance)
{
  PplAnswer answer = { PPL_SEARCHING, NAN, NAN, NAN, NAN, NAN, NAN, NAN, FALSE, TRUE };
  gsize     high;

  if (!(percent > 0))
    {
      take_point (&answer, &(PplPoint) { 0, 1, NAN }, PPL_DENSE);
      return answer;
    }
  high = find_high (points, n, percent, &answer.is_monotone);
  if (high < n)
    answer_in_bracket (&answer, points, n, high, percent, tolerance);
  else if (n > 0)
    {
      take_point (&answer, &points[n - 1], points[n - 1].tau >= 1 || isinf (tolerance) ? PPL_NEVER : PPL_SEARCHING);
      answer.low = answer.tau;
    }
  return answer;
}

PplAnswer
ppl_curve_interpolate (const PplPoint *points, gsize n, double percent)
{
  return ppl_curve_answer (points, n, percent, INFINITY);
}

const PplPoint *
ppl_curve_nearest (const PplPoint *points, gsize n, double percent)
{
  const PplPoint *nearest = NULL;

  for (gsize i = 0; i < n; i++)
    if (isfinite (distance (&points[i], percent)) && (nearest == NULL || distance (&points[i], percent) < distance (nearest, percent)))
      nearest = &points[i];
  return nearest;
}
