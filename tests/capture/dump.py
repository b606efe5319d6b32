# What the tests of the recorder share: finding it, reading a dump without it, and asking the program about one.
# SPDX-License-Identifier: GPL-3.0-or-later
import json
import os
import pathlib
import re
import resource
import subprocess
import sys
import tempfile
import unittest

sys.dont_write_bytecode = True
CLI, ROOT = sys.argv[1], pathlib.Path(sys.argv[2])
SAMPLE = ROOT / 'data' / 'sample'
sys.path[:0] = [str(ROOT / 'data' / 'capture'), str(SAMPLE)]
from maker import store  # noqa: E402


def shards(folder):
    """In the order of their numbers, which all have the same width."""
    return sorted(pathlib.Path(folder).glob('*.safetensors'))


def read(folder):
    """{"act.0": [entry of batch 0, entry of batch 1, …], …}; the reader is the sample's own, which allows no gaps."""
    found = {}
    for path in shards(folder):
        for name, entry in store.read(path).items():
            stem, piece = re.fullmatch(r'((?:act|gate)\.\d+|tokens|seq)(?:[.-](\d+))?', name).groups()
            found.setdefault(stem, {})[int(piece or 0)] = entry
    for stem, pieces in found.items():
        assert sorted(pieces) == list(range(len(pieces))), (stem, sorted(pieces))
    return {stem: [pieces[i] for i in sorted(pieces)] for stem, pieces in found.items()}


def run(*args):
    environment = {**os.environ, 'LC_ALL': 'C.UTF-8'}
    return subprocess.run([CLI, *map(str, args)], capture_output=True, text=True, env=environment, timeout=120)


def analyze(folder, analysis='activation-sparsity', **params):
    """The rows of the layers' table, by layer."""
    words = [word for name, value in params.items() for word in ('--set', f'{analysis}.{name}={value}')]
    done = run('analyze', folder, '-a', analysis, *words, '--format', 'json')
    assert done.returncode == 0, done.stderr
    table = json.loads(done.stdout)['results'][0]['tables']['layers']
    columns = [column['name'] for column in table['columns']]
    return {row['layer']: row for row in (dict(zip(columns, values)) for values in table['rows'])}


class Case(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.dump = pathlib.Path(folder.name) / 'dump'
        self.partial = pathlib.Path(folder.name) / 'dump.partial'

    def limit_files(self, n_bytes):
        """Writing beyond n_bytes of a file fails, as on a disk that is full."""
        before = resource.getrlimit(resource.RLIMIT_FSIZE)
        self.addCleanup(resource.setrlimit, resource.RLIMIT_FSIZE, before)
        resource.setrlimit(resource.RLIMIT_FSIZE, (n_bytes, before[1]))


def main():
    unittest.main(argv=sys.argv[:1])
