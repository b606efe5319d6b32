# Makes small tokenizers and the ids they must give for hard texts.
# SPDX-License-Identifier: GPL-3.0-or-later
"""Byte-level ones by byte_pairs.py, from merges trained here; one of SentencePiece, trained and asked by its own library.
Needs regex and sentencepiece."""

import io
import json
import random

import sentencepiece

import byte_pairs
from byte_pairs import ByteLevel, written

HARD = [
    "", " ", "    ", "\n", "\t\t", "a", " a", "a ", "Hello, world!", "the the  the   the    the",
    "I'm you're he'LL they'Ve DON'T it'S O'd 'tis rock'n'roll ''s",
    "1 12 123 1234 12345678901 3.14159 1,000,000 0x7f ½ ² Ⅷ ٣٤٥",
    "one\ntwo\r\nthree\r\rfour\n\n\n five \n\n six\n \n", "tab\tand\x0b\x0c feed", "nbsp\u00a0\u00a0here \u3000 wide \u2003em",
    "café cafe\u0301 Å Å ﬁﬂ ẛ̣ q\u0307\u0323 \u0301alone", "ÀÉÎÕÜ straße ŒUVRE ſ K İstanbul",
    "Ελληνικά Σίσυφος Русский текст עברית العربية हिन्दी ไทย", "日本語の文字 中文字符 한국어 각 ᄀ\u1161\u11a8",
    "😀 👩‍👩‍👧‍👦 👍🏽 🇩🇪🇫🇷 ☺️ ☺ 🏴\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f",
    "𝔘𝔫𝔦 𐍈 𠀀𠀁 \U0001f9ff \U0010ffff\ufdd0\uffff",
    "zero\u200bwidth\u200cnon\u200djoiner\u2060\ufeffbom \u202eoverride\u202c",
    "\x00", "nul\x00 in \x00\x00the text", "\x01\x02\x1b[0m \x7f\x80\x9f",
    "!!! ??? ... --- ___ *** ((())) [[]] {{}} <<>> \\\\ // && || ~~ ``", "snake_case camelCase kebab-case a.b.c x+y=z $5 #tag @me 50%",
    "    def f(x):\n        return x  # why\n\n\n", "end. </s> <s> <|end|> <|end|><|end|> x<|end|>y <|en d|>", "▁ ▁▁ low▁bar Ġthe Ċ <0x41>",
    "the lowest newest widest lower newer wider low new wide " * 2, "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "ababababababababababa b",
]
WORDS = ("the low lower lowest new newer newest wide wider widest hello world café naïve straße größe übung river winter letter one two "
         "three 12 123 1999 return def don't it's Ελλάδα Москва привет 日本 日本語 中文 한국 😀").split()


def made_text(n_words, seed):
    """Words of a small language, some glued, some spaced oddly."""
    source = random.Random(seed)
    parts = []
    for _ in range(n_words):
        parts += [source.choice(WORDS), source.choice([" ", " ", " ", " ", "  ", ", ", ".\n", "", "\n\n", "    "])]
    return "".join(parts)


def added(id, content, **more):
    flags = {"single_word": False, "lstrip": False, "rstrip": False, "normalized": False, "special": True}
    return {"id": id, "content": content, **flags, **more}


def document(model, pre_tokenizer, decoder, added_tokens=(), normalizer=None, post_processor=None):
    return {"version": "1.0", "truncation": None, "padding": None, "added_tokens": list(added_tokens), "normalizer": normalizer,
            "pre_tokenizer": pre_tokenizer, "post_processor": post_processor, "decoder": decoder, "model": model}


def byte_level(use_regex=True, space=False):
    return {"type": "ByteLevel", "add_prefix_space": space, "trim_offsets": True, "use_regex": use_regex}


def split_bytes(pattern):
    split = {"type": "Split", "pattern": {"Regex": pattern}, "behavior": "Isolated", "invert": False}
    return {"type": "Sequence", "pretokenizers": [split, byte_level(use_regex=False)]}


def template(name, id):
    return {"type": "TemplateProcessing", "single": [{"SpecialToken": {"id": name, "type_id": 0}}, {"Sequence": {"id": "A", "type_id": 0}}],
            "pair": [], "special_tokens": {name: {"id": name, "ids": [id], "tokens": [name]}}}


class Files:
    def __init__(self, out):
        self.out, self.cases = out, []

    def write(self, folder, name, data):
        data = data if isinstance(data, (bytes, str)) else json.dumps(data, ensure_ascii=False, separators=(",", ":"))
        self.out.file(f"tokenizers/{folder}/{name}", data if isinstance(data, bytes) else data.encode())

    def expect(self, folder, text, ids):
        """JSON here has no NUL: such texts are hexadecimal."""
        told = {"hex": text.encode().hex()} if "\0" in text else {"text": text}
        self.cases.append({"folder": folder, **told, "ids": ids})

    def expect_all(self, folder, ids_of, before=()):
        for text in [*HARD, made_text(60, 7)]:
            self.expect(folder, text, [*before, *ids_of(text)])

    def finish(self):
        lines = ",\n".join(json.dumps(c, ensure_ascii=False, separators=(",", ":")) for c in self.cases)
        self.out.file("tokenizers.json", f"[\n{lines}\n]\n".encode())


def byte_vocabulary(pattern):
    words = [written(w) for w in byte_pairs.regex.findall(pattern, made_text(3000, 1))]
    merges = byte_pairs.train(words, 220)
    tokens = [byte_pairs.LETTERS[b] for b in range(256)] + ["".join(m) for m in merges]
    return {t: i for i, t in enumerate(dict.fromkeys(tokens))}, merges


def bpe(vocabulary, merges, **more):
    return {"type": "BPE", "dropout": None, "unk_token": None, "continuing_subword_prefix": "", "end_of_word_suffix": "", "fuse_unk": False,
            "byte_fallback": False, "ignore_merges": False, "vocab": vocabulary, "merges": merges, **more}


def write_byte_level(files):
    vocabulary, merges = byte_vocabulary(byte_pairs.GPT2)
    pairs, n = [" ".join(m) for m in merges], len(vocabulary)
    files.write("gpt2", "tokenizer.json", document(bpe(vocabulary, pairs), byte_level(), byte_level(), [added(n, "<|end|>")],
                                                   post_processor=byte_level()))
    files.expect_all("gpt2", ByteLevel(vocabulary, merges, added={"<|end|>": n}).ids)

    spaces = {" " * k: n + k for k in range(2, 9)}
    tokens = [added(n, "<|end|>"), *(added(i, s, special=False, normalized=True) for s, i in spaces.items())]
    files.write("neox", "tokenizer.json", document(bpe(vocabulary, pairs), byte_level(space=False), byte_level(), tokens, {"type": "NFC"}))
    neox = ByteLevel(vocabulary, merges, added={"<|end|>": n})
    files.expect_all("neox", lambda text: neox_ids(neox, spaces, text))

    files.write("opt", "vocab.json", {**vocabulary, "</s>": n, "<pad>": n + 1})
    files.write("opt", "merges.txt", "#version: 0.2\n" + "\n".join(pairs) + "\n")
    files.write("opt", "tokenizer_config.json", {"add_bos_token": True, "add_prefix_space": False, "pad_token": "<pad>",
                                                 "bos_token": {"__type": "AddedToken", "content": "</s>", "normalized": True}})
    files.expect_all("opt", ByteLevel(vocabulary, merges, added={"</s>": n, "<pad>": n + 1}).ids, before=[n])


def neox_ids(plain, spaces, text):
    """Special tokens first; runs of spaces are looked for in the normal form, the longest from the left."""
    ids = []
    for part in byte_pairs.regex.split(r"(<\|end\|>)", text):
        if part == "<|end|>":
            ids.append(plain.added[part])
            continue
        tokens = ByteLevel(plain.vocabulary, list(plain.ranks), added=spaces)
        ids += tokens.ids(byte_pairs.unicodedata.normalize("NFC", part))
    return ids


def write_later_byte_level(files):
    """Llama 3: whole words first, merges as lists, BOS.  Qwen2: single digits, normal form C."""
    vocabulary, merges = byte_vocabulary(byte_pairs.LLAMA3)
    whole = {**vocabulary, written(" newestworld"): len(vocabulary), written("lowerlower"): len(vocabulary) + 1}
    n = len(whole)
    post = {"type": "Sequence", "processors": [byte_level(space=True), template("<|begin|>", n)]}
    files.write("llama3", "tokenizer.json",
                document(bpe(whole, [list(m) for m in merges], ignore_merges=True), split_bytes(byte_pairs.LLAMA3), byte_level(space=True),
                         [added(n, "<|begin|>"), added(n + 1, "<|end|>")], post_processor=post))
    llama = ByteLevel(whole, merges, byte_pairs.LLAMA3, {"<|begin|>": n, "<|end|>": n + 1}, whole_words=True)
    files.expect_all("llama3", llama.ids, before=[n])
    files.expect("llama3", "a newestworld lowerlower newestworlds", [n, *llama.ids("a newestworld lowerlower newestworlds")])

    n = len(vocabulary)
    files.write("qwen2", "tokenizer.json", document(bpe(vocabulary, [" ".join(m) for m in merges]), split_bytes(byte_pairs.QWEN2),
                                                    byte_level(), [added(n, "<|end|>")], {"type": "NFC"}, byte_level()))
    files.expect_all("qwen2", ByteLevel(vocabulary, merges, byte_pairs.QWEN2, {"<|end|>": n}, "NFC").ids)


def train_sentencepiece():
    model = io.BytesIO()
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter(made_text(3000, 2).split("\n")), model_writer=model, model_type="bpe", vocab_size=480, byte_fallback=True,
        normalization_rule_name="identity", remove_extra_whitespaces=False, add_dummy_prefix=True, character_coverage=0.995,
        num_threads=1, minloglevel=2, split_digits=True)
    return sentencepiece.SentencePieceProcessor(model_proto=model.getvalue())


def write_sentencepiece(files):
    """Merges are all pairs of pieces that make a piece, in the order of the pieces' scores."""
    model = train_sentencepiece()
    pieces = [model.id_to_piece(i) for i in range(model.get_piece_size())]
    vocabulary = {p: i for i, p in enumerate(pieces)}
    normal = [p for i, p in enumerate(pieces) if not (model.is_control(i) or model.is_unknown(i) or model.is_byte(i))]
    halves = [(p, p[:k], p[k:]) for p in normal for k in range(1, len(p))]
    merges = [(model.get_score(vocabulary[p]), a, b) for p, a, b in halves if a in normal and b in normal]
    merges.sort(key=lambda m: -m[0])
    normalizer = {"type": "Sequence", "normalizers": [{"type": "Prepend", "prepend": "▁"},
                                                      {"type": "Replace", "pattern": {"String": " "}, "content": "▁"}]}
    decoder = {"type": "Sequence", "decoders": [{"type": "Replace", "pattern": {"String": "▁"}, "content": " "}, {"type": "ByteFallback"},
                                                {"type": "Fuse"}, {"type": "Strip", "content": " ", "start": 1, "stop": 0}]}
    kind = bpe(vocabulary, [f"{a} {b}" for _, a, b in merges], unk_token="<unk>", fuse_unk=True, byte_fallback=True)
    files.write("sentencepiece", "tokenizer.json", document(kind, None, decoder, normalizer=normalizer, post_processor=template("<s>", 1)))
    files.expect_all("sentencepiece", model.encode, before=[1])


def write(out):
    files = Files(out)
    write_byte_level(files)
    write_later_byte_level(files)
    write_sentencepiece(files)
    files.finish()
