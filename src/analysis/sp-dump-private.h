/* sp-dump-private.h - shared by the parts of sp-dump */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "sp-dump.h"

#define SP_DUMP_SEPARATORS "./[]:"      /* between the parts of a name */

char   **sp_dump_split_name    (const SpTensor *tensor);          /* parts of its name, lower case */
gboolean sp_dump_is_number     (const char *part);
int      sp_dump_compare_names (gconstpointer a, gconstpointer b, gpointer items);    /* two items, by their tensors' names */

/* Both note in the dump what they cannot use. */
void     sp_dump_load_mask     (SpDump *dump, const SpItems *items, SpStore *store);
void     sp_dump_load_texts    (SpDump *dump, SpStore *store);
