/* sp-csv.h - numbers as text: a line of names, then lines with a cell for each; commas, semicolons or tabs between
 *
 * Cells may be quoted, but then hold no separator; what parts them is what parts the names, a semicolon or tab before a comma. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>

typedef struct {
  char   *name;
  GArray *numbers;             /* of double; to the first cell that is none */
  char   *problem;             /* "line 3: loss is 'x', no number"; NULL: all are */
} SpCsvColumn;

/* Of SpCsvColumn, in the order of names; none where the text is empty.  title: of the file, for errors.
 * Errors, SP_ERROR_MALFORMED: more than 1000 names or 100000 lines below them, a line with more or fewer cells. */
GPtrArray *sp_csv_read (const char *text, const char *title, GError **error);
/* The cells of a text's first line, NULL-terminated, the rest of more than 1000 as one; free with g_strfreev(). */
char     **sp_csv_read_names (const char *text);
