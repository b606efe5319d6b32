/* sp-dump-rows.c - vectors a token, such as hidden states: which tensors may be some, and the rows of one */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sp-dump-rows.h"

#include "kernels.h"
#include "sp-dump-codes-private.h"
#include "sp-sae.h"

#include <glib/gi18n-lib.h>
#include <inttypes.h>
#include <math.h>
#include <string.h>

/* --- which there are ---------------------------------------------------------------------------------- */

gboolean
sp_dump_may_be_rows (SpStore *store, const SpTensor *tensor, guint64 width)
{
  SpCodesPart part;

  return sp_tensor_is_readable (tensor) && (tensor->rank == 2 || tensor->rank == 3) && tensor->n_elements > 0 &&
         sp_dtype_kind (tensor->dtype) == SP_KIND_FLOAT && !sp_dump_is_mask (tensor) && !sp_dump_is_too_big (tensor) &&
         (width == 0 || sp_dump_count_neurons (tensor) == width) && !sp_codes_part_find (store, tensor, &part);
}

gboolean
sp_dump_may_have_rows (SpStore *store)
{
  return !sp_dump_has_parameters (store) && !sp_sae_is_in (store);
}

gboolean
sp_dump_ask_rows (SpRowsAsked *asked, const SpItem *item)
{
  if (item->store != asked->store)
    *asked = (SpRowsAsked) { item->store, sp_dump_may_have_rows (item->store) };
  return asked->may_have;
}

/* Items that may be some; other stores of the run were opened for something else. */
static GArray *
list_candidates (const SpItems *items, guint64 width)
{
  GArray     *found = g_array_new (FALSE, FALSE, sizeof (gsize));
  SpRowsAsked asked = { NULL };

  for (gsize i = 0; i < items->n; i++)
    if (sp_dump_ask_rows (&asked, &items->items[i]) && sp_dump_may_be_rows (items->items[i].store, items->items[i].tensor, width))
      g_array_append_val (found, i);
  return found;
}

static SpNamed
name_item (const SpItems *items, GArray *found, guint i)
{
  const SpItem *item = &items->items[g_array_index (found, gsize, i)];

  return (SpNamed) { item->store, item->tensor->name };
}

static char **
dup_texts (const SpItems *items, GArray *found)
{
  g_autofree SpNamed *named = g_new (SpNamed, found->len + 1);

  for (guint i = 0; i < found->len; i++)
    named[i] = name_item (items, found, i);
  return sp_named_dup_texts (named, found->len);
}

static char *
title_of (const SpTensor *tensor, const char *text)
{
  guint64 width = sp_dump_count_neurons (tensor), n_tokens = tensor->n_elements / width;

  return g_strdup_printf (ngettext ("%s – %" PRIu64 " token × %" PRIu64, "%s – %" PRIu64 " tokens × %" PRIu64, n_tokens), text, n_tokens,
                          width);
}

GPtrArray *
sp_dump_offer_rows (SpStore *const *stores, gsize n_stores, guint64 width)
{
  GPtrArray         *offers = g_ptr_array_new_with_free_func (sp_offer_free);
  g_autoptr (GArray) all = sp_dump_list_items (stores, n_stores);
  SpItems            items = { all->len, (SpItem *) (gpointer) all->data };
  g_autoptr (GArray) found = list_candidates (&items, width);
  g_auto (GStrv)     texts = dup_texts (&items, found);

  for (guint i = 0; i < found->len; i++)
    {
      g_autofree char *title = title_of (items.items[g_array_index (found, gsize, i)].tensor, texts[i]);

      g_ptr_array_add (offers, sp_offer_new (texts[i], title, FALSE));
    }
  return offers;
}

/* --- the one that is looked at ------------------------------------------------------------------------- */

/* How well a tensor fits a hook. */
typedef enum { FITS_WIDTH, FITS_LAYER, FITS_PLACE, FITS_NAME } Fit;

static Fit
fit (const SpTensor *tensor, const char *hook)
{
  SpDumpPlace wanted = sp_dump_find_place_of_hook (hook), found = sp_dump_find_place (tensor);

  if (strcmp (tensor->name, hook) == 0)
    return FITS_NAME;
  if (wanted.layer < 0 || wanted.layer != found.layer)
    return FITS_WIDTH;
  if (wanted.kind == SP_DUMP_PLACE_UNKNOWN || found.kind == SP_DUMP_PLACE_UNKNOWN)
    return FITS_LAYER;
  return wanted.kind == found.kind ? FITS_PLACE : FITS_WIDTH;
}

static gboolean
is_elsewhere (const SpTensor *tensor, const char *hook)
{
  return fit (tensor, hook) == FITS_WIDTH && sp_dump_find_place (tensor).kind != SP_DUMP_PLACE_UNKNOWN
         && sp_dump_find_place_of_hook (hook).kind != SP_DUMP_PLACE_UNKNOWN;
}

static char *
say_choice (Fit how, const char *name, guint n_others)
{
  switch (how)
    {
    case FITS_PLACE:
      return g_strdup_printf (ngettext ("%s was taken, being of its place; %u other tensor has its width.",
                                        "%s was taken, being of its place; %u other tensors have its width.", n_others), name, n_others);
    case FITS_LAYER:
      return g_strdup_printf (ngettext ("%s was taken, being of its layer; %u other tensor has its width.",
                                        "%s was taken, being of its layer; %u other tensors have its width.", n_others), name, n_others);
    case FITS_WIDTH:
      return g_strdup_printf (ngettext ("%s was taken, being the first; %u other tensor has its width.",
                                        "%s was taken, being the first; %u other tensors have its width.", n_others), name, n_others);
    case FITS_NAME:
      break;
    }
  return NULL;
}

static void
note_choice (SpDump *dump, const SpTensor *tensor, const char *text, const char *hook, Fit how, guint n_others)
{
  char *choice = n_others > 0 ? say_choice (how, text, n_others) : NULL;

  if (choice != NULL)
    g_ptr_array_add (dump->notes, choice);
  if (hook != NULL && is_elsewhere (tensor, hook))
    g_ptr_array_add (dump->notes, g_strdup_printf (_("The autoencoder was trained on %s, which %s is not."), hook, text));
}

/* Into found; G_MAXUINT: none. */
static guint
find_named (const SpItems *items, GArray *found, const char *name)
{
  for (guint i = 0; i < found->len; i++)
    {
      SpNamed named = name_item (items, found, i);

      if (sp_named_goes_by (&named, name))
        return i;
    }
  return G_MAXUINT;
}

/* The first of those that fit best.  Into found; G_MAXUINT: none. */
static guint
choose (SpDump *dump, const SpItems *items, GArray *found, char **texts, const char *hook)
{
  guint best = G_MAXUINT;
  Fit   how = FITS_WIDTH;

  for (guint i = 0; i < found->len; i++)
    {
      Fit one = hook != NULL ? fit (items->items[g_array_index (found, gsize, i)].tensor, hook) : FITS_WIDTH;

      if (best == G_MAXUINT || one > how)
        {
          best = i;
          how = one;
        }
    }
  if (best != G_MAXUINT)
    note_choice (dump, items->items[g_array_index (found, gsize, best)].tensor, texts[best], hook, how, found->len - 1);
  return best;
}

/* One of another width, as a hint; NULL: there is none. */
static const SpTensor *
find_other_width (const SpItems *items)
{
  g_autoptr (GArray) all = list_candidates (items, 0);

  return all->len > 0 ? items->items[g_array_index (all, gsize, 0)].tensor : NULL;
}

/* One without a single row, as a hint; NULL: there is none. */
static const SpTensor *
find_empty (const SpItems *items)
{
  SpRowsAsked asked = { NULL };

  for (gsize i = 0; i < items->n; i++)
    {
      const SpTensor *tensor = items->items[i].tensor;

      if (tensor->rank >= 2 && tensor->n_elements == 0 && sp_dump_ask_rows (&asked, &items->items[i]))
        return tensor;
    }
  return NULL;
}

/* One of integers, rather of that width, as a hint; NULL: there is none. */
static const SpTensor *
find_integers (const SpItems *items, guint64 width)
{
  const SpTensor *found = NULL;
  SpRowsAsked     asked = { NULL };

  for (gsize i = 0; i < items->n && (found == NULL || sp_dump_count_neurons (found) != width); i++)
    {
      const SpTensor *tensor = items->items[i].tensor;
      gboolean        is_it = sp_tensor_is_readable (tensor) && (tensor->rank == 2 || tensor->rank == 3) && tensor->n_elements > 0
                              && sp_dtype_kind (tensor->dtype) == SP_KIND_INT && !sp_dump_is_mask (tensor);

      if (is_it && (found == NULL || sp_dump_count_neurons (tensor) == width) && sp_dump_ask_rows (&asked, &items->items[i]))
        found = tensor;
    }
  return found;
}

/* Why nothing there is of that width will do; NULL: there is nothing. */
static char *
say_unfit (const SpItems *items, guint64 width)
{
  const SpTensor *other = find_other_width (items), *integers = find_integers (items, width), *empty = find_empty (items);

  if (other != NULL)
    return g_strdup_printf (_("There are no recorded activations with %" PRIu64 " elements a token: %s has %" PRIu64 "; open a dump of the "
                              "place that was trained on."), width, other->name, sp_dump_count_neurons (other));
  if (integers != NULL)
    return g_strdup_printf (_("There are no recorded activations with %" PRIu64 " elements a token: %s holds integers (%s), and "
                              "activations are floating-point numbers."), width, integers->name, sp_dtype_name (integers->dtype));
  if (empty != NULL)
    return g_strdup_printf (_("There are no recorded activations with %" PRIu64 " elements a token: %s has no tokens."), width,
                            empty->name);
  return NULL;
}

/* What is there and is left out is noted, too. */
static void
complain (SpDump *dump, const SpItems *items, const char *name, guint64 width)
{
  if (name != NULL && width > 0)
    dump->problem = g_strdup_printf (_("There is no tensor '%s' with %" PRIu64 " elements a token."), name, width);
  else if (name != NULL)
    dump->problem = g_strdup_printf (_("There is no tensor '%s' with a row of numbers a token."), name);
  else
    dump->problem = say_unfit (items, width);
  if (dump->problem != NULL)
    g_ptr_array_add (dump->notes, g_strdup (dump->problem));
  else
    dump->problem = g_strdup_printf (_("There are no recorded activations with %" PRIu64 " elements a token; open a dump that has some "
                                       "beside it."), width);
}

static SpDump *
new_dump (const SpItems *items)
{
  SpDump *dump = g_new0 (SpDump, 1);

  dump->notes = g_ptr_array_new_with_free_func (g_free);
  dump->layer_of = g_new (gsize, items->n + 1);
  dump->first_token = g_new0 (guint64, items->n + 1);
  for (gsize i = 0; i < items->n; i++)
    dump->layer_of[i] = G_MAXSIZE;
  return dump;
}

static void
take_tensor (SpDump *dump, const SpItems *items, gsize item, const char *text, guint64 n_neurons, guint64 n_tokens)
{
  const SpTensor *tensor = items->items[item].tensor;

  dump->site = g_strdup (text);
  dump->layer_of[item] = 0;
  dump->n_layers = 1;
  dump->layers = g_new0 (SpDumpLayer, 1);
  dump->layers[0] = (SpDumpLayer) { .layer = sp_dump_layer_number (tensor), .n_neurons = n_neurons, .n_tokens = n_tokens,
                                    .tensor = tensor->name };
  sp_dump_load_beside (dump, items, items->items[item].store);
}

SpDump *
sp_dump_new_tensor (const SpItems *items, gsize item, guint64 n_neurons, guint64 n_tokens)
{
  SpDump *dump = new_dump (items);

  take_tensor (dump, items, item, items->items[item].tensor->name, n_neurons, n_tokens);
  return dump;
}

SpDump *
sp_dump_new_problem (const SpItems *items, char *take_problem)
{
  SpDump *dump = new_dump (items);

  dump->problem = take_problem;
  g_ptr_array_add (dump->notes, g_strdup (take_problem));
  return dump;
}

SpDump *
sp_dump_new_rows (const SpItems *items, const char *name, guint64 width, const char *hook)
{
  SpDump            *dump = new_dump (items);
  g_autoptr (GArray) found = list_candidates (items, width);
  g_auto (GStrv)     texts = dup_texts (items, found);
  guint              chosen = name != NULL ? find_named (items, found, name) : choose (dump, items, found, texts, hook);
  const SpTensor    *tensor;
  guint64            n_neurons;

  if (chosen == G_MAXUINT)
    {
      complain (dump, items, name, width);
      return dump;
    }
  tensor = items->items[g_array_index (found, gsize, chosen)].tensor;
  n_neurons = sp_dump_count_neurons (tensor);
  take_tensor (dump, items, g_array_index (found, gsize, chosen), texts[chosen], n_neurons, tensor->n_elements / n_neurons);
  return dump;
}

/* --- its rows ------------------------------------------------------------------------------------------ */

typedef struct {
  const SpDump  *dump;
  gsize          item, width, most_tokens;
  SpDumpRowsFunc func;
  gpointer       data;
  float         *rows;                   /* (most_tokens, width) */
  guint64       *tokens;
  gsize          n;                      /* whole ones in rows */
  gsize          n_part;                 /* elements of the next */
  guint64        n_nonfinite;
  GError        *error;
} Rows;

static gboolean
hand_over (Rows *rows)
{
  gsize n = rows->n;

  rows->n = 0;
  return n == 0 || rows->func (rows->data, rows->rows, rows->tokens, n, &rows->error);
}

/* Of the rows that are whole now those that are numbers stay; what there is of the next follows them. */
static void
settle (Rows *rows, guint64 token)
{
  gsize first = rows->n, n_tokens = rows->n_part / rows->width;

  for (gsize t = 0; t < n_tokens; t++)
    {
      float    *row = rows->rows + (first + t) * rows->width;
      SpMoments moments;

      sp_moments_init (&moments);
      sp_kernels ()->moments[SP_DTYPE_F32] (row, rows->width, &moments);
      if (moments.n_nonfinite > 0)
        {
          rows->n_nonfinite++;
          continue;
        }
      if (rows->n != first + t)
        memcpy (rows->rows + rows->n * rows->width, row, rows->width * sizeof *row);
      rows->tokens[rows->n++] = token + t;
    }
  rows->n_part %= rows->width;
  if (rows->n != first + n_tokens)
    memmove (rows->rows + rows->n * rows->width, rows->rows + (first + n_tokens) * rows->width, rows->n_part * sizeof *rows->rows);
}

static gboolean
add_block (Rows *rows, const SpDumpBlock *block, SpDtype dtype)
{
  gsize n = block->n_tokens * block->n_neurons;

  for (gsize done = 0, part; done < n; done += part)
    {
      gsize   room = (rows->most_tokens - rows->n) * rows->width - rows->n_part;
      guint64 token = block->token + (block->neuron + done) / rows->width;

      part = MIN (room, n - done);
      sp_kernels ()->widen[dtype] ((const guint8 *) block->data + done * sp_dtype_size (dtype), part,
                                   rows->rows + rows->n * rows->width + rows->n_part);
      rows->n_part += part;
      settle (rows, token);
      if (rows->n == rows->most_tokens && !hand_over (rows))
        return FALSE;
    }
  return TRUE;
}

static gboolean
add_chunk (gpointer data, const SpChunk *chunk)
{
  Rows        *rows = data;
  SpDumpCursor cursor;
  SpDumpBlock  block;

  sp_dump_cursor_init (&cursor, rows->dump, rows->item, chunk);
  while (sp_dump_next (&cursor, &block))
    if (!add_block (rows, &block, chunk->tensor->dtype))
      return FALSE;
  return TRUE;
}

gboolean
sp_dump_each_rows (const SpDump *dump, const SpItems *items, gsize most_tokens, SpDumpRowsFunc func, gpointer data,
                   guint64 *n_nonfinite, GCancellable *cancellable, GError **error)
{
  Rows     rows = { .dump = dump, .width = dump->layers[0].n_neurons, .most_tokens = most_tokens, .func = func, .data = data };
  gboolean is_read;

  while (dump->layer_of[rows.item] != 0)
    rows.item++;
  rows.rows = g_aligned_alloc (most_tokens * rows.width, sizeof (float), 64);
  rows.tokens = g_new (guint64, most_tokens);
  is_read = sp_source_each (items->items[rows.item].tensor, add_chunk, &rows, cancellable, error) && rows.error == NULL &&
            hand_over (&rows);
  *n_nonfinite = rows.n_nonfinite;
  g_aligned_free (rows.rows);
  g_free (rows.tokens);
  if (rows.error != NULL)
    g_propagate_error (error, rows.error);
  return is_read;
}
