/* sp-settings.c - what is remembered between sessions */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sp-settings.h"

struct _SpSettings {
  GObject     parent_instance;
  GSettings  *settings;              /* NULL: no schema */
  GHashTable *values;                /* key → GVariant, where there is no schema */
};

G_DEFINE_FINAL_TYPE (SpSettings, sp_settings, G_TYPE_OBJECT)

enum { CHANGED, N_SIGNALS };
static guint signals[N_SIGNALS];

static const struct { const char *key, *value; } defaults[] = {
  { "window-width", "1280" },    { "window-height", "820" },         { "window-maximized", "false" },
  { "sidebar-visible", "true" }, { "parameters-visible", "true" },   { "palette", "''" },
  { "color-scheme", "'system'" }, { "threads", "0" },                { "recent-sources", "@as []" },
};

static void
emit_changed (SpSettings *self, const char *key)
{
  g_signal_emit (self, signals[CHANGED], g_quark_from_string (key), key);
}

static void
sp_settings_finalize (GObject *object)
{
  SpSettings *self = SP_SETTINGS (object);

  g_clear_object (&self->settings);
  g_clear_pointer (&self->values, g_hash_table_unref);
  G_OBJECT_CLASS (sp_settings_parent_class)->finalize (object);
}

static void
sp_settings_class_init (SpSettingsClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = sp_settings_finalize;
  signals[CHANGED] = g_signal_new ("changed", SP_TYPE_SETTINGS, G_SIGNAL_RUN_LAST | G_SIGNAL_DETAILED, 0, NULL, NULL,
                                   NULL, G_TYPE_NONE, 1, G_TYPE_STRING);
}

static gboolean
has_every_key (GSettingsSchema *schema)
{
  for (gsize i = 0; i < G_N_ELEMENTS (defaults); i++)
    if (!g_settings_schema_has_key (schema, defaults[i].key))
      return FALSE;
  return TRUE;
}

static void
sp_settings_init (SpSettings *self)
{
  GSettingsSchemaSource      *source = g_settings_schema_source_get_default ();
  g_autoptr (GSettingsSchema) schema = NULL;

  if (source != NULL)
    schema = g_settings_schema_source_lookup (source, SP_APPLICATION_ID, TRUE);
  if (schema != NULL && has_every_key (schema))
    {
      self->settings = g_settings_new_full (schema, NULL, NULL);
      g_signal_connect_swapped (self->settings, "changed", G_CALLBACK (emit_changed), self);
      return;
    }
  self->values = g_hash_table_new_full (g_str_hash, g_str_equal, NULL, (GDestroyNotify) g_variant_unref);
  for (gsize i = 0; i < G_N_ELEMENTS (defaults); i++)
    g_hash_table_insert (self->values, (gpointer) defaults[i].key,
                         g_variant_ref_sink (g_variant_new_parsed (defaults[i].value)));
}

SpSettings *
sp_settings_get_default (void)
{
  static SpSettings *settings;

  if (settings == NULL)
    settings = g_object_new (SP_TYPE_SETTINGS, NULL);
  return settings;
}

static GVariant *
dup_value (const char *key)
{
  SpSettings *self = sp_settings_get_default ();

  if (self->settings != NULL)
    return g_settings_get_value (self->settings, key);
  return g_variant_ref (g_hash_table_lookup (self->values, key));
}

static void
take_value (const char *key, GVariant *value)
{
  SpSettings          *self = sp_settings_get_default ();
  g_autoptr (GVariant) old = dup_value (key), new = g_variant_ref_sink (value);

  if (g_variant_equal (old, new))
    return;
  if (self->settings != NULL)
    {
      g_settings_set_value (self->settings, key, new);
      return;
    }
  g_hash_table_insert (self->values, (gpointer) g_intern_string (key), g_variant_ref (new));
  emit_changed (self, key);
}

gboolean
sp_settings_get_boolean (const char *key)
{
  g_autoptr (GVariant) value = dup_value (key);

  return g_variant_get_boolean (value);
}

int
sp_settings_get_int (const char *key)
{
  g_autoptr (GVariant) value = dup_value (key);

  return g_variant_is_of_type (value, G_VARIANT_TYPE_UINT32) ? (int) g_variant_get_uint32 (value)
                                                             : g_variant_get_int32 (value);
}

char *
sp_settings_dup_string (const char *key)
{
  g_autoptr (GVariant) value = dup_value (key);

  return g_variant_dup_string (value, NULL);
}

GStrv
sp_settings_dup_strv (const char *key)
{
  g_autoptr (GVariant) value = dup_value (key);

  return g_variant_dup_strv (value, NULL);
}

void
sp_settings_set_boolean (const char *key, gboolean value)
{
  take_value (key, g_variant_new_boolean (value));
}

void
sp_settings_set_int (const char *key, int value)
{
  g_autoptr (GVariant) old = dup_value (key);

  take_value (key, g_variant_is_of_type (old, G_VARIANT_TYPE_UINT32) ? g_variant_new_uint32 ((guint) value)
                                                                     : g_variant_new_int32 (value));
}

void
sp_settings_set_string (const char *key, const char *value)
{
  take_value (key, g_variant_new_string (value));
}

void
sp_settings_set_strv (const char *key, const char *const *value)
{
  take_value (key, g_variant_new_strv (value, -1));
}
