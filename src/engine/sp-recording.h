/* sp-recording.h - what a model's layers do on a text, as a dump for the analyses of activations */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "sp-model.h"

typedef enum {
  SP_RECORD_ACT = 1 << 0,      /* act.LAYER (n_tokens, n_neurons): what goes into the down projection */
  SP_RECORD_GATE = 1 << 1,     /* gate.LAYER, the same shape: what the activation function gave, of gated FFNs */
  SP_RECORD_HIDDEN = 1 << 2,   /* hidden.LAYER (n_tokens, n_hidden): what the layer gets from those before it */
} SpRecordSites;

#define SP_RECORDING_N_DTYPES 3
extern const SpDtype sp_recording_dtypes[SP_RECORDING_N_DTYPES];    /* values can be of: f16 where nobody chooses, bf16, f32 */

/* The ids are kept, not to be changed any more; all else is copied.  Windows follow one another, the last one has what is left; each is a
 * text of its own. */
typedef struct {
  GArray         *ids;         /* of guint32, each below the model's, as sp_text_read() gives them */
  gsize           most_tokens; /* the first of them; 0: all */
  guint           window;      /* 0: 2048, or the model's context where that is less */
  const gboolean *layers;      /* (n_layers) which; NULL: all */
  SpRecordSites   sites;
  SpDtype         dtype;       /* rounded to nearest */
  const char     *text;        /* path of what the ids are of; NULL: not known */
} SpRecordingPlan;

/* stage: words for people, "Layer 3 of 12"; share: of all that is done, 0 … 1; NaN seconds are left while nobody knows.  On the thread
 * that writes. */
typedef void (*SpRecordingFunc) (gpointer data, const char *stage, double share, double seconds_left);

/* Used by one thread.  Keeps the model. */
typedef struct _SpRecording SpRecording;

/* "0,3-5" → (n_layers); "act,gate".  Errors, SP_ERROR_USAGE: what cannot be of this model.  layers: owned by the caller. */
gboolean     sp_recording_parse_layers (SpModel *model, const char *text, gboolean **layers, GError **error);
gboolean     sp_recording_parse_sites  (SpModel *model, const char *text, SpRecordSites *sites, GError **error);

/* n_threads 0: one per processor. */
SpRecording *sp_recording_new          (SpModel *model, const SpRecordingPlan *plan, guint n_threads, GError **error);
void         sp_recording_free         (SpRecording *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (SpRecording, sp_recording_free)

void         sp_recording_set_progress (SpRecording *self, SpRecordingFunc func, gpointer data);
guint64      sp_recording_get_n_bytes  (SpRecording *self);              /* of the file */
guint        sp_recording_get_n_tensors (SpRecording *self);             /* in it */
char        *sp_recording_dup_loss     (SpRecording *self);              /* once written: not finite, or 0 now; NULL: nothing */

/* path ends in .safetensors and names none of the inputs.  Reads the weights once for every 128 MiB of hidden states, which is also what it
 * holds, and a layer.  The file is there when all of it is; the same bytes whatever the number of threads.
 * Errors: the place; weights that cannot be read; values too large for the type; cancelled. */
gboolean     sp_recording_write        (SpRecording *self, const char *path, GCancellable *cancellable, GError **error);
