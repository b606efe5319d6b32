/* sp-bpe.h - byte-pair encoding: letters to ids, pairs of which become one by rank */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "sp-patience.h"
#include "sp-vocabulary.h"

typedef struct _SpBpe SpBpe;

/* What tokenizer.json says beside vocabulary and merges. */
typedef struct {
  char     *unknown;                       /* NULL: letters that are no token are left out */
  gboolean  fuses_unknown;                 /* a run of them is one token */
  gboolean  falls_back;                    /* to <0x00> … <0xFF>, where all bytes of a letter have theirs */
  gboolean  ignores_merges;                /* where a whole word is a token */
} SpBpeSettings;

/* Merges are put one after another, by rank, then the settings; from then on immutable, any thread. */
SpBpe    *sp_bpe_new       (SpVocabulary *vocabulary);             /* lent */
void      sp_bpe_free      (SpBpe *bpe);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (SpBpe, sp_bpe_free)

gboolean  sp_bpe_put_merge (SpBpe *bpe, const char *left, const char *right, const char *file_name, GError **error);
void      sp_bpe_finish    (SpBpe *bpe, const SpBpeSettings *settings);

gboolean  sp_bpe_find      (const SpBpe *bpe, const char *text, guint32 *id);  /* a whole token's id */

/* One text's encoding; one thread. */
typedef struct _SpBpeWork SpBpeWork;
SpBpeWork *sp_bpe_work_new  (SpBpe *bpe, const SpPatience *patience, GArray *ids);     /* all lent; ids of guint32 */
void       sp_bpe_work_free (SpBpeWork *work);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (SpBpeWork, sp_bpe_work_free)

/* Appends the ids of one word: UTF-8, NUL bytes allowed. */
gboolean   sp_bpe_encode    (SpBpeWork *work, const char *word, gsize n_bytes, GError **error);
