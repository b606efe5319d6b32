/* safetensors.c - the safetensors format: a JSON header that lists ranges of the rest of the file */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sp-format.h"
#include "sp-json.h"
#include "sp-reader.h"

#include <glib/gi18n-lib.h>
#include <inttypes.h>
#include <string.h>

#define LENGTH_BYTES 8
#define MAX_HEADER   ((guint64) 100 << 20)         /* the format's own limit */
#define MAX_NAME     4096
#define MAX_METADATA 1000
#define MAX_VALUE    4096

/* dtype: SP_DTYPE_NONE for those that are listed but not read. */
static const struct { const char *name; SpDtype dtype; guint bits; } dtypes[] = {
  { "F64", SP_DTYPE_F64, 64 },         { "F32", SP_DTYPE_F32, 32 },         { "F16", SP_DTYPE_F16, 16 },
  { "BF16", SP_DTYPE_BF16, 16 },       { "F8_E4M3", SP_DTYPE_F8_E4M3, 8 },  { "F8_E5M2", SP_DTYPE_F8_E5M2, 8 },
  { "I8", SP_DTYPE_I8, 8 },            { "U8", SP_DTYPE_U8, 8 },            { "BOOL", SP_DTYPE_BOOL, 8 },
  { "I16", SP_DTYPE_I16, 16 },         { "U16", SP_DTYPE_U16, 16 },         { "I32", SP_DTYPE_I32, 32 },
  { "U32", SP_DTYPE_U32, 32 },         { "I64", SP_DTYPE_I64, 64 },         { "U64", SP_DTYPE_U64, 64 },
  { "C64", SP_DTYPE_NONE, 64 },        { "F8_E8M0", SP_DTYPE_NONE, 8 },     { "F8_E4M3FNUZ", SP_DTYPE_NONE, 8 },
  { "F8_E5M2FNUZ", SP_DTYPE_NONE, 8 }, { "F6_E2M3", SP_DTYPE_NONE, 6 },     { "F6_E3M2", SP_DTYPE_NONE, 6 },
  { "F4", SP_DTYPE_NONE, 4 },
};

/* What the header says of one tensor. */
typedef struct {
  char    *name;
  char     dtype[24];
  guint64  shape[SP_MAX_RANK];
  guint    n_dimensions;               /* may exceed SP_MAX_RANK */
  guint64  n_elements;
  guint64  begin, end;                 /* from the end of the header */
  gboolean has_dtype, has_shape, has_offsets;
} Entry;

typedef struct {
  SpBlob     *blob;
  SpStore    *store;
  SpJson     *json;
  guint64     data_at;                 /* where the header ends */
  GArray     *entries;                 /* of Entry */
  GHashTable *names;                   /* of the entries, lent */
} Open;

static void
entry_clear (Entry *entry)
{
  g_free (entry->name);
}

static guint64
header_length (const guint8 *head)
{
  SpReader reader;

  sp_reader_init (&reader, head, LENGTH_BYTES, "");
  return sp_reader_u64 (&reader);
}

static gboolean
has_suffix (SpBlob *blob)
{
  return g_str_has_suffix (sp_blob_get_name (blob), ".safetensors");
}

/* By its first byte of JSON, or by its name where the file is too short, or too odd, to tell. */
static gboolean
sniff (SpBlob *blob, const guint8 *head, gsize n)
{
  gboolean fits;

  if (n <= LENGTH_BYTES)
    return has_suffix (blob);
  fits = header_length (head) <= sp_blob_get_size (blob) - LENGTH_BYTES;
  if (head[LENGTH_BYTES] == '{')
    return has_suffix (blob) || (fits && header_length (head) <= MAX_HEADER);
  return has_suffix (blob) && fits;
}

static gboolean
fail (Open *open, SpError code, const char *reason, GError **error)
{
  g_set_error (error, SP_ERROR, code, "%s: %s", sp_blob_get_name (open->blob), reason);
  return FALSE;
}

static gboolean
fail_entry (Open *open, const Entry *entry, SpError code, const char *reason, GError **error)
{
  g_set_error (error, SP_ERROR, code, _("%s: tensor '%s' %s"), sp_blob_get_name (open->blob), entry->name, reason);
  return FALSE;
}

static char *
read_header (Open *open, gsize *n_bytes, GError **error)
{
  guint8 length[LENGTH_BYTES];
  guint64 size = sp_blob_get_size (open->blob);
  g_autofree char *header = NULL;

  if (!sp_blob_read (open->blob, 0, length, sizeof length, error))
    return NULL;
  *n_bytes = header_length (length);
  if (header_length (length) > size - LENGTH_BYTES)
    {
      g_set_error (
        error, SP_ERROR, SP_ERROR_CUT,
        _("%s: its header should end at byte %" PRIu64 " + 8, but the file ends at byte %" PRIu64),
        sp_blob_get_name (open->blob), header_length (length), size);
      return NULL;
    }
  if (*n_bytes > MAX_HEADER)
    {
      fail (open, SP_ERROR_TOO_BIG, _("its header is longer than the 100 MB the format allows"), error);
      return NULL;
    }
  header = g_try_malloc (*n_bytes + 1);
  if (header == NULL)
    {
      fail (open, SP_ERROR_TOO_BIG, _("no memory for its header"), error);
      return NULL;
    }
  if (!sp_blob_read (open->blob, LENGTH_BYTES, header, *n_bytes, error))
    return NULL;
  open->data_at = LENGTH_BYTES + *n_bytes;
  return g_steal_pointer (&header);
}

/* A list of plain whole numbers: n counts all, values (n_room) holds the first ones, product is
 * theirs, or at least 2^63 where it overflows.  Where it is no such list, n is 0 and product stays. */
static gboolean
read_numbers (Open *open, guint64 *values, guint n_room, guint *n, guint64 *product, GError **error)
{
  SpJsonToken token = sp_json_next (open->json, error);
  gboolean is_empty = FALSE;
  guint64 value, all = 1;
  guint n_seen = 0;

  *n = 0;
  if (token != SP_JSON_ARRAY)
    return token != SP_JSON_ERROR;
  while ((token = sp_json_next (open->json, error)) == SP_JSON_NUMBER && sp_json_get_u64 (open->json, &value))
    {
      if (n_seen < n_room)
        values[n_seen] = value;
      n_seen++;
      is_empty |= value == 0;
      if (!is_empty && (__builtin_mul_overflow (all, value, &all) || all > G_MAXINT64))
        all = G_MAXUINT64 / 2 + 1;
    }
  if (token == SP_JSON_ARRAY_END)
    {
      *n = n_seen;
      *product = is_empty ? 0 : all;
    }
  return token != SP_JSON_ERROR;
}

static gboolean
read_shape (Open *open, Entry *entry, GError **error)
{
  entry->n_elements = G_MAXUINT64;
  if (!read_numbers (open, entry->shape, SP_MAX_RANK, &entry->n_dimensions, &entry->n_elements, error))
    return FALSE;
  if (entry->n_elements > G_MAXINT64)
    return fail_entry (open, entry, SP_ERROR_MALFORMED,
                       _("has a shape that is no list of sizes, or one of too many elements"), error);
  entry->has_shape = TRUE;
  return TRUE;
}

static gboolean
read_offsets (Open *open, Entry *entry, GError **error)
{
  guint64 range[2], product;
  guint n;

  if (!read_numbers (open, range, 2, &n, &product, error))
    return FALSE;
  if (n != 2 || range[0] > range[1])
    return fail_entry (open, entry, SP_ERROR_MALFORMED, _("has data_offsets that are no begin and end"), error);
  entry->begin = range[0];
  entry->end = range[1];
  entry->has_offsets = TRUE;
  return TRUE;
}

static gboolean
read_dtype (Open *open, Entry *entry, GError **error)
{
  SpJsonToken token = sp_json_next (open->json, error);

  if (token == SP_JSON_ERROR)
    return FALSE;
  if (token != SP_JSON_STRING || strlen (sp_json_get_string (open->json)) >= sizeof entry->dtype)
    return fail_entry (open, entry, SP_ERROR_MALFORMED, _("has a dtype that is no name"), error);
  g_strlcpy (entry->dtype, sp_json_get_string (open->json), sizeof entry->dtype);
  entry->has_dtype = TRUE;
  return TRUE;
}

static gboolean
read_field (Open *open, Entry *entry, GError **error)
{
  const char *key = sp_json_get_string (open->json);

  if ((strcmp (key, "shape") == 0 && entry->has_shape) || (strcmp (key, "dtype") == 0 && entry->has_dtype)
      || (strcmp (key, "data_offsets") == 0 && entry->has_offsets))
    return fail_entry (open, entry, SP_ERROR_MALFORMED, _("is described twice"), error);
  if (strcmp (key, "shape") == 0)
    return read_shape (open, entry, error);
  if (strcmp (key, "dtype") == 0)
    return read_dtype (open, entry, error);
  if (strcmp (key, "data_offsets") == 0)
    return read_offsets (open, entry, error);
  return sp_json_next (open->json, error) != SP_JSON_ERROR && sp_json_skip (open->json, error);
}

static gboolean
read_entry (Open *open, Entry *entry, GError **error)
{
  SpJsonToken token = sp_json_next (open->json, error);

  if (token == SP_JSON_ERROR)
    return FALSE;
  if (token != SP_JSON_OBJECT)
    return fail_entry (open, entry, SP_ERROR_MALFORMED, _("is not described by an object"), error);
  while ((token = sp_json_next (open->json, error)) == SP_JSON_KEY)
    if (!read_field (open, entry, error))
      return FALSE;
  if (token == SP_JSON_ERROR)
    return FALSE;
  if (!entry->has_dtype || !entry->has_shape || !entry->has_offsets)
    return fail_entry (open, entry, SP_ERROR_MALFORMED, _("lacks a dtype, shape or data_offsets"), error);
  return TRUE;
}

static gboolean
read_metadata (Open *open, GError **error)
{
  SpJsonToken token = sp_json_next (open->json, error);
  guint n = 0;

  if (token != SP_JSON_OBJECT)
    return token == SP_JSON_ERROR ? FALSE
                                  : fail (open, SP_ERROR_MALFORMED, _("its __metadata__ is not an object"), error);
  while ((token = sp_json_next (open->json, error)) == SP_JSON_KEY)
    {
      g_autofree char *key = g_strdup (sp_json_get_string (open->json));
      g_autofree char *value = NULL;

      token = sp_json_next (open->json, error);
      if (token != SP_JSON_STRING)
        return token == SP_JSON_ERROR
                 ? FALSE
                 : fail (open, SP_ERROR_MALFORMED, _("its __metadata__ holds more than texts"), error);
      value =
        g_utf8_make_valid (sp_json_get_string (open->json), MIN (strlen (sp_json_get_string (open->json)), MAX_VALUE));
      if (n++ < MAX_METADATA && strlen (key) <= MAX_NAME)
        sp_store_set_metadata (open->store, key, value);
    }
  return token == SP_JSON_OBJECT_END;
}

static gboolean
read_item (Open *open, GError **error)
{
  const char *name = sp_json_get_string (open->json);
  Entry entry = { 0 };

  if (strcmp (name, "__metadata__") == 0)
    return read_metadata (open, error);
  if (strlen (name) > MAX_NAME)
    return fail (open, SP_ERROR_TOO_BIG, _("a tensor's name is longer than 4096 bytes"), error);
  entry.name = sp_printable_text (name, -1);
  g_array_append_val (open->entries, entry);
  if (!g_hash_table_add (open->names, entry.name))
    return fail_entry (open, &entry, SP_ERROR_MALFORMED, _("is listed twice"), error);
  return read_entry (open, &g_array_index (open->entries, Entry, open->entries->len - 1), error);
}

static gboolean
read_items (Open *open, GError **error)
{
  SpJsonToken token = sp_json_next (open->json, error);

  if (token != SP_JSON_OBJECT)
    return token == SP_JSON_ERROR ? FALSE
                                  : fail (open, SP_ERROR_MALFORMED, _("its header is not a JSON object"), error);
  while ((token = sp_json_next (open->json, error)) == SP_JSON_KEY)
    if (!read_item (open, error))
      return FALSE;
  return token == SP_JSON_OBJECT_END && sp_json_next (open->json, error) == SP_JSON_END;
}

static int
compare_ranges (gconstpointer a, gconstpointer b)
{
  const Entry *x = *(const Entry *const *) a, *y = *(const Entry *const *) b;

  if (x->begin != y->begin)
    return x->begin < y->begin ? -1 : 1;
  return (x->end > y->end) - (x->end < y->end);
}

static gboolean
check_overlap (Open *open, GError **error)
{
  g_autofree const Entry **sorted = g_new (const Entry *, open->entries->len + 1);

  for (guint i = 0; i < open->entries->len; i++)
    sorted[i] = &g_array_index (open->entries, Entry, i);
  qsort (sorted, open->entries->len, sizeof *sorted, compare_ranges);
  for (guint i = 1; i < open->entries->len; i++)
    if (sorted[i]->begin < sorted[i - 1]->end)
      {
        g_set_error (error, SP_ERROR, SP_ERROR_MALFORMED,
                     _("%s: tensors '%s' and '%s' overlap at byte %" PRIu64 " of the data"),
                     sp_blob_get_name (open->blob), sorted[i - 1]->name, sorted[i]->name, sorted[i]->begin);
        return FALSE;
      }
  return TRUE;
}

static gboolean
check_bytes (Open *open, const Entry *entry, guint bits, GError **error)
{
  guint64 n_bits, n_bytes = entry->end - entry->begin;

  if (!__builtin_mul_overflow (entry->n_elements, bits, &n_bits) && n_bits / 8 + (n_bits % 8 != 0) == n_bytes)
    return TRUE;
  g_set_error (
    error, SP_ERROR, SP_ERROR_MALFORMED,
    _("%s: tensor '%s' of %" PRIu64 " elements of dtype %s cannot take %" PRIu64 " bytes"),
    sp_blob_get_name (open->blob), entry->name, entry->n_elements, entry->dtype, n_bytes);
  return FALSE;
}

/* Always where the blob's size is not known. */
static gboolean
is_inside (Open *open, const Entry *entry)
{
  return entry->end <= sp_blob_get_size (open->blob) - open->data_at;
}

static gboolean
place_tensor (Open *open, const Entry *entry, SpTensor *tensor)
{
  tensor->n_bytes = entry->end - entry->begin;
  if (is_inside (open, entry))
    {
      tensor->offset = open->data_at + entry->begin;
      tensor->blob = sp_blob_ref (open->blob);
      return TRUE;
    }
  sp_tensor_refuse (tensor, g_strdup_printf (_("%s: tensor '%s' ends at byte %" PRIu64
                                                " of the data, which end at byte %" PRIu64),
                                             sp_blob_get_name (open->blob), entry->name, entry->end,
                                             sp_blob_get_size (open->blob) - open->data_at));
  return FALSE;
}

static gboolean
add_tensor (Open *open, const Entry *entry, gboolean *is_cut, GError **error)
{
  gboolean is_deep = entry->n_dimensions > SP_MAX_RANK;
  SpDtype dtype = SP_DTYPE_NONE;
  SpTensor *tensor;
  gsize i;

  for (i = 0; i < G_N_ELEMENTS (dtypes); i++)
    if (strcmp (entry->dtype, dtypes[i].name) == 0)
      break;
  if (i < G_N_ELEMENTS (dtypes) && is_inside (open, entry) && !check_bytes (open, entry, dtypes[i].bits, error))
    return FALSE;
  if (i < G_N_ELEMENTS (dtypes) && !is_deep)
    dtype = dtypes[i].dtype;
  tensor = sp_tensor_new (entry->name, dtype, is_deep ? 0 : entry->n_dimensions, entry->shape);
  if (tensor == NULL)
    return fail_entry (open, entry, SP_ERROR_MALFORMED, _("has more than 2^63 bytes"), error);
  if (dtype == SP_DTYPE_NONE)
    tensor->dtype_name = g_strdup (entry->dtype);
  *is_cut |= !place_tensor (open, entry, tensor);
  if (is_deep)
    sp_tensor_refuse (tensor,
                      g_strdup_printf (_("%s: tensor '%s' has %u dimensions, which is too many: at most 8 are read"),
                                       sp_blob_get_name (open->blob), entry->name, entry->n_dimensions));
  else if (dtype == SP_DTYPE_NONE)
    sp_tensor_refuse (tensor, g_strdup_printf (_("%s: tensor '%s' has the dtype %s, which is not supported"),
                                               sp_blob_get_name (open->blob), entry->name, entry->dtype));
  sp_store_take_tensor (open->store, tensor);
  return TRUE;
}

/* A file cut short still shows the tensors before the cut, unless none is left. */
static gboolean
add_tensors (Open *open, GError **error)
{
  guint64 size = sp_blob_get_size (open->blob);
  gboolean is_cut = FALSE, is_any_whole = FALSE;

  if (!check_overlap (open, error))
    return FALSE;
  for (guint i = 0; i < open->entries->len; i++)
    is_any_whole |= is_inside (open, &g_array_index (open->entries, Entry, i));
  if (open->entries->len > 0 && !is_any_whole)
    {
      g_set_error (error, SP_ERROR, SP_ERROR_CUT,
                   _("%s: it ends at byte %" PRIu64 ", before the end of its first tensor"),
                   sp_blob_get_name (open->blob), size);
      return FALSE;
    }
  for (guint i = 0; i < open->entries->len; i++)
    if (!add_tensor (open, &g_array_index (open->entries, Entry, i), &is_cut, error))
      return FALSE;
  if (is_cut)
    sp_store_take_note (open->store, g_strdup_printf (_("%s: the file is cut short: its last tensors are missing"),
                                                      sp_blob_get_name (open->blob)));
  return TRUE;
}

static gboolean
open_safetensors (SpBlob *blob, SpStore *store, GError **error)
{
  Open open = { .blob = blob, .store = store };
  gsize n_bytes = 0;
  g_autofree char *header = read_header (&open, &n_bytes, error);
  g_autoptr (SpJson) json = sp_json_new (header, n_bytes, sp_blob_get_name (blob));
  g_autoptr (GArray) entries = g_array_new (FALSE, TRUE, sizeof (Entry));
  g_autoptr (GHashTable) names = g_hash_table_new (g_str_hash, g_str_equal);

  g_array_set_clear_func (entries, (GDestroyNotify) entry_clear);
  open.json = json;
  open.entries = entries;
  open.names = names;
  return header != NULL && read_items (&open, error) && add_tensors (&open, error);
}

const SpFormat sp_format_safetensors = {
  .id = "safetensors",
  .title = N_("Safetensors"),
  .globs = "*.safetensors",
  .mime = "application/x-safetensors",
  .sniff = sniff,
  .open = open_safetensors,
};
