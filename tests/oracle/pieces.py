# Text to tokens and back by a SentencePiece-style tokenizer.json: BPE over the whole text, bytes for strange letters.
# SPDX-License-Identifier: GPL-3.0-or-later
import json
import pathlib
import re

SPACE = "\u2581"


class Tokenizer:
    def __init__(self, path):
        document = json.loads(pathlib.Path(path).read_text(encoding="utf-8"))
        model = document["model"]
        assert model["type"] == "BPE" and model["byte_fallback"] and document["pre_tokenizer"] is None, "another kind of tokenizer"
        self.ids, self.start = model["vocab"], model["vocab"]["<s>"]
        pairs = (m.split(" ") if isinstance(m, str) else m for m in model["merges"])
        self.ranks = {tuple(pair): rank for rank, pair in enumerate(pairs)}
        self.texts = {n: text for text, n in self.ids.items()}

    def merged(self, pieces):
        """The earliest merge that fits is made, everywhere, until none fits."""
        while found := [self.ranks[p] for p in zip(pieces, pieces[1:]) if p in self.ranks]:
            best, i, after = min(found), 0, []
            while i < len(pieces):
                fits = self.ranks.get(tuple(pieces[i:i + 2])) == best
                after.append("".join(pieces[i:i + 2]) if fits else pieces[i])
                i += 2 if fits else 1
            pieces = after
        return pieces

    def encode(self, text):
        """With the start token in front, as its template says."""
        letters = (SPACE + text).replace(" ", SPACE)
        pieces = [p for c in letters for p in ([c] if c in self.ids else [f"<0x{b:02X}>" for b in c.encode()])]
        return [self.start] + [self.ids[p] for p in self.merged(pieces)]

    def decode(self, ids):
        data = b""
        for text in (self.texts[n] for n in ids if n > 2):
            byte = re.fullmatch("<0x([0-9A-F]{2})>", text)
            data += bytes([int(byte[1], 16)]) if byte else text.replace(SPACE, " ").encode()
        return data.decode("utf-8", "replace").removeprefix(" ")
