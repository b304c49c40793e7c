# SPDX-License-Identifier: LGPL-2.1-or-later
"""Every question that changes nothing, from many clients at once, against libcpugate's answers:

load.py SOCKET EMBEDDED EMULATOR CLIENTS REQUESTS, in a folder with record.json and other.json,
where the contract "web" is kept. EMBEDDED is the program of embedded.c.
"""
import json
import os
import random
import select
import subprocess
import sys
import time

from qmp import Client

RECORD, OTHER = 'record.json', 'other.json'
LAUNCH = ['-M', 'q35', '-accel', 'tcg', '-cpu', '486']

# The share of questions that take a process each: all alike, it would be processes that are measured.
WORKERS = 0.005


def questions(emulator):
    """(command, arguments)"""
    about = {'emulator': emulator, 'accel': 'tcg'}
    q35 = dict(about, machine='q35')
    model = {'name': '486'}
    pair = {'modela': model, 'modelb': {'name': 'qemu64'}}
    rows = [
        ('about', about), ('about', q35), ('about', {'record': RECORD}),
        ('models', about), ('models', q35), ('models', {'emulator': emulator}), ('models', {'record': RECORD}),
        ('machines', about), ('machines', {'record': OTHER}),
        ('expand', dict(about, definition='486')), ('expand', dict(q35, definition='Haswell')),
        ('expand', dict(about, definition='486,+avx2')),
        ('expand', dict(about, definition='nosuch')),
        ('expand', {'definition': 'qemu64', 'record': OTHER}),
        ('emulators', {'emulator': emulator}), ('emulators', {'record': RECORD}),
        ('host', {}), ('host', {'record': RECORD}), ('cache-path', {}), ('cache-why', about),
        ('compare', dict(about, a='486', b='qemu64')), ('compare', dict(about, a='Haswell', b='486')),
        ('compare', dict(about, a='486', b=RECORD)), ('compare', dict(about, a='486', b='host')),
        ('compare', {'a': '486', 'b': 'qemu64', 'record': OTHER}),
        ('explain', dict(about, subject='avx2')), ('explain', dict(about, subject='Haswell')),
        ('baseline', {'records': [RECORD, OTHER]}), ('baseline', dict(about, records=['host', OTHER])),
        ('baseline', {'records': [RECORD, OTHER], 'named': True}),
        ('baseline', {'records': ['nosuch.json']}),
        ('hosts-for', dict(about, guest='486', records=[RECORD, OTHER])),
        ('hosts-for', dict(about, guest='Haswell', records=['host', OTHER])),
        ('matrix', {'cpu': '486', 'records': [RECORD, OTHER]}), ('matrix', {'records': [RECORD]}),
        ('check-launch', {'argv': [emulator] + LAUNCH}),
        ('check-launch', {'argv': [emulator] + LAUNCH[:4], 'record': OTHER}),
        ('pin', {'argv': [emulator] + LAUNCH}), ('pin', {'argv': [emulator] + LAUNCH, 'short': True}),
        ('check-restore', {'contract': 'web', 'to': RECORD, 'emulator': emulator}),
        ('contract-show', {'name': 'web'}), ('contract-show', {'name': 'nobody'}),
        ('contract-list', {}), ('contract-export', {'name': 'web'}),
        ('cpu-model-expansion', dict(about, definition='486', type='full')),
        ('cpu-model-baseline', dict(about, a='486', b='qemu64')),
        ('query-version', {}), ('query-version', about), ('query-target', about),
        ('query-kvm', about), ('query-commands', {}), ('query-qmp-schema', {}),
        ('query-machines', about), ('query-cpu-definitions', about),
        ('query-cpu-definitions', {'host': OTHER}),
        ('query-cpu-model-expansion', dict(about, type='full', model=model)),
        ('query-cpu-model-expansion', dict(q35, type='static', model=model)),
        ('query-cpu-model-comparison', dict(about, **pair)),
        ('query-cpu-model-baseline', dict(about, **pair)),
    ]
    rows += [('export', dict(about, format=name)) for name in ('nfd', 'prometheus')]
    rows += [('export', dict(about, format=name, definition='486')) for name in ('libvirt', 'qemu')]
    return rows + slow_questions(emulator, about)


def slow_questions(emulator, about):
    """Those that a worker answers."""
    return [
        ('cache-list', {}), ('cache-history', {}), ('record', about),
        ('check-migration', {'guest': 'web', 'to': RECORD, 'emulator': emulator}),
        ('contract-verify', {'name': 'web', 'record': RECORD}),
        ('contract-verify', {'name': 'web', 'emulator': emulator}),
        ('contract-impact', {'to': RECORD, 'emulator': emulator}),
        ('diff', dict(about, **{'from': 'machine=pc', 'to': 'machine=q35'})),
    ]


# Not asked: the dialogue itself, and what changes something.
NOT_ASKED = {'qmp_capabilities', 'add-file', 'next-page', 'probe', 'verify', 'cache-prune',
             'contract-import', 'contract-forget'}


def of_library(command, arguments):
    """The library's question for one of QEMU's, and QEMU's form of its answer; None if it is the
    daemon's own."""
    rest = {k: v for k, v in arguments.items() if k not in ('model', 'modela', 'modelb', 'host')}
    if 'host' in arguments:
        rest['record'] = arguments['host']
    if command.startswith('query-cpu-model-') and command != 'query-cpu-model-expansion':
        rest.update(a=arguments['modela']['name'], b=arguments['modelb']['name'])
    if command == 'query-version' and arguments:
        return 'about', rest, of_version
    if command == 'query-target':
        return 'about', rest, lambda about: {'arch': about['emulator']['target']}
    if command == 'query-kvm':
        return 'about', rest, lambda about: dict.fromkeys(('enabled', 'present'), about['accel'] == 'kvm')
    if command == 'query-machines':
        return 'machines', rest, lambda machines: machines
    if command == 'query-cpu-definitions':
        return 'models', rest, lambda models: [
            {k: v for k, v in model.items() if k != 'usable'} for model in models]
    if command == 'query-cpu-model-expansion':
        rest['definition'] = arguments['model']['name']
        return 'cpu-model-expansion', rest, lambda model: model
    if command == 'query-cpu-model-comparison':
        return 'compare', rest, lambda reply: {
            k: reply[k] for k in ('result', 'responsible-properties')}
    if command == 'query-cpu-model-baseline':
        return 'cpu-model-baseline', rest, lambda model: model
    if command.startswith('query-'):
        return None
    return command, arguments, lambda reply: reply


def of_version(about):
    numbers = [int(part) for part in about['emulator']['version'].split('.')]
    return {'qemu': dict(zip(('major', 'minor', 'micro'), numbers)),
            'package': about['emulator']['package']}


def settled(value):
    """Without the word on where it is from, which is another the first time."""
    if isinstance(value, dict):
        return {k: settled(v) for k, v in value.items() if k != 'from'}
    return [settled(v) for v in value] if isinstance(value, list) else value


class Library:
    """Answers of libcpugate in a process of its own."""

    def __init__(self, program):
        self.process = subprocess.Popen([program], stdin=subprocess.PIPE, stdout=subprocess.PIPE)

    def ask(self, command, arguments):
        self.process.stdin.write(f'{command} {json.dumps(arguments)}\n'.encode())
        self.process.stdin.flush()
        kind, text = self.process.stdout.readline().decode().rstrip('\n').split(' ', 1)
        if kind == 'return':
            return {'return': json.loads(text)}
        code, words = text.split(' ', 1)
        return {'error': {'class': 'GenericError', 'code': code, 'desc': words}}

    def answer(self, command, arguments):
        """What a server has to say; None if that is its own business."""
        question = of_library(command, arguments)
        if not question:
            return None
        reply = self.ask(*question[:2])
        return {'return': question[2](reply['return'])} if 'return' in reply else reply


def names_of_files(arguments):
    values = [v for value in arguments.values() for v in (value if isinstance(value, list) else [value])]
    return {v for v in values if isinstance(v, str) and v.endswith('.json')}


def message(client, command, arguments):
    """The question as it is sent, with its files, which are given before."""
    files = {}
    for name in names_of_files(arguments):
        try:
            with open(name, encoding='utf-8') as file:
                files[name] = client.ask('add-file', text=file.read())['return']['digest']
        except OSError as error:
            files[name] = error.errno
    return json.dumps({'execute': command, 'arguments': dict(arguments, files=files) if files
                       else arguments}).encode()


class Asker:
    """A client that has one question under way and knows what the answer has to be."""

    def __init__(self, path):
        self.socket = Client(path).socket
        self.socket.setblocking(False)
        self.bytes = b''
        self.right = None

    def ask(self, text, right):
        self.right = right
        self.socket.send(text)

    def hear(self):
        """None: it isn't all there yet; else whether it was right."""
        self.bytes += self.socket.recv(1 << 20)
        if not self.bytes.endswith(b'\r\n'):
            return None
        got, self.bytes = self.bytes, b''
        if got == self.right:
            return True
        lines = [json.loads(line) for line in got.splitlines()]
        lines = [line for line in lines if 'event' not in line]
        if not lines:
            return None
        good = settled(lines) == [settled(json.loads(self.right))]
        if not good:
            print(f'got {lines} in place of {self.right}', file=sys.stderr)
        return good


def learn(path, program, emulator):
    """[(question, answer)] of quick and of slow questions: answers are as the library's."""
    client, library = Client(path), Library(program)
    rows = questions(emulator)
    names = {row['name'] for row in client.ask('query-commands')['return']}
    asked = {command for command, _ in rows}
    assert names == asked | NOT_ASKED, (names - asked - NOT_ASKED, asked - names)
    texts = [message(client, *row) for row in rows]
    for text in texts:  # measured
        client.socket.sendall(text)
        client.reply()
    slow = {command for command, _ in slow_questions(emulator, {})}
    out = [], []
    refused = 0
    for text, (command, arguments) in zip(texts, rows):
        client.socket.sendall(text)
        got = client.reply()
        right = library.answer(command, arguments)
        refused += 'error' in got
        assert right is None or settled(got) == settled(right), (command, arguments, got, right)
        out[command in slow].append((text, json.dumps(got).encode() + b'\r\n'))
    print(f'{len(rows)} questions by {len(asked)} commands, {refused} answered with an error')
    return out


def load(path, program, emulator, clients, requests):
    quick, slow = learn(path, program, emulator)
    rng = random.Random(int(os.environ.get('DAEMON_LOAD_SEED', 1)))
    everybody = [Asker(path) for _ in range(int(clients))]
    poll = select.epoll()
    by_fd = {asker.socket.fileno(): asker for asker in everybody}
    for fd in by_fd:
        poll.register(fd, select.EPOLLIN)
    left, pending, wrong, slowly = int(requests), 0, 0, 0
    begun = time.monotonic()

    def ask(asker):
        nonlocal left, pending, slowly
        is_slow = rng.random() < WORKERS
        asker.ask(*rng.choice(slow if is_slow else quick))
        slowly += is_slow
        left -= 1
        pending += 1

    for asker in everybody[:left]:
        ask(asker)
    while pending:
        ready = poll.poll(120)
        assert ready, f'{pending} questions are not answered'
        for fd, _ in ready:
            good = by_fd[fd].hear()
            if good is None:
                continue
            wrong += not good
            pending -= 1
            if left > 0:
                ask(by_fd[fd])
    seconds = time.monotonic() - begun
    print(f'requests {requests} ({slowly} of them for workers) in {seconds:.1f} s, wrong {wrong}')
    assert wrong == 0


if __name__ == '__main__':
    load(*sys.argv[1:])
