/* test-export.c - JSON, CSV and Markdown say the same numbers, and files are written whole or not at all */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "model-file.h"
#include "sp-export.h"

#include <fcntl.h>
#include <glib/gstdio.h>
#include <math.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static SpTable *
make_table (void)
{
  const char *const words[] = { "a,\"b\"", "tab\there" };
  SpTable          *table = sp_table_new ("t", "T", 2);
  double           *numbers = g_new (double, 2);
  gint64           *counts = g_new (gint64, 2);

  numbers[0] = 0.1;
  numbers[1] = NAN;
  counts[0] = G_MAXINT64;
  counts[1] = SP_I64_NONE;
  sp_table_take_column (table, sp_column_new_text ("w", "W", 2, words));
  sp_table_take_column (table, sp_column_new_f64 ("x", "X", "weight", 2, numbers));
  sp_table_take_column (table, sp_column_new_i64 ("n", "N", "elements", 2, counts));
  return table;
}

static void
test_csv (void)
{
  g_autoptr (SpTable) table = make_table ();
  GString            *out = g_string_new (NULL);

  sp_export_csv (out, table);
  g_assert_cmpstr (out->str, ==, "w,x,n\n\"a,\"\"b\"\"\",0.1,9223372036854775807\ntab\there,,\n");
  g_string_free (out, TRUE);
}

static void
test_json (void)
{
  g_autoptr (SpResult) result = sp_result_new ("weight-sparsity");
  SpResult            *results[] = { result };
  GString             *out = g_string_new (NULL);

  g_ptr_array_add (result->tables, make_table ());
  result->parameters = g_strdup ("eps=0.01 eps-mode=absolute ffn=true");
  sp_export_json (out, NULL, 0, results, 1, 2);
  g_assert_nonnull (strstr (out->str, "[\"a,\\\"b\\\"\", 0.1, 9223372036854775807],"));
  g_assert_nonnull (strstr (out->str, "[\"tab\\u0009here\", null, null]]"));
  g_assert_nonnull (strstr (out->str, "\"params\": {\"eps\": 0.01, \"eps-mode\": \"absolute\", \"ffn\": true}"));
  g_string_free (out, TRUE);
}

static void
test_numbers (void)
{
  g_autoptr (GRand) rng = g_rand_new_with_seed (1);

  for (guint i = 0; i < 10000; i++)
    {
      union { guint64 u; double x; } any = { .u = ((guint64) g_rand_int (rng) << 32) | g_rand_int (rng) };
      GString *out = g_string_new (NULL);

      sp_json_append_number (out, any.x);
      if (isfinite (any.x))
        g_assert_cmpfloat (g_ascii_strtod (out->str, NULL), ==, any.x);
      else
        g_assert_cmpstr (out->str, ==, "null");
      g_string_free (out, TRUE);
    }
}

static void
test_write (void)
{
  g_autofree char   *folder = model_folder_new (), *path = g_build_filename (folder, "out.json", NULL);
  g_autofree char   *missing = g_build_filename (folder, "no", "out.json", NULL), *found = NULL;
  g_autoptr (GError) error = NULL;
  g_autoptr (GDir)   dir = NULL;

  g_assert_true (sp_export_write (path, "first", 5, NULL));
  g_assert_false (sp_export_write (missing, "x", 1, &error));
  g_assert_error (error, SP_ERROR, SP_ERROR_IO);
  g_assert_nonnull (strstr (error->message, missing));
  g_assert_true (g_file_get_contents (path, &found, NULL, NULL));
  g_assert_cmpstr (found, ==, "first");
  dir = g_dir_open (folder, 0, NULL);
  g_assert_cmpstr (g_dir_read_name (dir), ==, "out.json");
  g_assert_null (g_dir_read_name (dir));       /* nothing half written is left beside it */
  model_folder_remove (folder);
}

/* As root, a rename would put a file where /dev/null was. */
static void
test_special (void)
{
  g_autofree char   *folder = model_folder_new (), *pipe = g_build_filename (folder, "pipe", NULL);
  g_autofree char   *file = g_build_filename (folder, "file", NULL), *link = g_build_filename (folder, "link",
      NULL), *found = NULL;
  char               buffer[8] = { 0 };
  int                fd;

  g_assert_cmpint (mkfifo (pipe, 0600), ==, 0);
  fd = open (pipe, O_RDWR | O_NONBLOCK);
  g_assert_true (sp_export_write (pipe, "bytes", 5, NULL));
  g_assert_cmpint (read (fd, buffer, 5), ==, 5);
  g_assert_cmpstr (buffer, ==, "bytes");
  g_assert_true (g_file_test (pipe, G_FILE_TEST_EXISTS) && !g_file_test (pipe, G_FILE_TEST_IS_REGULAR));
  close (fd);
  g_assert_true (g_file_set_contents (file, "old", 3, NULL));
  g_assert_cmpint (symlink ("file", link), ==, 0);
  g_assert_true (sp_export_write (link, "new", 3, NULL));
  g_assert_true (g_file_test (link, G_FILE_TEST_IS_SYMLINK));
  g_assert_true (g_file_get_contents (file, &found, NULL, NULL));
  g_assert_cmpstr (found, ==, "new");
  model_folder_remove (folder);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/analysis/export/csv", test_csv);
  g_test_add_func ("/analysis/export/json", test_json);
  g_test_add_func ("/analysis/export/numbers", test_numbers);
  g_test_add_func ("/analysis/export/write", test_write);
  g_test_add_func ("/analysis/export/special", test_special);
  return g_test_run ();
}
