/* sp-source-tree.c - the tensors of all opened stores, by layer, with a filter */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sp-source-tree.h"

#include "sp-compat.h"
#include "sp-node.h"
#include "sp-share-bar.h"
#include "sp-source-menu.h"
#include "sp-table.h"

#include <glib/gi18n.h>
#include <math.h>

/* Under these widths the columns for type and size give way, and the one for the shape; tooltips have all of them. */
#define WIDE_PIXELS 520
#define TIGHT_PIXELS 360
#define SHAPE_PIXELS 88
#define TYPE_PIXELS 56
#define SIZE_PIXELS 76
#define SHARE_PIXELS 110
#define SHARE_CHARS 8

struct _SpSourceTree {
  GtkWidget           parent_instance;
  GtkWidget          *box, *entry, *view, *stack, *rows, *none, *menu;

  SpSession          *session;                     /* owned */
  GPtrArray          *outlines;                    /* of SpOutline, one per store */
  GtkTreeListModel   *tree;                        /* lent by the selection's model; NULL while filtering */
  GtkSingleSelection *selection;
  GtkColumnViewColumn *name_column, *shape_column, *type_column, *size_column;   /* lent by the view */
  int                 fitted;                      /* width the columns were made for */
  GPtrArray          *shares;                      /* of GtkListItem: bound cells that show a share, borrowed */
  gboolean            is_selecting;
  guint               fit_idle;
};

G_DEFINE_FINAL_TYPE (SpSourceTree, sp_source_tree, GTK_TYPE_WIDGET)

static SpNode *
item_node (GtkListItem *item)
{
  return gtk_tree_list_row_get_item (gtk_list_item_get_item (item));
}

/* Cells */

static char *
format_size (guint64 n_bytes)
{
  return g_format_size_full (n_bytes, G_FORMAT_SIZE_DEFAULT);
}

static char *
node_tooltip (SpNode *node)
{
  const SpTensor   *tensor = sp_node_get_tensor (node);
  g_autofree char  *shape = NULL, *size = NULL;

  if (tensor == NULL)
    return NULL;
  shape = sp_tensor_dup_shape (tensor);
  size = format_size (tensor->n_bytes);
  return g_strdup_printf ("%s\n%s · %s · %s%s%s", tensor->name, shape,
                          tensor->dtype_name != NULL ? tensor->dtype_name : sp_dtype_name (tensor->dtype), size,
                          tensor->note != NULL ? "\n" : "", tensor->note != NULL ? tensor->note : "");
}

static void
setup_name (GtkListItemFactory *factory, GtkListItem *item, gpointer data)
{
  GtkWidget *expander = gtk_tree_expander_new ();
  GtkWidget *label = gtk_label_new (NULL);

  gtk_label_set_xalign (GTK_LABEL (label), 0);
  gtk_label_set_ellipsize (GTK_LABEL (label), PANGO_ELLIPSIZE_MIDDLE);
  gtk_tree_expander_set_child (GTK_TREE_EXPANDER (expander), label);
  gtk_list_item_set_child (item, expander);
}

static void
bind_name (GtkListItemFactory *factory, GtkListItem *item, gpointer data)
{
  g_autoptr (SpNode) node = item_node (item);
  GtkTreeExpander   *expander = GTK_TREE_EXPANDER (gtk_list_item_get_child (item));
  GtkWidget         *label = gtk_tree_expander_get_child (expander);
  g_autofree char   *text = sp_node_dup_label (node), *tooltip = node_tooltip (node);
  const SpTensor    *tensor = sp_node_get_tensor (node);

  gtk_tree_expander_set_list_row (expander, gtk_list_item_get_item (item));
  gtk_label_set_text (GTK_LABEL (label), text);
  gtk_widget_set_tooltip_text (label, tooltip);
  if (tensor != NULL && !sp_tensor_is_readable (tensor))
    gtk_widget_add_css_class (label, "dim-label");
  else
    gtk_widget_remove_css_class (label, "dim-label");
  if (sp_node_get_kind (node) == SP_NODE_STORE)
    gtk_widget_add_css_class (label, "heading");
  else
    gtk_widget_remove_css_class (label, "heading");
}

static void
setup_text (GtkListItemFactory *factory, GtkListItem *item, gpointer data)
{
  GtkWidget *label = gtk_label_new (NULL);

  gtk_label_set_xalign (GTK_LABEL (label), 1);
  gtk_label_set_ellipsize (GTK_LABEL (label), PANGO_ELLIPSIZE_END);
  gtk_widget_add_css_class (label, "dim-label");
  gtk_widget_add_css_class (label, "numeric");
  gtk_list_item_set_child (item, label);
}

/* The column is narrow: "32×32×3×3" with hair spaces. */
static char *
dup_tight_shape (const SpTensor *tensor)
{
  g_autofree char    *shape = sp_tensor_dup_shape (tensor);
  g_autoptr (GString) tight = g_string_new (shape);

  g_string_replace (tight, " × ", "\u200a×\u200a", 0);
  return g_string_free (g_steal_pointer (&tight), FALSE);
}

static void
bind_shape (GtkListItemFactory *factory, GtkListItem *item, gpointer data)
{
  g_autoptr (SpNode) node = item_node (item);
  const SpTensor    *tensor = sp_node_get_tensor (node);
  gsize              n = sp_node_get_n_tensors (node);
  g_autofree char   *count = sp_format_number ((double) n, "tensors");
  g_autofree char   *text = tensor != NULL ? dup_tight_shape (tensor)
                                           : g_strdup_printf (ngettext ("%s tensor", "%s tensors", n), count);

  gtk_label_set_text (GTK_LABEL (gtk_list_item_get_child (item)), text);
}

static void
bind_type (GtkListItemFactory *factory, GtkListItem *item, gpointer data)
{
  g_autoptr (SpNode) node = item_node (item);
  const SpTensor    *tensor = sp_node_get_tensor (node);
  const char        *text = "";

  if (tensor != NULL)
    text = tensor->dtype_name != NULL ? tensor->dtype_name : sp_dtype_name (tensor->dtype);
  gtk_label_set_text (GTK_LABEL (gtk_list_item_get_child (item)), text);
}

static void
bind_size (GtkListItemFactory *factory, GtkListItem *item, gpointer data)
{
  g_autoptr (SpNode) node = item_node (item);
  guint64            n_bytes = 0;
  g_autofree char   *text = NULL;

  for (gsize i = 0; i < sp_node_get_n_tensors (node); i++)
    n_bytes += sp_node_get_nth (node, i)->n_bytes;
  text = format_size (n_bytes);
  gtk_label_set_text (GTK_LABEL (gtk_list_item_get_child (item)), text);
}

static void
setup_share (GtkListItemFactory *factory, GtkListItem *item, gpointer data)
{
  GtkWidget *box = gtk_box_new (GTK_ORIENTATION_HORIZONTAL, 6);
  GtkWidget *share = gtk_inscription_new (NULL);       /* of one size whatever it says */

  gtk_inscription_set_xalign (GTK_INSCRIPTION (share), 1);
  gtk_inscription_set_min_chars (GTK_INSCRIPTION (share), SHARE_CHARS);
  gtk_inscription_set_nat_chars (GTK_INSCRIPTION (share), SHARE_CHARS);
  gtk_widget_set_hexpand (share, TRUE);
  gtk_widget_add_css_class (share, "numeric");
  gtk_box_append (GTK_BOX (box), share);
  gtk_box_append (GTK_BOX (box), sp_share_bar_new ());
  gtk_list_item_set_child (item, box);
}

/* What is said by the name of a layer's first piece may be of all its pieces; then the layer has it, not the tensor. */
static gboolean
tensor_count (SpSourceTree *self, SpStore *store, const SpTensor *tensor, SpCount *count)
{
  return sp_session_get_count (self->session, store, tensor->name, count) && count->n_elements <= (double) tensor->n_elements;
}

/* Of a layer: its tensors that count, as the result has them; of a store: all that count. */
static gboolean
node_count (SpSourceTree *self, SpNode *node, SpCount *count)
{
  SpStore *store = sp_node_get_store (node);
  SpCount  one;

  if (sp_node_get_kind (node) == SP_NODE_STORE)
    return sp_session_get_count (self->session, store, NULL, count);
  if (sp_node_get_kind (node) == SP_NODE_TENSOR)
    return tensor_count (self, store, sp_node_get_tensor (node), count);
  *count = (SpCount) { 0, 0, TRUE, TRUE };
  for (gsize i = 0; i < sp_node_get_n_tensors (node); i++)
    if (sp_session_get_count (self->session, store, sp_node_get_nth (node, i)->name, &one) && one.is_counted)
      *count = (SpCount) { count->n_near + one.n_near, count->n_elements + one.n_elements, TRUE, one.is_final };
  return count->n_elements > 0;
}

static void
show_share (SpSourceTree *self, GtkListItem *item)
{
  g_autoptr (SpNode) node = item_node (item);
  GtkWidget         *box = gtk_list_item_get_child (item), *label = gtk_widget_get_first_child (box);
  SpCount            count = { 0 };
  gboolean           is_known = node_count (self, node, &count);
  double             share = is_known ? count.n_near / count.n_elements : NAN;
  g_autofree char   *text = is_known ? sp_format_number (share, "share") : g_strdup ("");

  sp_compat_inscribe (label, text);
  sp_share_bar_set_share (SP_SHARE_BAR (gtk_widget_get_next_sibling (label)), share);
  if (gtk_widget_get_has_tooltip (box) != (is_known && !count.is_counted))        /* setting one asks the X server where the pointer is */
    gtk_widget_set_tooltip_text (box, is_known && !count.is_counted
                                        ? _("Does not count in the sparsity of its layer and of the model") : NULL);
  if (is_known && !(count.is_counted && count.is_final))
    gtk_widget_add_css_class (box, "dim-label");
  else
    gtk_widget_remove_css_class (box, "dim-label");
}

static void
bind_share (GtkListItemFactory *factory, GtkListItem *item, gpointer data)
{
  SpSourceTree *self = data;

  g_ptr_array_add (self->shares, item);
  show_share (self, item);
}

static void
unbind_share (GtkListItemFactory *factory, GtkListItem *item, gpointer data)
{
  g_ptr_array_remove_fast (((SpSourceTree *) data)->shares, item);
}

static void
on_result_drawn (SpSourceTree *self, const SpAnalysis *analysis)
{
  if (analysis->needs == SP_NEEDS_TENSORS)
    return;
  for (guint i = 0; i < self->shares->len; i++)
    show_share (self, self->shares->pdata[i]);
}

static GtkColumnViewColumn *
add_column (SpSourceTree *self, const char *title, GCallback setup, GCallback bind, int width)
{
  GtkListItemFactory             *factory = gtk_signal_list_item_factory_new ();
  g_autoptr (GtkColumnViewColumn) column = gtk_column_view_column_new (title, factory);

  g_signal_connect (factory, "setup", setup, self);
  g_signal_connect (factory, "bind", bind, self);
  if (bind == G_CALLBACK (bind_share))
    g_signal_connect (factory, "unbind", G_CALLBACK (unbind_share), self);
  gtk_column_view_column_set_fixed_width (column, width);
  gtk_column_view_append_column (GTK_COLUMN_VIEW (self->view), column);
  return column;
}

/* Model */

static GListModel *
children_of (gpointer item, gpointer data)
{
  return sp_node_list_new_children (item);
}

static GListModel *
make_roots (SpSourceTree *self, const char *filter)
{
  GListStore *roots = g_list_store_new (*filter == '\0' ? SP_TYPE_NODE : G_TYPE_LIST_MODEL);

  for (guint i = 0; i < self->outlines->len; i++)
    {
      g_autoptr (GObject) item = *filter == '\0'
                                   ? G_OBJECT (sp_node_new_store (self->outlines->pdata[i]))
                                   : G_OBJECT (sp_node_list_new_matches (self->outlines->pdata[i], filter));

      g_list_store_append (roots, item);
    }
  return *filter == '\0' ? G_LIST_MODEL (roots) : G_LIST_MODEL (gtk_flatten_list_model_new (G_LIST_MODEL (roots)));
}

static void
expand_roots (SpSourceTree *self)
{
  for (guint i = self->outlines->len; i-- > 0;)
    {
      g_autoptr (GtkTreeListRow) row = gtk_tree_list_model_get_row (self->tree, i);

      gtk_tree_list_row_set_expanded (row, TRUE);
    }
}

/* The row of the selected tensor, its layer expanded on the way.  G_MAXUINT: none is shown. */
static guint
find_row (SpSourceTree *self, SpStore *store, const char *name)
{
  for (guint i = 0; name != NULL && i < g_list_model_get_n_items (G_LIST_MODEL (self->tree)); i++)
    {
      g_autoptr (GtkTreeListRow) row = gtk_tree_list_model_get_row (self->tree, i);
      g_autoptr (SpNode)         node = gtk_tree_list_row_get_item (row);

      if (sp_node_get_store (node) != store || sp_node_get_kind (node) == SP_NODE_STORE)
        continue;
      if (sp_node_get_kind (node) == SP_NODE_TENSOR && g_str_equal (sp_node_get_tensor (node)->name, name))
        return i;
      if (sp_node_get_kind (node) != SP_NODE_LINE || gtk_tree_list_row_get_expanded (row))
        continue;
      for (gsize k = 0; k < sp_node_get_n_tensors (node); k++)
        if (g_str_equal (sp_node_get_nth (node, k)->name, name))
          gtk_tree_list_row_set_expanded (row, TRUE);
    }
  return G_MAXUINT;
}

static void
show_selection (SpSourceTree *self)
{
  const char *name = sp_session_get_selection (self->session);
  guint       position;

  if (self->is_selecting || self->tree == NULL)
    return;
  self->is_selecting = TRUE;
  position = find_row (self, sp_session_get_store (self->session), name);
  gtk_single_selection_set_selected (self->selection, position == G_MAXUINT ? GTK_INVALID_LIST_POSITION : position);
  if (position != G_MAXUINT)
    sp_compat_scroll_to (self->view, position);
  self->is_selecting = FALSE;
}

static void
rebuild (SpSourceTree *self)
{
  const char *filter = gtk_editable_get_text (GTK_EDITABLE (self->entry));
  GListModel *roots = make_roots (self, filter);

  self->tree = gtk_tree_list_model_new (roots, FALSE, FALSE, children_of, NULL, NULL);
  self->is_selecting = TRUE;
  gtk_single_selection_set_model (self->selection, G_LIST_MODEL (self->tree));
  if (*filter == '\0')
    expand_roots (self);
  sp_compat_show_child (self->stack,
                        g_list_model_get_n_items (G_LIST_MODEL (self->tree)) > 0 ? self->rows : self->none);
  g_object_unref (self->tree);
  self->is_selecting = FALSE;
  show_selection (self);
}

static void
on_stores_changed (SpSourceTree *self)
{
  g_autoptr (GPtrArray) old = self->outlines;

  self->outlines = g_ptr_array_new_with_free_func ((GDestroyNotify) sp_outline_unref);
  for (gsize i = 0; i < sp_session_get_n_stores (self->session); i++)
    {
      SpStore   *store = sp_session_get_nth_store (self->session, i);
      SpOutline *outline = NULL;

      for (guint k = 0; k < old->len && outline == NULL; k++)
        if (((SpOutline *) old->pdata[k])->store == store)
          outline = sp_outline_ref (old->pdata[k]);
      g_ptr_array_add (self->outlines, outline != NULL ? outline : sp_outline_new (store));
    }
  rebuild (self);
}

static void
on_selected (SpSourceTree *self)
{
  GtkTreeListRow *row = gtk_single_selection_get_selected_item (self->selection);
  g_autoptr (SpNode) node = NULL;

  if (self->is_selecting || row == NULL)
    return;
  node = gtk_tree_list_row_get_item (row);
  self->is_selecting = TRUE;
  sp_session_set_store (self->session, sp_node_get_store (node));
  if (sp_node_get_kind (node) == SP_NODE_TENSOR)
    sp_session_set_selection (self->session, sp_node_get_tensor (node)->name);
  self->is_selecting = FALSE;
}

/* Enter or a double click: a tensor is looked at, a layer opens and closes. */
static void
on_activate (SpSourceTree *self, guint position)
{
  g_autoptr (GtkTreeListRow) row = gtk_tree_list_model_get_row (self->tree, position);
  g_autoptr (SpNode)         node = row != NULL ? gtk_tree_list_row_get_item (row) : NULL;

  if (node == NULL)
    return;
  if (sp_node_get_kind (node) == SP_NODE_TENSOR)
    gtk_widget_activate_action (GTK_WIDGET (self), "win.show-map", "s", sp_node_get_tensor (node)->name);
  else
    gtk_tree_list_row_set_expanded (row, !gtk_tree_list_row_get_expanded (row));
}

/* Layout */

static gboolean
fit_columns (gpointer data)
{
  SpSourceTree *self = data;
  int           width = gtk_widget_get_width (GTK_WIDGET (self));
  gboolean      is_wide = width >= WIDE_PIXELS, is_tight = width < TIGHT_PIXELS;
  int           others = SHARE_PIXELS + (is_tight ? 0 : SHAPE_PIXELS) + (is_wide ? TYPE_PIXELS + SIZE_PIXELS : 0);

  self->fit_idle = 0;
  self->fitted = width;
  gtk_column_view_column_set_fixed_width (self->name_column, MAX (width - others, 60));
  gtk_column_view_column_set_visible (self->shape_column, !is_tight);
  gtk_column_view_column_set_visible (self->type_column, is_wide);
  gtk_column_view_column_set_visible (self->size_column, is_wide);
  return G_SOURCE_REMOVE;
}

static void
sp_source_tree_size_allocate (GtkWidget *widget, int width, int height, int baseline)
{
  SpSourceTree *self = SP_SOURCE_TREE (widget);

  gtk_widget_size_allocate (self->box, &(GtkAllocation) { 0, 0, width, height }, baseline);
  if (width != self->fitted && self->fit_idle == 0)
    self->fit_idle = g_idle_add_full (G_PRIORITY_HIGH_IDLE, fit_columns, self, NULL);
}

static void
sp_source_tree_measure (GtkWidget *widget, GtkOrientation orientation, int for_size, int *minimum, int *natural,
                        int *minimum_baseline, int *natural_baseline)
{
  gtk_widget_measure (SP_SOURCE_TREE (widget)->box, orientation, for_size, minimum, natural, minimum_baseline,
                      natural_baseline);
}

static void
sp_source_tree_dispose (GObject *object)
{
  SpSourceTree *self = SP_SOURCE_TREE (object);

  g_clear_handle_id (&self->fit_idle, g_source_remove);
  if (self->view != NULL)
    gtk_column_view_set_model (GTK_COLUMN_VIEW (self->view), NULL);
  self->view = NULL;
  g_clear_pointer (&self->menu, gtk_widget_unparent);
  g_clear_pointer (&self->box, gtk_widget_unparent);
  g_clear_object (&self->selection);
  g_clear_object (&self->session);
  g_clear_pointer (&self->outlines, g_ptr_array_unref);
  g_clear_pointer (&self->shares, g_ptr_array_unref);
  G_OBJECT_CLASS (sp_source_tree_parent_class)->dispose (object);
}

static void
sp_source_tree_class_init (SpSourceTreeClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  G_OBJECT_CLASS (klass)->dispose = sp_source_tree_dispose;
  widget_class->measure = sp_source_tree_measure;
  widget_class->size_allocate = sp_source_tree_size_allocate;
  gtk_widget_class_set_css_name (widget_class, "sourcetree");
}

static GtkWidget *
make_rows (SpSourceTree *self)
{
  GtkWidget *scrolled = gtk_scrolled_window_new ();

  self->selection = gtk_single_selection_new (NULL);
  gtk_single_selection_set_autoselect (self->selection, FALSE);
  gtk_single_selection_set_can_unselect (self->selection, TRUE);
  self->view = gtk_column_view_new (GTK_SELECTION_MODEL (g_object_ref (self->selection)));
  gtk_widget_add_css_class (self->view, "navigation-sidebar");
  gtk_widget_add_css_class (self->view, "data-table");
  gtk_accessible_update_property (GTK_ACCESSIBLE (self->view), GTK_ACCESSIBLE_PROPERTY_LABEL, _("Tensors"), -1);
  self->name_column = add_column (self, _("Tensor"), G_CALLBACK (setup_name), G_CALLBACK (bind_name), 120);
  self->shape_column = add_column (self, _("Shape"), G_CALLBACK (setup_text), G_CALLBACK (bind_shape), SHAPE_PIXELS);
  self->type_column = add_column (self, _("Type"), G_CALLBACK (setup_text), G_CALLBACK (bind_type), TYPE_PIXELS);
  self->size_column = add_column (self, _("Size"), G_CALLBACK (setup_text), G_CALLBACK (bind_size), SIZE_PIXELS);
  gtk_column_view_column_set_visible (self->type_column, FALSE);
  gtk_column_view_column_set_visible (self->size_column, FALSE);
  add_column (self, _("Sparsity"), G_CALLBACK (setup_share), G_CALLBACK (bind_share), SHARE_PIXELS);
  gtk_scrolled_window_set_policy (GTK_SCROLLED_WINDOW (scrolled), GTK_POLICY_AUTOMATIC, GTK_POLICY_AUTOMATIC);
  gtk_scrolled_window_set_child (GTK_SCROLLED_WINDOW (scrolled), self->view);
  gtk_widget_set_focusable (scrolled, FALSE);
  gtk_widget_set_vexpand (scrolled, TRUE);
  return scrolled;
}

static void
sp_source_tree_init (SpSourceTree *self)
{
  self->outlines = g_ptr_array_new_with_free_func ((GDestroyNotify) sp_outline_unref);
  self->shares = g_ptr_array_new ();
  self->box = gtk_box_new (GTK_ORIENTATION_VERTICAL, 0);
  gtk_widget_set_parent (self->box, GTK_WIDGET (self));
  self->entry = gtk_search_entry_new ();
  g_object_set (self->entry, "placeholder-text", _("Filter tensors"), NULL);
  gtk_accessible_update_property (GTK_ACCESSIBLE (self->entry), GTK_ACCESSIBLE_PROPERTY_LABEL, _("Filter tensors"), -1);
  gtk_widget_add_css_class (self->entry, "filter");
  gtk_box_append (GTK_BOX (self->box), self->entry);
  self->stack = gtk_stack_new ();
  self->none = gtk_label_new (_("No tensor has this in its name"));
  self->rows = make_rows (self);
  gtk_stack_add_child (GTK_STACK (self->stack), self->rows);
  gtk_label_set_wrap (GTK_LABEL (self->none), TRUE);
  gtk_widget_add_css_class (self->none, "dim-label");
  gtk_stack_add_child (GTK_STACK (self->stack), self->none);
  gtk_box_append (GTK_BOX (self->box), self->stack);
  self->menu = sp_source_menu_new (self->box, self->selection);
}

static void
on_stop_search (SpSourceTree *self)
{
  gtk_editable_set_text (GTK_EDITABLE (self->entry), "");
  gtk_widget_grab_focus (self->view);
}

GtkWidget *
sp_source_tree_new (SpSession *session)
{
  SpSourceTree *self = g_object_new (SP_TYPE_SOURCE_TREE, NULL);

  self->session = g_object_ref (session);
  g_signal_connect_object (session, "stores-changed", G_CALLBACK (on_stores_changed), self, G_CONNECT_SWAPPED);
  g_signal_connect_object (session, "result-drawn", G_CALLBACK (on_result_drawn), self, G_CONNECT_SWAPPED);
  g_signal_connect_object (session, "notify::selection", G_CALLBACK (show_selection), self, G_CONNECT_SWAPPED);
  g_signal_connect_object (self->entry, "search-changed", G_CALLBACK (rebuild), self, G_CONNECT_SWAPPED);
  g_signal_connect_object (self->entry, "stop-search", G_CALLBACK (on_stop_search), self, G_CONNECT_SWAPPED);
  g_signal_connect_object (self->selection, "notify::selected-item", G_CALLBACK (on_selected), self, G_CONNECT_SWAPPED);
  g_signal_connect_object (self->view, "activate", G_CALLBACK (on_activate), self, G_CONNECT_SWAPPED);
  return GTK_WIDGET (self);
}

void
sp_source_tree_focus_filter (SpSourceTree *self)
{
  gtk_widget_grab_focus (self->entry);
}
