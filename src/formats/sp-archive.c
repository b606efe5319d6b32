/* sp-archive.c - members of zip, tar, gz, xz and zst files as blobs */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sp-archive.h"

#include "sp-checksum.h"
#include "sp-inflate.h"
#include "sp-unpack.h"
#include "sp-zip.h"

#include <glib/gi18n-lib.h>
#include <string.h>

/* A zip inside a compressed file is inflated into memory, because its directory is at its end. */
#define MAX_ZIP_IN_MEMORY ((gsize) 64 << 20)
#define HEAD_BYTES        265          /* as far as tar's mark */
#define TAR_BLOCK         512

struct _SpArchive {
  int       n_refs;                    /* atomic */
  SpBlob   *blob;                      /* of a zip: random */
  gboolean  is_zip;
  SpUnpack *unpack;                    /* of all others */
  GArray   *members;
};

typedef enum { KIND_NONE, KIND_ZIP, KIND_GZIP, KIND_UNPACK, KIND_TAR } Kind;

static Kind
find_kind (const guint8 *head, gsize n)
{
  static const struct { const char *mark; guint8 length; guint16 at; Kind kind; } marks[] = {
    { "PK\003\004", 4, 0, KIND_ZIP },      { "PK\005\006", 4, 0, KIND_ZIP },   { "PK\006\006", 4, 0, KIND_ZIP },
    { "\037\213\010", 3, 0, KIND_GZIP },   { "BZh", 3, 0, KIND_UNPACK },       { "\3757zXZ\0", 6, 0, KIND_UNPACK },
    { "\050\265\057\375", 4, 0, KIND_UNPACK }, { "ustar", 5, 257, KIND_TAR },
  };

  for (guint i = 0; i < G_N_ELEMENTS (marks); i++)
    if (n >= (gsize) marks[i].at + marks[i].length && memcmp (head + marks[i].at, marks[i].mark, marks[i].length) == 0)
      return marks[i].kind;
  return KIND_NONE;
}

/* "a/model.npy.gz" → "model.npy". */
static char *
name_single_member (const char *name)
{
  g_autofree char *base = g_path_get_basename (name);
  char *dot = strrchr (base, '.');

  if (dot != NULL && dot != base && strlen (dot) <= 5)
    *dot = '\0';
  return g_steal_pointer (&base);
}

static gboolean
fail (SpBlob *blob, SpError code, const char *reason, GError **error)
{
  g_set_error (error, SP_ERROR, code, "%s: %s", sp_blob_get_name (blob), reason);
  return FALSE;
}

static GBytes *
load_blob (SpBlob *blob, gsize max_bytes, GError **error)
{
  g_autoptr (GByteArray) bytes = g_byte_array_new ();
  gssize n;

  max_bytes = MIN (max_bytes, G_MAXINT32);
  do
    {
      gsize before = bytes->len, step = MIN (MAX (before, 4096), max_bytes + 1 - before);

      g_byte_array_set_size (bytes, before + step);
      n = sp_blob_read_some (blob, before, bytes->data + before, step, error);
      g_byte_array_set_size (bytes, before + MAX (n, 0));
    }
  while (n > 0 && bytes->len <= max_bytes);
  if (n >= 0 && bytes->len > max_bytes)
    fail (blob, SP_ERROR_TOO_BIG, _("it is larger than anything of its kind should be"), error);
  else if (n >= 0)
    return g_byte_array_free_to_bytes (g_steal_pointer (&bytes));
  return NULL;
}

static gboolean
open_zip (SpArchive *archive, SpBlob *blob, GError **error)
{
  archive->is_zip = TRUE;
  if (sp_blob_is_random (blob))
    archive->blob = sp_blob_ref (blob);
  else
    {
      g_autoptr (GBytes) bytes = load_blob (blob, MAX_ZIP_IN_MEMORY, NULL);

      if (bytes == NULL)
        return fail (blob, SP_ERROR_UNSUPPORTED,
                     _("a zip of more than 64 MiB within a compressed file is not read: unpack it first"), error);
      archive->blob = sp_blob_new_bytes (bytes, sp_blob_get_name (blob));
    }
  archive->members = sp_zip_list (archive->blob, error);
  return archive->members != NULL;
}

/* A gzip may hold a tar, which is then the archive, or one file of any kind. */
static gboolean
open_gzip (SpArchive *archive, SpBlob *blob, GError **error)
{
  g_autofree char *name = name_single_member (sp_blob_get_name (blob));
  g_autofree char *full = g_strconcat (sp_blob_get_name (blob), "/", name, NULL);
  SpMember member = { .name = name, .n_bytes = SP_SIZE_UNKNOWN };
  guint8 head[HEAD_BYTES];
  gssize n;

  archive->blob = sp_inflate_new_gzip (blob, full);
  n = sp_blob_read_some (archive->blob, 0, head, sizeof head, error);
  if (n < 0)
    return FALSE;
  if (n == HEAD_BYTES && memcmp (head + 257, "ustar", 5) == 0)
    {
      archive->unpack = sp_unpack_new (archive->blob, NULL);
      archive->members = sp_unpack_list (archive->unpack, error);
      return archive->members != NULL;
    }
  archive->members = g_array_new (FALSE, TRUE, sizeof (SpMember));
  g_array_set_clear_func (archive->members, (GDestroyNotify) sp_member_clear);
  g_array_append_val (archive->members, member);
  g_steal_pointer (&name);
  return TRUE;
}

static gboolean
open_unpack (SpArchive *archive, SpBlob *blob, gboolean is_tar, GError **error)
{
  g_autofree char *name = is_tar ? NULL : name_single_member (sp_blob_get_name (blob));

  if (is_tar && sp_blob_get_size (blob) < TAR_BLOCK)
    return fail (blob, SP_ERROR_CUT, _("it ends within its first header"), error);
  archive->blob = sp_blob_ref (blob);
  archive->unpack = sp_unpack_new (blob, name);
  archive->members = sp_unpack_list (archive->unpack, error);
  return archive->members != NULL;
}

SpArchive *
sp_archive_open (SpBlob *blob, GError **error)
{
  g_autoptr (SpArchive) archive = g_new0 (SpArchive, 1);
  guint8 head[HEAD_BYTES];
  gssize n = sp_blob_read_some (blob, 0, head, sizeof head, error);
  gboolean is_open = FALSE;

  archive->n_refs = 1;
  if (n < 0)
    return NULL;
  switch (find_kind (head, n))
    {
    case KIND_ZIP:    is_open = open_zip (archive, blob, error); break;
    case KIND_GZIP:   is_open = open_gzip (archive, blob, error); break;
    case KIND_UNPACK: is_open = open_unpack (archive, blob, FALSE, error); break;
    case KIND_TAR:    is_open = open_unpack (archive, blob, TRUE, error); break;
    case KIND_NONE:   fail (blob, SP_ERROR_NOT_A_MODEL, _("it is not an archive"), error); break;
    }
  return is_open ? g_steal_pointer (&archive) : NULL;
}

SpArchive *
sp_archive_ref (SpArchive *archive)
{
  g_atomic_int_inc (&archive->n_refs);
  return archive;
}

void
sp_archive_unref (SpArchive *archive)
{
  if (archive == NULL || !g_atomic_int_dec_and_test (&archive->n_refs))
    return;
  g_clear_pointer (&archive->unpack, sp_unpack_unref);
  g_clear_pointer (&archive->members, g_array_unref);
  g_clear_pointer (&archive->blob, sp_blob_unref);
  g_free (archive);
}

gboolean
sp_archive_is_known (const guint8 *head, gsize n)
{
  return find_kind (head, n) != KIND_NONE;
}

gboolean
sp_archive_is_zip (SpArchive *archive)
{
  return archive->is_zip;
}

gsize
sp_archive_get_n_members (SpArchive *archive)
{
  return archive->members->len;
}

const SpMember *
sp_archive_get_member (SpArchive *archive, gsize i)
{
  g_return_val_if_fail (i < archive->members->len, NULL);
  return &g_array_index (archive->members, SpMember, i);
}

const SpMember *
sp_archive_find_suffix (SpArchive *archive, const char *suffix, gsize *index)
{
  for (gsize i = 0; i < archive->members->len; i++)
    if (g_str_has_suffix (sp_archive_get_member (archive, i)->name, suffix))
      {
        if (index != NULL)
          *index = i;
        return sp_archive_get_member (archive, i);
      }
  return NULL;
}

static SpBlob *
dup_zip_blob (SpArchive *archive, const SpMember *member, const char *name, GError **error)
{
  guint64 offset;
  SpBlob *blob;

  if (member->is_encrypted || (member->method != 0 && member->method != 8))
    {
      g_set_error (error, SP_ERROR, SP_ERROR_UNSUPPORTED,
                   member->is_encrypted ? _("%s: it is encrypted, which is not read")
                                        : _("%s: it is compressed by a method other than deflate, which is not read"),
                   name);
      return NULL;
    }
  if (!sp_zip_locate (archive->blob, member, &offset, error))
    return NULL;
  if (member->method != 0)
    return sp_inflate_new_member (archive->blob, offset, member->n_compressed, member->n_bytes, member->crc, name);
  blob = sp_blob_new_slice (archive->blob, name, offset, member->n_bytes, error);
  if (blob != NULL)
    sp_blob_set_crc (blob, member->crc);
  return blob;
}

SpBlob *
sp_archive_dup_blob (SpArchive *archive, gsize i, GError **error)
{
  const SpMember *member = sp_archive_get_member (archive, i);
  g_autofree char *name = g_strconcat (sp_blob_get_name (archive->blob), "/", member->name, NULL);

  if (archive->is_zip)
    return dup_zip_blob (archive, member, name, error);
  if (archive->unpack != NULL)
    return sp_unpack_dup_blob (archive->unpack, member, name, error);
  return sp_blob_ref (archive->blob);
}

GBytes *
sp_archive_load (SpArchive *archive, gsize i, gsize max_bytes, GError **error)
{
  const SpMember *member = sp_archive_get_member (archive, i);
  g_autoptr (SpBlob) blob = sp_archive_dup_blob (archive, i, error);
  g_autoptr (GBytes) bytes = blob != NULL ? load_blob (blob, max_bytes, error) : NULL;
  gsize n;
  gconstpointer data = bytes != NULL ? g_bytes_get_data (bytes, &n) : NULL;

  if (bytes == NULL)
    return NULL;
  if (member->has_crc && !sp_crc32_check (blob, sp_crc32 (0, data, n), member->crc, error))
    return NULL;
  return g_steal_pointer (&bytes);
}
