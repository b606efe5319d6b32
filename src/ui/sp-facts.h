/* sp-facts.h - what a store is, in pairs of a name and a value */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "sp-result.h"
#include "sp-store.h"

typedef struct { char *name, *value; } SpFact;

/* (transfer full) of SpFact: architecture, parameters, types, files, size, what config.json says. */
GPtrArray *sp_facts_of_store  (SpStore *store);
/* The numbers a person came for, newest first in importance; empty while there is no result. */
GPtrArray *sp_facts_of_result (SpStore *store, SpResult *result);
double     sp_facts_find_number (SpResult *result, const char *name);    /* of the table "summary"; NaN: none */
char      *sp_facts_format_count (guint64 n);      /* "263 K", "6.7 G" */
