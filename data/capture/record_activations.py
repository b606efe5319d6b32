"""Records what the neurons of a PyTorch model do on a text, into a folder that Sparsoscope opens.

    with Recorder(model, "dump/", dtype="float16") as recorder:
        for batch in batches:
            recorder.tokens(batch["input_ids"], batch.get("attention_mask"))
            model(**batch)

Needs PyTorch from 1.13 on and the standard library.  README.md beside this file says more.
"""
# SPDX-License-Identifier: GPL-3.0-or-later

import contextlib
import ctypes
import difflib
import fnmatch
import json
import os
import re
import struct
import sys
import warnings

import torch

# Where the neurons are, unless one says: the first line that fits any module of the model is used.
USUAL_PLACES = (
    ("*.mlp.down_proj", "input"),             # Llama, Mistral, Qwen, Gemma, Phi-3: the gated product
    ("*.mlp.act", "output"),                  # GPT-2, GPT-NeoX, GPT-J, Falcon
    ("*.activation_fn", "output"),            # OPT, CLIP, BART
    ("*.intermediate_act_fn", "output"),      # BERT, ViT
    ("*.mlp.c_proj", "input"), ("*.mlp.dense_4h_to_h", "input"), ("*.mlp.fc_out", "input"), ("*.fc2", "input"),
    ("*.ffn.down_proj", "input"), ("*.DenseReluDense.wo", "input"), ("*.feed_forward.w2", "input"), ("*.linear2", "input"),
)
GATE_PLACE = "*.mlp.act_fn"                   # of gated layers: its outputs are the gate's scores
USUAL_CLASSES = ("ReLU", "GELU", "SiLU")      # of torch.nn: their outputs, where no line above fits

DTYPES = {"float16": "F16", "bfloat16": "BF16", "float32": "F32", "float64": "F64"}
PIECE_BYTES = 2 << 20                         # rows of a layer wait in memory until there are so many
ENTRY_BYTES = 128                             # no entry of a shard's header is longer


class RecordingError(RuntimeError):
    """The recording cannot go on; the sentence says why."""


@contextlib.contextmanager
def writing(path):
    try:
        yield
    except OSError as error:
        raise RecordingError(f"{path} cannot be written: {error.strerror}") from error


# --- a safetensors file ------------------------------------------------------------------------


class Shard:
    """Written as its tensors come: room for the header is left in front and filled at the end."""

    def __init__(self, path, room):
        self.path, self.room = path, room + -room % 8
        self.entries, self.n_bytes = {}, 0
        self.file = open(path, "wb")
        self.file.seek(8 + self.room)

    def add(self, name, dtype, shape, data):
        begin = self.n_bytes
        self.n_bytes += self.file.write(data)
        self.entries[name] = {"dtype": dtype, "shape": list(shape), "data_offsets": [begin, self.n_bytes]}

    def finish(self, metadata):
        header = json.dumps({"__metadata__": metadata, **self.entries}, separators=(",", ":")).encode()
        if len(header) > self.room:
            raise RecordingError(f"{self.path}: its header of {len(header)} bytes does not fit into {self.room}")
        self.file.seek(0)
        self.file.write(struct.pack("<Q", self.room) + header.ljust(self.room))
        self.file.flush()
        os.fsync(self.file.fileno())
        self.file.close()


class Folder:
    """Shards in FOLDER.partial, which gets its own name when all is written."""

    def __init__(self, path):
        self.path = os.path.abspath(os.fspath(path))
        self.partial = self.path + ".partial"
        self.shards, self.shard = [], None
        if os.path.exists(self.path) and (not os.path.isdir(self.path) or os.listdir(self.path)):
            raise RecordingError(f"{self.path} is there already: remove it, or record elsewhere")
        if os.path.exists(self.partial):
            raise RecordingError(f"{self.partial} is left from a recording that did not finish: remove it, or record elsewhere")

    def begin(self):
        with writing(self.partial):
            os.makedirs(self.partial)

    def add(self, name, dtype, shape, data, room):
        if self.shard is None:
            path = os.path.join(self.partial, f"activations-{len(self.shards) + 1:05}.safetensors")
            with writing(path):
                self.shard = Shard(path + ".unfinished", room)
        with writing(self.shard.path):
            self.shard.add(name, dtype, shape, data)

    def finish_shard(self, metadata):
        if self.shard is None:
            return
        shard, path = self.shard, self.shard.path[:-len(".unfinished")]
        with writing(shard.path):
            shard.finish(metadata)
            os.rename(shard.path, path)
        self.shards.append(path)
        self.shard = None

    def finish(self):
        """All shards are whole: they say how many there are, and the folder gets its name."""
        count = len(self.shards)
        with writing(self.path):
            for number, path in enumerate(self.shards, 1):
                name = f"activations-{number:05}-of-{count:05}" if count > 1 else "activations"
                os.rename(path, os.path.join(self.partial, name + ".safetensors"))
            if os.path.isdir(self.path):
                os.rmdir(self.path)
            os.rename(self.partial, self.path)

    def abandon(self):
        """Only whole shards stay, and the name that says there should be more."""
        with contextlib.suppress(OSError):
            if self.shard is not None:
                with contextlib.suppress(OSError):
                    self.shard.file.close()
                os.unlink(self.shard.path)
        with contextlib.suppress(OSError):
            os.rmdir(self.partial)          # fails where shards are left


class Strings:
    """tokens.json: the recorded tokens as a list of strings."""

    def __init__(self, path, tokenizer):
        self.path, self.separator = path, "["
        self.look_up = getattr(tokenizer, "convert_ids_to_tokens", None) or self.one_by_one(tokenizer.id_to_token)
        with writing(path):
            self.file = open(path, "w", encoding="utf-8")

    @staticmethod
    def one_by_one(look_up):
        return lambda ids: [look_up(i) for i in ids]

    def add(self, ids):
        with writing(self.path):
            for token in self.look_up(ids):
                self.file.write(self.separator + json.dumps(token or "", ensure_ascii=False))
                self.separator = ",\n "

    def finish(self):
        with writing(self.path):
            self.file.write("[]\n" if self.separator == "[" else "]\n")
            self.file.close()

    def abandon(self):
        with contextlib.suppress(OSError):
            self.file.close()
        with contextlib.suppress(OSError):
            os.unlink(self.path)


# --- modules -----------------------------------------------------------------------------------


def fits(name, pattern):
    if isinstance(pattern, str):
        return fnmatch.fnmatchcase(name, pattern) or fnmatch.fnmatchcase("." + name, pattern)
    return pattern.search(name) is not None


def similar_names(model, pattern):
    """Names of modules as patterns, numbers as *, the most similar ones first."""
    names = list(dict.fromkeys(re.sub(r"\d+", "*", name) for name, _ in model.named_modules() if name))
    near = difflib.get_close_matches(str(pattern), names, 6, 0.4)
    return ", ".join(near or names[-12:]) or "no modules at all"


def find_wanted(model, patterns):
    patterns = [patterns] if isinstance(patterns, (str, re.Pattern)) else list(patterns)
    for pattern in patterns:
        if not any(fits(name, pattern) for name, _ in model.named_modules()):
            text = getattr(pattern, "pattern", pattern)
            raise RecordingError(f"no module's name fits '{text}'; {type(model).__name__} has: {similar_names(model, text)}")
    return [(name, module) for name, module in model.named_modules() if any(fits(name, p) for p in patterns)]


def find_usual(model):
    """Functions that layers share, as in some versions of Hugging Face's library, are passed over: what reads them is not shared."""
    for pattern, take in USUAL_PLACES:
        found = [(name, module) for name, module in model.named_modules(remove_duplicate=False) if fits(name, pattern)]
        if found and len({module for _, module in found}) == len(found):
            return found, take
    classes = tuple(getattr(torch.nn, name) for name in USUAL_CLASSES)
    found = [(name, module) for name, module in model.named_modules() if isinstance(module, classes)]
    if not found:
        raise RecordingError(f"no activation function or down projection found: give modules=…; {type(model).__name__} has: "
                             + similar_names(model, "mlp.act"))
    return found, "output"


def find_gates(model):
    found = [(name, module) for name, module in model.named_modules(remove_duplicate=False) if fits(name, GATE_PLACE)]
    if not found or len({module for _, module in found}) < len(found):
        raise RecordingError(f"no gate of each layer's own found, a module {GATE_PLACE}; {type(model).__name__} has: "
                             + similar_names(model, "mlp.act_fn"))
    return found


def number_layers(names):
    """The first number of each name where that tells them apart, else their order."""
    found = [re.search(r"(?<![^.])\d+(?![^.])", name) for name in names]
    numbers = [int(match[0]) for match in found if match]
    return numbers if len(set(numbers)) == len(names) else list(range(len(names)))


class Layer:
    """One recorded module, and its rows that wait to be written."""

    def __init__(self, number, name, module, take, site="act"):
        self.number, self.name, self.module, self.take, self.site = number, name or "the model", module, take, site
        self.dtype = self.width = None        # as the first batch has them
        self.rows, self.n_waiting, self.n_pieces = [], 0, 0

    def wait(self, rows):
        dtype = str(rows.dtype).replace("torch.", "")
        if self.dtype is None:
            self.dtype, self.width = dtype, rows.shape[1]
        if (dtype, rows.shape[1]) != (self.dtype, self.width):
            raise RecordingError(f"{self.name} gave {self.width} neurons in {self.dtype}, now {rows.shape[1]} in {dtype}")
        self.rows.append(rows)
        self.n_waiting += rows.numel() * rows.element_size()

    def take_rows(self, is_last):
        """All rows; before the last piece an even number, so that what follows them is aligned."""
        rows = torch.cat(self.rows) if self.rows else torch.empty(0, 0, device="cpu")
        count = len(rows) if is_last else len(rows) // 2 * 2
        self.rows = [rows[count:].clone()] if count < len(rows) else []
        self.n_waiting = sum(rest.numel() * rest.element_size() for rest in self.rows)
        return rows[:count]


# --- the recorder ------------------------------------------------------------------------------


def as_bytes(tensor):
    """The memory of a contiguous tensor on the processor, not copied."""
    n = tensor.numel() * tensor.element_size()
    return (ctypes.c_char * n).from_address(tensor.data_ptr()) if n else b""


class Batch:
    """What is known of the forward that runs."""

    def __init__(self, ids, kept):
        self.ids, self.kept = ids, kept       # as tokens() was told: [batch, sequence] and a flat mask, or None
        self.n_rows = None if ids is None else ids.numel()
        self.n_sequences = None if ids is None else ids.shape[0]
        self.layers = set()                   # that ran

    def check(self, layer, tensor):
        """Rows of all layers must be the same tokens."""
        if layer in self.layers:
            raise RecordingError(f"{layer.name} was called twice in one forward: it is shared, and its calls cannot be told apart; "
                                 "record another module, such as the one that reads its output (take='input')")
        self.layers.add(layer)
        if tensor is None:
            raise RecordingError(f"{layer.name} gets its input by keyword: record the output of the module before it")
        if not isinstance(tensor, torch.Tensor):
            raise RecordingError(f"the {layer.take} of {layer.name} is {type(tensor).__name__}, not one tensor: record a module inside it")
        if not tensor.is_floating_point() or not 1 <= tensor.dim() <= 3:
            raise RecordingError(f"the {layer.take} of {layer.name} is {tensor.dtype} {list(tensor.shape)}; floating-point "
                                 "[tokens, neurons] or [batch, sequence, neurons] is needed")
        if self.n_rows is None:
            self.n_rows = tensor.shape[:-1].numel()
            self.n_sequences = tensor.shape[0] if tensor.dim() == 3 else None
        is_turned = self.ids is not None and tensor.dim() == 3 and tensor.shape[:2] != self.ids.shape
        if tensor.shape[:-1].numel() != self.n_rows or is_turned:
            told = f"tokens() was told {list(self.ids.shape)}" if self.ids is not None else f"{self.n_rows} tokens were expected"
            raise RecordingError(f"the {layer.take} of {layer.name} is {list(tensor.shape)}, but {told}: only modules that see every "
                                 "token, in this order, can be recorded together")

    def sequences(self):
        """For each row, which sequence of the batch it is in; None: not known."""
        if self.n_sequences is None:
            return None
        numbers = torch.arange(self.n_sequences, dtype=torch.int32, device="cpu")
        return numbers.repeat_interleave(self.n_rows // max(self.n_sequences, 1))


class Recorder:
    """Writes the activations of chosen modules while a model runs.

    modules      fnmatch pattern, re.compile(…) or a list of them, for names of model.named_modules();
                 None: the usual places of the usual models
    take         what of these modules: "output" (also where None) or "input"
    dtype        "float16", "bfloat16", "float32"; None: as the model computes.  A value too large for it is an error;
                 values so small that they become zero are counted in n_lost, and a warning at the end tells
    tokenizer    writes tokens.json; anything with convert_ids_to_tokens() or id_to_token()
    shard_bytes  a file is finished after the batch that brings it to this size
    gates        also records the gates' scores of gated layers, beside the usual places
    """

    def __init__(self, model, folder, modules=None, take=None, dtype=None, tokenizer=None, shard_bytes=1 << 29, gates=False):
        self.dtype = None if dtype is None else str(dtype).replace("torch.", "")
        if self.dtype not in (None, *DTYPES):
            raise ValueError(f"dtype is '{self.dtype}'; it can be {', '.join(DTYPES)}")
        if take not in (None, "input", "output") or (modules is None and take is not None):
            raise ValueError("take is 'input' or 'output', and goes with modules")
        if gates and modules is not None:
            raise ValueError("gates are recorded beside the usual places: it does not go with modules")
        if sys.byteorder != "little":
            raise RecordingError("this machine is big-endian, the files are not")
        found, take = find_usual(model) if modules is None else (find_wanted(model, modules), take or "output")
        self.layers = self._make_layers(found, take)
        if gates:
            self.layers += self._make_layers(find_gates(model), "output", "gate")
        self.model, self.folder, self.tokenizer, self.shard_bytes = model, Folder(folder), tokenizer, shard_bytes
        self.n_tokens = self.n_sequences = self.n_lost = 0
        self.told = self.batch = self.strings = None
        self.has_ids = self.has_sequences = None
        self.ids, self.sequences = [], []     # that wait for the end of their shard
        self.n_numbered = 0
        self.handles = []

    @staticmethod
    def _make_layers(found, *more):
        numbers = number_layers([name for name, _ in found])
        return [Layer(number, name, module, *more) for number, (name, module) in zip(numbers, found)]

    def tokens(self, ids, attention_mask=None):
        """Before each forward: its token ids [batch, sequence], and the mask whose zeros are padding, to be left out."""
        ids = torch.as_tensor(ids).detach()
        ids = ids[None] if ids.dim() == 1 else ids
        kept = None
        if ids.dim() != 2 or ids.is_floating_point():
            raise RecordingError(f"token ids are whole numbers [batch, sequence], not {ids.dtype} {list(ids.shape)}")
        if attention_mask is not None:
            mask = torch.as_tensor(attention_mask).detach().reshape(-1)
            if mask.numel() != ids.numel() or not ((mask == 0) | (mask == 1)).all():
                raise RecordingError("the attention mask is one 0 or 1 for each token")
            kept = None if mask.all() else mask.bool()
        self.told = Batch(ids, kept)

    def __enter__(self):
        self.folder.begin()
        try:
            if self.tokenizer is not None:
                self.strings = Strings(os.path.join(self.folder.partial, "tokens.json"), self.tokenizer)
            self._add_hooks()
        except BaseException:
            self._abandon()
            raise
        return self

    def __exit__(self, kind, error, trace):
        self._remove_hooks()
        if kind is not None:
            self._abandon()
            return
        try:
            self._finish()
        except BaseException:
            self._abandon()
            raise
        if self.n_lost:
            warnings.warn(f"{self.n_lost} values were too small for {self.dtype} and became zero; dtype='bfloat16' keeps them",
                          stacklevel=2)

    # --- hooks ---

    def _add_hooks(self):
        self.handles.append(self.model.register_forward_pre_hook(self._begin_forward))
        for layer in self.layers:
            if layer.take == "input":
                hook = layer.module.register_forward_pre_hook(lambda _, args, layer=layer: self._record(layer, args[0] if args else None))
            else:
                hook = layer.module.register_forward_hook(lambda _, args, output, layer=layer: self._record(layer, output))
            self.handles.append(hook)
        self.handles.append(self.model.register_forward_hook(self._end_forward))

    def _remove_hooks(self):
        for handle in self.handles:
            handle.remove()
        self.handles = []

    def _begin_forward(self, *_):
        if self.batch is not None:
            raise RecordingError("the forward before this one did not come to its end, and part of it is recorded")
        self.batch, self.told = self.told or Batch(None, None), None
        if self.has_ids is None:
            self.has_ids = self.batch.ids is not None
        if self.has_ids != (self.batch.ids is not None):
            raise RecordingError("tokens() is called before each forward, or never")

    def _record(self, layer, tensor):
        if self.batch is None:
            raise RecordingError(f"{layer.name} ran outside a forward of {type(self.model).__name__}: "
                                 "give Recorder the model that is called")
        self.batch.check(layer, tensor)
        rows = tensor.detach().reshape(-1, tensor.shape[-1])
        if self.batch.kept is not None:
            rows = rows[self.batch.kept.to(rows.device)]
        layer.wait(self._convert(layer, rows))
        if layer.n_waiting >= PIECE_BYTES:
            self._write_rows(layer, is_last=False)

    def _end_forward(self, *_):
        missing = [layer.name for layer in self.layers if layer not in self.batch.layers]
        if missing:
            raise RecordingError(f"{missing[0]} did not run in this forward: the model left it out or computed it in one step with others")
        self._keep_numbers()
        self.batch = None
        if self._is_shard_full():
            self._finish_shard()

    def _is_shard_full(self):
        shard, waiting = self.folder.shard, sum(layer.n_waiting for layer in self.layers) + 8 * self.n_numbered
        if shard is None:
            return waiting >= self.shard_bytes
        return waiting + shard.n_bytes >= self.shard_bytes or len(shard.entries) >= self._most_entries()

    def _keep_numbers(self):
        """Ids and sequence numbers of the batch's rows."""
        batch, sequences = self.batch, self.batch.sequences()
        kept = slice(None) if batch.kept is None else batch.kept.cpu()
        self.n_tokens += batch.n_rows if batch.kept is None else int(kept.sum())
        if self.has_sequences is None:
            self.has_sequences = sequences is not None
        if self.has_sequences != (sequences is not None):
            raise RecordingError("some batches have sequences and some have none")
        if sequences is not None:
            self.sequences.append(sequences[kept] + self.n_sequences)
            self.n_sequences += batch.n_sequences
            self.n_numbered += len(self.sequences[-1])
        if batch.ids is not None:
            self.ids.append(batch.ids.reshape(-1).cpu().to(torch.int32)[kept])
            if self.strings:
                self.strings.add(self.ids[-1].tolist())

    # --- files ---

    def _convert(self, layer, rows):
        """The rows in memory of their own, of the type that is written."""
        name = self.dtype or str(rows.dtype).replace("torch.", "")
        if name not in DTYPES:
            raise RecordingError(f"{layer.name} computes in {name}; give dtype=…, one of {', '.join(DTYPES)}")
        rounded = rows.to(getattr(torch, name))
        if rounded.dtype != rows.dtype:
            self._check_rounding(layer, rows, rounded)
        return torch.empty(rows.shape, dtype=rounded.dtype, device="cpu").copy_(rounded)

    def _check_rounding(self, layer, rows, rounded):
        is_large, is_lost = rounded.isinf(), (rounded == 0) & (rows != 0)
        if is_large.any() and (is_large & rows.isfinite()).any():      # the first is rare, and quicker to ask
            raise RecordingError(f"{int((is_large & rows.isfinite()).sum())} values of {layer.name} are too large for {self.dtype} "
                                 f"(the largest is {rows[rows.isfinite()].abs().max():.4g}): give dtype='bfloat16' or 'float32'")
        if is_lost.any():
            self.n_lost += int(is_lost.sum())

    def _metadata(self):
        config = getattr(self.model, "config", None)
        about = {"model": " ".join(filter(None, (type(self.model).__name__, getattr(config, "_name_or_path", "")))),
                 "recorded_with": "record_activations.py"}
        about.update({f"{layer.site}.{layer.number}": f"{layer.take} of {layer.name}" for layer in self.layers})
        return about

    def _most_entries(self):
        return max(256, 2 * len(self.layers))

    def _room(self):
        """For the header: after most_entries() a forward and the end of the shard each add one for each layer at most."""
        return len(json.dumps(self._metadata())) + 32 + ENTRY_BYTES * (self._most_entries() + 2 * len(self.layers) + 2)

    def _write(self, name, tensor):
        dtype = "I32" if tensor.dtype == torch.int32 else DTYPES[str(tensor.dtype).replace("torch.", "")]
        self.folder.add(name, dtype, tensor.shape, as_bytes(tensor), self._room())

    def _write_rows(self, layer, is_last):
        rows = layer.take_rows(is_last)
        if rows.numel() > 0:
            self._write(f"{layer.site}.{layer.number}.{layer.n_pieces}", rows)
            layer.n_pieces += 1

    def _finish_shard(self):
        number = len(self.folder.shards)
        suffix = f"-{number}" if number > 0 else ""            # no dot before it: it is no layer's number
        for name, parts in (("tokens", self.ids), ("seq", self.sequences)):
            if parts:
                self._write(name + suffix, torch.cat(parts))
        self.ids, self.sequences, self.n_numbered = [], [], 0
        for layer in self.layers:
            self._write_rows(layer, is_last=True)
        self.folder.finish_shard(self._metadata())

    def _finish(self):
        if self.batch is not None:
            raise RecordingError("the last forward did not come to its end, and part of it is recorded")
        if self.n_tokens == 0:
            raise RecordingError("nothing was recorded: no token went through the model while recording")
        self._finish_shard()
        if self.strings:
            self.strings.finish()
        self.folder.finish()

    def _abandon(self):
        self._remove_hooks()
        if self.strings:
            self.strings.abandon()
        self.folder.abandon()
        if self.folder.shards:
            warnings.warn(f"the recording did not finish: {len(self.folder.shards)} whole files of it are in {self.folder.partial}",
                          stacklevel=3)
