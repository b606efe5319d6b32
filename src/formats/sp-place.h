/* sp-place.h - where the program's own files lie */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/* The folders of data and of translations beside the program, wherever its tree has been moved; those it was configured
 * for where there are none. */
char *sp_place_dup_data_dir   (void);
char *sp_place_dup_locale_dir (void);
