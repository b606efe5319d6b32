/* sp-record-dialog.c - runs a model on a text, and writes what its layers do */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sp-record-dialog.h"

#include "sp-compat.h"
#include "sp-error-bar.h"
#include "sp-file-row.h"
#include "sp-number-row.h"
#include "sp-recorder.h"
#include "sp-run-bar.h"
#include "sp-settings.h"

#include <glib/gi18n.h>
#include <string.h>

#define EXTENSION ".safetensors"

struct _SpRecordDialog {
  AdwWindow     parent_instance;
  GtkWidget    *error, *form, *text, *layers, *layers_problem, *dtype, *window, *tokens, *size, *record;
  GtkWidget    *checks[SP_RECORDING_N_SITES];
  GtkWidget    *progress, *stage, *bar;

  SpModel      *model;                   /* owned; NULL: closed */
  GArray       *ids;                     /* of the text; owned; NULL: not read (yet) */
  gboolean     *wanted;                  /* layers; owned; NULL: all */
  gboolean      is_wrong;                /* what stands in "Layers" */
  GCancellable *reading, *writing;       /* owned; NULL: does not */
};

G_DEFINE_FINAL_TYPE (SpRecordDialog, sp_record_dialog, ADW_TYPE_WINDOW)

enum { DONE, N_SIGNALS };
static guint signals[N_SIGNALS];

static const SpParam text_param = { .id = "text", .title = N_("Text"), .type = SP_PARAM_FILE, .offer = sp_offer_texts, .unit = "" };
static const SpParam window_param = {
  .id = "window", .title = N_("Window"), .type = SP_PARAM_NUMBER, .max = 1048576, .is_log = TRUE, .at_min = N_("auto"), .unit = "tokens",
  .help = N_("Tokens the model sees at once; auto: 2048, or its context where that is less"),
};
static const SpParam tokens_param = {
  .id = "tokens", .title = N_("Most tokens"), .type = SP_PARAM_NUMBER, .max = 1e8, .is_log = TRUE, .at_min = N_("all"), .unit = "tokens",
  .help = N_("So many tokens of the text, the first ones"),
};

/* --- what is asked for --------------------------------------------------------------------------------- */

static SpRecordSites
chosen_sites (SpRecordDialog *self)
{
  SpRecordSites chosen = 0;

  for (gsize i = 0; i < SP_RECORDING_N_SITES; i++)
    if (gtk_check_button_get_active (GTK_CHECK_BUTTON (self->checks[i])))
      chosen |= 1u << i;
  return chosen;
}

/* The text is read. */
static SpRecording *
plan (SpRecordDialog *self, GError **error)
{
  const SpRecordingPlan plan = {
    .ids = self->ids,
    .most_tokens = (gsize) sp_number_row_get_value (SP_NUMBER_ROW (self->tokens)),
    .window = (guint) sp_number_row_get_value (SP_NUMBER_ROW (self->window)),
    .layers = self->wanted,
    .sites = chosen_sites (self),
    .dtype = sp_recording_dtypes[adw_combo_row_get_selected (ADW_COMBO_ROW (self->dtype))],
    .text = sp_file_row_get_path (SP_FILE_ROW (self->text)),
  };

  return sp_recording_new (self->model, &plan, (guint) sp_settings_get_int ("threads"), error);
}

static char *
describe_size (SpRecording *recording)
{
  guint            n = sp_recording_get_n_tensors (recording);
  g_autofree char *size = g_format_size (sp_recording_get_n_bytes (recording));

  return g_strdup_printf (ngettext ("%s: %u tensor", "%s: %u tensors", n), size, n);
}

static void
show_size (SpRecordDialog *self)
{
  g_autoptr (GError)      error = NULL;
  g_autoptr (SpRecording) recording = NULL;
  g_autofree char        *size = NULL;

  if (self->ids != NULL && !self->is_wrong)
    recording = plan (self, &error);
  if (recording != NULL)
    size = describe_size (recording);
  else if (self->reading != NULL)
    size = g_strdup (_("Reading the text…"));
  else if (self->ids == NULL)
    size = g_strdup (_("Unknown until a text is chosen"));
  else
    size = g_strdup (error != NULL ? error->message : _("Unknown until the layers are"));
  adw_action_row_set_subtitle (ADW_ACTION_ROW (self->size), size);
  gtk_widget_set_sensitive (self->record, recording != NULL && self->writing == NULL);
}

static void
on_layers (SpRecordDialog *self)
{
  g_autofree char   *text = g_strstrip (g_strdup (gtk_editable_get_text (GTK_EDITABLE (self->layers))));
  g_autoptr (GError) error = NULL;

  g_clear_pointer (&self->wanted, g_free);
  self->is_wrong = *text != '\0' && !sp_recording_parse_layers (self->model, text, &self->wanted, &error);
  gtk_label_set_text (GTK_LABEL (self->layers_problem), self->is_wrong ? error->message : "");
  gtk_widget_set_visible (self->layers_problem, self->is_wrong);
  if (self->is_wrong)
    gtk_widget_add_css_class (self->layers, "error");
  else
    gtk_widget_remove_css_class (self->layers, "error");
  show_size (self);
}

static void
show_error (SpRecordDialog *self, const char *sentence)
{
  sp_error_bar_show (SP_ERROR_BAR (self->error), sentence, NULL, SP_WAY_NONE);
}

/* Another text may have been chosen meanwhile. */
static void
on_read (GObject *source, GAsyncResult *result, gpointer data)
{
  g_autoptr (SpRecordDialog) self = data;
  g_autoptr (GError)         error = NULL;
  GArray                    *ids = sp_recorder_read_finish (result, &error);

  if (self->model == NULL || g_task_get_cancellable (G_TASK (result)) != self->reading)
    {
      g_clear_pointer (&ids, g_array_unref);
      return;
    }
  g_clear_object (&self->reading);
  self->ids = ids;
  if (ids == NULL)
    show_error (self, error->message);
  show_size (self);
}

static void
stop (GCancellable **what)
{
  if (*what != NULL)
    g_cancellable_cancel (*what);
  g_clear_object (what);
}

static void
on_text (SpRecordDialog *self)
{
  stop (&self->reading);
  g_clear_pointer (&self->ids, g_array_unref);
  sp_error_bar_hide (SP_ERROR_BAR (self->error));
  self->reading = g_cancellable_new ();
  sp_recorder_read_async (self->model, sp_file_row_get_path (SP_FILE_ROW (self->text)), self->reading, on_read, g_object_ref (self));
  show_size (self);
}

/* --- writing ------------------------------------------------------------------------------------------- */

static void
show_writing (SpRecordDialog *self)
{
  gtk_widget_set_sensitive (self->form, self->writing == NULL);
  gtk_widget_set_visible (self->progress, self->writing != NULL);
  gtk_label_set_text (GTK_LABEL (self->stage), _("Starting"));
  gtk_progress_bar_set_fraction (GTK_PROGRESS_BAR (self->bar), 0);
  show_size (self);
}

typedef struct { SpRecordDialog *dialog; char *path; } Destination;

static void
on_progress (gpointer data, const SpProgress *progress)
{
  SpRecordDialog  *self = ((Destination *) data)->dialog;
  g_autofree char *left = NULL, *text = NULL;

  if (self->model == NULL)
    return;
  left = sp_run_bar_format_left (progress->seconds_left);
  text = g_strconcat (progress->what, left, NULL);
  gtk_label_set_text (GTK_LABEL (self->stage), text);
  gtk_progress_bar_set_fraction (GTK_PROGRESS_BAR (self->bar), CLAMP (progress->share, 0, 1));
}

static void
on_written (GObject *source, GAsyncResult *result, gpointer data)
{
  g_autofree Destination    *destination = data;
  g_autoptr (SpRecordDialog) self = destination->dialog;
  g_autofree char           *path = destination->path, *loss = NULL;
  g_autoptr (GError)         error = NULL;
  gboolean                   is_written = sp_recorder_write_finish (result, &loss, &error);

  if (self->model == NULL)   /* closed meanwhile */
    return;
  g_clear_object (&self->writing);
  show_writing (self);
  if (is_written)
    {
      g_signal_emit (self, signals[DONE], 0, path, loss);
      gtk_window_destroy (GTK_WINDOW (self));
    }
  else if (!g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
    show_error (self, error->message);
}

/* The file chooser has not asked about a name that got its ending here. */
static char *
take_path (const char *path, gboolean *is_taken)
{
  char *whole = g_str_has_suffix (path, EXTENSION) ? g_strdup (path) : g_strconcat (path, EXTENSION, NULL);

  *is_taken = strcmp (whole, path) != 0 && g_file_test (whole, G_FILE_TEST_EXISTS);
  return whole;
}

static void
start (SpRecordDialog *self, const char *path)
{
  GError      *error = NULL;
  SpRecording *recording = plan (self, &error);
  Destination *destination;

  if (recording == NULL)
    {
      show_error (self, error->message);
      g_error_free (error);
      return;
    }
  destination = g_new (Destination, 1);
  *destination = (Destination) { g_object_ref (self), g_strdup (path) };
  self->writing = g_cancellable_new ();
  show_writing (self);
  sp_recorder_write_async (recording, path, self->writing, on_progress, on_written, destination);
}

static void
on_file (GFile *file, const char *problem, gpointer data)
{
  SpRecordDialog  *self = data;
  g_autofree char *chosen = file != NULL ? g_file_get_path (file) : NULL, *path = NULL, *sentence = NULL;
  gboolean         is_taken;

  if (self->model == NULL || self->ids == NULL || self->writing != NULL)
    return;
  if (problem != NULL)
    show_error (self, problem);
  if (chosen == NULL)
    return;
  path = take_path (chosen, &is_taken);
  if (is_taken)
    {
      sentence = g_strdup_printf (_("%s is there already: choose it by its whole name, or another"), path);
      show_error (self, sentence);
    }
  else
    start (self, path);
}

/* A number that is being typed is taken when the focus goes on. */
static void
on_record (SpRecordDialog *self)
{
  g_autofree char *text = g_path_get_basename (sp_file_row_get_path (SP_FILE_ROW (self->text))), *name = NULL;
  char            *dot = strrchr (text, '.');

  gtk_widget_grab_focus (self->record);
  sp_error_bar_hide (SP_ERROR_BAR (self->error));
  if (dot != NULL && dot != text)
    *dot = '\0';
  name = g_strdup_printf ("%s-%s" EXTENSION, sp_store_get_title (sp_model_get_store (self->model)), text);
  g_strdelimit (name, "/", '-');
  sp_compat_save_file (GTK_WINDOW (self), _("Record Activations"), name, on_file, g_object_ref (self), g_object_unref);
}

/* Escape, or Cancel: what is being recorded stops, else the dialog goes. */
static gboolean
sp_record_dialog_close_request (GtkWindow *window)
{
  SpRecordDialog *self = SP_RECORD_DIALOG (window);

  if (self->writing == NULL)
    return GTK_WINDOW_CLASS (sp_record_dialog_parent_class)->close_request (window);
  g_cancellable_cancel (self->writing);
  gtk_label_set_text (GTK_LABEL (self->stage), _("Stopping"));
  return TRUE;
}

/* --- widget -------------------------------------------------------------------------------------------- */

static void
let_go (SpRecordDialog *self)
{
  stop (&self->reading);
  stop (&self->writing);
  g_clear_pointer (&self->ids, g_array_unref);
  g_clear_pointer (&self->wanted, g_free);
  g_clear_pointer (&self->model, sp_model_unref);
}

/* A window that goes is not disposed of while what it asked for still knows it. */
static void
sp_record_dialog_unrealize (GtkWidget *widget)
{
  let_go (SP_RECORD_DIALOG (widget));
  gtk_window_set_transient_for (GTK_WINDOW (widget), NULL);   /* the parent may be gone first */
  GTK_WIDGET_CLASS (sp_record_dialog_parent_class)->unrealize (widget);
}

static void
sp_record_dialog_dispose (GObject *object)
{
  let_go (SP_RECORD_DIALOG (object));
  G_OBJECT_CLASS (sp_record_dialog_parent_class)->dispose (object);
}

static void
sp_record_dialog_class_init (SpRecordDialogClass *klass)
{
  G_OBJECT_CLASS (klass)->dispose = sp_record_dialog_dispose;
  GTK_WIDGET_CLASS (klass)->unrealize = sp_record_dialog_unrealize;
  GTK_WINDOW_CLASS (klass)->close_request = sp_record_dialog_close_request;
  gtk_widget_class_add_binding_action (GTK_WIDGET_CLASS (klass), GDK_KEY_Escape, 0, "window.close", NULL);
  signals[DONE] = g_signal_new ("done", G_TYPE_FROM_CLASS (klass), G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 2, G_TYPE_STRING,
                                G_TYPE_STRING);
}

static GtkWidget *
make_header (SpRecordDialog *self)
{
  GtkWidget *header = adw_header_bar_new (), *cancel = gtk_button_new_with_mnemonic (_("_Cancel"));

  self->record = gtk_button_new_with_mnemonic (_("_Record…"));
  adw_header_bar_set_show_start_title_buttons (ADW_HEADER_BAR (header), FALSE);
  adw_header_bar_set_show_end_title_buttons (ADW_HEADER_BAR (header), FALSE);
  adw_header_bar_set_title_widget (ADW_HEADER_BAR (header), adw_window_title_new (_("Record Activations"),
                                   sp_store_get_title (sp_model_get_store (self->model))));
  gtk_widget_add_css_class (self->record, "suggested-action");
  gtk_actionable_set_action_name (GTK_ACTIONABLE (cancel), "window.close");
  g_signal_connect_object (self->record, "clicked", G_CALLBACK (on_record), self, G_CONNECT_SWAPPED);
  adw_header_bar_pack_start (ADW_HEADER_BAR (header), cancel);
  adw_header_bar_pack_end (ADW_HEADER_BAR (header), self->record);
  return header;
}

/* A widget of the form as a row. */
static void
add_widget (GtkWidget *group, GtkWidget *widget)
{
  GtkWidget *row = adw_preferences_row_new ();

  gtk_widget_set_margin_start (widget, 12);
  gtk_widget_set_margin_end (widget, 12);
  gtk_widget_set_margin_top (widget, 8);
  gtk_widget_set_margin_bottom (widget, 8);
  gtk_list_box_row_set_activatable (GTK_LIST_BOX_ROW (row), FALSE);
  gtk_widget_set_focusable (row, FALSE);
  gtk_list_box_row_set_child (GTK_LIST_BOX_ROW (row), widget);
  adw_preferences_group_add (ADW_PREFERENCES_GROUP (group), row);
}

static GtkWidget *
make_text_group (SpRecordDialog *self)
{
  GtkWidget *group = adw_preferences_group_new ();

  self->text = sp_file_row_new (&text_param, FALSE);
  sp_file_row_set_store (SP_FILE_ROW (self->text), sp_model_get_store (self->model));
  self->size = adw_action_row_new ();
  adw_preferences_row_set_title (ADW_PREFERENCES_ROW (self->size), _("File"));
  add_widget (group, self->text);
  adw_preferences_group_add (ADW_PREFERENCES_GROUP (group), self->size);
  g_signal_connect_object (self->text, "changed", G_CALLBACK (on_text), self, G_CONNECT_SWAPPED);
  return group;
}

static void
add_site (SpRecordDialog *self, GtkWidget *group, gsize i)
{
  const SpRecordSite *site = &sp_recording_sites[i];
  GtkWidget          *row = adw_action_row_new (), *check = self->checks[i] = gtk_check_button_new ();
  GtkWidget          *word = gtk_label_new (site->word);

  adw_preferences_row_set_title (ADW_PREFERENCES_ROW (row), _(site->title));
  adw_action_row_set_subtitle (ADW_ACTION_ROW (row), _(site->help));
  gtk_check_button_set_active (GTK_CHECK_BUTTON (check), i == 0);
  gtk_widget_set_valign (check, GTK_ALIGN_CENTER);
  gtk_accessible_update_property (GTK_ACCESSIBLE (check), GTK_ACCESSIBLE_PROPERTY_LABEL, _(site->title), -1);
  gtk_widget_add_css_class (word, "dim-label");
  gtk_widget_add_css_class (word, "caption");
  adw_action_row_add_prefix (ADW_ACTION_ROW (row), check);
  adw_action_row_add_suffix (ADW_ACTION_ROW (row), word);
  adw_action_row_set_activatable_widget (ADW_ACTION_ROW (row), check);
  gtk_widget_set_visible (row, 1u << i != SP_RECORD_GATE || sp_model_get_shape (self->model)->is_gated);
  adw_preferences_group_add (ADW_PREFERENCES_GROUP (group), row);
  g_signal_connect_object (check, "toggled", G_CALLBACK (show_size), self, G_CONNECT_SWAPPED);
}

static void
make_layers (SpRecordDialog *self, GtkWidget *group)
{
  self->layers = adw_entry_row_new ();
  adw_preferences_row_set_title (ADW_PREFERENCES_ROW (self->layers), _("Layers, such as 0,3-5; empty: all"));
  self->layers_problem = gtk_label_new (NULL);
  gtk_label_set_xalign (GTK_LABEL (self->layers_problem), 0);
  gtk_label_set_wrap (GTK_LABEL (self->layers_problem), TRUE);
  gtk_label_set_wrap_mode (GTK_LABEL (self->layers_problem), PANGO_WRAP_WORD_CHAR);
  gtk_widget_add_css_class (self->layers_problem, "error");
  gtk_widget_add_css_class (self->layers_problem, "caption");
  gtk_widget_set_margin_start (self->layers_problem, 12);
  gtk_widget_set_margin_top (self->layers_problem, 6);
  gtk_widget_set_visible (self->layers_problem, FALSE);
  adw_preferences_group_add (ADW_PREFERENCES_GROUP (group), self->layers);
  adw_preferences_group_add (ADW_PREFERENCES_GROUP (group), self->layers_problem);
  g_signal_connect_object (self->layers, "changed", G_CALLBACK (on_layers), self, G_CONNECT_SWAPPED);
}

/* What seldom is another one. */
static GtkWidget *
make_extent_group (SpRecordDialog *self)
{
  GtkWidget                *group = adw_preferences_group_new ();
  g_autoptr (GtkStringList) names = gtk_string_list_new (NULL);

  for (gsize i = 0; i < SP_RECORDING_N_DTYPES; i++)
    gtk_string_list_append (names, sp_dtype_name (sp_recording_dtypes[i]));
  self->window = sp_number_row_new (&window_param);
  self->tokens = sp_number_row_new (&tokens_param);
  self->dtype = adw_combo_row_new ();
  adw_preferences_row_set_title (ADW_PREFERENCES_ROW (self->dtype), _("Type"));
  adw_combo_row_set_model (ADW_COMBO_ROW (self->dtype), G_LIST_MODEL (names));
  add_widget (group, self->tokens);
  add_widget (group, self->window);
  adw_preferences_group_add (ADW_PREFERENCES_GROUP (group), self->dtype);
  g_signal_connect_object (self->tokens, "changed", G_CALLBACK (show_size), self, G_CONNECT_SWAPPED);
  g_signal_connect_object (self->window, "changed", G_CALLBACK (show_size), self, G_CONNECT_SWAPPED);
  g_signal_connect_object (self->dtype, "notify::selected", G_CALLBACK (show_size), self, G_CONNECT_SWAPPED);
  return group;
}

static GtkWidget *
make_form (SpRecordDialog *self)
{
  GtkWidget *what = adw_preferences_group_new (), *layers = adw_preferences_group_new ();

  self->form = adw_preferences_page_new ();
  for (gsize i = 0; i < SP_RECORDING_N_SITES; i++)
    add_site (self, what, i);
  make_layers (self, layers);
  adw_preferences_page_add (ADW_PREFERENCES_PAGE (self->form), ADW_PREFERENCES_GROUP (make_text_group (self)));
  adw_preferences_page_add (ADW_PREFERENCES_PAGE (self->form), ADW_PREFERENCES_GROUP (what));
  adw_preferences_page_add (ADW_PREFERENCES_PAGE (self->form), ADW_PREFERENCES_GROUP (layers));
  adw_preferences_page_add (ADW_PREFERENCES_PAGE (self->form), ADW_PREFERENCES_GROUP (make_extent_group (self)));
  gtk_widget_set_vexpand (self->form, TRUE);
  return self->form;
}

static GtkWidget *
make_progress (SpRecordDialog *self)
{
  self->progress = gtk_box_new (GTK_ORIENTATION_HORIZONTAL, 12);
  self->stage = gtk_label_new (NULL);
  self->bar = gtk_progress_bar_new ();
  gtk_widget_add_css_class (self->progress, "run-bar");
  gtk_widget_add_css_class (self->stage, "numeric");
  gtk_widget_set_hexpand (self->bar, TRUE);
  gtk_widget_set_valign (self->bar, GTK_ALIGN_CENTER);
  gtk_accessible_update_property (GTK_ACCESSIBLE (self->bar), GTK_ACCESSIBLE_PROPERTY_LABEL, _("Progress"), -1);
  gtk_box_append (GTK_BOX (self->progress), self->stage);
  gtk_box_append (GTK_BOX (self->progress), self->bar);
  gtk_widget_set_visible (self->progress, FALSE);
  return self->progress;
}

static void
sp_record_dialog_init (SpRecordDialog *self)
{
  self->error = sp_error_bar_new ();
  gtk_window_set_title (GTK_WINDOW (self), _("Record Activations"));
  gtk_window_set_default_size (GTK_WINDOW (self), 460, 700);
  gtk_window_set_destroy_with_parent (GTK_WINDOW (self), TRUE);
}

GtkWidget *
sp_record_dialog_new (GtkWindow *parent, SpModel *model)
{
  SpRecordDialog *self = g_object_new (SP_TYPE_RECORD_DIALOG, "transient-for", parent, NULL);
  GtkWidget      *box = gtk_box_new (GTK_ORIENTATION_VERTICAL, 0);

  self->model = sp_model_ref (model);
  gtk_box_append (GTK_BOX (box), make_header (self));
  gtk_box_append (GTK_BOX (box), self->error);
  gtk_box_append (GTK_BOX (box), make_form (self));
  gtk_box_append (GTK_BOX (box), make_progress (self));
  adw_window_set_content (ADW_WINDOW (self), box);
  show_size (self);
  return GTK_WIDGET (self);
}

SpStore *
sp_record_dialog_get_store (SpRecordDialog *self)
{
  return self->model != NULL ? sp_model_get_store (self->model) : NULL;
}
