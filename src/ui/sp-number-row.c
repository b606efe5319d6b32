/* sp-number-row.c - a number: title, slider, entry, unit */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sp-number-row.h"

#include <glib/gi18n.h>
#include <math.h>

/* Where a logarithmic slider that may go to zero begins, and where one with no sensible end ends. */
#define LOG_LOW 1e-6
#define LOG_HIGH 10.0
#define LOG_HIGH_COUNT 1e9
/* A linear range wider than this has no use for a slider. */
#define MAX_LINEAR 1e5

struct _SpNumberRow {
  GtkWidget      parent_instance;
  GtkWidget     *box, *scale, *entry;
  GtkAdjustment *place;               /* 0…1 along the slider */
  const SpParam *param;
  double         value, most;
  gboolean       is_setting;
};

G_DEFINE_FINAL_TYPE (SpNumberRow, sp_number_row, GTK_TYPE_WIDGET)

enum { CHANGED, N_SIGNALS };
static guint signals[N_SIGNALS];

static gboolean
is_count (const SpParam *param)
{
  static const char *const counted[] = { "tokens", "features", "points", NULL };

  return param->unit != NULL && g_strv_contains (counted, param->unit);
}

static double
log_low (const SpParam *param)
{
  if (param->min > 0)
    return param->min;
  return is_count (param) ? 1 : LOG_LOW;
}

static double
log_high (SpNumberRow *self)
{
  return MIN (self->most, is_count (self->param) ? LOG_HIGH_COUNT : LOG_HIGH);
}

static double
value_at (SpNumberRow *self, double place)
{
  const SpParam *param = self->param;
  double         low = log_low (param);

  if (!param->is_log)
    return param->min + place * (self->most - param->min);
  if (place <= 0)
    return param->min;
  return low * pow (log_high (self) / low, place);
}

static double
place_of (SpNumberRow *self, double value)
{
  const SpParam *param = self->param;
  double         low = log_low (param);

  if (!param->is_log)
    return (value - param->min) / (self->most - param->min);
  return value <= low ? 0 : log (value / low) / log (log_high (self) / low);
}

/* Three significant digits: what the slider says is what is typed.  Indices and counts are whole. */
static double
round_value (const SpParam *param, double value)
{
  char text[G_ASCII_DTOSTR_BUF_SIZE];

  if (param->is_index || (is_count (param) && value < 100))
    return round (value);
  return g_ascii_strtod (g_ascii_formatd (text, sizeof text, "%.3g", value), NULL);
}

static gboolean
is_share (const SpParam *param)
{
  return g_strcmp0 (param->unit, "share") == 0;
}

/* Four significant digits, as everywhere on screen; whole numbers whole. */
static char *
format_value (SpNumberRow *self)
{
  double value = is_share (self->param) ? self->value * 100 : self->value;

  if (self->param->at_min != NULL && self->value == self->param->min)
    return g_strdup (_(self->param->at_min));
  return g_strdup_printf (value == floor (value) && fabs (value) < 1e9 ? "%.0f" : "%.4g", value);
}

static void
show_value (SpNumberRow *self)
{
  g_autofree char *text = format_value (self);

  self->is_setting = TRUE;
  gtk_editable_set_text (GTK_EDITABLE (self->entry), text);
  gtk_adjustment_set_value (self->place, CLAMP (place_of (self, self->value), 0, 1));
  gtk_accessible_update_property (GTK_ACCESSIBLE (self->scale), GTK_ACCESSIBLE_PROPERTY_VALUE_TEXT, text, -1);
  self->is_setting = FALSE;
}

static void
take_value (SpNumberRow *self, double value)
{
  double old = self->value;

  self->value = CLAMP (value, self->param->min, self->most);
  show_value (self);
  if (self->value != old)
    g_signal_emit (self, signals[CHANGED], 0);
}

static void
on_slid (SpNumberRow *self)
{
  if (!self->is_setting)
    take_value (self, round_value (self->param, value_at (self, gtk_adjustment_get_value (self->place))));
}

static void
on_typed (SpNumberRow *self)
{
  const char      *text = gtk_editable_get_text (GTK_EDITABLE (self->entry));
  g_autofree char *plain = g_strdelimit (g_strdup (text), ",", '.'), *shown = format_value (self);
  char            *end;
  double           value = g_ascii_strtod (plain, &end);

  if (g_str_equal (text, shown))   /* the value may have more digits */
    return;
  if (self->param->at_min != NULL && g_utf8_collate (text, _(self->param->at_min)) == 0)
    take_value (self, self->param->min);
  else if (end == plain || !isfinite (value))
    show_value (self);
  else if (self->param->is_index)
    take_value (self, MAX (round (value), 0));
  else
    take_value (self, is_share (self->param) ? value / 100 : value);
}

static void
sp_number_row_dispose (GObject *object)
{
  g_clear_pointer (&SP_NUMBER_ROW (object)->box, gtk_widget_unparent);
  G_OBJECT_CLASS (sp_number_row_parent_class)->dispose (object);
}

static void
sp_number_row_class_init (SpNumberRowClass *klass)
{
  G_OBJECT_CLASS (klass)->dispose = sp_number_row_dispose;
  gtk_widget_class_set_layout_manager_type (GTK_WIDGET_CLASS (klass), GTK_TYPE_BIN_LAYOUT);
  signals[CHANGED] =
    g_signal_new ("changed", SP_TYPE_NUMBER_ROW, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 0);
}

static void
sp_number_row_init (SpNumberRow *self)
{
  self->box = gtk_box_new (GTK_ORIENTATION_VERTICAL, 2);
  gtk_widget_set_parent (self->box, GTK_WIDGET (self));
}

static GtkWidget *
make_head (SpNumberRow *self)
{
  GtkWidget  *head = gtk_box_new (GTK_ORIENTATION_HORIZONTAL, 6);
  GtkWidget  *title = gtk_label_new (_(self->param->title));
  const char *unit = is_share (self->param) ? "%" : self->param->unit;

  gtk_label_set_xalign (GTK_LABEL (title), 0);
  gtk_label_set_wrap (GTK_LABEL (title), TRUE);
  gtk_widget_set_hexpand (title, TRUE);
  gtk_box_append (GTK_BOX (head), title);
  self->entry = gtk_entry_new ();
  gtk_editable_set_width_chars (GTK_EDITABLE (self->entry), 7);
  gtk_editable_set_max_width_chars (GTK_EDITABLE (self->entry), 8);
  gtk_entry_set_alignment (GTK_ENTRY (self->entry), 1);
  gtk_widget_add_css_class (self->entry, "numeric");
  gtk_widget_set_valign (self->entry, GTK_ALIGN_CENTER);
  gtk_box_append (GTK_BOX (head), self->entry);
  if (unit != NULL && *unit != '\0' && g_strcmp0 (unit, "weight") != 0)
    {
      GtkWidget *label = gtk_label_new (_(unit));

      gtk_widget_add_css_class (label, "dim-label");
      gtk_box_append (GTK_BOX (head), label);
    }
  return head;
}

GtkWidget *
sp_number_row_new (const SpParam *param)
{
  SpNumberRow        *self = g_object_new (SP_TYPE_NUMBER_ROW, NULL);
  GtkEventController *focus = gtk_event_controller_focus_new ();

  self->param = param;
  self->value = param->fallback;
  self->most = param->max;
  gtk_box_append (GTK_BOX (self->box), make_head (self));
  self->place = gtk_adjustment_new (0, 0, 1, 0.01, 0.1, 0);
  self->scale = gtk_scale_new (GTK_ORIENTATION_HORIZONTAL, self->place);
  gtk_scale_set_draw_value (GTK_SCALE (self->scale), FALSE);
  gtk_range_set_round_digits (GTK_RANGE (self->scale), -1);
  gtk_box_append (GTK_BOX (self->box), self->scale);
  gtk_widget_set_visible (self->scale, param->is_log || param->max - param->min <= MAX_LINEAR);
  gtk_accessible_update_property (GTK_ACCESSIBLE (self->scale), GTK_ACCESSIBLE_PROPERTY_LABEL, _(param->title), -1);
  gtk_accessible_update_property (GTK_ACCESSIBLE (self->entry), GTK_ACCESSIBLE_PROPERTY_LABEL, _(param->title), -1);
  gtk_widget_set_tooltip_text (GTK_WIDGET (self), param->help != NULL ? _(param->help) : NULL);
  show_value (self);
  g_signal_connect_object (self->place, "value-changed", G_CALLBACK (on_slid), self, G_CONNECT_SWAPPED);
  g_signal_connect_object (self->entry, "activate", G_CALLBACK (on_typed), self, G_CONNECT_SWAPPED);
  g_signal_connect_object (focus, "leave", G_CALLBACK (on_typed), self, G_CONNECT_SWAPPED);
  gtk_widget_add_controller (self->entry, focus);
  return GTK_WIDGET (self);
}

/* A key moves the slider on by one index, else by a hundredth of the way. */
void
sp_number_row_set_most (SpNumberRow *self, double most)
{
  self->most = most;
  if (self->param->is_index)
    gtk_adjustment_set_step_increment (self->place, 1 / (most - self->param->min));
  gtk_widget_set_visible (self->scale, self->param->is_log || most - self->param->min <= MAX_LINEAR);
  show_value (self);
}

double
sp_number_row_get_value (SpNumberRow *self)
{
  return self->value;
}

void
sp_number_row_set_value (SpNumberRow *self, double value)
{
  if (self->value == value)
    return;
  self->value = value;
  show_value (self);
}
