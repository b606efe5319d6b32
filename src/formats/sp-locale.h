/* sp-locale.h - the language of the person, and numbers that are the same in every language */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/* Called first in main(), before there are threads.  Messages are in the person's language; numbers have a point in
 * every language, on axes as in files, so that what is read here is what is typed there.
 * SPARSOSCOPE_LOCALE_DIR stands in for the folder the translations were installed to. */
void sp_locale_init         (void);

/* From here on texts are as in the source, because they go into files for programs.  No other thread may be in gettext. */
void sp_locale_end_messages (void);
