/* model-file.h - writes small safetensors files for tests */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>

typedef struct {
  const char *name, *dtype;       /* as safetensors spells it: "BF16" */
  guint64     n_rows, n_columns;  /* n_rows 0: one dimension */
  gconstpointer data;
  gsize       n_bytes;
  guint64     n_batches;          /* a dimension before the others; 0: none */
} ModelTensor;

char *model_file_write (const char *folder, const char *name, const ModelTensor *tensors, gsize n);   /* its path */
char *model_folder_new (void);
void  model_folder_remove (const char *folder);
