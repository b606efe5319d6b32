/* sp-sentence.h - a sentence with numbers in a label */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <gtk/gtk.h>

/* Lines do not end inside a number, a shape or an equation. */
void sp_sentence_show (GtkWidget *label, const char *sentence);
