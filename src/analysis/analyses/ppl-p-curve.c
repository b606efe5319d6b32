/* ppl-p-curve.c - perplexity by τ as measured at some, and the τ at which it has grown by p %
 *
 * With cost = ln ratio, the wanted τ has cost = ln (1 + p/100).  What is left out is τ of each layer's output, and cost about the
 * square of it, so by τ the root of cost is nearly a straight line that begins at 0 with nothing left out, also where that helps a little
 * (cost < 0).  Between two measured τ it is taken as a line, with a point beyond them, or one on either side, as a curve through all. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "ppl-p-curve.h"

#include <math.h>

/* A curve tells how good it is only with a point that near to its place, in cost, relative. */
#define CLOSE 0.2
/* A third point is at least so far away, in the root of cost, of the distance of the other two: near ones mostly differ by noise. */
#define APART 0.3
/* Of the standard error of an answer: what is known to so much of it is not measured better. */
#define OF_NOISE 0.1
#define LEAST_ACTIVE 1e-6
/* ln of the least ratio there is: where more is left out than helps by that, nothing is known but that it helps. */
#define LEAST_COST   (-700)

typedef struct { double tau, root, active, error; } Node;      /* root of cost; error: of cost */

/* Of the curve: a bracket, and what lies beyond it on one side, both or none. */
typedef struct {
  Node            nodes[4];    /* ascending τ and root; the first may be the curve's beginning, where nothing is measured */
  gsize           n, at;       /* the bracket is nodes[at] and the next */
  double          root;        /* wanted */
  const PplGuide *guide;
} Stretch;

static double
cost_of (const PplPoint *point)
{
  return isnan (point->ratio) ? INFINITY : fmax (log (point->ratio), LEAST_COST);
}

static double
root_of (double cost)
{
  return copysign (sqrt (fabs (cost)), cost);
}

static double
square_of (double root)
{
  return copysign (root * root, root);
}

/* How far a ratio is from the one wanted, relative. */
static double
distance (const PplPoint *point, double percent)
{
  double cost = cost_of (point);

  return isinf (cost) ? INFINITY : fabs (expm1 (cost - log1p (percent / 100)));
}

/* Through n points (xs, ys), at x. */
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

/* --- the activation ratio ------------------------------------------------------------------------------- */

/* By ln τ in straight lines; 1 where there is no guide. */
static double
guide_at (const PplGuide *guide, double tau)
{
  double place = CLAMP ((log10 (tau) - PPL_GUIDE_LEAST) * PPL_GUIDE_DECADE, 0, PPL_GUIDE_POINTS - 1.001);
  gsize  i = (gsize) place;

  return guide == NULL ? 1 : fmax (guide->active[i] + (place - (double) i) * (guide->active[i + 1] - guide->active[i]), LEAST_ACTIVE);
}

static gsize
first_measured (const Stretch *self)
{
  return self->nodes[0].tau > 0 ? 0 : 1;
}

/* How far the nodes are off the guide, by ln τ, as a curve through the `most` of them nearest to tau.  NaN: one node alone, without a
 * guide, says nothing of other τ. */
static double
active_at (const Stretch *self, gsize most, double tau)
{
  gsize  first = first_measured (self), end = self->n;
  double xs[4], ys[4];

  if (self->guide == NULL && end - first < 2)
    return NAN;
  while (end - first > most)
    if (log (self->nodes[end - 1].tau / tau) > log (tau / self->nodes[first].tau))
      end--;
    else
      first++;
  for (gsize i = first; i < end; i++)
    {
      xs[i - first] = log (self->nodes[i].tau);
      ys[i - first] = self->nodes[i].active / guide_at (self->guide, self->nodes[i].tau);
    }
  return lagrange (xs, ys, end - first, log (tau)) * guide_at (self->guide, tau);
}

/* --- between two points --------------------------------------------------------------------------------- */

/* The curve through n nodes from the first on, where cost has the wanted root.  FALSE: it is not between the bracket's ends. */
static gboolean
solve (const Stretch *self, gsize first, gsize n, double *tau)
{
  double taus[4], roots[4];

  for (gsize i = 0; i < n; i++)
    {
      taus[i] = self->nodes[first + i].tau;
      roots[i] = self->nodes[first + i].root;
    }
  *tau = lagrange (roots, taus, n, self->root);
  return *tau > self->nodes[self->at].tau && *tau < self->nodes[self->at + 1].tau;
}

/* -1: nothing left out. */
static Node
node_at (const PplCurve *curve, gssize i)
{
  const PplPoint *point = &curve->points[MAX (i, 0)];

  return i >= 0 ? (Node) { point->tau, root_of (cost_of (point)), point->active, point->error } : (Node) { 0, 0, NAN, 0 };
}

/* Going away from the bracket, the first that is well beyond its end, in the step's direction. */
static gboolean
find_beyond (const PplCurve *curve, gssize first, int step, const Node *end, double apart, Node *found)
{
  for (gssize i = first; i >= -1 && i < (gssize) curve->n; i += step)
    {
      *found = node_at (curve, i);
      if (isfinite (found->root) && step * (found->root - end->root) >= apart)
        return TRUE;
    }
  return FALSE;
}

/* How far the activation ratio is off where cost is off by its standard error, as at the bracket's nearer end: by the slope between points
 * that are at least so far away, if there are any, since of near ones the difference is mostly noise. */
static double
find_error (const Stretch *self, const PplCurve *curve, gsize high, const Node *near, double tau)
{
  const Node wanted = { .root = self->root };
  gsize      most = self->guide != NULL ? 1 : 2;         /* near points would bend what the guide says of far ones */
  double     apart = near->error / (2 * self->root), off;
  Node       low, top;

  if (isnan (apart))
    return NAN;
  if (!find_beyond (curve, (gssize) high - 1, -1, &wanted, apart, &low))
    low = node_at (curve, -1);
  if (!find_beyond (curve, (gssize) high, 1, &wanted, apart, &top))
    top = node_at (curve, (gssize) high);
  off = MIN ((top.tau - low.tau) / (top.root - low.root) * apart, tau / 2);
  return fabs (active_at (self, most, tau + off) - active_at (self, most, tau - off)) / 2;
}

/* How far the curve through n nodes leads elsewhere. */
static double
doubt (const Stretch *self, const PplAnswer *answer, gsize first, gsize n)
{
  double tau;

  return solve (self, first, n, &tau) ? fabs (active_at (self, 3, tau) - answer->active) : INFINITY;
}

/* Curves through one node less tell how good those through all are. */
static double
find_estimate (const Stretch *self, const PplAnswer *answer)
{
  gsize  n_measured = self->n - first_measured (self);
  double estimate;

  if (self->n == 2 || n_measured < 2)
    return INFINITY;
  estimate = fabs (active_at (self, MIN (n_measured, 3) - 1, answer->tau) - answer->active);
  if (self->n == 3)
    return MAX (estimate, doubt (self, answer, self->at, 2));
  return MAX (estimate, MAX (doubt (self, answer, 0, 3), doubt (self, answer, 1, 3)));
}

/* Where the upper end is beyond all numbers. */
static void
answer_in_the_middle (PplAnswer *answer, const PplPoint *high)
{
  answer->tau = answer->low > 0 ? sqrt (answer->low * high->tau) : high->tau / 8;
  answer->active = high->active;
}

/* The bracket below points[high], which is no infinity. */
static Stretch
find_stretch (const PplCurve *curve, gsize high, double percent, gboolean is_smooth)
{
  Stretch self = { .n = 2, .root = sqrt (log1p (percent / 100)), .guide = curve->guide };
  Node    low = node_at (curve, (gssize) high - 1), top = node_at (curve, (gssize) high), beyond;
  double  apart = APART * (top.root - low.root);

  if (is_smooth && find_beyond (curve, (gssize) high - 2, -1, &low, apart, &beyond))
    self.nodes[self.at++] = beyond;
  self.nodes[self.at] = low;
  self.nodes[self.at + 1] = top;
  self.n += self.at;
  if (is_smooth && find_beyond (curve, (gssize) high + 1, 1, &top, apart, &beyond))
    self.nodes[self.n++] = beyond;
  return self;
}

/* The tau, active, error and estimate of an answer between points[high], or the beginning, and the point before it. */
static void
answer_between (PplAnswer *answer, const PplCurve *curve, gsize high, double percent, gboolean is_smooth)
{
  Stretch     stretch;
  const Node *low, *top, *near;

  answer->estimate = INFINITY;
  if (isinf (cost_of (&curve->points[high])))
    {
      answer_in_the_middle (answer, &curve->points[high]);
      return;
    }
  stretch = find_stretch (curve, high, percent, is_smooth);
  low = &stretch.nodes[stretch.at];
  top = low + 1;
  if (!solve (&stretch, 0, stretch.n, &answer->tau) && !solve (&stretch, stretch.at, 2, &answer->tau))
    answer->tau = top->tau;                /* its root is the wanted one, as far as numbers tell */
  answer->active = CLAMP (active_at (&stretch, 3, answer->tau), 0, 1);
  near = low->tau > 0 && stretch.root - low->root < top->root - stretch.root ? low : top;
  answer->error = find_error (&stretch, curve, high, near, answer->tau);
  if (fabs (square_of (near->root) / square_of (stretch.root) - 1) < CLOSE)
    answer->estimate = find_estimate (&stretch, answer);
}

static void
take_point (PplAnswer *answer, const PplPoint *point, PplFinding state)
{
  answer->state = state;
  answer->tau = point->tau;
  answer->ratio = point->ratio;
  answer->active = point->active;
  answer->estimate = 0;
  answer->is_measured = TRUE;
}

/* The first point beyond the last that costs less than p. */
static gsize
find_high (const PplCurve *curve, double percent, gboolean *is_monotone)
{
  gsize high = curve->n, n_below = 0;

  while (high > 0 && !(cost_of (&curve->points[high - 1]) < log1p (percent / 100)))
    high--;
  for (gsize i = 0; i < high; i++)
    n_below += cost_of (&curve->points[i]) < log1p (percent / 100);
  *is_monotone = n_below == high;
  return high;
}

/* Between two points, or below the first: as good as it gets by now. */
static void
answer_in_bracket (PplAnswer *answer, const PplCurve *curve, gsize high, double percent, double tolerance)
{
  const PplPoint *points = curve->points, *near = &points[high];

  if (high > 0 && distance (&points[high - 1], percent) < distance (&points[high], percent))
    near = &points[high - 1];
  answer->low = high > 0 ? points[high - 1].tau : 0;
  answer->high = points[high].tau;
  answer->ratio = 1 + percent / 100;
  answer_between (answer, curve, high, percent, isfinite (tolerance));
  if (distance (near, percent) <= PPL_NEAR)
    take_point (answer, near, PPL_FOUND);
  else if (high == 0 && answer->high <= PPL_LEAST_TAU)
    answer->state = PPL_AT_ONCE;
  else if (answer->high - answer->low <= PPL_LEAST_TAU || isinf (tolerance) ||
           answer->estimate < fmax (tolerance, curve->is_exact ? 0 : OF_NOISE * answer->error))
    answer->state = PPL_FOUND;
}

PplAnswer
ppl_curve_answer (const PplCurve *curve, double percent, double tolerance)
{
  PplAnswer answer = { PPL_SEARCHING, NAN, NAN, NAN, NAN, NAN, NAN, NAN, FALSE, TRUE };
  gsize     high;

  if (!(percent > 0))
    {
      take_point (&answer, &(PplPoint) { .ratio = 1, .active = NAN }, PPL_DENSE);
      return answer;
    }
  high = find_high (curve, percent, &answer.is_monotone);
  if (high < curve->n)
    answer_in_bracket (&answer, curve, high, percent, tolerance);
  else if (curve->n > 0)
    {
      const PplPoint *last = &curve->points[curve->n - 1];

      take_point (&answer, last, last->tau >= 1 || isinf (tolerance) ? PPL_NEVER : PPL_SEARCHING);
      answer.low = answer.tau;
    }
  return answer;
}

PplAnswer
ppl_curve_interpolate (const PplCurve *curve, double percent)
{
  return ppl_curve_answer (curve, percent, INFINITY);
}

const PplPoint *
ppl_curve_nearest (const PplCurve *curve, double percent)
{
  const PplPoint *nearest = NULL;

  for (const PplPoint *point = curve->points; point < curve->points + curve->n; point++)
    if (isfinite (distance (point, percent)) && (nearest == NULL || distance (point, percent) < distance (nearest, percent)))
      nearest = point;
  return nearest;
}
