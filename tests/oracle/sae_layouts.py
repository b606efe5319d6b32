# Sparse autoencoders as the libraries save them: names, orientations, settings.
# SPDX-License-Identifier: GPL-3.0-or-later
"""Verified against, read for names, shapes and formulas:

saelens              jbloomAus/SAELens: sae_lens/saes/{sae,standard_sae,topk_sae,batchtopk_sae,jumprelu_sae,gated_sae}.py; files before
                     version 6: sae_lens/loading/pretrained_sae_loaders.py, and sae_lens/sae.py of version 5
gemma-scope          jbloomAus/SAELens: gemma_2_sae_huggingface_loader in sae_lens/loading/pretrained_sae_loaders.py
openai               openai/sparse_autoencoder: sparse_autoencoder/{model,paths}.py
dictionary-learning  saprmarks/dictionary_learning: dictionary_learning/dictionary.py and
                     dictionary_learning/trainers/{standard,gdm,jumprelu,top_k,batch_top_k,matryoshka_batch_top_k}.py
eleuther             EleutherAI/sparsify: sparsify/{sparse_coder,config,fused_encoder}.py
llama-scope          OpenMOSS/Language-Model-SAEs: src/lm_saes/{sae,config}.py of November 2024; scale of the codes as
                     llama_scope_sae_huggingface_loader of SAELens has it
neel-nanda           neelnanda-io/1L-Sparse-Autoencoder: utils.py
ai-safety            ai-safety-foundation/sparse_autoencoder: sparse_autoencoder/autoencoder/model.py and its components/
plain                nobody's: W_enc, W_dec, b_enc, b_dec and nothing that says how to use them

A layout is a list of cases, each a function (out, x) → path, layout, SAE, more that is expected."""

import collections
import io
import json
import struct
import sys
import types
from unittest import mock

import numpy as np
import torch

import saes
from containers import zip_bytes
from writers import npy_of

D, N, K, STEP = 12, 40, 6, 100
HOOK = "blocks.1.hook_resid_post"


def f32(values):
    return np.asarray(values, "<f4")


def weights(seed):
    """A quarter of the features is dead, four always fire where all may, eight are rare."""
    rng = np.random.default_rng(seed)
    e = rng.standard_normal((D, N)) * 0.3
    b = rng.standard_normal(N) * 0.2 - 0.3
    b[:10], b[10:14], b[14:22] = -40, 4, -3.5
    e[:, 10:14] *= 0.05
    return {"W_enc": f32(e), "W_dec": f32(0.3 * e.T + 0.02 * rng.standard_normal((N, D))), "b_enc": f32(b),
            "b_dec": f32(rng.standard_normal(D) * 0.3)}


def with_unit_rows(w):
    return {**w, "W_dec": f32(w["W_dec"] / np.linalg.norm(w["W_dec"], axis=1, keepdims=True))}


def model(w, activation, pre_bias=True, **more):
    """Of stored weights; none of b_enc, b_dec: zeros."""
    wide = {k: np.asarray(v, np.float64) for k, v in {**w, **more}.items() if not isinstance(v, str)}
    b_dec = wide.get("b_dec", np.zeros(D))
    sae = {"E": wide["W_enc"], "D": wide["W_dec"], "b_dec": b_dec, "b_pre": b_dec if pre_bias else np.zeros(D), "activation": activation}
    for name in ("b_enc", "b_gate", "b_mag", "r_mag", "W_skip", "code_scale", "threshold"):
        if name in wide:
            sae[name] = wide[name]
    return {**sae, **{name: more[name] for name in ("k", "input", "input_scale", "by_norm") if name in more}}


def decided(x, seed, make, shape=lambda w: w):
    """The first weights from this seed on of which rounding decides nothing."""
    for s in range(seed, seed + 3000):
        w = shape(weights(s))
        sae = make(w)
        if saes.is_decided(sae, x):
            return w, sae
    raise SystemExit(f"weights from {seed}: rounding decides in all")


def safetensors(tensors):
    header, at = {}, 0
    for name, v in tensors.items():
        header[name] = {"dtype": "F32", "shape": list(v.shape), "data_offsets": [at, at + v.nbytes]}
        at += v.nbytes
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    return struct.pack("<Q", len(text)) + text + b"".join(v.tobytes() for v in tensors.values())


def state(tensors):
    """As nn.Module.state_dict gives it; a transposed array stays a transposed tensor."""
    made = collections.OrderedDict((k, torch.from_numpy(v) if isinstance(v, (np.ndarray, np.generic)) else v) for k, v in tensors.items())
    made._metadata = collections.OrderedDict([("", {"version": 1})])
    return made


def saved(value):
    buffer = io.BytesIO()
    torch.save(value, buffer)
    return buffer.getvalue()


def put_json(out, path, document):
    out.file("saes/" + path, json.dumps(document).encode())


# SAELens

def put_saelens(out, path, tensors, **settings):
    base = {"d_in": D, "d_sae": N, "dtype": "float32", "device": "cpu", "apply_b_dec_to_input": True, "normalize_activations": "none",
            "reshape_activations": "none", "metadata": {"model_name": "tiny", "hook_name": HOOK, "sae_lens_version": "6.18.0"}}
    put_json(out, path + "/cfg.json", {**base, **settings})
    out.file(f"saes/{path}/sae_weights.safetensors", safetensors(tensors))


def put_older_saelens(out, path, tensors, **settings):
    base = {"architecture": "standard", "d_in": D, "d_sae": N, "activation_fn_str": "relu", "apply_b_dec_to_input": True,
            "finetuning_scaling_factor": False, "context_size": 128, "model_name": "tiny", "hook_name": HOOK, "hook_layer": 1,
            "hook_head_index": None, "prepend_bos": True, "dataset_path": "none", "dataset_trust_remote_code": True,
            "normalize_activations": "none", "dtype": "float32", "device": "cpu", "sae_lens_training_version": "5.4.2",
            "activation_fn_kwargs": {}}
    put_json(out, path + "/cfg.json", {k: v for k, v in {**base, **settings}.items() if v != ()})
    out.file(f"saes/{path}/sae_weights.safetensors", safetensors(tensors))


def saelens_standard(out, x):
    w, sae = decided(x, 1000, lambda w: model(w, "relu"))
    put_saelens(out, "saelens-standard", w, architecture="standard")
    density = f32(np.log10((saes.run(sae, x)[0] > 0).mean(0) + 1e-10))
    out.file("saes/saelens-standard/sparsity.safetensors", safetensors({"sparsity": density}))
    return "saelens-standard", "saelens", sae, {}


def saelens_oldest(out, x):
    """Settings of before apply_b_dec_to_input: the decoder's bias is subtracted."""
    w, sae = decided(x, 1100, lambda w: model(w, "relu"))
    gone = dict.fromkeys(("architecture", "apply_b_dec_to_input", "finetuning_scaling_factor", "activation_fn_str",
                          "activation_fn_kwargs", "hook_name", "hook_layer", "sae_lens_training_version"), ())
    put_older_saelens(out, "saelens-oldest", w, **{**gone, "hook_point": HOOK, "hook_point_layer": 1, "dtype": "torch.float32"})
    return "saelens-oldest", "saelens", sae, {}


def saelens_no_pre_bias(out, x):
    w, sae = decided(x, 1200, lambda w: model(w, "relu", pre_bias=False))
    put_saelens(out, "saelens-no-pre-bias", w, architecture="standard", apply_b_dec_to_input=False)
    return "saelens-no-pre-bias", "saelens", sae, {}


def saelens_topk(out, x):
    w, sae = decided(x, 2000, lambda w: model(w, "topk", k=K))
    put_saelens(out, "saelens-topk", w, architecture="topk", k=K, rescale_acts_by_decoder_norm=False)
    return "saelens-topk", "saelens", sae, {}


def saelens_older_topk(out, x):
    w, sae = decided(x, 2100, lambda w: model(w, "topk", k=K))
    put_older_saelens(out, "saelens-older-topk", w, activation_fn_str="topk", activation_fn_kwargs={"k": K})
    return "saelens-older-topk", "saelens", sae, {}


def saelens_topk_by_norm(out, x):
    w, sae = decided(x, 2200, lambda w: model(w, "topk", k=K, by_norm=True))
    put_saelens(out, "saelens-topk-by-norm", w, architecture="topk", k=K, rescale_acts_by_decoder_norm=True)
    return "saelens-topk-by-norm", "saelens", sae, {}


def thresholds(w):
    return {**w, "threshold": f32(np.linspace(0.05, 0.9, N))}


def saelens_jumprelu(out, x):
    w, sae = decided(x, 3000, lambda w: model(w, "jumprelu"), thresholds)
    put_saelens(out, "saelens-jumprelu", w, architecture="jumprelu")
    return "saelens-jumprelu", "saelens", sae, {}


def saelens_batchtopk(out, x):
    """As it is saved for inference: the one threshold, of every feature."""
    w, sae = decided(x, 3100, lambda w: model(w, "jumprelu"), lambda w: {**w, "threshold": f32(np.full(N, 0.62))})
    put_saelens(out, "saelens-batchtopk", w, architecture="jumprelu")
    return "saelens-batchtopk", "saelens", sae, {}


def with_gates(w):
    b = w["b_enc"]
    return {"W_enc": w["W_enc"], "W_dec": w["W_dec"], "b_dec": w["b_dec"], "b_gate": b, "b_mag": f32(b + 0.4 * np.sin(np.arange(N))),
            "r_mag": f32(0.3 * np.cos(np.arange(N)))}


def saelens_gated(out, x):
    w, sae = decided(x, 3200, lambda w: model(w, "gated"), with_gates)
    put_saelens(out, "saelens-gated", w, architecture="gated")
    return "saelens-gated", "saelens", sae, {}


def saelens_average(out, x):
    w, sae = decided(x, 4000, lambda w: model(w, "jumprelu", input="average"), thresholds)
    put_saelens(out, "saelens-average", w, architecture="jumprelu", normalize_activations="expected_average_only_in")
    return "saelens-average", "saelens", sae, {"input_scale": float(np.sqrt(D) / np.linalg.norm(x, axis=1).mean())}


def saelens_scaling_factor(out, x):
    """scaling_factor is of features, and of the decoder alone."""
    scale = f32(1 + 0.5 * np.sin(np.arange(N)))
    w, sae = decided(x, 4100, lambda w: model(w, "relu", input="average", code_scale=scale))
    put_older_saelens(out, "saelens-scaling-factor", {**w, "scaling_factor": scale}, finetuning_scaling_factor=True,
                      normalize_activations="expected_average_only_in")
    return "saelens-scaling-factor", "saelens", sae, {"input_scale": float(np.sqrt(D) / np.linalg.norm(x, axis=1).mean())}


def saelens_constant_norm(out, x):
    w, sae = decided(x, 4200, lambda w: model(w, "relu", input="token"))
    put_saelens(out, "saelens-constant-norm", w, architecture="standard", normalize_activations="constant_norm_rescale")
    return "saelens-constant-norm", "saelens", sae, {}


def saelens_layer_norm(out, x):
    w, sae = decided(x, 4300, lambda w: model(w, "relu", input="standard"))
    put_saelens(out, "saelens-layer-norm", w, architecture="standard", normalize_activations="layer_norm")
    return "saelens-layer-norm", "saelens", sae, {}


# Gemma Scope, and no library

def npz(tensors):
    return zip_bytes([(f"{k}.npy", npy_of(v)) for k, v in tensors.items()])


def gemma_scope(out, x):
    w, sae = decided(x, 5000, lambda w: model(w, "jumprelu", pre_bias=False), thresholds)
    out.file("saes/gemma-scope/params.npz", npz(w))
    return "gemma-scope/params.npz", "gemma-scope", sae, {}


def gemma_scope_lower(out, x):
    w, sae = decided(x, 5100, lambda w: model(w, "jumprelu", pre_bias=False), thresholds)
    out.file("saes/gemma-scope-lower/params.npz", npz({k.replace("W_", "w_"): v for k, v in w.items()}))
    return "gemma-scope-lower/params.npz", "gemma-scope", sae, {}


def gemma_scope_embedding(out, x):
    """As SAELens has it once it is loaded; only the folder says so, and b_dec stays."""
    root = np.sqrt(D)
    w, sae = decided(x, 5400, lambda w: model({**w, "W_enc": w["W_enc"] / root, "W_dec": w["W_dec"] * root}, "jumprelu", pre_bias=False),
                     thresholds)
    out.file("saes/embedding/width_40/average_l0_6/params.npz", npz(w))
    return "embedding/width_40/average_l0_6/params.npz", "gemma-scope", sae, {}


def plain(out, x):
    w, sae = decided(x, 5200, lambda w: model(w, "relu", pre_bias=False))
    out.file("saes/plain.npz", npz(w))
    return "plain.npz", "plain", sae, {}


def plain_without_biases(out, x):
    """Half of all features fire at a token then, and none at a token of zeros."""
    w, sae = decided(x, 5300, lambda w: model(w, "relu"), lambda w: {"W_enc": w["W_enc"], "W_dec": w["W_dec"]})
    out.file("saes/plain-without-biases.npz", npz(w))
    return "plain-without-biases.npz", "plain", sae, {}


# OpenAI

def openai(out, x, path, w, sae, activation):
    f = saes.run(sae, x)[0]
    last = np.where(f.any(0), 1 + np.argmax(f[::-1] > 0, axis=0) // STEP, 90)
    out.file(f"saes/{path}", saved(state({
        "pre_bias": w["b_dec"], "latent_bias": w["b_enc"], "stats_last_nonzero": last.astype("<i8"),
        "latents_activation_frequency": f32((f > 0).mean(0)), "latents_mean_square": f32((f * f).mean(0)),
        "encoder.weight": w["W_enc"].T.copy(), "decoder.weight": w["W_dec"].T.copy(), "activation": activation,
        "activation_state_dict": collections.OrderedDict({"k": K, "postact_fn": "ReLU"} if activation == "TopK" else {})})))
    return path, "openai", sae, {}


def openai_relu(out, x):
    w, sae = decided(x, 6000, lambda w: model(w, "relu"))
    return openai(out, x, "openai-relu.pt", w, sae, "ReLU")


def openai_topk(out, x):
    """The library takes it from the activation that tokens are normalised."""
    w, sae = decided(x, 6100, lambda w: model(w, "topk", k=K, input="standard"))
    return openai(out, x, "openai-topk.pt", w, sae, "TopK")


# dictionary_learning

def put_dictionary(out, path, dict_class, trainer_class, tensors, **more):
    trainer = {"trainer_class": trainer_class, "dict_class": dict_class, "lr": 1e-4, "steps": 1000, "seed": 0, "activation_dim": D,
               "dict_size": N, "device": "cpu", "layer": 1, "lm_name": "tiny", "wandb_name": dict_class,
               "submodule_name": "resid_post_layer_1", **more}
    buffer = {"d_submodule": D, "io": "out", "n_ctxs": 8, "ctx_len": 128, "refresh_batch_size": 4, "out_batch_size": 64, "device": "cpu"}
    put_json(out, path + "/config.json", {"trainer": trainer, "buffer": buffer})
    out.file(f"saes/{path}/ae.pt", saved(state(tensors)))


def top_k_tensors(w, threshold):
    """The encoder as it is begun there: a transposed tensor."""
    return {"b_dec": w["b_dec"], "k": np.array(K, "<i4"), "threshold": np.array(threshold, "<f4"),
            "decoder.weight": w["W_dec"].T.copy(), "encoder.weight": w["W_enc"].T, "encoder.bias": w["b_enc"]}


def dictionary_relu(out, x):
    """Codes times the norm of the decoder's direction: from_pretrained of the library makes these of length 1."""
    w, sae = decided(x, 7000, lambda w: model(w, "relu", by_norm=True))
    put_dictionary(out, "dictionary-learning-relu", "AutoEncoder", "StandardTrainer",
                   {"bias": w["b_dec"], "encoder.weight": w["W_enc"].T, "encoder.bias": w["b_enc"], "decoder.weight": w["W_dec"].T.copy()})
    return "dictionary-learning-relu", "dictionary-learning", sae, {}


def dictionary_new(out, x):
    w, sae = decided(x, 7100, lambda w: model(w, "relu", pre_bias=False))
    put_dictionary(out, "dictionary-learning-new", "AutoEncoderNew", "PAnnealTrainer",
                   {"encoder.weight": w["W_enc"].T, "encoder.bias": w["b_enc"], "decoder.weight": w["W_dec"].T.copy(),
                    "decoder.bias": w["b_dec"]})
    return "dictionary-learning-new", "dictionary-learning", sae, {}


def dictionary_gated(out, x):
    w, sae = decided(x, 7200, lambda w: model(w, "gated"), with_gates)
    put_dictionary(out, "dictionary-learning-gated", "GatedAutoEncoder", "GatedSAETrainer",
                   {"decoder_bias": w["b_dec"], "r_mag": w["r_mag"], "gate_bias": w["b_gate"], "mag_bias": w["b_mag"],
                    "encoder.weight": w["W_enc"].T, "decoder.weight": w["W_dec"].T.copy()})
    return "dictionary-learning-gated", "dictionary-learning", sae, {}


def dictionary_jumprelu(out, x):
    w, sae = decided(x, 7300, lambda w: model(w, "jumprelu", pre_bias=False), thresholds)
    put_dictionary(out, "dictionary-learning-jumprelu", "JumpReluAutoEncoder", "JumpReluTrainer",
                   {k: w[k] for k in ("W_enc", "b_enc", "W_dec", "b_dec", "threshold")}, bandwidth=0.001, target_l0=20.0)
    return "dictionary-learning-jumprelu", "dictionary-learning", sae, {}


def dictionary_topk(out, x):
    """Its threshold is another way to run it, which is not the one without a word."""
    w, sae = decided(x, 7400, lambda w: model(w, "topk", k=K))
    put_dictionary(out, "dictionary-learning-topk", "AutoEncoderTopK", "TopKTrainer", top_k_tensors(w, 0.7), k=K, auxk_alpha=1 / 32)
    return "dictionary-learning-topk", "dictionary-learning", sae, {}


def put_batch_top_k(out, path, w, threshold):
    put_dictionary(out, path, "BatchTopKSAE", "BatchTopKTrainer", top_k_tensors(w, threshold), k=K, auxk_alpha=1 / 32, top_k_aux=D // 2)


def dictionary_batchtopk(out, x):
    w, sae = decided(x, 7500, lambda w: model(w, "jumprelu", threshold=f32(0.62), k=K))
    put_batch_top_k(out, "dictionary-learning-batchtopk", w, 0.62)
    return "dictionary-learning-batchtopk", "dictionary-learning", sae, {"is_batch_top_k": True}


def dictionary_uncalibrated(out, x):
    """Threshold -1: it was never found, and k is of each token."""
    w, sae = decided(x, 7600, lambda w: model(w, "topk", k=K))
    put_batch_top_k(out, "dictionary-learning-uncalibrated", w, -1)
    return "dictionary-learning-uncalibrated", "dictionary-learning", sae, {"is_batch_top_k": True}


def dictionary_matryoshka(out, x):
    w, sae = decided(x, 7700, lambda w: model(w, "jumprelu", threshold=f32(0.55), k=K))
    put_dictionary(out, "dictionary-learning-matryoshka", "MatryoshkaBatchTopKSAE", "MatryoshkaBatchTopKTrainer",
                   {**{k: w[k] for k in ("W_enc", "b_enc", "W_dec", "b_dec")}, "k": np.array(K, "<i4"), "threshold": np.array(0.55, "<f4"),
                    "group_sizes": np.array([16, 24], "<i8")}, k=K, group_fractions=[0.4, 0.6], group_weights=[0.5, 0.5],
                   group_sizes=[16, 24])
    return "dictionary-learning-matryoshka", "dictionary-learning", sae, {"is_batch_top_k": True}


# EleutherAI

def put_eleuther(out, path, w, **settings):
    put_json(out, path + "/cfg.json", {"activation": "topk", "expansion_factor": 32, "normalize_decoder": True, "num_latents": N, "k": K,
                                       "multi_topk": False, "skip_connection": False, "transcode": False, **settings, "d_in": D})
    skip = {"W_skip": w["W_skip"]} if "W_skip" in w else {}
    out.file(f"saes/{path}/sae.safetensors", safetensors({"W_dec": w["W_dec"], **skip, "b_dec": w["b_dec"], "encoder.bias": w["b_enc"],
                                                          "encoder.weight": np.ascontiguousarray(w["W_enc"].T)}))


def eleuther_topk(out, x):
    w, sae = decided(x, 8000, lambda w: model(w, "topk", k=K), with_unit_rows)
    put_eleuther(out, "eleuther-topk", w)
    return "eleuther-topk", "eleuther", sae, {}


def eleuther_group_max(out, x):
    w, sae = decided(x, 8100, lambda w: model(w, "groupmax", k=8), with_unit_rows)
    put_eleuther(out, "eleuther-groupmax", w, activation="groupmax", k=8)
    return "eleuther-groupmax", "eleuther", sae, {}


def eleuther_transcoder(out, x):
    """Measured against x all the same."""
    skip = f32(0.1 * np.random.default_rng(8200).standard_normal((D, D)))
    w, sae = decided(x, 8200, lambda w: model(w, "topk", pre_bias=False, k=K), lambda w: {**w, "W_skip": skip})
    put_eleuther(out, "eleuther-transcoder", w, skip_connection=True, transcode=True, normalize_decoder=False)
    return "eleuther-transcoder", "eleuther", sae, {"is_transcoder": True}


# OpenMOSS, Neel Nanda, ai-safety-foundation

def llama_scope(out, x):
    """Its threshold is for inputs as they are; codes are of normalised inputs, √d / norm times as large, and the threshold with them."""
    norm, limit = 4.5, 0.25
    scale = np.sqrt(D) / norm
    w, sae = decided(x, 9000, lambda w: model(w, "jumprelu", pre_bias=False, input="average", input_scale=scale, threshold=limit * scale),
                     with_unit_rows)
    settings = {"device": "cpu", "seed": 42, "dtype": "torch.float32", "hook_point_in": HOOK, "hook_point_out": HOOK,
                "use_decoder_bias": True, "apply_decoder_bias_to_pre_encoder": False, "expansion_factor": 8, "d_model": D, "d_sae": N,
                "bias_init_method": "all_zero", "act_fn": "jumprelu", "jump_relu_threshold": limit, "norm_activation": "dataset-wise",
                "dataset_average_activation_norm": {"in": norm, "out": norm}, "decoder_exactly_fixed_norm": False,
                "sparsity_include_decoder_norm": True, "use_glu_encoder": False, "lp": 1, "top_k": 50}
    put_json(out, "llama-scope/hyperparams.json", settings)
    out.file("saes/llama-scope/checkpoints/final.safetensors", safetensors({
        "decoder.bias": w["b_dec"], "decoder.weight": np.ascontiguousarray(w["W_dec"].T), "encoder.bias": w["b_enc"],
        "encoder.weight": np.ascontiguousarray(w["W_enc"].T)}))
    return "llama-scope/checkpoints/final.safetensors", "llama-scope", sae, {"input_scale": float(scale)}


def neel_nanda(out, x):
    w, sae = decided(x, 9100, lambda w: model(w, "relu"), with_unit_rows)
    put_json(out, "neel-nanda/25_cfg.json", {"seed": 49, "batch_size": 4096, "buffer_mult": 384, "lr": 1e-4, "num_tokens": 2000000000,
                                             "l1_coeff": 3e-4, "beta1": 0.9, "beta2": 0.99, "dict_mult": 4, "seq_len": 128,
                                             "enc_dtype": "fp32", "remove_rare_dir": False, "model_name": "gelu-2l", "site": "mlp_out",
                                             "layer": 0, "device": "cuda:0", "act_name": "blocks.0.hook_mlp_out", "act_size": D,
                                             "dict_size": N, "name": "gelu-2l_0_40_mlp_out"})
    out.file("saes/neel-nanda/25.pt", saved(state({k: w[k] for k in ("W_enc", "W_dec", "b_enc", "b_dec")})))
    return "neel-nanda/25.pt", "neel-nanda", sae, {}


def ai_safety_state(w, axis=()):
    """The tied bias under the three names it has in the library; axis: of components, in front."""
    bias = torch.from_numpy(w["b_dec"].reshape(*axis, D))
    return state({"tied_bias": bias, "pre_encoder_bias._bias_reference": bias,
                  "encoder.weight": w["W_enc"].T.reshape(*axis, N, D).copy(), "encoder.bias": w["b_enc"].reshape(*axis, N),
                  "decoder.weight": w["W_dec"].T.reshape(*axis, D, N).copy(), "post_decoder_bias._bias_reference": bias})


def ai_safety(out, x):
    w, sae = decided(x, 9200, lambda w: model(w, "relu"), with_unit_rows)
    out.file("saes/ai-safety.pt", saved(ai_safety_state(w)))
    return "ai-safety.pt", "ai-safety", sae, {}


def ai_safety_component(out, x):
    w, sae = decided(x, 9300, lambda w: model(w, "relu"), with_unit_rows)
    out.file("saes/ai-safety-component.pt", saved(ai_safety_state(w, (1,))))
    return "ai-safety-component.pt", "ai-safety", sae, {}


class Names:
    """Pickles as a set does whose order is known."""

    def __init__(self, *names):
        self.names = list(names)

    def __reduce__(self):
        return set, (self.names,)


def pydantic(module, name, fields):
    """An object that pickles as a pydantic one of that class."""
    def getstate(self):
        return {"__dict__": fields, "__pydantic_extra__": None, "__pydantic_fields_set__": Names(*fields), "__pydantic_private__": None}
    made = type(name, (), {"__module__": module.__name__, "__getstate__": getstate})
    setattr(module, name, made)
    return made()


def ai_safety_saved(out, x):
    """By the library's own save(): an object with the settings and the tensors."""
    w, sae = decided(x, 9400, lambda w: model(w, "relu"), with_unit_rows)
    module = types.ModuleType("sparse_autoencoder.autoencoder.model")
    config = pydantic(module, "SparseAutoencoderConfig", {"n_input_features": D, "n_learned_features": N, "n_components": None})
    whole = pydantic(module, "SparseAutoencoderState", {"config": config, "state_dict": ai_safety_state(w)})
    parents = {name: types.ModuleType(name) for name in ("sparse_autoencoder", "sparse_autoencoder.autoencoder")}
    with mock.patch.dict(sys.modules, {**parents, module.__name__: module}):
        out.file("saes/ai-safety-saved.pt", saved(whole))
    return "ai-safety-saved.pt", "ai-safety", sae, {}


CASES = (saelens_standard, saelens_topk, saelens_jumprelu, plain, dictionary_topk, saelens_oldest, saelens_no_pre_bias, saelens_older_topk,
         saelens_topk_by_norm, saelens_batchtopk, saelens_gated, saelens_average, saelens_scaling_factor, saelens_constant_norm,
         saelens_layer_norm, gemma_scope, gemma_scope_lower, gemma_scope_embedding, plain_without_biases, openai_relu, openai_topk,
         dictionary_relu, dictionary_new, dictionary_gated, dictionary_jumprelu, dictionary_batchtopk, dictionary_uncalibrated,
         dictionary_matryoshka, eleuther_topk, eleuther_group_max, eleuther_transcoder, llama_scope, neel_nanda, ai_safety,
         ai_safety_component, ai_safety_saved)
