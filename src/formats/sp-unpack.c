/* sp-unpack.c - tar files and compressed single files, through libarchive */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sp-unpack.h"

#include "sp-zip.h"

#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <gio/gio.h>
#include <glib/gi18n-lib.h>
#include <pthread.h>
#include <string.h>

#define INPUT_BYTES ((gsize) 256 << 10)
#define SKIP_BYTES  ((gsize) 64 << 10)
#define MAX_MEMBERS 1000000
#define MAX_NAME    4096

struct _SpUnpack {
  int              n_refs;             /* atomic */
  SpBlob          *blob;
  char            *member_name;        /* NULL: it is a tar */

  pthread_mutex_t  lock;               /* guards the rest */
  struct archive  *reader;             /* NULL: not open */
  guint64          input_at;           /* of the next packed byte libarchive gets */
  guint8          *input;              /* (INPUT_BYTES) */
  GError          *input_error;        /* what a read callback met */
  gsize            n_entries;          /* headers read so far; the cursor stands in the last one */
  guint64          place;              /* in that entry */
};

typedef struct {
  SpUnpack *unpack;
  gsize     ordinal;
  guint64   place;
} MemberStream;

SpUnpack *
sp_unpack_new (SpBlob *blob, const char *member_name)
{
  SpUnpack *unpack = g_new0 (SpUnpack, 1);

  unpack->n_refs = 1;
  unpack->blob = sp_blob_ref (blob);
  unpack->member_name = g_strdup (member_name);
  unpack->input = g_malloc (INPUT_BYTES);
  pthread_mutex_init (&unpack->lock, NULL);
  return unpack;
}

SpUnpack *
sp_unpack_ref (SpUnpack *unpack)
{
  g_atomic_int_inc (&unpack->n_refs);
  return unpack;
}

static void
close_reader (SpUnpack *unpack)
{
  g_clear_pointer (&unpack->reader, archive_read_free);
  g_clear_error (&unpack->input_error);
  unpack->input_at = 0;
  unpack->n_entries = 0;
  unpack->place = 0;
}

void
sp_unpack_unref (SpUnpack *unpack)
{
  if (!g_atomic_int_dec_and_test (&unpack->n_refs))
    return;
  close_reader (unpack);
  pthread_mutex_destroy (&unpack->lock);
  sp_blob_unref (unpack->blob);
  g_free (unpack->member_name);
  g_free (unpack->input);
  g_free (unpack);
}

static la_ssize_t
give_input (struct archive *reader, void *data, const void **buffer)
{
  SpUnpack *unpack = data;
  gssize n = -1;

  g_clear_error (&unpack->input_error);
  if (!g_cancellable_set_error_if_cancelled (g_cancellable_get_current (), &unpack->input_error))
    n = sp_blob_read_some (unpack->blob, unpack->input_at, unpack->input, INPUT_BYTES, &unpack->input_error);
  if (n < 0)
    archive_set_error (reader, EIO, "%s", unpack->input_error->message);
  else
    unpack->input_at += n;
  *buffer = unpack->input;
  return n;
}

static la_int64_t
skip_input (struct archive *reader, void *data, la_int64_t n)
{
  SpUnpack *unpack = data;
  guint64 size = sp_blob_get_size (unpack->blob);

  if (!sp_blob_is_random (unpack->blob) || n < 0 || unpack->input_at > size)
    return 0;
  n = MIN ((guint64) n, size - unpack->input_at);
  unpack->input_at += n;
  return n;
}

static gboolean
fail (SpUnpack *unpack, const char *name, GError **error)
{
  const char *reason = archive_error_string (unpack->reader);
  gboolean is_cut = reason != NULL && (strcasestr (reason, "truncated") || strcasestr (reason, "premature")
                                       || strcasestr (reason, "unexpected end")
                                       || strcasestr (reason, "no progress"));     /* liblzma's word for it */

  if (unpack->input_error != NULL)
    g_propagate_error (error, g_steal_pointer (&unpack->input_error));
  else
    g_set_error (error, SP_ERROR, is_cut ? SP_ERROR_CUT : SP_ERROR_MALFORMED, _("%s: it cannot be unpacked: %s"), name,
                 reason != NULL ? reason : _("the archive is damaged"));
  close_reader (unpack);
  return FALSE;
}

/* libarchive may start programs for compressions it was built without; those are left out. */
static struct archive *
new_reader (gboolean is_tar)
{
  static int (*const filters[]) (struct archive *) = {
    archive_read_support_filter_bzip2, archive_read_support_filter_xz, archive_read_support_filter_zstd,
  };
  struct archive *reader = archive_read_new ();

  for (guint i = 0; i < G_N_ELEMENTS (filters); i++)
    {
      struct archive *trial = archive_read_new ();

      if (filters[i] (trial) == ARCHIVE_OK)
        filters[i] (reader);
      archive_read_free (trial);
    }
  archive_read_support_format_tar (reader);
  if (!is_tar)
    archive_read_support_format_raw (reader);      /* takes anything, a tar with a damaged first header too */
  return reader;
}

static gboolean
open_reader (SpUnpack *unpack, GError **error)
{
  close_reader (unpack);
  unpack->reader = new_reader (unpack->member_name == NULL);
  if (archive_read_open2 (unpack->reader, unpack, NULL, give_input, skip_input, NULL) == ARCHIVE_OK)
    return TRUE;
  return fail (unpack, sp_blob_get_name (unpack->blob), error);
}

/* entry: NULL at the end. */
static gboolean
next_entry (SpUnpack *unpack, struct archive_entry **entry, GError **error)
{
  int status = archive_read_next_header (unpack->reader, entry);

  if (status == ARCHIVE_EOF)
    *entry = NULL;
  else if (status < ARCHIVE_WARN)
    return fail (unpack, sp_blob_get_name (unpack->blob), error);
  unpack->n_entries++;
  unpack->place = 0;
  return TRUE;
}

/* In an uncompressed tar a member's bytes lie in the file as they are, from where its header ends. */
static guint64
find_place (SpUnpack *unpack, struct archive_entry *entry)
{
  if (archive_filter_count (unpack->reader) > 1 || archive_entry_sparse_count (entry) > 0
      || (archive_format (unpack->reader) & ARCHIVE_FORMAT_BASE_MASK) != ARCHIVE_FORMAT_TAR)
    return 0;
  return archive_filter_bytes (unpack->reader, 0);
}

static gboolean
add_member (SpUnpack *unpack, GArray *members, struct archive_entry *entry, GError **error)
{
  gboolean is_raw = archive_format (unpack->reader) == ARCHIVE_FORMAT_RAW;
  const char *name = is_raw ? unpack->member_name : archive_entry_pathname (entry);
  SpMember member = { .ordinal = unpack->n_entries - 1, .n_bytes = SP_SIZE_UNKNOWN };

  if (archive_entry_filetype (entry) != AE_IFREG || archive_entry_hardlink (entry) != NULL || name == NULL)
    return TRUE;
  if (strlen (name) > MAX_NAME || members->len >= MAX_MEMBERS)
    {
      g_set_error (error, SP_ERROR, SP_ERROR_TOO_BIG,
                   _("%s: the archive has more than 1,000,000 members, or a name longer than 4096 bytes"),
                   sp_blob_get_name (unpack->blob));
      return FALSE;
    }
  member.name = sp_printable_text (name, -1);
  if (archive_entry_size_is_set (entry) && archive_entry_size (entry) >= 0)
    member.n_bytes = archive_entry_size (entry);
  member.header_offset = find_place (unpack, entry);
  g_array_append_val (members, member);
  return TRUE;
}

static gboolean
list_locked (SpUnpack *unpack, GArray *members, GError **error)
{
  struct archive_entry *entry;

  if (!open_reader (unpack, error))
    return FALSE;
  for (;;)
    {
      if (!next_entry (unpack, &entry, error))
        return FALSE;
      if (entry == NULL)
        return TRUE;
      if (!add_member (unpack, members, entry, error))
        return FALSE;
      if (archive_format (unpack->reader) == ARCHIVE_FORMAT_RAW)
        return TRUE;                   /* one member; looking for more would unpack all of it */
    }
}

GArray *
sp_unpack_list (SpUnpack *unpack, GError **error)
{
  g_autoptr (GArray) members = g_array_new (FALSE, TRUE, sizeof (SpMember));
  gboolean is_listed;

  g_array_set_clear_func (members, (GDestroyNotify) sp_member_clear);
  pthread_mutex_lock (&unpack->lock);
  is_listed = list_locked (unpack, members, error);
  close_reader (unpack);
  pthread_mutex_unlock (&unpack->lock);
  return is_listed ? g_steal_pointer (&members) : NULL;
}

static gboolean
go_to_entry (SpUnpack *unpack, gsize ordinal, GError **error)
{
  struct archive_entry *entry;

  if ((unpack->reader == NULL || unpack->n_entries > ordinal + 1) && !open_reader (unpack, error))
    return FALSE;
  while (unpack->n_entries <= ordinal)
    {
      if (!next_entry (unpack, &entry, error))
        return FALSE;
      if (entry != NULL)
        continue;
      g_set_error (error, SP_ERROR, SP_ERROR_CUT, _("%s: the archive has fewer members than when it was opened"),
                   sp_blob_get_name (unpack->blob));
      close_reader (unpack);
      return FALSE;
    }
  return TRUE;
}

static gssize
read_entry (SpUnpack *unpack, void *buffer, gsize n_bytes, GError **error)
{
  la_ssize_t n = archive_read_data (unpack->reader, buffer, n_bytes);

  if (n < 0)
    {
      fail (unpack, sp_blob_get_name (unpack->blob), error);
      return -1;
    }
  unpack->place += n;
  return n;
}

static gboolean
go_to_place (SpUnpack *unpack, const MemberStream *stream, GError **error)
{
  g_autofree guint8 *skipped = NULL;
  gssize n = 1;

  if (unpack->n_entries == stream->ordinal + 1 && unpack->place > stream->place)
    close_reader (unpack);
  if (!go_to_entry (unpack, stream->ordinal, error))
    return FALSE;
  if (unpack->place < stream->place)
    skipped = g_malloc (SKIP_BYTES);
  while (unpack->place < stream->place && n > 0)
    n = read_entry (unpack, skipped, MIN (SKIP_BYTES, stream->place - unpack->place), error);
  return n >= 0;
}

static gpointer
member_open (gpointer origin, GError **error)
{
  const MemberStream *at_start = origin;

  return g_memdup2 (at_start, sizeof *at_start);
}

static gssize
member_read (gpointer data, gpointer buffer, gsize n_bytes, GError **error)
{
  MemberStream *stream = data;
  SpUnpack *unpack = stream->unpack;
  gssize n = -1;

  pthread_mutex_lock (&unpack->lock);
  if (go_to_place (unpack, stream, error))
    n = read_entry (unpack, buffer, n_bytes, error);
  pthread_mutex_unlock (&unpack->lock);
  if (n > 0)
    stream->place += n;
  return n;
}

static void
member_close (gpointer data)
{
  g_free (data);
}

static void
free_origin (gpointer origin)
{
  sp_unpack_unref (((MemberStream *) origin)->unpack);
  g_free (origin);
}

static const SpStreamClass member_class = { member_open, member_read, member_close };

SpBlob *
sp_unpack_dup_blob (SpUnpack *unpack, const SpMember *member, const char *name, GError **error)
{
  MemberStream *origin;

  if (member->header_offset > 0 && sp_blob_is_random (unpack->blob))
    return sp_blob_new_slice (unpack->blob, name, member->header_offset, member->n_bytes, error);
  origin = g_new0 (MemberStream, 1);
  origin->unpack = sp_unpack_ref (unpack);
  origin->ordinal = member->ordinal;
  return sp_blob_new_stream (&member_class, origin, free_origin, name, sp_blob_get_path (unpack->blob),
                             member->n_bytes);
}
