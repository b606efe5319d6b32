/* sp-dump-number.c - which layer the name of a recorded tensor tells, and the name without what tells it */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sp-dump-private.h"

#include <stdlib.h>
#include <string.h>

#define NAME_SEPARATORS "./[]"           /* what comes before a colon is the name of a file */
#define MOST_DIGITS 6

static const char *const stacks[] = { "encoder", "decoder", "enc", "dec", NULL };

/* Words that a layer's number may stand right behind, with or without a line between. */
static const char *const numbered[] = {
  "layer", "layers", "block", "blocks", "stage", "act", "acts", "activation", "activations", "gate", "gates", "neurons", "mlp", "ffn",
  NULL
};

/* Bytes of it before the digits at its end; n: there are none. */
static gsize
find_digits (const char *part, gsize n)
{
  while (n > 0 && g_ascii_isdigit (part[n - 1]))
    n--;
  return n;
}

/* "act_3", "act_fn_3", "layer3" */
gsize
sp_dump_find_layer_number (const char *part, gsize n)
{
  gsize            end = find_digits (part, n), n_word = end > 0 && part[end - 1] == '_' ? end - 1 : end;
  g_autofree char *word = NULL;

  if (end == n || end == 0)
    return n;
  word = g_ascii_strdown (part, (gssize) n_word);
  return g_strv_contains (numbered, word) || (n_word < end && g_str_has_prefix (word, "act_")) ? n_word : n;
}

/* Where nothing else tells a layer, any number behind a line does: "hidden_3". */
static gsize
find_any_number (const char *part, gsize n)
{
  gsize end = find_digits (part, n);

  return end > 1 && end < n && part[end - 1] == '_' ? end - 1 : n;
}

static const char *
own_name (const SpTensor *tensor)
{
  const char *colon = strrchr (tensor->name, ':');

  return colon != NULL ? colon + 1 : tensor->name;
}

/* The first part that is a number, or has one that find() sees: "act[3]". */
static gint32
look_for_layer (const char *name, gsize (*find) (const char *part, gsize n))
{
  for (gsize n; *name != '\0'; name += n + (name[n] != '\0'))
    {
      gsize digits;

      n = strcspn (name, NAME_SEPARATORS);
      digits = find_digits (name, n);
      if ((digits == 0 || find (name, n) < n) && digits < n && n - digits <= MOST_DIGITS)
        return atoi (name + digits);
    }
  return -1;
}

gint32
sp_dump_layer_number (const SpTensor *tensor)
{
  gint32 layer = tensor->role.layer;

  layer = layer >= 0 ? layer : look_for_layer (own_name (tensor), sp_dump_find_layer_number);
  return layer >= 0 ? layer : look_for_layer (own_name (tensor), find_any_number);
}

static gboolean
is_stack (const char *part, gsize n)
{
  for (gsize i = 0; stacks[i] != NULL; i++)
    if (strlen (stacks[i]) == n && g_ascii_strncasecmp (stacks[i], part, n) == 0)
      return TRUE;
  return FALSE;
}

/* With * for what tells tensors of one site apart. */
static void
append_part (GString *out, const char *part, gsize n, gboolean has_stack, gsize (*find) (const char *part, gsize n))
{
  gboolean is_all = n > 0 && (find_digits (part, n) == 0 || (has_stack && is_stack (part, n)));

  if (is_all || find (part, n) < n)
    g_string_append_printf (out, "%.*s*", is_all ? 0 : (int) find_digits (part, n), part);
  else
    g_string_append_len (out, part, (gssize) n);
}

char *
sp_dump_site_name (const SpTensor *tensor)
{
  const char *name = own_name (tensor);
  gboolean    is_told = tensor->role.layer >= 0 || look_for_layer (name, sp_dump_find_layer_number) >= 0;
  GString    *out = g_string_new (NULL);

  for (gsize n; *name != '\0'; name += n)
    {
      n = strcspn (name, NAME_SEPARATORS);
      append_part (out, name, n, tensor->role.stack != 0, is_told ? sp_dump_find_layer_number : find_any_number);
      if (name[n] != '\0')
        g_string_append_c (out, name[n++]);
    }
  while (g_str_has_suffix (out->str, "*.*"))       /* "act.3.0": a batch's number, which not every layer need have */
    g_string_truncate (out, out->len - 2);
  return g_string_free (out, FALSE);
}
