/* sp-json.h - a strict pull reader for the JSON inside model files */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "sp-error.h"

/* Written for hostile input: no recursion, nesting at most SP_JSON_MAX_DEPTH, no tree in memory,
 * errors with a byte offset; the caller sees duplicate keys as they come. */
#define SP_JSON_MAX_DEPTH 64

typedef enum {
  SP_JSON_ERROR, SP_JSON_END, SP_JSON_OBJECT, SP_JSON_OBJECT_END, SP_JSON_ARRAY, SP_JSON_ARRAY_END,
  SP_JSON_KEY, SP_JSON_STRING, SP_JSON_NUMBER, SP_JSON_TRUE, SP_JSON_FALSE, SP_JSON_NULL,
} SpJsonToken;

typedef struct _SpJson SpJson;
SpJson      *sp_json_new    (const char *text, gsize n_bytes, const char *name);   /* text is lent, UTF-8 checked */
void         sp_json_free   (SpJson *json);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (SpJson, sp_json_free)

SpJsonToken  sp_json_next   (SpJson *json, GError **error);    /* SP_JSON_ERROR with error set, and from then on */
const char  *sp_json_get_string (SpJson *json);                /* KEY, STRING: unescaped; NUMBER: as is; until next() */
gboolean     sp_json_get_u64    (SpJson *json, guint64 *value);/* NUMBER that is a plain non-negative integer */
double       sp_json_get_double (SpJson *json);
gsize        sp_json_get_offset (SpJson *json);                /* of the token's first byte */
gboolean     sp_json_skip   (SpJson *json, GError **error);    /* the rest of the value whose first token was read */

void         sp_json_append_string (GString *out, const char *text);    /* writes it, quoted and escaped */
