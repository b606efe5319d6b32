/* sp-rotary.h - by which angles queries and keys are turned, position by position */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "sp-model.h"
#include "sp-team.h"

/* Immutable; any thread. */
typedef struct {
  guint  n_positions, n_pairs;
  float *cos, *sin;                    /* (n_positions, n_pairs) */
} SpRotary;

/* For windows of so many positions, with the scaling config.json names: none, linear, dynamic, llama3, yarn or longrope.
 * Su et al., "RoFormer" (2021); Peng et al., "YaRN" (2023); Ding et al., "LongRoPE" (2024).  Error: a scaling that is not known, by name;
 * the team was cancelled. */
SpRotary *sp_rotary_new  (SpModel *model, SpTeam *team, guint n_positions, GError **error);
void      sp_rotary_free (SpRotary *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (SpRotary, sp_rotary_free)
