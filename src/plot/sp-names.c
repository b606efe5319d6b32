/* sp-names.c - long names without what they have in common */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sp-names.h"

#include <string.h>

static gboolean
is_joint (char c)
{
  return c == '.' || c == '/' || c == '_';
}

static gsize
common_start (const char *a, const char *b, gsize most)
{
  gsize n = 0;

  while (n < most && a[n] != '\0' && a[n] == b[n])
    n++;
  return n;
}

static gsize
common_end (const char *a, const char *b, gsize most)
{
  gsize n_a = strlen (a), n_b = strlen (b), n = 0;

  while (n < most && n < n_a && n < n_b && a[n_a - 1 - n] == b[n_b - 1 - n])
    n++;
  return n;
}

/* Back to the last joint: what is cut ends with one at the start, begins with one at the end. */
static void
hold_at_joints (const char *name, gsize *start, gsize *end)
{
  gsize length = strlen (name);

  while (*start > 0 && !is_joint (name[*start - 1]))
    (*start)--;
  while (*end > 0 && !is_joint (name[length - *end]))
    (*end)--;
}

char **
sp_names_shorten (const char *const *names, gsize n)
{
  const char *first = n > 1 ? names[0] : NULL;
  gsize start, end;
  char **shorter;

  if (first == NULL)
    return NULL;
  start = end = strlen (first);
  for (gsize i = 1; i < n; i++)
    {
      if (names[i] == NULL)
        return NULL;
      start = common_start (first, names[i], start);
      end = common_end (first, names[i], end);
    }
  hold_at_joints (first, &start, &end);
  if (start + end == 0)
    return NULL;
  shorter = g_new0 (char *, n + 1);
  for (gsize i = 0; i < n; i++)
    {
      gsize length = strlen (names[i]);

      /* Start and end may overlap in a short name: then it stays whole. */
      shorter[i] = start + end < length ? g_strndup (names[i] + start, length - start - end) : g_strdup (names[i]);
    }
  return shorter;
}
