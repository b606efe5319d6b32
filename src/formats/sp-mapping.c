/* sp-mapping.c - a file mapped read-only that may shrink under us without killing the program */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sp-mapping.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#define N_SLOTS 1024
#define DROP_BYTES ((guint64) 32 << 20)      /* every drop interrupts the other processors, so many become one */

/* Slots are never freed, so that the handler may look at all of them at any time without a lock. */
struct _SpMapping {
  uintptr_t base;            /* atomic; 0: the slot is free */
  size_t    length;          /* atomic; written before base */
  guint64   failed_from;     /* atomic */
  guint64   drop_from, drop_to;   /* to be let go of; under slots_lock */
};

static SpMapping slots[N_SLOTS];
static pthread_mutex_t slots_lock = PTHREAD_MUTEX_INITIALIZER;
static struct sigaction previous;
static gboolean is_installed;
static uintptr_t page_mask;

static gsize
page_size (void)
{
  return (gsize) sysconf (_SC_PAGESIZE);
}

static SpMapping *
find_mapping (uintptr_t address)
{
  for (guint i = 0; i < N_SLOTS; i++)
    {
      uintptr_t base = __atomic_load_n (&slots[i].base, __ATOMIC_ACQUIRE);

      if (base != 0 && address >= base && address - base < __atomic_load_n (&slots[i].length, __ATOMIC_RELAXED))
        return &slots[i];
    }
  return NULL;
}

/* The system call itself: libc's wrapper is not promised to be safe in a handler, and sanitizers wrap it. */
static gboolean
put_zero_pages (SpMapping *mapping, uintptr_t address)
{
  uintptr_t page = address & ~page_mask;
  size_t n = mapping->base + mapping->length - page;
  guint64 from = page - mapping->base;
  guint64 known = __atomic_load_n (&mapping->failed_from, __ATOMIC_RELAXED);

  while (from < known && !__atomic_compare_exchange_n (&mapping->failed_from, &known, from, FALSE, __ATOMIC_RELEASE,
                                                       __ATOMIC_RELAXED))
    continue;
  return syscall (SYS_mmap, (void *) page, n, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) != -1;
}

static void
pass_on (int number, siginfo_t *info, void *context)
{
  if (previous.sa_flags & SA_SIGINFO)
    previous.sa_sigaction (number, info, context);
  else if (previous.sa_handler != SIG_DFL && previous.sa_handler != SIG_IGN)
    previous.sa_handler (number);
  else if (previous.sa_handler == SIG_DFL || info->si_code > 0)
    {
      signal (SIGBUS, SIG_DFL);        /* the instruction faults again, now for good */
      if (info->si_code <= 0)
        raise (SIGBUS);
    }
}

static void
on_bus_error (int number, siginfo_t *info, void *context)
{
  int saved = errno;
  SpMapping *mapping = info->si_code > 0 ? find_mapping ((uintptr_t) info->si_addr) : NULL;

  if (mapping == NULL || !put_zero_pages (mapping, (uintptr_t) info->si_addr))
    pass_on (number, info, context);
  errno = saved;
}

static void
install_handler (void)
{
  struct sigaction action = { .sa_sigaction = on_bus_error, .sa_flags = SA_SIGINFO | SA_ONSTACK };

  if (is_installed)
    return;
  page_mask = page_size () - 1;
  sigemptyset (&action.sa_mask);
  is_installed = sigaction (SIGBUS, &action, &previous) == 0;
}

static SpMapping *
take_slot (void *base, size_t length)
{
  SpMapping *mapping = NULL;

  pthread_mutex_lock (&slots_lock);
  install_handler ();
  for (guint i = 0; i < N_SLOTS && is_installed && mapping == NULL; i++)
    if (slots[i].base == 0)
      mapping = &slots[i];
  if (mapping != NULL)
    {
      __atomic_store_n (&mapping->failed_from, G_MAXUINT64, __ATOMIC_RELAXED);
      mapping->drop_from = mapping->drop_to = 0;
      __atomic_store_n (&mapping->length, length, __ATOMIC_RELAXED);
      __atomic_store_n (&mapping->base, (uintptr_t) base, __ATOMIC_RELEASE);
    }
  pthread_mutex_unlock (&slots_lock);
  return mapping;
}

#define TRIAL_BYTES ((gsize) 512 << 10)
#define N_TRIALS 3
#define COPY_COSTS 1.5     /* a copy leaves more behind than a trial in a core's cache shows: it is written, and read again */

/* Of this thread: what a busy machine does not change. */
static double
cpu_seconds (void)
{
  struct timespec now;

  clock_gettime (CLOCK_THREAD_CPUTIME_ID, &now);
  return (double) now.tv_sec + 1e-9 * (double) now.tv_nsec;
}

static double
time_copying (int fd, guint8 *buffer)
{
  double started = cpu_seconds ();

  return pread (fd, buffer, TRIAL_BYTES, 0) == (gssize) TRIAL_BYTES ? cpu_seconds () - started : G_MAXDOUBLE;
}

static double
time_touching (int fd)
{
  gsize                  step = page_size ();
  double                 started = cpu_seconds ();
  const volatile guint8 *data = mmap (NULL, TRIAL_BYTES, PROT_READ, MAP_SHARED, fd, 0);

  if (data == MAP_FAILED)
    return G_MAXDOUBLE;
  for (gsize i = 0; i < TRIAL_BYTES; i += step)
    (void) data[i];
  munmap ((void *) data, TRIAL_BYTES);
  return cpu_seconds () - started;
}

/* In memory, so that no disk has a say. */
static gboolean
try_both (void)
{
  g_autofree guint8 *buffer = g_malloc0 (TRIAL_BYTES);
  double             copying = G_MAXDOUBLE, touching = G_MAXDOUBLE;
  int                fd = memfd_create ("sparsoscope", MFD_CLOEXEC);

  if (fd < 0)
    return FALSE;
  for (guint i = 0; i < N_TRIALS && pwrite (fd, buffer, TRIAL_BYTES, 0) == (gssize) TRIAL_BYTES; i++)
    {
      copying = MIN (copying, time_copying (fd, buffer));
      touching = MIN (touching, time_touching (fd));
    }
  close (fd);
  return touching < COPY_COSTS * copying;
}

static gboolean is_cheap;

static void
decide (void)
{
  const char *wanted = getenv ("SPARSOSCOPE_READ");

  is_cheap = g_strcmp0 (wanted, "map") == 0 || (g_strcmp0 (wanted, "copy") != 0 && try_both ());
}

gboolean
sp_mapping_is_cheap (void)
{
  static pthread_once_t once = PTHREAD_ONCE_INIT;

  pthread_once (&once, decide);
  return is_cheap;
}

SpMapping *
sp_mapping_new (int fd, guint64 n_bytes)
{
  SpMapping *mapping;
  void *base;

  if (sizeof (void *) < 8 || n_bytes == 0 || n_bytes > G_MAXINT64)
    return NULL;
  base = mmap (NULL, n_bytes, PROT_READ, MAP_SHARED, fd, 0);
  if (base == MAP_FAILED)
    return NULL;
  mapping = take_slot (base, n_bytes);
  if (mapping == NULL)
    munmap (base, n_bytes);
  return mapping;
}

void
sp_mapping_free (SpMapping *mapping)
{
  void *base = (void *) mapping->base;
  size_t length = mapping->length;

  pthread_mutex_lock (&slots_lock);
  __atomic_store_n (&mapping->base, 0, __ATOMIC_RELEASE);
  munmap (base, length);
  pthread_mutex_unlock (&slots_lock);
}

const guint8 *
sp_mapping_get_data (SpMapping *mapping)
{
  return (const guint8 *) mapping->base;
}

guint64
sp_mapping_get_failed_from (SpMapping *mapping)
{
  return __atomic_load_n (&mapping->failed_from, __ATOMIC_ACQUIRE);
}

/* Adds a range to what is to be let go of; TRUE, with all of it, once that is much. */
static gboolean
gather_drops (SpMapping *mapping, guint64 *from, guint64 *to)
{
  gboolean is_much;

  pthread_mutex_lock (&slots_lock);
  if (mapping->drop_from < mapping->drop_to)
    {
      *from = MIN (*from, mapping->drop_from);
      *to = MAX (*to, mapping->drop_to);
    }
  is_much = *to - *from >= DROP_BYTES;
  mapping->drop_from = is_much ? 0 : *from;
  mapping->drop_to = is_much ? 0 : *to;
  pthread_mutex_unlock (&slots_lock);
  return is_much;
}

void
sp_mapping_drop (SpMapping *mapping, guint64 offset, guint64 n_bytes)
{
  guint64 from = offset, to = offset + n_bytes;
  uintptr_t start, end;

  if (!gather_drops (mapping, &from, &to))
    return;
  start = (mapping->base + from + page_mask) & ~page_mask;
  end = (mapping->base + to) & ~page_mask;
  if (end > start)
    madvise ((void *) start, end - start, MADV_DONTNEED);
}
