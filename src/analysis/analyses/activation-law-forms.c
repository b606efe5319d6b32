/* activation-law-forms.c - the curves a series may follow
 *
 * The coefficients papers print lean on one another: a small α with a large c is nearly the same curve as another pair, and for α → 0
 * they have no limit, though the curve has.  So fits go by other parameters of the same curves.  With u = ln (D / D₀), D₀ the geometric
 * mean of the points' D, and the power of Box and Cox, B (a, u) = (exp (au) − 1) / a, u for a = 0:
 *   power      A₀ − c D^−α                 = p + k B (−α, u)
 *   log-space  exp (b − c D^α) + A₀        = p − k B (−γ, B (α, u)),  γ = s exp (g), s = ±1 as the series falls or rises
 *   logarithm  c ln (aD + b) + A₀          = p + k ln (1 + wx) / w,   x = D / D₀ − 1; a and A₀ say the same: a = ±1
 *   logistic   a − 1 / (1 + b exp (cD + d)) = a − 1 / (1 + exp (kx + m)); b and d say the same: b = 1 */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "activation-law.h"

#include <glib/gi18n-lib.h>
#include <math.h>

enum { ALPHA, A, B, C, D, A0 };

const LawName law_names[LAW_N_NAMES] = {
  [ALPHA] = { "alpha", "α" }, [A] = { "a", "a" }, [B] = { "b", "b" }, [C] = { "c", "c" }, [D] = { "d", "d" }, [A0] = { "A0", "A₀" },
};

/* Its value and derivative by a. */
static double
box (double a, double u, double *slope)
{
  double t = a * u, value;

  if (fabs (t) < 1e-5)
    {
      *slope = u * u * (0.5 + t / 3 + t * t / 8);
      return u * (1 + t / 2 + t * t / 6);
    }
  value = expm1 (t) / a;
  *slope = (u * exp (t) - value) / a;
  return value;
}

/* --- power: alpha, c, A0 -------------------------------------------------------------------------- */

static double
power_value (double tokens, const double *coefs)
{
  return coefs[2] - coefs[1] * pow (tokens, -coefs[0]);
}

/* α, p, k */
static gboolean
power_curve (gconstpointer data, double x, const double *params, double *value, double *gradient)
{
  const LawScale *scale = data;
  double          slope, b = box (-params[0], log (x / scale->center), &slope);

  *value = params[1] + params[2] * b;
  gradient[0] = -params[2] * slope;
  gradient[1] = 1;
  gradient[2] = b;
  return isfinite (*value);
}

static void
power_start (const LawScale *scale, guint i, double *params)
{
  static const double alphas[] = { 0.2, 0.6, 1.2, 2.5, -0.5 };

  params[0] = alphas[i];
  params[1] = scale->mean;
  params[2] = scale->slope;
}

static void
power_express (const LawScale *scale, const double *params, double *coefs, double jacobian[][SP_FIT_MOST])
{
  double alpha = params[0], k = params[2], power = pow (scale->center, alpha);

  coefs[0] = alpha;
  coefs[1] = k / alpha * power;
  coefs[2] = params[1] + k / alpha;
  jacobian[0][0] = 1;
  jacobian[1][0] = coefs[1] * (log (scale->center) - 1 / alpha);
  jacobian[1][2] = power / alpha;
  jacobian[2][0] = -k / (alpha * alpha);
  jacobian[2][1] = 1;
  jacobian[2][2] = 1 / alpha;
}

/* --- log-space: alpha, b, c, A0 ------------------------------------------------------------------- */

#define LOG_SPACE_EDGE -16               /* of g; below, the curve is a power law to seven digits, and b and A₀ run away */
#define NEAR_EDGE      -7

static double
log_space_value (double tokens, const double *coefs)
{
  return exp (coefs[1] - coefs[2] * pow (tokens, coefs[0])) + coefs[3];
}

static double
gamma_of (const LawScale *scale, const double *params)
{
  return scale->slope > 0 ? -exp (params[1]) : exp (params[1]);
}

/* α, g, p, k */
static gboolean
log_space_curve (gconstpointer data, double x, const double *params, double *value, double *gradient)
{
  const LawScale *scale = data;
  double          gamma = gamma_of (scale, params), inner_slope, outer_slope;
  double          inner = box (params[0], log (x / scale->center), &inner_slope);
  double          outer = box (-gamma, inner, &outer_slope);

  *value = params[2] - params[3] * outer;
  gradient[0] = -params[3] * exp (-gamma * inner) * inner_slope;
  gradient[1] = params[3] * outer_slope * gamma;
  gradient[2] = 1;
  gradient[3] = -outer;
  return params[1] > LOG_SPACE_EDGE && params[3] * gamma > 0 && isfinite (*value);
}

static void
log_space_start (const LawScale *scale, guint i, double *params)
{
  static const double alphas[] = { 0.1, 0.7, 1.5, 3 }, gammas[] = { -2, 0, 1 };

  params[0] = alphas[i % 4];
  params[1] = gammas[i / 4];
  params[2] = scale->mean;
  params[3] = -scale->slope;
}

static void
log_space_express (const LawScale *scale, const double *params, double *coefs, double jacobian[][SP_FIT_MOST])
{
  double alpha = params[0], k = params[3], gamma = gamma_of (scale, params);

  coefs[0] = alpha;
  coefs[1] = log (k / gamma) + gamma / alpha;
  coefs[2] = gamma / alpha * pow (scale->center, -alpha);
  coefs[3] = params[2] - k / gamma;
  jacobian[0][0] = 1;
  jacobian[1][0] = -gamma / (alpha * alpha);
  jacobian[1][1] = gamma / alpha - 1;
  jacobian[1][3] = 1 / k;
  jacobian[2][0] = -coefs[2] * (log (scale->center) + 1 / alpha);
  jacobian[2][1] = coefs[2];
  jacobian[3][1] = k / gamma;
  jacobian[3][2] = 1;
  jacobian[3][3] = -1 / gamma;
}

gboolean
law_is_at_edge (const LawForm *form, const double *params)
{
  return form == &law_forms[LAW_LOG_SPACE] && params[1] < NEAR_EDGE;
}

/* --- logarithm: a, b, c, A0 ----------------------------------------------------------------------- */

static double
logarithm_value (double tokens, const double *coefs)
{
  return coefs[2] * log (coefs[0] * tokens + coefs[1]) + coefs[3];
}

/* ln (1 + wx) / w, x for w = 0, and its derivative by w. */
static double
bent (double w, double x, double *slope)
{
  double t = w * x, value;

  if (fabs (t) < 1e-5)
    {
      *slope = -x * x * (0.5 - 2 * t / 3 + 0.75 * t * t);
      return x * (1 - t / 2 + t * t / 3);
    }
  value = log1p (t) / w;
  *slope = (x / (1 + t) - value) / w;
  return value;
}

/* w, p, k */
static gboolean
logarithm_curve (gconstpointer data, double x, const double *params, double *value, double *gradient)
{
  const LawScale *scale = data;
  double          slope, b = bent (params[0], x / scale->center - 1, &slope);

  *value = params[1] + params[2] * b;
  gradient[0] = params[2] * slope;
  gradient[1] = 1;
  gradient[2] = b;
  return isfinite (*value);
}

static void
logarithm_start (const LawScale *scale, guint i, double *params)
{
  static const double bends[] = { 0.9, 0.5, 0.1, 1 };

  params[0] = bends[i];
  params[1] = scale->mean;
  params[2] = scale->slope;
}

static void
logarithm_express (const LawScale *scale, const double *params, double *coefs, double jacobian[][SP_FIT_MOST])
{
  double w = params[0], k = params[2], spread = log (scale->center / fabs (w));

  coefs[0] = w < 0 ? -1 : 1;
  coefs[1] = (1 - w) * scale->center / fabs (w);
  coefs[2] = k / w;
  coefs[3] = params[1] - coefs[2] * spread;
  jacobian[1][0] = -coefs[0] * scale->center / (w * w);
  jacobian[2][0] = -coefs[2] / w;
  jacobian[2][2] = 1 / w;
  jacobian[3][0] = coefs[2] / w * (spread + 1);
  jacobian[3][1] = 1;
  jacobian[3][2] = -spread / w;
}

/* --- logistic: a, b, c, d ------------------------------------------------------------------------- */

static double
logistic_value (double tokens, const double *coefs)
{
  return coefs[0] - 1 / (1 + coefs[1] * exp (coefs[2] * tokens + coefs[3]));
}

/* a, k, m */
static gboolean
logistic_curve (gconstpointer data, double x, const double *params, double *value, double *gradient)
{
  const LawScale *scale = data;
  double          at = x / scale->center - 1, share = 1 / (1 + exp (params[1] * at + params[2]));

  *value = params[0] - share;
  gradient[0] = 1;
  gradient[1] = share * (1 - share) * at;
  gradient[2] = share * (1 - share);
  return isfinite (*value);
}

/* A series that falls does so from the upper end of the curve, one that rises to it. */
static void
logistic_start (const LawScale *scale, guint i, double *params)
{
  static const double rates[] = { 0.3, 1, 3 }, places[] = { 1, 3, 5 };
  double              sign = scale->slope < 0 ? -1 : 1;

  params[1] = sign * rates[i % 3];
  params[2] = sign * places[i / 3];
  params[0] = scale->mean + 1 / (1 + exp (params[2]));
}

static void
logistic_express (const LawScale *scale, const double *params, double *coefs, double jacobian[][SP_FIT_MOST])
{
  coefs[0] = params[0];
  coefs[1] = 1;
  coefs[2] = params[1] / scale->center;
  coefs[3] = params[2] - params[1];
  jacobian[0][0] = 1;
  jacobian[2][1] = 1 / scale->center;
  jacobian[3][1] = -1;
  jacobian[3][2] = 1;
}

const LawForm law_forms[LAW_N_FORMS] = {
  [LAW_POWER] = { "power", N_("Power law"), "A = A₀ − c·D^−α", 3, { ALPHA, C, A0 }, power_value, 3, power_curve, 5,
                  power_start, power_express },
  [LAW_LOG_SPACE] = { "log-space", N_("Log-space power law"), "A = exp(−c·D^α + b) + A₀", 4, { ALPHA, B, C, A0 }, log_space_value, 4,
                      log_space_curve, 12, log_space_start, log_space_express },
  [LAW_LOGARITHM] = { "logarithm", N_("Logarithm"), "A = c·ln(a·D + b) + A₀", 4, { A, B, C, A0 }, logarithm_value, 3, logarithm_curve, 4,
                      logarithm_start, logarithm_express },
  [LAW_LOGISTIC] = { "logistic", N_("Logistic curve"), "A = a − 1/(1 + b·exp(c·D + d))", 4, { A, B, C, D }, logistic_value, 3,
                     logistic_curve, 9, logistic_start, logistic_express },
};
