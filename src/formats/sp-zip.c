/* sp-zip.c - the directory of a zip: where each member lies */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sp-zip.h"

#include "sp-reader.h"

#include <glib/gi18n-lib.h>
#include <inttypes.h>
#include <string.h>

#define MAX_MEMBERS        1000000
#define MAX_NAME           4096
#define MAX_DIRECTORY      ((guint64) 512 << 20)
#define END_SIZE           22
#define END64_SIZE         56
#define LOCATOR_SIZE       20
#define ENTRY_SIZE         46
#define LOCAL_SIZE         30
#define MAX_COMMENT        65535

#define SIGNATURE_END      0x06054b50
#define SIGNATURE_END64    0x06064b50
#define SIGNATURE_LOCATOR  0x07064b50
#define SIGNATURE_ENTRY    0x02014b50
#define SIGNATURE_LOCAL    0x04034b50
#define EXTRA_ZIP64        0x0001
#define FLAG_ENCRYPTED     0x0001

typedef struct {
  SpBlob  *zip;
  guint64  n_entries, n_bytes, offset;   /* of the directory, as the end record says */
  guint64  shift;                        /* bytes before the zip that its offsets do not count */
} Directory;

void
sp_member_clear (SpMember *member)
{
  g_clear_pointer (&member->name, g_free);
}

static gboolean
fail (SpBlob *zip, SpError code, const char *reason, GError **error)
{
  g_set_error (error, SP_ERROR, code, "%s: %s", sp_blob_get_name (zip), reason);
  return FALSE;
}

/* The last end record whose comment reaches exactly to the end of the file.  tail: (n). */
static gboolean
find_end (const guint8 *tail, gsize n, gsize *place)
{
  for (gsize i = n >= END_SIZE ? n - END_SIZE + 1 : 0; i-- > 0;)
    {
      SpReader reader;

      sp_reader_init (&reader, tail + i, n - i, "");
      if (sp_reader_u32 (&reader) != SIGNATURE_END)
        continue;
      sp_reader_bytes (&reader, 16);
      if (sp_reader_u16 (&reader) == n - i - END_SIZE)
        {
          *place = i;
          return TRUE;
        }
    }
  return FALSE;
}

static gboolean
read_end64 (Directory *directory, guint64 place, GError **error)
{
  guint8 bytes[END64_SIZE];
  SpReader reader;

  if (!sp_blob_read (directory->zip, place, bytes, sizeof bytes, error))
    return FALSE;
  sp_reader_init (&reader, bytes, sizeof bytes, sp_blob_get_name (directory->zip));
  if (sp_reader_u32 (&reader) != SIGNATURE_END64)
    return fail (directory->zip, SP_ERROR_MALFORMED, _("the zip's 64-bit end record is not where it should be"), error);
  sp_reader_bytes (&reader, 12);
  if (sp_reader_u32 (&reader) != 0 || sp_reader_u32 (&reader) != 0)
    return fail (directory->zip, SP_ERROR_UNSUPPORTED, _("a zip of several disks is not read"), error);
  sp_reader_bytes (&reader, 8);
  directory->n_entries = sp_reader_u64 (&reader);
  directory->n_bytes = sp_reader_u64 (&reader);
  directory->offset = sp_reader_u64 (&reader);
  return TRUE;
}

static gboolean
read_end (Directory *directory, const guint8 *end, GError **error)
{
  SpReader reader;

  sp_reader_init (&reader, end + 4, END_SIZE - 4, sp_blob_get_name (directory->zip));
  if (sp_reader_u16 (&reader) != sp_reader_u16 (&reader))
    return fail (directory->zip, SP_ERROR_UNSUPPORTED, _("a zip of several disks is not read"), error);
  sp_reader_u16 (&reader);
  directory->n_entries = sp_reader_u16 (&reader);
  directory->n_bytes = sp_reader_u32 (&reader);
  directory->offset = sp_reader_u32 (&reader);
  return TRUE;
}

/* end: where the end record, or the 64-bit one if there is one, starts. */
static gboolean
check_directory (Directory *directory, guint64 end, GError **error)
{
  if (directory->n_entries > MAX_MEMBERS || directory->n_bytes > MAX_DIRECTORY)
    return fail (directory->zip, SP_ERROR_TOO_BIG, _("the zip lists more than 1,000,000 members"), error);
  if (directory->n_bytes > end || directory->offset > end - directory->n_bytes)
    return fail (directory->zip, SP_ERROR_MALFORMED, _("the zip's directory does not lie within the file"), error);
  if (directory->n_entries * ENTRY_SIZE > directory->n_bytes)
    return fail (directory->zip, SP_ERROR_MALFORMED, _("the zip lists more members than its directory has room for"),
                 error);
  directory->shift = end - directory->n_bytes - directory->offset;
  return TRUE;
}

/* Where its locator says, or right before that: a zip behind other bytes counts from its own start. */
static gboolean
find_end64 (Directory *directory, guint64 locator_at, guint64 claimed, guint64 *end, GError **error)
{
  *end = claimed;
  if (claimed <= locator_at && read_end64 (directory, claimed, NULL))
    return TRUE;
  *end = locator_at - MIN (locator_at, END64_SIZE);
  return read_end64 (directory, *end, error);
}

static gboolean
find_directory (Directory *directory, GError **error)
{
  guint64 size = sp_blob_get_size (directory->zip), tail_at, end;
  gsize n = MIN (size, END_SIZE + MAX_COMMENT + LOCATOR_SIZE), place;
  g_autofree guint8 *tail = g_malloc (n + 1);
  SpReader reader;

  tail_at = size - n;
  if (!sp_blob_read (directory->zip, tail_at, tail, n, error))
    return FALSE;
  if (!find_end (tail, n, &place))
    return fail (directory->zip, SP_ERROR_CUT, _("it starts as a zip, but the directory at a zip's end is missing"),
                 error);
  if (!read_end (directory, tail + place, error))
    return FALSE;
  end = tail_at + place;
  sp_reader_init (&reader, tail + place - MIN (place, LOCATOR_SIZE), LOCATOR_SIZE, "");
  if (place >= LOCATOR_SIZE && sp_reader_u32 (&reader) == SIGNATURE_LOCATOR)
    {
      sp_reader_u32 (&reader);
      if (!find_end64 (directory, end - LOCATOR_SIZE, sp_reader_u64 (&reader), &end, error))
        return FALSE;
    }
  return check_directory (directory, end, error);
}

/* The 64-bit numbers stand in the order of, and only for, the 32-bit ones that are all ones. */
static void
read_zip64 (SpReader *extra, SpMember *member)
{
  while (sp_reader_left (extra) >= 4)
    {
      guint16 id = sp_reader_u16 (extra), n = sp_reader_u16 (extra);
      SpReader field;
      const guint8 *bytes = sp_reader_bytes (extra, n);

      if (bytes == NULL || id != EXTRA_ZIP64)
        continue;
      sp_reader_init (&field, bytes, n, "");
      if (member->n_bytes == G_MAXUINT32 && sp_reader_left (&field) >= 8)
        member->n_bytes = sp_reader_u64 (&field);
      if (member->n_compressed == G_MAXUINT32 && sp_reader_left (&field) >= 8)
        member->n_compressed = sp_reader_u64 (&field);
      if (member->header_offset == G_MAXUINT32 && sp_reader_left (&field) >= 8)
        member->header_offset = sp_reader_u64 (&field);
      return;
    }
}

static gboolean
check_member (const Directory *directory, SpMember *member, const char *name, gsize n_name, GError **error)
{
  guint64 end = directory->offset;       /* members lie before the directory */

  if (n_name > MAX_NAME)
    return fail (directory->zip, SP_ERROR_TOO_BIG, _("a member's name in the zip is longer than 4096 bytes"), error);
  if (memchr (name, '\0', n_name) != NULL)
    return fail (directory->zip, SP_ERROR_MALFORMED, _("a member's name in the zip contains a zero byte"), error);
  member->name = sp_printable_text (name, n_name);
  if (end < LOCAL_SIZE || member->header_offset > end - LOCAL_SIZE
      || member->n_compressed > end - LOCAL_SIZE - member->header_offset)
    g_set_error (error, SP_ERROR, SP_ERROR_CUT,
                 _("%s: the member '%s' of the zip (%" PRIu64 " bytes from byte %" PRIu64
                    ") reaches past the zip's directory"),
                 sp_blob_get_name (directory->zip), member->name, member->n_compressed, member->header_offset);
  else if (member->method == 0 && !member->is_encrypted && member->n_bytes != member->n_compressed)
    g_set_error (error, SP_ERROR, SP_ERROR_MALFORMED, _("%s: the member '%s' is stored as it is, yet has two sizes"),
                 sp_blob_get_name (directory->zip), member->name);
  else
    return TRUE;
  return FALSE;
}

static gboolean
read_entry (const Directory *directory, SpReader *reader, SpMember *member, GError **error)
{
  guint16 n_name, n_extra, n_comment, flags;
  const guint8 *name, *extra_bytes;
  SpReader extra;

  if (sp_reader_u32 (reader) != SIGNATURE_ENTRY)
    return fail (directory->zip, SP_ERROR_MALFORMED, _("the zip's directory is damaged"), error);
  sp_reader_u32 (reader);
  flags = sp_reader_u16 (reader);
  member->method = sp_reader_u16 (reader);
  sp_reader_u32 (reader);
  member->crc = sp_reader_u32 (reader);
  member->n_compressed = sp_reader_u32 (reader);
  member->n_bytes = sp_reader_u32 (reader);
  n_name = sp_reader_u16 (reader);
  n_extra = sp_reader_u16 (reader);
  n_comment = sp_reader_u16 (reader);
  sp_reader_bytes (reader, 8);
  member->header_offset = sp_reader_u32 (reader);
  name = sp_reader_bytes (reader, n_name);
  extra_bytes = sp_reader_bytes (reader, n_extra);
  sp_reader_bytes (reader, n_comment);
  if (!sp_reader_check (reader, NULL))
    return fail (directory->zip, SP_ERROR_MALFORMED, _("the zip's directory is shorter than the members it lists"),
                 error);
  member->is_encrypted = (flags & FLAG_ENCRYPTED) != 0;
  member->has_crc = TRUE;
  sp_reader_init (&extra, extra_bytes, n_extra, "");
  read_zip64 (&extra, member);
  if (!check_member (directory, member, (const char *) name, n_name, error))
    return FALSE;
  member->header_offset += directory->shift;
  return TRUE;
}

static int
compare_offsets (gconstpointer a, gconstpointer b)
{
  const SpMember *const *x = a, *const *y = b;

  return (x[0]->header_offset > y[0]->header_offset) - (x[0]->header_offset < y[0]->header_offset);
}

/* Members on top of one another are how a small zip pretends to hold petabytes. */
static gboolean
check_overlap (SpBlob *zip, GArray *members, GError **error)
{
  g_autofree const SpMember **sorted = g_new (const SpMember *, members->len + 1);

  for (guint i = 0; i < members->len; i++)
    sorted[i] = &g_array_index (members, SpMember, i);
  qsort (sorted, members->len, sizeof *sorted, compare_offsets);
  for (guint i = 1; i < members->len; i++)
    if (sorted[i]->header_offset - sorted[i - 1]->header_offset < LOCAL_SIZE + sorted[i - 1]->n_compressed)
      {
        g_set_error (error, SP_ERROR, SP_ERROR_MALFORMED, _("%s: the members '%s' and '%s' of the zip overlap"),
                     sp_blob_get_name (zip), sorted[i - 1]->name, sorted[i]->name);
        return FALSE;
      }
  return TRUE;
}

static gboolean
read_entries (const Directory *directory, GArray *members, GError **error)
{
  g_autofree guint8 *bytes = g_try_malloc (directory->n_bytes + 1);
  SpReader reader;

  if (bytes == NULL)
    return fail (directory->zip, SP_ERROR_TOO_BIG, _("no memory for the zip's directory"), error);
  if (!sp_blob_read (directory->zip, directory->offset + directory->shift, bytes, directory->n_bytes, error))
    return FALSE;
  sp_reader_init (&reader, bytes, directory->n_bytes, sp_blob_get_name (directory->zip));
  for (guint64 i = 0; i < directory->n_entries; i++)
    {
      SpMember member = { .ordinal = i };

      if (!read_entry (directory, &reader, &member, error))
        {
          sp_member_clear (&member);
          return FALSE;
        }
      g_array_append_val (members, member);
    }
  return check_overlap (directory->zip, members, error);
}

GArray *
sp_zip_list (SpBlob *zip, GError **error)
{
  g_autoptr (GArray) members = g_array_new (FALSE, TRUE, sizeof (SpMember));
  Directory directory = { .zip = zip };

  g_array_set_clear_func (members, (GDestroyNotify) sp_member_clear);
  if (!find_directory (&directory, error) || !read_entries (&directory, members, error))
    return NULL;
  return g_steal_pointer (&members);
}

gboolean
sp_zip_locate (SpBlob *zip, const SpMember *member, guint64 *offset, GError **error)
{
  guint8 bytes[LOCAL_SIZE];
  guint16 flags, method, n_name, n_extra;
  guint64 size = sp_blob_get_size (zip);
  SpReader reader;

  if (!sp_blob_read (zip, member->header_offset, bytes, sizeof bytes, error))
    return FALSE;
  sp_reader_init (&reader, bytes, sizeof bytes, sp_blob_get_name (zip));
  if (sp_reader_u32 (&reader) != SIGNATURE_LOCAL)
    return fail (zip, SP_ERROR_MALFORMED, _("a member of the zip does not start where its directory says"), error);
  sp_reader_u16 (&reader);
  flags = sp_reader_u16 (&reader);
  method = sp_reader_u16 (&reader);
  sp_reader_bytes (&reader, 16);
  n_name = sp_reader_u16 (&reader);
  n_extra = sp_reader_u16 (&reader);
  if (method != member->method || ((flags & FLAG_ENCRYPTED) != 0) != member->is_encrypted)
    return fail (zip, SP_ERROR_MALFORMED, _("a member of the zip and the zip's directory contradict each other"),
                 error);
  *offset = member->header_offset + LOCAL_SIZE + n_name + n_extra;
  if (*offset > size || member->n_compressed > size - *offset)
    return fail (zip, SP_ERROR_MALFORMED, _("a member of the zip reaches past the end of the file"), error);
  return TRUE;
}
