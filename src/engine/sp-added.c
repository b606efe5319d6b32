/* sp-added.c - tokens that are looked for in a text before all else: added_tokens of a tokenizer.json */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sp-added.h"

#include "sp-character.h"

#define N_UNASKED 65536                    /* places between two looks at the clock */

/* Of a tree of bytes: the first child, the next sibling; 0: none. */
typedef struct {
  guint8  byte;
  guint32 child, sibling;
  guint32 token;                           /* plus 1; 0: none ends here */
} Node;

typedef struct {
  guint32  id;
  gboolean is_single_word, strips_left, strips_right;
} Token;

struct _SpAdded {
  GArray *nodes, *tokens;                  /* the root is nodes[0] */
  guint32 firsts[256];                     /* the root's children by their byte; 0: none */
};

SpAdded *
sp_added_new (void)
{
  SpAdded *self = g_new0 (SpAdded, 1);

  self->nodes = g_array_new (FALSE, TRUE, sizeof (Node));
  self->tokens = g_array_new (FALSE, FALSE, sizeof (Token));
  g_array_set_size (self->nodes, 1);
  return self;
}

void
sp_added_free (SpAdded *self)
{
  if (self == NULL)
    return;
  g_array_unref (self->nodes);
  g_array_unref (self->tokens);
  g_free (self);
}

/* 0: there is none. */
static guint32
find_child (const SpAdded *self, guint32 node, guint8 byte)
{
  const Node *nodes = (const Node *) self->nodes->data;
  guint32     child;

  if (node == 0)
    return self->firsts[byte];
  for (child = nodes[node].child; child != 0 && nodes[child].byte != byte; child = nodes[child].sibling)
    ;
  return child;
}

static guint32
add_child (SpAdded *self, guint32 node, guint8 byte)
{
  Node child = { byte, 0, g_array_index (self->nodes, Node, node).child, 0 };

  g_array_append_val (self->nodes, child);
  g_array_index (self->nodes, Node, node).child = self->nodes->len - 1;
  if (node == 0)
    self->firsts[byte] = self->nodes->len - 1;
  return self->nodes->len - 1;
}

void
sp_added_put (SpAdded *self, const char *text, guint32 id, const SpAddedToken *added)
{
  Token   token = { id, added->is_single_word, added->strips_left, added->strips_right };
  guint32 node = 0;

  if (*text == '\0')
    return;
  for (; *text != '\0'; text++)
    {
      guint32 child = find_child (self, node, (guint8) *text);

      node = child != 0 ? child : add_child (self, node, (guint8) *text);
    }
  g_array_append_val (self->tokens, token);
  g_array_index (self->nodes, Node, node).token = self->tokens->len;
}

/* --- looking --------------------------------------------------------------------------------------- */

/* The longest token at a place, and its end.  NULL: there is none. */
static const Token *
match (const SpAdded *self, const char *text, gsize at, gsize n_bytes, gsize *end)
{
  const Token *found = NULL;

  for (guint32 node = 0; at < n_bytes && (node = find_child (self, node, (guint8) text[at])) != 0;)
    {
      guint32 token = g_array_index (self->nodes, Node, node).token;

      at++;
      if (token != 0)
        {
          found = &g_array_index (self->tokens, Token, token - 1);
          *end = at;
        }
    }
  return found;
}

static gboolean
is_word_before (const char *text, gsize at)
{
  return at > 0 && sp_character_is_word (g_utf8_get_char (g_utf8_prev_char (text + at)));
}

static gboolean
is_word_at (const char *text, gsize at, gsize n_bytes)
{
  return at < n_bytes && sp_character_is_word (g_utf8_get_char (text + at));
}

static gsize
go_left (const char *text, gsize at, gsize least)
{
  for (const char *before; at > least; at = (gsize) (before - text))
    {
      before = g_utf8_prev_char (text + at);
      if (!sp_character_is_space (g_utf8_get_char (before)))
        break;
    }
  return at;
}

static gsize
go_right (const char *text, gsize at, gsize n_bytes)
{
  while (at < n_bytes && sp_character_is_space (g_utf8_get_char (text + at)))
    at = (gsize) (g_utf8_next_char (text + at) - text);
  return at;
}

typedef struct {
  const SpAdded *added;
  const char    *text;
  gsize          n_bytes, told;
  SpAddedFunc    func;
  gpointer       data;
} Walk;

/* A token within a word that may not be there still ends the search for others in it. */
static gboolean
take (Walk *walk, const Token *token, gsize start, gsize end, GError **error)
{
  if (token->is_single_word && (is_word_before (walk->text, start) || is_word_at (walk->text, end, walk->n_bytes)))
    return TRUE;
  if (token->strips_left)
    start = MAX (go_left (walk->text, start, 0), walk->told);
  if (token->strips_right)
    end = go_right (walk->text, end, walk->n_bytes);
  if (start > walk->told && !walk->func (walk->data, walk->told, start, NULL, error))
    return FALSE;
  walk->told = end;
  return walk->func (walk->data, start, end, &token->id, error);
}

gboolean
sp_added_walk (const SpAdded *self, const char *text, gsize n_bytes, const SpPatience *patience, SpAddedFunc func, gpointer data,
               GError **error)
{
  Walk  walk = { self, text, n_bytes, 0, func, data };
  gsize end = 0;

  for (gsize at = 0, n = 0; self->tokens->len > 0 && at < n_bytes; n++)
    {
      const Token *token = match (self, text, at, n_bytes, &end);

      if ((token != NULL && !take (&walk, token, at, end, error)) || (n % N_UNASKED == 0 && !sp_patience_check (patience, error)))
        return FALSE;
      at = token != NULL ? end : at + 1;
    }
  return walk.told == n_bytes || func (data, walk.told, n_bytes, NULL, error);
}
