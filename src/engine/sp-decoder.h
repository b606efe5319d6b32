/* sp-decoder.h - what tokens are as text: the decoders of a tokenizer.json */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "sp-rule.h"

/* The tokens (of GString) become what the rules (of SpRule) make of them, some of them one; not all of it need be UTF-8. */
void sp_decode (const GPtrArray *rules, GPtrArray *tokens);

GPtrArray *sp_decoder_tokens_new (void);                             /* of GString */
