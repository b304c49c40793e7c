# SPDX-License-Identifier: LGPL-2.1-or-later
"""What cpugated has to live through, for daemon-faults.bats: faults.py SOCKET WHAT [ARGUMENT...]"""
import hashlib
import json
import os
import random
import resource
import shutil
import socket
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time

from qmp import Client


# Clients that behave badly.

def crowd(path, count):
    """More clients than there may be: those that are in are answered, the others turned away."""
    resource.setrlimit(resource.RLIMIT_NOFILE, 2 * (resource.getrlimit(resource.RLIMIT_NOFILE)[1],))
    good = Client(path)
    everybody = []
    slowest = 0
    for number in range(int(count)):
        client = socket.socket(socket.AF_UNIX)
        client.connect(path)  # waits where a timeout would make it give up: the queue is full at times
        everybody.append(client)
        if number % 100 == 0:
            begun = time.monotonic()
            assert 'return' in good.ask('query-version')
            slowest = max(slowest, time.monotonic() - begun)
    greeted = turned_away = 0
    for client in everybody:
        client.settimeout(2)
        try:
            got = client.recv(1000)
        except TimeoutError:
            continue  # it waits in the queue
        except ConnectionResetError:
            got = b''
        greeted += b'"QMP"' in got
        turned_away += b'too many clients' in got
    assert 'return' in good.ask('query-version')
    got = subprocess.run(['cpugate', 'models'], env=dict(os.environ, CPUGATE_SOCKET=path),
                         capture_output=True, text=True, check=False)
    assert got.returncode == 2 and got.stderr.startswith(
        f'cpugate: cpugated at {path}: too many clients'), got
    print(f'connections {count} greeted {greeted} turned away {turned_away} '
          f'waiting {int(count) - greeted - turned_away} '
          f'slowest answer meanwhile {1000 * slowest:.1f} ms')
    for client in everybody:
        client.close()
    answered(path)


def answered(path, seconds=10):
    """A new client gets in and is answered, at last."""
    end = time.monotonic() + float(seconds)
    while True:
        try:
            assert 'return' in Client(path).ask('query-version')
            return
        except (OSError, EOFError):
            assert time.monotonic() < end
            time.sleep(0.05)


def deaf(path, emulator):
    """Asks and never reads: dropped, and the others are answered meanwhile."""
    bad = Client(path)
    good = Client(path)
    message = json.dumps({'execute': 'models', 'arguments': {
        'emulator': emulator, 'accel': 'tcg'}}).encode()
    bad.socket.setblocking(False)
    end = time.time() + 20
    sent = 0
    while time.time() < end:
        try:
            sent += bad.socket.send(message)
        except BlockingIOError:
            time.sleep(0.05)
        except (BrokenPipeError, ConnectionResetError):
            break
        else:
            continue
        assert 'return' in good.ask('query-version')
    else:
        raise AssertionError('it was kept')


def slow(path):
    """One byte a second, and none at all: dropped."""
    trickle, silent = Client(path), Client(path, greet=False)
    good = Client(path)
    gone = 0
    for byte in b'{"execute": "query-version"}':
        try:
            trickle.socket.send(bytes([byte]))
        except (BrokenPipeError, ConnectionResetError):
            gone += 1
            break
        assert 'return' in good.ask('query-version')
        time.sleep(0.4)
    assert gone
    assert silent.socket.recv(1) == b''


def noise(path, seconds):
    """Any bytes: the others are answered."""
    good = Client(path)
    rng = random.Random(1)
    end = time.time() + float(seconds)
    while time.time() < end:
        bad = Client(path, greet=rng.random() < 0.5)
        bad.socket.settimeout(5)
        try:
            for _ in range(rng.randrange(20)):
                bad.socket.send(rng.randbytes(rng.randrange(1, 3000)) if rng.random() < 0.5 else
                                bytes(rng.choices(b'{}[]":,\\ \n\xffexecutid1', k=200)))
            if rng.random() < 0.5:
                bad.socket.recv(100000)
        except (OSError, EOFError):
            pass
        bad.socket.close()
        assert 'return' in good.ask('query-version')


# Killed.

def contract(name, expanded):
    """What a guest with this CPU was promised, as cpugate writes it."""
    text = {
        'contract': 1, 'name': name, 'target': expanded['emulator']['target'],
        'machine': expanded['machine'], 'accel': 'tcg', 'definition': '486-v1', 'cpu': '486-v1',
        'features': sorted(expanded['effective']), 'scalars': {
            k: expanded['properties'][k] for k in ('vendor', 'family', 'model', 'stepping', 'level')},
        'topology': {'cpus': 1, 'maxcpus': 1}, 'allow-missing': [], 'platform': [],
        'made': {'at': 1700000000, 'kernel': '6.1.0', 'emulator': {
            k: v for k, v in expanded['emulator'].items() if k != 'path'}},
    }
    text['digest'] = hashlib.sha256(canonical(text).encode()).hexdigest()
    return canonical(text)


def canonical(value):
    return json.dumps(value, sort_keys=True, separators=(',', ':'), ensure_ascii=False)


def promise(path, what):
    """Have a contract kept, and print it."""
    client = Client(path)
    expanded = client.ask('expand', definition='486', accel='tcg', **json.loads(what))['return']
    text = contract('web', expanded)
    digest = client.ask('add-file', text=text)['return']['digest']
    got = client.ask('contract-import', file='web', files={'web': digest})
    assert 'return' in got, got
    print(text)


class Victim:
    """A cpugated under load: emulators that nobody has seen, and contracts."""

    def __init__(self, program, path):
        self.path = path
        with open('log', 'ab') as log:
            self.child = subprocess.Popen([program, '--socket', path], stderr=log)
        self.asked = []
        self.importer = None

    def join(self):
        end = time.monotonic() + 60
        while True:
            try:
                return Client(self.path)
            except (OSError, EOFError):  # there may be somebody who dies at the other end
                assert self.child.poll() is None and time.monotonic() < end
                time.sleep(0.005)

    def ask(self, command, **arguments):
        client = self.join()
        client.send(command, accel='tcg', **arguments)
        self.asked.append(client)

    def burden(self, emulator, expanded, kept, first):
        for machine in ('pc', 'q35'):
            self.ask('models', emulator=emulator, machine=machine)
            self.ask('expand', emulator=emulator, machine=machine, definition='486')
        self.importer = threading.Thread(target=self.bring, args=(expanded, kept, first))
        self.importer.start()

    def bring(self, expanded, kept, first):
        """Contracts, one after another; those that it says to have kept are noted."""
        try:
            client = Client(self.path)
            for number in range(first, first + 1000):
                name = f'vm{number}'
                text = contract(name, expanded)
                digest = client.ask('add-file', text=text)['return']['digest']
                got = client.ask('contract-import', file=name, files={name: digest})
                assert 'return' in got, got
                kept[name] = text
        except (OSError, EOFError):
            pass

    def kill(self):
        """Workers that it had at the time."""
        task = f'/proc/{self.child.pid}/task/{self.child.pid}/children'
        with open(task, encoding='ascii') as file:
            workers = file.read().split()
        self.child.kill()
        self.child.wait()
        if self.importer:
            self.importer.join()
        return workers


def gone(pids, program):
    """Nobody with one of these ids runs the program, or a program of such a name, any more."""
    end = time.monotonic() + 20
    for pid in pids:
        while True:
            try:
                runs = os.readlink(f'/proc/{pid}/exe').startswith(program)
            except OSError:
                runs = False
            if not runs:
                break
            assert time.monotonic() < end, f'{pid} is left of {program}'
            time.sleep(0.01)


def started(since):
    """Ids of emulators, and where the next ones will be."""
    with open(os.environ['FAKE_QEMU_PIDS'], encoding='ascii') as file:
        file.seek(since)
        text = file.read()
    return text.split(), since + len(text)


def intact(database):
    """As SQLite finds it after a crash. On a copy: to repair it is for cpugate."""
    folder, name = os.path.split(database)
    others = [n for n in os.listdir(folder) if not n.startswith(name)]
    assert all(n.startswith(('cache.db', 'state.db')) for n in others), others
    assert not [n for n in os.listdir(folder) if n.startswith(name) and
                n[len(name):] not in ('', '-wal', '-shm', '.lock')], os.listdir(folder)
    with tempfile.TemporaryDirectory() as copy:
        for tail in ('', '-wal'):
            if os.path.exists(database + tail):
                shutil.copy(database + tail, copy)
        connection = sqlite3.connect(os.path.join(copy, name))
        assert connection.execute('PRAGMA integrity_check').fetchall() == [('ok',)]
        connection.close()


def kept_all(client, kept):
    there = {row['name']: row for row in client.ask('contract-list')['return']['contracts']}
    missing = [name for name in kept if name not in there]
    assert not missing, missing
    for name in random.sample(sorted(kept), min(5, len(kept))):
        assert client.ask('contract-show', name=name)['return'] == json.loads(kept[name])


def killed(path, program, emulator, times):
    """SIGKILL at any time under load: the next one answers as if nothing had been."""
    rng = random.Random(int(os.environ.get('DAEMON_KILLS_SEED', 1)))
    homes = [os.environ['XDG_CACHE_HOME'] + '/cpugate/cache.db',
             os.environ['XDG_STATE_HOME'] + '/cpugate/state.db']
    kept, right, expanded = {}, None, None
    seen = whole = busy = workers = 0
    span = 0.2  # what a round takes; measured as soon as one was let be
    program = os.path.realpath(program)
    for i in range(int(times)):
        victim = Victim(program, path)
        if i % 6 == 5:  # while it begins
            time.sleep(rng.random() * 0.05)
        else:
            client = victim.join()
            if not expanded:
                expanded = client.ask('expand', emulator=emulator, accel='tcg',
                                      definition='486')['return']
            kept_all(client, kept)
            copy = f'{emulator}-{i}'
            shutil.copy(emulator, copy)
            with open(copy, 'ab') as file:
                file.write(b'%d' % i)
            begun = time.monotonic()
            victim.burden(copy, expanded, kept, 1000 * i)
            if i % 6 == 0:
                got = [c.reply()['return'] for c in victim.asked]
                got = [got[0], got[2]] + [g['effective'] for g in (got[1], got[3])]
                right = right or got
                assert got == right
                span = max(time.monotonic() - begun, span)
                whole += 1
            else:
                time.sleep(rng.random() * span)
        left = victim.kill()
        workers += len(left)
        busy += bool(left)
        pids, seen = started(seen)
        gone(pids, emulator)
        gone(left, program)
        for database in homes:
            if os.path.exists(database):
                intact(database)
    victim = Victim(program, path)
    kept_all(victim.join(), kept)
    got = victim.join().ask('models', emulator=emulator, accel='tcg', machine='pc')['return']
    assert got == right[0]
    victim.kill()
    print(f'killed {times} times, {busy} with {workers} workers at work, {whole} after all was '
          f'answered ({span:.2f} s): {len(kept)} contracts were kept')


# A host that changes.

def starts():
    with open(os.environ['FAKE_QEMU_LOG'], encoding='utf-8') as file:
        return len(file.readlines())


def release(root, name):
    with open(root + '/proc/sys/kernel/osrelease', 'w', encoding='ascii') as file:
        file.write(name + '\n')


def announced(path, emulator, root, *events):
    """The kernel announces something: the host is read again before the next answer, and what
    depends on it measured. Of the kernel's release alone nobody is told."""
    client = Client(path)
    about = {'emulator': emulator, 'accel': 'kvm'}

    def seen():
        return client.ask('host')['return']['parts']['kernel']['release']

    models = client.ask('models', **about)
    assert 'return' in models, models
    unnoticed = 0
    for number in range(10):
        seen()
        release(root, f'8.8.{number}')
        unnoticed += seen() != f'8.8.{number}'
    for number in range(10):
        for kind, event in enumerate(events):
            name = f'9.{kind}.{number}'
            seen()
            release(root, name)
            with open(event, 'w', encoding='ascii') as file:
                file.write('change')
            assert seen() == name, (event, seen())
        before = starts()
        assert client.ask('models', **about) == models
        assert starts() > before
    told = client.event('CAPABILITIES_CHANGED', 20)
    assert told['cause'] == 'host', told
    # The device goes and comes.
    os.rename(root + '/dev/kvm', root + '/dev/away')
    gone_away = client.ask('models', **about)
    assert 'error' in gone_away and '/dev/kvm' in gone_away['error']['desc'], gone_away
    os.rename(root + '/dev/away', root + '/dev/kvm')
    assert client.ask('models', **about) == models
    print(f'{10 * len(events)} announcements heard; without one, {unnoticed} of 10 changes were '
          'not seen at once')


def main():
    globals()[sys.argv[2]](sys.argv[1], *sys.argv[3:])


if __name__ == '__main__':
    main()
