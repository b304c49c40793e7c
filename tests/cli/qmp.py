# SPDX-License-Identifier: LGPL-2.1-or-later
"""A client of cpugated for daemon.bats, good and bad: qmp.py SOCKET WHAT [ARGUMENT...]"""
import hashlib
import json
import os
import shutil
import socket
import sys
import threading
import time


class Client:
    """Speaks QMP, and keeps the events that come between."""

    def __init__(self, path, greet=True):
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.connect(path)
        self.socket.settimeout(120)
        self.bytes = b''
        self.events = []
        self.greeting = self.line()
        assert self.greeting['QMP']['capabilities'] == []
        if greet:
            assert self.ask('qmp_capabilities') == {'return': {}}

    def line(self):
        while b'\n' not in self.bytes:
            got = self.socket.recv(1 << 20)
            if not got:
                raise EOFError('hung up')
            self.bytes += got
        line, self.bytes = self.bytes.split(b'\n', 1)
        assert line.endswith(b'\r'), line
        return json.loads(line)

    def send(self, command, **arguments):
        ident = arguments.pop('id', None)
        message = {'execute': command}
        if arguments:
            message['arguments'] = {k.replace('_', '-'): v for k, v in arguments.items()}
        if ident is not None:
            message['id'] = ident
        self.socket.sendall(json.dumps(message).encode())

    def reply(self):
        while True:
            line = self.line()
            if 'event' not in line:
                return line
            self.events.append(line)

    def ask(self, command, **arguments):
        self.send(command, **arguments)
        return self.reply()

    def event(self, name, seconds):
        end = time.time() + seconds
        while time.time() < end:
            for event in self.events:
                if event['event'] == name:
                    self.events.remove(event)
                    return event['data']
            self.socket.settimeout(max(0.01, end - time.time()))
            try:
                self.events.append(self.line())
            except TimeoutError:
                break
            finally:
                self.socket.settimeout(120)
        raise AssertionError(f'no event {name}')


def sha256(path):
    with open(path, 'rb') as file:
        return hashlib.sha256(file.read()).hexdigest()


def stale(path, emulator, requests, seconds, limit):
    """Replace the emulator every so many seconds: each answer is of one that was there meanwhile."""
    there = [(sha256(emulator), 0.0, float('inf'))]  # content, not before, not after
    done = threading.Event()

    def replace():
        while not done.wait(float(seconds)):
            new = emulator + '.new'
            shutil.copy(emulator, new)
            with open(new, 'ab') as file:
                file.write(b'x')
            content = sha256(new)
            there.append((content, time.monotonic(), float('inf')))
            os.rename(new, emulator)
            there[-2] = (there[-2][0], there[-2][1], time.monotonic())

    client = Client(path)
    thread = threading.Thread(target=replace)
    thread.start()
    seen = set()
    end = time.monotonic() + float(limit)
    count = old = refused = 0
    try:
        while count < int(requests) and time.monotonic() < end:
            count += 1
            asked = time.monotonic()
            got = client.ask('expand', emulator=emulator, accel='tcg', definition='486')
            answered = time.monotonic()
            if 'return' not in got:
                # It was replaced while it was read, which is said, not guessed at.
                refused += 1
                continue
            content = got['return']['emulator']['sha256']
            seen.add(content)
            old += not any(c == content and first <= answered and last >= asked
                           for c, first, last in list(there))
    finally:
        done.set()
        thread.join()
    print(f'requests {count} replaced {len(there) - 1} seen {len(seen)} '
          f'refused {refused} stale {old}')
    assert old == 0 and len(seen) > 1


def together(path, clients, command, arguments):
    """The same question from many at once: the same answer to all."""
    all_clients = [Client(path) for _ in range(int(clients))]
    for number, client in enumerate(all_clients):
        client.send(command, id=number, **json.loads(arguments))
    replies = [client.reply() for client in all_clients]
    for number, reply in enumerate(replies):
        assert reply.pop('id') == number
        reply.get('return', {}).pop('from', None) if isinstance(reply.get('return'), dict) else 0
        assert reply == replies[0], reply
    assert 'return' in replies[0], replies[0]


def pages(path, emulator):
    client = Client(path)
    arguments = {'emulator': emulator, 'accel': 'tcg'}
    whole = client.ask('models', **arguments)['return']
    for size in (1024, 4096, 65536):
        text = ''
        client.send('models', page_bytes=size, **arguments)
        while True:
            while b'\n' not in client.bytes:
                client.bytes += client.socket.recv(1 << 20)
            assert client.bytes.index(b'\n') < size
            page = client.reply()['return']
            text += page['page']
            if 'next' not in page:
                break
            client.send('next-page', cursor=page['next'])
        assert json.loads(text) == whole
    assert 'error' in client.ask('next-page', cursor='00.1.2')
    assert 'error' in client.ask('models', page_bytes=7, **arguments)


def files(path, record):
    client = Client(path)
    with open(record, encoding='utf-8') as file:
        digest = client.ask('add-file', text=file.read())['return']['digest']
    by_digest = client.ask('baseline', records=['sha256:' + digest])['return']
    by_name = client.ask('baseline', records=['x.json'], files={'x.json': digest})['return']
    assert by_digest == by_name
    error = client.ask('baseline', records=[record])['error']
    assert "weren't given" in error['desc'], error
    error = client.ask('baseline', records=['y'], files={'y': 13})['error']
    assert 'Permission denied' in error['desc'], error
    error = client.ask('baseline', records=['sha256:' + 64 * '0'])['error']
    assert error['code'] == 'unknown', error


def quiet(path):
    """Questions about no emulator, and time enough to look for what they may have been about."""
    client = Client(path)
    for command in ('host', 'cache-path', 'contract-list', 'query-version', 'query-commands'):
        assert 'return' in client.ask(command)
    time.sleep(6)


def changed(path, emulator):
    """The emulator is replaced: everybody is told."""
    client, other = Client(path), Client(path)
    first = client.ask('models', emulator=emulator, accel='tcg')
    assert 'return' in first, first
    time.sleep(8)  # a file that was just made is not yet known by its times
    with open(emulator + '.new', 'wb') as file, open(emulator, 'rb') as old:
        file.write(old.read() + b'x')
    os.chmod(emulator + '.new', 0o755)
    os.rename(emulator + '.new', emulator)
    for who in (client, other):
        event = who.event('CAPABILITIES_CHANGED', 20)
        assert event['cause'] == 'emulator' and event['accel'] == 'tcg', event
        assert event['emulator'] == emulator
        part = [p for p in event['changed'] if p['part'] == 'sha256'][0]
        assert part['to'] == sha256(emulator) and part['from'] != part['to']
        assert event['models'] == {'appeared': [], 'vanished': []}


def host_changed(path, emulator, root):
    client = Client(path)
    assert 'return' in client.ask('models', emulator=emulator, accel='tcg')
    with open(root + '/proc/sys/kernel/osrelease', 'w', encoding='utf-8') as file:
        file.write('9.9.9-other\n')
    event = client.event('CAPABILITIES_CHANGED', 10)
    assert event['cause'] == 'host', event
    assert {'part': 'kernel.release', 'to': '9.9.9-other'}.items() <= [
        p for p in event['changed'] if p['part'] == 'kernel.release'][0].items(), event


def rights(path, emulator):
    """As somebody else: questions, and nothing that starts a program of his."""
    client = Client(path)
    assert 'return' in client.ask('query-version')
    assert 'return' in client.ask('emulators')
    for command, arguments in (('probe', {}), ('verify', {}), ('cache-prune', {})):
        error = client.ask(command, **arguments)['error']
        assert error['code'] == 'refused', error
    error = client.ask('models', emulator=emulator, accel='tcg')['error']
    assert error['code'] == 'refused', error
    error = client.ask('compare', a='qmp:/tmp/x', b='486', accel='tcg')['error']
    assert error['code'] == 'refused', error


def launch(path, program):
    """As an init system starts it: with a socket, a place to report to, and a watchdog."""
    listening = socket.socket(socket.AF_UNIX)
    listening.bind(path)
    listening.listen(5)
    reports = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    reports.bind(path + '.notify')
    reports.settimeout(10)
    waiting = socket.socket(socket.AF_UNIX)
    waiting.connect(path)
    child = os.fork()
    if child == 0:
        os.dup2(listening.fileno(), 3)
        os.environ.update(LISTEN_PID=str(os.getpid()), LISTEN_FDS='1',
                          NOTIFY_SOCKET=path + '.notify', WATCHDOG_USEC='200000',
                          WATCHDOG_PID=str(os.getpid()))
        os.execv(program, [program, '--socket', '/nowhere/is/this'])
    assert reports.recv(1000).startswith(b'READY=1\n')
    assert b'QMP' in waiting.recv(1000)
    assert 'return' in Client(path).ask('query-version')
    begun = time.time()
    for _ in range(5):
        assert reports.recv(1000) == b'WATCHDOG=1'
    assert time.time() - begun < 2
    os.kill(child, 15)
    report = reports.recv(1000)
    while report == b'WATCHDOG=1':
        report = reports.recv(1000)
    assert report == b'STOPPING=1'
    assert os.waitpid(child, 0)[1] == 0
    assert os.path.exists(path)  # it is the launcher's


def session(path):
    """Errors carry ids, answers come in order, and a client can get back to a known state."""
    client = Client(path, greet=False)
    error = client.ask('query-version', id='early')
    assert error['error']['class'] == 'CommandNotFound' and error['id'] == 'early'
    client.socket.send(b'{"execute": "qmp_capabilities", "id": [1, 2.50]}')
    assert b'"id": [1, 2.50]' in client.socket.recv(1000)
    assert client.ask('qmp_capabilities')['error']['class'] == 'CommandNotFound'
    client.socket.send(b'{"execute": "quer\xff{"execute": "query-version", "id": 7}')
    assert 'id' not in client.reply()
    assert client.reply()['id'] == 7
    for number in range(50):
        client.send('query-version' if number % 3 else 'nosuch', id=number)
    for number in range(50):
        reply = client.reply()
        assert reply['id'] == number and ('return' in reply) == bool(number % 3)
    names = {row['name'] for row in client.ask('query-commands')['return']}
    schema = client.ask('query-qmp-schema')['return']
    commands = {row['name'] for row in schema if row['meta-type'] == 'command'}
    types = {row['name'] for row in schema}
    assert names == commands and 'run' not in names
    for row in schema:
        assert row.get('arg-type', 'str') in types and row.get('ret-type', 'str') in types
        assert all(member['type'] in types for member in row.get('members', []) if 'type' in member)
    error = client.ask('query-machines', nosuch=1, id=1)
    assert 'nosuch' in error['error']['desc'] and error['id'] == 1
    error = client.ask('models', machine=5)
    assert "machine isn't a text" in error['error']['desc'], error


class LineReader:
    """Reads as libvirt's monitor does: what CRLF ends is one object, which is a greeting, an event,
    or the answer to the one command that is under way. Anything else is the end."""

    LONGEST = 10 << 20

    def __init__(self, path):
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.connect(path)
        self.socket.settimeout(60)
        self.bytes = b''
        self.number = 0
        assert 'QMP' in self.object()

    def object(self):
        while b'\r\n' not in self.bytes:
            got = self.socket.recv(1024)
            assert got and len(self.bytes) < self.LONGEST
            self.bytes += got
        line, self.bytes = self.bytes.split(b'\r\n', 1)
        value = json.loads(line)
        assert isinstance(value, dict) and len({'QMP', 'event', 'return', 'error'} & value.keys()) == 1
        return value

    def command(self, name, **arguments):
        self.number += 1
        message = {'execute': name, 'arguments': arguments, 'id': f'libvirt-{self.number}'}
        if not arguments:
            del message['arguments']
        self.socket.sendall(json.dumps(message).encode() + b'\r\n')
        while 'event' in (reply := self.object()):
            pass
        assert reply['id'] == message['id']
        return reply


def line_reader(path, emulator):
    """What libvirt asks a QEMU for its capabilities, as far as that is about CPUs."""
    monitor = LineReader(path)
    about = {'emulator': emulator, 'accel': 'tcg'}
    assert monitor.command('qmp_capabilities') == {'return': {}, 'id': 'libvirt-1'}
    assert {'major', 'minor', 'micro'} <= monitor.command('query-version')['return']['qemu'].keys()
    commands = {row['name'] for row in monitor.command('query-commands')['return']}
    assert 'query-cpu-definitions' in commands
    assert monitor.command('query-target', **about)['return']['arch'] == 'x86_64'
    assert {'enabled', 'present'} <= monitor.command('query-kvm', **about)['return'].keys()
    for machine in monitor.command('query-machines', **about)['return']:
        assert isinstance(machine['name'], str) and machine['cpu-max'] > 0
    for model in monitor.command('query-cpu-definitions', **about)['return']:
        assert isinstance(model['name'], str) and isinstance(model['unavailable-features'], list)
    model = monitor.command('query-cpu-model-expansion', type='full', model={'name': '486'},
                            **about)['return']['model']
    assert isinstance(model['name'], str) and isinstance(model['props'], dict)
    assert monitor.command('device-list-properties')['error']['class'] == 'CommandNotFound'
    assert 'types' not in monitor.command('query-qmp-schema')['return'][0]


def short_lines(path, emulator):
    """A reader that stops at lines of 64 KiB, asks one thing at a time, and knows ids as texts."""
    client = Client(path, greet=False)

    def ask(command, **arguments):
        client.send(command, id='1', **arguments)
        while True:
            while b'\n' not in client.bytes:
                assert len(client.bytes) < 65536
                client.bytes += client.socket.recv(4096)
            reply = client.line()
            if 'event' not in reply:
                assert reply['id'] == '1'
                return reply['return']

    ask('qmp_capabilities')
    whole = Client(path).ask('query-cpu-definitions', emulator=emulator, accel='tcg')['return']
    page = ask('query-cpu-definitions', emulator=emulator, accel='tcg', page_bytes=65536)
    text = page['page']
    while 'next' in page:
        page = ask('next-page', cursor=page['next'])
        text += page['page']
    assert json.loads(text) == whole


def main():
    globals()[sys.argv[2]](sys.argv[1], *sys.argv[3:])


if __name__ == '__main__':
    main()
