/* sp-table-filter.c - a choice of which rows of a table are shown: all, or those of one class */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sp-table-filter.h"

#include "sp-compat.h"
#include "sp-role.h"

#include <glib/gi18n.h>

#define MOST_CLASSES 12                     /* more are names, not classes */

typedef struct {
  SpTableView *view;                        /* lives as long: both are of one page */
  const char  *column;                      /* whose texts are the classes, a literal; NULL: none */
  GPtrArray   *classes;                     /* of char * */
  char        *chosen;                      /* NULL: all */
  gboolean     is_filling;
} Filter;

static void
filter_free (gpointer data)
{
  Filter *filter = data;

  g_ptr_array_unref (filter->classes);
  g_free (filter->chosen);
  g_free (filter);
}

/* The same words of a million rows are mostly in the same place. */
static gboolean
is_among (GPtrArray *texts, const char *text)
{
  for (guint i = 0; i < texts->len; i++)
    if (texts->pdata[i] == text)
      return TRUE;
  return g_ptr_array_find_with_equal_func (texts, text, g_str_equal, NULL);
}

/* Too many: none. */
static GPtrArray *
list_classes (const SpColumn *column)
{
  g_autoptr (GPtrArray) found = g_ptr_array_new ();
  GPtrArray            *classes = g_ptr_array_new_with_free_func (g_free);

  for (gsize i = 0; column != NULL && i < column->n_rows && found->len <= MOST_CLASSES; i++)
    if (column->text[i] != NULL && !is_among (found, column->text[i]))
      g_ptr_array_add (found, (gpointer) column->text[i]);
  for (guint i = 0; i < found->len && found->len <= MOST_CLASSES; i++)
    g_ptr_array_add (classes, g_strdup (found->pdata[i]));
  g_ptr_array_sort (classes, sp_natural_compare_places);
  return classes;
}

static gboolean
are_same (GPtrArray *a, GPtrArray *b)
{
  if (a->len != b->len)
    return FALSE;
  for (guint i = 0; i < a->len; i++)
    if (!g_str_equal (a->pdata[i], b->pdata[i]))
      return FALSE;
  return TRUE;
}

static void
apply (Filter *filter)
{
  sp_table_view_show_only (filter->view, filter->chosen != NULL ? filter->column : NULL, filter->chosen);
}

/* What was chosen stays while there is some of it. */
static void
fill (GtkWidget *drop_down, Filter *filter)
{
  g_autoptr (GtkStringList) titles = gtk_string_list_new (NULL);
  guint                     chosen = 0;

  gtk_string_list_append (titles, _("All rows"));
  for (guint i = 0; i < filter->classes->len; i++)
    {
      gtk_string_list_append (titles, filter->classes->pdata[i]);
      chosen = g_strcmp0 (filter->chosen, filter->classes->pdata[i]) == 0 ? i + 1 : chosen;
    }
  if (chosen == 0)
    g_clear_pointer (&filter->chosen, g_free);
  filter->is_filling = TRUE;
  gtk_drop_down_set_model (GTK_DROP_DOWN (drop_down), G_LIST_MODEL (titles));
  gtk_drop_down_set_selected (GTK_DROP_DOWN (drop_down), chosen);
  filter->is_filling = FALSE;
}

static void
on_selected (GtkDropDown *drop_down, G_GNUC_UNUSED GParamSpec *pspec, Filter *filter)
{
  guint selected = gtk_drop_down_get_selected (drop_down);

  if (filter->is_filling)
    return;
  g_free (filter->chosen);
  filter->chosen = selected > 0 && selected <= filter->classes->len ? g_strdup (filter->classes->pdata[selected - 1]) : NULL;
  apply (filter);
}

GtkWidget *
sp_table_filter_new (SpTableView *view)
{
  GtkWidget *drop_down = gtk_drop_down_new (NULL, NULL);
  Filter    *filter = g_new0 (Filter, 1);

  filter->view = view;
  filter->classes = g_ptr_array_new_with_free_func (g_free);
  g_object_set_data_full (G_OBJECT (drop_down), "filter", filter, filter_free);
  gtk_widget_add_css_class (drop_down, "flat");
  gtk_widget_set_valign (drop_down, GTK_ALIGN_CENTER);
  gtk_widget_set_visible (drop_down, FALSE);
  gtk_widget_set_tooltip_text (drop_down, _("Rows Shown"));
  sp_compat_name_drop_down (drop_down, _("Rows shown"));
  g_signal_connect (drop_down, "notify::selected", G_CALLBACK (on_selected), filter);
  return drop_down;
}

void
sp_table_filter_set_table (GtkWidget *drop_down, SpTable *table)
{
  static const char *const columns[] = { "class", "mutual" };
  Filter                  *filter = g_object_get_data (G_OBJECT (drop_down), "filter");
  const SpColumn          *column = NULL;
  g_autoptr (GPtrArray)    classes = NULL;

  for (gsize i = 0; i < G_N_ELEMENTS (columns) && table != NULL && column == NULL; i++)
    if ((column = sp_table_find_column (table, columns[i])) != NULL)
      filter->column = columns[i];
  classes = list_classes (column);
  gtk_widget_set_visible (drop_down, classes->len > 1);
  if (!are_same (classes, filter->classes))
    {
      g_ptr_array_unref (filter->classes);
      filter->classes = g_steal_pointer (&classes);
      fill (drop_down, filter);
    }
  apply (filter);
}
