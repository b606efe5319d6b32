/* sp-order.c - rows in the order of their numbers: sorted byte by byte, the least significant first */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sp-order.h"

#include <math.h>
#include <string.h>

#define N_BYTES 8
#define BYTES   256                        /* different ones */

typedef struct { guint64 key; guint32 row; } Entry;

/* Rises with the number.  -0 is 0. */
static guint64
make_key (double number, gboolean is_descending)
{
  guint64 bits, key;

  if (isnan (number))
    return G_MAXUINT64;
  number += 0.0;
  memcpy (&bits, &number, sizeof bits);
  key = bits >> 63 ? ~bits : bits | G_GUINT64_CONSTANT (1) << 63;
  return is_descending ? ~key : key;
}

static guint
byte_of (guint64 key, guint place)
{
  return key >> (8 * place) & (BYTES - 1);
}

/* counts: of each byte at this place; FALSE: all are the same there. */
static gboolean
scatter (const Entry *from, Entry *to, gsize n, guint place, const gsize *counts)
{
  gsize starts[BYTES], sum = 0;

  if (counts[byte_of (from[0].key, place)] == n)
    return FALSE;
  for (guint b = 0; b < BYTES; b++)
    {
      starts[b] = sum;
      sum += counts[b];
    }
  for (gsize i = 0; i < n; i++)
    to[starts[byte_of (from[i].key, place)]++] = from[i];
  return TRUE;
}

void
sp_order_rows (guint32 *rows, gsize n, const double *numbers, gboolean is_descending)
{
  g_autofree Entry *entries = g_new (Entry, n + 1), *others = g_new (Entry, n + 1);
  g_autofree gsize *counts = g_new0 (gsize, N_BYTES * BYTES);

  for (gsize i = 0; i < n; i++)
    {
      entries[i] = (Entry) { make_key (numbers[rows[i]], is_descending), rows[i] };
      for (guint place = 0; place < N_BYTES; place++)
        counts[place * BYTES + byte_of (entries[i].key, place)]++;
    }
  for (guint place = 0; n > 0 && place < N_BYTES; place++)
    if (scatter (entries, others, n, place, counts + place * BYTES))
      {
        Entry *sorted = others;

        others = entries;
        entries = sorted;
      }
  for (gsize i = 0; i < n; i++)
    rows[i] = entries[i].row;
}
