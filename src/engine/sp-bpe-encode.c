/* sp-bpe-encode.c - byte-pair encoding: words to ids */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sp-bpe-private.h"

#include "sp-memo.h"

#include <glib/gi18n-lib.h>
#include <string.h>

#define NONE      G_MAXUINT32
#define N_UNASKED 4096                     /* steps between two looks at the clock */
#define MOST_RUN  (1u << 24)               /* letters that are merged at once, in about 50 bytes each */

/* A letter, or what it and those after it became; a list of what is left. */
typedef struct {
  guint32 id, previous, next;              /* id SP_NO_ID: it went into another */
} Symbol;

/* By rank, then by place. */
typedef struct {
  guint64 order;                           /* rank << 32 | place */
  guint32 id;
} Candidate;

struct _SpBpeWork {
  SpBpe            *bpe;
  const SpPatience *patience;
  GArray           *ids;
  GArray           *run;                   /* of guint32: ids of letters since the last cut */
  GArray           *symbols, *heap;
  SpMemo           *memo;
  guint             n_steps;
};

SpBpeWork *
sp_bpe_work_new (SpBpe *bpe, const SpPatience *patience, GArray *ids)
{
  SpBpeWork *work = g_new0 (SpBpeWork, 1);

  work->bpe = bpe;
  work->patience = patience;
  work->ids = ids;
  work->run = g_array_new (FALSE, FALSE, sizeof (guint32));
  work->symbols = g_array_new (FALSE, FALSE, sizeof (Symbol));
  work->heap = g_array_new (FALSE, FALSE, sizeof (Candidate));
  work->memo = sp_memo_new ();
  return work;
}

void
sp_bpe_work_free (SpBpeWork *work)
{
  g_array_unref (work->run);
  g_array_unref (work->symbols);
  g_array_unref (work->heap);
  sp_memo_free (work->memo);
  g_free (work);
}

static gboolean
may_go_on (SpBpeWork *work, GError **error)
{
  return ++work->n_steps % N_UNASKED != 0 || sp_patience_check (work->patience, error);
}

/* --- merging --------------------------------------------------------------------------------------- */

static void
push (GArray *heap, Candidate candidate)
{
  Candidate *items;
  guint      i = heap->len;

  g_array_append_val (heap, candidate);
  items = (Candidate *) heap->data;
  for (; i > 0 && items[(i - 1) / 2].order > candidate.order; i = (i - 1) / 2)
    items[i] = items[(i - 1) / 2];
  items[i] = candidate;
}

static Candidate
pop (GArray *heap)
{
  Candidate *items = (Candidate *) heap->data, top = items[0], last = items[heap->len - 1];
  guint      n = heap->len - 1, i = 0, child;

  g_array_set_size (heap, n);
  for (; (child = 2 * i + 1) < n; i = child)
    {
      if (child + 1 < n && items[child + 1].order < items[child].order)
        child++;
      if (items[child].order >= last.order)
        break;
      items[i] = items[child];
    }
  if (n > 0)
    items[i] = last;
  return top;
}

/* The pair of the symbol at a place and the one after it, if it becomes anything. */
static void
push_pair (SpBpeWork *work, guint32 place)
{
  const Symbol *symbols = (const Symbol *) work->symbols->data;
  const SpPair *pair = NULL;

  if (place != NONE && symbols[place].next != NONE)
    pair = sp_pairs_find (&work->bpe->merges, symbols[place].id, symbols[symbols[place].next].id);
  if (pair != NULL)
    push (work->heap, (Candidate) { (guint64) pair->rank << 32 | place, pair->id });
}

/* A candidate may be out of date; what it would become tells. */
static void
merge (SpBpeWork *work, const Candidate *candidate)
{
  Symbol       *symbols = (Symbol *) work->symbols->data;
  guint32       place = (guint32) candidate->order, next = symbols[place].next;
  const SpPair *pair;

  if (symbols[place].id == SP_NO_ID || next == NONE)
    return;
  pair = sp_pairs_find (&work->bpe->merges, symbols[place].id, symbols[next].id);
  if (pair == NULL || pair->id != candidate->id)
    return;
  symbols[place].id = candidate->id;
  symbols[place].next = symbols[next].next;
  symbols[next].id = SP_NO_ID;
  if (symbols[place].next != NONE)
    symbols[symbols[place].next].previous = place;
  push_pair (work, symbols[place].previous);
  push_pair (work, place);
}

static void
lay_symbols (SpBpeWork *work)
{
  guint n = work->run->len;

  g_array_set_size (work->symbols, n);
  g_array_set_size (work->heap, 0);
  for (guint32 i = 0; i < n; i++)
    g_array_index (work->symbols, Symbol, i) =
      (Symbol) { g_array_index (work->run, guint32, i), i > 0 ? i - 1 : NONE, i + 1 < n ? i + 1 : NONE };
  for (guint32 i = 0; i < n; i++)
    push_pair (work, i);
}

/* Appends to ids what the run becomes. */
static gboolean
merge_run (SpBpeWork *work, GError **error)
{
  lay_symbols (work);
  while (work->heap->len > 0)
    {
      Candidate candidate = pop (work->heap);

      merge (work, &candidate);
      if (!may_go_on (work, error))
        return FALSE;
    }
  for (guint32 i = 0; i != NONE; i = g_array_index (work->symbols, Symbol, i).next)
    g_array_append_val (work->ids, g_array_index (work->symbols, Symbol, i).id);
  return TRUE;
}

/* --- letters --------------------------------------------------------------------------------------- */

static gboolean
end_run (SpBpeWork *work, GError **error)
{
  const guint32 *run = (const guint32 *) work->run->data, *known;
  gsize          n = work->run->len, n_known = 0;
  guint          start = work->ids->len;

  if (n <= 1)
    g_array_append_vals (work->ids, run, (guint) n);
  else if (n <= SP_MEMO_MOST_KEY && (known = sp_memo_find (work->memo, run, n, &n_known)) != NULL)
    g_array_append_vals (work->ids, known, (guint) n_known);
  else if (!merge_run (work, error))
    return FALSE;
  else if (n <= SP_MEMO_MOST_KEY)
    sp_memo_put (work->memo, run, n, &g_array_index (work->ids, guint32, start), work->ids->len - start);
  g_array_set_size (work->run, 0);
  return may_go_on (work, error);
}

static gboolean
put_letter (SpBpeWork *work, guint32 id, GError **error)
{
  const SpBpe *bpe = work->bpe;
  guint        n = work->run->len;

  if (n > 0 && bpe->can_cut && sp_pairs_find (&bpe->joints, g_array_index (work->run, guint32, n - 1), id) == NULL
      && !end_run (work, error))
    return FALSE;
  if (work->run->len == MOST_RUN)
    {
      g_set_error (error, SP_ERROR, SP_ERROR_TOO_BIG, _("The text has a word of more than %u letters"), MOST_RUN);
      return FALSE;
    }
  g_array_append_val (work->run, id);
  return TRUE;
}

static gboolean
put_unknown (SpBpeWork *work, GError **error)
{
  g_autofree char *name = NULL;

  if (work->bpe->missing == NULL)
    return put_letter (work, work->bpe->unknown, error);
  name = sp_printable_text (work->bpe->missing, -1);
  g_set_error (error, SP_ERROR, SP_ERROR_MALFORMED,
               _("tokenizer.json: the text needs its unknown token '%s', which the vocabulary does not have"), name);
  return FALSE;
}

/* FALSE: not all of its bytes have tokens. */
static gboolean
has_bytes (const SpBpe *bpe, const char *letter, gsize n)
{
  for (gsize i = 0; i < n; i++)
    if (bpe->bytes[(guint8) letter[i]] == SP_NO_ID)
      return FALSE;
  return TRUE;
}

static gboolean
put_bytes (SpBpeWork *work, const char *letter, gsize n, GError **error)
{
  for (gsize i = 0; i < n; i++)
    if (!put_letter (work, work->bpe->bytes[(guint8) letter[i]], error))
      return FALSE;
  return TRUE;
}

/* An unknown letter waits until a known one follows, or, where they are not fused, the next unknown one; bytes overtake it,
 * as they do in the original. */
static gboolean
put_letters (SpBpeWork *work, const char *word, gsize n_bytes, GError **error)
{
  const SpBpe *bpe = work->bpe;
  gboolean     is_waiting = FALSE;
  const char  *next;

  for (const char *p = word; p < word + n_bytes; p = next)
    {
      guint32 letter = bpe->letters[g_utf8_get_char (p)];
      gsize   n = (gsize) ((next = g_utf8_next_char (p)) - p);

      if (letter == 0 && has_bytes (bpe, p, n))
        {
          if (!put_bytes (work, p, n, error))
            return FALSE;
          continue;
        }
      if (letter == 0 && bpe->unknown == SP_NO_ID && bpe->missing == NULL)
        continue;
      if (is_waiting && (letter != 0 || !bpe->fuses_unknown) && !put_unknown (work, error))
        return FALSE;
      is_waiting = letter == 0;
      if (letter != 0 && !put_letter (work, letter - 1, error))
        return FALSE;
    }
  return !is_waiting || put_unknown (work, error);
}

static gboolean
find_word (SpBpe *bpe, const char *word, gsize n_bytes, guint32 *id)
{
  g_autofree char *text = memchr (word, '\0', n_bytes) == NULL ? g_strndup (word, n_bytes) : NULL;

  return text != NULL && sp_bpe_find (bpe, text, id);
}

gboolean
sp_bpe_encode (SpBpeWork *work, const char *word, gsize n_bytes, GError **error)
{
  guint32 id;

  if (work->bpe->ignores_merges && find_word (work->bpe, word, n_bytes, &id))
    g_array_append_val (work->ids, id);
  else if (!put_letters (work, word, n_bytes, error))
    return FALSE;
  return end_run (work, error);
}
