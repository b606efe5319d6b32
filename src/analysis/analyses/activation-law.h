/* activation-law.h - what the parts of activation-law share (private to its files) */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "sp-fit.h"
#include "sp-series.h"

#include <math.h>

#define LAW_MOST_POINTS 2000             /* of a series: there is one a checkpoint */
#define LAW_MOST_SERIES 64
#define LAW_MOST_STARTS 12
#define LAW_N_NAMES     6                /* of all coefficients there are: law_names */

/* --- formulas: activation-law-forms.c --------------------------------------------------------------- */

/* Where a fit looks from: D is measured in the geometric mean of the points' tokens. */
typedef struct {
  double center;                         /* 10⁹ tokens */
  double mean, slope;                    /* of the ratios; by ln D, of the line through them */
} LawScale;

/* A formula with the coefficients papers print, and the same curve by parameters that stay well apart. */
typedef struct {
  const char *id, *title, *formula;      /* formula: for people */
  guint       n_coefs, coefs[SP_FIT_MOST];         /* indices into law_names, in the formula's order */
  double    (*value)   (double tokens, const double *coefs);
  guint       n_params;                  /* fewer than coefficients where some of these say the same */
  SpFitFunc   curve;                     /* data: LawScale */
  guint       n_starts;                  /* at most LAW_MOST_STARTS */
  void      (*start)   (const LawScale *scale, guint i, double *params);
  /* jacobian: (coefficient, parameter) derivatives */
  void      (*express) (const LawScale *scale, const double *params, double *coefs, double jacobian[][SP_FIT_MOST]);
} LawForm;

typedef enum { LAW_POWER, LAW_LOG_SPACE, LAW_LOGARITHM, LAW_LOGISTIC, LAW_N_FORMS } LawId;

typedef struct { const char *id, *title; } LawName;

extern const LawForm law_forms[LAW_N_FORMS];
/* The best log-space curve may be none: they tend to a power law as b and −A₀ grow without end. */
gboolean law_is_at_edge (const LawForm *form, const double *params);
extern const LawName law_names[LAW_N_NAMES];     /* "alpha", "α" … */

/* --- a series and its curve: activation-law-fit.c ------------------------------------------------------ */

/* As read; NaN: not there. */
typedef struct {
  char   *title;
  gsize   items[2];                      /* tokens, ratios */
  gsize   n[2];
  double *values[2];
  char   *problem;
  gboolean is_steps;                     /* tokens are steps of training */
} LawSeries;

typedef enum { LAW_USED, LAW_LEFT_OUT, LAW_NO_NUMBER, LAW_NO_TOKENS, LAW_NO_RATIO } LawUse;

typedef struct { double tokens /* 10⁹, or steps */, ratio; LawUse use; } LawPoint;

typedef struct {
  const LawSeries *series;
  LawPoint        *points;               /* (n_points) by tokens, those of no use last */
  gsize            n_points, n_used, n_of_use[LAW_NO_RATIO + 1];
  gboolean         is_falling, was_sorted;
  const LawForm   *form;
  LawScale         scale;
  SpFit            fit;
  double           t;                    /* of the band; NaN: there is none */
  double           coefs[SP_FIT_MOST], errors[SP_FIT_MOST];      /* NaN: none */
  gboolean         has_curve, is_given;  /* its coefficients were given, not fitted */
  char            *problem;              /* why there is no curve, or what is wrong with it; NULL */
  double           absolute, squares, total;     /* Σ |residual|, Σ residual², Σ (ratio − mean)²; of the used points */
} LawFit;

/* law: LAW_N_FORMS: by the direction; given: (n_given) coefficients, NULL: fitted. */
typedef struct { LawId law; gsize skip; double confidence; const double *given; gsize n_given; } LawWish;

LawFit *law_fit_new  (const LawSeries *series, const LawWish *wish);
void    law_fit_free (gpointer fit);
double  law_fit_at   (const LawFit *fit, double tokens, double *low, double *high);      /* NaN: no curve, no band */

/* What D is, in words. */
typedef struct { const char *column, *title, *unit, *D_unit, *axis, *log_axis, *phrase; double per_D; } LawAxis;
const LawAxis *law_axis (gboolean is_steps);
gboolean law_has_steps (GPtrArray *fits);                                 /* of LawFit: all are by steps */

/* --- the whole: activation-law.c and its report --------------------------------------------------------- */

typedef struct {
  SpItems    items;
  LawSeries *series;
  gsize      n, n_too_many;
  GPtrArray *runs;                       /* of LawRun */
} LawState;

gsize     law_parse_coefficients (const char *text, double *coefs);       /* 0: they are none; SP_FIT_MOST of room */
SpResult *law_report        (gpointer state, SpArgs *args);
void      law_add_tables    (SpResult *result, GPtrArray *fits);          /* of LawFit, as below */
void      law_add_curves    (SpResult *result, GPtrArray *fits);          /* plots and their tables */
void      law_add_residuals (SpResult *result, GPtrArray *fits);

/* For plots: a column of NaN, and how it goes to the table, called as the series and suffix; values are taken. */
double   *law_new_column    (SpTable *table);
void      law_add_column    (SpTable *table, const LawFit *fit, const char *suffix, const char *unit, double *values);
SpPlot   *law_add_plot      (SpResult *result, const char *kind, const char *id, const char *title, const char *table, const char *x);
char    **law_end_names     (GPtrArray *names);                           /* takes them */

static inline double
law_mean (double sum, gsize n)
{
  return n > 0 ? sum / (double) n : NAN;
}

/* R² */
static inline double
law_explained (double squares, double total)
{
  return total > 0 ? 1 - squares / total : NAN;
}
