/* sp-screen.c - tokens and features as pairs of bf16, with what rounding them lost */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sp-screen.h"

#include "sp-product.h"

#include <float.h>
#include <math.h>
#include <string.h>

#define LEAST 0x1p-50                  /* of errors and lengths: more than what 2^24 subnormals taken for 0 may come to */
#define MOST 1e37                      /* of a product of lengths: none of its sums is infinite */
#define UP (1 + 0x1p-20)               /* more than what making a bound may round away */
#define SOME_FEATURES 64
#define SHARE 0x1p-20                  /* of an offset, as is added for the roundings of pick */

struct _SpScreen {
  const float *weights, *offsets, *x;  /* lent */
  gsize        n_features, n_inputs, n_pairs;
  void       (*pairs) (const uint32_t *x, const uint32_t *weights, size_t n, float *out, size_t stride);     /* NULL: sp_product() */

  float       *lengths;                /* (n_features) */
  float       *losses;                 /* (n_features) what rounding took from a row of weights: its length */
  float       *above;                  /* (n_features) offsets, and a little more */
  guint32     *weight_pairs;           /* (⌈n_features / SP_PAIR_COLUMNS⌉, n_pairs, SP_PAIR_COLUMNS) */
  double       rounding, most_length;  /* of any row's length what it lost at most */

  float       *errors;                 /* (most_tokens) NaN: nothing is known */
  guint32     *x_pairs;                /* (⌈most_tokens / SP_PAIR_ROWS⌉, n_pairs, SP_PAIR_ROWS) */
};

typedef struct { double length, loss; } Rounded;

static gsize
panels_of (gsize n, gsize width)
{
  return (n + width - 1) / width;
}

static double
length_of (const float *x, gsize n)
{
  double square;

  sp_kernels ()->dots[SP_DTYPE_F32] (x, n, x, &(guint32) { 0 }, 1, &square);
  return sqrt (square);
}

/* Room of whoever makes pairs: (n_inputs + 1), (n_inputs). */
typedef struct { guint16 *halves; float *left; } Room;

static Room
room_new (const SpScreen *self)
{
  return (Room) { g_new (guint16, self->n_inputs + 1), g_new (float, self->n_inputs) };
}

static void
room_clear (Room *room)
{
  g_free (room->halves);
  g_free (room->left);
}

/* What rounding took stays in the room.  Subnormals are 0, as the processor takes them. */
static void
put_pairs (const SpScreen *self, const float *row, const Room *room, guint32 *out, gsize stride)
{
  SpNarrowing lost = { 0, 0 };
  gsize       n = self->n_inputs;

  sp_kernels ()->narrow[SP_DTYPE_BF16] (row, n, room->halves, &lost);
  room->halves[n] = 0;
  for (gsize i = 0; i < n; i++)
    {
      guint32 bits;
      float   value;

      room->halves[i] = (room->halves[i] & 0x7f80) != 0 ? room->halves[i] : 0;
      bits = (guint32) room->halves[i] << 16;
      memcpy (&value, &bits, sizeof value);
      room->left[i] = row[i] - value;
    }
  for (gsize k = 0; k < self->n_pairs; k++)
    out[k * stride] = room->halves[2 * k] | (guint32) room->halves[2 * k + 1] << 16;
}

/* The row at place goes into its panel of width rows, where there are pairs. */
static Rounded
take_row (const SpScreen *self, const float *row, const Room *room, guint32 *panels, gsize place, gsize width)
{
  double length = length_of (row, self->n_inputs);

  if (self->pairs == NULL)
    return (Rounded) { length, 0 };
  put_pairs (self, row, room, panels + place / width * self->n_pairs * width + place % width, width);
  return (Rounded) { length, length_of (room->left, self->n_inputs) };
}

/* --- features ---------------------------------------------------------------------------------------------- */

static void
take_features (gpointer data, gsize unit, guint thread)
{
  SpScreen *self = data;
  gsize     end = MIN ((unit + 1) * SP_PAIR_COLUMNS, self->n_features);
  Room      room = room_new (self);

  for (gsize i = unit * SP_PAIR_COLUMNS; i < end; i++)
    {
      Rounded rounded = take_row (self, self->weights + i * self->n_inputs, &room, self->weight_pairs, i, SP_PAIR_COLUMNS);

      self->lengths[i] = (float) (rounded.length * UP);
      self->losses[i] = (float) (rounded.loss * UP);
      self->above[i] = (float) ((double) self->offsets[i] + SHARE * fabs ((double) self->offsets[i]));
    }
  room_clear (&room);
}

/* Rows that lost no more than rounding can, 2^-8 of each element, say what any row lost.  One that lost more, to subnormals, counts as
 * longer than it is; with one that has a weight too large for bf16 nothing is known of any token. */
static void
bound_features (SpScreen *self)
{
  self->rounding = 0x1p-30;
  for (gsize i = 0; i < self->n_features; i++)
    if ((double) self->losses[i] <= 0x1p-8 * (double) self->lengths[i])
      self->rounding = fmax (self->rounding, (double) self->losses[i] / fmax ((double) self->lengths[i], LEAST));
  self->most_length = LEAST;
  for (gsize i = 0; i < self->n_features; i++)
    {
      double length = UP * fmax ((double) self->lengths[i], UP * (double) self->losses[i] / self->rounding);

      self->lengths[i] = (float) fmin (fmax (length, LEAST), (double) FLT_MAX);
      self->most_length = fmax (self->most_length, length);
    }
}

/* --- tokens ------------------------------------------------------------------------------------------------ */

static float
error_of (const SpScreen *self, Rounded token)
{
  double sums = 1.02 * (double) (self->n_inputs + 16) * 0x1p-23 * token.length;
  double error = token.loss + self->rounding * (token.length + token.loss) + sums;

  return token.length * self->most_length < MOST ? (float) fmax (error * UP, LEAST) : NAN;
}

void
sp_screen_take (SpScreen *self, gsize first, gsize n)
{
  Room room = room_new (self);

  for (gsize t = first; t < first + n; t++)
    self->errors[t] = error_of (self, take_row (self, self->x + t * self->n_inputs, &room, self->x_pairs, t, SP_PAIR_ROWS));
  room_clear (&room);
}

/* --- products ---------------------------------------------------------------------------------------------- */

void
sp_screen_multiply (const SpScreen *self, gsize token, gsize n_tokens, gsize feature, gsize n, float *out, gsize stride)
{
  gsize n_pairs = self->n_pairs;

  if (self->pairs == NULL)
    {
      sp_product (n_tokens, n, self->n_inputs, 1, (SpOperand) { self->x + token * self->n_inputs, self->n_inputs },
                  (SpOperand) { self->weights + feature * self->n_inputs, self->n_inputs }, FALSE, NULL, out, stride);
      return;
    }
  for (gsize f = 0; f < n; f += SP_PAIR_COLUMNS)
    for (gsize t = 0; t < n_tokens; t += SP_PAIR_ROWS)
      self->pairs (self->x_pairs + (token + t) * n_pairs, self->weight_pairs + (feature + f) * n_pairs, n_pairs, out + t * stride + f,
                   stride);
}

double
sp_screen_bound (const SpScreen *self, gsize n_tokens)
{
  double most = 0;

  for (gsize t = 0; t < n_tokens; t++)
    most = isnan (self->errors[t]) ? NAN : MAX (most, (double) self->errors[t]);
  return UP * most * self->most_length;
}

SpMargin
sp_screen_margin (const SpScreen *self, gsize token, gsize first)
{
  return (SpMargin) { self->above + first, self->lengths + first, self->errors[token] };
}

float
sp_screen_least (const SpScreen *self, gsize token, gsize feature, float most)
{
  double either = 2 * UP * (double) self->errors[token] * (double) self->lengths[feature];
  double least = (double) most - either - 2 * SHARE * (fabs ((double) self->offsets[feature]) + fabs ((double) most));

  return isfinite (least) ? (float) least : -INFINITY;
}

void
sp_screen_exact (const SpScreen *self, gsize token, const guint32 *features, gsize n, float *z)
{
  double products[SOME_FEATURES];

  for (gsize first = 0; first < n; first += SOME_FEATURES)
    {
      gsize n_some = MIN (n - first, SOME_FEATURES);

      sp_kernels ()->dots[SP_DTYPE_F32] (self->x + token * self->n_inputs, self->n_inputs, self->weights, features + first, n_some,
                                         products);
      for (gsize i = 0; i < n_some; i++)
        z[first + i] = (float) (products[i] + (double) self->offsets[features[first + i]]);
    }
}

/* --- the whole ---------------------------------------------------------------------------------------------- */

double
sp_screen_bytes (gsize n_features, gsize n_inputs, gsize most_tokens)
{
  double n_rows = (double) n_features + SP_PAIR_COLUMNS + (double) most_tokens + SP_PAIR_ROWS;

  return n_rows * ((double) (n_inputs + 1) * sizeof (guint16) + 3 * sizeof (float));
}

SpScreen *
sp_screen_new (SpTeam *team, const float *weights, const float *offsets, gsize n_features, gsize n_inputs, const float *x,
               gsize most_tokens, GError **error)
{
  g_autoptr (SpScreen) self = g_new0 (SpScreen, 1);
  gsize                n_panels = panels_of (n_features, SP_PAIR_COLUMNS);

  *self = (SpScreen) { weights, offsets, x, n_features, n_inputs, (n_inputs + 1) / 2, sp_kernels ()->pairs };
  self->lengths = g_new (float, n_features);
  self->losses = g_new (float, n_features);
  self->above = g_new (float, n_features);
  self->errors = g_new (float, most_tokens);
  if (self->pairs != NULL)
    {
      self->weight_pairs = g_aligned_alloc0 (n_panels * self->n_pairs, SP_PAIR_COLUMNS * sizeof (guint32), 64);
      self->x_pairs = g_aligned_alloc0 (panels_of (most_tokens, SP_PAIR_ROWS) * self->n_pairs, SP_PAIR_ROWS * sizeof (guint32), 64);
    }
  if (!sp_team_each (team, n_panels, take_features, self, error))
    return NULL;
  bound_features (self);
  return g_steal_pointer (&self);
}

void
sp_screen_free (SpScreen *self)
{
  g_free (self->lengths);
  g_free (self->losses);
  g_free (self->above);
  g_aligned_free (self->weight_pairs);
  g_free (self->errors);
  g_aligned_free (self->x_pairs);
  g_free (self);
}
