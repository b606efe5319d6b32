/* sae-features.h - what the parts of sae-features share: what was asked, and what is known by now */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "sp-analysis.h"
#include "sp-dead-rules.h"
#include "sp-density.h"
#include "sp-dump-codes.h"
#include "sp-dump-rows.h"
#include "sp-feature-codes.h"
#include "sp-feature-counts.h"
#include "sp-feature-tops.h"
#include "sp-reconstruction.h"
#include "sp-sae-geometry.h"

#define SAE_MOST_MAPPED 2000               /* tokens of the map */
#define SAE_N_STRENGTHS 4                  /* that density is shown against */

typedef struct {
  char        *activations;                /* name of their tensor; NULL: by itself */
  SpSaeChoices choices;
  char        *autoencoder;                /* name of the one that is looked at, as choices have it; NULL: the first */
  SpSaeSides   neighbours;                 /* that are looked for */
  SpFires      test;                       /* as they were when it began: of the cluster whose direction is checked */
  double       cut;                        /* 0: the valley */
  gsize        kept_codes;                 /* as many as there is room for */
} SaeSetting;

/* Columns of the table of features that no cut changes. */
typedef enum { SAE_DENSITIES, SAE_SHORTFALLS, SAE_FIRINGS, SAE_N_KEPT } SaeKept;

/* Densities by a test, as of n_tokens. */
typedef struct {
  double    *sorted;                       /* (n_features) largest first; NULL: not made yet */
  double     sum;                          /* of them */
  guint32   *rank;                         /* (n_features) of each, from 0 on */
  guint      n_features;
  gsize      n;                            /* above 0 */
  guint64    n_tokens, bins[SP_DENSITY_BINS];
  SpFires    test;
  GPtrArray *kept[SAE_N_KEPT];             /* of SpColumn; NULL: not made yet */
  double     valley, valley_share;         /* log10; of the variance, see sp_density_valley(); NaN: none */
  SpZipf     zipf;                         /* of ranks first … end - 1 */
  gsize      first, end;
  gboolean   is_fitted;                    /* zipf is */
} SaeRanks;

/* Lock it while anything but setting, items and store is looked at. */
typedef struct {
  SaeSetting         setting;
  SpItems            items;                /* owned copy; stores are kept alive by the run */
  SpStore           *store;                /* the SAE's, or what has counts; NULL: features were recorded without one */
  char              *others;               /* of stores like it that are not looked at, a sentence; NULL: there are none */
  SpSae             *sae;                  /* NULL: there is none, or not yet */
  SpFeatureCounts   *counts;               /* of its library; NULL: none */
  char              *left_out;             /* why those there are do not count, a sentence; NULL: they do, or there are none */
  SpDumpLook        *look;                 /* owns dump */
  SpDump            *dump;                 /* of what is encoded, or of the codes themselves; NULL: not yet */
  SpDumpCodes       *codes;                /* NULL: there are none, or activations are encoded */
  SpActivationMeans *means;                /* NULL: not yet, or codes are read */
  SpFeatureTally    *tally;                /* NULL: nothing is encoded */
  SpFeatureTops     *tops;                 /* NULL: too many features for it */
  SpFeatureCodes    *kept;                 /* what of them stays; as tally */
  gboolean           is_counted;           /* all tokens are in: tops change no more */
  guint64            n_nonfinite;          /* tokens left out for that */
  guint64            n_added;              /* codes added to others of their token and feature */
  SpReconstruction   reconstruction;
  gboolean           has_reconstruction;   /* of a whole reading or a part */
  SpSaeGeometry     *geometry;             /* NULL: not yet; its cluster are the features below cluster_cut by the setting's test */
  double             cluster_cut;
  SaeRanks           ranks;
} SaeState;

/* The codes of the next tokens, which tally and tops have already; where there is no room for all, those of tokens around each feature's
 * strongest stay, and of the first of the text. */
void            sae_keep_codes (SaeState *state, const SpCodes *codes, const guint64 *tokens);

/* Encodes the activations, and compares directions. */
gboolean        sae_execute    (SaeState *state, const SpWork *work, GError **error);

/* Features whose densities are known: of the tally, once it has tokens, or, without one, of the counts; 0: none are. */
guint           sae_n_features (const SaeState *state);
double          sae_density    (const SaeState *state, SpFires test, guint feature);
/* Once all are read, of a dump whose mask ignores some: all, also those ignored; 0: else, libraries do not disagree. */
guint64         sae_count_positions (const SaeState *state);
const SaeRanks *sae_find_ranks (SaeState *state, SpFires test);          /* lent until the next call */
/* The law of those found last, by ranks from … to, counted from 1; to 0: all. */
void            sae_fit_ranks  (SaeState *state, gsize from, gsize to);
/* Below it is ultra-low density; wanted 0: where their valley is; 0: there is none. */
double          sae_find_cut   (const SaeRanks *ranks, double wanted);
gsize           sae_count_from  (const SaeRanks *ranks, double density);           /* that, above 0, or more */
gsize           sae_count_above (const SaeRanks *ranks, double density);
void            sae_ranks_clear (SaeRanks *ranks);
guint           sae_n_silences (const SaeState *state);        /* features of which is only known since when they are silent; 0: none */

SpResult       *sae_report     (gpointer state, SpArgs *args);

/* "5, 17, 120-130".  out: of guint32, added to; NULL: it is only checked. */
gboolean    sae_parse_features     (const char *text, GArray *out, GError **error);
