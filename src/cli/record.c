/* record.c - sparsoscope-cli record: run a model on a text, and write what its layers do */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli.h"

#include "sp-recording.h"
#include "sp-text.h"

#include <glib/gi18n.h>
#include <stdio.h>
#include <string.h>

#define PROGRESS_USEC 100000

typedef struct {
  char    *output, *layers, *what, *dtype;
  char   **paths;
  int      window, n_tokens, n_threads;
  gboolean is_quiet;
} Options;

static void
options_clear (Options *options)
{
  g_free (options->output);
  g_free (options->layers);
  g_free (options->what);
  g_free (options->dtype);
  g_strfreev (options->paths);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Options, options_clear)

static char *
describe_sites (void)
{
  GString *text = g_string_new (_("Sites, of each layer:"));

  for (gsize i = 0; i < SP_RECORDING_N_SITES; i++)
    g_string_append_printf (text, "\n  %-11s %s", sp_recording_sites[i].word, _(sp_recording_sites[i].help));
  return g_string_free (text, FALSE);
}

static gboolean
parse_options (Options *options, int *argc, char ***argv, int *status)
{
  const GOptionEntry entries[] = {
    { "output", 'o', 0, G_OPTION_ARG_FILENAME, &options->output, N_("the dump to write: .safetensors"), N_("FILE") },
    { "layers", 'l', 0, G_OPTION_ARG_STRING, &options->layers, N_("which, such as 0,3-5; by default all"), N_("LAYERS") },
    { "what", 'w', 0, G_OPTION_ARG_STRING, &options->what, N_("which of these sites, such as act,mlp_out; by default act"), N_("SITES") },
    { "dtype", 0, 0, G_OPTION_ARG_STRING, &options->dtype, N_("f16 (by default), bf16 or f32"), N_("TYPE") },
    { "window", 0, 0, G_OPTION_ARG_INT, &options->window,
      N_("tokens the model sees at once; 0: 2048, or its context where that is less"), N_("N") },
    { "tokens", 0, 0, G_OPTION_ARG_INT, &options->n_tokens, N_("only the first N of the text"), N_("N") },
    { "threads", 'j', 0, G_OPTION_ARG_INT, &options->n_threads, N_("0: one per processor"), N_("N") },
    { "quiet", 'q', 0, G_OPTION_ARG_NONE, &options->is_quiet, N_("no progress"), NULL },
    { G_OPTION_REMAINING, 0, 0, G_OPTION_ARG_FILENAME_ARRAY, &options->paths, NULL, NULL },
    { NULL }
  };
  g_autoptr (GOptionContext) context = g_option_context_new (N_("MODEL TEXT - run a model on a text, and write what its layers do"));
  g_autofree char           *sites = describe_sites ();

  g_option_context_add_main_entries (context, entries, GETTEXT_PACKAGE);
  g_option_context_set_description (context, sites);
  return cli_parse (context, argc, argv, status);
}

static GError *
find_mistake (const Options *options)
{
  if (options->paths == NULL || g_strv_length (options->paths) != 2)
    return cli_usage_error (_("a recording needs a model and a text: sparsoscope-cli record MODEL TEXT -o DUMP.safetensors"));
  if (options->output == NULL)
    return cli_usage_error (_("-o DUMP.safetensors is missing: a recording goes to a file"));
  if (options->window < 0 || options->n_tokens < 0)
    return cli_usage_error (_("--window and --tokens cannot be negative"));
  if (options->n_threads < 0)
    return cli_usage_error (_("--threads cannot be negative"));
  return NULL;
}

static gboolean
parse_dtype (const char *text, SpDtype *dtype, GError **error)
{
  for (gsize i = 0; i < SP_RECORDING_N_DTYPES; i++)
    if (text == NULL || strcmp (text, sp_dtype_name (sp_recording_dtypes[i])) == 0)
      {
        *dtype = sp_recording_dtypes[i];
        return TRUE;
      }
  g_propagate_error (error, cli_usage_error (_("--dtype cannot be '%s': it is f16, bf16 or f32"), text));
  return FALSE;
}

/* --- the recording ------------------------------------------------------------------------------ */

/* data: when it was shown last. */
static void
show_progress (gpointer data, const char *stage, double share, double seconds_left)
{
  gint64    *last = data, now = g_get_monotonic_time ();
  SpProgress progress = { .share = share, .seconds_left = seconds_left };

  if (now - *last < PROGRESS_USEC)
    return;
  *last = now;
  g_strlcpy (progress.what, stage, sizeof progress.what);
  cli_progress (NULL, &progress, NULL);
}

static SpModel *
open_model (const Options *options, GError **error)
{
  char                 *paths[] = { options->paths[0], NULL };
  g_autoptr (GPtrArray) stores = cli_open (paths, error);

  return stores != NULL ? sp_model_open (stores->pdata[0], error) : NULL;
}

static SpRecording *
plan_recording (const Options *options, SpModel *model, GCancellable *cancellable, GError **error)
{
  g_autofree gboolean *layers = NULL;
  g_autoptr (GArray)   ids = NULL;
  SpRecordingPlan      plan = { .window = (guint) options->window, .most_tokens = (gsize) options->n_tokens, .text = options->paths[1] };

  if (!parse_dtype (options->dtype, &plan.dtype, error) ||
      !sp_recording_parse_sites (model, options->what != NULL ? options->what : "act", &plan.sites, error) ||
      (options->layers != NULL && !sp_recording_parse_layers (model, options->layers, &layers, error)) ||
      (ids = sp_text_read (model, options->paths[1], NULL, cancellable, error)) == NULL)
    return NULL;
  plan.layers = layers;
  plan.ids = ids;
  return sp_recording_new (model, &plan, (guint) options->n_threads, error);
}

static void
say_written (SpRecording *recording, const Options *options)
{
  guint            n = sp_recording_get_n_tensors (recording);
  g_autofree char *size = g_format_size (sp_recording_get_n_bytes (recording)), *loss = sp_recording_dup_loss (recording);

  fprintf (stderr, ngettext ("%s: %u tensor, %s\n", "%s: %u tensors, %s\n", n), options->output, n, size);
  if (loss != NULL)
    fprintf (stderr, "%s\n", loss);
}

static gboolean
record (const Options *options, GCancellable *cancellable, GError **error)
{
  g_autoptr (SpModel)     model = open_model (options, error);
  g_autoptr (SpRecording) recording = model != NULL ? plan_recording (options, model, cancellable, error) : NULL;
  gint64                  shown = 0;

  if (recording == NULL)
    return FALSE;
  if (!options->is_quiet)
    sp_recording_set_progress (recording, show_progress, &shown);
  if (!sp_recording_write (recording, options->output, cancellable, error))
    return FALSE;
  cli_progress_clear ();
  if (!options->is_quiet)
    say_written (recording, options);
  return TRUE;
}

int
cli_record (int argc, char **argv)
{
  g_auto (Options) options = { 0 };
  GError          *error = NULL;
  int              status = CLI_OK;
  gboolean         is_written;

  if (!parse_options (&options, &argc, &argv, &status))
    return status;
  error = find_mistake (&options);
  if (error != NULL || !cli_check_place (options.output, &error))
    return cli_fail (error);
  is_written = record (&options, cli_parts_begin (), &error);
  cli_parts_end ();
  return is_written ? CLI_OK : cli_fail (error);
}
