/* sp-parameter-row.c - the widget of one parameter */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sp-parameter-form-private.h"

#include "sp-compat.h"
#include "sp-file-row.h"
#include "sp-number-row.h"
#include "sp-offer-row.h"
#include "sp-text-row.h"

#include <glib/gi18n.h>

/* More choices than this go into a drop-down. */
#define MAX_RADIOS 3

const SpParam *
sp_parameter_row_get_param (GtkWidget *widget)
{
  return g_object_get_data (G_OBJECT (widget), "param");
}

static void
take_number (SpParameterForm *self, GtkWidget *widget, double value)
{
  sp_parameter_form_take_number (self, sp_parameter_row_get_param (widget), value);
}

static void
on_number (SpNumberRow *row, SpParameterForm *self)
{
  take_number (self, GTK_WIDGET (row), sp_number_row_get_value (row));
}

static GtkWidget *
make_number (SpParameterForm *self, const SpParam *param)
{
  GtkWidget *row = sp_number_row_new (param);

  g_signal_connect (row, "changed", G_CALLBACK (on_number), self);
  return row;
}

static void
on_toggled (GtkCheckButton *button, SpParameterForm *self)
{
  take_number (self, GTK_WIDGET (button), gtk_check_button_get_active (button));
}

static GtkWidget *
make_bool (SpParameterForm *self, const SpParam *param)
{
  GtkWidget *button = gtk_check_button_new_with_label (_(param->title));

  g_signal_connect (button, "toggled", G_CALLBACK (on_toggled), self);
  return button;
}

static const char *
choice_title (const SpParam *param, gsize i)
{
  return param->choice_titles != NULL ? _(param->choice_titles[i]) : param->choices[i];
}

static void
on_radio (GtkCheckButton *button, SpParameterForm *self)
{
  GtkWidget *group = gtk_widget_get_parent (GTK_WIDGET (button));

  if (gtk_check_button_get_active (button))
    take_number (self, group, GPOINTER_TO_INT (g_object_get_data (G_OBJECT (button), "choice")));
}

static GtkWidget *
make_radios (SpParameterForm *self, const SpParam *param)
{
  GtkWidget *group = gtk_box_new (GTK_ORIENTATION_VERTICAL, 2);
  GtkWidget *first = NULL;

  for (gsize i = 0; param->choices[i] != NULL; i++)
    {
      GtkWidget *button = gtk_check_button_new_with_label (choice_title (param, i));

      if (first != NULL)
        gtk_check_button_set_group (GTK_CHECK_BUTTON (button), GTK_CHECK_BUTTON (first));
      first = first != NULL ? first : button;
      g_object_set_data (G_OBJECT (button), "choice", GSIZE_TO_POINTER (i));
      g_signal_connect (button, "toggled", G_CALLBACK (on_radio), self);
      gtk_box_append (GTK_BOX (group), button);
    }
  return group;
}

static void
on_drop_down (GtkDropDown *drop_down, GParamSpec *pspec, SpParameterForm *self)
{
  take_number (self, GTK_WIDGET (drop_down), gtk_drop_down_get_selected (drop_down));
}

static GtkWidget *
make_drop_down (SpParameterForm *self, const SpParam *param)
{
  GtkWidget *drop_down = gtk_drop_down_new (NULL, NULL);
  GtkStringList *titles = gtk_string_list_new (NULL);

  for (gsize i = 0; param->choices[i] != NULL; i++)
    gtk_string_list_append (titles, choice_title (param, i));
  gtk_drop_down_set_model (GTK_DROP_DOWN (drop_down), G_LIST_MODEL (titles));
  g_object_unref (titles);
  sp_compat_name_drop_down (drop_down, _(param->title));
  g_signal_connect (drop_down, "notify::selected", G_CALLBACK (on_drop_down), self);
  return drop_down;
}

static gsize
count_choices (const SpParam *param)
{
  gsize n = 0;

  while (param->type == SP_PARAM_CHOICE && param->choices[n] != NULL)
    n++;
  return n;
}

static GtkWidget *
make_tensor (SpParameterForm *self, const SpParam *param)
{
  GtkWidget *label = gtk_label_new (NULL);

  gtk_label_set_xalign (GTK_LABEL (label), 0);
  gtk_label_set_wrap (GTK_LABEL (label), TRUE);
  gtk_label_set_wrap_mode (GTK_LABEL (label), PANGO_WRAP_WORD_CHAR);
  gtk_label_set_selectable (GTK_LABEL (label), TRUE);
  return label;
}

static void
on_text (SpTextRow *row, SpParameterForm *self)
{
  sp_parameter_form_take_text (self, sp_parameter_row_get_param (GTK_WIDGET (row)), sp_text_row_get_text (row));
}

static void
on_offer (SpOfferRow *row, SpParameterForm *self)
{
  sp_parameter_form_take_text (self, sp_parameter_row_get_param (GTK_WIDGET (row)), sp_offer_row_get_text (row));
}

static GtkWidget *
make_text (SpParameterForm *self, const SpParam *param)
{
  GtkWidget *row = param->offer != NULL ? sp_offer_row_new (param) : sp_text_row_new (param);

  g_signal_connect (row, "changed", param->offer != NULL ? G_CALLBACK (on_offer) : G_CALLBACK (on_text), self);
  return row;
}

static void
on_file (SpFileRow *row, SpParameterForm *self)
{
  sp_parameter_form_take_text (self, sp_parameter_row_get_param (GTK_WIDGET (row)), sp_file_row_get_path (row));
}

static GtkWidget *
make_file (SpParameterForm *self, const SpParam *param)
{
  GtkWidget *row = sp_file_row_new (param, FALSE);

  g_signal_connect (row, "changed", G_CALLBACK (on_file), self);
  return row;
}

GtkWidget *
sp_parameter_row_new (SpParameterForm *self, const SpParam *param)
{
  GtkWidget *widget;

  if (param->type == SP_PARAM_NUMBER)
    widget = make_number (self, param);
  else if (param->type == SP_PARAM_BOOL)
    widget = make_bool (self, param);
  else if (param->type == SP_PARAM_TENSOR)
    widget = make_tensor (self, param);
  else if (param->type == SP_PARAM_TEXT)
    widget = make_text (self, param);
  else if (param->type == SP_PARAM_FILE)
    widget = make_file (self, param);
  else if (count_choices (param) <= MAX_RADIOS)
    widget = make_radios (self, param);
  else
    widget = make_drop_down (self, param);
  if (param->help != NULL)
    gtk_widget_set_tooltip_text (widget, _(param->help));
  g_object_set_data (G_OBJECT (widget), "param", (gpointer) param);
  return widget;
}

void
sp_parameter_row_show (GtkWidget *widget, SpArgs *args)
{
  const SpParam *param = sp_parameter_row_get_param (widget);

  if (param->type == SP_PARAM_TENSOR)
    {
      const char *name = sp_args_get_text (args, param->id);

      gtk_label_set_text (GTK_LABEL (widget), name != NULL ? name : _("none: pick one in the tree"));
    }
  else if (SP_IS_TEXT_ROW (widget))
    sp_text_row_set_text (SP_TEXT_ROW (widget), sp_args_get_text (args, param->id));
  else if (SP_IS_OFFER_ROW (widget))
    sp_offer_row_set_text (SP_OFFER_ROW (widget), sp_args_get_text (args, param->id));
  else if (SP_IS_FILE_ROW (widget))
    sp_file_row_set_path (SP_FILE_ROW (widget), sp_args_get_text (args, param->id));
  else if (param->type == SP_PARAM_BOOL)
    gtk_check_button_set_active (GTK_CHECK_BUTTON (widget), sp_args_get_bool (args, param->id));
  else if (param->type == SP_PARAM_NUMBER)
    sp_number_row_set_value (SP_NUMBER_ROW (widget), sp_args_get_number (args, param->id));
  else if (GTK_IS_DROP_DOWN (widget))
    gtk_drop_down_set_selected (GTK_DROP_DOWN (widget), (guint) sp_args_get_number (args, param->id));
  else
    {
      GtkWidget *button = gtk_widget_get_first_child (widget);

      for (guint i = (guint) sp_args_get_number (args, param->id); i > 0 && button != NULL; i--)
        button = gtk_widget_get_next_sibling (button);
      if (button != NULL)
        gtk_check_button_set_active (GTK_CHECK_BUTTON (button), TRUE);
    }
}
