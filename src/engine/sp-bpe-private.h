/* sp-bpe-private.h - what a byte-pair model is made of */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "sp-bpe.h"
#include "sp-pairs.h"

#define SP_NO_ID G_MAXUINT32

struct _SpBpe {
  GHashTable   *ids;                       /* text → id, both lent by the vocabulary */
  guint32      *letters;                   /* (0x110000): the id of a character, plus 1; 0: none */
  guint32       bytes[256];                /* <0x00> …, or SP_NO_ID */
  gboolean      fuses_unknown, ignores_merges, can_cut;
  guint32       unknown;                   /* or SP_NO_ID */
  char         *missing;                   /* the text of an unknown token that is none; or NULL */
  SpPairs       merges;
  SpPairs       joints;                    /* pairs of letters' ids that any merge could bring together */
  guint32       n_merges;
  GByteArray   *is_merged;                 /* by id: whether a merge takes it */
};
