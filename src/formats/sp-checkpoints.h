/* sp-checkpoints.h - the checkpoints of a training run, each a folder in the run's folder, and how far each was trained */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "sp-format.h"

#define SP_MOST_CHECKPOINTS 2000

/* Of a number of tokens or steps. */
typedef enum { SP_TRAINED_UNKNOWN, SP_TRAINED_BY_TABLE, SP_TRAINED_BY_STATE, SP_TRAINED_BY_NAME } SpTrainedFrom;

typedef struct {
  char         *name, *path;           /* of its folder, as it is called */
  gboolean      is_model;              /* there is a config.json in it */
  double        tokens, steps;         /* it was trained on; NaN: nothing says so */
  SpTrainedFrom tokens_from, steps_from;
} SpCheckpoint;

/* The format of a store that has nothing else; no file is of it. */
extern const SpFormat sp_format_checkpoints;

/* How many folders in it have a config.json. */
guint      sp_checkpoints_count (const char *folder);

/* Of SpCheckpoint: all folders in it but hidden ones, natural order, with what their names say; the first SP_MOST_CHECKPOINTS. */
GPtrArray *sp_checkpoints_list  (const char *folder);
/* What the run's tokens.json has for a folder's name counts more, then num_input_tokens_seen and global_step of the trainer_state.json in
 * it.  notes: of char *, takes what is wrong with these files.  FALSE: cancelled. */
gboolean   sp_checkpoints_read_beside (GPtrArray *checkpoints, const char *folder, GPtrArray *notes, GCancellable *cancellable,
                                       GError **error);
void       sp_checkpoint_free   (gpointer checkpoint);

/* "step-00025", "checkpoint-500" and "12000" are steps, "10B" and "1.5T" tokens, "step1000-tokens4B" both.
 * NaN: it does not say. */
void       sp_checkpoint_read_name (const char *name, double *tokens, double *steps);
