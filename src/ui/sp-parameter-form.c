/* sp-parameter-form.c - the parameters of the page shown, and the definition of its numbers */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sp-parameter-form-private.h"

#include "sp-file-row.h"
#include "sp-number-row.h"
#include "sp-offer-row.h"
#include "sp-sentence.h"
#include "sp-stores.h"

#include <glib/gi18n.h>

struct _SpParameterForm {
  GtkWidget         parent_instance;
  GtkWidget        *whole, *box;
  GtkWidget        *rows;                /* box of the parameters' widgets, made anew for each analysis */
  GtkWidget        *run, *reset;
  GtkWidget        *definition, *source, *copy;

  SpSession        *session;             /* owned */
  const SpAnalysis *analysis;
  GtkWidget       **widgets;             /* one per parameter, lent by rows */
  GtkWidget       **headings, **titles;  /* the same: above it; NULL: there is none */
  gboolean         *fits;                /* the same: it means something to the stores */
  GPtrArray        *stores;              /* of SpStore, referenced: those that are looked at; NULL: rows were asked of none yet */
  gboolean          is_setting;
};

G_DEFINE_FINAL_TYPE (SpParameterForm, sp_parameter_form, GTK_TYPE_WIDGET)

void
sp_parameter_form_take_number (SpParameterForm *self, const SpParam *param, double value)
{
  SpArgs *args;

  if (self->is_setting)
    return;
  args = sp_args_dup (sp_session_get_args (self->session, self->analysis));
  sp_args_set_number (args, param->id, value);
  sp_session_take_args (self->session, self->analysis, args);
}

void
sp_parameter_form_take_text (SpParameterForm *self, const SpParam *param, const char *text)
{
  SpArgs *args;

  if (self->is_setting)
    return;
  args = sp_args_dup (sp_session_get_args (self->session, self->analysis));
  sp_args_set_text (args, param->id, text);
  sp_session_take_args (self->session, self->analysis, args);
}

/* Rows */

static GtkWidget *
append_label (GtkWidget *box, const char *text, const char *css_class)
{
  GtkWidget *label = gtk_label_new (text);

  gtk_label_set_xalign (GTK_LABEL (label), 0);
  gtk_widget_add_css_class (label, css_class);
  gtk_box_append (GTK_BOX (box), label);
  return label;
}

/* A choice or tensor does not say its own name. */
static gboolean
wants_title (const SpParam *param)
{
  return (param->type == SP_PARAM_TENSOR || param->type == SP_PARAM_CHOICE) && g_strcmp0 (param->section, param->title) != 0;
}

/* Rows about to go must not have the focus: GTK would look for its place among them afterwards. */
static void
release_focus (SpParameterForm *self)
{
  GtkRoot   *root = gtk_widget_get_root (GTK_WIDGET (self));
  GtkWidget *focus = root != NULL ? gtk_root_get_focus (root) : NULL;

  if (focus != NULL && gtk_widget_is_ancestor (focus, self->rows))
    gtk_widget_grab_focus (self->reset);
}

static void
drop_rows (SpParameterForm *self)
{
  g_clear_pointer (&self->widgets, g_free);
  g_clear_pointer (&self->headings, g_free);
  g_clear_pointer (&self->titles, g_free);
  g_clear_pointer (&self->fits, g_free);
  g_clear_pointer (&self->stores, g_ptr_array_unref);
}

static void
build_rows (SpParameterForm *self)
{
  const SpParam *params = self->analysis->params;
  gsize          n = 0;

  release_focus (self);
  for (GtkWidget *child; (child = gtk_widget_get_first_child (self->rows)) != NULL;)
    gtk_box_remove (GTK_BOX (self->rows), child);
  while (params[n].id != NULL)
    n++;
  drop_rows (self);
  self->widgets = g_new0 (GtkWidget *, n + 1);
  self->headings = g_new0 (GtkWidget *, n + 1);
  self->titles = g_new0 (GtkWidget *, n + 1);
  self->fits = g_new0 (gboolean, n + 1);
  for (gsize i = 0; i < n; i++)
    {
      if (params[i].section != NULL)
        self->headings[i] = append_label (self->rows, _(params[i].section), "form-heading");
      if (wants_title (&params[i]))
        self->titles[i] = append_label (self->rows, _(params[i].title), "dim-label");
      self->widgets[i] = sp_parameter_row_new (self, &params[i]);
      gtk_box_append (GTK_BOX (self->rows), self->widgets[i]);
    }
}

/* What the session says */

/* Only a tensor of three and more dimensions has slices to choose from. */
static void
fit_index (SpParameterForm *self, GtkWidget *widget)
{
  guint64 n_slices = sp_session_count_slices (self->session, self->analysis);

  gtk_widget_set_visible (widget, n_slices > 0);
  if (n_slices > 0)
    sp_number_row_set_most (SP_NUMBER_ROW (widget), (double) (n_slices - 1));
}

/* What means nothing to the stores that are looked at, or to the choices made, goes with its title, and a section of such with its
 * heading. */
static void
show_row (SpParameterForm *self, gsize i, SpArgs *args)
{
  const SpParam *param = &self->analysis->params[i];

  if (param->when != NULL || param->is_for != NULL)
    gtk_widget_set_visible (self->widgets[i], self->fits[i] && sp_args_matters (args, param));
  if (self->titles[i] != NULL)
    gtk_widget_set_visible (self->titles[i], gtk_widget_get_visible (self->widgets[i]));
}

static void
show_headings (SpParameterForm *self)
{
  GtkWidget *heading = NULL;

  for (gsize i = 0; self->widgets[i] != NULL; i++)
    {
      if (self->headings[i] != NULL)
        gtk_widget_set_visible (heading = self->headings[i], FALSE);
      if (heading != NULL && gtk_widget_get_visible (self->widgets[i]))
        gtk_widget_set_visible (heading, TRUE);
    }
}

/* Asked once as long as they stay the same, and not with each step of a slider: there may be thousands of tensors to look through. */
static void
ask_stores (SpParameterForm *self)
{
  g_autoptr (GPtrArray) stores = sp_session_dup_stores (self->session, self->analysis);

  if (self->stores != NULL && sp_stores_are_same (self->stores, stores))
    return;
  g_clear_pointer (&self->stores, g_ptr_array_unref);
  self->stores = g_steal_pointer (&stores);
  for (gsize i = 0; self->widgets[i] != NULL; i++)
    {
      const SpParam *param = &self->analysis->params[i];

      self->fits[i] = param->is_for == NULL || param->is_for ((SpStore *const *) self->stores->pdata, self->stores->len);
      if (SP_IS_OFFER_ROW (self->widgets[i]))
        sp_offer_row_set_stores (SP_OFFER_ROW (self->widgets[i]), self->stores);
    }
}

static void
show_args (SpParameterForm *self, const SpAnalysis *analysis)
{
  SpArgs *args = sp_session_get_args (self->session, analysis);

  if (analysis != self->analysis)
    return;
  if (args == NULL)
    {
      g_clear_pointer (&self->stores, g_ptr_array_unref);      /* a closed file is let go of */
      return;
    }
  self->is_setting = TRUE;
  ask_stores (self);
  for (gsize i = 0; self->widgets[i] != NULL; i++)
    {
      if (sp_parameter_row_get_param (self->widgets[i])->is_index)
        fit_index (self, self->widgets[i]);
      if (SP_IS_FILE_ROW (self->widgets[i]))
        sp_file_row_set_store (SP_FILE_ROW (self->widgets[i]), sp_session_get_store (self->session));
      show_row (self, i, args);
      sp_parameter_row_show (self->widgets[i], args);
    }
  show_headings (self);
  self->is_setting = FALSE;
}

static void
show_state (SpParameterForm *self, const SpAnalysis *analysis)
{
  if (analysis != self->analysis)
    return;
  gtk_button_set_label (GTK_BUTTON (self->run),
                        sp_session_can_refine (self->session, analysis) ? _("Count _Exactly") : _("_Run"));
  gtk_widget_set_visible (self->run, sp_session_get_store (self->session) != NULL
                                     && sp_session_needs_run (self->session, analysis));
}

static void
show_definition (SpParameterForm *self, const SpAnalysis *analysis)
{
  SpResult *result = sp_session_get_result (self->session, analysis);

  if (analysis != self->analysis)
    return;
  sp_sentence_show (self->definition,
                    result != NULL && result->definition != NULL ? result->definition : _(analysis->question));
  gtk_label_set_text (GTK_LABEL (self->source), result != NULL && result->source != NULL ? result->source : "");
  if (result != NULL && !result->is_final)
    gtk_widget_add_css_class (self->definition, "preview");
  else
    gtk_widget_remove_css_class (self->definition, "preview");
  gtk_widget_set_visible (self->source, result != NULL && result->source != NULL);
  gtk_widget_set_visible (self->copy, result != NULL && result->definition != NULL);
}

static void
on_page (SpParameterForm *self)
{
  const SpAnalysis *analysis = sp_session_page_analysis (sp_session_get_page (self->session));

  if (analysis == NULL)
    return;
  if (analysis != self->analysis)
    {
      self->analysis = analysis;
      build_rows (self);
    }
  show_args (self, analysis);
  show_state (self, analysis);
  show_definition (self, analysis);
}

/* What lies beside has changed. */
static void
on_stores (SpParameterForm *self)
{
  show_args (self, self->analysis);
}

static void
on_run (SpParameterForm *self)
{
  sp_session_run (self->session, self->analysis);
}

/* What is looked at stays. */
static void
on_reset (SpParameterForm *self)
{
  SpArgs *args = sp_args_new (self->analysis), *old = sp_session_get_args (self->session, self->analysis);

  for (const SpParam *param = self->analysis->params; param->id != NULL; param++)
    if (param->type == SP_PARAM_TENSOR || param->type == SP_PARAM_FILE)
      sp_args_set_text (args, param->id, sp_args_get_text (old, param->id));
  sp_session_take_args (self->session, self->analysis, args);
}

static void
on_copy (SpParameterForm *self)
{
  SpResult        *result = sp_session_get_result (self->session, self->analysis);
  g_autofree char *text = g_strjoin ("\n", result->definition, result->source, NULL);

  gdk_clipboard_set_text (gtk_widget_get_clipboard (GTK_WIDGET (self)), text);
}

/* Widget */

static void
sp_parameter_form_dispose (GObject *object)
{
  SpParameterForm *self = SP_PARAMETER_FORM (object);

  g_clear_pointer (&self->whole, gtk_widget_unparent);
  drop_rows (self);
  g_clear_object (&self->session);
  G_OBJECT_CLASS (sp_parameter_form_parent_class)->dispose (object);
}

static void
sp_parameter_form_class_init (SpParameterFormClass *klass)
{
  G_OBJECT_CLASS (klass)->dispose = sp_parameter_form_dispose;
  gtk_widget_class_set_layout_manager_type (GTK_WIDGET_CLASS (klass), GTK_TYPE_BIN_LAYOUT);
  gtk_widget_class_set_css_name (GTK_WIDGET_CLASS (klass), "parameterform");
}

static GtkWidget *
make_icon_button (const char *icon, const char *title)
{
  GtkWidget *button = gtk_button_new_from_icon_name (icon);

  gtk_widget_add_css_class (button, "flat");
  gtk_widget_set_tooltip_text (button, title);
  gtk_accessible_update_property (GTK_ACCESSIBLE (button), GTK_ACCESSIBLE_PROPERTY_LABEL, title, -1);
  gtk_widget_set_valign (button, GTK_ALIGN_CENTER);
  return button;
}

static GtkWidget *
make_title (const char *title, const char *css_class, GtkWidget *button)
{
  GtkWidget *row = gtk_box_new (GTK_ORIENTATION_HORIZONTAL, 6);
  GtkWidget *label = gtk_label_new (title);

  gtk_label_set_xalign (GTK_LABEL (label), 0);
  gtk_widget_set_hexpand (label, TRUE);
  gtk_widget_add_css_class (label, css_class);
  gtk_box_append (GTK_BOX (row), label);
  gtk_box_append (GTK_BOX (row), button);
  return row;
}

static GtkWidget *
make_text (const char *css_class)
{
  GtkWidget *label = gtk_label_new (NULL);

  gtk_label_set_xalign (GTK_LABEL (label), 0);
  gtk_label_set_wrap (GTK_LABEL (label), TRUE);
  gtk_label_set_wrap_mode (GTK_LABEL (label), PANGO_WRAP_WORD_CHAR);
  gtk_label_set_selectable (GTK_LABEL (label), TRUE);
  gtk_widget_add_css_class (label, css_class);
  return label;
}

/* However long the form is, the button that runs it stays in sight below it. */
static void
make_frame (SpParameterForm *self)
{
  GtkWidget *scrolled = gtk_scrolled_window_new ();

  gtk_widget_set_focusable (scrolled, FALSE);
  gtk_widget_set_vexpand (scrolled, TRUE);
  gtk_scrolled_window_set_policy (GTK_SCROLLED_WINDOW (scrolled), GTK_POLICY_NEVER, GTK_POLICY_AUTOMATIC);
  self->box = gtk_box_new (GTK_ORIENTATION_VERTICAL, 12);
  gtk_widget_add_css_class (self->box, "form");
  gtk_scrolled_window_set_child (GTK_SCROLLED_WINDOW (scrolled), self->box);
  self->run = gtk_button_new_with_mnemonic (_("_Run"));
  gtk_widget_add_css_class (self->run, "suggested-action");
  self->whole = gtk_box_new (GTK_ORIENTATION_VERTICAL, 0);
  gtk_box_append (GTK_BOX (self->whole), scrolled);
  gtk_box_append (GTK_BOX (self->whole), self->run);
  gtk_widget_set_parent (self->whole, GTK_WIDGET (self));
}

static void
sp_parameter_form_init (SpParameterForm *self)
{
  make_frame (self);
  self->reset = make_icon_button ("edit-undo-symbolic", _("Back to the Defaults"));
  gtk_box_append (GTK_BOX (self->box), make_title (_("Parameters"), "heading", self->reset));
  self->rows = gtk_box_new (GTK_ORIENTATION_VERTICAL, 6);
  gtk_box_append (GTK_BOX (self->box), self->rows);
  gtk_box_append (GTK_BOX (self->box), gtk_separator_new (GTK_ORIENTATION_HORIZONTAL));
  self->copy = make_icon_button ("edit-copy-symbolic", _("Copy the Definition"));
  gtk_box_append (GTK_BOX (self->box), make_title (_("Definition"), "heading", self->copy));
  self->definition = make_text ("definition");
  gtk_box_append (GTK_BOX (self->box), self->definition);
  self->source = make_text ("dim-label");
  gtk_widget_add_css_class (self->source, "caption");
  gtk_box_append (GTK_BOX (self->box), self->source);
  g_signal_connect_object (self->run, "clicked", G_CALLBACK (on_run), self, G_CONNECT_SWAPPED);
  g_signal_connect_object (self->reset, "clicked", G_CALLBACK (on_reset), self, G_CONNECT_SWAPPED);
  g_signal_connect_object (self->copy, "clicked", G_CALLBACK (on_copy), self, G_CONNECT_SWAPPED);
}

GtkWidget *
sp_parameter_form_new (SpSession *session)
{
  SpParameterForm *self = g_object_new (SP_TYPE_PARAMETER_FORM, NULL);

  self->session = g_object_ref (session);
  g_signal_connect_object (session, "notify::page", G_CALLBACK (on_page), self, G_CONNECT_SWAPPED);
  g_signal_connect_object (session, "stores-changed", G_CALLBACK (on_stores), self, G_CONNECT_SWAPPED);
  g_signal_connect_object (session, "args-changed", G_CALLBACK (show_args), self, G_CONNECT_SWAPPED);
  g_signal_connect_object (session, "state-changed", G_CALLBACK (show_state), self, G_CONNECT_SWAPPED);
  g_signal_connect_object (session, "result-changed", G_CALLBACK (show_definition), self, G_CONNECT_SWAPPED);
  on_page (self);
  return GTK_WIDGET (self);
}
