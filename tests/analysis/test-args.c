/* test-args.c - values of parameters: parsing, limits, what makes a reading stale */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "model-file.h"
#include "sp-analysis.h"

#include <string.h>

static void
test_defaults (void)
{
  for (gsize i = 0; sp_analyses[i] != NULL; i++)
    {
      g_autoptr (SpArgs) args = sp_args_new (sp_analyses[i]);

      g_assert_true (sp_analysis_find (sp_analyses[i]->id) == sp_analyses[i]);
      for (const SpParam *param = sp_analyses[i]->params; param->id != NULL; param++)
        {
          g_assert_nonnull (param->help);
          g_assert_nonnull (param->unit);
          if (sp_param_is_text (param))
            continue;
          g_assert_cmpfloat (sp_args_get_number (args, param->id), ==, param->fallback);
          g_assert_cmpfloat (param->fallback, >=, param->min);
          g_assert_cmpfloat (param->fallback, <=, param->max);
          if (param->type == SP_PARAM_CHOICE)
            g_assert_cmpfloat (param->max, ==, g_strv_length ((char **) param->choices) - 1.0);
        }
    }
}

static void
test_parse (void)
{
  g_autoptr (SpArgs) args = sp_args_new (sp_analysis_find ("weight-sparsity"));
  g_autoptr (SpArgs) copy = NULL;
  g_autofree char   *text = NULL;

  g_assert_true (sp_args_parse (args, "eps", "0.01", NULL));
  g_assert_true (sp_args_parse (args, "eps-mode", "relative", NULL));
  g_assert_true (sp_args_parse (args, "embeddings", "yes", NULL));
  g_assert_cmpfloat (sp_args_get_number (args, "eps"), ==, 0.01);
  g_assert_cmpfloat (sp_args_get_number (args, "eps-mode"), ==, 1);
  g_assert_true (sp_args_get_bool (args, "embeddings"));
  text = sp_args_format (args);
  g_assert_true (g_str_has_prefix (text, "eps=0.01 eps-mode=relative prune=0 attention=true"));
  copy = sp_args_dup (args);
  g_assert_true (sp_args_same_scan (args, copy));
  sp_args_set_number (copy, "eps", 0.5);
  g_assert_true (sp_args_same_scan (args, copy));
  sp_args_set_number (copy, "exact", 0);
  g_assert_false (sp_args_same_scan (args, copy));
}

static gboolean
check_short (const char *text, GError **error)
{
  if (strlen (text) < 100)
    return TRUE;
  g_set_error (error, SP_ERROR, SP_ERROR_USAGE, "it is too long");
  return FALSE;
}

static const SpParam text_params[] = {
  { .id = "any", .type = SP_PARAM_TEXT },
  { .id = "short", .type = SP_PARAM_TEXT, .check = check_short },
  { NULL }
};
static const SpAnalysis with_texts = { .id = "with-texts", .params = text_params };

/* What format() writes is what a shell hands to --set. */
static void
check_round_trip (const char *text)
{
  g_autoptr (SpArgs) args = sp_args_new (&with_texts), again = sp_args_new (&with_texts);
  g_autofree char   *line = NULL;
  g_auto (GStrv)     words = NULL;

  g_assert_true (sp_args_parse (args, "short", text, NULL));
  line = sp_args_format (args);
  g_assert_true (g_shell_parse_argv (line, NULL, &words, NULL));
  g_assert_cmpuint (g_strv_length (words), ==, 1);
  g_assert_true (g_str_has_prefix (words[0], "short="));
  g_assert_true (sp_args_parse (again, "short", words[0] + strlen ("short="), NULL));
  g_assert_cmpstr (sp_args_get_text (again, "short"), ==, text);
  g_assert_true (sp_args_same_scan (args, again));
}

static void
test_text (void)
{
  static const char *const texts[] = { "act.*", "0.1,0.2", "a b", "it's", "\"", "\\", "$HOME", "a=b", "#", "~", "a\nb", "–", "1" };
  g_autoptr (SpArgs)       args = sp_args_new (&with_texts), unset = sp_args_new (&with_texts);
  g_autoptr (GError)       error = NULL;
  g_autofree char         *empty = sp_args_format (args), *plain = NULL, *many = g_strnfill (100, 'x');

  g_assert_cmpstr (empty, ==, "");
  for (gsize i = 0; i < G_N_ELEMENTS (texts); i++)
    check_round_trip (texts[i]);
  g_assert_true (sp_args_parse (args, "any", "act.*", NULL));
  plain = sp_args_format (args);
  g_assert_cmpstr (plain, ==, "any=act.*");
  g_assert_false (sp_args_same_scan (args, unset));
  g_assert_false (sp_args_parse (args, "short", many, &error));
  g_assert_nonnull (strstr (error->message, "it is too long"));
  g_assert_true (sp_args_parse (args, "any", "", NULL));
  g_assert_null (sp_args_get_text (args, "any"));
  g_assert_true (sp_args_same_scan (args, unset));
}

static const char *const sources[] = { "model", "table", NULL };
static const SpParam file_params[] = {
  { .id = "from", .type = SP_PARAM_CHOICE, .choices = sources },
  { .id = "text", .type = SP_PARAM_FILE, .is_needed = TRUE, .when = "from=model" },
  { .id = "mask", .type = SP_PARAM_FILE },
  { NULL }
};
static const SpAnalysis with_files = { .id = "with-files", .params = file_params };

/* A path is text that nobody looks at; what is needed may depend on a choice. */
static void
test_file (void)
{
  g_autoptr (SpArgs) args = sp_args_new (&with_files), unset = sp_args_new (&with_files);
  g_autofree char   *line = NULL;

  g_assert_true (sp_args_find_missing (args, NULL, 0) == &file_params[1]);
  g_assert_true (sp_args_parse (args, "text", "not there/a b.txt", NULL));
  g_assert_cmpstr (sp_args_get_text (args, "text"), ==, "not there/a b.txt");
  g_assert_null (sp_args_find_missing (args, NULL, 0));
  g_assert_false (sp_args_same_scan (args, unset));
  line = sp_args_format (args);
  g_assert_cmpstr (line, ==, "from=model text='not there/a b.txt'");
  g_assert_true (sp_args_parse (args, "text", "", NULL));
  g_assert_true (sp_args_find_missing (args, NULL, 0) == &file_params[1]);
  g_assert_true (sp_args_parse (args, "from", "table", NULL));
  g_assert_null (sp_args_find_missing (args, NULL, 0));
}

static void
write_file (const char *folder, const char *name, const char *text)
{
  g_autofree char *path = g_build_filename (folder, name, NULL);

  g_assert_true (g_file_set_contents (path, text, -1, NULL));
}

/* Texts of a folder, and those beside a file in it: in natural order, without what is empty or no text. */
static void
test_text_offers (void)
{
  g_autofree char      *folder = model_folder_new (), *path = g_build_filename (folder, "model.safetensors", NULL);
  g_autoptr (GPtrArray) offers = g_ptr_array_new_with_free_func (sp_offer_free);
  const SpOffer        *first;

  write_file (folder, "b10.txt", "a text");
  write_file (folder, "b9.TXT", "a text");
  write_file (folder, "empty.txt", "");
  write_file (folder, "model.safetensors", "x");
  sp_offers_add_texts (offers, folder);
  sp_offers_add_texts (offers, path);
  sp_offers_add_texts (offers, "not/there");
  g_assert_cmpuint (offers->len, ==, 2);
  first = offers->pdata[0];
  g_assert_true (g_str_has_suffix (first->text, "/b9.TXT") && g_path_is_absolute (first->text));
  g_assert_true (g_str_has_prefix (first->title, "b9.TXT – 6"));
  g_assert_false (first->is_fallback);
  model_folder_remove (folder);
}

/* What there is to choose from: by all of its text or by the end of it, and as a list. */
static void
test_offers (void)
{
  static const char *const texts[] = { "act.*", "a:mlp.*", "b:mlp.*", "c:act.*" };
  g_autoptr (GPtrArray)    offers = g_ptr_array_new_with_free_func (sp_offer_free);
  g_autofree char         *all = NULL, *others = NULL, *few = NULL;

  for (gsize i = 0; i < G_N_ELEMENTS (texts); i++)
    g_ptr_array_add (offers, sp_offer_new (texts[i], "", i == 0));
  g_assert_cmpuint (sp_offers_find (offers, "act.*"), ==, 0);
  g_assert_cmpuint (sp_offers_find (offers, "mlp.*"), ==, 1);
  g_assert_cmpuint (sp_offers_find (offers, "b:mlp.*"), ==, 2);
  g_assert_cmpuint (sp_offers_find (offers, "lp.*"), ==, G_MAXUINT);
  all = sp_offers_list (offers, G_MAXUINT, 4);
  others = sp_offers_list (offers, 1, 3);
  few = sp_offers_list (offers, 0, 2);
  g_assert_cmpstr (all, ==, "act.*, a:mlp.*, b:mlp.*, c:act.*");
  g_assert_cmpstr (others, ==, "act.*, b:mlp.*, c:act.*");
  g_assert_cmpstr (few, ==, "a:mlp.*, b:mlp.* and 1 more");
}

/* An index is whole; a word stands for none. */
static void
test_index (void)
{
  static const char *const bad[] = { "ALL", "1.5", "-2", "" };
  g_autoptr (SpArgs)       args = sp_args_new (sp_analysis_find ("tensor-map"));
  g_autofree char         *first = sp_args_format (args), *text = NULL;

  g_assert_cmpstr (first, ==, "slice=all show=mean");
  g_assert_true (sp_args_parse (args, "slice", "5", NULL));
  text = sp_args_format (args);
  g_assert_cmpstr (text, ==, "slice=5 show=mean");
  g_assert_true (sp_args_parse (args, "slice", "all", NULL));
  g_assert_cmpfloat (sp_args_get_number (args, "slice"), ==, -1);
  for (gsize i = 0; i < G_N_ELEMENTS (bad); i++)
    {
      g_autoptr (GError) error = NULL;

      g_assert_false (sp_args_parse (args, "slice", bad[i], &error));
      g_assert_nonnull (strstr (error->message, "all or an index"));
    }
}

static void
test_matters (void)
{
  const SpAnalysis  *analysis = sp_analysis_find ("activation-sparsity");
  g_autoptr (SpArgs) args = sp_args_new (analysis);
  const SpParam     *eps = sp_analysis_find_param (analysis, "eps"), *rule = sp_analysis_find_param (analysis, "rule");

  g_assert_true (sp_args_matters (args, rule));
  g_assert_false (sp_args_matters (args, eps));
  g_assert_true (sp_args_parse (args, "rule", "eps", NULL));
  g_assert_true (sp_args_matters (args, eps));
  g_assert_true (sp_args_parse (args, "rule", "fat", NULL));
  g_assert_true (sp_args_matters (args, eps));
  g_assert_true (sp_args_parse (args, "rule", "topk", NULL));
  g_assert_false (sp_args_matters (args, eps));
}

static void
test_refuse (void)
{
  static const char *const bad[][2] = { { "eps", "x" }, { "eps", "-1" }, { "eps", "nan" }, { "eps", "" },
                                        { "prune", "1.5" },
                                        { "eps-mode", "both" }, { "ffn", "maybe" }, { "nothing", "1" }, { "eps",
                                            "1 " } };
  g_autoptr (SpArgs)       args = sp_args_new (sp_analysis_find ("weight-sparsity"));

  for (gsize i = 0; i < G_N_ELEMENTS (bad); i++)
    {
      g_autoptr (GError) error = NULL;

      g_assert_false (sp_args_parse (args, bad[i][0], bad[i][1], &error));
      g_assert_error (error, SP_ERROR, SP_ERROR_USAGE);
      g_assert_nonnull (strstr (error->message, bad[i][0]));
    }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/analysis/args/defaults", test_defaults);
  g_test_add_func ("/analysis/args/parse", test_parse);
  g_test_add_func ("/analysis/args/index", test_index);
  g_test_add_func ("/analysis/args/text", test_text);
  g_test_add_func ("/analysis/args/file", test_file);
  g_test_add_func ("/analysis/args/text-offers", test_text_offers);
  g_test_add_func ("/analysis/args/offers", test_offers);
  g_test_add_func ("/analysis/args/matters", test_matters);
  g_test_add_func ("/analysis/args/refuse", test_refuse);
  return g_test_run ();
}
