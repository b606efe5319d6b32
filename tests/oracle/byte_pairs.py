# Byte-pair encoding by its textbook definition, and the patterns that cut texts into words: an oracle for the tokenizer.
# SPDX-License-Identifier: GPL-3.0-or-later
"""Nothing here is clever: of a word's pairs the one of least rank is merged wherever it stands, until none has a rank."""

import collections
import unicodedata

import regex

CONTRACTIONS = "'s|'t|'re|'ve|'m|'ll|'d"
GPT2 = CONTRACTIONS + r"| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+"
LLAMA3 = (rf"(?i:{CONTRACTIONS})" r"|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+")
QWEN2 = LLAMA3.replace("{1,3}", "")


def letters():
    """GPT-2's table: byte → letter."""
    printable = [*range(33, 127), *range(161, 173), *range(174, 256)]
    others = [b for b in range(256) if b not in printable]
    return {b: chr(b) for b in printable} | {b: chr(256 + i) for i, b in enumerate(others)}


LETTERS = letters()


def written(text):
    return "".join(LETTERS[b] for b in text.encode())


def merge_all(symbols, ranks):
    while True:
        pairs = [p for p in zip(symbols, symbols[1:]) if p in ranks]
        if not pairs:
            return symbols
        best = min(pairs, key=ranks.get)
        merged, i = [], 0
        while i < len(symbols):
            step = 2 if tuple(symbols[i:i + 2]) == best else 1
            merged.append("".join(symbols[i:i + step]))
            i += step
        symbols = merged


def train(words, n_merges):
    """Merges of the commonest pairs, ties by their letters."""
    counts = collections.Counter(tuple(w) for w in words)
    merges = []
    for _ in range(n_merges):
        pairs = collections.Counter()
        for word, n in counts.items():
            for pair in zip(word, word[1:]):
                pairs[pair] += n
        if not pairs:
            break
        merges.append(min(pairs, key=lambda p: (-pairs[p], p)))
        ranks = {merges[-1]: 0}
        counts = collections.Counter({tuple(merge_all(list(w), ranks)): n for w, n in counts.items()})
    return merges


class ByteLevel:
    """Added tokens, a normal form, words by a pattern, bytes as letters, merges."""

    def __init__(self, vocabulary, merges, pattern=GPT2, added=(), form=None, whole_words=False, space_first=False):
        self.vocabulary, self.pattern, self.form = vocabulary, regex.compile(pattern), form
        self.ranks = {tuple(m): i for i, m in enumerate(merges)}
        self.added = dict(added)
        self.whole_words, self.space_first = whole_words, space_first
        self.known = {}

    def word_ids(self, word):
        if self.whole_words and word in self.vocabulary:
            return [self.vocabulary[word]]
        if word not in self.known:
            self.known[word] = [self.vocabulary[s] for s in merge_all(list(word), self.ranks)]
        return self.known[word]

    def stretch_ids(self, text):
        text = unicodedata.normalize(self.form, text) if self.form else text
        if self.space_first and text and not text.startswith(" "):
            text = " " + text
        words = self.pattern.findall(text)
        assert "".join(words) == text
        return [i for w in words for i in self.word_ids(written(w))]

    def ids(self, text):
        longest_first = sorted(self.added, key=len, reverse=True)
        parts = regex.split("(" + "|".join(map(regex.escape, longest_first)) + ")", text) if self.added else [text]
        return [i for p in parts for i in ([self.added[p]] if p in self.added else self.stretch_ids(p))]
