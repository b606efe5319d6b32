/* sp-template.h - which ids stand around a text: TemplateProcessing of a tokenizer.json */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "sp-members.h"
#include "sp-rule.h"

/* Members of the rule; the value's first token was read. */
gboolean sp_template_read_single  (gpointer rule, SpJson *json, const char *key, SpJsonToken first, GError **error);
gboolean sp_template_read_special (gpointer rule, SpJson *json, const char *key, SpJsonToken first, GError **error);

/* Once all is read: `before` and `after` of the rule. */
gboolean sp_template_finish       (SpRule *rule, GError **error);
void     sp_template_free_reading (gpointer reading);
