/* sp-recording-private.h - a recording, as planned */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "sp-dump-file.h"
#include "sp-recording.h"

struct _SpRecording {
  SpModel            *model;
  const SpModelShape *shape;
  SpRecordingFunc     func;
  gpointer            data;
  guint               n_threads, window;
  gsize               n_tokens;
  GArray             *text_ids;          /* owned */
  const guint32      *ids;               /* (n_tokens), lent by it */
  gboolean           *layers;            /* (n_layers) */
  SpRecordSites       sites;
  SpDtype             dtype;
  char               *text;              /* path or NULL */
  guint64             n_lost;            /* once written: not 0, but too small for the type */
  guint64             n_odd;             /* once written: not finite */
  guint               first_odd;         /* of the places on the way through the layers, the first with such */
};

/* Where each thing goes: numbers of tensors. */
typedef struct {
  guint  tokens, seq, n_tensors;
  guint *sites[SP_RECORDING_N_SITES];       /* (n_layers), of SpRecordSites' bits */
} SpRecordingTensors;

char       *sp_recording_name        (SpRecordSites site, guint layer);      /* "act.3", "blocks.3.hook_mlp_out" */
guint       sp_recording_order       (SpRecordSites site, guint layer);      /* the number of it on the way through the layers */
guint       sp_recording_n_columns   (const SpRecording *self, SpRecordSites site);
SpDumpFile *sp_recording_make_file   (SpRecording *self, SpRecordingTensors *tensors);
void        sp_recording_clear_tensors (SpRecordingTensors *tensors);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (SpRecordingTensors, sp_recording_clear_tensors)
