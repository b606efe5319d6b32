/* sp-character.h - classes of characters as the tokenizers' own libraries draw them (Unicode's White_Space, UTS 18's word) */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>

typedef gboolean (*SpCharacterFunc) (gunichar c);

gboolean sp_character_is_space       (gunichar c);
gboolean sp_character_is_word        (gunichar c);
gboolean sp_character_is_number      (gunichar c);    /* of any kind: ½ and Ⅷ too */
gboolean sp_character_is_punctuation (gunichar c);    /* and ASCII's symbols */

/* UTF-8 with NUL bytes; FALSE: *valid bytes of it are.  GLib's own check takes a NUL for a fault. */
gboolean sp_character_check_text     (const char *text, gsize n_bytes, gsize *valid);
