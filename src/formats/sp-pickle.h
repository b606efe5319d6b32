/* sp-pickle.h - reads a Python pickle into inert nodes; nothing in it is imported or called */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "sp-error.h"

typedef enum {
  SP_PICKLE_NONE,
  SP_PICKLE_BOOL,        /* integer */
  SP_PICKLE_INT,         /* integer */
  SP_PICKLE_BIG,         /* text: an integer beyond 64 bits; two's complement, little endian, or its decimal digits */
  SP_PICKLE_FLOAT,       /* real */
  SP_PICKLE_STRING,      /* text: UTF-8 as a rule (not checked), Python 2 strings any bytes */
  SP_PICKLE_BYTES,       /* text: bytes and bytearray */
  SP_PICKLE_LIST,        /* list */
  SP_PICKLE_TUPLE,       /* list */
  SP_PICKLE_SET,         /* list; frozensets too */
  SP_PICKLE_DICT,        /* list: key, value, key, value … as written, the same key perhaps twice */
  SP_PICKLE_GLOBAL,      /* text: "module.name" of a class or function, 0-terminated */
  SP_PICKLE_RECORD,      /* record: what calling a class or function would have made */
  SP_PICKLE_PERSISTENT,  /* persistent: the id of an object kept outside of the pickle */
} SpPickleKind;

typedef struct _SpPickleNode SpPickleNode;

typedef struct {
  const char *data;             /* lent by the pickle's bytes or its arena */
  gsize       n_bytes;
} SpPickleText;

typedef struct {
  SpPickleNode **items;
  guint32        n, room;
} SpPickleList;

typedef struct {
  SpPickleNode *callable;       /* a GLOBAL as a rule, but anything can stand here */
  SpPickleNode *args;           /* its arguments, a TUPLE as a rule */
  SpPickleNode *state;          /* of the last BUILD; NULL: none */
  SpPickleList  items;          /* appended or added */
  SpPickleList  pairs;          /* key, value, … set */
} SpPickleRecord;

/* Owned by the pickle.  Nodes are shared where the file shares them, and may lie in circles:
 * whoever walks marks what he has seen by number, keeps his own stack and bounds its depth. */
struct _SpPickleNode {
  SpPickleKind kind;
  guint32      number;          /* 0 … n_nodes - 1 */
  union {
    gint64          integer;
    double          real;
    SpPickleText    text;
    SpPickleList    list;
    SpPickleRecord *record;
    SpPickleNode   *persistent;
  };
};

/* What a pickle may take: its objects while it is read, and its own bytes, long strings left out.  A
 * state_dict() of 100 000 tensors takes 100 MiB. */
#define SP_PICKLE_MEMORY ((gsize) 160 << 20)

/* Protocols 0 to 5.  Immutable once read. */
typedef struct _SpPickle SpPickle;

/* Reads one pickle that begins at byte start; name and origin (the file's offset of byte 0 of
 * bytes) are for messages.  SP_ERROR_CUT: it goes on behind the end; SP_ERROR_MALFORMED;
 * SP_ERROR_TOO_BIG: more than SP_PICKLE_MEMORY. */
SpPickle     *sp_pickle_new  (GBytes *bytes, gsize start, const char *name, guint64 origin, GError **error);
void          sp_pickle_free (SpPickle *pickle);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (SpPickle, sp_pickle_free)

SpPickleNode *sp_pickle_get_root    (SpPickle *pickle);
gsize         sp_pickle_get_end     (SpPickle *pickle);       /* in bytes, of the byte behind STOP */
guint32       sp_pickle_get_n_nodes (SpPickle *pickle);
GBytes       *sp_pickle_get_bytes   (SpPickle *pickle);
const SpPickleList *sp_pickle_get_persistent (SpPickle *pickle);  /* its PERSISTENT nodes, in the order of the file */

/* All of these take NULL and nodes of any kind. */
gboolean      sp_pickle_is_text   (const SpPickleNode *node, SpPickleKind kind, const char *text);
gboolean      sp_pickle_get_int   (const SpPickleNode *node, gint64 *value);         /* INT or BOOL */
SpPickleNode *sp_pickle_get_item  (const SpPickleNode *node, gsize i);               /* of a LIST, TUPLE; NULL: none */
gsize         sp_pickle_get_n_items (const SpPickleNode *node);                      /* of those; else 0 */
SpPickleNode *sp_pickle_find      (const SpPickleNode *node, const char *key);       /* in a DICT by STRING; the last */

/* "module.name" of the class an object is of, or of the function that was to make it: the
 * GLOBAL behind a RECORD, a copyreg helper or a persistent class.  NULL where there is none. */
const char   *sp_pickle_get_class (const SpPickleNode *node);

/* A dictionary key or scalar as a short text of valid UTF-8, at most max_bytes; NULL for the rest. */
char         *sp_pickle_dup_label (const SpPickleNode *node, gsize max_bytes);
