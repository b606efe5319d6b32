/* sp-sae-neighbours.c - products of tiles of unit vectors, of which each keeps its largest and its smallest
 *
 * Directions that are 0 are left out, and tiles filled up with zeros.  Products are nearly right (sp-screen): a tile's largest are found
 * sixteen lanes at a time, and where one may reach what is known already, all of its line that may are made exact.  So what is found does
 * not depend on the order of tiles, nor on how products were made. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sp-sae-neighbours.h"

#include "kernels.h"
#include "sp-product.h"
#include "sp-screen.h"

#include <pthread.h>
#include <string.h>

#define MOST_TILE       512            /* directions of a tile, */
#define LEAST_TILE      64
#define TILE_ELEMENTS   (1u << 22)     /* if they have no more elements than this: a product is some tenths of a second at most */
#define UNIT_DIRECTIONS 256            /* of a unit of what is done direction by direction */
#define ROUNDING        0x1p-20        /* more than what rounding an exact product to f32 takes */

/* Those that are not 0, as unit vectors. */
typedef struct {
  SpDirections directions;
  gsize        tile, n, n_tiles;
  guint32     *places;                 /* (n) among the directions, ascending */
  double      *norms;                  /* (directions.n) */
  float       *units;                  /* (n_tiles · tile, n_inputs) */
} Units;

typedef struct { float value; guint32 place; } Best;

/* Of some directions, so far: largest and smallest cosine. */
typedef struct { Best *most, *least; } Bests;

typedef struct {
  const Units    *a, *b;               /* the same where each has its neighbours among the others */
  SpScreen       *screen;              /* of a's, as tokens, by b's, as features */
  float           margin;              /* more than what a product of it is off by */
  Bests           of_a, of_b;          /* (n_tiles · tile), of units */
  float         **tiles;               /* (n_threads): (tile, tile) */
  Bests          *known;               /* (n_threads): (2 · tile), first rows, then columns, of the tile worked at */
  pthread_mutex_t mutex;               /* of_a, of_b, n_done */
  gsize           n_units, n_done;
  SpShareFunc     share;
  gpointer        data;
} Search;

/* --- one by one ---------------------------------------------------------------------------------------- */

typedef struct { SpDirections a, b; double *out; } Each;

static gsize
count_units (gsize n)
{
  return (n + UNIT_DIRECTIONS - 1) / UNIT_DIRECTIONS;
}

static double
find_norm (const float *x, gsize n)
{
  guint64 n_nonzero = 0;

  return sqrt (sp_kernels ()->row[SP_DTYPE_F32] (x, n, &n_nonzero));
}

double
sp_directions_cosine (const float *a, const float *b, gsize n)
{
  double lanes[SP_LANES] = { 0 }, norms = find_norm (a, n) * find_norm (b, n), cosine;
  gsize  i = 0;

  for (; i + SP_LANES <= n; i += SP_LANES)
    for (gsize l = 0; l < SP_LANES; l++)
      lanes[l] += (double) a[i + l] * (double) b[i + l];
  for (; i < n; i++)
    lanes[i % SP_LANES] += (double) a[i] * (double) b[i];
  cosine = sp_lanes_fold (lanes) / norms;
  return norms > 0 ? CLAMP (cosine, -1, 1) : NAN;
}

static void
measure_norms (gpointer data, gsize unit, guint thread)
{
  const Each *each = data;
  gsize       end = MIN ((unit + 1) * UNIT_DIRECTIONS, each->a.n);

  for (gsize i = unit * UNIT_DIRECTIONS; i < end; i++)
    each->out[i] = find_norm (each->a.rows + i * each->a.n_inputs, each->a.n_inputs);
}

static void
measure_cosines (gpointer data, gsize unit, guint thread)
{
  const Each *each = data;
  gsize       end = MIN ((unit + 1) * UNIT_DIRECTIONS, each->a.n), d = each->a.n_inputs;

  for (gsize i = unit * UNIT_DIRECTIONS; i < end; i++)
    each->out[i] = sp_directions_cosine (each->a.rows + i * d, each->b.rows + i * d, d);
}

gboolean
sp_directions_find_norms (SpTeam *team, SpDirections directions, double *norms, GError **error)
{
  Each each = { directions, directions, norms };

  return sp_team_each (team, count_units (directions.n), measure_norms, &each, error);
}

gboolean
sp_directions_find_cosines (SpTeam *team, SpDirections a, SpDirections b, double *cosines, GError **error)
{
  Each each = { a, b, cosines };

  return sp_team_each (team, count_units (a.n), measure_cosines, &each, error);
}

/* --- unit vectors -------------------------------------------------------------------------------------- */

static void
units_clear (Units *self)
{
  g_free (self->places);
  g_free (self->norms);
  g_aligned_free (self->units);
}

static void
scale_tile (gpointer data, gsize tile, guint thread)
{
  const Units *self = data;
  gsize        d = self->directions.n_inputs, first = tile * self->tile, end = MIN (first + self->tile, self->n);

  for (gsize i = first; i < end; i++)
    {
      const float *row = self->directions.rows + self->places[i] * d;
      double       factor = 1 / self->norms[self->places[i]];

      for (gsize k = 0; k < d; k++)
        self->units[i * d + k] = (float) ((double) row[k] * factor);
    }
  memset (self->units + end * d, 0, (first + self->tile - end) * d * sizeof *self->units);
}

static gsize
choose_tile (gsize n_inputs)
{
  gsize tile = CLAMP (TILE_ELEMENTS / MAX (n_inputs, 1), LEAST_TILE, MOST_TILE);

  return tile - tile % LEAST_TILE;
}

static gboolean
units_init (Units *self, SpTeam *team, SpDirections directions, GError **error)
{
  *self = (Units) { .directions = directions, .tile = choose_tile (directions.n_inputs) };
  self->norms = g_new (double, directions.n);
  self->places = g_new (guint32, directions.n);
  if (!sp_directions_find_norms (team, directions, self->norms, error))
    return FALSE;
  for (gsize i = 0; i < directions.n; i++)
    if (self->norms[i] > 0)
      self->places[self->n++] = (guint32) i;
  self->n_tiles = (self->n + self->tile - 1) / self->tile;
  self->units = g_aligned_alloc (MAX (self->n_tiles * self->tile, 1), directions.n_inputs * sizeof (float), 64);
  return sp_team_each (team, self->n_tiles, scale_tile, self, error);
}

/* --- the best of a tile -------------------------------------------------------------------------------- */

static Bests
bests_new (gsize n)
{
  Bests bests = { g_new (Best, n), g_new (Best, n) };

  for (gsize i = 0; i < n; i++)
    {
      bests.most[i] = (Best) { -INFINITY, SP_NO_FEATURE };
      bests.least[i] = (Best) { INFINITY, SP_NO_FEATURE };
    }
  return bests;
}

static void
bests_clear (Bests *bests)
{
  g_free (bests->most);
  g_free (bests->least);
}

static void
bests_copy (Bests to, gsize at, Bests from, gsize first, gsize n)
{
  memcpy (to.most + at, from.most + first, n * sizeof *to.most);
  memcpy (to.least + at, from.least + first, n * sizeof *to.least);
}

static gboolean
is_better (Best candidate, Best known, gboolean is_most)
{
  if (candidate.value == known.value)
    return candidate.place < known.place;
  return is_most ? candidate.value > known.value : candidate.value < known.value;
}

static void
bests_merge (Bests into, gsize first, Bests from, gsize at, gsize n)
{
  for (gsize i = 0; i < n; i++)
    {
      if (is_better (from.most[at + i], into.most[first + i], TRUE))
        into.most[first + i] = from.most[at + i];
      if (is_better (from.least[at + i], into.least[first + i], FALSE))
        into.least[first + i] = from.least[at + i];
    }
}

/* Where value is first, of n elements stride apart. */
static guint32
find_first (const float *x, gsize stride, gsize n, float value)
{
  gsize i = 0;

  while (i + 1 < n && x[i * stride] != value)
    i++;
  return (guint32) i;
}

/* A row or a column of a tile: n elements, stride apart; the first is the product of these directions of a and b. */
typedef struct { const float *z; gsize stride, n, a, b; gboolean is_column; } Line;

/* Element i, made exact. */
static void
take_exact (const Search *search, const Line *line, gsize i, gboolean is_most, Best *known)
{
  guint32 a = (guint32) (line->a + (line->is_column ? i : 0)), b = (guint32) (line->b + (line->is_column ? 0 : i));
  Best    candidate = { 0, line->is_column ? a : b };

  sp_screen_exact (search->screen, a, &b, 1, &candidate.value);
  if (is_better (candidate, *known, is_most))
    *known = candidate;
}

/* value: the line's largest, or smallest; infinite: none counts.  With it exact, few others may be better. */
static void
take_extreme (const Search *search, const Line *line, gboolean is_most, float value, Best *known)
{
  float sign = is_most ? 1 : -1;
  gsize first;

  if (!isfinite (value) || sign * value + search->margin < sign * known->value)
    return;
  first = find_first (line->z, line->stride, line->n, value);
  take_exact (search, line, first, is_most, known);
  for (gsize i = 0; i < line->n; i++)
    if (i != first && sign * line->z[i * line->stride] + search->margin >= sign * known->value)
      take_exact (search, line, i, is_most, known);
}

/* x joins what is largest and smallest of its row's lanes, and of each column; NaN joins nothing.  n: a multiple of the lanes. */
static inline void
join_row (const float *restrict x, gsize n, float *restrict most, float *restrict least, float *restrict row_most,
          float *restrict row_least)
{
  for (gsize c = 0; c < n; c += SP_LANES)
    for (gsize l = 0; l < SP_LANES; l++)
      {
        float v = x[c + l];

        most[c + l] = v > most[c + l] ? v : most[c + l];
        least[c + l] = v < least[c + l] ? v : least[c + l];
        row_most[l] = v > row_most[l] ? v : row_most[l];
        row_least[l] = v < row_least[l] ? v : row_least[l];
      }
}

static void
set_all (float *x, gsize n, float value)
{
  for (gsize i = 0; i < n; i++)
    x[i] = value;
}

/* Of a row all its lanes give. */
static void
join_lanes (float *most, float *least)
{
  for (gsize l = 1; l < SP_LANES; l++)
    {
      most[0] = MAX (most[0], most[l]);
      least[0] = MIN (least[0], least[l]);
    }
}

/* Rows of n elements, of which n_rows count, from these directions of a and b on; known: of them, then of the columns. */
static void
scan_tile (const Search *search, const float *tile, gsize n, gsize n_rows, gsize a, gsize b, gboolean is_diagonal, Bests known)
{
  float most[MOST_TILE], least[MOST_TILE];

  set_all (most, n, -INFINITY);
  set_all (least, n, INFINITY);
  for (gsize r = 0; r < n_rows; r++)
    {
      float row_most[SP_LANES], row_least[SP_LANES];
      Line  line = { tile + r * n, 1, n, a + r, b, FALSE };

      set_all (row_most, SP_LANES, -INFINITY);
      set_all (row_least, SP_LANES, INFINITY);
      join_row (tile + r * n, n, most, least, row_most, row_least);
      join_lanes (row_most, row_least);
      take_extreme (search, &line, TRUE, row_most[0], &known.most[r]);
      take_extreme (search, &line, FALSE, row_least[0], &known.least[r]);
    }
  for (gsize c = 0; c < n && !is_diagonal; c++)
    {
      Line line = { tile + c, n, n_rows, a, b + c, TRUE };

      take_extreme (search, &line, TRUE, most[c], &known.most[n + c]);
      take_extreme (search, &line, FALSE, least[c], &known.least[n + c]);
    }
}

/* --- all tiles ----------------------------------------------------------------------------------------- */

/* Of one set's own pairs only those at or below the diagonal. */
static void
find_pair (const Search *search, gsize unit, gsize *row, gsize *column)
{
  if (search->a != search->b)
    {
      *row = unit / search->b->n_tiles;
      *column = unit % search->b->n_tiles;
      return;
    }
  *row = (gsize) ((sqrt (8 * (double) unit + 1) - 1) / 2);
  while (*row * (*row + 1) / 2 > unit)
    --*row;
  while ((*row + 1) * (*row + 2) / 2 <= unit)
    ++*row;
  *column = unit - *row * (*row + 1) / 2;
}

/* What is no pair of two directions becomes NaN. */
static void
strike_out (float *tile, gsize n, gsize n_columns, gboolean is_diagonal)
{
  for (gsize r = 0; r < n; r++)
    for (gsize c = n_columns; c < n; c++)
      tile[r * n + c] = NAN;
  for (gsize i = 0; i < n && is_diagonal; i++)
    tile[i * n + i] = NAN;
}

static void
search_pair (gpointer data, gsize unit, guint thread)
{
  Search *search = data;
  Bests   known = search->known[thread];
  float  *tile = search->tiles[thread];
  gsize   n = search->a->tile, row, column;

  find_pair (search, unit, &row, &column);
  sp_screen_multiply (search->screen, row * n, n, column * n, n, tile, n);
  strike_out (tile, n, MIN (search->b->n - column * n, n), search->a == search->b && row == column);
  pthread_mutex_lock (&search->mutex);
  bests_copy (known, 0, search->of_a, row * n, n);
  bests_copy (known, n, search->of_b, column * n, n);
  pthread_mutex_unlock (&search->mutex);
  scan_tile (search, tile, n, MIN (search->a->n - row * n, n), row * n, column * n, search->a == search->b && row == column, known);
  pthread_mutex_lock (&search->mutex);
  bests_merge (search->of_a, row * n, known, 0, n);
  bests_merge (search->of_b, column * n, known, n, n);
  search->n_done++;
  if (search->share != NULL)
    search->share (search->data, (double) search->n_done / (double) search->n_units);
  pthread_mutex_unlock (&search->mutex);
}

static void
take_tile (gpointer data, gsize tile, guint thread)
{
  Search *search = data;

  sp_screen_take (search->screen, tile * search->a->tile, search->a->tile);
}

/* offsets: of b's, all 0. */
static gboolean
make_screen (Search *search, SpTeam *team, const float *offsets, GError **error)
{
  gsize n_a = search->a->n_tiles * search->a->tile, n_b = search->b->n_tiles * search->b->tile;

  search->screen = sp_screen_new (team, search->b->units, offsets, n_b, search->b->directions.n_inputs, search->a->units, n_a, error);
  if (search->screen == NULL || !sp_team_each (team, search->a->n_tiles, take_tile, search, error))
    return FALSE;
  search->margin = (float) (sp_screen_bound (search->screen, n_a) + ROUNDING);
  return TRUE;
}

static gboolean
search_tiles (Search *search, SpTeam *team, GError **error)
{
  guint    n_threads = sp_team_get_n_threads (team);
  gsize    n = search->a->tile, n_a = search->a->n_tiles, n_b = search->b->n_tiles;
  gboolean is_done;

  search->n_units = search->a == search->b ? n_a * (n_a + 1) / 2 : n_a * n_b;
  search->tiles = g_new (float *, n_threads);
  search->known = g_new (Bests, n_threads);
  for (guint i = 0; i < n_threads; i++)
    {
      search->tiles[i] = g_aligned_alloc (n * n, sizeof (float), 64);
      search->known[i] = bests_new (2 * n);
    }
  pthread_mutex_init (&search->mutex, NULL);
  is_done = sp_team_each (team, search->n_units, search_pair, search, error);
  pthread_mutex_destroy (&search->mutex);
  for (guint i = 0; i < n_threads; i++)
    {
      g_aligned_free (search->tiles[i]);
      bests_clear (&search->known[i]);
    }
  g_free (search->tiles);
  g_free (search->known);
  return is_done;
}

static gboolean
search_all (Search *search, SpTeam *team, GError **error)
{
  g_autofree float *offsets = g_new0 (float, search->b->n_tiles * search->b->tile);
  gboolean          is_done;

  sp_product_init ();
  is_done = make_screen (search, team, offsets, error) && search_tiles (search, team, error);
  g_clear_pointer (&search->screen, sp_screen_free);
  return is_done;
}

/* --- what is told -------------------------------------------------------------------------------------- */

typedef struct { const Units *own, *others; Bests bests; SpNeighbours *out; } Telling;

static SpNeighbour
tell (const Telling *telling, gsize i, Best best)
{
  SpDirections own = telling->own->directions, others = telling->others->directions;
  guint32      feature;

  if (best.place == SP_NO_FEATURE)
    return (SpNeighbour) { NAN, SP_NO_FEATURE };
  feature = telling->others->places[best.place];
  return (SpNeighbour) {
    (float) sp_directions_cosine (own.rows + telling->own->places[i] * own.n_inputs, others.rows + feature * others.n_inputs,
                                  own.n_inputs),
    feature,
  };
}

static void
tell_some (gpointer data, gsize unit, guint thread)
{
  const Telling *telling = data;
  gsize          end = MIN ((unit + 1) * UNIT_DIRECTIONS, telling->own->n);

  for (gsize i = unit * UNIT_DIRECTIONS; i < end; i++)
    telling->out[telling->own->places[i]] = (SpNeighbours) { tell (telling, i, telling->bests.most[i]),
                                                             tell (telling, i, telling->bests.least[i]) };
}

static gboolean
tell_all (SpTeam *team, const Units *own, const Units *others, Bests bests, SpNeighbours *out, GError **error)
{
  Telling telling = { own, others, bests, out };

  for (gsize i = 0; i < own->directions.n; i++)
    out[i] = (SpNeighbours) { { NAN, SP_NO_FEATURE }, { NAN, SP_NO_FEATURE } };
  return sp_team_each (team, count_units (own->n), tell_some, &telling, error);
}

gboolean
sp_directions_find_neighbours (SpTeam *team, SpDirections directions, SpNeighbours *neighbours, SpShareFunc share, gpointer data,
                               GError **error)
{
  Units    units;
  Search   search = { .a = &units, .b = &units, .share = share, .data = data };
  gboolean is_done = units_init (&units, team, directions, error);

  if (is_done)
    {
      search.of_a = search.of_b = bests_new (units.n_tiles * units.tile);
      is_done = search_all (&search, team, error) && tell_all (team, &units, &units, search.of_a, neighbours, error);
      bests_clear (&search.of_a);
    }
  units_clear (&units);
  return is_done;
}

gboolean
sp_directions_find_partners (SpTeam *team, SpDirections a, SpDirections b, SpNeighbours *of_a, SpNeighbours *of_b, SpShareFunc share,
                             gpointer data, GError **error)
{
  Units    units_a = { 0 }, units_b = { 0 };
  Search   search = { .a = &units_a, .b = &units_b, .share = share, .data = data };
  gboolean is_done = units_init (&units_a, team, a, error) && units_init (&units_b, team, b, error);

  if (is_done)
    {
      search.of_a = bests_new (units_a.n_tiles * units_a.tile);
      search.of_b = bests_new (units_b.n_tiles * units_b.tile);
      is_done = search_all (&search, team, error) && tell_all (team, &units_a, &units_b, search.of_a, of_a, error) &&
                tell_all (team, &units_b, &units_a, search.of_b, of_b, error);
      bests_clear (&search.of_a);
      bests_clear (&search.of_b);
    }
  units_clear (&units_a);
  units_clear (&units_b);
  return is_done;
}
