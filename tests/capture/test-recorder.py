"""The recorder on models of several kinds, against what PyTorch computes; 77 where PyTorch is not here."""
# SPDX-License-Identifier: GPL-3.0-or-later
#
# test-recorder.py CLI ROOT
import itertools
import json
import re
import resource
import sys
import unittest.mock

try:
    import torch
except ImportError as error:
    print(f'skipped: {error.name} is not here')
    sys.exit(77)

import dump
import models
from record_activations import Recorder, RecordingError
from torch import nn

TYPES = {'F16': torch.float16, 'BF16': torch.bfloat16, 'I32': torch.int32}


def tensors(folder):
    """{"act.0": all its rows …} and the type they are stored in."""
    found = {}
    for stem, entries in dump.read(folder).items():
        found[stem] = torch.cat([torch.frombuffer(bytearray(e.data), dtype=TYPES[e.dtype]).view(e.shape) for e in entries])
    return found


def layers(found):
    return sorted(stem for stem in found if stem.startswith('act.'))


def batches(*shapes):
    source = torch.Generator().manual_seed(3)
    return [torch.randint(50, shape, generator=source) for shape in shapes]


def hooks_of(model):
    return sum(len(m._forward_hooks) + len(m._forward_pre_hooks) for m in model.modules())


class Recorded(dump.Case):
    def setUp(self):
        super().setUp()
        torch.manual_seed(7)

    def record(self, model, inputs, masks=None, **more):
        with torch.no_grad(), Recorder(model, self.dump, **more) as recorder:
            for ids, mask in itertools.zip_longest(inputs, masks or []):
                recorder.tokens(ids, mask)
                model(ids, attention_mask=mask)
        self.assertEqual(hooks_of(model), 0)
        self.assertFalse(self.partial.exists())
        return tensors(self.dump)

    def assert_same(self, have, want):
        self.assertEqual((have.dtype, have.shape), (want.dtype, want.shape))
        self.assertTrue(torch.equal(have, want), f'{(have != want).sum()} of {want.numel()} differ')

    def assert_ratios(self, wanted):
        """The program counts as PyTorch does.  wanted: {layer: its rows}"""
        for analysis in ('activation-sparsity', 'lazy-neurons'):
            rows = dump.analyze(self.dump, analysis)
            self.assertEqual(sorted(rows), sorted(wanted))
            for layer, rows_of_layer in wanted.items():
                self.assertEqual([rows[layer]['tokens'], rows[layer]['neurons']], list(rows_of_layer.shape))
                share = (rows_of_layer != 0).double().mean().item()
                self.assertAlmostEqual(rows[layer]['activation_ratio'], share, delta=1e-12)

    # --- the sample's transformer ---

    def test_sample(self):
        """The first 320 held-out tokens again: the sample's dump, up to how this machine rounds sums."""
        sample = models.Sample()
        windows = [part[None] for part in sample.held_out(320).split(256)]
        found = self.record(sample, windows, dtype='float16', tokenizer=models.Words(sample.tokenizer.tokens))
        self.assertEqual(sorted(found), ['act.0', 'act.1', 'act.2', 'act.3', 'seq', 'tokens'])
        given = {name: torch.frombuffer(bytearray(e.data), dtype=TYPES[e.dtype]).view(e.shape)
                 for name, e in dump.store.read(dump.SAMPLE / 'activations' / 'activations.safetensors').items()}
        self.assert_same(found['tokens'], given['tokens'])
        self.assert_same(found['seq'], given['seq'])
        self.assertEqual(json.loads((self.dump / 'tokens.json').read_text(encoding='utf-8')),
                         json.loads((dump.SAMPLE / 'activations' / 'tokens.json').read_text(encoding='utf-8')))
        for layer, (_, products) in enumerate(sample.neurons(windows)):
            have, want = found[f'act.{layer}'].float(), given[f'act.{layer}'].float()
            self.assertTrue(torch.allclose(have, want, rtol=2e-3, atol=1e-4), (have - want).abs().max())
            self.assertTrue(torch.allclose(have, products, rtol=1e-3, atol=1e-5), (have - products).abs().max())
        self.assert_ratios({layer: h.half() for layer, (_, h) in enumerate(sample.neurons(windows))})

    def test_gate_scores(self):
        sample = models.Sample()
        windows = [sample.held_out(100)[None]]
        found = self.record(sample, windows, modules='model.layers.[13].mlp.act_fn', dtype='float16')
        self.assertEqual(layers(found), ['act.1', 'act.3'])
        gates = {layer: s.half() for layer, (s, _) in enumerate(sample.neurons(windows)) if layer in (1, 3)}
        for layer, want in gates.items():
            self.assertTrue(torch.allclose(found[f'act.{layer}'].float(), want.float(), rtol=2e-3, atol=1e-4))
        self.assert_ratios(gates)

    def test_gates_beside(self):
        """Products and gate scores of the same tokens in one dump, and each can be looked at."""
        sample = models.Sample()
        windows = [sample.held_out(100)[None]]
        found = self.record(sample, windows, gates=True, dtype='float16')
        self.assertEqual(sorted(found), [f'{site}.{n}' for site in ('act', 'gate') for n in range(4)] + ['seq', 'tokens'])
        for layer, (gates, products) in enumerate(sample.neurons(windows)):
            self.assertTrue(torch.allclose(found[f'gate.{layer}'].float(), gates, rtol=2e-3, atol=1e-4))
            self.assertTrue(torch.allclose(found[f'act.{layer}'].float(), products, rtol=2e-3, atol=1e-4))
        self.assert_ratios({layer: found[f'act.{layer}'] for layer in range(4)})
        rows = dump.analyze(self.dump, 'activation-sparsity', site='gate.*')
        for layer in range(4):
            self.assertEqual(rows[layer]['active'], int((found[f'gate.{layer}'] != 0).sum()))

    def test_no_gates(self):
        with self.assertRaisesRegex(RecordingError, 'no gate of each layer'):
            Recorder(models.gpt2(), self.dump, gates=True)
        with self.assertRaisesRegex(ValueError, 'does not go with modules'):
            Recorder(models.Sample(), self.dump, modules='*.down_proj', gates=True)

    # --- other models, other batches ---

    def test_gpt2_padded(self):
        """Padding left and right, batches of different lengths: the tokens that are none are left out, the rest is in order."""
        model = models.gpt2(act=nn.ReLU)
        inputs = batches((2, 5), (3, 9), (1, 4), (1, 2))
        masks = [torch.tensor([[0, 0, 1, 1, 1], [1, 1, 1, 1, 1]]), torch.tensor([[1] * n + [0] * (9 - n) for n in (9, 1, 4)]), None,
                 torch.zeros(1, 2)]
        found = self.record(model, inputs, masks, dtype='float16')
        kept = [ids[mask.bool()] if mask is not None else ids.flatten() for ids, mask in zip(inputs, masks)]
        self.assert_same(found['tokens'], torch.cat(kept).int())
        self.assertEqual(found['seq'].tolist(), [0] * 3 + [1] * 5 + [2] * 9 + [3] + [4] * 4 + [5] * 4)
        self.check_tower(model, torch.cat(kept), found, torch.float16)

    def check_tower(self, model, ids, found, dtype):
        """Tokens do not see each other here, so all of them can be computed at once."""
        x, wanted = model.embed(ids), {}
        for number, block in enumerate(model.blocks[0]):
            mlp = getattr(block, 'mlp', block)
            a, b, c = (getattr(mlp, 'c_fc', None) or mlp.fc1, getattr(mlp, 'act', None) or mlp.activation_fn,
                       getattr(mlp, 'c_proj', None) or mlp.fc2)
            neurons = b(a(x))
            wanted[number] = neurons.detach().to(dtype)
            x = x + c(neurons)
        self.assertEqual(layers(found), [f'act.{n}' for n in wanted])
        for number, want in wanted.items():
            have = found[f'act.{number}']
            self.assertEqual((have.dtype, have.shape), (dtype, want.shape))
            self.assertTrue(torch.allclose(have.float(), want.float(), rtol=1e-2, atol=1e-5))
            self.assert_same(have != 0, want != 0)
        self.assert_ratios(wanted)

    def test_opt_flattened(self):
        model, inputs = models.opt(), batches((2, 7), (4, 3))
        masks = [torch.ones(2, 7), torch.tensor([[1.0, 1, 0]] * 4)]
        found = self.record(model, inputs, masks, dtype=torch.bfloat16, tokenizer=models.Strings())
        ids = torch.cat([inputs[0].flatten(), inputs[1][:, :2].flatten()])
        self.assert_same(found['tokens'], ids.int())
        self.assertEqual(json.loads((self.dump / 'tokens.json').read_text(encoding='utf-8')),
                         [f'<{i}>' if i < 40 else '' for i in ids.tolist()])
        self.assertGreater(ids.max().item(), 39)
        self.check_tower(model, ids, found, torch.bfloat16)

    def test_input_is_output(self):
        """Between OPT's activation function and fc2 there is nothing."""
        model, inputs = models.opt(), batches((2, 7))
        found = self.record(model, inputs, modules=re.compile(r'layers\.\d+\.fc2$'), take='input', dtype='float16')
        self.check_tower(model, inputs[0].flatten(), found, torch.float16)

    def test_shared_functions(self):
        """One function for all layers cannot be told apart; what reads its output can."""
        shared = nn.ReLU()
        model, inputs = models.gpt2(act=lambda: shared), batches((2, 7))
        found = self.record(model, inputs, dtype='float16')
        self.check_tower(model, inputs[0].flatten(), found, torch.float16)

    def test_plain(self):
        """No tokens, odd widths, files of two batches, a type that is kept, a module that changes what was recorded before."""
        net = nn.Sequential(nn.Linear(4, 7), nn.ReLU(), nn.Hardtanh(0.1, 0.2, inplace=True), nn.Linear(7, 5), nn.ReLU()).bfloat16()
        inputs = [torch.randn(n, 4).bfloat16() for n in (3, 10, 1, 8, 5)]
        with torch.no_grad(), Recorder(net, self.dump, shard_bytes=200) as recorder:
            for x in inputs:
                net(x)
        self.assertEqual(recorder.n_tokens, 27)
        self.assertEqual(len(dump.shards(self.dump)), 3)
        found = tensors(self.dump)
        self.assertEqual(sorted(found), ['act.1', 'act.4'])
        wanted = {n: torch.cat([net[:n + 1](x) for x in inputs]).detach() for n in (1, 4)}
        for number, want in wanted.items():
            self.assert_same(found[f'act.{number}'], want)
        self.assert_ratios(wanted)

    def test_pictures(self):
        """[batch, patches, neurons] without tokens(): the sequences are the batch's members."""
        net = nn.Sequential(nn.Linear(4, 6), nn.GELU())
        with torch.inference_mode(), Recorder(net, self.dump, dtype='float16', shard_bytes=1):
            net(torch.randn(2, 3, 4))
            net(torch.randn(1, 2, 4))
        self.assertEqual(len(dump.shards(self.dump)), 2)
        self.assertEqual(tensors(self.dump)['seq'].tolist(), [0, 0, 0, 1, 1, 1, 2, 2])

    def record_again_and_again(self, **more):
        """160 MB of two layers in 40 batches."""
        net = nn.Sequential(nn.ReLU(), nn.ReLU())
        x = torch.randn(1000, 1000).half().float()
        with Recorder(net, self.dump, dtype='float16', **more):
            for _ in range(40):
                net(x)
        rows = dump.analyze(self.dump)
        self.assertEqual([rows[layer]['active'] for layer in (0, 1)], [(x > 0).sum().item() * 40] * 2)
        return [path.stat().st_size for path in dump.shards(self.dump)]

    def test_memory(self):
        """One long file passes through half of its size; kept in memory it takes twice as much."""
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        self.assertEqual(len(self.record_again_and_again()), 1)
        self.assertLess(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before, 80_000, 'KiB')

    def test_sizes(self):
        """A file ends after the batch that fills it."""
        sizes = self.record_again_and_again(shard_bytes=30_000_000)
        self.assertEqual(len(sizes), 5)
        self.assertLess(max(sizes), 30_000_000 + 4_000_000 + 100_000)

    def test_many_pieces(self):
        """A file ends before its header outgrows the room it has, whatever the pieces."""
        net = nn.Sequential(*(nn.ReLU() for _ in range(300)))
        x = torch.randn(3, 2).bfloat16()
        with unittest.mock.patch('record_activations.PIECE_BYTES', 1), Recorder(net, self.dump):
            for _ in range(5):
                net(x)
        self.assertEqual(len(dump.shards(self.dump)), 3)               # 600 pieces in two batches, then the next file
        found = tensors(self.dump)
        self.assertEqual(len(layers(found)), 300)
        for layer in layers(found):
            self.assert_same(found[layer], x.relu().repeat(5, 1))

    # --- what cannot be recorded ---

    def refuse(self, words, model, *inputs, told=None, **more):
        """It says words, lets go of the model, and leaves nothing."""
        with self.assertRaisesRegex(RecordingError, words):
            with Recorder(model, self.dump, **more) as recorder:
                for x in inputs:
                    if told is not None:
                        recorder.tokens(told)
                    model(x)
        self.assertEqual(hooks_of(model), 0)
        self.assertFalse(self.partial.exists() or self.dump.exists())

    def test_names(self):
        self.refuse(r"no module's name fits 'h\.\*\.mlp\.action'; Tower has: .*transformer\.h\.\*\.mlp\.act\b", models.gpt2(),
                    modules='h.*.mlp.action')
        self.refuse('give modules=', nn.Sequential(nn.Linear(2, 2), nn.Tanh()))
        with self.assertRaises(ValueError):
            Recorder(models.gpt2(), self.dump, dtype='int8')
        with self.assertRaises(ValueError):
            Recorder(models.gpt2(), self.dump, take='input')

    def test_modules_that_cannot_be(self):
        shared = nn.ReLU()
        self.refuse('1 was called twice', nn.Sequential(nn.Linear(2, 2), shared, nn.Linear(2, 2), shared), torch.ones(3, 2))
        self.refuse('the output of 0 is tuple, not one tensor', nn.Sequential(nn.LSTM(2, 3)), torch.ones(3, 2), modules='0')
        self.refuse(r'\[2, 3, 4, 4\]', nn.Sequential(nn.Conv2d(1, 3, 1), nn.ReLU()), torch.ones(2, 1, 4, 4))
        self.refuse(r'the output of 2 is \[12\], but 6 tokens were expected', nn.Sequential(nn.ReLU(), nn.Flatten(0), nn.ReLU()),
                    torch.ones(1, 6, 2))
        self.refuse(r'is \[3, 2, 2\], but tokens\(\) was told \[2, 3\]', nn.Sequential(nn.ReLU()), torch.ones(3, 2, 2),
                    told=torch.ones(2, 3, dtype=torch.int64))

    def test_forwards_that_cannot_be(self):
        class Sometimes(nn.Sequential):
            def forward(self, x):
                return self[0](x)

        self.refuse('1 did not run in this forward', Sometimes(nn.ReLU(), nn.ReLU()), torch.ones(3, 2))
        self.refuse('nothing was recorded', nn.Sequential(nn.ReLU()))
        net = nn.Sequential(nn.Sequential(nn.ReLU()))
        with self.assertRaisesRegex(RecordingError, 'ran outside a forward of Sequential'), Recorder(net, self.dump):
            net[0](torch.ones(2, 2))
        with self.assertRaisesRegex(RecordingError, 'before each forward, or never'), Recorder(net, self.dump) as recorder:
            recorder.tokens([[1, 2]])
            net(torch.ones(2, 2))
            net(torch.ones(2, 2))
        with self.assertRaisesRegex(RecordingError, 'one 0 or 1 for each token'), Recorder(net, self.dump) as recorder:
            recorder.tokens([[1, 2]], [[0.0, float('-inf')]])
        self.assertEqual(hooks_of(net), 0)
        self.assertFalse(self.partial.exists() or self.dump.exists())

    def test_values_too_large(self):
        x = torch.tensor([[1.0, 7e4, float('inf')]])
        self.refuse(r'1 values of 0 are too large for float16 \(the largest is 7e\+04\)', nn.Sequential(nn.ReLU()), x, dtype='float16')
        with Recorder(nn.ReLU(), self.dump, dtype='bfloat16') as recorder:     # inf is the model's own
            recorder.model(x)
        self.assert_same(tensors(self.dump)['act.0'], x.bfloat16())

    def test_values_too_small(self):
        with self.assertWarnsRegex(UserWarning, '2 values were too small for float16'):
            with Recorder(nn.ReLU(), self.dump, dtype='float16') as recorder:
                recorder.model(torch.tensor([[0.0, 1e-9, 1e-12, 1e-3]]))
        self.assertEqual(recorder.n_lost, 2)

    def test_interrupted(self):
        """A failure of anyone's: the hooks are gone, whole files stay under another name, the rest goes."""
        net = nn.Sequential(nn.ReLU())
        with self.assertRaises(KeyboardInterrupt), Recorder(net, self.dump):
            net(torch.ones(2, 2))
            raise KeyboardInterrupt
        self.assertFalse(self.partial.exists())
        with self.assertWarnsRegex(UserWarning, '2 whole files'), self.assertRaises(KeyboardInterrupt):
            with Recorder(net, self.dump, shard_bytes=1, tokenizer=models.Words('abc')) as recorder:
                for _ in range(2):
                    recorder.tokens([0, 2])
                    net(torch.ones(2, 2))
                raise KeyboardInterrupt
        self.assertEqual(hooks_of(net), 0)
        self.assertFalse(self.dump.exists())
        self.assertEqual(sorted(path.name for path in self.partial.iterdir()),
                         ['activations-00001.safetensors', 'activations-00002.safetensors'])

    def test_forward_that_fails(self):
        """A batch that failed and was passed over is half recorded: that is said, not written."""
        class Fails(nn.Sequential):
            def forward(self, x):
                super().forward(x)
                raise MemoryError

        net = Fails(nn.ReLU())
        for words, again in (('the last forward did not', 0), ('the forward before this one did not', 1)):
            with self.assertRaisesRegex(RecordingError, words), Recorder(net, self.dump):
                for _ in range(again + 1):
                    try:
                        net(torch.ones(2, 2))
                    except MemoryError:
                        pass
            self.assertFalse(self.partial.exists() or self.dump.exists())

    def test_disk_full(self):
        self.limit_files(3_000_000)
        net = nn.Sequential(nn.ReLU())
        with self.assertRaisesRegex(RecordingError, 'cannot be written: File too large'), Recorder(net, self.dump):
            for _ in range(10):
                net(torch.ones(500, 1000))
        self.assertEqual(hooks_of(net), 0)
        self.assertFalse(self.partial.exists() or self.dump.exists())


dump.main()
