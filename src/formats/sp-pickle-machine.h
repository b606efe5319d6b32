/* sp-pickle-machine.h - what the opcodes of a pickle work on; private to sp-pickle */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "sp-pickle.h"
#include "sp-reader.h"

struct _SpPickle {
  GBytes       *bytes;
  GPtrArray    *blocks;             /* of the arena */
  gsize         block_used, block_room;
  guint32       n_nodes;
  SpPickleList  persistent;         /* the PERSISTENT nodes in the order of the file */
  SpPickleNode *root;
  gsize         end;
};

typedef struct {
  gpointer *items;
  gsize     n, room;
} SpPile;

/* One run over one pickle, on one thread.  Functions that give FALSE or NULL have left a
 * complaint, unless the reader overran or it is too big, which says enough. */
typedef struct {
  SpPickle   *pickle;
  SpReader    reader;
  SpPile      stack, memo;          /* SpPickleNode * */
  SpPile      marks;                /* GSIZE_TO_POINTER (height of the stack) */
  gsize       n_memoized;           /* places of the memo that are taken: MEMOIZE takes the next */
  gsize       n_charged;            /* bytes of arena, stack and memo, and of the pickle that were looked at */
  const char *complaint;            /* N_() */
  gboolean    is_too_big, has_stopped;
} SpMachine;

gboolean      sp_machine_complain (SpMachine *m, const char *complaint);      /* FALSE, always */
void          sp_machine_clear    (SpMachine *m);

gboolean      sp_machine_charge   (SpMachine *m, gsize n_bytes);     /* FALSE: more than SP_PICKLE_MEMORY */

/* 8-byte aligned and living as long as the pickle. */
gpointer      sp_machine_take     (SpMachine *m, gsize n_bytes);
gboolean      sp_machine_append   (SpMachine *m, SpPickleList *list, SpPickleNode *const *items, gsize n);

SpPickleNode *sp_machine_pop      (SpMachine *m);
SpPickleNode *sp_machine_top      (SpMachine *m);
gboolean      sp_machine_mark     (SpMachine *m);
gboolean      sp_machine_memo_put (SpMachine *m, gsize index);
gboolean      sp_machine_memo_get (SpMachine *m, gsize index);

/* Pops all above the last MARK, and the MARK; items stay where they are until the next push. */
gboolean      sp_machine_pop_mark (SpMachine *m, SpPickleNode ***items, gsize *n);

gboolean      sp_machine_push        (SpMachine *m, SpPickleNode *node);      /* NULL: FALSE */
gboolean      sp_machine_push_int    (SpMachine *m, SpPickleKind kind, gint64 value);
gboolean      sp_machine_push_double (SpMachine *m, double value);
gboolean      sp_machine_push_text   (SpMachine *m, SpPickleKind kind, gconstpointer data, gsize n_bytes);
gboolean      sp_machine_push_list   (SpMachine *m, SpPickleKind kind, SpPickleNode *const *items, gsize n);
gboolean      sp_machine_push_global (SpMachine *m, const SpPickleText *module, const SpPickleText *name);
gboolean      sp_machine_push_record (SpMachine *m, SpPickleNode *callable, SpPickleNode *args);
gboolean      sp_machine_push_persistent (SpMachine *m, SpPickleNode *id);

/* The next opcode with its arguments (sp-pickle-ops.c). */
gboolean      sp_machine_step (SpMachine *m);
