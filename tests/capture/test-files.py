"""The recorder's files, without PyTorch: what it writes is what the program reads, and is whole or not there."""
# SPDX-License-Identifier: GPL-3.0-or-later
#
# test-files.py CLI ROOT
import random
import re
import struct
import sys
import types

import dump

sys.modules['torch'] = types.ModuleType('torch')     # the files are written without it
import record_activations as recorder  # noqa: E402

ROOM, NEURONS = 4096, 24


def made_up_rows(seed, n_rows):
    """Rows of which some numbers are zero, as float16; and how many are not."""
    source = random.Random(seed)
    values = [source.choice((0.0, 0.0, 0.25, -3.0, 60000.0)) for _ in range(n_rows * NEURONS)]
    return struct.pack(f'<{len(values)}e', *values), sum(value != 0 for value in values)


class Files(dump.Case):
    def write(self, folder, n_shards, n_layers=2):
        """[per layer: rows, numbers that are not zero]"""
        wanted = [[0, 0] for _ in range(n_layers)]
        for shard in range(n_shards):
            for layer in range(n_layers):
                n_rows = 5 + 3 * shard
                data, n_active = made_up_rows(10 * shard + layer, n_rows)
                folder.add(f'act.{layer}.{shard}', 'F16', (n_rows, NEURONS), data, ROOM)
                wanted[layer] = [wanted[layer][0] + n_rows, wanted[layer][1] + n_active]
            folder.finish_shard({'model': 'made up'})
        return wanted

    def check(self, n_shards, names):
        folder = recorder.Folder(self.dump)
        folder.begin()
        wanted = self.write(folder, n_shards)
        self.assertFalse(self.dump.exists())
        folder.finish()
        self.assertEqual([path.name for path in dump.shards(self.dump)], names)
        self.assertFalse(self.partial.exists())
        for path in (self.dump, dump.shards(self.dump)[0]):    # the folder, or any file of it, is the whole dump
            layers = dump.analyze(path)
            self.assertEqual(sorted(layers), [0, 1])
            for layer, (n_rows, n_active) in enumerate(wanted):
                self.assertEqual((layers[layer]['tokens'], layers[layer]['neurons'], layers[layer]['active']), (n_rows, NEURONS, n_active))

    def test_one_file(self):
        self.check(1, ['activations.safetensors'])
        data, _ = made_up_rows(0, 5)
        self.assertEqual(bytes(dump.read(self.dump)['act.0'][0].data), data)

    def test_several_files(self):
        self.check(12, [f'activations-{i:05}-of-00012.safetensors' for i in range(1, 13)])

    def test_unfinished(self):
        """What is being written does not pass for a dump, and goes when the recording fails; whole files stay apart."""
        folder = recorder.Folder(self.dump)
        folder.begin()
        folder.add('act.0.0', 'F16', (5, NEURONS), made_up_rows(0, 5)[0], ROOM)
        self.assertEqual(dump.shards(self.partial), [])
        self.assertEqual(dump.run('info', self.partial).returncode, 3)
        folder.finish_shard({})
        folder.add('act.0.1', 'F16', (5, NEURONS), made_up_rows(1, 5)[0], ROOM)
        folder.abandon()
        self.assertFalse(self.dump.exists())
        self.assertEqual([path.name for path in self.partial.iterdir()], ['activations-00001.safetensors'])
        self.assertEqual(dump.analyze(self.partial)[0]['tokens'], 5)
        with self.assertRaisesRegex(recorder.RecordingError, 'dump.partial is left'):
            recorder.Folder(self.dump)

    def test_nothing_is_overwritten(self):
        self.dump.mkdir()
        folder = recorder.Folder(self.dump)      # an empty folder may be there
        folder.begin()
        self.write(folder, 1)
        folder.finish()
        with self.assertRaisesRegex(recorder.RecordingError, 'is there already'):
            recorder.Folder(self.dump)

    def test_disk_full(self):
        folder = recorder.Folder(self.dump)
        folder.begin()
        self.limit_files(3 * ROOM)
        with self.assertRaisesRegex(recorder.RecordingError, 'cannot be written: File too large'):
            for piece in range(100):
                folder.add(f'act.0.{piece}', 'F16', (5, NEURONS), made_up_rows(0, 5)[0], ROOM)
            folder.finish_shard({})
        folder.abandon()
        self.assertFalse(self.partial.exists() or self.dump.exists())

    def test_header_has_room(self):
        """The header's room lies in front of the data, in multiples of 8, and a header that outgrows it is refused."""
        shard = recorder.Shard(self.dump, 201)
        shard.add('act.0.0', 'F16', (1, 2), b'\x00\x3c\x00\x00')
        shard.finish({})
        content = self.dump.read_bytes()
        self.assertEqual(struct.unpack('<Q', content[:8]), (208,))
        self.assertRegex(content[8:216].decode(), r'^\{.*\} +$')
        self.assertEqual(content[216:], b'\x00\x3c\x00\x00')
        shard = recorder.Shard(self.dump, 9)
        self.addCleanup(shard.file.close)
        with self.assertRaisesRegex(recorder.RecordingError, 'does not fit into 16'):
            shard.finish({'a': 'long enough'})


class Names(dump.Case):
    def test_layers(self):
        for names, numbers in (
                (['model.layers.3.mlp.down_proj', 'model.layers.7.mlp.down_proj'], [3, 7]),
                (['1', '3', '5'], [1, 3, 5]),
                (['layer1.0.relu', 'layer2.0.relu'], [0, 1]),             # both have the number 0 first
                (['act', 'layers.0.act'], [0, 1]),
                (['encoder.block.0.wo', 'decoder.block.0.wo'], [0, 1]),
                ([''], [0])):
            self.assertEqual(recorder.number_layers(names), numbers, names)

    def test_patterns(self):
        self.assertTrue(recorder.fits('mlp.act', '*.mlp.act') and recorder.fits('a.0.mlp.act', '*.mlp.act'))
        self.assertFalse(recorder.fits('a.0.mlp.act_fn', '*.mlp.act') or recorder.fits('a.0.xmlp.act', '*.mlp.act'))
        self.assertTrue(recorder.fits('h.10.act', re.compile(r'^h\.1\d\.act$')))
        self.assertFalse(recorder.fits('h.2.act', re.compile(r'^h\.1\d\.act$')))


dump.main()
