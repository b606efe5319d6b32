/* sp-dump.h - what the neurons of a model did on a text: the recorded activations among the tensors of a run
 *
 * A dump has, per layer, tensors [tokens, neurons] or [batch, sequence, neurons], one or several (a batch each, which
 * follow one another).  They are found by their names: act.3, layers.3.mlp.act_fn, model.layers.3.mlp,
 * blocks.3.mlp.hook_post, gate.3 and their like, never …weight or …bias.  Names that differ in numbers alone are a site; one of
 * them is looked at.  In a file without parameters, tensors of one shape, numbered by layer, can be chosen too.  A tensor named
 * mask or attention_mask with an entry for each token says which count: those where it is not 0.  One named seq, sequence,
 * sequence_ids, seq_ids or doc_ids numbers the sequences: one begins where the number changes, and at each row of a batch.
 * The tokens' text is in a file tokens.json beside it, a list of strings; or it has their ids, as a tensor tokens, token_ids or
 * input_ids, and a tokenizer.json lies beside it or beside another input. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "sp-analysis.h"

#define SP_DUMP_MOST_NEURONS (1u << 24)  /* of a layer: each has counters */
#define SP_DUMP_MOST_TOKENS  (1u << 26)  /* of a layer, all its batches together: the same */
#define SP_DUMP_LOST (G_MAXSIZE - 1)     /* an item that its name says is part of it, but cannot be read */

/* What was recorded, as far as names tell: what the second matrix reads, or the gate's scores before they are multiplied. */
typedef enum { SP_SITE_UNKNOWN, SP_SITE_PRODUCT, SP_SITE_GATE } SpSiteKind;

/* One layer's neurons. */
typedef struct {
  gint32  layer;                 /* -1: the name tells none */
  char    stack;                 /* as in SpRole */
  guint64 n_neurons, n_tokens;   /* as the shapes say */
  const char *tensor;            /* name of its first one, lent by the store: the key of the layer, for linked selection */
  gboolean is_masked;            /* the mask has as many entries */
  gboolean is_numbered;          /* there are as many sequence numbers */
} SpDumpLayer;

/* One tensor's tokens. */
typedef struct { gsize layer; guint64 first, n_per_row; } SpDumpPiece;     /* n_per_row: tokens of a batch's row; 0: it has no rows */

/* Immutable once made; the items it was made from stay with the caller. */
typedef struct {
  char        *site;             /* the name they share, with * for numbers: "act.*"; NULL: see problem */
  SpSiteKind   kind;
  char        *problem;          /* a sentence: why there is nothing to look at; NULL: there is */
  SpDumpLayer *layers;           /* (n_layers) encoder before decoder, 0 before 1 */
  gsize        n_layers;
  gsize       *layer_of;         /* (n items) index into layers; G_MAXSIZE: not part of it */
  guint64     *first_token;      /* (n items) tokens of its layer before it */
  guint8      *mask;             /* (n_mask) 0: a token that does not count, such as padding; NULL: all count */
  guint64      n_mask, n_masked_out;
  SpDumpPiece *pieces;           /* (n_pieces) by layer, then first; none is empty */
  gsize        n_pieces;
  guint8      *starts;           /* (tokens of a numbered layer) 1: a sequence begins; NULL: no numbers */
  const char **texts;            /* (n_texts) of the tokens of a layer, lent by text_memory; NULL: not known */
  guint64      n_texts;
  GStringChunk *text_memory;
  gboolean     lacks_tokenizer;  /* the tokens' ids are there, nothing that tells their texts */
  GHashTable  *links;            /* as in SpResult: series' names, and all tensors of a layer → the first of them */
  GPtrArray   *notes;            /* of char *: what else is there and was left out */
} SpDump;

/* site: as offered; NULL: the one with most elements, the first of equals.  Reads the mask; any thread. */
SpDump  *sp_dump_new  (const SpItems *items, const char *site);
void     sp_dump_free (SpDump *dump);

GPtrArray *sp_dump_offer_sites (SpStore *const *stores, gsize n_stores);    /* of SpOffer */

/* The parameter of all analyses of dumps: sp_args_get_text (args, "site") is what sp_dump_new() takes. */
#define SP_DUMP_SITE_PARAM \
  { .id = "site", .title = N_("Site"), .type = SP_PARAM_TEXT, .offer = sp_dump_offer_sites, .unit = "", \
    .help = N_("Which of the recorded activations to look at, * for numbers; without it those with most elements") }

/* For tables and plots. */
char       *sp_dump_token_text   (const SpDump *dump, guint64 token);         /* " sum" of "▁sum"; NULL: not known */
char       *sp_dump_layer_label  (const SpDumpLayer *layer);      /* "3", "enc 3", "–" */
const char *sp_dump_series_name  (const SpDumpLayer *layer);      /* a column's: "layer_3"; interned */
const char *sp_dump_series_title (const SpDumpLayer *layer);      /* "layer 3"; interned */

/* Token of the layer, also one that is masked.  Without numbers or rows every tensor is a sequence.  Any thread, no allocation. */
gboolean    sp_dump_starts_sequence (const SpDump *dump, gsize layer, guint64 token);
gboolean    sp_dump_starts_between  (const SpDump *dump, gsize layer, guint64 first, guint64 last);      /* at any of first … last */
guint64     sp_dump_count_tokens (const SpDump *dump, gsize layer, guint64 n_elements);   /* that make up so many; a part counts as one */

/* A row a layer, with its label; n_columns tokens or neurons, several a cell where they are many; layer MEAN, row margin: to be filled. */
SpGrid     *sp_dump_grid_new     (const SpDump *dump, const char *id, guint64 n_columns);

/* A column of the table "layers", from what an analysis knows of one. */
typedef struct {
  const char *name, *title, *unit;   /* title: marked for translation */
  gboolean    is_count;
  double    (*get) (gconstpointer layer);
} SpDumpColumn;

/* columns end with name NULL; layers: (n_layers) as get() takes them, NULL: nothing to show; problems: (n_layers) why, or NULL. */
SpTable    *sp_dump_layer_table  (const SpDump *dump, const SpDumpColumn *columns, const gconstpointer *layers,
                                  const char *const *problems);
SpColumn   *sp_dump_tensor_column     (const SpDump *dump);       /* (n_layers) "tensor": by which a row is selected */
void        sp_dump_add_links         (const SpDump *dump, SpResult *result);  /* its columns of a series' name are about that layer */
void        sp_dump_add_notes         (const SpDump *dump, SpResult *result);  /* its own, where layers differ in tokens, what it lacks */

/* Whole tokens of a chunk, or a part of one: a chunk of [batch, sequence, neurons] may begin and end within a token. */
typedef struct {
  gsize         first;               /* element of the chunk */
  gsize         n_tokens, n_neurons; /* n_tokens rows of n_neurons elements */
  guint64       token, neuron;       /* of the first element; token of the layer */
  gconstpointer data;
} SpDumpBlock;

/* The parts of a chunk that count, one after another; no allocation. */
typedef struct {
  const SpDump  *dump;
  const SpChunk *chunk;
  guint64        n_neurons, start, first_token;
  gboolean       is_masked;
  gsize          at;                 /* element of the chunk that comes next */
} SpDumpCursor;

void     sp_dump_cursor_init    (SpDumpCursor *cursor, const SpDump *dump, gsize item, const SpChunk *chunk);
gboolean sp_dump_next           (SpDumpCursor *cursor, SpDumpBlock *block);         /* FALSE: no more */
guint64  sp_dump_cursor_token   (const SpDumpCursor *cursor, gsize element);        /* of the layer */

gboolean sp_dump_is_activations (const SpTensor *tensor);
gboolean sp_dump_is_in          (SpStore *store);                 /* some of its tensors are, and none is a parameter */
guint64  sp_dump_count_neurons  (const SpTensor *tensor);         /* of one token: the last dimension */
