/* slider-model.h - a file of many small tensors, as a mixture of experts has them */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "sp-run.h"

/* bf16, a hundred tensors a layer, scanned by weight-sparsity; NULL: no room for the file, which is gone afterwards. */
SpRun *slider_model_scan (gsize n_tensors, SpArgs *args);
