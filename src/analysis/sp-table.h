/* sp-table.h - columns of numbers: what every export, plot and table view shows */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <gio/gio.h>

typedef enum { SP_COLUMN_F64, SP_COLUMN_I64, SP_COLUMN_TEXT } SpColumnType;

#define SP_I64_NONE G_MININT64       /* no value; in f64 it is NaN, in text NULL.  Exported as null */

/* Immutable, reference counted, shared between tables: what a slider does not change is made once.
 * unit: "elements", "share" (0…1, shown as a percentage), "bytes", "weight", "rows", "" … */
typedef struct {
  const char  *name, *title, *unit;  /* name stable and English, title translated; all interned or static */
  SpColumnType type;
  gsize        n_rows;
  union { const double *f64; const gint64 *i64; const char *const *text; };   /* (n_rows) */
} SpColumn;

SpColumn *sp_column_new_f64  (const char *name, const char *title, const char *unit, gsize n_rows, double *take);
SpColumn *sp_column_new_i64  (const char *name, const char *title, const char *unit, gsize n_rows, gint64 *take);
SpColumn *sp_column_new_text (const char *name, const char *title, gsize n_rows, const char *const *copied);
/* Of words that are never freed, such as literals: the same ones are the same pointers. */
SpColumn *sp_column_new_words (const char *name, const char *title, gsize n_rows, const char **take);
SpColumn *sp_column_ref      (SpColumn *column);
void      sp_column_unref    (SpColumn *column);

/* Built by one thread, then immutable and any thread's. */
typedef struct _SpTable SpTable;

SpTable        *sp_table_new           (const char *id, const char *title, gsize n_rows);
SpTable        *sp_table_ref           (SpTable *table);
void            sp_table_unref         (SpTable *table);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (SpTable, sp_table_unref)

void            sp_table_take_column   (SpTable *table, SpColumn *column);   /* n_rows must agree */
void            sp_table_take_f64      (SpTable *table, const char *name, const char *title, const char *unit, double *take);
void            sp_table_take_i64      (SpTable *table, const char *name, const char *title, const char *unit, gint64 *take);
const char     *sp_table_get_id        (SpTable *table);
const char     *sp_table_get_title     (SpTable *table);
gsize           sp_table_get_n_rows    (SpTable *table);
gsize           sp_table_get_n_columns (SpTable *table);
const SpColumn *sp_table_get_column    (SpTable *table, gsize i);
const SpColumn *sp_table_find_column   (SpTable *table, const char *name);   /* NULL: none */
double          sp_column_get_number   (const SpColumn *column, gsize row);  /* i64 widened; NaN for none and text */

/* What rows are about, for linked selection: n_rows rows from first_row on are the neurons 0, 1, … of the tensor called key. */
void            sp_table_add_neurons   (SpTable *table, gsize first_row, gsize n_rows, const char *key);
/* The tensor a row is about: of such rows, or as its column "tensor" says; NULL: none.  neuron: -1 where it is all of them. */
const char     *sp_table_get_key       (SpTable *table, gsize row, gint64 *neuron);
/* Where a table has neurons, a row of one; else the row of the tensor.  FALSE: none. */
gboolean        sp_table_find_key      (SpTable *table, const char *key, gint64 neuron, gsize *row);

/* More about a row that has a key, read when somebody asks.  Called on a worker thread, by several at once; NULL: it failed or was
 * cancelled. */
typedef SpTable *(*SpTableDetail) (gpointer data, const char *key, gint64 neuron, GCancellable *cancellable, GError **error);
void            sp_table_set_detail    (SpTable *table, SpTableDetail detail, gpointer data, GDestroyNotify free_data);
gboolean        sp_table_has_detail    (SpTable *table);
SpTable        *sp_table_read_detail   (SpTable *table, gsize row, GCancellable *cancellable, GError **error);

/* On screen: 3–4 significant digits, thin spaces, percentages by the unit.  Free with g_free(). */
char           *sp_column_format_cell  (const SpColumn *column, gsize row);
/* The same, of a summary too: where "name" names a "value" whose "unit" stands beside it, as words and by that unit. */
char           *sp_table_format_cell   (SpTable *table, gsize column, gsize row);
char           *sp_format_number       (double value, const char *unit);
