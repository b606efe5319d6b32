/* sp-decoder.c - what tokens are as text: the decoders of a tokenizer.json */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sp-decoder.h"

#include "sp-character.h"
#include "sp-letters.h"
#include "sp-normalizer.h"

#include <string.h>

static void
free_text (gpointer text)
{
  if (text != NULL)
    g_string_free (text, TRUE);
}

GPtrArray *
sp_decoder_tokens_new (void)
{
  return g_ptr_array_new_with_free_func (free_text);
}

static void
swap (GString *text, GString *with)
{
  GString old = *text;

  *text = *with;
  *with = old;
}

/* What cannot be replaced stays. */
static void
replace (const SpRule *rule, GString *text)
{
  g_autoptr (GString) to = g_string_new (NULL);
  SpPatience patience;
  gboolean   is_first = FALSE;

  sp_patience_begin (&patience, text->len, NULL);
  if (sp_normalizer_replace (rule, text->str, text->len, to, &is_first, &patience, NULL))
    swap (text, to);
}

static void
strip (const SpRule *rule, GString *text)
{
  gsize n = strlen (rule->content), start = 0;

  for (guint64 i = 0; i < rule->start && g_str_has_prefix (text->str + start, rule->content); i++)
    start += n;
  g_string_erase (text, 0, (gssize) start);
  for (guint64 i = 0; i < rule->stop && g_str_has_suffix (text->str, rule->content); i++)
    g_string_truncate (text, text->len - n);
}

/* At the beginning a replacement stands for nothing, unless none is ever put there. */
static void
write_spaces (const SpRule *rule, GString *text, gboolean is_beginning)
{
  gboolean    is_left_out = is_beginning && strcmp (rule->scheme, "never") != 0;
  g_auto (GStrv) parts = g_strsplit (text->str, rule->replacement, -1);
  g_autofree char *joined = g_strjoinv (is_left_out ? "" : " ", parts);

  g_string_assign (text, joined);
}

static void
read_letters (GString *text)
{
  g_autoptr (GString) bytes = sp_letters_to_bytes (text->str);

  if (bytes != NULL)
    swap (text, bytes);
}

/* All tokens are one. */
static void
fuse (GPtrArray *tokens)
{
  GString *all = g_string_new (NULL);

  for (guint i = 0; i < tokens->len; i++)
    g_string_append_len (all, ((GString *) tokens->pdata[i])->str, (gssize) ((GString *) tokens->pdata[i])->len);
  g_ptr_array_set_size (tokens, 0);
  g_ptr_array_add (tokens, all);
}

/* <0x61>; -1: it is none. */
static int
get_byte (const GString *token)
{
  if (token->len != 6 || !g_str_has_prefix (token->str, "<0x") || token->str[5] != '>')
    return -1;
  if (!g_ascii_isxdigit (token->str[3]) || !g_ascii_isxdigit (token->str[4]))
    return -1;
  return g_ascii_xdigit_value (token->str[3]) << 4 | g_ascii_xdigit_value (token->str[4]);
}

/* A run of bytes that is no text is as many signs for that. */
static void
put_bytes (GPtrArray *to, GString *bytes)
{
  gsize    valid;
  gboolean is_text = sp_character_check_text (bytes->str, bytes->len, &valid);

  for (gsize i = 0; !is_text && i < bytes->len; i++)
    g_ptr_array_add (to, g_string_new ("\xef\xbf\xbd"));
  if (is_text && bytes->len > 0)
    g_ptr_array_add (to, g_string_new_len (bytes->str, (gssize) bytes->len));
  g_string_truncate (bytes, 0);
}

static void
read_bytes (GPtrArray *tokens)
{
  g_autoptr (GPtrArray) to = sp_decoder_tokens_new ();
  g_autoptr (GString)   bytes = g_string_new (NULL);

  for (guint i = 0; i < tokens->len; i++)
    {
      int byte = get_byte (tokens->pdata[i]);

      if (byte >= 0)
        g_string_append_c (bytes, (char) byte);
      else
        {
          put_bytes (to, bytes);
          g_ptr_array_add (to, g_steal_pointer (&tokens->pdata[i]));
        }
    }
  put_bytes (to, bytes);
  g_ptr_array_set_size (tokens, 0);
  g_ptr_array_extend_and_steal (tokens, g_steal_pointer (&to));
}

static void
apply_to_each (const SpRule *rule, GPtrArray *tokens)
{
  for (guint i = 0; i < tokens->len; i++)
    switch (rule->kind)
      {
      case SP_RULE_REPLACE:    replace (rule, tokens->pdata[i]); break;
      case SP_RULE_STRIP:      strip (rule, tokens->pdata[i]); break;
      case SP_RULE_METASPACE:  write_spaces (rule, tokens->pdata[i], i == 0); break;
      case SP_RULE_BYTE_LEVEL: read_letters (tokens->pdata[i]); break;
      default:                 break;
      }
}

void
sp_decode (const GPtrArray *rules, GPtrArray *tokens)
{
  for (guint i = 0; i < rules->len; i++)
    {
      const SpRule *rule = rules->pdata[i];

      if (rule->kind == SP_RULE_BYTE_FALLBACK)
        read_bytes (tokens);
      else
        apply_to_each (rule, tokens);
      if (rule->kind == SP_RULE_FUSE || rule->kind == SP_RULE_BYTE_LEVEL)
        fuse (tokens);
    }
}
