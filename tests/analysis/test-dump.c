/* test-dump.c - recorded activations: where their sequences begin */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "model-file.h"
#include "sp-dump.h"

#include <string.h>

#define MOST_TOKENS 16

static const guint8 zeros[MOST_TOKENS * 2];

/* Dumps have two neurons, of a byte each. */
#define ACT(name_, n_tokens)         { .name = name_, .dtype = "U8", .n_rows = n_tokens, .n_columns = 2, .data = zeros, \
                                      .n_bytes = 2 * (n_tokens) }
#define BATCH(name_, n, n_per_row)  { .name = name_, .dtype = "U8", .n_batches = n, .n_rows = n_per_row, .n_columns = 2, .data = zeros, \
                                      .n_bytes = 2 * (n) * (n_per_row) }
#define NUMBERS(name_, type, values) { .name = name_, .dtype = type, .n_columns = G_N_ELEMENTS (values), .data = values, \
                                       .n_bytes = sizeof (values) }

static SpDump *
open_dump (const ModelTensor *tensors, gsize n, const char *site)
{
  g_autofree char    *folder = model_folder_new (), *path = model_file_write (folder, "dump.safetensors", tensors, n);
  g_autoptr (SpStore) store = sp_store_open (path, NULL, NULL);
  g_autofree SpItem  *items = g_new (SpItem, n);
  SpDump             *dump;

  g_assert_nonnull (store);
  for (gsize i = 0; i < n; i++)
    items[i] = (SpItem) { store, sp_store_get_tensor (store, i) };
  dump = sp_dump_new (&(SpItems) { n, items }, site);
  model_folder_remove (folder);
  return dump;
}

/* starts: "1001" */
static void
check_starts (const ModelTensor *tensors, gsize n, const char *starts, const char *note)
{
  SpDump          *dump = open_dump (tensors, n, NULL);
  g_autofree char *notes = NULL;

  g_assert_cmpuint (dump->n_layers, >=, 1);
  g_assert_cmpuint (dump->layers[0].n_tokens, ==, strlen (starts));
  for (guint64 t = 0; starts[t] != '\0'; t++)
    if (sp_dump_starts_sequence (dump, 0, t) != (starts[t] == '1'))
      g_error ("token %u of %s", (guint) t, starts);
  g_ptr_array_add (dump->notes, NULL);
  notes = g_strjoinv ("\n", (char **) dump->notes->pdata);
  g_assert_true (note == NULL ? *notes == '\0' : strstr (notes, note) != NULL);
  g_ptr_array_remove_index (dump->notes, dump->notes->len - 1);
  sp_dump_free (dump);
}

#define CHECK(tensors, starts, note) check_starts (tensors, G_N_ELEMENTS (tensors), starts, note)

static void
test_numbers (void)
{
  static const gint32 near[] = { 5, 5, 6, 6, 6, 5 };
  static const gint64 far[] = { 1, 1 + (G_GINT64_CONSTANT (1) << 40), 1 + (G_GINT64_CONSTANT (1) << 40), 2, 2, -2 };
  static const gint8  small[] = { -1, -1, -1, 0, 1, 1 };
  static const gint32 first[] = { 0, 0, 1, 1 }, second[] = { 1, 2 };
  const ModelTensor   plain[] = { ACT ("act.0", 6), NUMBERS ("seq", "I32", near) };
  const ModelTensor   wide[] = { ACT ("act.0", 6), NUMBERS ("doc_ids", "I64", far) };
  const ModelTensor   bytes[] = { ACT ("act.0", 6), NUMBERS ("sequence_ids", "I8", small) };
  const ModelTensor   pieces[] = { ACT ("act.0.0", 3), ACT ("act.0.1", 3), NUMBERS ("seq", "I32", near) };
  const ModelTensor   files[] = { ACT ("act.0", 6), NUMBERS ("seq", "I32", first), NUMBERS ("seq-1", "I32", second) };

  CHECK (plain, "101001", NULL);
  CHECK (wide, "110101", NULL);
  CHECK (bytes, "100110", NULL);
  CHECK (pieces, "101001", NULL);
  CHECK (files, "101001", NULL);
}

static void
test_shapes (void)
{
  static const gint32 numbers[] = { 0, 0, 0, 1, 1, 1 };
  const ModelTensor   one[] = { ACT ("act.0", 5) };
  const ModelTensor   pieces[] = { ACT ("act.0.0", 3), ACT ("act.0.1", 1), ACT ("act.0.2", 2) };
  const ModelTensor   rows[] = { BATCH ("act.0", 3, 2) };
  const ModelTensor   batches[] = { BATCH ("act.0.0", 1, 3), BATCH ("act.0.1", 2, 2), ACT ("act.0.2", 2) };
  const ModelTensor   both[] = { BATCH ("act.0", 3, 2), NUMBERS ("seq", "I32", numbers) };

  CHECK (one, "10000", NULL);
  CHECK (pieces, "100110", NULL);
  CHECK (rows, "101010", NULL);
  CHECK (batches, "100101010", NULL);
  CHECK (both, "101110", NULL);
}

static void
test_unfit (void)
{
  static const gint32 four[] = { 0, 0, 1, 1 }, six[] = { 0, 1, 1, 1, 1, 2 };
  static const float  floats[] = { 0, 0, 1, 1 };
  const ModelTensor   short_one[] = { ACT ("act.0", 6), NUMBERS ("seq", "I32", four) };
  const ModelTensor   other_fits[] = { ACT ("act.0", 6), NUMBERS ("seq", "I32", four), NUMBERS ("seq_ids", "I32", six) };
  const ModelTensor   not_whole[] = { ACT ("act.0", 4), NUMBERS ("seq", "F32", floats) };
  const ModelTensor   half[] = { ACT ("act.0", 4), ACT ("act.1", 6), NUMBERS ("seq", "I32", four) };

  CHECK (short_one, "100000", "There are 4 sequence numbers");
  CHECK (other_fits, "110001", NULL);
  CHECK (not_whole, "1000", "could not be read: seq has no integers");
  CHECK (half, "1010", "There are 4 sequence numbers");
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/analysis/dump/numbers", test_numbers);
  g_test_add_func ("/analysis/dump/shapes", test_shapes);
  g_test_add_func ("/analysis/dump/unfit", test_unfit);
  return g_test_run ();
}
