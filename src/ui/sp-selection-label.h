/* sp-selection-label.h - what is selected, and a way to let go of it */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "sp-session.h"

#include <gtk/gtk.h>

GtkWidget *sp_selection_label_new (SpSession *session);      /* hidden while nothing is */
