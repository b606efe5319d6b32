/* test-text.c - JSON, names and roles, natural order, the bounded cursor */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sp-json.h"
#include "sp-reader.h"
#include "sp-role.h"

#include <string.h>

/* The tokens of a document as letters, values in brackets; "!" and the offset where it is refused. */
static char *
tokens (const char *text)
{
  static const char letters[] = "!.{}[]ksntfz";
  g_autoptr (SpJson) json = sp_json_new (text, strlen (text), "text");
  g_autoptr (GString) out = g_string_new (NULL);

  for (guint i = 0; i < 1000; i++)
    {
      g_autoptr (GError) error = NULL;
      SpJsonToken token = sp_json_next (json, &error);

      g_string_append_c (out, letters[token]);
      if (token == SP_JSON_KEY || token == SP_JSON_STRING || token == SP_JSON_NUMBER)
        g_string_append_printf (out, "(%s)", sp_json_get_string (json));
      if (token == SP_JSON_ERROR)
        g_assert_error (error, SP_ERROR, SP_ERROR_MALFORMED);
      if (token == SP_JSON_ERROR || token == SP_JSON_END)
        break;
    }
  return g_string_free (g_steal_pointer (&out), FALSE);
}

static void
test_json (void)
{
  static const struct { const char *text, *tokens; } cases[] = {
    { "{}", "{}." },
    { " [ 1 , -2.5e+3 , true,false, null ] ", "[n(1)n(-2.5e+3)tfz]." },
    { "{\"a\":{\"b\":[]},\"c\":\"\"}", "{k(a){k(b)[]}k(c)s()}." },
    { "\"\\u00e9\\ud83d\\ude00\\n\\/\"", "s(é😀\n/)." },
    { "{\"a\":1,}", "{k(a)n(1)!" }, { "[1,]", "[n(1)!" }, { "[,1]", "[!" }, { "{\"a\" 1}", "{!" }, { "{1:2}", "{!" },
    { "[1 2]", "[n(1)!" },          { "01", "!" },        { "1.", "!" },    { ".5", "!" },         { "+1", "!" },
    { "1e", "!" },                  { "NaN", "!" },       { "truE", "!" },  { "\"\\x\"", "!" },
    { "\"\\u12g4\"", "!" },
    { "\"\\ud83d\"", "!" },         { "\"\\udc00\"", "!" }, { "\"\\u0000\"", "!" }, { "\"a\nb\"", "!" },
    { "\"\xff\"", "!" },
    { "", "!" },                    { "[", "[!" },        { "[}", "[!" },   { "{]", "{!" },        { "1 2", "n(1)!" },
    { "{\"a\":1}}", "{k(a)n(1)}!" }, { "\"abc", "!" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autofree char *got = tokens (cases[i].text);

      g_assert_cmpstr (got, ==, cases[i].tokens);
    }
}

static void
test_json_depth (void)
{
  g_autofree char *deep = g_strnfill (SP_JSON_MAX_DEPTH, '['), *deeper = g_strnfill (100000, '[');
  g_autofree char *in = tokens (deep), *out = tokens (deeper);

  g_assert_cmpuint (strlen (in), ==, SP_JSON_MAX_DEPTH + 1);
  g_assert_cmpuint (strlen (out), ==, SP_JSON_MAX_DEPTH + 1);
}

static void
test_json_values (void)
{
  static const char text[] = "[18446744073709551615, 18446744073709551616, -1, 1.0, {\"a\":[1,{\"b\":2}]}, 7]";
  static const gboolean is_u64[] = { TRUE, FALSE, FALSE, FALSE };
  g_autoptr (SpJson) json = sp_json_new (text, strlen (text), "text");
  g_autoptr (GError) error = NULL;
  guint64 value;

  g_assert_cmpint (sp_json_next (json, &error), ==, SP_JSON_ARRAY);
  for (guint i = 0; i < 4; i++)
    {
      g_assert_cmpint (sp_json_next (json, &error), ==, SP_JSON_NUMBER);
      g_assert_true (sp_json_get_u64 (json, &value) == is_u64[i]);
    }
  g_assert_cmpint (sp_json_next (json, &error), ==, SP_JSON_OBJECT);
  g_assert_true (sp_json_skip (json, &error));
  g_assert_cmpint (sp_json_next (json, &error), ==, SP_JSON_NUMBER);
  g_assert_cmpuint (sp_json_get_offset (json), ==, strlen (text) - 2);
  g_assert_true (sp_json_skip (json, &error));
  g_assert_cmpint (sp_json_next (json, &error), ==, SP_JSON_ARRAY_END);
  g_assert_cmpint (sp_json_next (json, &error), ==, SP_JSON_END);
}

static void
test_natural (void)
{
  static const char *const sorted[] = { "",
                                        "a",
                                        "a.01",
                                        "a.1",
                                        "a.1.b",
                                        "a.2",
                                        "a.10",
                                        "a.10.b",
                                        "a.99999999999999999998",
                                        "a.99999999999999999999",
                                        "a10",
                                        "a10b2",
                                        "a10b10",
                                        "b" };

  for (guint i = 0; i < G_N_ELEMENTS (sorted); i++)
    for (guint j = 0; j < G_N_ELEMENTS (sorted); j++)
      {
        int order = sp_natural_compare (sorted[i], sorted[j]);
        g_assert_cmpint ((order > 0) - (order < 0), ==, (i > j) - (i < j));
      }
}

static void
test_roles (void)
{
  static const struct { const char *name; guint rank; SpPart part; gint32 layer, expert; } cases[] = {
    { "model.layers.11.self_attn.q_proj.weight", 2, SP_PART_Q, 11, -1 },
    { "model.layers.3.mlp.gate_proj.weight", 2, SP_PART_GATE, 3, -1 },
    { "model.layers.3.mlp.gate_up_proj.weight", 2, SP_PART_UP, 3, -1 },
    { "model.layers.3.post_attention_layernorm.weight", 1, SP_PART_NORM, 3, -1 },
    { "model.layers.3.self_attn.q_proj.bias", 1, SP_PART_BIAS, 3, -1 },
    { "model.layers.3.self_attn.q_norm.weight", 1, SP_PART_NORM, 3, -1 },
    { "model.embed_tokens.weight", 2, SP_PART_EMBED, -1, -1 },
    { "lm_head.weight", 2, SP_PART_HEAD, -1, -1 },
    { "model.layers.0.block_sparse_moe.experts.7.w2.weight", 2, SP_PART_DOWN, 0, 7 },
    { "model.layers.0.block_sparse_moe.gate.weight", 2, SP_PART_ROUTER, 0, -1 },
    { "model.layers.5.mlp.gate.weight", 2, SP_PART_ROUTER, 5, -1 },
    { "transformer.h.4.attn.c_attn.weight", 2, SP_PART_QKV, 4, -1 },
    { "h.4.attn.c_proj.weight", 2, SP_PART_O, 4, -1 },
    { "h.4.mlp.c_proj.weight", 2, SP_PART_DOWN, 4, -1 },
    { "h.4.attn.bias", 4, SP_PART_BUFFER, 4, -1 },
    { "h.4.ln_1.bias", 1, SP_PART_NORM, 4, -1 },
    { "transformer.wpe.weight", 2, SP_PART_POSITION, -1, -1 },
    { "model.decoder.layers.2.fc1.weight", 2, SP_PART_UP, 2, -1 },
    { "model.decoder.layers.2.self_attn.out_proj.weight", 2, SP_PART_O, 2, -1 },
    { "gpt_neox.layers.1.attention.query_key_value.weight", 2, SP_PART_QKV, 1, -1 },
    { "gpt_neox.layers.1.attention.dense.weight", 2, SP_PART_O, 1, -1 },
    { "gpt_neox.layers.1.mlp.dense_4h_to_h.weight", 2, SP_PART_DOWN, 1, -1 },
    { "gpt_neox.embed_out.weight", 2, SP_PART_HEAD, -1, -1 },
    { "bert.encoder.layer.6.attention.self.query.weight", 2, SP_PART_Q, 6, -1 },
    { "bert.encoder.layer.6.attention.output.dense.weight", 2, SP_PART_O, 6, -1 },
    { "bert.encoder.layer.6.intermediate.dense.weight", 2, SP_PART_UP, 6, -1 },
    { "bert.encoder.layer.6.output.dense.weight", 2, SP_PART_DOWN, 6, -1 },
    { "bert.embeddings.LayerNorm.weight", 1, SP_PART_NORM, -1, -1 },
    { "bert.embeddings.position_embeddings.weight", 2, SP_PART_POSITION, -1, -1 },
    { "encoder.block.0.layer.0.SelfAttention.o.weight", 2, SP_PART_O, 0, -1 },
    { "encoder.block.3.layer.1.DenseReluDense.wo.weight", 2, SP_PART_DOWN, 3, -1 },
    { "decoder.block.2.layer.1.EncDecAttention.q.weight", 2, SP_PART_Q, 2, -1 },
    { "blocks.7.attn.qkv.weight", 2, SP_PART_QKV, 7, -1 },
    { "blocks.7.attn.proj.weight", 2, SP_PART_O, 7, -1 },
    { "patch_embed.proj.weight", 4, SP_PART_EMBED, -1, -1 },
    { "blk.12.ffn_down.weight", 2, SP_PART_DOWN, 12, -1 },
    { "blk.12.attn_output.weight", 2, SP_PART_O, 12, -1 },
    { "blk.12.attn_norm.weight", 1, SP_PART_NORM, 12, -1 },
    { "output.weight", 2, SP_PART_HEAD, -1, -1 },
    { "layer1.0.conv1.weight", 4, SP_PART_CONV, 1, -1 },
    { "layer1.0.bn1.running_mean", 1, SP_PART_BUFFER, 1, -1 },
    { "layer1.0.bn1.weight", 1, SP_PART_NORM, 1, -1 },
    { "base_model.model.model.layers.0.self_attn.v_proj.lora_A.default.weight", 2, SP_PART_V, 0, -1 },
    { "encoder.weight", 2, SP_PART_LINEAR, -1, -1 },
    { "", 2, SP_PART_LINEAR, -1, -1 },
    { "...", 0, SP_PART_BIAS, -1, -1 },
    { "layers.99999999999.x", 2, SP_PART_LINEAR, -1, -1 },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      SpRole role = sp_role_parse (cases[i].name, cases[i].rank, TRUE);

      g_test_message ("%s", cases[i].name);
      g_assert_cmpstr (sp_part_id (role.part), ==, sp_part_id (cases[i].part));
      g_assert_cmpint (role.layer, ==, cases[i].layer);
      g_assert_cmpint (role.expert, ==, cases[i].expert);
    }
  g_assert_cmpint (sp_role_parse ("layers.0.steps", 1, FALSE).part, ==, SP_PART_BUFFER);
}

static void
test_reader (void)
{
  static const guint8 bytes[] = { 1, 2, 3, 4, 5, 6, 7, 8, 0x3f, 0xf8, 0, 0, 0, 0, 0, 0, 'a', 'b', '\n', 9 };
  g_autoptr (GError) error = NULL;
  SpReader reader;
  gsize n;

  sp_reader_init (&reader, bytes, sizeof bytes, "name");
  g_assert_cmpuint (sp_reader_u64 (&reader), ==, G_GUINT64_CONSTANT (0x0807060504030201));
  g_assert_cmpfloat (sp_reader_f64be (&reader), ==, 1.5);
  g_assert_cmpint (memcmp (sp_reader_line (&reader, &n), "ab", 2), ==, 0);
  g_assert_cmpuint (n, ==, 2);
  g_assert_true (sp_reader_check (&reader, &error));
  g_assert_cmpuint (sp_reader_u16 (&reader), ==, 0);
  g_assert_cmpuint (sp_reader_u8 (&reader), ==, 0);
  g_assert_null (sp_reader_bytes (&reader, 0));
  g_assert_cmpuint (sp_reader_left (&reader), ==, 0);
  g_assert_false (sp_reader_check (&reader, &error));
  g_assert_error (error, SP_ERROR, SP_ERROR_CUT);
  g_assert_nonnull (strstr (error->message, "19"));
}

static void
test_product (void)
{
  static const guint64 fits[] = { 3, G_GUINT64_CONSTANT (1) << 60 }, large[] = { 8, G_GUINT64_CONSTANT (1) << 60 };
  static const guint64 empty[] = { G_MAXUINT64, G_MAXUINT64, 0 };
  guint64 product;

  g_assert_true (sp_checked_product (fits, 2, &product));
  g_assert_cmpuint (product, ==, 3 * (G_GUINT64_CONSTANT (1) << 60));
  g_assert_false (sp_checked_product (large, 2, &product));
  g_assert_true (sp_checked_product (empty, 3, &product));
  g_assert_cmpuint (product, ==, 0);
  g_assert_true (sp_checked_product (NULL, 0, &product));
  g_assert_cmpuint (product, ==, 1);
}

static void
test_printable (void)
{
  g_autofree char *text = sp_printable_text ("a\033[2Jé\xff\n\u202e", -1);

  g_assert_cmpstr (text, ==, "a\uFFFD[2Jé\uFFFD\uFFFD\uFFFD");
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/text/json", test_json);
  g_test_add_func ("/text/json-depth", test_json_depth);
  g_test_add_func ("/text/json-values", test_json_values);
  g_test_add_func ("/text/natural", test_natural);
  g_test_add_func ("/text/roles", test_roles);
  g_test_add_func ("/text/reader", test_reader);
  g_test_add_func ("/text/product", test_product);
  g_test_add_func ("/text/printable", test_printable);
  return g_test_run ();
}
