"""The command line as a script meets it: exit codes, one sentence on stderr, JSON, CSV, files, plots."""
# SPDX-License-Identifier: GPL-3.0-or-later
import csv
import io
import json
import math
import os
import pathlib
import re
import shutil
import signal
import struct
import subprocess
import sys
import tempfile
import time
import unittest
import urllib.parse
import zipfile

CLI, ROOT, TRANSLATIONS = sys.argv[1], pathlib.Path(sys.argv[2]), sys.argv[3]
SAMPLE = ROOT / 'data' / 'sample' / 'relu'


def run(*args, **more):
    environment = {**os.environ, 'LC_ALL': 'C.UTF-8', **more.pop('env', {})}
    return subprocess.run([CLI, *map(str, args)], capture_output=True, text=True, env=environment, timeout=120, **more)


def safetensors(path, tensors, size=None):
    """tensors: name -> (dtype, shape, bytes).  size: truncate the file to that many bytes, leaving a hole."""
    header, data = {}, b''
    for name, (dtype, shape, content) in tensors.items():
        n = content if isinstance(content, int) else len(content)
        header[name] = {'dtype': dtype, 'shape': shape, 'data_offsets': [len(data), len(data) + n]}
        data += b'' if isinstance(content, int) else content
    text = json.dumps(header).encode()
    with open(path, 'wb') as out:
        out.write(struct.pack('<Q', len(text)) + text + data)
        if size is not None:
            out.truncate(size)


class CommandLine(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)
        self.path = pathlib.Path(self.folder.name)

    def assert_fails(self, done, status, *words):
        self.assertEqual(done.returncode, status, done.stderr)
        self.assertEqual(done.stderr.count('\n'), 1, done.stderr)
        self.assertEqual(done.stdout, '')
        for word in words:
            self.assertIn(word, done.stderr)

    def test_usage(self):
        self.assertEqual(run().returncode, 2)
        self.assertEqual(run('--help').returncode, 0)
        self.assertIn('sparsoscope-cli', run('--version').stdout)
        self.assert_fails(run('measure'), 2, 'measure')
        self.assert_fails(run('analyze', SAMPLE), 2, '-a')
        self.assert_fails(run('analyze', '-a', 'weight-sparsity'), 2)
        self.assert_fails(run('analyze', SAMPLE, '-a', 'nothing'), 2, 'nothing')
        self.assert_fails(run('analyze', SAMPLE, '-a', 'weight-sparsity', '--set', 'weight-sparsity.eps=-1'), 2, 'eps')
        self.assert_fails(run('analyze', SAMPLE, '-a', 'weight-sparsity', '--set', 'eps=1'), 2, 'ID.PARAM')
        self.assert_fails(run('analyze', SAMPLE, '-a', 'weight-sparsity', '--format', 'xml'), 2, 'xml')
        self.assert_fails(run('analyze', SAMPLE, '-a', 'weight-sparsity', '--tensor', 'no*'), 2, 'no*')
        self.assert_fails(run('analyze', SAMPLE, '-a', 'weight-sparsity', '--nonsense'), 2, '--nonsense')

    def test_usage_names_what_is_possible(self):
        analyze = ['analyze', SAMPLE, '-a', 'weight-sparsity']
        plot = self.path / 'p.png'
        for words, *said in (
                (['analyze', SAMPLE], ', tensor-map'),
                (['analyze', SAMPLE, '-a', 'nothing'], 'nothing', ', tensor-map'),
                (['analyze', SAMPLE, '-a', 'tensor-map,tensor-map'], 'twice'),
                (['analyze', SAMPLE, '-a', 'tensor-map', '--set', 'tensor-map.tensor=absent'], 'absent', 'info'),
                ([*analyze, '--set', 'weight-sparsity.epz=1'], 'epz', 'eps, eps-mode, prune'),
                ([*analyze, '--format', 'csv', '--table', 'absent'], 'absent', 'layers', 'fingerprint'),
                ([*analyze, '--plot', plot, '--plot-id', 'absent'], 'absent', 'curve'),
                ([*analyze, '--table', 'layers'], '--format csv'),
                ([*analyze, '--format', 'csv', '--table', 'layers', '-o', f'{self.path}/'], '--table'),
                (['analyze', SAMPLE, '-a', 'weight-sparsity,tensor-map', '--format', 'csv'], '-o FOLDER/'),
                (['info', SAMPLE, SAMPLE, '--format', 'csv'], '-o FOLDER/'),
                ([*analyze, '--plot-id', 'curve'], '--plot'),
                ([*analyze, '--plot', f'{self.path}/', '--plot-id', 'curve'], '--plot-id'),
                ([*analyze, '--plot', plot, '--dpi', '-5'], '-5', '10'),
                ([*analyze, '--plot', plot, '--dpi', '0'], '10'),
                ([*analyze, '--plot', plot, '--dpi', '9999', '--size', '14400x100'], '32000'),
                ([*analyze, '--plot', plot, '--size', '100'], 'WxH'),
                ([*analyze, '--plot', ''], 'name'),
                ([*analyze, '-o', ''], 'empty'),
                (['analyze', '--as', 'weights=', '-a', 'tensor-map'], 'empty'),
                (['analyze', SAMPLE, '--as', 'text=a.txt', '-a', 'tensor-map'], 'text=a.txt', 'none'),
                (['analyze', SAMPLE, '--as', 'sae=a.pt', '-a', 'tensor-map'], 'sae=a.pt', 'weights=PATH or text=PATH'),
                (['analyze', '', '-a', 'tensor-map'], 'empty'),
                (['list', 'formats', 'kernels'], 'kernels')):
            with self.subTest(words=words):
                self.assert_fails(run(*words), 2, *said)

    def test_help(self):
        for command in 'info', 'list', 'analyze', 'record':
            self.assertIn(f'sparsoscope-cli {command} [OPTION…]', run(command, '--help').stdout)

    def test_places_are_looked_at_before_reading(self):
        (self.path / 'broken.npy').write_bytes(b'x')
        for option in ['-o', self.path / 'no' / 'o.json'], ['--plot', self.path / 'no' / 'p.svg']:
            done = run('analyze', self.path / 'broken.npy', '-a', 'weight-sparsity', *option)
            self.assert_fails(done, 3, str(option[1]), 'choose another place')

    def test_models_of_one_name(self):
        for folder, content in ('a', b'x'), ('b', b'x'):
            (self.path / folder).mkdir()
            (self.path / folder / 'm.npy').write_bytes(content)
            self.assert_fails(run('info', self.path / folder / 'm.npy'), 3, str(self.path / folder / 'm.npy') + ': ')

    def test_two_inputs_in_one_folder(self):
        done = run('info', SAMPLE, SAMPLE.parent / 'silu', '--format', 'csv', '-o', f'{self.path}/')
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn('info-2.tensors.csv', [file.name for file in self.path.iterdir()])

    def test_cells(self):
        safetensors(self.path / 'm.safetensors', {'w.weight': ('F32', [2, 3], struct.pack('<6f', 1, -2, 0, 4, 5, -6))})
        done = run('analyze', self.path / 'm.safetensors', '-a', 'tensor-map', '--format', 'csv', '--table', 'map')
        rows = list(csv.DictReader(io.StringIO(done.stdout)))
        self.assertEqual([float(row['mean']) for row in rows], [1, -2, 0, 4, 5, -6])
        self.assertEqual([float(row['zeros']) for row in rows], [0, 0, 1, 0, 0, 0])
        self.assertEqual([(row['row'], row['column']) for row in rows], [(r, c) for r in '01' for c in '012'])
        pruned = ROOT / 'data' / 'sample' / 'relu-pruned'
        done = run('analyze', pruned, '-a', 'weight-sparsity', '--format', 'csv', '--table', 'fingerprint')
        rows = list(csv.DictReader(io.StringIO(done.stdout)))
        self.assertEqual(len(rows), 5 * 9)
        self.assertEqual({row['row'] for row in rows}, {'outside', '0', '1', '2', '3'})
        name = 'model.layers.0.self_attn.q_proj.weight'
        data = (pruned / 'model.safetensors').read_bytes()
        n_header = struct.unpack_from('<Q', data)[0]
        start, end = json.loads(data[8:8 + n_header])[name]['data_offsets']
        patterns = struct.unpack_from(f'<{(end - start) // 2}H', data, 8 + n_header + start)
        share = sum(pattern & 0x7fff == 0 for pattern in patterns) / len(patterns)
        self.assertAlmostEqual(next(float(row['mean']) for row in rows if row['tensor'] == name), share, delta=1e-7)
        sizes = sorted(struct.unpack('<f', struct.pack('<I', (pattern & 0x7fff) << 16))[0] for pattern in patterns)
        gini = sum((2 * i - len(sizes) + 1) * size for i, size in enumerate(sizes)) / len(sizes) / sum(sizes)
        done = run('analyze', pruned, '-a', 'weight-sparsity', '--format', 'csv', '--table', 'fingerprint-gini')
        rows = list(csv.DictReader(io.StringIO(done.stdout)))
        self.assertAlmostEqual(next(float(row['mean']) for row in rows if row['tensor'] == name), gini, delta=1e-6)

    def test_broken_pipe(self):
        command = f"'{CLI}' analyze '{SAMPLE}' -a weight-sparsity | head -c 10"
        done = subprocess.run(['bash', '-c', command], capture_output=True, text=True, timeout=60, check=False)
        self.assertEqual((done.stdout, done.stderr), ('{"schema_v', ''))

    def test_unreadable(self):
        self.assert_fails(run('info', self.path / 'missing.safetensors'), 3, 'missing.safetensors')
        (self.path / 'text.txt').write_text('not a model\n')
        self.assert_fails(run('info', self.path / 'text.txt'), 3, 'text.txt')
        (self.path / 'empty.npy').write_bytes(b'')
        self.assert_fails(run('info', self.path / 'empty.npy'), 3, 'empty.npy')

    def test_partly_unreadable(self):
        safetensors(self.path / 'm.safetensors', {'a': ('F32', [2, 2], bytes(16)), 'b': ('F4', [4, 4], bytes(8))})
        done = run('analyze', self.path / 'm.safetensors', '-a', 'weight-sparsity')
        self.assertEqual(done.returncode, 1, done.stderr)
        table = json.loads(done.stdout)['results'][0]['tables']['tensors']
        names = [column['name'] for column in table['columns']]
        rows = {row[0]: dict(zip(names, row)) for row in table['rows']}
        self.assertEqual(rows['a']['zeros'], 4)
        self.assertIn('F4', rows['b']['note'])

    def test_json(self):
        done = run('analyze', SAMPLE, '-a', 'weight-sparsity', '--threads', 1)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(done.stderr, '')
        document = json.loads(done.stdout)
        self.assertEqual(document['schema_version'], 1)
        self.assertEqual(document['program']['name'], 'sparsoscope')
        result = document['results'][0]
        self.assertEqual(result['params']['eps'], 0)
        for table in result['tables'].values():
            for row in table['rows']:
                self.assertEqual(len(row), len(table['columns']))
        for plot in result['plots']:
            if plot['kind'] != 'heatmap':
                columns = [column['name'] for column in result['tables'][plot['table']]['columns']]
                for name in [plot['x'], *plot['y']]:
                    self.assertIn(name, columns)
            self.assertTrue(plot['caption'].endswith('.'))
        summary = {row[0]: row[1] for row in result['tables']['summary']['rows']}
        names = [column['name'] for column in result['tables']['tensors']['columns']]
        rows = [dict(zip(names, row)) for row in result['tables']['tensors']['rows']]
        counted = [row for row in rows if row['counted'] == 1]
        self.assertEqual(len(counted), summary['tensors_counted'])
        self.assertEqual(sum(row['elements'] for row in counted), summary['elements'])

    def test_same_bytes(self):
        self.check_same_bytes('analyze', SAMPLE, '-a', 'weight-sparsity,tensor-map', '--set', 'weight-sparsity.prune=0.5')
        self.check_same_bytes('analyze', SAMPLE.parent / 'sae', SAMPLE.parent / 'residual', '-a', 'sae-features')

    def check_same_bytes(self, *arguments):
        reference = json.loads(run(*arguments, '--threads', 1, env={'SPARSOSCOPE_ISA': 'scalar'}).stdout)['results']
        for threads in 1, 2, 7:
            for level in run('list', 'kernels').stdout.split('\n'):
                if level:
                    done = run(*arguments, '--threads', threads, env={'SPARSOSCOPE_ISA': level.split()[0]})
                    self.assertEqual(json.loads(done.stdout)['results'], reference)

    def test_csv(self):
        done = run('analyze', SAMPLE, '-a', 'weight-sparsity', '--format', 'csv')
        rows = list(csv.DictReader(io.StringIO(done.stdout)))
        self.assertEqual(rows[0].keys() >= {'tensor', 'sparsity', 'note'}, True)
        done = run('analyze', SAMPLE, '-a', 'weight-sparsity', '--format', 'csv', '--table', 'layers')
        self.assertEqual(list(csv.DictReader(io.StringIO(done.stdout)))[0].keys() >= {'layer', 'sparsity'}, True)

    def test_foreign_arrays(self):
        """Objects play no part; numbers that are not read keep theirs.  A layer outside of layers is there when it counts."""
        def array(code, data):
            header = repr({'descr': code, 'fortran_order': False, 'shape': (1,)}).encode() + b'\n'
            return b'\x93NUMPY\x01\x00' + struct.pack('<H', len(header)) + header + data
        with zipfile.ZipFile(self.path / 'a.npz', 'w') as archive:
            for name, code, data in ('o', '|O', b'.'), ('u', '<U1', bytes(4)), ('c', '<c8', bytes(8)), ('w', '<f4', bytes(4)):
                archive.writestr(f'{name}.npy', array(code, data))
        expected = {'o': '', 'u': '', 'c': 'bias', 'w': 'bias'}
        for arguments in ['info'], ['analyze', '-a', 'weight-sparsity']:
            done = run(*arguments, self.path / 'a.npz', '--format', 'csv')
            self.assertEqual({row['tensor']: row['part'] for row in csv.DictReader(io.StringIO(done.stdout))}, expected)
        for counts, labels in ('false', []), ('true', ['outside']):
            done = run('analyze', self.path / 'a.npz', '-a', 'weight-sparsity', '--set', f'weight-sparsity.vectors={counts}',
                       '--format', 'csv', '--table', 'layers')
            self.assertEqual([row['label'] for row in csv.DictReader(io.StringIO(done.stdout))], labels)

    def test_markdown(self):
        done = run('analyze', SAMPLE, '-a', 'weight-sparsity', '--format', 'md')
        self.assertIn('## weight-sparsity', done.stdout)
        self.assertIn('| Tensor |', done.stdout)
        self.assertNotIn('![', done.stdout)

    def test_markdown_shows_its_pictures(self):
        """Every picture that is drawn stands in the report, and is found from where the report lies."""
        report, plots = self.path / 'a report', self.path / 'the plots'
        for place in report / 'report.md', self.path / 'alone.md':
            output = f'{report}/' if place.name == 'report.md' else place
            done = run('analyze', SAMPLE, '-a', 'weight-sparsity,tensor-map', '--format', 'md', '-o', output, '--plot', f'{plots}/')
            self.assertEqual(done.returncode, 0, done.stderr)
            links = re.findall(r'^!\[(.+)\]\((\S+)\)\n\n(.+)$', place.read_text(), re.MULTILINE)
            found = {(place.parent / urllib.parse.unquote(link)).resolve() for _, link, _ in links}
            self.assertEqual(found, {path.resolve() for path in plots.iterdir()})
        done = run('analyze', SAMPLE, '-a', 'weight-sparsity', '--format', 'md', '--plot', self.path / 'one.svg')
        link = re.search(r'!\[Sparsity by threshold\]\((\S+)\)', done.stdout)
        self.assertEqual(pathlib.Path(link[1]).resolve(), (self.path / 'one.svg').resolve())

    def test_folder(self):
        out = self.path / 'report'
        done = run('analyze', SAMPLE, '-a', 'weight-sparsity', '--format', 'csv', '-o', f'{out}/', '--plot', f'{out}/')
        self.assertEqual(done.returncode, 0, done.stderr)
        written = sorted(file.name for file in out.iterdir())
        self.assertIn('weight-sparsity.tensors.csv', written)
        self.assertIn('weight-sparsity.curve.svg', written)
        self.assertIn('weight-sparsity.fingerprint.svg', written)

    def test_plots(self):
        for name, head in ('p.svg', b'<?xml'), ('p.pdf', b'%PDF'), ('p.png', b'\x89PNG'):
            for analysis in 'weight-sparsity', 'tensor-map':
                done = run('analyze', SAMPLE, '-a', analysis, '-o', self.path / 'o.json', '--plot', self.path / name)
                self.assertEqual(done.returncode, 0, done.stderr)
                self.assertEqual((self.path / name).read_bytes()[:len(head)], head)
        self.assert_fails(run('analyze', SAMPLE, '-a', 'weight-sparsity', '--plot', self.path / 'p.svg', '--plot-id', 'no'), 2, 'no')
        self.assert_fails(run('analyze', SAMPLE, '-a', 'weight-sparsity', '--plot', self.path / 'p.gif'), 2, 'p.gif')
        self.assertFalse((self.path / 'p.gif').exists())

    def test_unwritable(self):
        place = self.path / 'no' / 'such' / 'folder.json'
        self.assert_fails(run('analyze', SAMPLE, '-a', 'weight-sparsity', '-o', place), 3, 'folder.json')
        plot = self.path / 'no' / 'plot.svg'
        self.assert_fails(run('analyze', SAMPLE, '-a', 'weight-sparsity', '--plot', plot), 3, 'plot.svg')
        if os.path.exists('/dev/full'):
            with open('/dev/full', 'w', encoding='utf-8') as full:
                done = subprocess.run([CLI, 'analyze', SAMPLE, '-a', 'weight-sparsity'], stdout=full, stderr=subprocess.PIPE, check=False)
            self.assertEqual(done.returncode, 3)

    def test_locked(self):
        """A folder nobody may look into, and a place nobody may write to: one sentence, nothing left there."""
        locked = self.path / 'locked'
        locked.mkdir()
        shutil.copy(next(SAMPLE.glob('*.safetensors')), locked)
        model = self.path / 'm.safetensors'
        safetensors(model, {'a': ('F32', [2, 2], bytes(16))})
        self.path.chmod(0o755)
        locked.chmod(0o555 if os.geteuid() else 0o700)
        nobody = [] if os.geteuid() else [shutil.which('setpriv'), '--reuid=65534', '--regid=65534', '--clear-groups']
        if None in nobody:
            self.skipTest('setpriv is missing')
        before = sorted(locked.iterdir())

        def told(*args):
            done = subprocess.run([*nobody, CLI, *map(str, args)], capture_output=True, text=True, check=False, timeout=120,
                                  env={**os.environ, 'LC_ALL': 'C.UTF-8'})
            if 'cannot execute' in done.stderr or 'failed to execute' in done.stderr:
                self.skipTest('the program lies where nobody may run it')
            return done
        self.assert_fails(told('analyze', model, '-a', 'weight-sparsity', '-o', locked / 'out.json'), 3, 'out.json')
        self.assertEqual(sorted(locked.iterdir()), before)
        locked.chmod(0)
        self.assert_fails(told('info', locked), 3, 'locked')
        locked.chmod(0o700)

    def test_interrupt(self):
        size = 64 << 30                # a hole: seconds of reading, nothing on the disk
        head = json.dumps({'a': {'dtype': 'BF16', 'shape': [size // 8192 // 2, 8192], 'data_offsets': [0, size]}}).encode()
        with open(self.path / 'big.safetensors', 'wb') as out:
            out.write(struct.pack('<Q', len(head)) + head)
            out.truncate(8 + len(head) + size)
        process = subprocess.Popen([CLI, 'analyze', self.path / 'big.safetensors', '-a', 'weight-sparsity', '-o', self.path / 'o.json'],
                                   stderr=subprocess.PIPE, text=True)
        time.sleep(0.5)
        started = time.monotonic()
        process.send_signal(signal.SIGINT)
        self.assertEqual(process.wait(timeout=10), 130)
        self.assertLess(time.monotonic() - started, 2)
        process.stderr.close()
        self.assertFalse((self.path / 'o.json').exists())

    TEXT = SAMPLE.parent / 'text' / 'heldout.txt'

    @staticmethod
    def ppl_p_words(*words, text=TEXT, model=SAMPLE):
        role = ['--as', f'text={text}'] if text else []
        return ['analyze', model, '-a', 'ppl-p', *role, *(f'--set=ppl-p.{word}' for word in words), '--format', 'json']

    def ppl_p(self, *words, **files):
        return run(*self.ppl_p_words(*words, **files))

    def test_perplexity(self):
        """Whatever the number of threads, the same; what it finds lies where it says."""
        done = self.ppl_p('window=128', 'tokens=1024', 'p=2,10', 'rules=all')
        self.assertEqual(done.returncode, 0, done.stderr)
        result = json.loads(done.stdout)['results'][0]
        tables = result['tables']
        self.assertEqual({row[0] for row in tables['points']['rows']}, {'none', 'cett', 'fat', 'topk', 'zero'})
        by_tau = [row[0:2] for row in tables['by_tau']['rows']]
        self.assertEqual(by_tau, sorted(by_tau))
        for p, sparsity, active, tau, low, high, error, _, found in tables['answers']['rows']:
            self.assertIn(found, ('interpolated', 'measured'))
            self.assertTrue(0 < error < 0.1)
            self.assertTrue(low <= tau <= high)
            self.assertAlmostEqual(sparsity, 1 - active)
            ratios = dict(by_tau)
            self.assertTrue(ratios.get(low, 1) < 1 + p / 100 <= ratios[high])
        self.assertEqual(len(tables['layers']['rows']), 4)
        self.assertEqual(len(tables['tokens']['rows']), 1024)
        thresholds, tau = tables['thresholds']['rows'][0]
        self.assertEqual(len(thresholds.removeprefix('thresholds=').split(',')), 4)
        self.assertEqual(tau, next(row[1] for row in tables['summary']['rows'] if row[0] == 'tau'))
        self.assertFalse(any('context' in note for note in result['notes']))
        longer = json.loads(self.ppl_p('window=600', 'tokens=600', 'p=1').stdout)['results'][0]
        self.assertTrue(any('context of 256 tokens' in note for note in longer['notes']))
        again = run(*self.ppl_p_words('window=128', 'tokens=1024', 'p=2,10', 'rules=all'), '-j', '1')
        self.assertEqual(json.loads(again.stdout)['results'], json.loads(done.stdout)['results'])

    def test_perplexity_refuses(self):
        files = {'empty.txt': b'', 'short.txt': b'Once', 'odd.txt': b'Once \xff upon', 'ids.json': b'[1, 2, 99999]', 'words.json': b'["a"]'}
        for name, content in files.items():
            (self.path / name).write_bytes(content)
        safetensors(self.path / 'm.safetensors', {'w.weight': ('F32', [2, 3], struct.pack('<6f', 1, -2, 0, 4, 5, -6))})
        for name in 'pipe.txt', 'pipe.json':
            os.mkfifo(self.path / name)
        cases = ((None, SAMPLE, 2, ('text', '--as text=PATH')), (self.path / 'absent.txt', SAMPLE, 3, ('absent.txt',)),
                 (self.path, SAMPLE, 3, ('choose a text',)), (self.path / 'empty.txt', SAMPLE, 2, ('empty.txt: ', 'empty')),
                 (self.path / 'short.txt', SAMPLE, 2, ('tokens', 'window')), (self.path / 'odd.txt', SAMPLE, 3, ('odd.txt: ', 'UTF-8')),
                 (self.path / 'pipe.txt', SAMPLE, 3, ('pipe.txt',)), (self.path / 'pipe.json', SAMPLE, 3, ('pipe.json',)),
                 (self.path / 'ids.json', SAMPLE, 2, ('99999',)), (self.path / 'words.json', SAMPLE, 3, ('words.json',)),
                 (self.TEXT, self.path / 'm.safetensors', 2, ('config.json', 'm.safetensors')))
        for text, model, status, said in cases:
            with self.subTest(text=text, model=model):
                self.assert_fails(self.ppl_p('window=256' if 'ids' not in str(text) else 'window=2', text=text, model=model), status, *said)
        for p in 'x', '-1', ',', '1,2,3,4,5,6,7,8,9':
            self.assert_fails(self.ppl_p(f'p={p}'), 2, 'ppl-p.p')

    def test_perplexity_of_a_table(self):
        rows = [(0, 2.0, 1.0), (0.2, 2.0 + math.log(1.02), 0.5), (0.1, 2.0 + math.log(1.005), 0.7), (0.4, 2.0 + math.log(1.08), 0.2)]
        csv_file, json_file = self.path / 't.csv', self.path / 't.json'
        csv_file.write_text('tau,loss,activation_ratio\n' + ''.join(f'{a},{b},{c}\n' for a, b, c in rows))
        json_file.write_text(json.dumps({'name': 'x', 'loss': [b for _, b, _ in rows], 'tau': [a for a, _, _ in rows], 'more': {'a': [1]},
                                         'activation_ratio': [c for _, _, c in rows]}))
        answers = []
        for table in csv_file, json_file:
            done = self.ppl_p('from=table', f'table={table}', 'p=1,2,50', text=None)
            self.assertEqual(done.returncode, 0, done.stderr)
            result = json.loads(done.stdout)['results'][0]
            answers.append(result['tables']['answers']['rows'])
            self.assertFalse([c['name'] for c in result['tables']['by_tau']['columns'] if c['name'].startswith('growth_')])
            self.assertTrue(any('nterpolated' in note for note in result['notes']))
        for table in csv_file, json_file:                                              # opened itself, without a model
            alone = self.ppl_p('p=1,2,50', text=None, model=table)
            self.assertEqual(alone.returncode, 0, alone.stderr)
            self.assertEqual(json.loads(alone.stdout)['results'][0]['tables']['answers']['rows'], answers[0])
        self.assertEqual(*answers)
        self.assertTrue(0.1 < answers[0][0][3] < 0.2 and 0.5 < answers[0][0][2] < 0.7)
        self.assertAlmostEqual(answers[0][1][3], 0.2, places=9)
        self.assertEqual(answers[0][2][-1], 'never-reached')
        self.assertEqual([row[6] for row in answers[0]], [None] * 3)                  # a table has no standard errors
        bad = {'tau,loss\n0.1,2\n': 'tau 0', 'tau,loss\n0,2\n0.1\n': 'line 3', 'tau,loss\n0,2\n0.1,x\n': "'x'",
               'a,b\n1,2\n': 'tau and loss', '': 'tau and loss', 'tau,loss\n0,2\n2,3\n': 'from 0 to 1',
               'tau,loss\n0,2\n': 'above 0', '{"tau": [0, 1], "loss": [1, 2]} x': 'byte 32',
               'tau,loss\n0,2\n0.1,2\n0.1,3\n': 'same', '{"tau": 1}': 'lists',
               '{"tau": [0, 1], "loss": [1]}': 'length', '{"tau": [0': 't.csv',
               ',' * 1000: 'more than', 'tau,loss\n' + ',' * 1000: '1001 cells'}
        for text, said in bad.items():
            with self.subTest(text=text[:40]):
                csv_file.write_text(text)
                self.assert_fails(self.ppl_p('from=table', f'table={csv_file}', text=None), 3, said)

    def test_interrupt_keeps_parts(self):
        """Points measured before an interrupt are written, and marked."""
        words = self.ppl_p_words('convention=reference', 'p=1,2,3,4,5,6,7,8')
        process = subprocess.Popen([CLI, *words, '-o', self.path / 'o.json'], stderr=subprocess.PIPE, text=True)
        time.sleep(3)
        started = time.monotonic()
        process.send_signal(signal.SIGINT)
        self.assertEqual(process.wait(timeout=10), 130)
        self.assertLess(time.monotonic() - started, 2)
        process.stderr.close()
        result = json.loads((self.path / 'o.json').read_text())['results'][0]
        self.assertIn('partial', result['notes'][0])
        self.assertGreater(len(result['tables']['by_tau']['rows']), 1)

    def german(self):
        """The environment of a German: its locale, compiled here where the system has none, and the translation as built."""
        folder = self.path / 'locales'
        folder.mkdir()
        made = shutil.which('localedef') and subprocess.run(
            ['localedef', '-i', 'de_DE', '-f', 'UTF-8', folder / 'de_DE.UTF-8'], capture_output=True, check=False)
        if not (folder / 'de_DE.UTF-8').exists():
            if 'de_DE.utf8' not in subprocess.run(['locale', '-a'], capture_output=True, text=True, check=False).stdout:
                self.skipTest(f'no German locale here, nor could one be made: {made}')
            return {'LC_ALL': 'de_DE.UTF-8', 'SPARSOSCOPE_LOCALE_DIR': TRANSLATIONS}
        return {'LC_ALL': 'de_DE.UTF-8', 'LOCPATH': str(folder), 'SPARSOSCOPE_LOCALE_DIR': TRANSLATIONS}

    def test_languages(self):
        """Help is in the person's language; what is written is the same bytes in all of them."""
        german = self.german()
        self.assertIn('Aufruf:', run('--help', env=german).stdout)
        self.assertIn('es gibt keinen Befehl', run('measure', env=german).stderr)
        for form in 'json', 'csv', 'md':
            for arguments in (['info', SAMPLE], ['analyze', SAMPLE, '-a', 'tensor-map', '--threads', 1],
                              ['analyze', SAMPLE, '-a', 'weight-sparsity', '--threads', 1, '--set',
                               'weight-sparsity.eps=0.01', '--set', 'weight-sparsity.prune=0.5']):
                plain = run(*arguments, '--format', form)
                self.assertEqual(plain.returncode, 0, plain.stderr)
                self.assertEqual(run(*arguments, '--format', form, env=german).stdout, plain.stdout)
        for name, environment in ('plain.svg', {}), ('german.svg', german):
            done = run('analyze', SAMPLE, '-a', 'weight-sparsity', '-o', self.path / 'o.json', '--size', '400.5x300',
                       '--plot', self.path / name, env=environment)
            self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual((self.path / 'german.svg').read_bytes(), (self.path / 'plain.svg').read_bytes())

    def test_info(self):
        document = json.loads(run('info', SAMPLE, '--format', 'json').stdout)
        tables = document['results'][0]['tables']
        self.assertEqual(len(tables['tensors']['rows']), document['inputs'][0]['n_tensors'])
        self.assertIn('weight-sparsity', run('list', 'analyses').stdout)
        self.assertIn('safetensors', run('list', 'formats').stdout)
        self.assert_fails(run('list', 'colours'), 2, 'colours')


if __name__ == '__main__':
    unittest.main(argv=sys.argv[:1], verbosity=2)
