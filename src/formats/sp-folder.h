/* sp-folder.h - which files belong together: shards, an index, config.json, a tokenizer */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "sp-store.h"

typedef struct {
  char *tensor, *file;                 /* "lm_head.weight", "model-00003-of-00003.safetensors" */
} SpIndexEntry;

/* A plan: looks at names and JSON only, opens no model file. */
typedef struct {
  char       *title;
  char       *folder;
  GPtrArray  *files;                   /* full paths to open, natural order */
  GPtrArray  *notes;
  GArray     *index;                   /* of SpIndexEntry; NULL: there is no index */
  GHashTable *problems;                /* base name → why that file did not open */
  gboolean    is_loose;                /* whatever lies in the folder: strangers are no error */
  gboolean    has_inner;               /* the files lie in folders in it, each of which has its own configuration */
} SpFolder;

SpFolder *sp_folder_new   (const char *path, GError **error);        /* as sp_store_open(); absolute */
void      sp_folder_free  (SpFolder *folder);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (SpFolder, sp_folder_free)

void      sp_folder_take_problem (SpFolder *folder, const char *path, const char *reason);
char     *sp_folder_explain      (SpFolder *folder, const SpIndexEntry *entry);    /* why that tensor is not there */
void      sp_folder_describe     (SpFolder *folder, SpStore *store);  /* config.json and the tokenizer as metadata */
/* What tells a file of an inner folder from those of the others: "layers.3."; "": there are none. */
char     *sp_folder_dup_scope    (SpFolder *folder, const char *path);

/* Folders in it that have files like a model's, "layers.0, layers.1, …"; NULL: none has. */
char     *sp_folder_list_inner   (const char *path);

/* The whole of a small file; its name in messages is its base name. */
char     *sp_folder_load_text    (const char *path, gsize max_bytes, gsize *n_bytes, GError **error);
