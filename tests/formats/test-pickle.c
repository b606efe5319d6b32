/* test-pickle.c - pickles become inert nodes, and broken ones errors with their place */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sp-pickle.h"

#include <string.h>

#define BYTES(text) (text), sizeof (text) - 1

static void describe (GString *out, const SpPickleNode *node, guint depth);

static void
describe_items (GString *out, char open, const SpPickleList *list, char close, guint depth)
{
  g_string_append_c (out, open);
  for (guint32 i = 0; i < list->n; i++)
    {
      g_string_append (out, i > 0 ? " " : "");
      describe (out, list->items[i], depth + 1);
    }
  g_string_append_c (out, close);
}

static void
describe_record (GString *out, const SpPickleRecord *record, guint depth)
{
  describe (out, record->callable, depth + 1);
  describe (out, record->args, depth + 1);
  if (record->items.n > 0)
    describe_items (out, '[', &record->items, ']', depth);
  if (record->pairs.n > 0)
    describe_items (out, '{', &record->pairs, '}', depth);
  if (record->state != NULL)
    {
      g_string_append (out, "=");
      describe (out, record->state, depth + 1);
    }
}

/* Like Python's repr(), with the kinds told apart. */
static void
describe (GString *out, const SpPickleNode *node, guint depth)
{
  g_autofree char *label = sp_pickle_dup_label (node, 100);

  if (depth > 8)
    g_string_append (out, "…");
  else if (node->kind == SP_PICKLE_STRING)
    g_string_append_printf (out, "'%s'", label);
  else if (node->kind == SP_PICKLE_BYTES)
    g_string_append_printf (out, "b%" G_GSIZE_FORMAT, node->text.n_bytes);
  else if (node->kind == SP_PICKLE_BIG)
    g_string_append_printf (out, "big%" G_GSIZE_FORMAT, node->text.n_bytes);
  else if (label != NULL)
    g_string_append (out, label);
  else if (node->kind == SP_PICKLE_GLOBAL)
    g_string_append (out, node->text.data);
  else if (node->kind == SP_PICKLE_RECORD)
    describe_record (out, node->record, depth);
  else if (node->kind == SP_PICKLE_PERSISTENT)
    {
      g_string_append_c (out, '@');
      describe (out, node->persistent, depth + 1);
    }
  else if (node->kind == SP_PICKLE_TUPLE)
    describe_items (out, '(', &node->list, ')', depth);
  else if (node->kind == SP_PICKLE_LIST)
    describe_items (out, '[', &node->list, ']', depth);
  else
    describe_items (out, "{<"[node->kind == SP_PICKLE_SET], &node->list, "}>"[node->kind == SP_PICKLE_SET], depth);
}

static SpPickle *
parse (const char *data, gsize n, GError **error)
{
  g_autoptr (GBytes) bytes = g_bytes_new (data, n);      /* a copy of its own, so that a sanitizer sees overruns */

  return sp_pickle_new (bytes, 0, "test", 0, error);
}

/* The opcodes, and what they make. */
static const struct { const char *data; gsize n; const char *text; } good[] = {
  { BYTES ("N."), "None" },                         { BYTES ("\x88."), "True" },
  { BYTES ("\x89."), "False" },                     { BYTES ("I01\n."), "True" },
  { BYTES ("I00\n."), "False" },                    { BYTES ("I-7\n."), "-7" },
  { BYTES ("L12L\n."), "12" },                      { BYTES ("L9223372036854775808L\n."), "big19" },
  { BYTES ("J\xff\xff\xff\xff."), "-1" },           { BYTES ("K\xff."), "255" },
  { BYTES ("M\xff\xff."), "65535" },                { BYTES ("\x8a\x00."), "0" },
  { BYTES ("\x8a\x01\xff."), "-1" },                { BYTES ("\x8a\x02\xff\x00."), "255" },
  { BYTES ("\x8a\x08\0\0\0\0\0\0\0\x80."), "-9223372036854775808" },
  { BYTES ("\x8a\x09\0\0\0\0\0\0\0\x80\0."), "big9" },
  { BYTES ("\x8b\x02\0\0\0\x01\x01."), "257" },     { BYTES ("G?\xf0\0\0\0\0\0\0."), "1" },
  { BYTES ("F-2.5\n."), "-2.5" },
  { BYTES ("S'a\\'\\n\\x41'\n."), "'a'\nA'" },      { BYTES ("S\"q\"\n."), "'q'" },
  { BYTES ("V\\u03c3\\U0001F600x\n."), "'σ😀x'" },  { BYTES ("V\\\n."), "'\\'" },
  { BYTES ("U\x02hi."), "'hi'" },                   { BYTES ("T\x02\0\0\0hi."), "'hi'" },
  { BYTES ("X\x02\0\0\0\xcf\x83."), "'σ'" },        { BYTES ("\x8c\x01z."), "'z'" },
  { BYTES ("\x8d\x01\0\0\0\0\0\0\0z."), "'z'" },    { BYTES ("C\x02\0\xff."), "b2" },
  { BYTES ("B\x01\0\0\0x."), "b1" },                { BYTES ("\x8e\x01\0\0\0\0\0\0\0x."), "b1" },
  { BYTES ("\x96\x01\0\0\0\0\0\0\0x."), "b1" },
  { BYTES ("]K\1aK\2a."), "[1 2]" },                { BYTES ("](K\1K\2e."), "[1 2]" },
  { BYTES ("(K\1K\2l."), "[1 2]" },                 { BYTES ("(K\1K\2t."), "(1 2)" },
  { BYTES (")."), "()" },                           { BYTES ("K\1\x85."), "(1)" },
  { BYTES ("K\1K\2\x86."), "(1 2)" },               { BYTES ("K\1K\2K\3\x87."), "(1 2 3)" },
  { BYTES ("}K\1K\2s."), "{1 2}" },                 { BYTES ("}(K\1K\2K\3K\4u."), "{1 2 3 4}" },
  { BYTES ("(K\1K\2d."), "{1 2}" },                 { BYTES ("\x8f(K\1\x90."), "<1>" },
  { BYTES ("(K\1\x91."), "<1>" },
  { BYTES ("cos\nsystem\n."), "os.system" },        { BYTES ("\x8c\x02os\x8c\x06system\x93."), "os.system" },
  { BYTES ("cos\nsystem\n(K\1tR."), "os.system(1)" }, { BYTES ("ca\nB\n)\x81."), "a.B()" },
  { BYTES ("ca\nB\n)}K\1K\2s\x92."), "a.B(){1 2}" }, { BYTES ("(ca\nB\nK\1o."), "a.B(1)" },
  { BYTES ("(K\1ia\nB\n."), "a.B(1)" },             { BYTES ("ca\nB\n)R}K\1K\2sb."), "a.B()={1 2}" },
  { BYTES ("ca\nB\n)RK\1a."), "a.B()[1]" },         { BYTES ("Pid\n."), "@'id'" },
  { BYTES ("K\1Q."), "@1" },                        { BYTES ("\x82\x07."), "copyreg.extension.7" },
  { BYTES ("K\1q\5K\2h\5\x86."), "(2 1)" },         { BYTES ("K\1r\0\0\0\0K\2j\0\0\0\0\x86."), "(2 1)" },
  { BYTES ("K\1p2\nK\2g2\n\x86."), "(2 1)" },
  { BYTES ("\x80\4\x8c\1a\x94\x8c\1b\x94h\1h\0\x87."), "('b' 'b' 'a')" },
  { BYTES ("K\0012\x86."), "(1 1)" },               { BYTES ("K\1K\0020."), "1" },
  { BYTES ("K\1(K\2K\0031."), "1" },                { BYTES ("K\1(0."), "1" },
  { BYTES ("\x80\5\x95\2\0\0\0\0\0\0\0K\1."), "1" },
  { BYTES ("]q\0h\0a."), "[[[[[[[[[…]]]]]]]]]" },
};

static void
test_opcodes (void)
{
  for (gsize i = 0; i < G_N_ELEMENTS (good); i++)
    {
      g_autoptr (GError) error = NULL;
      g_autoptr (SpPickle) pickle = parse (good[i].data, good[i].n, &error);
      g_autoptr (GString) text = g_string_new (NULL);

      g_assert_no_error (error);
      describe (text, sp_pickle_get_root (pickle), 0);
      g_assert_cmpstr (text->str, ==, good[i].text);
      g_assert_cmpuint (sp_pickle_get_end (pickle), ==, good[i].n);
    }
}

/* Every beginning of a good pickle, and nothing else, is cut. */
static void
test_cut (void)
{
  for (gsize i = 0; i < G_N_ELEMENTS (good); i++)
    for (gsize n = 0; n < good[i].n; n++)
      {
        g_autoptr (GError) error = NULL;
        g_autoptr (SpPickle) pickle = parse (good[i].data, n, &error);

        g_assert_null (pickle);
        g_assert_error (error, SP_ERROR, SP_ERROR_CUT);
      }
}

static void
test_malformed (void)
{
  static const struct { const char *data; gsize n; const char *place; } bad[] = {
    { BYTES ("."), "byte 0" },            { BYTES ("\xff."), "byte 0" },         { BYTES ("K\1K\2\x87."), "byte 4" },
    { BYTES ("K\1t."), "byte 2" },        { BYTES ("K\1K\2a."), "byte 4" },      { BYTES ("}K\1a."), "byte 3" },
    { BYTES ("](K\1K\2u."), "byte 6" },   { BYTES ("}(K\1u."), "byte 4" },       { BYTES ("}]K\1s."), "byte 4" },
    { BYTES ("K\1)R."), "byte 3" },       { BYTES ("ca\nB\nK\1R."), "byte 7" },  { BYTES ("K\1K\2\x93."), "byte 4" },
    { BYTES ("K\1K\2b."), "byte 4" },     { BYTES ("h\1."), "byte 0" },          { BYTES ("Nr\0\0\0\x80."), "byte 1" },
    { BYTES ("gx\n."), "byte 0" },        { BYTES ("Ix\n."), "byte 0" },         { BYTES ("Fx\n."), "byte 0" },
    { BYTES ("S'x\n."), "byte 0" },       { BYTES ("\x80\6N."), "byte 0" },
    { BYTES ("\x8b\xff\xff\xff\xff."), "byte 0" },
    { BYTES ("\x97."), "byte 0" },        { BYTES ("(K\0010."), NULL },          { BYTES ("(o."), "byte 1" },
    { BYTES ("K\1(2."), "byte 3" },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (bad); i++)
    {
      g_autoptr (GError) error = NULL;
      g_autoptr (SpPickle) pickle = parse (bad[i].data, bad[i].n, &error);

      g_assert_null (pickle);
      g_assert_error (error, SP_ERROR, SP_ERROR_MALFORMED);
      if (bad[i].place != NULL)
        g_assert_nonnull (strstr (error->message, bad[i].place));
    }
}

/* A chain of a million tuples, and two million calls of what the one before gave: bounded stack, bounded memory. */
static void
test_limits (void)
{
  gsize n = 1000000;
  g_autofree char *chain = g_malloc (n + 2), *many = NULL;
  g_autoptr (GError) error = NULL;
  g_autoptr (SpPickle) deep = NULL, wide = NULL;

  memset (chain, '\x85', n);
  chain[0] = ')';
  chain[n] = '.';
  deep = parse (chain, n + 1, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (sp_pickle_get_n_nodes (deep), ==, n);

  many = g_malloc (4 * n + 5);
  memcpy (many, "ca\nB\n", 5);
  for (gsize i = 5; i < 4 * n; i += 2)
    memcpy (many + i, ")\x81", 2);
  wide = parse (many, 4 * n, &error);
  g_assert_null (wide);
  g_assert_error (error, SP_ERROR, SP_ERROR_TOO_BIG);
}

/* A long string takes nothing, as nobody looks at it; many that are shorter count with their bytes. */
static void
test_strings (void)
{
  gsize n_long = (gsize) 200 << 20, n_short = (gsize) 60 << 10, n_strings = 3000, n = 5 + n_long + 1;
  g_autofree char *one = g_malloc0 (n), *many = g_malloc0 (n_strings * (n_short + 6) + 1);
  g_autoptr (GError) error = NULL;
  g_autoptr (SpPickle) pickle = NULL, refused = NULL;
  guint32 length = GUINT32_TO_LE ((guint32) n_long);

  one[0] = 'B';
  memcpy (one + 1, &length, 4);
  one[n - 1] = '.';
  pickle = parse (one, n, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (sp_pickle_get_root (pickle)->text.n_bytes, ==, n_long);

  length = GUINT32_TO_LE ((guint32) n_short);
  for (gsize i = 0; i < n_strings; i++)
    {
      many[i * (n_short + 6)] = 'B';
      memcpy (many + i * (n_short + 6) + 1, &length, 4);
      many[i * (n_short + 6) + n_short + 5] = '0';
    }
  refused = parse (many, n_strings * (n_short + 6) + 1, &error);
  g_assert_null (refused);
  g_assert_error (error, SP_ERROR, SP_ERROR_TOO_BIG);
}

static void
check_class (const char *data, gsize n, const char *class)
{
  g_autoptr (SpPickle) pickle = parse (data, n, NULL);

  g_assert_nonnull (pickle);
  g_assert_cmpstr (sp_pickle_get_class (sp_pickle_get_root (pickle)), ==, class);
}

static void
test_class (void)
{
  check_class (BYTES ("cos\nsystem\n)R."), "os.system");
  check_class (BYTES ("ccopy_reg\n_reconstructor\n(ca\nB\ncx\ny\nNtR."), "a.B");
  check_class (BYTES ("(X\6\0\0\0moduleca\nB\ntQ)\x81."), "a.B");
  check_class (BYTES ("cbuiltins\ngetattr\n)R)R."), "builtins.getattr");
  check_class (BYTES ("K\1."), NULL);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/formats/pickle/opcodes", test_opcodes);
  g_test_add_func ("/formats/pickle/cut", test_cut);
  g_test_add_func ("/formats/pickle/malformed", test_malformed);
  g_test_add_func ("/formats/pickle/limits", test_limits);
  g_test_add_func ("/formats/pickle/strings", test_strings);
  g_test_add_func ("/formats/pickle/class", test_class);
  return g_test_run ();
}
