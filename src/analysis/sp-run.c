/* sp-run.c - reads inputs once and feeds every chosen analysis */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sp-run.h"

#include "sp-execution.h"

#include <glib/gi18n-lib.h>
#include <math.h>
#include <string.h>
#include <unistd.h>

#define MAX_THREADS      256
#define POLL_MS          20
#define PROGRESS_US      (100 * 1000)

struct _SpRun {
  GPtrArray       *stores;
  GArray          *items;           /* of SpItem, reading order */
  GPtrArray       *globs;           /* of GPatternSpec; NULL: all tensors */
  GArray          *entries;         /* of SpEntry */
  guint            n_threads;
  SpRunFunc        func;
  gpointer         data;
  pthread_mutex_t  state_mutex;     /* the entries' states and what became of them, n_problems */
  gsize            n_problems;
};

SpRun *
sp_run_new (SpStore *const *stores, gsize n_stores)
{
  SpRun *run = g_atomic_rc_box_new0 (SpRun);

  run->stores = g_ptr_array_new_with_free_func ((GDestroyNotify) sp_store_unref);
  for (gsize i = 0; i < n_stores; i++)
    g_ptr_array_add (run->stores, sp_store_ref (stores[i]));
  run->items = g_array_new (FALSE, FALSE, sizeof (SpItem));
  run->entries = g_array_new (FALSE, TRUE, sizeof (SpEntry));
  pthread_mutex_init (&run->state_mutex, NULL);
  sp_run_set_threads (run, 0);
  return run;
}

SpRun *
sp_run_ref (SpRun *run)
{
  return g_atomic_rc_box_acquire (run);
}

static void
run_clear (gpointer data)
{
  SpRun *run = data;

  for (gsize i = 0; i < run->entries->len; i++)
    {
      SpEntry *entry = &g_array_index (run->entries, SpEntry, i);

      if (entry->state != NULL)
        entry->analysis->free_state (entry->state);
      g_free (entry->stop);
      sp_args_unref (entry->args);
    }
  g_array_unref (run->entries);
  g_array_unref (run->items);
  g_clear_pointer (&run->globs, g_ptr_array_unref);
  g_ptr_array_unref (run->stores);
  pthread_mutex_destroy (&run->state_mutex);
}

void
sp_run_unref (SpRun *run)
{
  g_atomic_rc_box_release_full (run, run_clear);
}

void
sp_run_set_threads (SpRun *run, guint n_threads)
{
  long n_processors = sysconf (_SC_NPROCESSORS_ONLN);

  if (n_threads == 0)
    n_threads = n_processors > 0 ? (guint) n_processors : 1;
  run->n_threads = MIN (n_threads, MAX_THREADS);
}

static gboolean
is_chosen (SpRun *run, const SpTensor *tensor)
{
  if (run->globs == NULL)
    return TRUE;
  for (gsize i = 0; i < run->globs->len; i++)
    if (g_pattern_spec_match_string (run->globs->pdata[i], tensor->name))
      return TRUE;
  return FALSE;
}

gboolean
sp_run_set_filter (SpRun *run, const char *const *globs, GError **error)
{
  gboolean has_match = FALSE;

  g_clear_pointer (&run->globs, g_ptr_array_unref);
  if (globs == NULL || globs[0] == NULL)
    return TRUE;
  run->globs = g_ptr_array_new_with_free_func ((GDestroyNotify) g_pattern_spec_free);
  for (gsize i = 0; globs[i] != NULL; i++)
    g_ptr_array_add (run->globs, g_pattern_spec_new (globs[i]));
  for (gsize s = 0; s < run->stores->len && !has_match; s++)
    for (gsize i = 0; i < sp_store_get_n_tensors (run->stores->pdata[s]) && !has_match; i++)
      has_match = is_chosen (run, sp_store_get_tensor (run->stores->pdata[s], i));
  if (!has_match)
    g_set_error (error, SP_ERROR, SP_ERROR_USAGE, _("no tensor is called %s"), globs[0]);
  return has_match;
}

void
sp_run_add (SpRun *run, const SpAnalysis *analysis, SpArgs *args)
{
  SpEntry entry = { .analysis = analysis, .args = sp_args_ref (args) };

  g_array_append_val (run->entries, entry);
}

void
sp_run_set_progress (SpRun *run, SpRunFunc func, gpointer data)
{
  run->func = func;
  run->data = data;
}

/* Inputs as given; within one, file after file, each from its first byte to its last. */
static int
compare_items (gconstpointer a, gconstpointer b)
{
  const SpItem  *left = a, *right = b;
  const SpTensor *s = left->tensor, *t = right->tensor;
  guint64        place, other;
  int            order;

  if ((s->blob == NULL) != (t->blob == NULL))
    return s->blob == NULL ? -1 : 1;
  if (s->blob == NULL || s->blob == t->blob)
    order = 0;
  else
    order = g_strcmp0 (sp_blob_get_path (s->blob), sp_blob_get_path (t->blob));
  if (order != 0 || s->blob == NULL)
    return order != 0 ? order : (s > t) - (s < t);
  place = sp_blob_get_file_offset (s->blob) + s->offset;
  other = sp_blob_get_file_offset (t->blob) + t->offset;
  if (place != other)
    return place < other ? -1 : 1;
  return sp_natural_compare (s->name, t->name);
}

static void
list_items (SpRun *run)
{
  g_array_set_size (run->items, 0);
  for (gsize s = 0; s < run->stores->len; s++)
    {
      SpStore *store = run->stores->pdata[s];
      gsize    first = run->items->len;

      for (gsize i = 0; i < sp_store_get_n_tensors (store); i++)
        {
          SpItem item = { store, sp_store_get_tensor (store, i) };

          if (is_chosen (run, item.tensor))
            g_array_append_val (run->items, item);
        }
      qsort (run->items->data + first * sizeof (SpItem), run->items->len - first, sizeof (SpItem), compare_items);
    }
}

/* When something began, and was last told of. */
typedef struct { gint64 started, reported; } Clock;

static gboolean
is_due (SpRun *run, const Clock *clock)
{
  return run->func != NULL && g_get_monotonic_time () - clock->reported >= PROGRESS_US;
}

static void
report (SpRun *run, SpProgress *progress, Clock *clock)
{
  progress->seconds = (double) (g_get_monotonic_time () - clock->started) / G_USEC_PER_SEC;
  progress->seconds_left = progress->share > 0 && progress->seconds > 0.3
    ? progress->seconds * (1 - progress->share) / progress->share : NAN;
  run->func (run, progress, run->data);
  clock->reported = g_get_monotonic_time ();
}

static void
report_pass (SpRun *run, SpPass *pass, guint number, Clock *clock)
{
  SpPassProgress now;
  SpProgress     progress = { .has_news = TRUE, .pass = number };

  sp_pass_get_progress (pass, &now);
  progress.bytes_done = now.bytes_done;
  progress.bytes_total = now.bytes_total;
  progress.items_done = now.items_done;
  progress.items_total = now.items_total;
  progress.share = now.bytes_total > 0 ? (double) now.bytes_done / (double) now.bytes_total : 0;
  report (run, &progress, clock);
}

static gboolean
read_once (SpRun *run, guint number, GCancellable *cancellable, GError **error)
{
  SpItems        items = { run->items->len, (const SpItem *) run->items->data };
  Clock          clock = { g_get_monotonic_time (), g_get_monotonic_time () };
  SpPassProgress end;
  gboolean       is_cancelled;
  SpPass        *pass = sp_pass_new (&items, (const SpEntry *) run->entries->data, run->entries->len, run->n_threads,
                                     &run->state_mutex);

  while (!(is_cancelled = g_cancellable_set_error_if_cancelled (cancellable, error)) && !sp_pass_wait (pass, POLL_MS))
    if (is_due (run, &clock))
      report_pass (run, pass, number, &clock);
  if (run->func != NULL && !is_cancelled)
    report_pass (run, pass, number, &clock);
  sp_pass_get_progress (pass, &end);
  sp_pass_free (pass);
  pthread_mutex_lock (&run->state_mutex);
  run->n_problems = MAX (run->n_problems, end.n_problems);
  pthread_mutex_unlock (&run->state_mutex);
  return !is_cancelled;
}

static gboolean
wants_again (SpRun *run)
{
  gboolean is_wanted = FALSE;

  pthread_mutex_lock (&run->state_mutex);
  for (gsize i = 0; i < run->entries->len; i++)
    {
      SpEntry *entry = &g_array_index (run->entries, SpEntry, i);

      entry->is_done = entry->is_done || entry->analysis->again == NULL || !entry->analysis->again (entry->state, entry->args);
      is_wanted = is_wanted || !entry->is_done;
    }
  pthread_mutex_unlock (&run->state_mutex);
  return is_wanted;
}

static void
make_states (SpRun *run)
{
  SpItems items = { run->items->len, (const SpItem *) run->items->data };

  pthread_mutex_lock (&run->state_mutex);
  for (gsize i = 0; i < run->entries->len; i++)
    {
      SpEntry *entry = &g_array_index (run->entries, SpEntry, i);

      entry->state = entry->analysis->new_state (&items, entry->args);
    }
  pthread_mutex_unlock (&run->state_mutex);
}

static gboolean
has_streams (SpRun *run)
{
  for (gsize i = 0; i < run->entries->len; i++)
    if (g_array_index (run->entries, SpEntry, i).analysis->wants != NULL)
      return TRUE;
  return FALSE;
}

static gboolean
read_all (SpRun *run, GCancellable *cancellable, GError **error)
{
  guint number = 1;

  if (!has_streams (run))
    return TRUE;
  do
    if (!read_once (run, number++, cancellable, error))
      return FALSE;
  while (wants_again (run));
  return TRUE;
}

static void
report_execution (SpRun *run, SpExecution *execution, Clock *clock)
{
  SpProgress progress = { .share = 0 };

  sp_execution_get_progress (execution, &progress);
  report (run, &progress, clock);
}

static void
execute_one (SpRun *run, SpEntry *entry, GCancellable *cancellable, GError **error)
{
  Clock        clock = { g_get_monotonic_time (), g_get_monotonic_time () };
  SpExecution *execution = sp_execution_new (entry, run->n_threads, cancellable, &run->state_mutex);

  while (!sp_execution_wait (execution, POLL_MS))
    if (is_due (run, &clock))
      report_execution (run, execution, &clock);
  if (run->func != NULL)
    report_execution (run, execution, &clock);
  sp_execution_free (execution, error);
}

/* The state is what it will be, whole or, with a problem, in part. */
static void
end_entry (SpRun *run, SpEntry *entry, const GError *problem)
{
  pthread_mutex_lock (&run->state_mutex);
  entry->is_final = problem == NULL;
  if (g_error_matches (problem, G_IO_ERROR, G_IO_ERROR_CANCELLED))
    entry->stop = g_strdup (_("Stopped before its end: these are partial results."));
  else if (problem != NULL)
    entry->stop = g_strdup_printf (_("Not finished, these are partial results: %s"), problem->message);
  pthread_mutex_unlock (&run->state_mutex);
}

/* All are read, or with a problem stopped at that. */
static void
finish_entry (SpRun *run, SpEntry *entry, GCancellable *cancellable, const GError *problem, GError **first)
{
  g_autoptr (GError) own = problem != NULL ? g_error_copy (problem) : NULL;

  if (own == NULL && entry->analysis->execute != NULL && !g_cancellable_set_error_if_cancelled (cancellable, &own))
    execute_one (run, entry, cancellable, &own);
  end_entry (run, entry, own);
  if (own != NULL && *first == NULL)
    *first = g_steal_pointer (&own);
}

gboolean
sp_run_execute (SpRun *run, GCancellable *cancellable, GError **error)
{
  g_autoptr (GError) problem = NULL;
  GError            *first = NULL;

  list_items (run);
  make_states (run);
  read_all (run, cancellable, &problem);
  for (gsize i = 0; i < run->entries->len; i++)
    finish_entry (run, &g_array_index (run->entries, SpEntry, i), cancellable, problem, &first);
  if (first == NULL)
    return TRUE;
  g_propagate_error (error, first);
  return FALSE;
}

guint
sp_run_get_threads (SpRun *run)
{
  return run->n_threads;
}

gsize
sp_run_get_n_problems (SpRun *run)
{
  gsize n;

  pthread_mutex_lock (&run->state_mutex);
  n = run->n_problems;
  pthread_mutex_unlock (&run->state_mutex);
  return n;
}

/* An execution has nothing to show before it publishes something. */
static gboolean
has_result (const SpEntry *entry)
{
  return entry->state != NULL && (entry->is_final || entry->has_published || entry->analysis->wants != NULL);
}

SpResult *
sp_run_dup_result (SpRun *run, gsize i, SpArgs *args)
{
  SpEntry  *entry = &g_array_index (run->entries, SpEntry, i);
  SpResult *result = NULL;

  g_return_val_if_fail (i < run->entries->len, NULL);
  if (args == NULL)
    args = entry->args;
  pthread_mutex_lock (&run->state_mutex);
  if (has_result (entry))
    {
      result = entry->analysis->finish (entry->state, args);
      result->is_final = entry->is_final;
      result->parameters = sp_args_format (args);
      if (entry->stop != NULL)
        g_ptr_array_insert (result->notes, 0, g_strdup (entry->stop));
    }
  pthread_mutex_unlock (&run->state_mutex);
  return result;
}

gboolean
sp_run_accepts (SpRun *run, gsize i, SpArgs *args)
{
  g_return_val_if_fail (i < run->entries->len, FALSE);
  return sp_args_same_scan (g_array_index (run->entries, SpEntry, i).args, args);
}
