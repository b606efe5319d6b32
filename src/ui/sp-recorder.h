/* sp-recorder.h - reads a text and writes a recording without holding up the window */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "sp-recording.h"
#include "sp-run.h"

#include <gio/gio.h>

/* Callbacks: main thread.  read: the text's ids, of guint32 (transfer full). */
void     sp_recorder_read_async   (SpModel *model, const char *text, GCancellable *cancellable, GAsyncReadyCallback done, gpointer data);
GArray  *sp_recorder_read_finish  (GAsyncResult *result, GError **error);

typedef void (*SpRecorderFunc) (gpointer data, const SpProgress *progress);

/* recording: (transfer full).  The program does not end before the recording has: nothing half written stays. */
void     sp_recorder_write_async  (SpRecording *recording, const char *path, GCancellable *cancellable, SpRecorderFunc func,
                                   GAsyncReadyCallback done, gpointer data);
/* loss: what of it became 0, a sentence, or NULL: nothing; owned by the caller. */
gboolean sp_recorder_write_finish (GAsyncResult *result, char **loss, GError **error);
