/* torch-tensor.c - what PyTorch's functions that rebuild tensors would have made, read off their arguments */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "torch-file.h"

#include "sp-reader.h"

#include <glib/gi18n-lib.h>
#include <string.h>

#define MAX_WRAPPERS 16
#define MAX_REPEATED ((guint64) 1 << 36)     /* elements of a tensor that is larger than its storage */

/* A call with its function's name: of the record itself, or of the one inside its wrappers. */
typedef struct {
  const char         *function;
  const SpPickleNode *args;
} TorchCall;

typedef SpTensor *(*Builder) (TorchFile *file, const SpPickleNode *args, const char *name);

/* The arguments storage, offset, size, stride. */
typedef struct {
  TorchRegion      region;
  const TorchType *type;
  guint            rank;
  guint64          shape[SP_MAX_RANK];
  gint64           strides[SP_MAX_RANK], offset;
} View;

gboolean
torch_read_numbers (const SpPickleNode *node, gint64 *numbers, gsize n_room, gsize *n)
{
  if (node != NULL && node->kind == SP_PICKLE_RECORD && sp_pickle_get_n_items (node->record->args) == 1)
    node = sp_pickle_get_item (node->record->args, 0);       /* torch.Size ((2, 3)), build_intlist ([2, 3]) */
  *n = sp_pickle_get_n_items (node);
  if (node == NULL || (node->kind != SP_PICKLE_TUPLE && node->kind != SP_PICKLE_LIST))
    return FALSE;
  for (gsize i = 0; i < MIN (*n, n_room); i++)
    if (!sp_pickle_get_int (sp_pickle_get_item (node, i), &numbers[i]))
      return FALSE;
  return TRUE;
}

SpTensor *
torch_refuse (TorchFile *file, const char *name, const char *dtype_name, guint rank, const guint64 *shape,
              const char *format, ...)
{
  g_autofree char *reason = NULL;
  SpTensor *tensor = sp_tensor_new (name, SP_DTYPE_NONE, rank, shape);
  va_list args;

  if (tensor == NULL)
    tensor = sp_tensor_new (name, SP_DTYPE_NONE, 0, NULL);
  va_start (args, format);
  reason = g_strdup_vprintf (format, args);
  va_end (args);
  tensor->dtype_name = g_strdup (dtype_name != NULL ? dtype_name : "unknown");
  sp_tensor_refuse (tensor, g_strdup_printf (_("%s: tensor '%s' %s"), sp_blob_get_name (file->blob), name, reason));
  return tensor;
}

static SpTensor *
refuse_view (TorchFile *file, const View *view, const char *name, const char *reason)
{
  return torch_refuse (file, name, view->type != NULL ? view->type->name : NULL, view->rank, view->shape, "%s", reason);
}

/* --- sizes and strides --- */

/* NULL, or what is wrong with them. */
static const char *
read_sizes (const SpPickleNode *size, const SpPickleNode *stride, View *view)
{
  gint64 sizes[SP_MAX_RANK];
  gsize rank, n_strides;

  if (!torch_read_numbers (size, sizes, SP_MAX_RANK, &rank))
    return _("has a size that is no list of whole numbers");
  if (rank > SP_MAX_RANK)
    return _("has too many dimensions: at most 8 are read");
  if (!torch_read_numbers (stride, view->strides, SP_MAX_RANK, &n_strides) || n_strides != rank)
    return _("has strides that do not go with its size");
  for (gsize i = 0; i < rank; i++)
    if (sizes[i] < 0 || view->strides[i] < 0)
      return sizes[i] < 0 ? _("has a negative size") : _("has a negative stride");
  for (gsize i = 0; i < rank; i++)
    view->shape[i] = (guint64) sizes[i];
  view->rank = (guint) rank;
  return NULL;
}

/* Strides that are never stepped along are made those of a packed tensor. */
static void
tidy_strides (View *view, guint64 n_elements)
{
  gint64 step = 1;

  for (guint i = view->rank; i-- > 0;)
    {
      if (view->shape[i] <= 1 || n_elements == 0)
        view->strides[i] = n_elements > 0 ? step : 0;
      step *= n_elements > 0 ? (gint64) view->shape[i] : 1;
    }
  if (n_elements == 0)
    view->offset = 0;
}

/* One past the last element the view reaches, in elements of its part of the storage; FALSE: beyond 2^63. */
static gboolean
find_end (const View *view, guint64 n_elements, guint64 *end)
{
  guint64 reach;

  *end = (guint64) view->offset + (n_elements > 0 ? 1 : 0);
  for (guint i = 0; i < view->rank && n_elements > 0; i++)
    if (__builtin_mul_overflow (view->shape[i] - 1, (guint64) view->strides[i], &reach)
        || __builtin_add_overflow (*end, reach, end) || *end > G_MAXINT64)
      return FALSE;
  return TRUE;
}

/* --- the view of a storage --- */

/* FALSE, with the row that says why, where the storage cannot be read. */
static gboolean
check_storage (TorchFile *file, const View *view, const char *name, SpTensor **row)
{
  const TorchStorage *storage = view->region.storage;
  g_autofree char *reason = NULL;

  if (view->type == NULL)
    reason = g_strdup_printf (_("has elements of the unknown type %s, which is not supported"),
                              view->region.class_name);
  else if (view->type->dtype == SP_DTYPE_NONE)
    reason = g_strdup_printf (_("has elements of type %s, which is not supported"), view->type->name);
  else if (storage == NULL)
    reason = g_strdup_printf (_("lies in storage '%s', which is not in the file"), view->region.key);
  else if (storage->blob == NULL)
    reason = g_strdup_printf (_("lies in storage '%s', which %s"), view->region.key, storage->problem);
  *row = reason != NULL ? refuse_view (file, view, name, reason) : NULL;
  return reason == NULL;
}

/* The region in bytes of the storage: it counts elements of the storage's own type, the view of the view's. */
static void
measure_region (const View *view, guint64 *begin, guint64 *n_bytes)
{
  guint64 unit = view->region.type->n_bytes;

  *begin = view->region.first * unit;              /* both were found to lie within the storage */
  *n_bytes = view->region.n * unit;
}

static void
set_place (const View *view, guint64 begin, guint64 n_span, SpTensor *tensor)
{
  TorchStorage *storage = view->region.storage;

  memcpy (tensor->strides, view->strides, view->rank * sizeof *view->strides);
  tensor->blob = sp_blob_ref (storage->blob);
  tensor->offset = storage->offset + begin + (guint64) view->offset * view->type->n_bytes;
  tensor->n_bytes = MIN (tensor->n_bytes, n_span);
}

static SpTensor *
build_view (TorchFile *file, View *view, const char *name)
{
  guint64 n_elements, begin, n_bytes, end;
  g_autoptr (SpTensor) tensor = NULL;
  SpTensor *row;

  if (!check_storage (file, view, name, &row))
    return row;
  tensor = sp_tensor_new (name, view->type->dtype, view->rank, view->shape);
  if (tensor == NULL)
    return torch_refuse (file, name, view->type->name, 0, NULL, _("has more elements than 2^63 bytes hold"));
  n_elements = tensor->n_elements;
  tidy_strides (view, n_elements);
  measure_region (view, &begin, &n_bytes);
  if (view->offset < 0 || !find_end (view, n_elements, &end) || end > n_bytes / view->type->n_bytes)
    return refuse_view (file, view, name, _("reaches outside of its storage"));
  if (n_elements > MAX_REPEATED && n_elements > n_bytes / view->type->n_bytes)
    return refuse_view (file, view, name, _("is too big: it repeats a small storage more than 2^36 times"));
  set_place (view, begin, (end - (guint64) view->offset) * view->type->n_bytes, tensor);
  tensor->is_swapped = file->is_swapped && view->type->n_bytes > 1;
  return g_steal_pointer (&tensor);
}

/* storage, offset, size, stride …; type: where the storage does not tell; NULL: it does. */
static SpTensor *
build_strided_as (TorchFile *file, const SpPickleNode *args, const TorchType *type, const char *name)
{
  View view = { .type = type };
  const char *reason = read_sizes (sp_pickle_get_item (args, 2), sp_pickle_get_item (args, 3), &view);

  if (!torch_region_read (file, sp_pickle_get_item (args, 0), &view.region))
    return refuse_view (file, &view, name, _("has no storage"));
  if (type == NULL)
    view.type = view.region.type;
  if (reason != NULL)
    return refuse_view (file, &view, name, reason);
  if (!sp_pickle_get_int (sp_pickle_get_item (args, 1), &view.offset))
    return refuse_view (file, &view, name, _("has an offset that is no whole number"));
  if (view.region.type == NULL)
    view.type = NULL;
  return build_view (file, &view, name);
}

/* --- functions of torch._utils --- */

static gboolean
is_true (const SpPickleNode *node)
{
  gint64 value;

  return sp_pickle_get_int (node, &value) && value != 0;
}

/* Views that conjugate or negate lazily keep the values without: their signs would be wrong. */
static SpTensor *
mark_lazy (TorchFile *file, const SpPickleNode *metadata, const char *name, SpTensor *tensor)
{
  if (is_true (sp_pickle_find (metadata, "neg")) || is_true (sp_pickle_find (metadata, "conj")))
    sp_tensor_refuse (tensor,
                      g_strdup_printf (_("%s: tensor '%s' is a negated or conjugated view, which is not supported"),
                                       sp_blob_get_name (file->blob), name));
  return tensor;
}

static SpTensor *
build_strided (TorchFile *file, const SpPickleNode *args, const char *name)
{
  return mark_lazy (file, sp_pickle_get_item (args, 6), name, build_strided_as (file, args, NULL, name));
}

/* …, requires_grad, hooks, dtype, metadata: the storage is of plain bytes. */
static SpTensor *
build_typed (TorchFile *file, const SpPickleNode *args, const char *name)
{
  const SpPickleNode *dtype = sp_pickle_get_item (args, 6);
  const TorchType *type = torch_type_find (dtype);

  if (type == NULL)
    return torch_refuse (file, name, NULL, 0, NULL, _("has elements of the unknown type %s, which is not supported"),
                         dtype != NULL && dtype->kind == SP_PICKLE_GLOBAL ? dtype->text.data : "?");
  return mark_lazy (file, sp_pickle_get_item (args, 7), name, build_strided_as (file, args, type, name));
}

/* A row with a shape, where the arguments have one. */
static SpTensor *
refuse_sized (TorchFile *file, const SpPickleNode *size, const char *dtype_name, const char *name, const char *reason)
{
  gint64 sizes[SP_MAX_RANK];
  guint64 shape[SP_MAX_RANK];
  gsize rank;

  if (!torch_read_numbers (size, sizes, SP_MAX_RANK, &rank) || rank > SP_MAX_RANK)
    rank = 0;
  for (gsize i = 0; i < rank; i++)
    shape[i] = (guint64) MAX (sizes[i], 0);
  return torch_refuse (file, name, dtype_name, (guint) rank, shape, "%s", reason);
}

static SpTensor *
refuse_quantised (TorchFile *file, const SpPickleNode *args, const char *name)
{
  TorchRegion region;
  gboolean is_known = torch_region_read (file, sp_pickle_get_item (args, 0), &region) && region.type != NULL;

  return refuse_sized (file, sp_pickle_get_item (args, 2), is_known ? region.type->name : NULL, name,
                       _("is quantised: what counts as zero is its zero point, so it is not read"));
}

/* dtype, size, stride, requires_grad. */
static SpTensor *
refuse_meta (TorchFile *file, const SpPickleNode *args, const char *name)
{
  const TorchType *type = torch_type_find (sp_pickle_get_item (args, 0));

  return refuse_sized (file, sp_pickle_get_item (args, 1), type != NULL ? type->name : NULL, name,
                       _("has no data: it was saved on the 'meta' device"));
}

/* class, dtype, size, stride …. */
static SpTensor *
refuse_wrapper (TorchFile *file, const SpPickleNode *args, const char *name)
{
  const TorchType *type = torch_type_find (sp_pickle_get_item (args, 1));

  return refuse_sized (file, sp_pickle_get_item (args, 2), type != NULL ? type->name : NULL, name,
                       _("is of a class that wraps tensors, which is not supported"));
}

static SpTensor *
refuse_nested (TorchFile *file, const SpPickleNode *args, const char *name)
{
  return torch_refuse (file, name, NULL, 0, NULL, _("is a nested tensor of several sizes, which is not supported"));
}

static SpTensor *
refuse_empty_wrapper (TorchFile *file, const SpPickleNode *args, const char *name)
{
  return torch_refuse (file, name, NULL, 0, NULL, _("is a parameter without a tensor in it"));
}

static const struct { const char *function; Builder build; } builders[] = {
  { "torch._utils._rebuild_tensor", build_strided },
  { "torch._utils._rebuild_tensor_v2", build_strided },
  { "torch._utils._rebuild_tensor_v3", build_typed },
  { "torch._utils._rebuild_sparse_tensor", torch_sparse_new },
  { "torch._utils._rebuild_sparse_csr_tensor", torch_sparse_new },
  { "torch._utils._rebuild_qtensor", refuse_quantised },
  { "torch._utils._rebuild_meta_tensor_no_storage", refuse_meta },
  { "torch._utils._rebuild_wrapper_subclass", refuse_wrapper },
  { "torch._utils._rebuild_nested_tensor", refuse_nested },
  { "torch._utils._rebuild_parameter", refuse_empty_wrapper },
  { "torch._utils._rebuild_parameter_with_state", refuse_empty_wrapper },
};

/* --- wrappers --- */

/* The functions whose first argument is the tensor, with perhaps some state around it. */
static gboolean
is_wrapper (const char *function)
{
  static const char *const wrappers[] = {
    "torch._utils._rebuild_parameter", "torch._utils._rebuild_parameter_with_state",
    "torch._utils._rebuild_device_tensor_from_numpy", "torch._utils._rebuild_device_tensor_from_cpu_tensor",
    "torch._utils._rebuild_xla_tensor",
  };

  for (gsize i = 0; i < G_N_ELEMENTS (wrappers); i++)
    if (strcmp (function, wrappers[i]) == 0)
      return TRUE;
  return FALSE;
}

/* Tensor subclasses: _rebuild_from_type (function, class, arguments, state). */
static gboolean
is_typed_call (const char *function)
{
  return strcmp (function, "torch._tensor._rebuild_from_type") == 0
      || strcmp (function, "torch._tensor._rebuild_from_type_v2") == 0;
}

static gboolean
is_call (const SpPickleNode *node)
{
  return node != NULL && node->kind == SP_PICKLE_RECORD && node->record->callable->kind == SP_PICKLE_GLOBAL;
}

/* Unpacks a record down to the call that makes the tensor.  *node becomes the innermost record
 * there is; FALSE: it is no call of a function. */
static gboolean
unwrap (const SpPickleNode **node, TorchCall *call)
{
  if (!is_call (*node))
    return FALSE;
  *call = (TorchCall) { (*node)->record->callable->text.data, (*node)->record->args };
  for (guint i = 0; i < MAX_WRAPPERS; i++)
    {
      const SpPickleNode *first = sp_pickle_get_item (call->args, 0);

      if (is_typed_call (call->function) && first != NULL && first->kind == SP_PICKLE_GLOBAL)
        *call = (TorchCall) { first->text.data, sp_pickle_get_item (call->args, 2) };
      else if (is_wrapper (call->function) && is_call (first))
        {
          *node = first;
          *call = (TorchCall) { first->record->callable->text.data, first->record->args };
        }
      else
        break;
    }
  return TRUE;
}

static Builder
find_builder (const char *function)
{
  if (g_str_has_prefix (function, "torch._utils."))
    for (gsize i = 0; i < G_N_ELEMENTS (builders); i++)
      if (strcmp (function, builders[i].function) == 0)
        return builders[i].build;
  return NULL;
}

gboolean
torch_is_tensor (const SpPickleNode *node)
{
  const SpPickleNode *inner = node;
  TorchCall call;

  return unwrap (&inner, &call) && (find_builder (call.function) != NULL || torch_is_array (inner));
}

SpTensor *
torch_strided_new (TorchFile *file, const SpPickleNode *node, const char *name)
{
  const SpPickleNode *inner = node;
  TorchCall call = { "", NULL };
  Builder build;

  unwrap (&inner, &call);
  build = find_builder (call.function);
  if (build != build_strided && build != build_typed)
    return torch_refuse (file, name, NULL, 0, NULL, _("is a part of another and no plain tensor"));
  return build (file, call.args, name);
}

SpTensor *
torch_tensor_new (TorchFile *file, const SpPickleNode *node, const char *name)
{
  const SpPickleNode *inner = node;
  TorchCall call = { "", NULL };
  Builder build;

  unwrap (&inner, &call);
  build = find_builder (call.function);
  return build != NULL ? build (file, call.args, name) : torch_array_new (file, inner, name);
}
