/* sp-distribution.c - the distribution of a tensor's magnitudes */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sp-distribution.h"

#include "sp-compare.h"

#include <float.h>
#include <math.h>
#include <pthread.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#define BLOCK 64

static SpMagnitudes    tables[SP_N_DTYPES];
static pthread_mutex_t tables_mutex = PTHREAD_MUTEX_INITIALIZER;

static guint
find_low (const double *low, guint n, double limit)
{
  guint first = 0, last = n;

  while (first < last)
    {
      guint middle = first + (last - first) / 2;

      if (low[middle] <= limit)
        first = middle + 1;
      else
        last = middle;
    }
  return first;
}

/* Distinct finite magnitudes, ascending.  Several signed bins (x and −x) share one. */
static void
make_magnitudes (SpMagnitudes *m, SpDtype dtype)
{
  guint    n_bins = sp_bin_count (dtype), n = 0;
  double  *low = g_new (double, n_bins), *high;
  gint32  *of_bin = g_new (gint32, n_bins);

  for (guint i = 0; i < n_bins; i++)
    if (sp_bin_is_finite (dtype, i))
      low[n++] = fabs (sp_bin_low (dtype, i));
  qsort (low, n, sizeof *low, sp_compare_doubles);
  for (guint i = 0; i < n; i++)
    if (m->n == 0 || low[i] != low[m->n - 1])
      low[m->n++] = low[i];
  high = g_new (double, m->n);
  for (guint i = 0; i < n_bins; i++)
    {
      of_bin[i] = -1;
      if (!sp_bin_is_finite (dtype, i))
        continue;
      of_bin[i] = (gint32) find_low (low, m->n, fabs (sp_bin_low (dtype, i))) - 1;
      high[of_bin[i]] = fabs (sp_bin_high (dtype, i));
    }
  m->low = low;
  m->high = high;
  m->of_bin = of_bin;
  m->is_exact = sp_bin_is_exact (dtype);
}

const SpMagnitudes *
sp_magnitudes_get (SpDtype dtype)
{
  SpMagnitudes *m = &tables[dtype];

  pthread_mutex_lock (&tables_mutex);
  if (m->n == 0)
    make_magnitudes (m, dtype);
  pthread_mutex_unlock (&tables_mutex);
  return m;
}

guint
sp_magnitudes_find (const SpMagnitudes *m, double limit)
{
  return find_low (m->low, m->n, limit);
}

void
sp_magnitudes_fold (const SpMagnitudes *m, const SpBins *signed_bins, SpBins *counts)
{
  for SP_BINS_EACH (signed_bins, i)
    if (m->of_bin[i] >= 0)
      sp_bins_add (counts, (guint) m->of_bin[i], signed_bins->counts[i]);
}

/* Bins that hold something, 64 a block.  Of each: how far it lies behind the one before, and its count. */
typedef struct {
  guint64 count;          /* of all before the block */
  double  energy;
  gsize   place;          /* of its first byte */
} Block;

/* One piece of memory, and what is looked at first lies first: of many thousand in turn, most time goes into fetching them. */
struct _SpDistribution {
  const SpMagnitudes *magnitudes;
  const Block        *blocks;          /* (n_blocks) */
  const guint8       *bytes, *end;     /* numbers, 7 bits a byte, low first, high bit: more */
  guint32             n_blocks;        /* at least one */
  guint16             before[];        /* (n_blocks) the last bin before the block */
};

static double
bin_middle (const SpMagnitudes *m, guint bin)
{
  return m->is_exact ? m->low[bin] : 0.5 * m->low[bin] + 0.5 * m->high[bin];
}

static double
bin_energy (const SpMagnitudes *m, guint bin, double count)
{
  double middle = bin_middle (m, bin);

  return count * middle * middle;
}

static void
append_number (GByteArray *bytes, guint64 number)
{
  guint8 byte;

  do
    {
      byte = (number & 0x7f) | (number > 0x7f ? 0x80 : 0);
      g_byte_array_append (bytes, &byte, 1);
      number >>= 7;
    }
  while (number > 0);
}

static guint64
read_number (const guint8 **bytes)
{
  guint64 number = 0;
  guint   shift = 0;

  do
    {
      number |= (guint64) (**bytes & 0x7f) << shift;
      shift += 7;
    }
  while (*(*bytes)++ & 0x80);
  return number;
}

/* What a distribution is made in: its parts grow. */
typedef struct {
  GArray     *before, *blocks;
  GByteArray *bytes;
  guint64     count;
  double      energy;
  guint       bin, n_bins;
} Building;

static void
start_block (Building *b)
{
  guint16 before = (guint16) b->bin;
  Block   block = { b->count, b->energy, b->bytes->len };

  g_array_append_val (b->before, before);
  g_array_append_val (b->blocks, block);
}

static void
append_bin (Building *b, const SpMagnitudes *m, guint bin, guint64 count)
{
  if (b->n_bins > 0 && b->n_bins % BLOCK == 0)
    start_block (b);
  b->n_bins++;
  append_number (b->bytes, bin - b->bin);
  append_number (b->bytes, count);
  b->bin = bin;
  b->count += count;
  b->energy += bin_energy (m, bin, (double) count);
}

static gsize
blocks_place (gsize n_blocks)
{
  gsize place = offsetof (SpDistribution, before) + n_blocks * sizeof (guint16);

  return (place + sizeof (Block) - 1) / sizeof (Block) * sizeof (Block);
}

static SpDistribution *
join (const Building *b, const SpMagnitudes *m)
{
  gsize           n = b->blocks->len, place = blocks_place (n);
  SpDistribution *d = g_malloc (place + n * sizeof (Block) + b->bytes->len);
  Block          *blocks = (Block *) ((char *) d + place);
  guint8         *bytes = (guint8 *) (blocks + n);

  *d = (SpDistribution) { .magnitudes = m, .blocks = blocks, .bytes = bytes, .end = bytes + b->bytes->len,
                          .n_blocks = (guint32) n };
  memcpy (d->before, b->before->data, n * sizeof (guint16));
  memcpy (blocks, b->blocks->data, n * sizeof (Block));
  if (b->bytes->len > 0)
    memcpy (bytes, b->bytes->data, b->bytes->len);
  return d;
}

SpDistribution *
sp_distribution_new (SpDtype dtype, const SpBins *counts)
{
  const SpMagnitudes *m = sp_magnitudes_get (dtype);
  Building            b = { .before = g_array_new (FALSE, FALSE, sizeof (guint16)),
                            .blocks = g_array_new (FALSE, FALSE, sizeof (Block)), .bytes = g_byte_array_new () };
  SpDistribution     *d;

  start_block (&b);
  for SP_BINS_EACH (counts, i)
    append_bin (&b, m, i, counts->counts[i]);
  d = join (&b, m);
  g_array_unref (b.before);
  g_array_unref (b.blocks);
  g_byte_array_unref (b.bytes);
  return d;
}

void
sp_distribution_free (SpDistribution *d)
{
  g_free (d);
}

gsize
sp_distribution_bytes (const SpDistribution *d)
{
  return (gsize) (d->end - (const guint8 *) d);
}

void
sp_distribution_prefetch (const SpDistribution *d)
{
  __builtin_prefetch (d);
  __builtin_prefetch ((const char *) d + 64);
}

/* The last block before which all lies among the first n bins of the dtype, without the last of these: that one may count in part. */
static guint
find_block (const SpDistribution *d, guint n)
{
  guint first = 0, last = d->n_blocks - 1;

  while (first < last)
    {
      guint middle = first + (last - first + 1) / 2;

      if (d->before[middle] + 1u < n)
        first = middle;
      else
        last = middle - 1;
    }
  return first;
}

double
sp_distribution_below (const SpDistribution *d, double limit, double *energy)
{
  const SpMagnitudes *m = d->magnitudes;
  guint               n = sp_magnitudes_find (m, limit);      /* bins that start at or below limit */
  guint               i = find_block (d, n), bin = d->before[i];
  const guint8       *bytes = d->bytes + d->blocks[i].place;
  double              count = (double) d->blocks[i].count, sum = d->blocks[i].energy;

  while (bytes < d->end && (bin += (guint) read_number (&bytes)) < n)
    {
      double in_bin = (double) read_number (&bytes);

      if (!m->is_exact && bin == n - 1 && limit < m->high[bin] && bin > 0)
        in_bin *= (limit - m->low[bin]) / (m->high[bin] - m->low[bin]);
      count += in_bin;
      sum += energy != NULL ? bin_energy (m, bin, in_bin) : 0;
    }
  if (energy != NULL)
    *energy = sum;
  return count;
}

double
sp_gini (const SpMagnitudes *m, const SpBins *counts)
{
  guint64 before = 0;
  guint   last = 0;
  double  weighted = 0, sum = 0, n = (double) counts->n;

  sp_bins_find_last (counts, &last);
  if (!m->is_exact && m->high[last] <= FLT_MIN)      /* bins there are as wide as the numbers are large */
    return NAN;
  for SP_BINS_EACH (counts, i)
    {
      /* in units of the largest, so that f64 does not overflow */
      double c = (double) counts->counts[i], x = bin_middle (m, i) / bin_middle (m, last);

      /* Σ over the bin's ranks before+1 … before+c of (2·rank − n − 1) = c·(2·before + c − n) */
      weighted += c * (2.0 * (double) before + c - n) * x;
      sum += c * x;
      before += counts->counts[i];
    }
  return sum > 0 ? weighted / (n * sum) : NAN;
}
