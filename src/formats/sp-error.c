/* sp-error.c - the error domain of everything that reads files */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sp-error.h"

G_DEFINE_QUARK (sp-error-quark, sp_error)

const char *
sp_error_code_name (SpError code)
{
  switch (code)
    {
    case SP_ERROR_CUT:         return "cut";
    case SP_ERROR_MALFORMED:   return "malformed";
    case SP_ERROR_UNSUPPORTED: return "unsupported";
    case SP_ERROR_TOO_BIG:     return "too-big";
    case SP_ERROR_NOT_A_MODEL: return "not-a-model";
    case SP_ERROR_IO:          return "io";
    case SP_ERROR_USAGE:       return "usage";
    }
  return "unknown";
}
