/* sp-sae-firings.h - how often the features of a sparse autoencoder fire at the tokens of a dump, and nothing else */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "sp-dump.h"
#include "sp-feature-tally.h"
#include "sp-sae.h"
#include "sp-sae-neighbours.h"

/* dump: of one layer, whose rows have the SAE's n_inputs; masked tokens and those that are not finite are left out.  Sequences are not
 * looked at.  Calling thread, the team works along; share may be NULL.  Errors: what the files do; SP_ERROR_TOO_BIG: more than memory may
 * hold. */
SpFeatureTally *sp_sae_count_firings (SpSae *sae, const SpDump *dump, const SpItems *items, SpTeam *team, SpShareFunc share, gpointer data,
                                      GCancellable *cancellable, GError **error);
