/* cli.h - what the commands of sparsoscope-cli share */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "sp-run.h"

/* The contract with scripts. */
enum { CLI_OK = 0, CLI_PARTIAL = 1, CLI_USAGE = 2, CLI_UNREADABLE = 3, CLI_INTERRUPTED = 130 };

typedef enum { CLI_FORMAT_UNSET, CLI_FORMAT_JSON, CLI_FORMAT_CSV, CLI_FORMAT_COLUMNS, CLI_FORMAT_MARKDOWN } CliFormat;

int       cli_analyze     (int argc, char **argv);
int       cli_info        (int argc, char **argv);
int       cli_list        (int argc, char **argv);
int       cli_record      (int argc, char **argv);

/* Parses; FALSE when there is nothing more to do, with *status set (help was printed, or a sentence on stderr). */
gboolean  cli_parse       (GOptionContext *context, int *argc, char ***argv, int *status);

/* One sentence on stderr; the exit status that belongs to the error.  Frees it. */
int       cli_fail        (GError *error);
GError   *cli_usage_error (const char *format, ...) G_GNUC_PRINTF (1, 2);

gboolean  cli_parse_format (const char *text, CliFormat *format, GError **error);
CliFormat cli_pick_format  (CliFormat wanted, const char *output);    /* by extension, else Markdown on a terminal, else JSON */

/* Where a file or folder is to be written: refused before anything is read when that is bound to fail.  NULL: fine. */
gboolean  cli_check_place (const char *path, GError **error);
gboolean  cli_make_folder (const char *path, GError **error);
/* FOLDER/analysis.id.extension; a second result of the same analysis is analysis-2. */
char     *cli_path_in     (const char *folder, GPtrArray *results, gsize i, const char *id, const char *extension);
char     *cli_find_way    (const char *folder, const char *path);       /* from the one to the other: "../plots/a.svg" */
char     *cli_join        (GPtrArray *names);                        /* "a, b or c" */

/* Around the writing of a file: an interrupt waits for its end, so that nothing half written stays behind. */
void      cli_writing_begin (void);
void      cli_writing_end   (void);

/* Between them an interrupt cancels what is lent here instead of ending the program; a second one does not wait. */
GCancellable *cli_parts_begin (void);
void          cli_parts_end   (void);

GPtrArray *cli_open       (char **paths, GError **error);   /* of SpStore */

/* The analyses of a command line; cli_choose() makes an array of them. */
typedef struct { const SpAnalysis *analysis; SpArgs *args; } CliChosen;
GArray   *cli_choose          (const char *ids, GError **error);
gboolean  cli_chosen_set      (GArray *chosen, char **sets, GError **error);        /* of "weight-sparsity.eps=0.01" */
gboolean  cli_chosen_set_text (GArray *chosen, const char *path, GError **error);   /* of every one that reads a text */
gboolean  cli_chosen_check    (GArray *chosen, GPtrArray *stores, GError **error);  /* the inputs hold what they need */

/* Everything analyses produced, to stdout or to files. */
typedef struct {
  GPtrArray  *stores, *results;      /* of SpStore, SpResult */
  CliFormat   format;
  const char *output;                /* NULL or "-": stdout; a folder: every table */
  const char *table;                 /* CSV into a file: which; NULL: the only result's first */
  guint       n_threads;
  GHashTable *pictures;              /* SpPlot → path of its picture; NULL: none */
} CliOutput;
gboolean  cli_write       (const CliOutput *output, GError **error);
gboolean  cli_output_check (CliFormat format, const char *output, const char *table, gsize n_results, GError **error);
gboolean  cli_is_folder   (const char *path);                         /* is one, or ends in a slash */

/* --neuron LAYER:INDEX, the layer as the table of layers calls it: their most active tokens as a table of the result that has them.
 * check: how they are written, before anything is read. */
gboolean  cli_neurons_check (char **texts, GError **error);
gboolean  cli_neurons_add   (char **texts, GPtrArray *results, GError **error);      /* results: of SpResult, nobody else's yet */

/* The cells of a heatmap as rows: first row and column of a cell, or their labels; then its figures. */
SpTable  *cli_grid_table  (const SpGrid *grid);

/* Plots as files. */
typedef struct {
  char     *plot, *plot_id, *size;   /* as given; NULL: not */
  double    dpi;                     /* NAN: not */
  gboolean  is_dark;
} CliPictures;
gboolean  cli_pictures_check (const CliPictures *wanted, GError **error);   /* before anything is read */
/* written: SpPlot → path, of what was drawn */
gboolean  cli_pictures_write (const CliPictures *wanted, GPtrArray *stores, GPtrArray *results, GHashTable *written,
                              GError **error);

/* Lists of indices of the one result that has them; path NULL: none are wanted. */
gboolean  cli_lists_check (const char *path, guint n_with_lists, GError **error);        /* before anything is read */
gboolean  cli_lists_write (const char *path, GPtrArray *stores, GPtrArray *results, GError **error);

/* Densities of features as SAELens keeps them, of the one result that has them; the same. */
gboolean  cli_densities_check (const char *path, guint n_with_densities, GError **error);
gboolean  cli_densities_write (const char *path, GPtrArray *stores, GPtrArray *results, GError **error);

/* Progress on a terminal's stderr; nothing elsewhere.  run: any or NULL */
void      cli_progress    (SpRun *run, const SpProgress *progress, gpointer unused);
void      cli_progress_clear (void);
