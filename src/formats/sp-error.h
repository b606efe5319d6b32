/* sp-error.h - what can go wrong with a file, as far as a person can act on it */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>

typedef enum {
  SP_ERROR_CUT,            /* the file ends before what it announces: get it again */
  SP_ERROR_MALFORMED,      /* it contradicts itself: damaged or hostile */
  SP_ERROR_UNSUPPORTED,    /* well formed, but of a kind this program does not read */
  SP_ERROR_TOO_BIG,        /* a number in it exceeds what any sane file has */
  SP_ERROR_NOT_A_MODEL,    /* no reader knows it */
  SP_ERROR_IO,             /* the system refused: permissions, disk, vanished file */
  SP_ERROR_USAGE,          /* a parameter or selection that makes no sense */
} SpError;

#define SP_ERROR (sp_error_quark ())
GQuark sp_error_quark (void);

const char *sp_error_code_name (SpError code);   /* "cut", "malformed", "not-a-model" … stable */

/* The message is one sentence that names the file, the place (tensor, byte offset) and the
 * reason: "model.safetensors: tensor 'lm_head.weight' ends at byte 4096, the file at 4000".
 * Names come from hostile files and go to terminals: for them, valid UTF-8 without control characters. */
char       *sp_printable_text  (const char *text, gssize n_bytes);   /* -1: zero-terminated */
/* The same of a piece of text, such as a token: line ends and tabs stay.  Where it is shown they are seen as ↵ and ⇥. */
char       *sp_printable_lines (const char *text, gssize n_bytes);
char       *sp_visible_text    (const char *text);
