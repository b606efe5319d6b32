/* sp-format.h - a file format: how to know it, and how to list its tensors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "sp-store.h"

/* One const of these per file of readers/, named sp_format_<id>, and one line in readers.inc. */
struct _SpFormat {
  const char *id;                  /* "safetensors" */
  const char *title;               /* N_("Safetensors") */
  const char *globs;               /* "*.safetensors", semicolons between */
  const char *mime;
  /* head: the first n bytes (at most SP_HEAD_BYTES); looks at blob only where they do not settle it. */
  gboolean  (*sniff) (SpBlob *blob, const guint8 *head, gsize n);
  /* Adds every tensor of blob to store: sp_store_take_tensor() with blob and offset set.  Reads
   * headers, never elements.  FALSE: nothing in it can be trusted. */
  gboolean  (*open)  (SpBlob *blob, SpStore *store, GError **error);
};

#define SP_HEAD_BYTES 512
extern const SpFormat *const sp_formats[];      /* NULL-terminated, in sniffing order */

/* For containers: what blob is and its tensors, by whichever format knows it; depth counts containers in containers. */
gboolean sp_format_open_blob (SpBlob *blob, SpStore *store, guint depth, GError **error);

extern const SpFormat sp_format_series;              /* lists of numbers in JSON or CSV */
