/* sp-letters.h - bytes written as letters, as byte-level tokenizers do (GPT-2: "Ġthe") */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>

/* A printable byte of Latin-1 is itself, the others are 256, 257 … in order. */
int      sp_letter_to_byte   (gunichar letter);     /* -1: it stands for none */
gunichar sp_letter_from_byte (guint8 byte);

/* The bytes of a text of letters; NULL: one of them stands for none. */
GString *sp_letters_to_bytes (const char *letters);
