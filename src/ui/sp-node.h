/* sp-node.h - one row of the source tree, made only while somebody looks at it */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "sp-outline.h"

#include <gio/gio.h>

typedef enum { SP_NODE_STORE, SP_NODE_LINE, SP_NODE_TENSOR } SpNodeKind;

#define SP_TYPE_NODE (sp_node_get_type ())
G_DECLARE_FINAL_TYPE (SpNode, sp_node, SP, NODE, GObject)

SpNode         *sp_node_new_store    (SpOutline *outline);
SpNodeKind      sp_node_get_kind     (SpNode *self);
SpStore        *sp_node_get_store    (SpNode *self);
const SpTensor *sp_node_get_tensor   (SpNode *self);            /* NULL unless it is one */
char           *sp_node_dup_label    (SpNode *self);
gsize           sp_node_get_n_tensors (SpNode *self);           /* at and below it */
const SpTensor *sp_node_get_nth      (SpNode *self, gsize i);

#define SP_TYPE_NODE_LIST (sp_node_list_get_type ())
G_DECLARE_FINAL_TYPE (SpNodeList, sp_node_list, SP, NODE_LIST, GObject)

GListModel     *sp_node_list_new_children (SpNode *parent);     /* NULL: a leaf */
GListModel *sp_node_list_new_matches (SpOutline *outline, const char *text); /* tensors whose names contain text */
