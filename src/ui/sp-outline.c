/* sp-outline.c - the tensors of a store gathered into layers */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sp-outline.h"

#include <glib/gi18n.h>
#include <string.h>

static void
outline_clear (gpointer data)
{
  SpOutline *outline = data;

  g_array_unref (outline->lines);
  g_free (outline->order);
  sp_store_unref (outline->store);
}

SpOutline *
sp_outline_ref (SpOutline *outline)
{
  return g_rc_box_acquire (outline);
}

void
sp_outline_unref (SpOutline *outline)
{
  g_rc_box_release_full (outline, outline_clear);
}

static guint64
line_key (const SpRole *role)
{
  return (guint64) (guint8) role->stack << 32 | (guint32) role->layer;
}

/* Counts the tensors of each line; line_of: (n_tensors) its line. */
static void
gather (SpOutline *outline, gsize n, gsize *line_of)
{
  g_autoptr (GHashTable) lines = g_hash_table_new_full (g_int64_hash, g_int64_equal, g_free, NULL);

  for (gsize i = 0; i < n; i++)
    {
      const SpRole *role = &sp_store_get_tensor (outline->store, i)->role;
      guint64       key = line_key (role);
      gsize         at = role->layer >= 0 ? GPOINTER_TO_SIZE (g_hash_table_lookup (lines, &key)) : 0;

      if (at == 0)
        {
          SpLine line = { .layer = role->layer, .stack = role->stack };

          g_array_append_val (outline->lines, line);
          at = outline->lines->len;
          if (role->layer >= 0)
            g_hash_table_insert (lines, g_memdup2 (&key, sizeof key), GSIZE_TO_POINTER (at));
        }
      line_of[i] = at - 1;
      g_array_index (outline->lines, SpLine, at - 1).n++;
    }
}

static gsize
common_prefix (const char *a, const char *b, gsize n)
{
  gsize same = 0;

  for (gsize i = 0; i < n && a[i] == b[i]; i++)
    if (a[i] == '.' || a[i] == '/')
      same = i + 1;
  return same;
}

static void
place_tensors (SpOutline *outline, gsize n, const gsize *line_of)
{
  gsize next = 0;

  for (guint l = 0; l < outline->lines->len; l++)
    {
      SpLine *line = &g_array_index (outline->lines, SpLine, l);

      line->first = next;
      next += line->n;
      line->n = 0;
    }
  for (gsize i = 0; i < n; i++)
    {
      SpLine     *line = &g_array_index (outline->lines, SpLine, line_of[i]);
      const char *name = sp_store_get_tensor (outline->store, i)->name;

      if (line->n == 0)
        line->n_prefix = line->layer >= 0 ? strlen (name) : 0;
      else
        line->n_prefix =
          common_prefix (name, sp_store_get_tensor (outline->store, outline->order[line->first])->name, line->n_prefix);
      outline->order[line->first + line->n++] = i;
    }
}

SpOutline *
sp_outline_new (SpStore *store)
{
  SpOutline         *outline = g_rc_box_new0 (SpOutline);
  gsize              n = sp_store_get_n_tensors (store);
  g_autofree gsize  *line_of = g_new (gsize, n + 1);

  outline->store = sp_store_ref (store);
  outline->lines = g_array_new (FALSE, TRUE, sizeof (SpLine));
  outline->order = g_new (gsize, n + 1);
  gather (outline, n, line_of);
  place_tensors (outline, n, line_of);
  return outline;
}

char *
sp_outline_dup_line_label (const SpLine *line)
{
  if (line->stack == 'e')
    return g_strdup_printf (_("encoder layer %d"), line->layer);
  if (line->stack == 'd')
    return g_strdup_printf (_("decoder layer %d"), line->layer);
  return g_strdup_printf (_("layer %d"), line->layer);
}

char *
sp_outline_dup_name (const SpOutline *outline, const SpLine *line, gsize tensor)
{
  const char *name = sp_store_get_tensor (outline->store, tensor)->name;

  if (line->n > 1)
    name += line->n_prefix;
  if (g_str_has_suffix (name, ".weight"))
    return g_strndup (name, strlen (name) - strlen (".weight"));
  return g_strdup (name);
}
