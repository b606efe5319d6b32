/* sp-trace.c - how long a person waits */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sp-trace.h"

#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static double tick_began;

static gboolean
is_on (void)
{
  static int on = -1;

  if (on < 0)
    on = g_getenv ("SPARSOSCOPE_TRACE") != NULL;
  return on;
}

static double
clock_seconds (clockid_t clock)
{
  struct timespec now;

  clock_gettime (clock, &now);
  return (double) now.tv_sec + 1e-9 * (double) now.tv_nsec;
}

/* Seconds since boot at which the kernel started this process; its resolution is one tick, 10 ms. */
static double
process_start (void)
{
  g_autofree char   *stat = NULL;
  const char        *after_name;
  unsigned long long start = 0;

  if (!g_file_get_contents ("/proc/self/stat", &stat, NULL, NULL) || (after_name = strrchr (stat, ')')) == NULL)
    return clock_seconds (CLOCK_BOOTTIME);
  if (sscanf (after_name + 1, " %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %*u %*u %*d %*d %*d %*d %*d %*d %llu",
              &start) != 1)
    return clock_seconds (CLOCK_BOOTTIME);
  return (double) start / (double) sysconf (_SC_CLK_TCK);
}

static void
on_after_paint (GdkFrameClock *clock, gpointer window)
{
  g_signal_handlers_disconnect_by_func (clock, on_after_paint, window);
  fprintf (stderr, "trace: first frame after %.0f ms, %.0f ms of them CPU\n",
           1e3 * (clock_seconds (CLOCK_BOOTTIME) - process_start ()), 1e3 * clock_seconds (CLOCK_PROCESS_CPUTIME_ID));
}

static void
on_realize (GtkWidget *window, gpointer data)
{
  g_signal_connect (gtk_widget_get_frame_clock (window), "after-paint", G_CALLBACK (on_after_paint), window);
}

void
sp_trace_first_frame (GtkWidget *window)
{
  if (is_on ())
    g_signal_connect (window, "realize", G_CALLBACK (on_realize), NULL);
}

void
sp_trace_tick (void)
{
  if (is_on () && tick_began == 0)
    tick_began = clock_seconds (CLOCK_PROCESS_CPUTIME_ID);
}

void
sp_trace_drawn (void)
{
  if (!is_on () || tick_began == 0)
    return;
  fprintf (stderr, "trace: slider tick to redrawn plot %.1f ms of CPU\n",
           1e3 * (clock_seconds (CLOCK_PROCESS_CPUTIME_ID) - tick_began));
  tick_began = 0;
}
