/* sp-condition.h - waiting for a condition, but not for ever (inside sp-run) */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>
#include <pthread.h>
#include <time.h>

void            sp_condition_init  (pthread_cond_t *condition);      /* on the clock of sp_condition_until() */
struct timespec sp_condition_until (guint milliseconds);             /* from now, for pthread_cond_timedwait() */
