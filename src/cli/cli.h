/* cli.h - what the commands of sparsoscope-cli share */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "sp-run.h"

/* The contract with scripts. */
enum { CLI_OK = 0, CLI_PARTIAL = 1, CLI_USAGE = 2, CLI_UNREADABLE = 3, CLI_INTERRUPTED = 130 };

typedef enum { CLI_FORMAT_UNSET, CLI_FORMAT_JSON, CLI_FORMAT_CSV, CLI_FORMAT_MARKDOWN } CliFormat;

int       cli_analyze     (int argc, char **argv, GCancellable *cancellable);
int       cli_info        (int argc, char **argv, GCancellable *cancellable);
int       cli_list        (int argc, char **argv, GCancellable *cancellable);

/* Parses; FALSE when there is nothing more to do, with *status set (help was printed, or a sentence on stderr). */
gboolean  cli_parse       (GOptionContext *context, int *argc, char ***argv, int *status);

/* One sentence on stderr; the exit status that belongs to the error.  Frees it. */
int       cli_fail        (GError *error);
GError   *cli_usage_error (const char *format, ...) G_GNUC_PRINTF (1, 2);

gboolean  cli_parse_format (const char *text, CliFormat *format, GError **error);
CliFormat cli_pick_format  (CliFormat wanted, const char *output);    /* by extension, else Markdown on a terminal, else JSON */

GPtrArray *cli_open       (char **paths, GCancellable *cancellable, GError **error);   /* of SpStore */

/* Everything analyses produced, to stdout or to files. */
typedef struct {
  GPtrArray  *stores, *results;      /* of SpStore, SpResult */
  CliFormat   format;
  const char *output;                /* NULL or "-": stdout; a folder: every table */
  const char *table;                 /* CSV: which; NULL: each result's first */
  guint       n_threads;
} CliOutput;
gboolean  cli_write       (const CliOutput *output, GError **error);
gboolean  cli_is_folder   (const char *path);                         /* is one, or ends in a slash */

/* Plots as files. */
typedef struct {
  char     *plot, *plot_id, *size;   /* as given; NULL: not */
  double    dpi;
  gboolean  is_dark;
} CliPictures;
gboolean  cli_pictures_check (const CliPictures *wanted, GError **error);   /* before anything is read */
gboolean  cli_pictures_write (const CliPictures *wanted, GPtrArray *stores, GPtrArray *results, GError **error);

/* Progress on a terminal's stderr; nothing elsewhere. */
void      cli_progress    (SpRun *run, const SpProgress *progress, gpointer unused);
void      cli_progress_clear (void);
