/* sp-memo.h - which ids a short run of ids became before: natural text says the same words again and again */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>

#define SP_MEMO_MOST_KEY 48                /* longer runs are not remembered */

/* At most 16 MiB; then what is there stays, and nothing comes in.  One thread. */
typedef struct _SpMemo SpMemo;

SpMemo        *sp_memo_new  (void);
void           sp_memo_free (SpMemo *memo);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (SpMemo, sp_memo_free)

const guint32 *sp_memo_find (SpMemo *memo, const guint32 *key, gsize n, gsize *n_value);     /* NULL: not yet; until the next put() */
void           sp_memo_put  (SpMemo *memo, const guint32 *key, gsize n, const guint32 *value, gsize n_value);
