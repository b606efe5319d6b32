/* sp-team.h - threads that do a counted piece of work together */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <gio/gio.h>

/* One unit of work; thread: 0 … n_threads - 1, for room of its own. */
typedef void (*SpTeamFunc) (gpointer data, gsize unit, guint thread);

/* Created and used by one thread, which works along. */
typedef struct _SpTeam SpTeam;

SpTeam  *sp_team_new  (guint n_threads, GCancellable *cancellable);     /* cancellable: lent; NULL: none */
void     sp_team_free (SpTeam *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (SpTeam, sp_team_free)

guint    sp_team_get_n_threads (SpTeam *self);
GCancellable *sp_team_get_cancellable (SpTeam *self);                  /* lent; NULL: none */
gboolean sp_team_is_cancelled  (SpTeam *self);                          /* any thread; for long units */
/* func for each unit 0 … n - 1, in any order; returns when all are done, or, FALSE with G_IO_ERROR_CANCELLED, those begun are once it is
 * cancelled. */
gboolean sp_team_each (SpTeam *self, gsize n, SpTeamFunc func, gpointer data, GError **error);
