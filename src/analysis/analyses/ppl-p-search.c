/* ppl-p-search.c - which τ to measure next to find where perplexity has grown by p % */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "ppl-p-search.h"

#include <math.h>

/* Steps of the reference's bisection asked at once: a reading of the weights for two of them costs three measurements instead of two. */
#define LEVELS      2
#define N_STEPS     20                     /* of it: 2^-20 <= 1e-6 */
/* A bracket that is not halved by so many measurements is cut in the middle. */
#define PATIENCE    3
/* What is nearer to an end of its bracket than this share of it is looked for beyond, by so much of τ at least. */
#define END         0.2
#define BEYOND      2e-3
#define MOST_ASKED  40                     /* of one p: whatever the curve does, it ends */

/* Where models whose neurons are worth looking at have p = 1 … 10. */
static const double first_taus[] = { 0.07, 0.2 };

typedef struct {
  double percent;
  double width;                            /* of the bracket when it was last halved */
  guint  n_slow, n_asked;
} Wanted;

struct _PplSearch {
  PplConvention convention;
  double        tolerance;
  gsize         n;
  Wanted       *wanted;                    /* (n) */
  GArray       *points;                    /* of PplPoint, ascending τ */
  PplGuide     *guide;                     /* NULL: there is none */
};

PplSearch *
ppl_search_new (PplConvention convention, const double *percents, gsize n, double tolerance)
{
  PplSearch *self = g_new0 (PplSearch, 1);

  self->convention = convention;
  self->tolerance = tolerance;
  self->n = n;
  self->wanted = g_new0 (Wanted, n + 1);
  for (gsize i = 0; i < n; i++)
    self->wanted[i] = (Wanted) { .percent = percents[i], .width = INFINITY };
  self->points = g_array_new (FALSE, FALSE, sizeof (PplPoint));
  return self;
}

void
ppl_search_free (PplSearch *self)
{
  g_array_unref (self->points);
  g_free (self->guide);
  g_free (self->wanted);
  g_free (self);
}

void
ppl_search_set_guide (PplSearch *self, const PplGuide *guide)
{
  g_free (self->guide);
  self->guide = g_memdup2 (guide, sizeof *guide);
}

PplCurve
ppl_search_get_curve (PplSearch *self)
{
  return (PplCurve) { (const PplPoint *) self->points->data, self->points->len, self->guide, self->convention == PPL_EXACT };
}

/* The place of a τ, or where it would be. */
static guint
find_place (PplSearch *self, double tau)
{
  guint i = 0;

  while (i < self->points->len && g_array_index (self->points, PplPoint, i).tau < tau)
    i++;
  return i;
}

static const PplPoint *
find_point (PplSearch *self, double tau)
{
  guint i = find_place (self, tau);

  return i < self->points->len && g_array_index (self->points, PplPoint, i).tau == tau ? &g_array_index (self->points, PplPoint, i) : NULL;
}

void
ppl_search_add (PplSearch *self, const PplPoint *point)
{
  if (find_point (self, point->tau) == NULL)
    g_array_insert_val (self->points, find_place (self, point->tau), *point);
}

/* Once, and not what is known. */
static void
ask (PplSearch *self, GArray *asked, double tau)
{
  for (guint i = 0; i < asked->len; i++)
    if (g_array_index (asked, double, i) == tau)
      return;
  if (find_point (self, tau) == NULL)
    g_array_append_val (asked, tau);
}

/* The reference */

typedef struct { double lower, upper; guint n_steps; } Bisection;

/* As far as is known; a ratio that is no number is not below. */
static Bisection
bisect (PplSearch *self, double percent)
{
  Bisection       at = { 0, 1, 0 };
  const PplPoint *middle;

  while (at.n_steps < N_STEPS && (middle = find_point (self, (at.lower + at.upper) / 2)) != NULL)
    {
      if (middle->ratio < 1 + percent / 100)
        at.lower = middle->tau;
      else
        at.upper = middle->tau;
      at.n_steps++;
    }
  return at;
}

static void
ask_tree (PplSearch *self, GArray *asked, double lower, double upper, guint n_levels)
{
  double middle = (lower + upper) / 2;

  ask (self, asked, middle);
  if (n_levels <= 1)
    return;
  ask_tree (self, asked, lower, middle, n_levels - 1);
  ask_tree (self, asked, middle, upper, n_levels - 1);
}

static void
ask_reference (PplSearch *self, Wanted *wanted, GArray *asked)
{
  Bisection at = bisect (self, wanted->percent);

  ask_tree (self, asked, at.lower, at.upper, CLAMP (N_STEPS - at.n_steps, 1, LEVELS));
}

/* The answer was measured after the last step, as the middle of what is left. */
static PplAnswer
answer_reference (PplSearch *self, const Wanted *wanted)
{
  Bisection       at = bisect (self, wanted->percent);
  const PplPoint *last = at.n_steps == N_STEPS ? find_point (self, (at.lower + at.upper) / 2) : NULL;
  PplCurve        curve = ppl_search_get_curve (self);
  PplAnswer       answer = ppl_curve_answer (&curve, wanted->percent, 0);

  if (answer.state == PPL_DENSE)
    return answer;
  answer.state = last == NULL ? PPL_SEARCHING : at.upper == 1 ? PPL_NEVER : at.lower == 0 ? PPL_AT_ONCE : PPL_FOUND;
  if (last == NULL)
    return answer;
  answer.tau = last->tau;
  answer.ratio = last->ratio;
  answer.active = last->active;
  answer.low = at.lower;
  answer.high = at.upper;
  answer.estimate = 0;
  answer.is_measured = TRUE;
  return answer;
}

/* Ours */

/* Beyond all that was measured: along the power the last two lie on, and a little farther. */
static double
reach_out (PplSearch *self, double percent)
{
  const PplPoint *points = (const PplPoint *) self->points->data, *last = &points[self->points->len - 1];
  const PplPoint *before = self->points->len > 1 ? last - 1 : NULL;
  double          cost = log (last->ratio), slope = 2, factor = 2;

  if (before != NULL && before->ratio > 1 && last->ratio > before->ratio)
    slope = CLAMP (log (cost / log (before->ratio)) / log (last->tau / before->tau), 1.5, 8);
  if (cost > 0)
    factor = CLAMP (1.05 * pow (log1p (percent / 100) / cost, 1 / slope), 1.3, 2);
  return MIN (last->tau * factor, 1);
}

/* After a p's first measurement: where the answer is thought to be; near an end of the bracket, as far again beyond: an answer between two
 * near ends is known. */
static double
aim (const PplAnswer *answer)
{
  double from_low = answer->tau - answer->low, to_high = answer->high - answer->tau, width = answer->high - answer->low;
  double least = BEYOND * answer->tau;

  if (from_low < END * width)
    return answer->tau + MAX (from_low, least);
  if (to_high < END * width)
    return answer->tau - MAX (to_high, least);
  return answer->tau;
}

/* Inside the bracket; in its middle where that goes on for too long. */
static double
look_inside (Wanted *wanted, const PplAnswer *answer)
{
  double width = answer->high - answer->low;

  if (width <= wanted->width / 2)
    {
      wanted->width = width;
      wanted->n_slow = 0;
    }
  else if (++wanted->n_slow >= PATIENCE)
    {
      wanted->n_slow = 0;
      return answer->low > 0 ? sqrt (answer->low * answer->high) : answer->high / 8;
    }
  return CLAMP (wanted->n_asked > 2 ? aim (answer) : answer->tau, answer->low + PPL_LEAST_TAU / 4, answer->high - PPL_LEAST_TAU / 4);
}

static void
ask_ours (PplSearch *self, Wanted *wanted, const PplAnswer *answer, GArray *asked)
{
  if (self->points->len == 0)
    for (gsize i = 0; i < G_N_ELEMENTS (first_taus); i++)
      ask (self, asked, first_taus[i]);
  else if (isnan (answer->high))
    ask (self, asked, reach_out (self, wanted->percent));
  else
    ask (self, asked, look_inside (wanted, answer));
}

/* Both */

static double
tolerance_of (PplSearch *self, const Wanted *wanted)
{
  return wanted->n_asked >= MOST_ASKED ? INFINITY : self->tolerance;
}

PplAnswer
ppl_search_get_answer (PplSearch *self, gsize i)
{
  const Wanted *wanted = &self->wanted[i];
  PplCurve      curve = ppl_search_get_curve (self);

  if (self->convention == PPL_REFERENCE)
    return answer_reference (self, wanted);
  return ppl_curve_answer (&curve, wanted->percent, tolerance_of (self, wanted));
}

GArray *
ppl_search_next (PplSearch *self)
{
  GArray *asked = g_array_new (FALSE, FALSE, sizeof (double));

  for (gsize i = 0; i < self->n; i++)
    {
      PplAnswer answer = ppl_search_get_answer (self, i);

      if (answer.state != PPL_SEARCHING)
        continue;
      self->wanted[i].n_asked++;
      if (self->convention == PPL_REFERENCE)
        ask_reference (self, &self->wanted[i], asked);
      else
        ask_ours (self, &self->wanted[i], &answer, asked);
    }
  return asked;
}

double
ppl_search_get_share (PplSearch *self)
{
  double share = 0;

  for (gsize i = 0; i < self->n; i++)
    if (ppl_search_get_answer (self, i).state != PPL_SEARCHING)
      share += 1;
    else if (self->convention == PPL_REFERENCE)
      share += bisect (self, self->wanted[i].percent).n_steps / (N_STEPS + 1.0);
    else
      share += self->wanted[i].n_asked / (self->wanted[i].n_asked + 2.0);
  return self->n > 0 ? share / (double) self->n : 1;
}
