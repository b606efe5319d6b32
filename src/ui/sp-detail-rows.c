/* sp-detail-rows.c - a few tokens with what stands around them, as a concordance has them */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sp-detail-rows.h"

#include <glib/gi18n.h>

#define FEWEST_CHARS 5                    /* of what stands on either side */
#define MOST_CHARS 20

struct _SpDetailRows {
  GtkWidget  parent_instance;
  GtkWidget *scrolled, *grid;
};

G_DEFINE_FINAL_TYPE (SpDetailRows, sp_detail_rows, GTK_TYPE_WIDGET)

/* The most negative, where there are some, stand apart. */
static gboolean
is_negative (SpTable *tops, gsize row)
{
  return sp_column_get_number (sp_table_find_column (tops, "rank"), row) < 0;
}

static int
find_line (SpTable *tops, gsize row)
{
  return (int) row + (is_negative (tops, row) ? 2 : 1);
}

static GtkWidget *
add_label (SpDetailRows *self, const char *text, int column, int row, float xalign)
{
  GtkWidget *label = gtk_label_new (text);

  gtk_label_set_xalign (GTK_LABEL (label), xalign);
  gtk_grid_attach (GTK_GRID (self->grid), label, column, row, 1, 1);
  return label;
}

static void
add_number (SpDetailRows *self, SpTable *tops, const char *name, gsize row, int place)
{
  g_autofree char *text = sp_column_format_cell (sp_table_find_column (tops, name), row);
  GtkWidget       *label = add_label (self, text, place, find_line (tops, row), 1);

  gtk_widget_add_css_class (label, "numeric");
  if (place == 0)
    gtk_widget_add_css_class (label, "dim-label");
}

static void
add_context (SpDetailRows *self, SpTable *tops, gsize row, gboolean is_before)
{
  g_autofree char *text = sp_column_format_cell (sp_table_find_column (tops, is_before ? "before" : "after"), row);
  int              line = find_line (tops, row);
  GtkWidget       *label;

  if (*text == '\0')
    return;
  label = add_label (self, text, is_before ? 3 : 5, line, is_before ? 1 : 0);
  gtk_label_set_ellipsize (GTK_LABEL (label), is_before ? PANGO_ELLIPSIZE_START : PANGO_ELLIPSIZE_END);
  gtk_label_set_width_chars (GTK_LABEL (label), FEWEST_CHARS);
  gtk_label_set_max_width_chars (GTK_LABEL (label), MOST_CHARS);
  gtk_widget_set_hexpand (label, TRUE);
  gtk_widget_set_tooltip_text (label, text);
  gtk_widget_add_css_class (label, "dim-label");
}

static void
add_titles (SpDetailRows *self, SpTable *tops, gboolean has_text)
{
  static const char *const names[] = { "rank", "token", "activation" };

  for (int i = 0; i < (int) G_N_ELEMENTS (names); i++)
    gtk_widget_add_css_class (add_label (self, sp_table_find_column (tops, names[i])->title, i, 0, 1), "row-title");
  if (has_text)
    gtk_widget_add_css_class (add_label (self, sp_table_find_column (tops, "text")->title, 4, 0, 0.5), "row-title");
}

static void
add_row (SpDetailRows *self, SpTable *tops, gsize row, gboolean has_text)
{
  int              line = find_line (tops, row);
  g_autofree char *text = has_text ? sp_column_format_cell (sp_table_find_column (tops, "text"), row) : NULL;

  if (row > 0 && is_negative (tops, row) && !is_negative (tops, row - 1))
    gtk_grid_attach (GTK_GRID (self->grid), gtk_separator_new (GTK_ORIENTATION_HORIZONTAL), 0, line - 1, has_text ? 6 : 3, 1);
  add_number (self, tops, "rank", row, 0);
  add_number (self, tops, "token", row, 1);
  add_number (self, tops, "activation", row, 2);
  if (!has_text)
    return;
  add_context (self, tops, row, TRUE);
  gtk_widget_add_css_class (add_label (self, text, 4, line, 0.5), "heading");
  add_context (self, tops, row, FALSE);
}

void
sp_detail_rows_show (SpDetailRows *self, SpTable *tops)
{
  gsize      n = sp_table_get_n_rows (tops);
  gboolean   has_text = sp_table_find_column (tops, "text") != NULL;
  GtkWidget *child;

  while ((child = gtk_widget_get_first_child (self->grid)) != NULL)
    gtk_grid_remove (GTK_GRID (self->grid), child);
  if (n == 0)
    add_label (self, _("It is zero at every token that counts."), 0, 0, 0);
  else
    add_titles (self, tops, has_text);
  for (gsize i = 0; i < n; i++)
    add_row (self, tops, i, has_text);
}

static void
sp_detail_rows_dispose (GObject *object)
{
  g_clear_pointer (&SP_DETAIL_ROWS (object)->scrolled, gtk_widget_unparent);
  G_OBJECT_CLASS (sp_detail_rows_parent_class)->dispose (object);
}

static void
sp_detail_rows_class_init (SpDetailRowsClass *klass)
{
  G_OBJECT_CLASS (klass)->dispose = sp_detail_rows_dispose;
  gtk_widget_class_set_layout_manager_type (GTK_WIDGET_CLASS (klass), GTK_TYPE_BIN_LAYOUT);
  gtk_widget_class_set_css_name (GTK_WIDGET_CLASS (klass), "detailrows");
}

static void
sp_detail_rows_init (SpDetailRows *self)
{
  self->grid = gtk_grid_new ();
  gtk_grid_set_column_spacing (GTK_GRID (self->grid), 10);
  gtk_widget_set_valign (self->grid, GTK_ALIGN_START);
  self->scrolled = gtk_scrolled_window_new ();
  gtk_widget_set_focusable (self->scrolled, FALSE);
  gtk_scrolled_window_set_policy (GTK_SCROLLED_WINDOW (self->scrolled), GTK_POLICY_NEVER, GTK_POLICY_AUTOMATIC);
  gtk_scrolled_window_set_child (GTK_SCROLLED_WINDOW (self->scrolled), self->grid);
  gtk_widget_set_parent (self->scrolled, GTK_WIDGET (self));
}

GtkWidget *
sp_detail_rows_new (void)
{
  return g_object_new (SP_TYPE_DETAIL_ROWS, NULL);
}
