/* print-ids.c - what a folder's tokenizer makes of texts, one file each: a line of ids, or of what is wrong */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sp-tokenizer.h"

#include <locale.h>
#include <stdio.h>
#include <string.h>

static void
print_ids (SpTokenizer *tokenizer, const char *path, gboolean with_special)
{
  g_autofree char   *text = NULL;
  g_autoptr (GError) error = NULL;
  g_autoptr (GArray) ids = NULL;
  gsize              n = 0;

  if (g_file_get_contents (path, &text, &n, &error))
    ids = sp_tokenizer_encode (tokenizer, text, n, with_special, NULL, &error);
  for (guint i = 0; ids != NULL && i < ids->len; i++)
    printf ("%s%u", i > 0 ? " " : "", g_array_index (ids, guint32, i));
  printf ("%s\n", ids != NULL ? "" : error->message);
}

static void
print_text (SpTokenizer *tokenizer, const char *path)
{
  g_autofree char   *text = NULL, *decoded = NULL;
  g_autoptr (GArray) ids = NULL;
  gsize              n = 0;

  if (g_file_get_contents (path, &text, &n, NULL))
    ids = sp_tokenizer_encode (tokenizer, text, n, FALSE, NULL, NULL);
  decoded = ids != NULL ? sp_tokenizer_decode (tokenizer, (const guint32 *) ids->data, ids->len) : g_strdup ("");
  fputs (decoded, stdout);
}

/* print-ids [--plain | --decode] FOLDER FILE… */
int
main (int argc, char **argv)
{
  gboolean                is_plain = argc > 1 && strcmp (argv[1], "--plain") == 0, is_back = argc > 1 && strcmp (argv[1], "--decode") == 0;
  int                     first = is_plain || is_back ? 2 : 1;
  g_autoptr (GError)      error = NULL;
  g_autoptr (SpTokenizer) tokenizer = NULL;

  setlocale (LC_ALL, "");
  if (argc <= first)
    return fprintf (stderr, "usage: print-ids [--plain | --decode] FOLDER FILE...\n"), 2;
  tokenizer = sp_tokenizer_open (argv[first], &error);
  if (tokenizer == NULL)
    return fprintf (stderr, "%s\n", error->message), 3;
  for (int i = first + 1; i < argc; i++)
    if (is_back)
      print_text (tokenizer, argv[i]);
    else
      print_ids (tokenizer, argv[i], !is_plain);
  return 0;
}
