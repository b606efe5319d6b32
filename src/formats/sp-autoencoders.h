/* sp-autoencoders.h - sparse autoencoders that were saved one by one, each in a folder of its own: one a layer, or one a setting
 *
 * By the names their libraries give the files: sae.safetensors (EleutherAI, sparsify: a folder each hook), sae_weights.safetensors with
 * perhaps sparsity.safetensors (SAELens), ae.pt (dictionary_learning: trainer_0, trainer_1 …), params.npz (Gemma Scope: three folders
 * deep). */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>

/* Of char *: their files, from the folder on, "layers.3/sae.safetensors", in natural order; empty: there are none.  Nothing is opened.
 * notes: of char *, takes how many are left out, or that there is more than is looked through. */
GPtrArray *sp_autoencoders_list         (const char *folder, GPtrArray *notes);

/* What training leaves beside their folders, and is no model: "optimizer_0.pt". */
gboolean   sp_autoencoders_is_left_over (const char *name);
