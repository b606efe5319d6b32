/* sp-rule.c - the steps of a tokenizer.json: normalizers, pre-tokenizers, post-processors, decoders */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sp-rule.h"

#include "sp-members.h"
#include "sp-template.h"

#include <glib/gi18n-lib.h>
#include <string.h>

#define IN(family) (1u << SP_RULES_##family)

static const char *const family_names[] = { "normalizer", "pre_tokenizer", "post_processor", "decoder" };

static const struct { const char *name; SpRuleKind kind; guint families; } kinds[] = {
  { "Sequence", SP_RULE_SEQUENCE, IN (NORMALIZER) | IN (PRE_TOKENIZER) | IN (POST_PROCESSOR) | IN (DECODER) },
  { "ByteLevel", SP_RULE_BYTE_LEVEL, IN (NORMALIZER) | IN (PRE_TOKENIZER) | IN (POST_PROCESSOR) | IN (DECODER) },
  { "Prepend", SP_RULE_PREPEND, IN (NORMALIZER) },
  { "Replace", SP_RULE_REPLACE, IN (NORMALIZER) | IN (DECODER) },
  { "Strip", SP_RULE_STRIP, IN (NORMALIZER) | IN (DECODER) },
  { "Lowercase", SP_RULE_LOWERCASE, IN (NORMALIZER) },
  { "NFC", SP_RULE_NFC, IN (NORMALIZER) },
  { "NFD", SP_RULE_NFD, IN (NORMALIZER) },
  { "NFKC", SP_RULE_NFKC, IN (NORMALIZER) },
  { "NFKD", SP_RULE_NFKD, IN (NORMALIZER) },
  { "Split", SP_RULE_SPLIT, IN (PRE_TOKENIZER) },
  { "Digits", SP_RULE_DIGITS, IN (PRE_TOKENIZER) },
  { "Metaspace", SP_RULE_METASPACE, IN (PRE_TOKENIZER) | IN (DECODER) },
  { "Whitespace", SP_RULE_WHITESPACE, IN (PRE_TOKENIZER) },
  { "WhitespaceSplit", SP_RULE_WHITESPACE_SPLIT, IN (PRE_TOKENIZER) },
  { "Punctuation", SP_RULE_PUNCTUATION, IN (PRE_TOKENIZER) },
  { "TemplateProcessing", SP_RULE_TEMPLATE, IN (POST_PROCESSOR) },
  { "ByteFallback", SP_RULE_BYTE_FALLBACK, IN (DECODER) },
  { "Fuse", SP_RULE_FUSE, IN (DECODER) },
};

static const char *const join_names[] = { "Removed", "Isolated", "MergedWithPrevious", "MergedWithNext", "Contiguous" };

/* GPT-2's own, of a ByteLevel that uses_regex. */
#define GPT2_PATTERN "'s|'t|'re|'ve|'m|'ll|'d| ?\\p{L}+| ?\\p{N}+| ?[^\\s\\p{L}\\p{N}]+|\\s+(?!\\S)|\\s+"

static SpRule *
rule_new (guint *n_left)
{
  SpRule *rule = g_new0 (SpRule, 1);

  rule->n_left = n_left;
  rule->uses_regex = rule->splits = TRUE;
  rule->adds_space = -1;
  return rule;
}

void
sp_rule_free (SpRule *rule)
{
  if (rule == NULL)
    return;
  g_free (rule->type);
  g_free (rule->content);
  g_free (rule->prepend);
  g_free (rule->replacement);
  g_free (rule->scheme);
  g_free (rule->behavior);
  g_free (rule->text);
  g_free (rule->regex);
  sp_pattern_free (rule->pattern);
  g_clear_pointer (&rule->parts, g_ptr_array_unref);
  g_clear_pointer (&rule->before, g_array_unref);
  g_clear_pointer (&rule->after, g_array_unref);
  sp_template_free_reading (rule->reading);
  g_free (rule);
}
G_DEFINE_AUTOPTR_CLEANUP_FUNC (SpRule, sp_rule_free)

/* --- reading --------------------------------------------------------------------------------------- */

static const SpField pattern_fields[] = {
  { "String", SP_FIELD_TEXT, offsetof (SpRule, text), NULL },
  { "Regex", SP_FIELD_TEXT, offsetof (SpRule, regex), NULL },
};

static gboolean
read_pattern (gpointer rule, SpJson *json, const char *key G_GNUC_UNUSED, SpJsonToken first, GError **error)
{
  if (first != SP_JSON_OBJECT)
    return sp_json_skip (json, error);
  return sp_fields_read (json, pattern_fields, G_N_ELEMENTS (pattern_fields), rule, error);
}

static gboolean read_parts (gpointer rule, SpJson *json, const char *key, SpJsonToken first, GError **error);

static const SpField fields[] = {
  { "type", SP_FIELD_TEXT, offsetof (SpRule, type), NULL },
  { "content", SP_FIELD_TEXT, offsetof (SpRule, content), NULL },
  { "prepend", SP_FIELD_TEXT, offsetof (SpRule, prepend), NULL },
  { "replacement", SP_FIELD_TEXT, offsetof (SpRule, replacement), NULL },
  { "prepend_scheme", SP_FIELD_TEXT, offsetof (SpRule, scheme), NULL },
  { "behavior", SP_FIELD_TEXT, offsetof (SpRule, behavior), NULL },
  { "invert", SP_FIELD_FLAG, offsetof (SpRule, is_inverted), NULL },
  { "individual_digits", SP_FIELD_FLAG, offsetof (SpRule, is_single_digits), NULL },
  { "use_regex", SP_FIELD_FLAG, offsetof (SpRule, uses_regex), NULL },
  { "strip_left", SP_FIELD_FLAG, offsetof (SpRule, strips_left), NULL },
  { "strip_right", SP_FIELD_FLAG, offsetof (SpRule, strips_right), NULL },
  { "split", SP_FIELD_FLAG, offsetof (SpRule, splits), NULL },
  { "add_prefix_space", SP_FIELD_FLAG, offsetof (SpRule, adds_space), NULL },
  { "start", SP_FIELD_NUMBER, offsetof (SpRule, start), NULL },
  { "stop", SP_FIELD_NUMBER, offsetof (SpRule, stop), NULL },
  { "pattern", SP_FIELD_VALUE, 0, read_pattern },
  { "single", SP_FIELD_VALUE, 0, sp_template_read_single },
  { "special_tokens", SP_FIELD_VALUE, 0, sp_template_read_special },
  { "normalizers", SP_FIELD_VALUE, 0, read_parts },
  { "pretokenizers", SP_FIELD_VALUE, 0, read_parts },
  { "processors", SP_FIELD_VALUE, 0, read_parts },
  { "decoders", SP_FIELD_VALUE, 0, read_parts },
};

static gboolean
read_part (SpRule *rule, SpJson *json, GError **error)
{
  SpRule *part;

  if (*rule->n_left == 0)
    {
      g_set_error (error, SP_ERROR, SP_ERROR_TOO_BIG, _("tokenizer.json: a sequence has more than %u steps"), SP_RULES_MOST);
      return FALSE;
    }
  --*rule->n_left;
  part = rule_new (rule->n_left);
  g_ptr_array_add (rule->parts, part);
  return sp_fields_read (json, fields, G_N_ELEMENTS (fields), part, error);
}

static gboolean
read_parts (gpointer data, SpJson *json, const char *key G_GNUC_UNUSED, SpJsonToken first, GError **error)
{
  SpRule     *rule = data;
  SpJsonToken token;

  if (first != SP_JSON_ARRAY)
    return sp_json_skip (json, error);
  if (rule->parts == NULL)
    rule->parts = g_ptr_array_new_with_free_func ((GDestroyNotify) sp_rule_free);
  while ((token = sp_json_next (json, error)) == SP_JSON_OBJECT)
    if (!read_part (rule, json, error))
      return FALSE;
  if (token != SP_JSON_ARRAY_END && token != SP_JSON_ERROR)
    g_set_error (error, SP_ERROR, SP_ERROR_MALFORMED, _("tokenizer.json: at byte %zu a sequence has a part that is no object"),
                 sp_json_get_offset (json));
  return token == SP_JSON_ARRAY_END;
}

/* --- once it is read ------------------------------------------------------------------------------- */

/* Of the form "… its pre_tokenizer 'Split' <what>". */
static gboolean
refuse (const SpRule *rule, SpRuleFamily family, const char *what, GError **error)
{
  g_autofree char *type = sp_printable_text (rule->type, -1);

  g_set_error (error, SP_ERROR, SP_ERROR_UNSUPPORTED, "tokenizer.json: %s '%s': %s", family_names[family], type, what);
  return FALSE;
}

static gboolean
find_kind (SpRule *rule, SpRuleFamily family, GError **error)
{
  if (rule->type == NULL)
    {
      g_set_error (error, SP_ERROR, SP_ERROR_MALFORMED, _("tokenizer.json: a part of its %s has no type"), family_names[family]);
      return FALSE;
    }
  for (gsize i = 0; i < G_N_ELEMENTS (kinds); i++)
    if (strcmp (kinds[i].name, rule->type) == 0 && (kinds[i].families >> family & 1))
      {
        rule->kind = kinds[i].kind;
        return TRUE;
      }
  return refuse (rule, family, _("this program does not know this kind"), error);
}

static gboolean
find_join (SpRule *rule, SpRuleFamily family, GError **error)
{
  const char *name = rule->behavior != NULL ? rule->behavior : "Isolated";

  for (gsize i = 0; i < G_N_ELEMENTS (join_names); i++)
    if (strcmp (join_names[i], name) == 0)
      {
        rule->join = (SpJoin) i;
        return TRUE;
      }
  return refuse (rule, family, _("its behavior is not known"), error);
}

static gboolean
find_pattern (SpRule *rule, SpRuleFamily family, GError **error)
{
  if (rule->text == NULL && rule->regex == NULL)
    return refuse (rule, family, _("it has no pattern"), error);
  rule->pattern = rule->regex != NULL ? sp_pattern_new_regex (rule->regex, error) : sp_pattern_new_text (rule->text);
  return rule->pattern != NULL;
}

/* Before there was a scheme, add_prefix_space said never or always. */
static gboolean
finish_metaspace (SpRule *rule, SpRuleFamily family, GError **error)
{
  if (rule->replacement == NULL || g_utf8_strlen (rule->replacement, -1) != 1)
    return refuse (rule, family, _("its replacement is not one character"), error);
  if (rule->scheme == NULL)
    rule->scheme = g_strdup (rule->adds_space == FALSE ? "never" : "always");
  if (strcmp (rule->scheme, "first") != 0 && strcmp (rule->scheme, "never") != 0 && strcmp (rule->scheme, "always") != 0)
    return refuse (rule, family, _("its prepend_scheme is not known"), error);
  rule->join = SP_JOIN_WITH_NEXT;
  rule->pattern = sp_pattern_new_text (rule->replacement);
  return TRUE;
}

static gboolean
finish (SpRule *rule, SpRuleFamily family, GError **error)
{
  switch (rule->kind)
    {
    case SP_RULE_PREPEND:
      return rule->prepend != NULL || refuse (rule, family, _("it does not say what to prepend"), error);
    case SP_RULE_REPLACE:
      return rule->content != NULL ? find_pattern (rule, family, error) : refuse (rule, family, _("it has no content"), error);
    case SP_RULE_STRIP:
      return family == SP_RULES_NORMALIZER || (rule->content != NULL && g_utf8_strlen (rule->content, -1) == 1)
             || refuse (rule, family, _("its content is not one character"), error);
    case SP_RULE_BYTE_LEVEL:
      rule->join = SP_JOIN_ISOLATED;
      rule->pattern = family == SP_RULES_PRE_TOKENIZER && rule->uses_regex ? sp_pattern_new_regex (GPT2_PATTERN, NULL) : NULL;
      return TRUE;
    case SP_RULE_SPLIT:
      return find_pattern (rule, family, error) && find_join (rule, family, error);
    case SP_RULE_PUNCTUATION:
      return find_join (rule, family, error);
    case SP_RULE_DIGITS:
      rule->join = rule->is_single_digits ? SP_JOIN_ISOLATED : SP_JOIN_CONTIGUOUS;
      return TRUE;
    case SP_RULE_METASPACE:
      return finish_metaspace (rule, family, error);
    case SP_RULE_TEMPLATE:
      return sp_template_finish (rule, error);
    default:
      return TRUE;
    }
}

/* Takes the rule. */
static gboolean
put_rule (SpRule *taken, SpRuleFamily family, GPtrArray *rules, GError **error)
{
  g_autoptr (SpRule) rule = taken;

  if (!find_kind (rule, family, error) || !finish (rule, family, error))
    return FALSE;
  if (rule->kind != SP_RULE_SEQUENCE)
    g_ptr_array_add (rules, g_steal_pointer (&rule));
  for (guint i = 0; rule != NULL && rule->parts != NULL && i < rule->parts->len; i++)
    if (!put_rule (g_steal_pointer (&rule->parts->pdata[i]), family, rules, error))
      return FALSE;
  return TRUE;
}

gboolean
sp_rules_read (SpJson *json, SpJsonToken first, SpRuleFamily family, GPtrArray *rules, GError **error)
{
  guint   n_left = SP_RULES_MOST;
  SpRule *rule;

  g_ptr_array_set_size (rules, 0);
  if (first != SP_JSON_OBJECT)
    return sp_json_skip (json, error);
  rule = rule_new (&n_left);
  if (sp_fields_read (json, fields, G_N_ELEMENTS (fields), rule, error))
    return put_rule (rule, family, rules, error);
  sp_rule_free (rule);
  return FALSE;
}

SpRule *
sp_rule_new_byte_level (SpRuleFamily family, gboolean adds_space)
{
  SpRule *rule = rule_new (NULL);

  rule->kind = SP_RULE_BYTE_LEVEL;
  rule->adds_space = adds_space;
  finish (rule, family, NULL);
  return rule;
}
