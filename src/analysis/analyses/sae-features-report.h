/* sae-features-report.h - what is told of features, part by part (inside sae-features) */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "sae-features.h"

typedef enum { SAE_DEAD, SAE_ULTRA_LOW, SAE_USUAL, SAE_DENSE } SaeClass;

/* Parts of the report: each adds its tables and plots. */
typedef struct {
  SaeState       *state;
  SpResult       *result;
  SpArgs         *args;
  SpDeadSetting   setting;                 /* of conventions; test: when a feature fires */
  double          cut, dense;              /* densities: ultra-low below; dense above */
  const SaeRanks *ranks;
  guint           n_features;              /* whose densities are known */
  guint64         n_dead, n_ultra_low, n_dense;
} SaeReport;

SaeClass    sae_classify           (const SaeReport *report, guint feature);
const char *sae_class_id           (SaeClass class);            /* stable: "ultra-low" */
void        sae_add_features       (const SaeReport *report);
void        sae_add_rules          (const SaeReport *report);
void        sae_add_dense          (const SaeReport *report);
double      sae_dense_mass         (const SaeReport *report, double limit);    /* of all firings the share of features above; NaN: none */
void        sae_add_reconstruction (const SaeReport *report);
void        sae_add_densities      (const SaeReport *report);
void        sae_add_zipf           (const SaeReport *report);
void        sae_add_silences       (const SaeReport *report);
char       *sae_define_silences    (const SaeReport *report);
void        sae_add_l0             (const SaeReport *report);
void        sae_add_scatter        (const SaeReport *report);
void        sae_add_map            (const SaeReport *report);
void        sae_add_lists          (const SaeReport *report);
