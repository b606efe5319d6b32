# A byte pair encoding learnt from text, with byte fallback, written as a Hugging Face tokenizer.json.
# SPDX-License-Identifier: GPL-3.0-or-later

import json
import re
from collections import Counter

SPACE = "\u2581"
SPECIALS = ("<unk>", "<s>", "</s>")
BOS = 1
# Merges stay inside a chunk: a word or one other character, with the space before it.
CHUNK = re.compile(f"{SPACE}?[A-Za-z]+|{SPACE}?[^{SPACE}]|{SPACE}", re.DOTALL)


def normalise(text):
    return SPACE + text.replace(" ", SPACE)


def join_pair(symbols, pair):
    """The symbols with every occurrence of the pair, from the left, made one."""
    out, i = [], 0
    while i < len(symbols):
        if tuple(symbols[i:i + 2]) == pair:
            out.append(pair[0] + pair[1])
            i += 2
        else:
            out.append(symbols[i])
            i += 1
    return out


def most_frequent_pair(words):
    counts = Counter()
    for symbols, n in words:
        for pair in zip(symbols, symbols[1:]):
            counts[pair] += n
    return max(counts, key=lambda pair: (counts[pair], pair), default=None)


class Tokenizer:
    def __init__(self, vocabulary, merges):
        self.ids = {token: i for i, token in enumerate(vocabulary)}
        self.tokens = vocabulary
        self.merges = merges
        self.ranks = {pair: rank for rank, pair in enumerate(merges)}
        self.known = {}

    @classmethod
    def learn(cls, text, size):
        chunks = Counter(CHUNK.findall(normalise(text)))
        alphabet = sorted(set("".join(chunks)) - {"\n"})
        vocabulary = list(SPECIALS) + [f"<0x{b:02X}>" for b in range(256)] + alphabet
        words = [(list(chunk), n) for chunk, n in sorted(chunks.items())]
        merges = []
        while len(vocabulary) < size:
            pair = most_frequent_pair(words)
            if pair is None:
                break
            merges.append(pair)
            if "".join(pair) not in vocabulary:
                vocabulary.append("".join(pair))
            words = [(join_pair(symbols, pair), n) for symbols, n in words]
        return cls(vocabulary, merges)

    @classmethod
    def load(cls, path):
        with open(path, encoding="utf-8") as file:
            model = json.load(file)["model"]
        vocabulary = sorted(model["vocab"], key=model["vocab"].get)
        return cls(vocabulary, [tuple(merge.split(" ")) for merge in model["merges"]])

    def encode_chunk(self, chunk):
        symbols = []
        for character in chunk:
            known = character in self.ids
            symbols += [character] if known else [f"<0x{b:02X}>" for b in character.encode()]
        while True:
            pair = min(zip(symbols, symbols[1:]), key=lambda p: self.ranks.get(p, len(self.ranks)), default=None)
            if pair not in self.ranks:
                return [self.ids[symbol] for symbol in symbols]
            symbols = join_pair(symbols, pair)

    def encode(self, text):
        """Token ids of the text, without a start token."""
        ids = []
        for chunk in CHUNK.findall(normalise(text)):
            if chunk not in self.known:
                self.known[chunk] = self.encode_chunk(chunk)
            ids += self.known[chunk]
        return ids

    def save(self, path):
        with open(path, "w", encoding="utf-8") as file:
            json.dump(self.as_json(), file, ensure_ascii=False, indent=0)
            file.write("\n")

    def as_json(self):
        return {
            "version": "1.0",
            "truncation": None,
            "padding": None,
            "added_tokens": [{"id": i, "content": token, "single_word": False, "lstrip": False, "rstrip": False,
                              "normalized": False, "special": True} for i, token in enumerate(SPECIALS)],
            "normalizer": {"type": "Sequence", "normalizers": [
                {"type": "Prepend", "prepend": SPACE},
                {"type": "Replace", "pattern": {"String": " "}, "content": SPACE}]},
            "pre_tokenizer": None,
            "post_processor": {
                "type": "TemplateProcessing",
                "single": [{"SpecialToken": {"id": "<s>", "type_id": 0}}, {"Sequence": {"id": "A", "type_id": 0}}],
                "pair": [],
                "special_tokens": {"<s>": {"id": "<s>", "ids": [BOS], "tokens": ["<s>"]}}},
            "decoder": {"type": "Sequence", "decoders": [
                {"type": "Replace", "pattern": {"String": SPACE}, "content": " "},
                {"type": "ByteFallback"},
                {"type": "Fuse"},
                {"type": "Strip", "content": " ", "start": 1, "stop": 0}]},
            "model": {
                "type": "BPE", "dropout": None, "unk_token": SPECIALS[0], "continuing_subword_prefix": None,
                "end_of_word_suffix": None, "fuse_unk": True, "byte_fallback": True,
                "vocab": self.ids, "merges": [" ".join(pair) for pair in self.merges]},
        }
