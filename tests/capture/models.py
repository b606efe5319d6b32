# Models for the tests of the recorder, with the names their kinds have in Hugging Face's library.
# SPDX-License-Identifier: GPL-3.0-or-later
import json

import dump
import torch
from maker import bpe, model, store
from torch import nn


class GatedMlp(nn.Module):
    def __init__(self, weights, prefix):
        super().__init__()
        for name in ('gate_proj', 'up_proj', 'down_proj'):
            weight = weights[f'{prefix}.{name}.weight']
            linear = nn.Linear(weight.shape[1], weight.shape[0], bias=False)
            linear.weight = nn.Parameter(weight)
            setattr(self, name, linear)
        self.act_fn = nn.ReLU()

    def forward(self, x):
        return self.down_proj(self.act_fn(self.gate_proj(x)) * self.up_proj(x))


class Sample(nn.Module):
    """The sample's ReLU transformer as modules: model.layers.N.mlp.down_proj …"""

    def __init__(self):
        super().__init__()
        folder = dump.SAMPLE / 'relu'
        self.config = json.loads((folder / 'config.json').read_text())
        self.weights = {name: torch.frombuffer(bytearray(entry.data), dtype=torch.bfloat16).view(entry.shape).float()
                        for name, entry in store.read(folder / 'model.safetensors').items()}
        self.tokenizer = bpe.Tokenizer.load(folder / 'tokenizer.json')
        self.model = nn.Module()
        self.model.layers = nn.ModuleList()
        for number in range(self.config['num_hidden_layers']):
            layer = nn.Module()
            layer.mlp = GatedMlp(self.weights, f'model.layers.{number}.mlp')
            self.model.layers.append(layer)

    def held_out(self, n_tokens):
        text = (dump.SAMPLE / 'text' / 'heldout.txt').read_text(encoding='utf-8')
        return torch.tensor(([bpe.BOS] + self.tokenizer.encode(text))[:n_tokens])

    def normed(self, x, name):
        return model.normed(x, self.weights[name], self.config)

    def forward(self, input_ids, attention_mask=None):      # padding on the right is not seen by what is left of it
        x = self.weights['model.embed_tokens.weight'][input_ids]
        turn = model.rotary(self.config, input_ids.shape[1])
        for number, layer in enumerate(self.model.layers):
            prefix = f'model.layers.{number}'
            inner = self.normed(x, f'{prefix}.input_layernorm.weight')
            x = x + model.attention(inner, self.weights, f'{prefix}.self_attn', self.config, turn)
            x = x + layer.mlp(self.normed(x, f'{prefix}.post_attention_layernorm.weight'))
        return self.normed(x, 'model.norm.weight') @ self.weights['model.embed_tokens.weight'].T

    def neurons(self, windows):
        """Per layer the gates and the gated products of all windows, as the sample's own code computes them."""
        with torch.no_grad():
            parts = [model.forward(self.weights, self.config, window)[1] for window in windows]
        return [[torch.cat([h[layer][which].flatten(0, 1) for h in parts]) for which in (0, 1)] for layer in range(len(parts[0]))]


class Words:
    """A tokenizer as Hugging Face's are."""

    def __init__(self, tokens):
        self.tokens = tokens

    def convert_ids_to_tokens(self, ids):
        return [self.tokens[i] for i in ids]


class Strings:
    """A tokenizer as those of the tokenizers library are; the ids from 40 on have no string."""

    def id_to_token(self, i):
        return f'<{i}>' if i < 40 else None


class Tower(nn.Module):
    """Embedding, feed-forward blocks, nothing between tokens.  block: what makes one from the width and the neurons."""

    def __init__(self, path, block, n_layers=3, width=6, neurons=20):
        super().__init__()
        self.embed = nn.Embedding(50, width)
        blocks = nn.ModuleList(block(width, neurons) for _ in range(n_layers))
        holder = self
        for name in path.split('.')[:-1]:
            setattr(holder, name, nn.Module())
            holder = getattr(holder, name)
        setattr(holder, path.split('.')[-1], blocks)
        self.blocks = [blocks]                               # in a list, so that it is not a second name of them

    def forward(self, input_ids, attention_mask=None):
        x = self.embed(input_ids)
        for block in self.blocks[0]:
            x = block(x)
        return x


class Gpt2Block(nn.Module):
    def __init__(self, width, neurons, act=nn.GELU):
        super().__init__()
        self.mlp = nn.Module()
        self.mlp.c_fc, self.mlp.act, self.mlp.c_proj = nn.Linear(width, neurons), act(), nn.Linear(neurons, width)

    def forward(self, x):
        return x + self.mlp.c_proj(self.mlp.act(self.mlp.c_fc(x)))


class OptBlock(nn.Module):
    """Flattens batch and sequence, as OPT's decoder layers do."""

    def __init__(self, width, neurons):
        super().__init__()
        self.fc1, self.activation_fn, self.fc2 = nn.Linear(width, neurons), nn.ReLU(), nn.Linear(neurons, width)

    def forward(self, x):
        flat = x.reshape(-1, x.shape[-1])
        return (flat + self.fc2(self.activation_fn(self.fc1(flat)))).view(x.shape)


def gpt2(act=nn.GELU, **more):
    return Tower('transformer.h', lambda *sizes: Gpt2Block(*sizes, act=act), **more)


def opt(**more):
    return Tower('model.decoder.layers', OptBlock, **more)
