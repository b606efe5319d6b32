/* sp-color.c - colours as numbers */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sp-color.h"

#include <math.h>

typedef double Matrix[3][3];

/* Ottosson, "A perceptual color space for image processing", 2020. */
static const Matrix lms_of_linear = { { 0.4122214708, 0.5363325363, 0.0514459929 },
                                      { 0.2119034982, 0.6806995451, 0.1073969566 },
                                      { 0.0883024619, 0.2817188376, 0.6299787005 } };
static const Matrix lab_of_lms = { { 0.2104542553, 0.7936177850, -0.0040720468 },
                                   { 1.9779984951, -2.4285922050, 0.4505937099 },
                                   { 0.0259040371, 0.7827717662, -0.8086757660 } };
static const Matrix lms_of_lab = { { 1, 0.3963377774, 0.2158037573 },
                                   { 1, -0.1055613458, -0.0638541728 },
                                   { 1, -0.0894841775, -1.2914855480 } };
static const Matrix linear_of_lms = { { 4.0767416621, -3.3077115913, 0.2309699292 },
                                      { -1.2684380046, 2.6097574011, -0.3413193965 },
                                      { -0.0041960863, -0.7034186147, 1.7076147010 } };

/* On linear light, for eyes without the long (protan) or medium (deutan) cones. */
static const Matrix seen_by[] = {
  [SP_EYE_NORMAL] = { { 1, 0, 0 }, { 0, 1, 0 }, { 0, 0, 1 } },
  [SP_EYE_PROTAN] = { { 0.152286, 1.052583, -0.204868 },
                      { 0.114503, 0.786281, 0.099216 },
                      { -0.003882, -0.048116, 1.051998 } },
  [SP_EYE_DEUTAN] = { { 0.367322, 0.860646, -0.227968 },
                      { 0.280085, 0.672501, 0.047413 },
                      { -0.011820, 0.042940, 0.968881 } },
};

static void
multiply (const Matrix m, const double v[3], double out[3])
{
  for (int i = 0; i < 3; i++)
    out[i] = m[i][0] * v[0] + m[i][1] * v[1] + m[i][2] * v[2];
}

static double
to_linear (double s)
{
  return s <= 0.04045 ? s / 12.92 : pow ((s + 0.055) / 1.055, 2.4);
}

static double
from_linear (double l)
{
  l = CLAMP (l, 0, 1);
  return l <= 0.0031308 ? 12.92 * l : 1.055 * pow (l, 1 / 2.4) - 0.055;
}

static void
color_to_linear (SpColor color, double linear[3])
{
  linear[0] = to_linear (color.r);
  linear[1] = to_linear (color.g);
  linear[2] = to_linear (color.b);
}

static SpColor
color_from_linear (const double linear[3])
{
  return (SpColor) { from_linear (linear[0]), from_linear (linear[1]), from_linear (linear[2]) };
}

static void
lab_to_linear (SpLab lab, double linear[3])
{
  double lms[3];

  multiply (lms_of_lab, (double[]) { lab.l, lab.a, lab.b }, lms);
  for (int i = 0; i < 3; i++)
    lms[i] = lms[i] * lms[i] * lms[i];
  multiply (linear_of_lms, lms, linear);
}

static gboolean
is_in_gamut (SpLab lab)
{
  double linear[3];

  lab_to_linear (lab, linear);
  for (int i = 0; i < 3; i++)
    if (linear[i] < -1e-4 || linear[i] > 1 + 1e-4)
      return FALSE;
  return TRUE;
}

SpColor
sp_color_from_rgb (guint32 rgb)
{
  return (SpColor) { (rgb >> 16 & 255) / 255.0, (rgb >> 8 & 255) / 255.0, (rgb & 255) / 255.0 };
}

guint32
sp_color_to_rgb (SpColor color)
{
  guint32 r = (guint32) (CLAMP (color.r, 0, 1) * 255 + 0.5);
  guint32 g = (guint32) (CLAMP (color.g, 0, 1) * 255 + 0.5);
  guint32 b = (guint32) (CLAMP (color.b, 0, 1) * 255 + 0.5);

  return r << 16 | g << 8 | b;
}

SpLab
sp_color_to_lab (SpColor color)
{
  double linear[3], lms[3], lab[3];

  color_to_linear (color, linear);
  multiply (lms_of_linear, linear, lms);
  for (int i = 0; i < 3; i++)
    lms[i] = cbrt (lms[i]);
  multiply (lab_of_lms, lms, lab);
  return (SpLab) { lab[0], lab[1], lab[2] };
}

SpColor
sp_color_from_lab (SpLab lab)
{
  double linear[3];

  lab_to_linear (lab, linear);
  return color_from_linear (linear);
}

SpLab
sp_lab_in_gamut (SpLab lab)
{
  double low = 0, high = 1;

  if (is_in_gamut (lab))
    return lab;
  for (int i = 0; i < 24; i++)
    {
      double middle = (low + high) / 2;

      if (is_in_gamut ((SpLab) { lab.l, lab.a * middle, lab.b * middle }))
        low = middle;
      else
        high = middle;
    }
  return (SpLab) { lab.l, lab.a * low, lab.b * low };
}

SpLab
sp_lab_from_polar (double lightness, double chroma, double hue_degrees)
{
  double hue = hue_degrees * G_PI / 180;

  return (SpLab) { lightness, chroma * cos (hue), chroma * sin (hue) };
}

double
sp_lab_distance (SpLab p, SpLab q)
{
  return sqrt ((p.l - q.l) * (p.l - q.l) + (p.a - q.a) * (p.a - q.a) + (p.b - q.b) * (p.b - q.b));
}

SpColor
sp_color_mix (SpColor p, SpColor q, double t)
{
  SpLab a = sp_color_to_lab (p), b = sp_color_to_lab (q);

  return sp_color_from_lab ((SpLab) { a.l + t * (b.l - a.l), a.a + t * (b.a - a.a), a.b + t * (b.b - a.b) });
}

static double
luminance (SpColor color)
{
  double linear[3];

  color_to_linear (color, linear);
  return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2];
}

double
sp_color_contrast (SpColor p, SpColor q)
{
  double a = luminance (p), b = luminance (q);

  return (MAX (a, b) + 0.05) / (MIN (a, b) + 0.05);
}

SpColor
sp_color_seen_by (SpColor color, SpEye eye)
{
  double linear[3], seen[3];

  color_to_linear (color, linear);
  multiply (seen_by[eye], linear, seen);
  return color_from_linear (seen);
}
