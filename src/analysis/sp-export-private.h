/* sp-export-private.h - parts of JSON documents that several exports have */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "sp-export.h"
#include "sp-json.h"

/* Each appends without white space or a comma around it. */
void sp_json_append_member     (GString *out, const char *name, const char *text);               /* "name": "text"; NULL: null */
void sp_json_append_inputs     (GString *out, SpStore *const *stores, gsize n_stores);           /* "inputs": […] */
void sp_json_append_parameters (GString *out, const SpResult *result);                           /* "params": {…} */
