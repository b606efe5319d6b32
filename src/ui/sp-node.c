/* sp-node.c - one row of the source tree, and the lists that make them */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sp-node.h"

#include <string.h>

struct _SpNode {
  GObject    parent_instance;
  SpOutline *outline;
  SpNodeKind kind;
  gsize      line, tensor;
  gboolean   is_long;             /* shows its whole name */
};

G_DEFINE_FINAL_TYPE (SpNode, sp_node, G_TYPE_OBJECT)

static void
sp_node_finalize (GObject *object)
{
  sp_outline_unref (SP_NODE (object)->outline);
  G_OBJECT_CLASS (sp_node_parent_class)->finalize (object);
}

static void
sp_node_class_init (SpNodeClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = sp_node_finalize;
}

static void
sp_node_init (SpNode *self)
{
}

static SpNode *
node_new (SpOutline *outline, SpNodeKind kind, gsize line, gsize tensor, gboolean is_long)
{
  SpNode *self = g_object_new (SP_TYPE_NODE, NULL);

  self->outline = sp_outline_ref (outline);
  self->kind = kind;
  self->line = line;
  self->tensor = tensor;
  self->is_long = is_long;
  return self;
}

SpNode *
sp_node_new_store (SpOutline *outline)
{
  return node_new (outline, SP_NODE_STORE, 0, 0, TRUE);
}

SpNodeKind
sp_node_get_kind (SpNode *self)
{
  return self->kind;
}

SpStore *
sp_node_get_store (SpNode *self)
{
  return self->outline->store;
}

const SpTensor *
sp_node_get_tensor (SpNode *self)
{
  return self->kind == SP_NODE_TENSOR ? sp_store_get_tensor (self->outline->store, self->tensor) : NULL;
}

static const SpLine *
node_line (SpNode *self)
{
  return &g_array_index (self->outline->lines, SpLine, self->line);
}

char *
sp_node_dup_label (SpNode *self)
{
  if (self->kind == SP_NODE_STORE)
    return g_strdup (sp_store_get_title (self->outline->store));
  if (self->kind == SP_NODE_LINE)
    return sp_outline_dup_line_label (node_line (self));
  if (self->is_long)
    return g_strdup (sp_node_get_tensor (self)->name);
  return sp_outline_dup_name (self->outline, node_line (self), self->tensor);
}

gsize
sp_node_get_n_tensors (SpNode *self)
{
  if (self->kind == SP_NODE_STORE)
    return sp_store_get_n_tensors (self->outline->store);
  return self->kind == SP_NODE_LINE ? node_line (self)->n : 1;
}

const SpTensor *
sp_node_get_nth (SpNode *self, gsize i)
{
  if (self->kind == SP_NODE_LINE)
    i = self->outline->order[node_line (self)->first + i];
  return sp_store_get_tensor (self->outline->store, self->kind == SP_NODE_TENSOR ? self->tensor : i);
}

struct _SpNodeList {
  GObject    parent_instance;
  SpOutline *outline;
  gssize     line;                /* tensors of this line; -1: the lines */
  GArray    *matches;             /* of gsize, tensors; NULL: not a search */
};

static void sp_node_list_model_init (GListModelInterface *iface);
G_DEFINE_FINAL_TYPE_WITH_CODE (SpNodeList, sp_node_list, G_TYPE_OBJECT,
                               G_IMPLEMENT_INTERFACE (G_TYPE_LIST_MODEL, sp_node_list_model_init))

static void
sp_node_list_finalize (GObject *object)
{
  SpNodeList *self = SP_NODE_LIST (object);

  sp_outline_unref (self->outline);
  g_clear_pointer (&self->matches, g_array_unref);
  G_OBJECT_CLASS (sp_node_list_parent_class)->finalize (object);
}

static void
sp_node_list_class_init (SpNodeListClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = sp_node_list_finalize;
}

static void
sp_node_list_init (SpNodeList *self)
{
}

static GType
get_item_type (GListModel *list)
{
  return SP_TYPE_NODE;
}

static guint
get_n_items (GListModel *list)
{
  SpNodeList *self = SP_NODE_LIST (list);

  if (self->matches != NULL)
    return self->matches->len;
  if (self->line < 0)
    return self->outline->lines->len;
  return (guint) g_array_index (self->outline->lines, SpLine, self->line).n;
}

static gpointer
get_item (GListModel *list, guint position)
{
  SpNodeList   *self = SP_NODE_LIST (list);
  const SpLine *line;

  if (position >= get_n_items (list))
    return NULL;
  if (self->matches != NULL)
    return node_new (self->outline, SP_NODE_TENSOR, 0, g_array_index (self->matches, gsize, position), TRUE);
  line = &g_array_index (self->outline->lines, SpLine, self->line < 0 ? position : self->line);
  if (self->line >= 0)
    return node_new (self->outline, SP_NODE_TENSOR, (gsize) self->line, self->outline->order[line->first + position],
                     FALSE);
  if (line->layer >= 0)
    return node_new (self->outline, SP_NODE_LINE, position, 0, FALSE);
  return node_new (self->outline, SP_NODE_TENSOR, position, self->outline->order[line->first], FALSE);
}

static void
sp_node_list_model_init (GListModelInterface *iface)
{
  iface->get_item_type = get_item_type;
  iface->get_n_items = get_n_items;
  iface->get_item = get_item;
}

static SpNodeList *
node_list_new (SpOutline *outline, gssize line)
{
  SpNodeList *self = g_object_new (SP_TYPE_NODE_LIST, NULL);

  self->outline = sp_outline_ref (outline);
  self->line = line;
  return self;
}

GListModel *
sp_node_list_new_children (SpNode *parent)
{
  if (parent->kind == SP_NODE_TENSOR)
    return NULL;
  return G_LIST_MODEL (node_list_new (parent->outline, parent->kind == SP_NODE_STORE ? -1 : (gssize) parent->line));
}

GListModel *
sp_node_list_new_matches (SpOutline *outline, const char *text)
{
  SpNodeList *self = node_list_new (outline, -1);

  self->matches = g_array_new (FALSE, FALSE, sizeof (gsize));
  for (gsize i = 0; i < sp_store_get_n_tensors (outline->store); i++)
    if (strcasestr (sp_store_get_tensor (outline->store, i)->name, text) != NULL)
      g_array_append_val (self->matches, i);
  return G_LIST_MODEL (self);
}
