/* sp-trace.h - how long a person waits, printed when SPARSOSCOPE_TRACE is set */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <gtk/gtk.h>

/* Main thread. */
void sp_trace_first_frame (GtkWidget *window);   /* from the start of the process to its first painted frame */
void sp_trace_tick        (void);                /* a live parameter moved */
void sp_trace_drawn       (void);                /* the plot that follows it stands: prints the CPU time between */
