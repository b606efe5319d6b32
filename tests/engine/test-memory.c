/* test-memory.c - how much memory a process may have: control groups of both versions below a root made here, and limits of its own */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sp-memory.h"

#include <glib/gstdio.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#define MOST_FILES 4

typedef struct { const char *path, *text; } File;

/* least 0: no group says anything. */
typedef struct { const char *name, *cgroup; File files[MOST_FILES]; double least; } Case;

static const Case cases[] = {
  { "own, version 2", "0::/user.slice/app\n", { { "sys/fs/cgroup/user.slice/app/memory.max", "1048576\n" } }, 1048576 },
  { "around it", "0::/a/b/c\n",
    { { "sys/fs/cgroup/a/b/c/memory.max", "max\n" }, { "sys/fs/cgroup/a/b/memory.max", "3000000\n" },
      { "sys/fs/cgroup/a/memory.max", "2000000\n" } }, 2000000 },
  { "the least of all", "0::/a/b\n",
    { { "sys/fs/cgroup/a/b/memory.max", "1500000\n" }, { "sys/fs/cgroup/a/memory.max", "2000000\n" } }, 1500000 },
  { "of a container", "0::/\n", { { "sys/fs/cgroup/memory.max", "777777\n" } }, 777777 },
  { "path of outside", "0::/docker/0123\n", { { "sys/fs/cgroup/memory.max", "777777\n" } }, 777777 },
  { "no limit", "0::/a\n", { { "sys/fs/cgroup/a/memory.max", "max\n" } }, 0 },
  { "own, version 1", "5:cpu,cpuacct:/x\n4:memory:/x/y\n0::/\n",
    { { "sys/fs/cgroup/memory/x/y/memory.limit_in_bytes", "1234567\n" },
      { "sys/fs/cgroup/memory/x/memory.limit_in_bytes", "9223372036854771712\n" } }, 1234567 },
  { "around it, version 1", "4:hugetlb,memory:/x/y\n",
    { { "sys/fs/cgroup/memory/x/y/memory.limit_in_bytes", "9223372036854771712\n" },
      { "sys/fs/cgroup/memory/memory.limit_in_bytes", "1234567\n" } }, 1234567 },
  { "no limit, version 1", "4:memory:/x\n", { { "sys/fs/cgroup/memory/x/memory.limit_in_bytes", "9223372036854771712\n" } }, 0 },
  { "another group's", "0::/a\n", { { "sys/fs/cgroup/b/memory.max", "1048576\n" } }, 0 },
  { "other controllers", "4:cpu:/x\n", { { "sys/fs/cgroup/memory/x/memory.limit_in_bytes", "1048576\n" } }, 0 },
  { "nothing", "", { { NULL } }, 0 },
  { "rubbish", "0:\n::\n4:memory\nmemory\n", { { "sys/fs/cgroup/memory.max", "lots\n" } }, 0 },
};

static void
write_file (const char *root, const char *path, const char *text)
{
  g_autofree char    *name = g_build_filename (root, path, NULL), *folder = g_path_get_dirname (name);
  g_autoptr (GError)  error = NULL;

  g_assert_cmpint (g_mkdir_with_parents (folder, 0700), ==, 0);
  g_file_set_contents (name, text, -1, &error);
  g_assert_no_error (error);
}

static void
remove_tree (const char *path)
{
  g_autoptr (GDir) folder = g_dir_open (path, 0, NULL);

  for (const char *name; folder != NULL && (name = g_dir_read_name (folder)) != NULL;)
    {
      g_autofree char *inner = g_build_filename (path, name, NULL);

      remove_tree (inner);
    }
  g_remove (path);
}

static char *
make_root (void)
{
  char *root = g_dir_make_tmp ("memory-XXXXXX", NULL);

  g_assert_nonnull (root);
  return root;
}

static void
test_case (gconstpointer data)
{
  const Case      *one = data;
  g_autofree char *root = make_root (), *says = NULL;
  SpMemory         found;

  write_file (root, "proc/self/cgroup", one->cgroup);
  for (gsize i = 0; i < MOST_FILES && one->files[i].path != NULL; i++)
    write_file (root, one->files[i].path, one->files[i].text);
  found = sp_memory_find_below (root);
  says = sp_memory_describe (found);
  remove_tree (root);
  if (one->least == 0)
    {
      g_assert_cmpint (found.limit, !=, SP_MEMORY_CGROUP);
      g_assert_null (strstr (says, "group"));
      return;
    }
  g_assert_cmpint (found.limit, ==, SP_MEMORY_CGROUP);
  g_assert_cmpfloat (found.n_bytes, ==, one->least);
  g_assert_nonnull (strstr (says, "group"));
}

/* Of limits that end a process at once, what it has is taken off: 1000 pages are mapped, 300 of them data. */
static void
check_limit (int resource, double n_pages, SpMemoryLimit limit, const char *word)
{
#if defined __SANITIZE_ADDRESS__ || defined __SANITIZE_THREAD__
  g_test_skip ("a sanitizer maps more");
#else
  g_autofree char *root = make_root (), *says = NULL;
  struct rlimit    before, low;
  SpMemory         found;

  write_file (root, "proc/self/statm", "1000 500 100 10 0 300 0\n");
  g_assert_cmpint (getrlimit (resource, &before), ==, 0);
  low = (struct rlimit) { MIN (before.rlim_cur, (rlim_t) 6 << 30), before.rlim_max };
  g_assert_cmpint (setrlimit (resource, &low), ==, 0);
  found = sp_memory_find_below (root);
  setrlimit (resource, &before);
  remove_tree (root);
  says = sp_memory_describe (found);
  if (found.limit == SP_MEMORY_MACHINE)
    {
      g_test_skip ("this machine has less");
      return;
    }
  g_assert_cmpint (found.limit, ==, limit);
  g_assert_cmpfloat (found.n_bytes, ==, (double) low.rlim_cur - n_pages * (double) sysconf (_SC_PAGESIZE));
  g_assert_nonnull (strstr (says, word));
#endif
}

static void
test_addresses (void)
{
  check_limit (RLIMIT_AS, 1000, SP_MEMORY_ADDRESSES, "ulimit -v");
}

static void
test_data (void)
{
  check_limit (RLIMIT_DATA, 300, SP_MEMORY_DATA, "ulimit -d");
}

/* The process' own files are there, and say no more than the machine has. */
static void
test_here (void)
{
  SpMemory         found = sp_memory_find ();
  g_autofree char *says = sp_memory_describe (found);

  g_assert_cmpfloat (found.n_bytes, >, 0);
  g_assert_cmpfloat (found.n_bytes, <=, (double) sysconf (_SC_PHYS_PAGES) * (double) sysconf (_SC_PAGESIZE));
  g_assert_nonnull (strstr (says, "GiB"));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autofree char *path = g_strconcat ("/memory/group/", cases[i].name, NULL);

      g_test_add_data_func (path, &cases[i], test_case);
    }
  g_test_add_func ("/memory/addresses", test_addresses);
  g_test_add_func ("/memory/data", test_data);
  g_test_add_func ("/memory/here", test_here);
  return g_test_run ();
}
