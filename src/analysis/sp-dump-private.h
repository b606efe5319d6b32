/* sp-dump-private.h - shared by the parts of sp-dump */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "sp-dump.h"

#define SP_DUMP_SEPARATORS "./[]:"      /* between the parts of a name */

char   **sp_dump_split_name    (const SpTensor *tensor);          /* parts of its name, lower case */
gboolean sp_dump_is_number     (const char *part);
const char *sp_dump_last_part  (char **parts);                    /* that is no number; "": none */
gboolean sp_dump_has_only      (SpStore *store, gboolean (*is_wanted) (const SpTensor *tensor));    /* some are, and none is a parameter */

int      sp_dump_compare_layers (gconstpointer a, gconstpointer b);              /* two SpDumpLayer */

/* A site: names of one kind in one store. */
typedef struct {
  char           *name;          /* with * for numbers */
  SpStore        *store;         /* lent, like first */
  guint           n_store;       /* in the order of the stores */
  guint64         n_elements;
  SpSiteKind      kind;
  gboolean        is_unsure;     /* nothing but its shape and numbers say that it may be one */
  gboolean        is_mixed;      /* its tensors have different shapes */
  const SpTensor *first;
  GHashTable     *layers;        /* set of sp_dump_layer_key */
  guint64         least_neurons, most_neurons;
} SpDumpSite;

typedef struct {
  GPtrArray   *all;              /* of SpDumpSite: store after store, sure ones first, then by name */
  GHashTable  *known;            /* SpDumpSite, lent by all → itself */
  SpDumpSite **of_item;          /* (n items) lent by all; NULL: no activations */
} SpDumpSites;

/* Names: sp-dump-name.c, sp-dump-number.c. */
gboolean   sp_dump_is_parameter      (const SpTensor *tensor);
gboolean   sp_dump_has_parameters    (SpStore *store);            /* some of its tensors are */
SpSiteKind sp_dump_site_kind         (const SpTensor *tensor);
char      *sp_dump_site_name         (const SpTensor *tensor);    /* "model.layers.3.mlp" → "model.layers.*.mlp" */
gint32     sp_dump_layer_number      (const SpTensor *tensor);    /* -1: it tells none */
gsize      sp_dump_find_layer_number (const char *part, gsize n); /* bytes of it before a layer's number, "act_3" → 3; n: none */

/* Where in a model a vector a token is from, as far as a name tells: "blocks.2.hook_resid_post", "hidden.3", "model.layers.2" are one
 * place.  RESIDUAL: the stream that enters the layer; BETWEEN: that stands between its attention and FFN; ATTENTION, FFN: what they give;
 * HEADS: what the output projection reads. */
typedef enum {
  SP_DUMP_PLACE_UNKNOWN, SP_DUMP_PLACE_RESIDUAL, SP_DUMP_PLACE_BETWEEN, SP_DUMP_PLACE_HEADS, SP_DUMP_PLACE_ATTENTION,
  SP_DUMP_PLACE_FFN, SP_DUMP_PLACE_NEURONS,
} SpDumpPlaceKind;
typedef struct { SpDumpPlaceKind kind; gint32 layer; } SpDumpPlace;        /* layer -1: it tells none */
SpDumpPlace sp_dump_find_place         (const SpTensor *tensor);
SpDumpPlace sp_dump_find_place_of_hook (const char *hook);

GArray           *sp_dump_list_items  (SpStore *const *stores, gsize n_stores);  /* of SpItem: all tensors, store after store */
gboolean          sp_dump_is_lost     (const SpTensor *tensor);   /* its name says that it is part of it, but it cannot be read */
gboolean          sp_dump_is_too_big  (const SpTensor *tensor);
void              sp_dump_list_sites  (SpDumpSites *sites, const SpItems *items);
void              sp_dump_clear_sites (SpDumpSites *sites);
GPtrArray        *sp_dump_offer       (const SpDumpSites *sites);         /* of SpOffer, as sites->all */
/* The one wanted, or with NULL by itself; sets the dump's site and notes the others.  NULL: there is none, see its problem. */
const SpDumpSite *sp_dump_choose_site (SpDump *dump, const SpDumpSites *sites, const char *wanted);
gpointer          sp_dump_layer_key   (const SpTensor *tensor);   /* its layer and stack as one number */
gboolean          sp_dump_is_unsure_in (SpStore *store);          /* nobody knows whether its tensors are activations */

/* Tensors beside the activations, an entry a token. */
typedef void (*SpDumpIntegerFunc) (gpointer data, gint64 value);
void     sp_dump_make_links    (SpDump *dump, const SpItems *items);
gboolean sp_dump_is_mask        (const SpTensor *tensor);
/* Of SpTensor that have one of the names, the first whose entries are as many as a layer's tokens, else the first that is
 * there; in the order of their tokens, whether or not a run was asked to read them.  NULL: none. */
GPtrArray *sp_dump_find_beside  (const SpDump *dump, SpStore *store, const char *const *names, guint64 *n_entries);
gboolean sp_dump_read_integers  (GPtrArray *tensors, SpDumpIntegerFunc func, gpointer data, GError **error);

/* All note in the dump what they cannot use. */
void     sp_dump_list_pieces    (SpDump *dump, const SpItems *items);          /* once items have their places */
void     sp_dump_load_sequences (SpDump *dump, SpStore *store);
void     sp_dump_load_mask      (SpDump *dump, SpStore *store);
void     sp_dump_load_texts     (SpDump *dump, const SpItems *items, SpStore *store);
void     sp_dump_load_beside    (SpDump *dump, const SpItems *items, SpStore *store);       /* all of that */

/* A dump of one tensor: sp-dump-rows.c. */
gboolean sp_dump_may_be_rows    (SpStore *store, const SpTensor *tensor, guint64 width);        /* width: 0: any; no part of sparse codes */
SpDump  *sp_dump_new_tensor     (const SpItems *items, gsize item, guint64 n_neurons, guint64 n_tokens);
SpDump  *sp_dump_new_problem    (const SpItems *items, char *take_problem);    /* of none */
void     sp_dump_set_rows       (SpDump *dump, guint64 n_per_row);             /* of its only layer, whatever the tensor's shape; 0: none */
