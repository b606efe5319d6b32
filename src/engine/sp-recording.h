/* sp-recording.h - what a model's layers do on a text, as a dump for the analyses of activations */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "sp-model.h"

/* In the order of a layer, but that the neurons come first.  Neurons are act.LAYER and gate.LAYER; the rest goes by the hooks of
 * TransformerLens, by which sparse autoencoders say what they were trained on: blocks.LAYER.hook_resid_pre and so on.
 *
 * Values are those of the checkpoint's own modules (as with TransformerLens' from_pretrained_no_processing: nothing is folded, nothing
 * centred).  So Z has all query heads, also where groups of them share keys and values.  ATTN_OUT and MLP_OUT are what the output and the
 * down projection give, with their biases: before MiniCPM's depth scale, and before the norm where OPT has its norms after the sums.
 * RESID_POST has all of that in it; of the last layer it is not yet through the model's last norm.  With a parallel residual (GPT-NeoX)
 * attention and FFN both read RESID_PRE. */
typedef enum {
  SP_RECORD_ACT = 1 << 0,        /* (n_tokens, n_neurons): what goes into the down projection */
  SP_RECORD_GATE = 1 << 1,       /* (n_tokens, n_neurons): what the activation function gave, of gated FFNs */
  SP_RECORD_RESID_PRE = 1 << 2,  /* (n_tokens, n_hidden): the stream that enters the layer */
  SP_RECORD_Z = 1 << 3,          /* (n_tokens, n_heads · head_size): the heads' results, which the output projection reads */
  SP_RECORD_ATTN_OUT = 1 << 4,   /* (n_tokens, n_hidden): what attention gives, before it is added to the stream */
  SP_RECORD_MLP_OUT = 1 << 5,    /* (n_tokens, n_hidden): what the FFN gives, before it is added to the stream */
  SP_RECORD_RESID_POST = 1 << 6, /* (n_tokens, n_hidden): the stream that leaves the layer */
} SpRecordSites;

/* For people: word is what sp_recording_parse_sites() knows it by, the rest is marked for translation. */
typedef struct { const char *word, *title, *help; } SpRecordSite;

#define SP_RECORDING_N_SITES 7
extern const SpRecordSite sp_recording_sites[SP_RECORDING_N_SITES]; /* by bit of SpRecordSites */

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

/* "0,3-5" → (n_layers); "act,mlp_out", or "hook_mlp_out".  Errors, SP_ERROR_USAGE: what cannot be of this model.  layers: the caller's. */
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
