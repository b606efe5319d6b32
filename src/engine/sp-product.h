/* sp-product.h - matrix products, by CBLAS (inside the engine)
 *
 * One call uses one thread: a team makes several at once, each of a size that does not depend on how many threads there are, and
 * so gets the same bits from any number of them. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>

/* A matrix in memory: rows of n_columns elements, stride apart. */
typedef struct { const float *data; gsize stride; } SpOperand;

void sp_product_init (void);             /* before the first; any number of times, any thread */

/* out (n, n_outputs) = scale · x (n, n_inputs) · weightsᵀ, weights (n_outputs, n_inputs); is_input_major: · weights (n_inputs, n_outputs).
 * + bias (n_outputs), if it is not NULL. */
void sp_product (gsize n, gsize n_outputs, gsize n_inputs, float scale, SpOperand x, SpOperand weights, gboolean is_input_major,
                 const float *bias, float *out, gsize out_stride);
