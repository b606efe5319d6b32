/* slider-model.h - a file of many small tensors, as a mixture of experts has them */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>

/* bf16, a hundred tensors a layer.  Gives the path, to be removed and freed; NULL: no room. */
char *slider_model_write (gsize n_tensors);
