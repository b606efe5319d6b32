/* places.c - where sparsoscope-cli writes: looked at before reading, named, and never left half written */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli.h"

#include <errno.h>
#include <glib/gi18n.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

gboolean
cli_is_folder (const char *path)
{
  return path != NULL && (g_str_has_suffix (path, "/") || g_file_test (path, G_FILE_TEST_IS_DIR));
}

/* A file is renamed into its folder; a folder, a device and a pipe are written to. */
static int
existing_problem (const char *path)
{
  struct stat      info;
  g_autofree char *folder = g_path_get_dirname (path);

  if (stat (path, &info) != 0)
    return errno;
  return access (S_ISREG (info.st_mode) ? folder : path, W_OK) == 0 ? 0 : errno;
}

/* A new file needs its folder; a new folder, the nearest one that is there. */
static int
new_problem (const char *path)
{
  char *folder = g_path_get_dirname (path);
  int   problem;

  while (cli_is_folder (path) && !g_file_test (folder, G_FILE_TEST_EXISTS))
    {
      char *above = g_path_get_dirname (folder);

      g_free (folder);
      folder = above;
    }
  problem = access (folder, W_OK | X_OK) == 0 ? 0 : errno;
  g_free (folder);
  return problem;
}

gboolean
cli_check_place (const char *path, GError **error)
{
  g_autofree char *target = path != NULL ? realpath (path, NULL) : NULL;
  int              problem;

  if (path == NULL || strcmp (path, "-") == 0)
    return TRUE;
  if (*path == '\0')
    {
      g_propagate_error (error, cli_usage_error (_("the name of the file to write is empty")));
      return FALSE;
    }
  problem = target != NULL ? existing_problem (target) : new_problem (path);
  if (problem != 0)
    g_set_error (error, SP_ERROR, SP_ERROR_IO, _("%s cannot be written: %s; choose another place"), path,
                 g_strerror (problem));
  return problem == 0;
}

gboolean
cli_make_folder (const char *path, GError **error)
{
  if (g_mkdir_with_parents (path, 0777) == 0)
    return TRUE;
  g_set_error (error, SP_ERROR, SP_ERROR_IO, _("the folder %s cannot be made: %s; choose another place"), path,
               g_strerror (errno));
  return FALSE;
}

char *
cli_path_in (const char *folder, GPtrArray *results, gsize i, const char *id, const char *extension)
{
  const char      *analysis = ((SpResult *) results->pdata[i])->analysis;
  g_autofree char *name = NULL;
  guint            number = 1;

  for (gsize k = 0; k < i; k++)
    number += strcmp (((SpResult *) results->pdata[k])->analysis, analysis) == 0;
  name = number == 1 ? g_strdup_printf ("%s.%s.%s", analysis, id, extension)
       : g_strdup_printf ("%s-%u.%s.%s", analysis, number, id, extension);
  return g_build_filename (folder, name, NULL);
}

char *
cli_find_way (const char *folder, const char *path)
{
  g_autofree char    *from = g_canonicalize_filename (folder, NULL), *to = g_canonicalize_filename (path, NULL);
  g_auto (GStrv)      start = g_strsplit (from, "/", -1), end = g_strsplit (to, "/", -1);
  g_autoptr (GString) way = g_string_new (NULL);
  guint               n_shared = 0;

  while (start[n_shared] != NULL && g_strcmp0 (start[n_shared], end[n_shared]) == 0)
    n_shared++;
  for (guint i = n_shared; start[i] != NULL && *start[i] != '\0'; i++)
    g_string_append (way, "../");
  for (guint i = n_shared; end[i] != NULL; i++)
    g_string_append_printf (way, "%s%s", i > n_shared ? "/" : "", end[i]);
  return g_string_free (g_steal_pointer (&way), FALSE);
}

char *
cli_join (GPtrArray *names)
{
  GString *out = g_string_new (NULL);

  for (gsize i = 0; i < names->len; i++)
    g_string_append_printf (out, "%s%s", i == 0 ? "" : i + 1 < names->len ? ", " : _(" or "), (const char *) names->pdata[i]);
  return g_string_free (out, FALSE);
}

static pthread_mutex_t writing = PTHREAD_MUTEX_INITIALIZER;

void
cli_writing_begin (void)
{
  pthread_mutex_lock (&writing);
}

void
cli_writing_end (void)
{
  pthread_mutex_unlock (&writing);
}
