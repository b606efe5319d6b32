/* sp-session-private.h - shared by the session's parts: opened stores, and their analyses */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "sp-runner.h"
#include "sp-session.h"

typedef enum {
  SP_SESSION_STORES_CHANGED, SP_SESSION_ARGS_CHANGED, SP_SESSION_RESULT_CHANGED, SP_SESSION_RESULT_DRAWN,
  SP_SESSION_STATE_CHANGED, SP_SESSION_PROGRESS, SP_SESSION_FAILED, SP_SESSION_N_SIGNALS
} SpSessionSignal;

/* One analysis of one opened store.  Main thread. */
typedef struct {
  SpSession        *session;             /* borrowed, like the store */
  SpStore          *store;
  const SpAnalysis *analysis;
  gboolean          suits, joins;        /* the analysis has something to say about the store; and together with others */
  SpArgs           *args;                /* what the form shows */
  SpRunner         *runner;              /* the current run; NULL: never run */
  GPtrArray        *given;               /* of SpStore, referenced: what that was given to look at; NULL: never run */
  SpResult         *result;              /* newest of the current run, or of the one before it */
  double            finish_seconds;      /* how long the last live result took */
  gboolean          is_finishing, finish_again;   /* a live result is on its way beside the main loop */
  SpRunner         *refiner;             /* counts exactly what the result estimates, which stays until then; NULL */
  SpArgs           *refined;             /* what the newest refiner was for, borrowed; NULL: none since they changed */
  guint             settle;              /* timeout until refining begins */
  guint             drawn;               /* idle that tells of a drawn result */
} SpSlot;

typedef struct {
  SpStore          *store;
  guint             place;               /* among all that were ever opened */
  SpSlot          **slots;               /* one per analysis */
  char             *selection;
  gint64            neuron;              /* of the selection; -1: all of it */
  const SpColumn   *names;               /* column the rows were made from; owned */
  GHashTable       *rows;                /* tensor name, lent by names → row + 1 */
  SpResult         *counted;             /* what the next lie in; owned */
  const SpColumn   *near, *elements;     /* near zero, or with is_rest not */
  const SpColumn   *is_counted;          /* NULL: all are */
  gboolean          is_rest;
} SpOpened;

struct _SpSession {
  GObject    parent_instance;
  GPtrArray *sources;                    /* of SpOpened, by their places */
  SpOpened  *shown;                      /* NULL: none */
  char      *page;
};

SpSlot   *sp_slot_new        (SpSession *session, SpStore *store, const SpAnalysis *analysis);
void      sp_slot_free       (SpSlot *slot);
void      sp_slot_take_args  (SpSlot *slot, SpArgs *args);
void      sp_slot_finish     (SpSlot *slot);            /* a result with the newest live parameters; wants a run */
void      sp_slot_run        (SpSlot *slot);
/* A runner with the slot's parameters into *runner, under way. */
void      sp_slot_start      (SpSlot *slot, SpRunner **runner, GCallback on_updated, GCallback on_finished);
void      sp_slot_put_result (SpSlot *slot, SpResult *result);             /* takes it */
SpRunner *sp_slot_get_active (SpSlot *slot);            /* the runner that reads now; NULL: none */
gboolean  sp_slot_needs_run  (SpSlot *slot);
gboolean  sp_slot_lacks_stores (SpSlot *slot);          /* what its result asks for was opened since */

/* What a live parameter left as an estimate is counted exactly by a run of its own: by itself a moment after
 * the last change where that is cheap, else when asked to. */
void      sp_slot_refine        (SpSlot *slot);
void      sp_slot_refine_soon   (SpSlot *slot);         /* when it is an estimate and reading it again is cheap */
void      sp_slot_drop_refiner  (SpSlot *slot);
gboolean  sp_slot_can_refine    (SpSlot *slot);         /* it is an estimate, and nothing is on its way */

SpOpened *sp_opened_new       (SpSession *session, SpStore *store);        /* takes the store */
void      sp_opened_free      (gpointer opened);
SpSlot   *sp_opened_slot      (SpOpened *opened, const SpAnalysis *analysis);   /* NULL: opened is NULL */
gboolean  sp_opened_get_count (SpOpened *opened, const char *tensor, SpCount *count);

void      sp_session_tell      (SpSlot *slot, SpSessionSignal signal);     /* only where its store is the one shown */
void      sp_session_feed_page (SpSession *self);
void      sp_session_follow_neuron (SpSession *self);   /* the parameter of the page shown that is the selected neuron */
/* of SpStore: its own, then those that may tell it more; of one that joins all, all it is for, as they were opened */
GPtrArray *sp_session_list_beside (SpSession *self, SpSlot *slot);
SpSlot   *sp_session_find_slot (SpSession *self, gpointer address);        /* NULL: closed meanwhile */
