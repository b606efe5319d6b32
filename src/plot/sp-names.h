/* sp-names.h - long names without what they have in common */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>

/* "model.layers.0.q_proj.weight", "model.layers.0.k_proj.weight" → "0.q_proj", "0.k_proj": cut at dots, slashes and
 * underscores only.  names: (n), entries may be NULL.  NULL when nothing can be cut; free with g_strfreev(). */
char **sp_names_shorten (const char *const *names, gsize n);
