/* main.c - sparsoscope-cli: the headless twin of the window */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli.h"

#include "kernels.h"
#include "sp-beside.h"
#include "sp-locale.h"

#include <errno.h>
#include <glib/gi18n.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static const struct {
  const char *name;
  int       (*run) (int argc, char **argv);
  const char *summary;
} commands[] = {
  { "info", cli_info, N_("what is in a file or folder: tensors, shapes, types, roles, totals") },
  { "list", cli_list, N_("the analyses, formats and kernels this program has") },
  { "analyze", cli_analyze, N_("measure, and write numbers and plots") },
  { "record", cli_record, N_("run a model on a text, and write what its layers do as a dump to analyze") },
};

static void
print_help (FILE *out)
{
  fprintf (out, "%s\n\n", _("Usage: sparsoscope-cli COMMAND [OPTION…] PATH…"));
  for (gsize i = 0; i < G_N_ELEMENTS (commands); i++)
    fprintf (out, "  %-9s %s\n", commands[i].name, _(commands[i].summary));
  fprintf (out, "\n%s\n%s\n%s\n%s\n%s\n%s\n", _("Examples:"),
           "  sparsoscope-cli info model.safetensors",
           "  sparsoscope-cli analyze model/ -a weight-sparsity --set weight-sparsity.eps=0.01",
           "  sparsoscope-cli analyze model/ -a weight-sparsity --format csv -o sparsity.csv --plot curve.svg",
           "  sparsoscope-cli analyze model/ -a tensor-map --set tensor-map.tensor=lm_head.weight --plot map.png",
           "  sparsoscope-cli record model/ text.txt -o dump.safetensors --layers 0,3-5");
  fprintf (out, "\n%s\n", _("sparsoscope-cli COMMAND --help tells more about a command."));
}

static GCancellable *cancellable;      /* lives as long as the program */
static gint          has_parts;        /* atomic */
static int           interrupts[2];    /* a pipe with a byte for each */
static volatile sig_atomic_t n_interrupts;

GCancellable *
cli_parts_begin (void)
{
  g_atomic_int_set (&has_parts, TRUE);
  return cancellable;
}

void
cli_parts_end (void)
{
  g_atomic_int_set (&has_parts, FALSE);
}

/* FALSE: there is nothing to stop, or it was stopped before. */
static gboolean
stop_parts (void)
{
  if (!g_atomic_int_get (&has_parts) || g_cancellable_is_cancelled (cancellable))
    return FALSE;
  g_cancellable_cancel (cancellable);
  return TRUE;
}

/* An interrupt ends the program at once, but for a file that is just being written, and for work that has something to
 * show when it is stopped: reading leaves nothing behind.  A second one does not wait for the latter, and removes what is
 * unfinished; a third waits for nothing. */
static void *
wait_for_interrupt (void *unused)
{
  char letter;

  while (read (interrupts[0], &letter, 1) != 1 || stop_parts ())
    ;
  cli_writing_begin ();
  sp_beside_abandon_all ();
  cli_progress_clear ();
  fprintf (stderr, "sparsoscope-cli: %s\n", _("interrupted"));
  _exit (CLI_INTERRUPTED);
}

static void
on_interrupt (int number)
{
  int kept = errno;

  if (++n_interrupts > 2 || write (interrupts[1], "", 1) != 1)
    _exit (CLI_INTERRUPTED);
  errno = kept;
}

/* Not by blocking the signals: libraries may have started threads before main(), which would be ended by them. */
static void
watch_interrupts (void)
{
  struct sigaction action = { .sa_handler = on_interrupt, .sa_flags = SA_RESTART };
  pthread_t        thread;

  cancellable = g_cancellable_new ();
  sigemptyset (&action.sa_mask);
  if (pipe (interrupts) != 0 || pthread_create (&thread, NULL, wait_for_interrupt, NULL) != 0)
    return;
  pthread_detach (thread);
  sigaction (SIGINT, &action, NULL);
  sigaction (SIGTERM, &action, NULL);
}

static int
print_version (void)
{
  printf ("sparsoscope-cli %s (%s)\n", SP_VERSION, sp_kernels ()->isa);
  return CLI_OK;
}

int
main (int argc, char **argv)
{
  sp_locale_init ();
  signal (SIGPIPE, SIG_DFL);
  watch_interrupts ();

  if (argc < 2)
    {
      print_help (stderr);
      return CLI_USAGE;
    }
  if (strcmp (argv[1], "--help") == 0 || strcmp (argv[1], "-h") == 0 || strcmp (argv[1], "help") == 0)
    {
      print_help (stdout);
      return CLI_OK;
    }
  if (strcmp (argv[1], "--version") == 0)
    return print_version ();
  for (gsize i = 0; i < G_N_ELEMENTS (commands); i++)
    if (strcmp (argv[1], commands[i].name) == 0)
      {
        g_autofree char *name = g_strdup_printf ("sparsoscope-cli %s", argv[1]);

        g_set_prgname (name);          /* in the usage line of --help */
        return commands[i].run (argc - 1, argv + 1);
      }
  return cli_fail (cli_usage_error (_("there is no command '%s'; sparsoscope-cli --help lists them"), argv[1]));
}
