/* sp-export-dialog.c - a plot as a picture, its numbers as CSV or JSON, lists of indices, densities */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sp-export-dialog.h"

#include "sp-compat.h"
#include "sp-export.h"
#include "sp-picture.h"
#include "sp-settings.h"

#include <glib/gi18n.h>
#include <string.h>

#define POINTS_PER_MM (72 / 25.4)

#define DENSITIES "sparsity.safetensors"                /* what SAELens calls them */

static const struct { const char *extension, *title; gboolean is_picture, has_dpi, is_lists, is_columns, is_densities; } kinds[] = {
  { "png", N_("PNG picture"), .is_picture = TRUE, .has_dpi = TRUE },
  { "svg", N_("SVG drawing"), .is_picture = TRUE },
  { "pdf", N_("PDF document"), .is_picture = TRUE },
  { "csv", N_("CSV table") },
  { "json", N_("JSON with every table") },
  { "json", N_("Table as lists, JSON"), .is_columns = TRUE },
  { "json", N_("Lists of indices, JSON"), .is_lists = TRUE },
  { "safetensors", N_("Lists as masks, Safetensors"), .is_lists = TRUE },
  { "safetensors", N_("Densities as SAELens keeps them"), .is_densities = TRUE },
};

/* Everything a worker needs to write; owned by its task. */
typedef struct {
  guint            kind;
  SpStore         *store;
  SpResult        *result;
  const SpPlot    *plot;               /* lent by result */
  SpView           view;
  SpTable         *table;
  SpPictureOptions options;
  gboolean         with_csv;
  guint            n_threads;
  char            *path, *provenance;
} Export;

struct _SpExportDialog {
  AdwWindow  parent_instance;
  GtkWidget *kind, *width, *height, *dpi, *font, *title, *caption, *dark, *csv;
  GtkWidget *picture_group, *dpi_row, *csv_row, *export;
  Export    *what;                     /* owned; NULL once it is written */
};

G_DEFINE_FINAL_TYPE (SpExportDialog, sp_export_dialog, ADW_TYPE_WINDOW)

enum { DONE, FAILED, N_SIGNALS };
static guint signals[N_SIGNALS];

static void
export_free (gpointer data)
{
  Export *what = data;

  sp_store_unref (what->store);
  sp_result_unref (what->result);
  g_clear_pointer (&what->table, sp_table_unref);
  sp_view_clear (&what->view);
  g_free (what->path);
  g_free (what->provenance);
  g_free (what);
}

/* Writing, on a worker */

static gboolean
write_text (const char *path, GString *text, GError **error)
{
  gboolean is_written = sp_export_write (path, text->str, text->len, error);

  g_string_free (text, TRUE);
  return is_written;
}

static gboolean
write_csv (Export *what, const char *path, GError **error)
{
  GString *text = g_string_new (NULL);

  sp_export_csv (text, what->table);
  return write_text (path, text, error);
}

static gboolean
write_columns (Export *what, GError **error)
{
  GString *text = g_string_new (NULL);

  sp_export_columns (text, what->table);
  return write_text (what->path, text, error);
}

static gboolean
write_json (Export *what, GError **error)
{
  GString *text = g_string_new (NULL);

  sp_export_json (text, &what->store, 1, &what->result, 1, what->n_threads);
  return write_text (what->path, text, error);
}

static char *
path_beside (const char *path, const char *extension)
{
  const char *dot = strrchr (path, '.'), *slash = strrchr (path, '/');
  gsize       n = dot != NULL && (slash == NULL || dot > slash) ? (gsize) (dot - path) : strlen (path);

  return g_strdup_printf ("%.*s.%s", (int) n, path, extension);
}

static gboolean
write_picture (Export *what, GError **error)
{
  g_autoptr (SpFigure) figure = sp_figure_new (what->result, what->plot);
  g_autofree char     *csv = path_beside (what->path, "csv");

  what->options.provenance = what->provenance;
  if (!sp_picture_write (figure, &what->view, &what->options, what->path, error))
    return FALSE;
  return !what->with_csv || what->table == NULL || write_csv (what, csv, error);
}

static void
write_in_thread (GTask *task, gpointer dialog, gpointer data, GCancellable *cancellable)
{
  Export  *what = data;
  GError  *error = NULL;
  gboolean is_written;

  if (kinds[what->kind].is_picture)
    is_written = write_picture (what, &error);
  else if (kinds[what->kind].is_lists)
    is_written = sp_export_lists (what->path, &what->store, 1, what->result, &error);
  else if (kinds[what->kind].is_densities)
    is_written = sp_export_densities (what->path, &what->store, 1, what->result, &error);
  else if (kinds[what->kind].is_columns)
    is_written = write_columns (what, &error);
  else if (strcmp (kinds[what->kind].extension, "csv") == 0)
    is_written = write_csv (what, what->path, &error);
  else
    is_written = write_json (what, &error);
  if (is_written)
    g_task_return_boolean (task, TRUE);
  else
    g_task_return_error (task, error);
}

static void
on_written (GObject *object, GAsyncResult *task, gpointer data)
{
  Export            *what = g_task_get_task_data (G_TASK (task));
  g_autoptr (GError) error = NULL;

  if (g_task_propagate_boolean (G_TASK (task), &error))
    g_signal_emit (object, signals[DONE], 0, what->path);
  else
    g_signal_emit (object, signals[FAILED], 0, error->message);
  gtk_window_destroy (GTK_WINDOW (object));
}

/* Choosing */

static gboolean
kind_is_offered (Export *what, guint kind)
{
  if (kinds[kind].is_picture)
    return what->plot != NULL;
  if (kinds[kind].is_lists)
    return what->result->lists->len > 0;
  if (kinds[kind].is_densities)
    return sp_export_has_densities (what->result);
  return what->table != NULL || (strcmp (kinds[kind].extension, "json") == 0 && !kinds[kind].is_columns);
}

static guint
chosen_kind (SpExportDialog *self)
{
  guint left = adw_combo_row_get_selected (ADW_COMBO_ROW (self->kind));

  for (guint i = 0; i < G_N_ELEMENTS (kinds); i++)
    if (kind_is_offered (self->what, i) && left-- == 0)
      return i;
  return G_N_ELEMENTS (kinds) - 1;
}

static void
take_options (SpExportDialog *self)
{
  SpPictureOptions *options = &self->what->options;

  sp_picture_options_init (options);
  options->width = gtk_spin_button_get_value (GTK_SPIN_BUTTON (self->width)) * POINTS_PER_MM;
  options->height = gtk_spin_button_get_value (GTK_SPIN_BUTTON (self->height)) * POINTS_PER_MM;
  options->dpi = gtk_spin_button_get_value (GTK_SPIN_BUTTON (self->dpi));
  options->font_scale = gtk_spin_button_get_value (GTK_SPIN_BUTTON (self->font)) / 100;
  options->with_title = gtk_switch_get_active (GTK_SWITCH (self->title));
  options->with_caption = gtk_switch_get_active (GTK_SWITCH (self->caption));
  options->is_dark = gtk_switch_get_active (GTK_SWITCH (self->dark));
  self->what->with_csv = gtk_switch_get_active (GTK_SWITCH (self->csv));
  self->what->kind = chosen_kind (self);
}

static char *
with_extension (const char *path, const char *extension)
{
  g_autofree char *end = g_strconcat (".", extension, NULL);

  return g_str_has_suffix (path, end) ? g_strdup (path) : g_strconcat (path, end, NULL);
}

static gboolean
has_extension (const char *path, guint kind)
{
  g_autofree char *end = g_strconcat (".", kinds[kind].extension, NULL);

  return g_str_has_suffix (path, end);
}

/* A typed extension says more than the list did, unless it is what the list said, and SAELens' name more than that. */
static void
take_typed_kind (Export *what, const char *path)
{
  const char      *dot = strrchr (path, '.');
  g_autofree char *name = g_path_get_basename (path);

  for (guint i = 0; strcmp (name, DENSITIES) == 0 && i < G_N_ELEMENTS (kinds); i++)
    if (kinds[i].is_densities && kind_is_offered (what, i))
      what->kind = i;
  for (guint i = 0; dot != NULL && !has_extension (path, what->kind) && i < G_N_ELEMENTS (kinds); i++)
    if (kind_is_offered (what, i) && g_ascii_strcasecmp (dot + 1, kinds[i].extension) == 0)
      what->kind = i;
}

static void
on_file (GFile *file, const char *problem, gpointer data)
{
  SpExportDialog   *self = data;
  g_autofree char  *path = file != NULL ? g_file_get_path (file) : NULL;
  g_autoptr (GTask) task = NULL;

  if (problem != NULL)
    g_signal_emit (self, signals[FAILED], 0, problem);
  if (path == NULL || self->what == NULL)
    return;
  take_typed_kind (self->what, path);
  self->what->path = with_extension (path, kinds[self->what->kind].extension);
  gtk_widget_set_sensitive (GTK_WIDGET (self), FALSE);
  task = g_task_new (self, NULL, on_written, NULL);
  g_task_set_task_data (task, g_steal_pointer (&self->what), export_free);
  g_task_run_in_thread (task, write_in_thread);
}

static void
on_export (SpExportDialog *self)
{
  g_autofree char *name = NULL;
  const char      *what = self->what->plot != NULL ? self->what->plot->id : self->what->result->analysis;

  take_options (self);
  what = kinds[self->what->kind].is_lists ? "lists" : what;
  name = kinds[self->what->kind].is_densities
           ? g_strdup (DENSITIES)
           : g_strdup_printf ("%s-%s.%s", sp_store_get_title (self->what->store), what, kinds[self->what->kind].extension);
  g_strdelimit (name, "/", '-');
  sp_compat_save_file (GTK_WINDOW (self), _("Export"), name, on_file, g_object_ref (self), g_object_unref);
}

static void
on_kind (SpExportDialog *self)
{
  guint kind = chosen_kind (self);

  gtk_widget_set_visible (self->picture_group, kinds[kind].is_picture);
  gtk_widget_set_visible (self->dpi_row, kinds[kind].has_dpi);
  gtk_widget_set_visible (self->csv_row, kinds[kind].is_picture && self->what->table != NULL);
}

/* Widget */

static void
sp_export_dialog_dispose (GObject *object)
{
  g_clear_pointer (&SP_EXPORT_DIALOG (object)->what, export_free);
  G_OBJECT_CLASS (sp_export_dialog_parent_class)->dispose (object);
}

static void
sp_export_dialog_class_init (SpExportDialogClass *klass)
{
  GType type = G_TYPE_FROM_CLASS (klass);

  G_OBJECT_CLASS (klass)->dispose = sp_export_dialog_dispose;
  gtk_widget_class_add_binding_action (GTK_WIDGET_CLASS (klass), GDK_KEY_Escape, 0, "window.close", NULL);
  signals[DONE] = g_signal_new ("done", type, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 1, G_TYPE_STRING);
  signals[FAILED] =
    g_signal_new ("failed", type, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 1, G_TYPE_STRING);
}

static GtkWidget *
add_row (GtkWidget *group, const char *title, const char *subtitle, GtkWidget *widget)
{
  GtkWidget *row = adw_action_row_new ();

  adw_preferences_row_set_title (ADW_PREFERENCES_ROW (row), title);
  if (subtitle != NULL)
    adw_action_row_set_subtitle (ADW_ACTION_ROW (row), subtitle);
  gtk_widget_set_valign (widget, GTK_ALIGN_CENTER);
  gtk_accessible_update_property (GTK_ACCESSIBLE (widget), GTK_ACCESSIBLE_PROPERTY_LABEL, title, -1);
  adw_action_row_add_suffix (ADW_ACTION_ROW (row), widget);
  adw_action_row_set_activatable_widget (ADW_ACTION_ROW (row), widget);
  adw_preferences_group_add (ADW_PREFERENCES_GROUP (group), row);
  return row;
}

static GtkWidget *
make_spin (double min, double max, double step, double value)
{
  GtkWidget *spin = gtk_spin_button_new_with_range (min, max, step);

  gtk_spin_button_set_value (GTK_SPIN_BUTTON (spin), value);
  return spin;
}

static GtkWidget *
make_switch (gboolean is_on)
{
  GtkWidget *widget = gtk_switch_new ();

  gtk_switch_set_active (GTK_SWITCH (widget), is_on);
  return widget;
}

static GtkWidget *
make_picture_group (SpExportDialog *self)
{
  self->picture_group = adw_preferences_group_new ();
  self->width = make_spin (20, 2000, 5, 165);
  self->height = make_spin (20, 2000, 5, 102);
  self->dpi = make_spin (36, 1200, 10, 300);
  self->font = make_spin (50, 300, 5, 100);
  self->title = make_switch (FALSE);
  self->caption = make_switch (FALSE);
  self->dark = make_switch (FALSE);
  self->csv = make_switch (FALSE);
  add_row (self->picture_group, _("Width"), _("millimetres"), self->width);
  add_row (self->picture_group, _("Height"), _("millimetres"), self->height);
  self->dpi_row = add_row (self->picture_group, _("Resolution"), _("dots per inch"), self->dpi);
  add_row (self->picture_group, _("Text Size"), _("percent"), self->font);
  add_row (self->picture_group, _("Title"), NULL, self->title);
  add_row (self->picture_group, _("Caption"), _("Below the plot; it is in the metadata either way"), self->caption);
  add_row (self->picture_group, _("Dark"), NULL, self->dark);
  self->csv_row = add_row (self->picture_group, _ ("Table Beside"),
                           _ ("The numbers shown, as a CSV file of the same name"), self->csv);
  return self->picture_group;
}

static GtkWidget *
make_header (SpExportDialog *self)
{
  GtkWidget *header = adw_header_bar_new ();
  GtkWidget *cancel = gtk_button_new_with_mnemonic (_ ("_Cancel")),
            *export = gtk_button_new_with_mnemonic (_ ("_Export…"));

  adw_header_bar_set_show_start_title_buttons (ADW_HEADER_BAR (header), FALSE);
  adw_header_bar_set_show_end_title_buttons (ADW_HEADER_BAR (header), FALSE);
  gtk_widget_add_css_class (export, "suggested-action");
  gtk_actionable_set_action_name (GTK_ACTIONABLE (cancel), "window.close");
  g_signal_connect_object (export, "clicked", G_CALLBACK (on_export), self, G_CONNECT_SWAPPED);
  adw_header_bar_pack_start (ADW_HEADER_BAR (header), cancel);
  adw_header_bar_pack_end (ADW_HEADER_BAR (header), export);
  self->export = export;
  return header;
}

static void
sp_export_dialog_init (SpExportDialog *self)
{
  GtkWidget *box = gtk_box_new (GTK_ORIENTATION_VERTICAL, 0), *page = adw_preferences_page_new ();
  GtkWidget *group = adw_preferences_group_new ();

  gtk_box_append (GTK_BOX (box), make_header (self));
  self->kind = adw_combo_row_new ();
  adw_preferences_row_set_title (ADW_PREFERENCES_ROW (self->kind), _("Format"));
  adw_preferences_group_add (ADW_PREFERENCES_GROUP (group), self->kind);
  adw_preferences_page_add (ADW_PREFERENCES_PAGE (page), ADW_PREFERENCES_GROUP (group));
  adw_preferences_page_add (ADW_PREFERENCES_PAGE (page), ADW_PREFERENCES_GROUP (make_picture_group (self)));
  gtk_widget_set_vexpand (page, TRUE);
  gtk_box_append (GTK_BOX (box), page);
  adw_window_set_content (ADW_WINDOW (self), box);
  gtk_window_set_focus (GTK_WINDOW (self), self->export);
  gtk_window_set_title (GTK_WINDOW (self), _("Export"));
  gtk_window_set_modal (GTK_WINDOW (self), TRUE);
  gtk_window_set_default_size (GTK_WINDOW (self), 460, 620);
}

static void
offer_kinds (SpExportDialog *self)
{
  g_autoptr (GtkStringList) titles = gtk_string_list_new (NULL);

  for (guint i = 0; i < G_N_ELEMENTS (kinds); i++)
    if (kind_is_offered (self->what, i))
      gtk_string_list_append (titles, _(kinds[i].title));
  adw_combo_row_set_model (ADW_COMBO_ROW (self->kind), G_LIST_MODEL (titles));
  g_signal_connect_object (self->kind, "notify::selected", G_CALLBACK (on_kind), self, G_CONNECT_SWAPPED);
  on_kind (self);
}

GtkWidget *
sp_export_dialog_new (GtkWindow *parent,
                      SpStore *store,
                      SpResult *result,
                      const SpPlot *plot,
                      const SpView *view,
                      SpTable *table)
{
  SpExportDialog *self = g_object_new (SP_TYPE_EXPORT_DIALOG, "transient-for", parent, NULL);
  Export         *what = g_new0 (Export, 1);

  what->store = sp_store_ref (store);
  what->result = sp_result_ref (result);
  what->plot = plot;
  sp_view_init (&what->view);
  if (view != NULL)
    {
      what->view = *view;
      what->view.selected = g_strdup (view->selected);
    }
  what->table = table != NULL ? sp_table_ref (table) : NULL;
  what->n_threads = (guint) sp_settings_get_int ("threads");
  what->provenance = g_strdup_printf ("Sparsoscope %s; %s; %s %s", SP_VERSION, sp_store_get_path (store),
                                      result->analysis, result->parameters != NULL ? result->parameters : "");
  self->what = what;
  offer_kinds (self);
  return GTK_WIDGET (self);
}
