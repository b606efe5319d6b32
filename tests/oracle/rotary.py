# Rotary positions as published: the speeds of Llama's scaling kinds and the turning of pairs.
# SPDX-License-Identifier: GPL-3.0-or-later
"""Speeds are always taken in float64; what they turn may be float32.

default   θ^(-2i/n)
linear    divided by the factor
dynamic   NTK: a larger θ once a sequence is longer than max_position_embeddings, for all its positions
llama3    slow pairs divided by the factor, quick ones kept, between them a mixture by wavelength
yarn      between kept and divided by a ramp over the pairs; cosine and sine times 0.1 ln factor + 1
longrope  each pair divided by a number of its own, of another list once a sequence is longer than it was first trained with;
          cosine and sine times √(1 + ln factor / ln of that length)"""

import math

import torch


def scaling_of(config):
    """→ (kind, parameters, θ): the old `rope_scaling` with `type`, or newer spellings."""
    given = config.get("rope_parameters") or config.get("rope_scaling") or {}
    kind = given.get("rope_type") or given.get("type") or "default"
    base = given.get("rope_theta") or config.get("rope_theta") or config.get("rotary_emb_base") or 10000.0
    return kind, given, float(base)


def plain_speeds(base, n):
    return base ** (-torch.arange(0, n, 2, dtype=torch.float64) / n)


def llama3_speeds(speeds, given):
    factor, old = given["factor"], given["original_max_position_embeddings"]
    low, high = given["low_freq_factor"], given["high_freq_factor"]
    turns = old * speeds / (2 * math.pi)  # full turns within the original context
    share = ((turns - low) / (high - low)).clamp(0, 1)
    return share * speeds + (1 - share) * speeds / factor


def yarn_speeds(speeds, given, base, n, context):
    factor = given["factor"]
    old = given.get("original_max_position_embeddings") or context

    def pair_of(turns):
        return n * math.log(old / (turns * 2 * math.pi)) / (2 * math.log(base))

    low, high = pair_of(given.get("beta_fast") or 32), pair_of(given.get("beta_slow") or 1)
    if given.get("truncate", True):
        low, high = math.floor(low), math.ceil(high)
    low, high = max(low, 0), min(high, n - 1)
    ramp = (torch.arange(n // 2, dtype=torch.float64) - low) / (high - low or 0.001)
    divided = ramp.clamp(0, 1)
    return speeds * (1 - divided) + speeds / factor * divided


def yarn_stretch(given):
    """What cosine and sine are multiplied by."""
    def stretch(scale, m=1.0):
        return 0.1 * m * math.log(scale) + 1.0 if scale > 1 else 1.0
    if given.get("attention_factor") is not None:
        return given["attention_factor"]
    if given.get("mscale") and given.get("mscale_all_dim"):
        return stretch(given["factor"], given["mscale"]) / stretch(given["factor"], given["mscale_all_dim"])
    return stretch(given["factor"])


def first_length(config, given):
    """What a model was trained with before it was stretched."""
    return (given.get("original_max_position_embeddings") or config.get("original_max_position_embeddings") or
            config["max_position_embeddings"])


def longrope_stretch(config, given):
    old = first_length(config, given)
    factor = given.get("factor") or config["max_position_embeddings"] / old
    if given.get("attention_factor") is not None:
        return given["attention_factor"]
    return math.sqrt(1 + math.log(factor) / math.log(old)) if factor > 1 else 1.0


def turned_share(config):
    """How much of each head is turned."""
    spelt = (config.get("rotary_pct"), config.get("partial_rotary_factor"),
             (config.get("rope_parameters") or {}).get("partial_rotary_factor"))
    return next((share for share in spelt if share is not None), 0.25 if config["model_type"] == "gpt_neox" else 1.0)


def speeds_and_stretch(config, n, length):
    kind, given, base = scaling_of(config)
    context = config["max_position_embeddings"]
    if kind == "dynamic" and length > context:
        base *= (given["factor"] * length / context - (given["factor"] - 1)) ** (n / (n - 2))
    speeds = plain_speeds(base, n)
    if kind == "linear":
        return speeds / given["factor"], 1.0
    if kind == "llama3":
        return llama3_speeds(speeds, given), 1.0
    if kind == "yarn":
        return yarn_speeds(speeds, given, base, n, context), yarn_stretch(given)
    if kind in ("longrope", "su"):
        name = "long_factor" if length > first_length(config, given) else "short_factor"
        return speeds / torch.tensor(given[name], dtype=torch.float64), longrope_stretch(config, given)
    assert kind in ("default", "dynamic"), kind
    return speeds, 1.0


def turns(config, n, length, dtype):
    """→ cosine and sine, both [length, n / 2]."""
    speeds, stretch = speeds_and_stretch(config, n, length)
    angle = torch.outer(torch.arange(length, dtype=torch.float64), speeds)
    return (angle.cos() * stretch).to(dtype), (angle.sin() * stretch).to(dtype)


def rotate(x, cos_sin):
    """x [..., length, size]: pairs (i, i + n / 2) of the first n elements are turned, the rest passes."""
    cos, sin = cos_sin
    half = cos.shape[-1]
    a, b, rest = x[..., :half], x[..., half:2 * half], x[..., 2 * half:]
    return torch.cat((a * cos - b * sin, b * cos + a * sin, rest), dim=-1)
