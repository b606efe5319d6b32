/* sp-memory.c - the machine's memory, and the limits of control groups and of the process */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sp-memory.h"

#include <glib/gi18n-lib.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

static void
take_least (SpMemory *memory, double n_bytes, SpMemoryLimit limit)
{
  if (n_bytes < memory->n_bytes)
    *memory = (SpMemory) { n_bytes, limit };
}

static char *
read_text (const char *root, const char *path)
{
  g_autofree char *name = g_build_filename (root, path, NULL);
  char            *text = NULL;

  return g_file_get_contents (name, &text, NULL, NULL) ? text : NULL;
}

/* --- control groups ------------------------------------------------------------------------------------- */

/* One number, or "max", as anything that is none. */
static double
read_limit (const char *root, const char *folder, const char *group, const char *name)
{
  g_autofree char *path = g_build_filename (folder, group, name, NULL), *text = read_text (root, path);
  char            *end = text;
  guint64          n_bytes = text != NULL ? g_ascii_strtoull (text, &end, 10) : 0;

  return end != text ? (double) n_bytes : INFINITY;
}

/* The group's own limit, and those of all around it; in a container, where the path may be one of outside, the outermost is its own. */
static void
take_groups (SpMemory *memory, const char *root, const char *folder, const char *group, const char *name)
{
  g_autofree char *path = g_strdup (group);
  char            *slash;

  do
    {
      slash = strrchr (path, '/');
      take_least (memory, read_limit (root, folder, path, name), SP_MEMORY_CGROUP);
      if (slash != NULL)
        *slash = '\0';
    }
  while (slash != NULL);
}

/* Lines of /proc/self/cgroup are NUMBER:CONTROLLERS:PATH; version 2 is the one without controllers. */
static void
take_group_line (SpMemory *memory, const char *root, const char *line)
{
  g_auto (GStrv) parts = g_strsplit (line, ":", 3), controllers = NULL;

  if (g_strv_length (parts) != 3)
    return;
  controllers = g_strsplit (parts[1], ",", -1);
  if (parts[1][0] == '\0')
    take_groups (memory, root, "/sys/fs/cgroup", parts[2], "memory.max");
  else if (g_strv_contains ((const char *const *) controllers, "memory"))
    take_groups (memory, root, "/sys/fs/cgroup/memory", parts[2], "memory.limit_in_bytes");
}

static void
take_cgroups (SpMemory *memory, const char *root)
{
  g_autofree char *text = read_text (root, "/proc/self/cgroup");
  g_auto (GStrv)   lines = g_strsplit (text != NULL ? text : "", "\n", -1);

  for (gsize i = 0; lines[i] != NULL; i++)
    take_group_line (memory, root, lines[i]);
}

/* --- the process ---------------------------------------------------------------------------------------- */

/* What is mapped and, of it, data, both in pages; 0: nobody knows. */
static void
read_use (const char *root, double *addresses, double *data)
{
  g_autofree char *text = read_text (root, "/proc/self/statm");

  *addresses = *data = 0;
  if (text != NULL && sscanf (text, "%lf %*f %*f %*f %*f %lf", addresses, data) != 2)
    *addresses = *data = 0;
}

static void
take_process (SpMemory *memory, int resource, double n_used_pages, SpMemoryLimit limit)
{
  struct rlimit found;

  if (getrlimit (resource, &found) == 0 && found.rlim_cur != RLIM_INFINITY)
    take_least (memory, MAX ((double) found.rlim_cur - n_used_pages * (double) sysconf (_SC_PAGESIZE), 0), limit);
}

SpMemory
sp_memory_find_below (const char *root)
{
  SpMemory memory = { (double) sysconf (_SC_PHYS_PAGES) * (double) sysconf (_SC_PAGESIZE), SP_MEMORY_MACHINE };
  double   addresses, data;

  take_cgroups (&memory, root);
  read_use (root, &addresses, &data);
  take_process (&memory, RLIMIT_AS, addresses, SP_MEMORY_ADDRESSES);
  take_process (&memory, RLIMIT_DATA, data, SP_MEMORY_DATA);
  return memory;
}

SpMemory
sp_memory_find (void)
{
  return sp_memory_find_below ("/");
}

char *
sp_memory_describe (SpMemory memory)
{
  double n_gib = memory.n_bytes / (1 << 30);

  switch (memory.limit)
    {
    case SP_MEMORY_CGROUP:    return g_strdup_printf (_("the control group allows %.1f GiB"), n_gib);
    case SP_MEMORY_ADDRESSES: return g_strdup_printf (_("the limit of addresses (ulimit -v) leaves %.1f GiB"), n_gib);
    case SP_MEMORY_DATA:      return g_strdup_printf (_("the limit of data (ulimit -d) leaves %.1f GiB"), n_gib);
    case SP_MEMORY_MACHINE:   break;
    }
  return g_strdup_printf (_("this machine has %.1f GiB"), n_gib);
}

char *
sp_memory_lack (double n_bytes)
{
  SpMemory most = sp_memory_find ();

  return n_bytes <= most.n_bytes ? NULL : sp_memory_describe (most);
}
