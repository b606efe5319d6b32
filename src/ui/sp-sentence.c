/* sp-sentence.c - a sentence with numbers in a label */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sp-sentence.h"

#define THIN_SPACE "\u2009"
#define KEPT_THIN_SPACE "\u202f"
#define KEPT_SPACE "\u00a0"

static const struct { const char *loose, *kept; } joints[] = {
  { THIN_SPACE, KEPT_THIN_SPACE },
  { " × ", KEPT_SPACE "×" KEPT_SPACE },
  { " = ", KEPT_SPACE "=" KEPT_SPACE },
  { " ≤ ", KEPT_SPACE "≤" KEPT_SPACE },
};

/* Names of files and tensors have no hyphen where a line ends. */
static void
forbid_hyphens (GtkWidget *label)
{
  g_autoptr (PangoAttrList) attributes = pango_attr_list_new ();

  pango_attr_list_insert (attributes, pango_attr_insert_hyphens_new (FALSE));
  gtk_label_set_attributes (GTK_LABEL (label), attributes);
}

void
sp_sentence_show (GtkWidget *label, const char *sentence)
{
  g_autoptr (GString) text = g_string_new (sentence);

  for (gsize i = 0; i < G_N_ELEMENTS (joints); i++)
    g_string_replace (text, joints[i].loose, joints[i].kept, 0);
  gtk_label_set_text (GTK_LABEL (label), text->str);
  if (gtk_label_get_attributes (GTK_LABEL (label)) == NULL)
    forbid_hyphens (label);
}
