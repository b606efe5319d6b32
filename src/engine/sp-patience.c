/* sp-patience.c - how long one is ready to wait for somebody else's patterns */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sp-patience.h"

#include <glib/gi18n-lib.h>

void
sp_patience_begin (SpPatience *patience, gsize n_bytes, GCancellable *cancellable)
{
  gint64 seconds = SP_PATIENCE_SECONDS + SP_PATIENCE_SECONDS_A_MEGABYTE * (gint64) (n_bytes / 1000000);

  patience->cancellable = cancellable;
  patience->deadline = g_get_monotonic_time () + seconds * G_USEC_PER_SEC;
}

gboolean
sp_patience_check (const SpPatience *patience, GError **error)
{
  if (g_cancellable_set_error_if_cancelled (patience->cancellable, error))
    return FALSE;
  if (g_get_monotonic_time () <= patience->deadline)
    return TRUE;
  g_set_error (error, SP_ERROR, SP_ERROR_UNSUPPORTED, _("tokenizer.json: its patterns take far too long on this text"));
  return FALSE;
}
