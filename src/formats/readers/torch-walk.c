/* torch-walk.c - goes through what a pickle holds: names the tensors, keeps short values, counts strangers */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "torch-file.h"

#include <glib/gi18n-lib.h>
#include <string.h>

#define MAX_DEPTH      1000                  /* containers in containers */
#define MAX_NAME       4096                  /* bytes, with its path */
#define MAX_NAMES      ((gsize) 256 << 20)   /* bytes, all together */
#define MAX_TENSORS    1000000
#define MAX_LABEL      1024
#define MAX_METADATA   200
#define MAX_VALUE      200
#define METADATA_DEPTH 3                     /* "hyper_parameters.optimizer.lr" */
#define MAX_STRANGERS  20

/* How the items of a container are named. */
typedef enum {
  FRAME_ITEMS,                  /* 0, 1, … */
  FRAME_PAIRS,                  /* key, value, key, value … */
  FRAME_ATTRIBUTES,             /* the same, of an object */
  FRAME_PAIR_LIST,              /* [(key, value), …] */
  FRAME_PLAIN,                  /* not at all: they are parts of what holds them */
  FRAME_OBJECT,                 /* none: left when an object has been gone through */
} FrameKind;

/* A container on the way; its path is the name's first n_name bytes. */
typedef struct {
  FrameKind            kind;
  SpPickleNode *const *items;
  guint32              n, i;
  gsize                n_name;
  guint                depth;               /* labels in the path */
  const char          *class;               /* of an object; lent */
  gsize                n_tensors;           /* found before it */
} Frame;

typedef struct {
  TorchFile  *file;
  GArray     *stack;                        /* of Frame */
  GString    *name;
  guint8     *seen;                         /* a bit per node */
  GHashTable *strangers;                    /* lent class → count */
  GPtrArray  *stranger_order;               /* the same classes as they came */
  gsize       n_tensors, n_names, n_metadata;
  gboolean    is_too_deep, is_too_many;
} Walk;

static gboolean
mark_seen (Walk *walk, const SpPickleNode *node)
{
  guint8 *byte = &walk->seen[node->number / 8], bit = (guint8) (1u << node->number % 8);
  gboolean is_new = (*byte & bit) == 0;

  *byte |= bit;
  return is_new;
}

/* --- strangers --- */

/* Classes whose objects say nothing a person would miss. */
static gboolean
is_known (const char *class)
{
  static const char *const prefixes[] = { "__torch__.", "torch.nn.", "torch.jit._pickle.", "datetime.", "pathlib.",
                                          "numpy.core.multiarray.scalar", "numpy._core.multiarray.scalar" };
  static const char *const names[] = {
    "collections.OrderedDict", "collections.defaultdict", "collections.Counter", "collections.deque",
    "argparse.Namespace", "types.SimpleNamespace", "uuid.UUID", "_codecs.encode", "numpy.dtype", "numpy.ndarray",
    "torch.Size", "torch.device", "torch.serialization._get_layout", "torch.Generator",
  };
  static const char *const builtins[] = { "set", "frozenset", "complex", "slice", "range", "xrange", "bytearray",
                                          "bytes", "list", "dict", "tuple", "int", "float", "str", "bool", "object" };
  const char *builtin = g_str_has_prefix (class, "builtins.") ? class + strlen ("builtins.")
                      : g_str_has_prefix (class, "__builtin__.") ? class + strlen ("__builtin__.") : NULL;

  for (gsize i = 0; i < G_N_ELEMENTS (prefixes); i++)
    if (g_str_has_prefix (class, prefixes[i]))
      return TRUE;
  for (gsize i = 0; i < G_N_ELEMENTS (names); i++)
    if (strcmp (class, names[i]) == 0)
      return TRUE;
  for (gsize i = 0; i < G_N_ELEMENTS (builtins) && builtin != NULL; i++)
    if (strcmp (builtin, builtins[i]) == 0)
      return TRUE;
  return FALSE;
}

static void
count_stranger (Walk *walk, const char *class)
{
  gsize n = GPOINTER_TO_SIZE (g_hash_table_lookup (walk->strangers, class));

  if (n == 0)
    g_ptr_array_add (walk->stranger_order, (gpointer) class);
  g_hash_table_insert (walk->strangers, (gpointer) class, GSIZE_TO_POINTER (n + 1));
}

/* A class or function by itself: PyTorch's own names are types of elements and the like. */
static void
look_at_global (Walk *walk, const SpPickleNode *node)
{
  const char *class = node->text.data;

  if (!is_known (class) && torch_type_find (node) == NULL && !g_str_has_prefix (class, "torch.")
      && !g_str_has_prefix (class, "numpy."))
    count_stranger (walk, class);
}

static void
tell_strangers (Walk *walk)
{
  guint n_more = 0;

  for (guint i = 0; i < walk->stranger_order->len; i++)
    {
      const char *class = walk->stranger_order->pdata[i];
      guint n = (guint) MIN (GPOINTER_TO_SIZE (g_hash_table_lookup (walk->strangers, class)), G_MAXINT);

      const char *format = ngettext ("%u unknown object ignored (%s)", "%u unknown objects ignored (%s)", n);
      g_autofree char *note = g_strdup_printf (format, n, class);

      if (walk->file->stranger == NULL)
        walk->file->stranger = g_strdup (note);
      if (i < MAX_STRANGERS)
        sp_store_take_note (walk->file->store, g_steal_pointer (&note));
      else
        n_more += n;
    }
  if (n_more > 0)
    {
      const char *format = ngettext ("%u more unknown object ignored", "%u more unknown objects ignored", n_more);

      sp_store_take_note (walk->file->store, g_strdup_printf (format, n_more));
    }
}

/* --- frames --- */

static void
push_frame (Walk *walk, FrameKind kind, SpPickleNode *const *items, guint32 n, guint depth)
{
  Frame frame = { .kind = kind, .items = items, .n = n, .n_name = walk->name->len, .depth = depth,
                  .n_tensors = walk->n_tensors };

  if (n == 0)
    return;
  if (walk->stack->len < MAX_DEPTH)
    g_array_append_val (walk->stack, frame);
  else if (!walk->is_too_deep)
    {
      walk->is_too_deep = TRUE;
      sp_store_take_note (walk->file->store,
                          g_strdup_printf (_("%s: what is nested more than %d deep was not looked at"),
                                           sp_blob_get_name (walk->file->blob), MAX_DEPTH));
    }
}

static void
push_object (Walk *walk, const char *class)
{
  if (class == NULL || is_known (class) || walk->stack->len >= MAX_DEPTH)
    return;
  push_frame (walk, FRAME_OBJECT, NULL, 1, 0);
  g_array_index (walk->stack, Frame, walk->stack->len - 1).class = class;
}

/* collections.OrderedDict ([[key, value], …]), as Python 2 wrote it. */
static gboolean
is_pair_list (const SpPickleNode *node)
{
  gsize n = sp_pickle_get_n_items (node);

  for (gsize i = 0; i < n; i++)
    if (sp_pickle_get_n_items (node->list.items[i]) != 2)
      return FALSE;
  return n > 0;
}

/* The parts of an object, the last one first: they come off the stack the other way round. */
static void
push_record (Walk *walk, const SpPickleNode *node, guint depth)
{
  const SpPickleRecord *record = node->record;
  const char *class = sp_pickle_get_class (node);
  const SpPickleNode *first = sp_pickle_get_item (record->args, 0);

  push_object (walk, class);
  if (record->state != NULL && record->state->kind == SP_PICKLE_DICT)
    push_frame (walk, FRAME_ATTRIBUTES, record->state->list.items, record->state->list.n, depth);
  else if (record->state != NULL)
    push_frame (walk, FRAME_PLAIN, &record->state, 1, depth);
  push_frame (walk, FRAME_PAIRS, record->pairs.items, record->pairs.n, depth);
  push_frame (walk, FRAME_ITEMS, record->items.items, record->items.n, depth);
  if (g_strcmp0 (class, "collections.OrderedDict") == 0 && is_pair_list (first))
    push_frame (walk, FRAME_PAIR_LIST, first->list.items, first->list.n, depth);
  else if (record->args->kind == SP_PICKLE_TUPLE)
    push_frame (walk, FRAME_ITEMS, record->args->list.items, record->args->list.n, depth);
}

/* --- what is found --- */

/* A tensor by itself is called after its file. */
static char *
name_tensor (const Walk *walk)
{
  g_autofree char *base = NULL;
  char *dot;

  if (walk->name->len > 0)
    return g_strdup (walk->name->str);
  base = g_path_get_basename (sp_blob_get_name (walk->file->blob));
  dot = strrchr (base, '.');
  if (dot != NULL && dot != base)
    *dot = '\0';
  return g_steal_pointer (&base);
}

static void
add_tensor (Walk *walk, SpTensor *tensor)
{
  walk->n_tensors++;
  walk->file->n_tensors++;
  sp_store_take_tensor (walk->file->store, tensor);
}

/* A storage by itself is a vector. */
static void
add_storage (Walk *walk, const SpPickleNode *node, const char *name)
{
  TorchRegion region;
  SpTensor *tensor;
  guint64 n;

  if (!torch_region_read (walk->file, node, &region))
    {
      count_stranger (walk, "persistent id");
      return;
    }
  n = region.n;
  if (region.type == NULL || region.type->dtype == SP_DTYPE_NONE || region.storage == NULL
      || region.storage->blob == NULL)
    {
      tensor = torch_refuse (walk->file, name, region.class_name, 1, &n, _("is a storage that cannot be read"));
      add_tensor (walk, tensor);
      return;
    }
  tensor = sp_tensor_new (name, region.type->dtype, 1, &n);
  tensor->blob = sp_blob_ref (region.storage->blob);
  tensor->offset = region.storage->offset + region.first * region.type->n_bytes;
  tensor->is_swapped = walk->file->is_swapped && region.type->n_bytes > 1;
  add_tensor (walk, tensor);
}

/* FALSE: there are too many of them, or of their names. */
static gboolean
check_count (Walk *walk)
{
  walk->n_names += walk->name->len + 1;
  if (walk->n_tensors < MAX_TENSORS && walk->n_names <= MAX_NAMES && walk->name->len <= MAX_NAME)
    return TRUE;
  if (!walk->is_too_many)
    sp_store_take_note (walk->file->store,
                        g_strdup_printf (_("%s: tensors were left out: they are too many, or their names too long"),
                                         sp_blob_get_name (walk->file->blob)));
  walk->is_too_many = TRUE;
  return FALSE;
}

static void
add_metadata (Walk *walk, const SpPickleNode *node, const Frame *frame)
{
  g_autofree char *value = NULL;

  if (walk->n_metadata >= MAX_METADATA || frame->depth > METADATA_DEPTH || walk->name->len == 0
      || walk->name->len > MAX_VALUE
      || (frame->kind != FRAME_PAIRS && frame->kind != FRAME_ATTRIBUTES) || node->kind == SP_PICKLE_BYTES
      || (node->kind == SP_PICKLE_STRING && node->text.n_bytes > MAX_VALUE))
    return;
  value = sp_pickle_dup_label (node, MAX_VALUE);
  if (value == NULL)
    return;
  walk->n_metadata++;
  sp_store_set_metadata (walk->file->store, walk->name->str, value);
}

/* Walks into node, whose path is the name as it stands. */
static void
visit (Walk *walk, const SpPickleNode *node, const Frame *frame)
{
  gboolean is_tensor = torch_is_tensor (node);

  if (is_tensor || node->kind == SP_PICKLE_PERSISTENT)
    {
      g_autofree char *name = name_tensor (walk);

      if (!check_count (walk))
        return;
      if (is_tensor)
        add_tensor (walk, torch_tensor_new (walk->file, node, name));
      else
        add_storage (walk, node, name);
      return;
    }
  if (node->kind == SP_PICKLE_GLOBAL)
    look_at_global (walk, node);
  else if (node->kind == SP_PICKLE_RECORD && mark_seen (walk, node))
    push_record (walk, node, frame->depth);
  else if (node->kind == SP_PICKLE_DICT && mark_seen (walk, node))
    push_frame (walk, FRAME_PAIRS, node->list.items, node->list.n, frame->depth);
  else if ((node->kind == SP_PICKLE_LIST || node->kind == SP_PICKLE_TUPLE || node->kind == SP_PICKLE_SET)
           && mark_seen (walk, node))
    push_frame (walk, FRAME_ITEMS, node->list.items, node->list.n, frame->depth);
  else if (node->kind < SP_PICKLE_LIST)
    add_metadata (walk, node, frame);
}

/* --- names --- */

/* torch.nn.Module keeps its tensors and parts in three dictionaries that state_dict() does not name. */
static gboolean
is_module_part (const Frame *frame, const SpPickleNode *key, const SpPickleNode *value)
{
  return frame->kind == FRAME_ATTRIBUTES && value->kind != SP_PICKLE_NONE
      && (sp_pickle_is_text (key, SP_PICKLE_STRING, "_parameters")
          || sp_pickle_is_text (key, SP_PICKLE_STRING, "_buffers")
          || sp_pickle_is_text (key, SP_PICKLE_STRING, "_modules"));
}

/* state_dict() keeps the versions of its modules there. */
static gboolean
is_bookkeeping (const Frame *frame, const SpPickleNode *key)
{
  return frame->kind == FRAME_ATTRIBUTES && sp_pickle_is_text (key, SP_PICKLE_STRING, "_metadata");
}

static void
append_label (Walk *walk, Frame *frame, const char *label)
{
  if (walk->name->len > 0)
    g_string_append_c (walk->name, '.');
  g_string_append (walk->name, label);
  frame->depth++;
}

static void
append_key (Walk *walk, Frame *frame, const SpPickleNode *key)
{
  g_autofree char *label = sp_pickle_dup_label (key, MAX_LABEL);

  append_label (walk, frame, label != NULL ? label : "?");
}

static void
append_index (Walk *walk, Frame *frame)
{
  char label[16];

  g_snprintf (label, sizeof label, "%u", frame->i);
  append_label (walk, frame, label);
}

/* The next item of a frame, its path made; NULL: not to be looked at.  at: a copy, one label deeper. */
static const SpPickleNode *
next_item (Walk *walk, Frame *frame, Frame *at)
{
  gboolean is_pairs = frame->kind == FRAME_PAIRS || frame->kind == FRAME_ATTRIBUTES;
  const SpPickleNode *key = frame->items[frame->i], *value = is_pairs ? frame->items[frame->i + 1] : key;

  g_string_truncate (walk->name, frame->n_name);
  *at = *frame;
  if (frame->kind == FRAME_PAIR_LIST)
    {
      append_key (walk, at, key->list.items[0]);
      value = key->list.items[1];
    }
  else if (frame->kind == FRAME_ITEMS)
    append_index (walk, at);
  else if (is_pairs && !is_module_part (frame, key, value))
    append_key (walk, at, key);
  frame->i += is_pairs ? 2 : 1;
  return is_pairs && is_bookkeeping (frame, key) ? NULL : value;
}

static void
step (Walk *walk)
{
  Frame *frame = &g_array_index (walk->stack, Frame, walk->stack->len - 1), at;
  const SpPickleNode *node;

  if (frame->kind == FRAME_OBJECT && frame->n_tensors == walk->n_tensors)
    count_stranger (walk, frame->class);
  if (frame->kind == FRAME_OBJECT || frame->i >= frame->n)
    {
      g_array_set_size (walk->stack, walk->stack->len - 1);
      return;
    }
  node = next_item (walk, frame, &at);
  if (node != NULL)
    visit (walk, node, &at);                     /* may move the stack: frame is no longer valid */
}

static gboolean
run (Walk *walk, GError **error)
{
  GCancellable *cancellable = sp_store_get_cancellable (walk->file->store);
  SpPickleNode *root = sp_pickle_get_root (walk->file->pickle);

  push_frame (walk, FRAME_PLAIN, &root, 1, 0);
  for (guint64 n = 0; walk->stack->len > 0; n++)
    {
      if (n % 1024 == 0 && g_cancellable_set_error_if_cancelled (cancellable, error))
        return FALSE;
      step (walk);
    }
  tell_strangers (walk);
  return TRUE;
}

gboolean
torch_walk (TorchFile *file, SpPickle *pickle, const char *prefix, GError **error)
{
  g_autoptr (GArray) stack = g_array_new (FALSE, FALSE, sizeof (Frame));
  g_autoptr (GString) name = g_string_new (prefix);
  g_autoptr (GHashTable) strangers = g_hash_table_new (g_str_hash, g_str_equal);
  g_autoptr (GPtrArray) order = g_ptr_array_new ();
  g_autofree guint8 *seen = g_try_malloc0 (sp_pickle_get_n_nodes (pickle) / 8 + 1);
  Walk walk = { .file = file, .stack = stack, .name = name, .seen = seen, .strangers = strangers,
                .stranger_order = order };

  file->pickle = pickle;
  g_hash_table_remove_all (file->arrays);
  if (seen == NULL)
    {
      g_set_error (error, SP_ERROR, SP_ERROR_TOO_BIG, _("%s: there is not enough memory to go through it"),
                   sp_blob_get_name (file->blob));
      return FALSE;
    }
  return run (&walk, error);
}
