/* sp-reconstruction.c - how close what a sparse autoencoder decodes to is to what it encoded, by everyone's measure
 *
 * Sums are of differences from the mean of all tokens, in f64 and in the order of tokens. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sp-reconstruction.h"

#include <math.h>

#define LEAST_NORM 1e-4                    /* SAELens: what is shorter counts as of length 1 */

/* --- means --------------------------------------------------------------------------------------------- */

SpActivationMeans *
sp_activation_means_new (gsize width)
{
  SpActivationMeans *self = g_new0 (SpActivationMeans, 1);

  self->width = width;
  self->mean = g_new0 (double, width);
  return self;
}

void
sp_activation_means_free (SpActivationMeans *self)
{
  g_free (self->mean);
  g_free (self);
}

void
sp_activation_means_add (SpActivationMeans *self, const float *x, gsize n_tokens)
{
  for (gsize t = 0; t < n_tokens; t++, x += self->width)
    {
      double square = 0;

      for (gsize i = 0; i < self->width; i++)
        {
          self->mean[i] += (double) x[i];
          square += (double) x[i] * (double) x[i];
        }
      self->mean_norm += sqrt (square);
    }
  self->n_tokens += n_tokens;
}

void
sp_activation_means_finish (SpActivationMeans *self)
{
  double n = (double) MAX (self->n_tokens, 1);

  for (gsize i = 0; i < self->width; i++)
    self->mean[i] /= n;
  self->mean_norm /= n;
}

/* --- sums ---------------------------------------------------------------------------------------------- */

struct _SpReconstructionSums {
  gsize   width;
  double *mean;                            /* (width) */
  double *error;                           /* (width) Σ e */
  double *centred;                         /* (width) Σ (x - mean): 0 but for rounding, once all tokens are in */
  guint64 n, n_zero, n_ratios, n_legacy;   /* tokens; of length 0; whose ‖x‖, ‖x - x̄‖ is not 0 */
  double  ee, cc, xx, yy, xy;              /* Σ ‖e‖², ‖x - x̄‖², ‖x‖², ‖x̂‖², ⟨x, x̂⟩ */
  double  lengths, legacy, ratios, cosines, l2_ratios;
};

SpReconstructionSums *
sp_reconstruction_new (const SpActivationMeans *means)
{
  SpReconstructionSums *self = g_new0 (SpReconstructionSums, 1);

  self->width = means->width;
  self->mean = g_memdup2 (means->mean, means->width * sizeof *means->mean);
  self->error = g_new0 (double, means->width);
  self->centred = g_new0 (double, means->width);
  return self;
}

void
sp_reconstruction_free (SpReconstructionSums *self)
{
  g_free (self->mean);
  g_free (self->error);
  g_free (self->centred);
  g_free (self);
}

typedef struct { double ee, cc, xx, yy, xy; } Token;

static Token
add_elements (SpReconstructionSums *self, const float *x, const float *y)
{
  Token token = { 0 };

  for (gsize i = 0; i < self->width; i++)
    {
      double a = (double) x[i], b = (double) y[i], e = a - b, c = a - self->mean[i];

      token.ee += e * e;
      token.cc += c * c;
      token.xx += a * a;
      token.yy += b * b;
      token.xy += a * b;
      self->error[i] += e;
      self->centred[i] += c;
    }
  return token;
}

static void
add_token (SpReconstructionSums *self, const Token *token)
{
  double length = sqrt (token->xx), decoded = sqrt (token->yy);

  self->n++;
  self->ee += token->ee;
  self->cc += token->cc;
  self->xx += token->xx;
  self->yy += token->yy;
  self->xy += token->xy;
  self->lengths += sqrt (token->ee);
  self->l2_ratios += decoded / (length < LEAST_NORM ? 1 : length);
  if (length > 0 && decoded > 0)
    self->cosines += token->xy / (length * decoded);
  else
    self->n_zero++;
  if (token->xx > 0)
    {
      self->ratios += token->ee / token->xx;
      self->n_ratios++;
    }
  if (token->cc > 0)
    {
      self->legacy += 1 - token->ee / token->cc;
      self->n_legacy++;
    }
}

void
sp_reconstruction_add (SpReconstructionSums *self, const float *x, const float *decoded, gsize n_tokens)
{
  for (gsize t = 0; t < n_tokens; t++)
    {
      Token token = add_elements (self, x + t * self->width, decoded + t * self->width);

      add_token (self, &token);
    }
}

/* --- measures ------------------------------------------------------------------------------------------ */

/* NaN of none. */
static double
divide (double a, double b)
{
  return b != 0 ? a / b : NAN;
}

/* Σ over elements of the squared sum, which a variance lacks. */
static double
square_of_sums (const double *sums, gsize n)
{
  double square = 0;

  for (gsize i = 0; i < n; i++)
    square += sums[i] * sums[i];
  return square;
}

SpReconstruction
sp_reconstruction_finish (const SpReconstructionSums *self)
{
  double n = (double) self->n, width = (double) self->width, s = divide (self->xx, n);
  double var_error = self->ee - divide (square_of_sums (self->error, self->width), n);
  double var_input = self->cc - divide (square_of_sums (self->centred, self->width), n);

  return (SpReconstruction) {
    .n_tokens = self->n, .n_zero = self->n_zero,
    .mse = divide (self->ee, n), .mse_per_input = divide (self->ee, n * width),
    .fvu = divide (self->ee, self->cc),
    .fve = 1 - divide (var_error, var_input),
    .ev_legacy = divide (self->legacy, (double) self->n_legacy),
    .ev_saelens = 1 - divide (divide (self->ee, n), s - (s / width) * (s / width)),
    .nmse_openai = divide (self->ratios, (double) self->n_ratios),
    .l2_loss = divide (self->lengths, n), .l2_ratio = divide (self->l2_ratios, n),
    .cosine = divide (self->cosines, n - (double) self->n_zero),
    .bias = divide (self->yy, self->xy),
  };
}
