/* sp-model-config.h - config.json's numbers, checked (inside sp-model) */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "sp-model.h"

#define SP_MOST_LAYERS 4096u
#define SP_MOST_WIDTH (1u << 19)

const char *sp_config_get        (SpStore *store, const char *key);                    /* NULL: it does not say */
gboolean    sp_config_get_switch (SpStore *store, SpSwitch which);
gboolean    sp_config_get_double (SpStore *store, const char *key, double fallback, double least, double most, double *value,
                                  GError **error);
gboolean    sp_config_read_shape (SpStore *store, const SpArchitecture *architecture, SpModelShape *shape, GError **error);
