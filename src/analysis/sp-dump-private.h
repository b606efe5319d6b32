/* sp-dump-private.h - shared by the parts of sp-dump */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "sp-dump.h"

#define SP_DUMP_SEPARATORS "./[]:"      /* between the parts of a name */

char   **sp_dump_split_name    (const SpTensor *tensor);          /* parts of its name, lower case */
gboolean sp_dump_is_number     (const char *part);
int      sp_dump_compare_names (gconstpointer a, gconstpointer b, gpointer items);    /* two items, by their tensors' names */

/* A site: names of one kind in one store. */
typedef struct { char *name; SpStore *store; guint64 n_elements; } SpDumpSite;

typedef struct {
  GPtrArray   *all;              /* of SpDumpSite, as they come */
  GHashTable  *known;            /* SpDumpSite, lent by all → itself */
  SpDumpSite **of_item;          /* (n items) lent by all; NULL: no activations */
} SpDumpSites;

char             *sp_dump_site_name   (const SpTensor *tensor);   /* "model.layers.3.mlp" → "model.layers.*.mlp" */
gboolean          sp_dump_is_lost     (const SpTensor *tensor);   /* its name says that it is part of it, but it cannot be read */
gboolean          sp_dump_is_too_big  (const SpTensor *tensor);
void              sp_dump_list_sites  (SpDumpSites *sites, const SpItems *items);
void              sp_dump_clear_sites (SpDumpSites *sites);
const SpDumpSite *sp_dump_choose_site (const SpDumpSites *sites); /* NULL: there is none */

/* Both note in the dump what they cannot use. */
void     sp_dump_load_mask     (SpDump *dump, const SpItems *items, SpStore *store);
void     sp_dump_load_texts    (SpDump *dump, SpStore *store);
