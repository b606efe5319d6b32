/* sp-axis-ticks.c - where an axis is marked, and what stands there */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sp-axis.h"

#include <math.h>
#include <string.h>

#define THIN_SPACE "\u2009"
#define MINUS "\u2212"
#define MAX_DECIMALS 12

typedef struct
{
  const SpAxis *axis;
  const char *unit;
  SpTick *ticks; /* (n_room), lent */
  gsize n, n_room;
} Row;

/* How numbers are written along one axis: the same way at every tick. */
typedef struct
{
  double factor; /* shown = value × factor */
  int decimals;
  const char *suffix;
  int exponent; /* "× 10ⁿ" when not 0 */
} Style;

gboolean
sp_unit_is_whole (const char *unit)
{
  static const char *const whole[] = { "index",   "elements", "rows",   "columns", "tokens",
                                       "neurons", "features", "layers", "tensors", "heads",
                                       "experts", "blocks",   "count",  "bytes",   NULL };

  return unit != NULL && g_strv_contains (whole, unit);
}

static void
append_superscript (GString *out, int exponent)
{
  static const char *const digits[] = { "⁰", "¹", "²", "³", "⁴", "⁵", "⁶", "⁷", "⁸", "⁹" };
  char text[16];

  g_snprintf (text, sizeof text, "%d", ABS (exponent));
  if (exponent < 0)
    g_string_append (out, "⁻");
  for (const char *c = text; *c != '\0'; c++)
    g_string_append (out, digits[*c - '0']);
}

/* Thin spaces between groups of three, from five digits on. */
static void
append_grouped (GString *out, double value, int decimals)
{
  char text[400];
  gsize n_digits;

  g_snprintf (text, sizeof text, "%.*f", decimals, fabs (value));
  if (value < 0 && strspn (text, "0.") != strlen (text))
    g_string_append (out, MINUS);
  n_digits = strcspn (text, ".,");
  for (gsize i = 0; i < n_digits; i++)
    {
      if (i > 0 && n_digits > 4 && (n_digits - i) % 3 == 0)
        g_string_append (out, THIN_SPACE);
      g_string_append_c (out, text[i]);
    }
  g_string_append (out, text + n_digits);
}

/* By powers in two steps: at the ends of the range of numbers one alone would overflow. */
static double
scale (double value, const Style *style)
{
  int half = style->exponent / 2;

  return value * pow (10, -half) * pow (10, half - style->exponent) * style->factor;
}

static void
write_label (SpTick *tick, const Style *style)
{
  g_autoptr (GString) out = g_string_new (NULL);

  append_grouped (out, scale (tick->value, style), tick->value == 0 ? 0 : style->decimals);
  if (style->exponent != 0 && tick->value != 0)
    {
      g_string_append (out, "×10");
      append_superscript (out, style->exponent);
    }
  /* Zero is zero in thousands and millions alike; 0 % keeps its sign. */
  if (tick->value != 0 || style->factor >= 1)
    g_string_append (out, style->suffix);
  g_strlcpy (tick->label, out->str, sizeof tick->label);
}

static int
decimals_of (double step)
{
  return CLAMP ((int) -floor (log10 (step) + 1e-9), 0, MAX_DECIMALS);
}

static void
scale_by_thousands (Style *style, double largest, gboolean is_bytes)
{
  static const struct
  {
    double size;
    const char *count, *bytes;
  } sizes[] = {
    { 1e12, THIN_SPACE "T", THIN_SPACE "TB" },
    { 1e9, THIN_SPACE "G", THIN_SPACE "GB" },
    { 1e6, THIN_SPACE "M", THIN_SPACE "MB" },
    { 1e3, NULL, THIN_SPACE "kB" },
  };

  style->suffix = is_bytes ? THIN_SPACE "B" : "";
  for (gsize i = 0; i < G_N_ELEMENTS (sizes); i++)
    {
      const char *suffix = is_bytes ? sizes[i].bytes : sizes[i].count;

      if (largest >= sizes[i].size && suffix != NULL)
        {
          style->factor = 1 / sizes[i].size;
          style->suffix = suffix;
          return;
        }
    }
}

/* For values up to largest that differ by step. */
static Style
choose_style (const char *unit, double largest, double step)
{
  Style style = { 1, 0, "", 0 };

  if (g_strcmp0 (unit, "share") == 0)
    {
      style.factor = 100;
      style.suffix = THIN_SPACE "%";
    }
  else if (sp_unit_is_whole (unit))
    scale_by_thousands (&style, largest, strcmp (unit, "bytes") == 0);
  if (largest * style.factor >= 1e6 || step * style.factor < 1e-5)
    {
      style.exponent = (int) floor (log10 (largest) + log10 (style.factor) + 1e-9);
    }
  style.decimals = decimals_of (scale (step, &style));
  return style;
}

static void
add_tick (Row *row, double value, gboolean is_major)
{
  SpTick *tick;
  double place = sp_axis_place (row->axis, value);

  if (row->n == row->n_room || !(place >= -1e-9 && place <= 1 + 1e-9))
    return;
  if (row->n > 0 && value <= row->ticks[row->n - 1].value)
    return;
  tick = &row->ticks[row->n++];
  *tick = (SpTick){ value, CLAMP (place, 0, 1), is_major, "" };
}

static void
label_linear (Row *row, double step)
{
  double largest = 0;
  Style style;

  for (gsize i = 0; i < row->n; i++)
    largest = MAX (largest, fabs (row->ticks[i].value));
  style = choose_style (row->unit, largest > 0 ? largest : step, step);
  for (gsize i = 0; i < row->n; i++)
    write_label (&row->ticks[i], &style);
}

/* Steps of 1, 2 and 5: value = i · digit · 10^power, divided rather than multiplied below one so that 0.3 is 0.3. */
static void
add_multiples (Row *row, double digit, int power, double first, double last)
{
  for (double i = first; i <= last; i++)
    add_tick (row, power < 0 ? i * digit / pow (10, -power) : i * digit * pow (10, power), TRUE);
}

static void
linear_ticks (Row *row, gsize n_wanted)
{
  static const double digits[] = { 1, 2, 5 };
  const SpAxis *axis = row->axis;
  double range = axis->max - axis->min;
  int power;

  if (!isfinite (range) || range <= 0)
    return;
  power = (int) floor (log10 (range / n_wanted)) - 1;
  for (int i = 0; i < 12; i++)
    {
      double digit = digits[i % 3], step = digit * pow (10, power + i / 3);
      double first = ceil (axis->min / step - 1e-9), last = floor (axis->max / step + 1e-9);

      if (!(step > 0) || last - first + 1 > n_wanted || (step < 1 && sp_unit_is_whole (row->unit)))
        continue;
      if (fabs (first) < 1e15 && fabs (last) < 1e15)
        add_multiples (row, digit, power + i / 3, first, last);
      label_linear (row, step);
      return;
    }
}

static gboolean
are_plain (const Row *row, double least, double most)
{
  for (gsize i = 0; i < row->n; i++)
    {
      double size = fabs (row->ticks[i].value);

      if (row->ticks[i].is_major && size > 0 && (size < least * 0.99 || size > most * 1.01))
        return FALSE;
    }
  return TRUE;
}

/* "10⁻³", "−10⁴", "2×10⁵" */
static void
write_power (SpTick *tick, int exponent, const char *suffix)
{
  g_autoptr (GString) out = g_string_new (tick->value < 0 ? MINUS : "");
  double lead = fabs (tick->value) / pow (10, floor (log10 (fabs (tick->value)) + 1e-9));

  if (lead > 1.5)
    g_string_append_printf (out, "%.0f×", lead);
  g_string_append (out, "10");
  append_superscript (out, exponent);
  g_string_append (out, suffix);
  g_strlcpy (tick->label, out->str, sizeof tick->label);
}

/* Plain numbers while all are short, powers for all once one of them is not. */
static void
label_decades (Row *row)
{
  gboolean is_share = g_strcmp0 (row->unit, "share") == 0;
  gboolean is_plain = is_share ? are_plain (row, 1e-6, 1) : are_plain (row, 1e-3, 1e4);
  const char *suffix = is_share ? THIN_SPACE "%" : "";

  for (gsize i = 0; i < row->n; i++)
    {
      SpTick *tick = &row->ticks[i];
      int power = tick->value == 0 ? 0 : (int) floor (log10 (fabs (tick->value)) + 1e-9);
      int shown = power + (is_share ? 2 : 0);
      Style style = { is_share ? 100 : 1, MAX (0, -shown), suffix, 0 };

      if (tick->is_major && (is_plain || tick->value == 0 || shown == 0 || shown == 1))
        write_label (tick, &style);
      else if (tick->is_major)
        write_power (tick, shown, suffix);
    }
}

static void
add_decade (Row *row, int power, int sign, gboolean is_major, gboolean with_minor)
{
  double decade = sign * pow (10, power);

  if (sign < 0)
    for (int digit = 9; with_minor && digit > 1; digit--)
      add_tick (row, decade * digit, FALSE);
  add_tick (row, decade, is_major);
  if (sign > 0)
    for (int digit = 2; with_minor && digit < 10; digit++)
      add_tick (row, decade * digit, FALSE);
}

/* Less than two decades: leading digits 1, 2, 5 carry labels; FALSE if that is still too few or too many. */
static gboolean
leading_digit_ticks (Row *row, int first, int last, gsize n_wanted)
{
  gsize n_major = 0;

  for (int power = first - 1; power <= last; power++)
    for (int digit = 1; digit < 10; digit++)
      {
        gboolean is_major = digit == 1 || digit == 2 || digit == 5;
        gsize n_before = row->n;

        add_tick (row, power < 0 ? digit / pow (10, -power) : digit * pow (10, power), is_major);
        n_major += is_major && row->n > n_before;
      }
  if (n_major < 2 || n_major > n_wanted)
    {
      row->n = 0;
      return FALSE;
    }
  label_decades (row);
  return TRUE;
}

static void
log_ticks (Row *row, gsize n_wanted)
{
  int first = (int) ceil (log10 (row->axis->min) - 1e-9), last = (int) floor (log10 (row->axis->max) + 1e-9);
  int every;

  if (last - first < 2 && leading_digit_ticks (row, first, last, n_wanted))
    return;
  if (last - first < 1)
    {
      linear_ticks (row, n_wanted);
      return;
    }
  every = (last - first) / (int) n_wanted + 1;
  for (int power = first - 1; power <= last; power++)
    add_decade (row, power, 1, power >= first && (power - first) % every == 0, every == 1);
  label_decades (row);
}

static void
symlog_ticks (Row *row, gsize n_wanted)
{
  const SpAxis *axis = row->axis;
  double below = axis->linear_below > 0 ? axis->linear_below : MAX (fabs (axis->min), fabs (axis->max)) * 1e-3;
  int first = (int) ceil (log10 (below) - 1e-9);
  int n_low = axis->min < 0 ? (int) floor (log10 (-axis->min) + 1e-9) - first + 1 : 0;
  int n_high = axis->max > 0 ? (int) floor (log10 (axis->max) + 1e-9) - first + 1 : 0;
  int every;

  n_low = MAX (n_low, 0), n_high = MAX (n_high, 0);
  if (n_low + n_high < 2)
    {
      linear_ticks (row, n_wanted);
      return;
    }
  for (every = 1;
       every < n_low + n_high && 1 + (n_low + every - 1) / every + (n_high + every - 1) / every > (int) n_wanted;)
    every++;
  for (int i = n_low; i > 0; i--)
    add_decade (row, first + i - 1, -1, (i - 1) % every == 0, every == 1);
  add_tick (row, 0, TRUE);
  for (int i = 1; i <= n_high; i++)
    add_decade (row, first + i - 1, 1, (i - 1) % every == 0, every == 1);
  label_decades (row);
}

gsize
sp_axis_ticks (const SpAxis *axis, gsize n_wanted, const char *unit, SpTick *ticks, gsize n_room)
{
  Row row = { axis, unit, ticks, 0, n_room };

  if (n_wanted == 0 || n_room == 0 || !(axis->min < axis->max))
    return 0;
  n_wanted = MIN (n_wanted, 1000);
  if (axis->scale == SP_SCALE_LOG && axis->min > 0)
    log_ticks (&row, n_wanted);
  else if (axis->scale == SP_SCALE_SYMLOG)
    symlog_ticks (&row, n_wanted);
  else
    linear_ticks (&row, n_wanted);
  return row.n;
}
