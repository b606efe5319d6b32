/* sp-outline.h - the tensors of a store gathered into layers, for the tree */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "sp-store.h"

/* One line under a store: a layer with its tensors, or one tensor that stands in none. */
typedef struct {
  gint32  layer;             /* -1: a lone tensor */
  char    stack;             /* as in SpRole */
  gsize   first, n;          /* its tensors: order[first] … */
  gsize   n_prefix;          /* bytes all their names begin with, up to a dot */
} SpLine;

/* Immutable, reference counted; 100 000 tensors take milliseconds. */
typedef struct {
  SpStore *store;
  GArray  *lines;            /* of SpLine, in the order their first tensors have */
  gsize   *order;            /* (n_tensors) tensor indices, line after line */
} SpOutline;

SpOutline *sp_outline_new   (SpStore *store);
SpOutline *sp_outline_ref   (SpOutline *outline);
void       sp_outline_unref (SpOutline *outline);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (SpOutline, sp_outline_unref)

char      *sp_outline_dup_line_label (const SpLine *line);                              /* "layer 3" */
char *sp_outline_dup_name (const SpOutline *outline, const SpLine *line, gsize tensor); /* without what all share */
