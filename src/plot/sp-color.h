/* sp-color.h - colours as numbers: sRGB, OKLab, contrast, and how colour-blind eyes see them */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "sp-palette.h"

/* OKLab (Ottosson 2020): lightness 0…1, a green to red, b blue to yellow; equal distances look equal. */
typedef struct { double l, a, b; } SpLab;

typedef enum { SP_EYE_NORMAL, SP_EYE_PROTAN, SP_EYE_DEUTAN } SpEye;

SpColor sp_color_from_rgb  (guint32 rgb);                  /* 0xRRGGBB */
guint32 sp_color_to_rgb    (SpColor color);                /* rounded, clamped */
SpLab   sp_color_to_lab    (SpColor color);
SpColor sp_color_from_lab  (SpLab lab);                    /* clamped into sRGB */
SpLab   sp_lab_in_gamut    (SpLab lab);                    /* chroma lowered until sRGB has it */
SpLab   sp_lab_from_polar  (double lightness, double chroma, double hue_degrees);
double  sp_lab_distance    (SpLab p, SpLab q);
SpColor sp_color_mix       (SpColor p, SpColor q, double t);         /* in OKLab; t = 1: q */
double  sp_color_contrast  (SpColor p, SpColor q);         /* WCAG 2: 1…21 */
SpColor sp_color_seen_by   (SpColor color, SpEye eye);     /* Machado, Oliveira, Fernandes 2009, severity 1 */
