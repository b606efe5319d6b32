/* sp-pass.c - one reading of all items by a pool of workers, folded in order
 *
 * The life of a chunk: a worker takes the next job (item, chunk) and its slot under the mutex; reads
 * the chunk and lets every analysis that wants the item work into the slot's partial, without a lock;
 * marks the slot ready.  Whoever finds the slot whose turn it is ready folds it, and those after it,
 * into the states, in job order whatever the threads did.  A window of slots bounds the memory. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sp-pass.h"

#include "sp-condition.h"

#include <errno.h>
#include <string.h>

#define SLOTS_PER_THREAD 3
#define NO_STREAM        G_MAXUINT64

typedef struct {
  SpSource *source;          /* while its chunks are under way */
  guint64   n_chunks;
  char     *problem;         /* first thing that went wrong; under the mutex */
} Reading;

/* What all analyses make of a chunk, (n_entries).  The one freed last is taken first: it is still in a cache. */
typedef struct _Partials Partials;
struct _Partials {
  Partials *next_free;
  struct { guint8 *data; gsize room; } of[];        /* 64-byte aligned */
};

typedef struct {
  gsize    item;
  Reading *reading;
  guint64  chunk, stream_turn;
  SpChunk  where;            /* data unset once computed */
  gboolean is_ready, is_last, has_data;
  Partials *partials;        /* of a job with data, until it is folded */
  gconstpointer shared;      /* in one of them: what an analysis left for the next one */
} Slot;

struct _SpPass {
  const SpItems   *items;
  const SpEntry   *entries;
  gsize            n_entries;
  guint            n_threads;
  pthread_t       *threads;
  pthread_mutex_t *state_mutex;

  pthread_mutex_t  mutex;            /* all below */
  pthread_cond_t   room, done, stream;
  Slot            *slots;
  gsize            n_slots;
  GPtrArray       *partials;         /* all there are */
  Partials        *free_partials;
  guint64          n_taken, n_folded;
  gboolean         is_folding, is_stopped, is_exhausted;
  GCancellable    *stop;             /* for workers deep in a stream; cancelled after is_stopped was set */
  gsize            next_item;
  guint64          next_chunk;
  Reading         *reading;          /* of next_item, once begun */
  guint64          next_stream_turn, stream_turn;
  SpPassProgress   progress;
};

static gboolean
wants (const SpEntry *entry, gsize item)
{
  return !entry->is_done && entry->analysis->wants != NULL && entry->analysis->wants (entry->state, item);
}

static gboolean
is_wanted (SpPass *pass, gsize item)
{
  for (gsize i = 0; i < pass->n_entries; i++)
    if (wants (&pass->entries[i], item))
      return TRUE;
  return FALSE;
}

static guint64
item_bytes (SpPass *pass, gsize item)
{
  const SpTensor *tensor = pass->items->items[item].tensor;

  return tensor->n_elements * sp_dtype_size (tensor->dtype);
}

/* Under the mutex: the source of the item at hand, or the reason why there is none. */
static Reading *
begin_reading (SpPass *pass)
{
  const SpTensor    *tensor = pass->items->items[pass->next_item].tensor;
  Reading           *reading = g_new0 (Reading, 1);
  g_autoptr (GError) error = NULL;

  if (!sp_tensor_is_readable (tensor))
    reading->problem = g_strdup (tensor->note != NULL ? tensor->note : "");
  else if (tensor->n_elements > 0)
    {
      reading->source = sp_source_new (tensor, &error);
      if (reading->source != NULL)
        reading->n_chunks = sp_source_n_chunks (tensor);
      else
        reading->problem = g_strdup (error->message);
    }
  return reading;
}

/* Under the mutex: the next (item, chunk) into slot; FALSE when there is none left. */
static gboolean
take_job (SpPass *pass, Slot *slot)
{
  while (pass->reading == NULL && pass->next_item < pass->items->n && !is_wanted (pass, pass->next_item))
    pass->next_item++;
  if (pass->next_item >= pass->items->n)
    return FALSE;
  if (pass->reading == NULL)
    pass->reading = begin_reading (pass);

  slot->item = pass->next_item;
  slot->reading = pass->reading;
  slot->chunk = pass->next_chunk++;
  slot->has_data = slot->reading->n_chunks > 0;
  slot->is_last = slot->chunk + 1 >= slot->reading->n_chunks;
  slot->is_ready = FALSE;
  slot->stream_turn = slot->has_data && !sp_source_is_random (slot->reading->source) ? pass->next_stream_turn++ : NO_STREAM;
  if (slot->is_last)
    {
      pass->next_item++;
      pass->next_chunk = 0;
      pass->reading = NULL;
    }
  return TRUE;
}

/* Under the mutex. */
static Partials *
take_partials (SpPass *pass)
{
  Partials *partials = pass->free_partials;

  if (partials == NULL)
    {
      partials = g_malloc0 (sizeof *partials + pass->n_entries * sizeof partials->of[0]);
      g_ptr_array_add (pass->partials, partials);
      return partials;
    }
  pass->free_partials = partials->next_free;
  return partials;
}

/* Under the mutex. */
static void
give_partials (SpPass *pass, Slot *slot)
{
  if (slot->partials == NULL)
    return;
  slot->partials->next_free = pass->free_partials;
  pass->free_partials = g_steal_pointer (&slot->partials);
}

static void
clear_partial (Partials *partials, const SpEntry *entry, gsize i, gsize n_bytes)
{
  if (partials->of[i].room < n_bytes)
    {
      g_aligned_free (partials->of[i].data);
      partials->of[i].data = g_aligned_alloc0 (n_bytes, 1, 64);
      partials->of[i].room = n_bytes;
    }
  else if (entry->analysis->clear != NULL)
    entry->analysis->clear (partials->of[i].data, n_bytes);
  else if (n_bytes > 0)
    memset (partials->of[i].data, 0, n_bytes);
}

static void
clear_partials (SpPass *pass, Slot *slot)
{
  for (gsize i = 0; i < pass->n_entries; i++)
    {
      const SpEntry *e = &pass->entries[i];

      if (wants (e, slot->item))
        clear_partial (slot->partials, e, i, e->analysis->partial_bytes (e->state, slot->item));
    }
}

static void
fail (SpPass *pass, Slot *slot, GError *error)
{
  pthread_mutex_lock (&pass->mutex);
  if (slot->reading->problem == NULL)
    slot->reading->problem = g_strdup (error->message);
  pthread_mutex_unlock (&pass->mutex);
  g_error_free (error);
}

/* Streams are read in job order, one chunk at a time. */
static gboolean
get_chunk (SpPass *pass, Slot *slot, gpointer scratch, GError **error)
{
  gboolean is_ok;

  if (slot->stream_turn == NO_STREAM)
    return sp_source_get (slot->reading->source, slot->chunk, scratch, &slot->where, error);

  pthread_mutex_lock (&pass->mutex);
  while (pass->stream_turn != slot->stream_turn)
    pthread_cond_wait (&pass->stream, &pass->mutex);
  is_ok = slot->reading->problem == NULL && !pass->is_stopped;
  pthread_mutex_unlock (&pass->mutex);

  if (is_ok)
    is_ok = sp_source_get (slot->reading->source, slot->chunk, scratch, &slot->where, error);

  pthread_mutex_lock (&pass->mutex);
  pass->stream_turn++;
  pthread_cond_broadcast (&pass->stream);
  pthread_mutex_unlock (&pass->mutex);
  return is_ok;
}

static void
work_chunk (SpPass *pass, Slot *slot, gpointer scratch)
{
  GError *error = NULL;

  if (!get_chunk (pass, slot, scratch, &error))
    {
      slot->has_data = FALSE;
      if (error != NULL)
        fail (pass, slot, error);
      return;
    }
  slot->shared = NULL;
  slot->where.shared = &slot->shared;
  for (gsize i = 0; i < pass->n_entries; i++)
    {
      const SpEntry *e = &pass->entries[i];

      if (wants (e, slot->item))
        e->analysis->chunk (e->state, slot->item, &slot->where, slot->partials->of[i].data);
    }
  if (!sp_source_put (slot->reading->source, &slot->where, &error))
    fail (pass, slot, error);
  slot->where.data = NULL;
}

static void
end_item (SpPass *pass, Slot *slot)
{
  const char *problem = slot->reading->problem;

  for (gsize i = 0; i < pass->n_entries; i++)
    if (wants (&pass->entries[i], slot->item))
      pass->entries[i].analysis->end (pass->entries[i].state, slot->item, problem);
  g_clear_pointer (&slot->reading->source, sp_source_free);
  g_free (slot->reading->problem);
  g_free (slot->reading);
}

/* The state mutex is held; problem: what was known of the item when its turn came. */
static void
fold_slot (SpPass *pass, Slot *slot, gboolean has_problem)
{
  for (gsize i = 0; slot->has_data && !has_problem && i < pass->n_entries; i++)
    {
      const SpEntry *e = &pass->entries[i];

      if (wants (e, slot->item))
        e->analysis->fold (e->state, slot->item, &slot->where, slot->partials->of[i].data);
    }
  if (slot->is_last)
    end_item (pass, slot);
}

static void
count_slot (SpPass *pass, const Slot *slot, gboolean has_problem)
{
  const SpTensor *tensor = pass->items->items[slot->item].tensor;

  if (slot->has_data)
    pass->progress.bytes_done += slot->where.n * sp_dtype_size (tensor->dtype);
  if (slot->is_last)
    {
      pass->progress.items_done++;
      pass->progress.n_problems += has_problem;
    }
}

/* Under the mutex, which it lets go of while it folds. */
static void
fold_ready (SpPass *pass)
{
  if (pass->is_folding)
    return;
  pass->is_folding = TRUE;
  while (pass->n_folded < pass->n_taken && pass->slots[pass->n_folded % pass->n_slots].is_ready && !pass->is_stopped)
    {
      Slot    *slot = &pass->slots[pass->n_folded % pass->n_slots];
      gboolean has_problem = slot->reading->problem != NULL;

      count_slot (pass, slot, has_problem);
      pthread_mutex_unlock (&pass->mutex);
      pthread_mutex_lock (pass->state_mutex);
      fold_slot (pass, slot, has_problem);
      pthread_mutex_unlock (pass->state_mutex);
      pthread_mutex_lock (&pass->mutex);
      give_partials (pass, slot);
      slot->is_ready = FALSE;
      slot->reading = NULL;
      pass->n_folded++;
      pthread_cond_broadcast (&pass->room);
    }
  pass->is_folding = FALSE;
}

static gboolean
is_done (SpPass *pass)
{
  return pass->is_stopped || (pass->is_exhausted && pass->n_folded == pass->n_taken);
}

/* Under the mutex: a slot with a job in it, or NULL when there is no more to do. */
static Slot *
wait_for_job (SpPass *pass)
{
  Slot *slot;

  while (!pass->is_stopped && !pass->is_exhausted && pass->n_taken - pass->n_folded >= pass->n_slots)
    pthread_cond_wait (&pass->room, &pass->mutex);
  if (pass->is_stopped || pass->is_exhausted)
    return NULL;
  slot = &pass->slots[pass->n_taken % pass->n_slots];
  if (!take_job (pass, slot))
    {
      pass->is_exhausted = TRUE;
      pthread_cond_broadcast (&pass->room);
      return NULL;
    }
  if (slot->has_data)
    slot->partials = take_partials (pass);
  pass->n_taken++;
  return slot;
}

static void *
work (void *data)
{
  SpPass  *pass = data;
  gpointer scratch = NULL;
  gsize    room = 0, wanted;
  Slot    *slot;

  g_cancellable_push_current (pass->stop);
  pthread_mutex_lock (&pass->mutex);
  while ((slot = wait_for_job (pass)) != NULL)
    {
      pthread_mutex_unlock (&pass->mutex);
      if (slot->has_data)
        {
          wanted = sp_source_scratch_bytes (pass->items->items[slot->item].tensor);
          if (wanted > room)
            {
              g_aligned_free (scratch);
              scratch = g_aligned_alloc (wanted, 1, 64);
              room = wanted;
            }
          clear_partials (pass, slot);
          work_chunk (pass, slot, scratch);
        }
      pthread_mutex_lock (&pass->mutex);
      slot->is_ready = TRUE;
      fold_ready (pass);
    }
  if (is_done (pass))
    pthread_cond_broadcast (&pass->done);
  pthread_mutex_unlock (&pass->mutex);
  g_cancellable_pop_current (pass->stop);
  g_aligned_free (scratch);
  return NULL;
}

static void
count_totals (SpPass *pass)
{
  for (gsize i = 0; i < pass->items->n; i++)
    if (is_wanted (pass, i))
      {
        pass->progress.items_total++;
        if (sp_tensor_is_readable (pass->items->items[i].tensor))
          pass->progress.bytes_total += item_bytes (pass, i);
      }
}

SpPass *
sp_pass_new (const SpItems *items, const SpEntry *entries, gsize n_entries, guint n_threads,
             pthread_mutex_t *state_mutex)
{
  SpPass *pass = g_new0 (SpPass, 1);

  pass->items = items;
  pass->entries = entries;
  pass->n_entries = n_entries;
  pass->state_mutex = state_mutex;
  pass->n_slots = (gsize) n_threads * SLOTS_PER_THREAD;
  pass->slots = g_new0 (Slot, pass->n_slots);
  pass->partials = g_ptr_array_new_with_free_func (g_free);
  pass->stop = g_cancellable_new ();
  pthread_mutex_init (&pass->mutex, NULL);
  sp_condition_init (&pass->room);
  sp_condition_init (&pass->done);
  sp_condition_init (&pass->stream);
  count_totals (pass);

  pass->threads = g_new0 (pthread_t, n_threads);
  while (pass->n_threads < n_threads && pthread_create (&pass->threads[pass->n_threads], NULL, work, pass) == 0)
    pass->n_threads++;
  if (pass->n_threads == 0)
    work (pass);              /* no thread to be had: the caller does it */
  return pass;
}

gboolean
sp_pass_wait (SpPass *pass, guint milliseconds)
{
  struct timespec until = sp_condition_until (milliseconds);
  gboolean        is_over;
  int             failed = 0;

  pthread_mutex_lock (&pass->mutex);
  while (!is_done (pass) && failed == 0)
    failed = pthread_cond_timedwait (&pass->done, &pass->mutex, &until);
  is_over = is_done (pass);
  pthread_mutex_unlock (&pass->mutex);
  return is_over;
}

void
sp_pass_get_progress (SpPass *pass, SpPassProgress *progress)
{
  pthread_mutex_lock (&pass->mutex);
  *progress = pass->progress;
  pthread_mutex_unlock (&pass->mutex);
}

/* What a stop left behind in the slots. */
static void
free_readings (SpPass *pass)
{
  g_autoptr (GHashTable) readings = g_hash_table_new (NULL, NULL);
  GHashTableIter         iter;
  gpointer               key;

  for (guint64 i = pass->n_folded; i < pass->n_taken; i++)
    g_hash_table_add (readings, pass->slots[i % pass->n_slots].reading);
  if (pass->reading != NULL)
    g_hash_table_add (readings, pass->reading);
  g_hash_table_iter_init (&iter, readings);
  while (g_hash_table_iter_next (&iter, &key, NULL))
    {
      Reading *reading = key;

      g_clear_pointer (&reading->source, sp_source_free);
      g_free (reading->problem);
      g_free (reading);
    }
}

void
sp_pass_free (SpPass *pass)
{
  pthread_mutex_lock (&pass->mutex);
  pass->is_stopped = TRUE;
  pthread_cond_broadcast (&pass->room);
  pthread_cond_broadcast (&pass->stream);
  pthread_mutex_unlock (&pass->mutex);
  g_cancellable_cancel (pass->stop);
  for (guint i = 0; i < pass->n_threads; i++)
    pthread_join (pass->threads[i], NULL);
  free_readings (pass);
  for (guint i = 0; i < pass->partials->len; i++)
    for (gsize k = 0; k < pass->n_entries; k++)
      g_aligned_free (((Partials *) pass->partials->pdata[i])->of[k].data);
  g_ptr_array_unref (pass->partials);
  g_object_unref (pass->stop);
  g_free (pass->slots);
  g_free (pass->threads);
  pthread_mutex_destroy (&pass->mutex);
  pthread_cond_destroy (&pass->room);
  pthread_cond_destroy (&pass->done);
  pthread_cond_destroy (&pass->stream);
  g_free (pass);
}
