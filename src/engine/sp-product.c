/* sp-product.c - the one place that speaks CBLAS */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sp-product.h"

#include <cblas.h>
#include <string.h>

void
sp_product_init (void)
{
  static gsize is_set = 0;

  if (!g_once_init_enter (&is_set))
    return;
  openblas_set_num_threads (1);
  g_once_init_leave (&is_set, 1);
}

void
sp_product (gsize n, gsize n_outputs, gsize n_inputs, float scale, SpOperand x, SpOperand weights, gboolean is_input_major,
            const float *bias, float *out, gsize out_stride)
{
  for (gsize t = 0; bias != NULL && t < n; t++)
    memcpy (out + t * out_stride, bias, n_outputs * sizeof *out);
  cblas_sgemm (CblasRowMajor, CblasNoTrans, is_input_major ? CblasNoTrans : CblasTrans, (blasint) n, (blasint) n_outputs,
               (blasint) n_inputs, scale, x.data, (blasint) x.stride, weights.data, (blasint) weights.stride, bias != NULL ? 1 : 0, out,
               (blasint) out_stride);
}
