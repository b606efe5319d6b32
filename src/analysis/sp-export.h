/* sp-export.h - results as JSON, CSV and Markdown */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "sp-result.h"
#include "sp-store.h"

#include <gio/gio.h>

/* C locale, 17 significant digits, NaN and infinities as null, no timestamps, stable order. */
void     sp_export_json     (GString *out, SpStore *const *stores, gsize n_stores, SpResult *const *results,
                             gsize n_results,
                             guint n_threads);
void     sp_export_csv      (GString *out, SpTable *table);
/* {"COLUMN": [a cell a row]}: what is opened again as vectors, such as measured points of a law. */
void     sp_export_columns  (GString *out, SpTable *table);
/* pictures: SpPlot → the address its picture has for a reader of the document; NULL: none were drawn. */
void     sp_export_markdown (GString *out, SpResult *const *results, gsize n_results, GHashTable *pictures);
void     sp_json_append_number (GString *out, double value);

/* The lists of a result and where they come from.  .json: {"lists": {LIST: {GROUP: [indices, as the table has them]}}}; .safetensors: a
 * tensor LIST.GROUP, u8 [as many as the group has], 1: in the list.  Errors, SP_ERROR_USAGE: any other name, which check() finds before;
 * SP_ERROR_UNSUPPORTED: the result has none. */
gboolean sp_export_lists       (const char *path, SpStore *const *stores, gsize n_stores, const SpResult *result, GError **error);
gboolean sp_export_lists_check (const char *path, GError **error);

/* Densities of features as SAELens keeps them beside its weights, in sparsity.safetensors: a tensor sparsity, f32 [features], of
 * log10 (density + 1e-10).  Errors, SP_ERROR_USAGE: another name than .safetensors; SP_ERROR_UNSUPPORTED: the result has none. */
gboolean sp_export_has_densities   (const SpResult *result);
gboolean sp_export_densities       (const char *path, SpStore *const *stores, gsize n_stores, const SpResult *result, GError **error);
gboolean sp_export_densities_check (const char *path, GError **error);

/* Written beside, then renamed: a full or read-only place leaves what was there.  The sentence says what to do. */
gboolean sp_export_write    (const char *path, const char *data, gsize n_bytes, GError **error);
