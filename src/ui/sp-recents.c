/* sp-recents.c - the sources opened last */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sp-recents.h"

#include "sp-settings.h"

#include <string.h>

static void
store_with_first (const char *first, const char *without)
{
  g_auto (GStrv)            old = sp_recents_dup ();
  g_autoptr (GStrvBuilder)  builder = g_strv_builder_new ();
  g_auto (GStrv)            paths = NULL;
  gsize                     n = 0;

  if (first != NULL)
    {
      g_strv_builder_add (builder, first);
      n++;
    }
  for (gsize i = 0; old[i] != NULL && n < SP_MAX_RECENTS; i++)
    if (strcmp (old[i], without) != 0)
      {
        g_strv_builder_add (builder, old[i]);
        n++;
      }
  paths = g_strv_builder_end (builder);
  sp_settings_set_strv ("recent-sources", (const char *const *) paths);
}

void
sp_recents_add (const char *path)
{
  g_autofree char *uri = g_filename_to_uri (path, NULL, NULL);

  if (uri != NULL)
    store_with_first (uri, uri);
}

void
sp_recents_remove (const char *uri)
{
  store_with_first (NULL, uri);
}

GStrv
sp_recents_dup (void)
{
  return sp_settings_dup_strv ("recent-sources");
}
