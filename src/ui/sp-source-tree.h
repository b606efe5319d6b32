/* sp-source-tree.h - the tensors of all opened stores, by layer, with a filter */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "sp-session.h"

#include <gtk/gtk.h>

#define SP_TYPE_SOURCE_TREE (sp_source_tree_get_type ())
G_DECLARE_FINAL_TYPE (SpSourceTree, sp_source_tree, SP, SOURCE_TREE, GtkWidget)

GtkWidget *sp_source_tree_new          (SpSession *session);
void       sp_source_tree_focus_filter (SpSourceTree *self);
