/* dump-model.h - recorded activations of a large model, scanned by both analyses of dumps */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "sp-run.h"

/* f16 [128, 64, n_neurons] a layer, 64 tokens stored and repeated by a view: a PyTorch file of n_layers · n_neurons · 128 bytes.
 * args: of activation-sparsity and of lazy-neurons.  NULL: no room for the file, which is gone afterwards. */
SpRun *dump_model_scan (gsize n_layers, gsize n_neurons, SpArgs *const args[2]);
