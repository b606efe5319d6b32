/* sp-recents.h - the sources opened last */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>

#define SP_MAX_RECENTS 8

void  sp_recents_add    (const char *path);      /* absolute; to the front */
void  sp_recents_remove (const char *uri);
GStrv sp_recents_dup    (void);                  /* URIs, newest first; the files may have gone since */
