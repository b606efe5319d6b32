/* sp-members.h - the members of a JSON object, one after another or into a structure */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "sp-json.h"

/* Of each member the first token of its value was read; reads the rest of it. */
typedef gboolean (*SpMemberFunc) (gpointer data, SpJson *json, const char *key, SpJsonToken first, GError **error);

/* The object's first token was read; reads it to its end. */
gboolean sp_members_read (SpJson *json, SpMemberFunc func, gpointer data, GError **error);

typedef enum {
  SP_FIELD_TEXT,           /* char *, owned */
  SP_FIELD_FLAG,           /* gboolean */
  SP_FIELD_NUMBER,         /* guint64: a plain non-negative integer */
  SP_FIELD_VALUE,          /* anything; `read` does it */
} SpFieldKind;

typedef struct {
  const char  *name;
  SpFieldKind  kind;
  gsize        offset;     /* into the structure */
  SpMemberFunc read;       /* gets the structure */
} SpField;

/* As sp_members_read(), by a table of n fields.  What is of another kind than the table says, or not named there, counts as not written. */
gboolean sp_fields_read (SpJson *json, const SpField *fields, gsize n, gpointer structure, GError **error);
