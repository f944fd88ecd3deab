#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""call_sites.py FOLDER: sends from all kinds of places in Python code; see reference.py and test_call_sites.py."""

import _thread
import asyncio
import collections
import contextlib
import contextvars
import copy
import ctypes
import dataclasses
import functools
import gc
import importlib
import operator
import os
import pickle
import re
import signal
import socket
import sys
import threading
import types
import weakref
import zipfile

import reference
from reference import mark

FOLDER = sys.argv[1]
left, right = socket.socketpair()
send = left.send
cases = []


def drain():
    while True:
        if not right.recv(1 << 16):
            return


def case(function):
    cases.append(function)
    return function


def write_module(name, text):
    path = os.path.join(FOLDER, name)
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)
    return path


def run(text, name, **names):
    names.update(send=send, mark=mark)
    exec(compile(text, name, "exec"), names)
    return names


@case
def nested_functions():
    def outer(n):
        def inner(m):
            send(mark())
            return middle(m - 1) if m else None

        def middle(m):
            return inner(m)
        return inner(n)
    for _ in range(100):
        outer(3)


@case
def lambdas():
    f = lambda: send(mark())  # noqa: E731
    g = lambda h: h()  # noqa: E731
    g(f)
    (lambda x: (lambda y: g(f))(x))(1)


@case
def comprehensions():
    for _ in range(5):
        [send(mark()) for i in range(2)]
        {send(mark()) for i in range(2)}
        {i: send(mark()) for i in range(2)}
        [[send(mark()) for j in range(2)] for i in range(2)]


@case
def generator_expressions():
    list(send(mark()) for i in range(5))
    sum(send(mark()) for i in range(5))
    any(send(mark()) == 0 for i in range(3))


def producer(n):
    try:
        for _ in range(n):
            send(mark())
            yield send(mark())
    finally:
        send(mark())


@case
def generators():
    for _ in producer(100):
        send(mark())
    next(producer(1))


@case
def delegating_generators():
    def delegate(depth):
        if depth:
            yield from delegate(depth - 1)
        else:
            yield from producer(20)
    for _ in delegate(5):
        pass


@case
def thrown_and_closed_generators():
    def catches():
        while True:
            try:
                yield
            except ValueError:
                send(mark())
    g = catches()
    next(g)
    for _ in range(10):
        g.throw(ValueError())
    g = producer(3)
    next(g)
    g.close()


@case
def decorators():
    def twice(f):
        @functools.wraps(f)
        def wrapper(*args, **kwargs):
            f(*args, **kwargs)
            return f(*args, **kwargs)
        return wrapper

    @twice
    @twice
    def decorated(a, *, b):
        send(mark())
    decorated(1, b=2)


@case
def functools_wrappers():
    @functools.lru_cache(maxsize=None)
    def cached(n):
        send(mark())
        return cached(n - 1) if n else 0

    @functools.singledispatch
    def dispatched(value):
        send(mark())

    @dispatched.register
    def _(value: int):
        send(mark())
    cached(20)
    functools.partial(cached)(100)
    functools.partial(functools.partial(dispatched, "x"))()
    dispatched(1)


@case
def context_managers():
    @contextlib.contextmanager
    def managed():
        send(mark())
        try:
            yield
        finally:
            send(mark())

    class Manager:
        def __enter__(self):
            send(mark())

        def __exit__(self, *_):
            send(mark())
            return True
    with managed(), Manager():
        send(mark())
        raise ValueError
    with contextlib.ExitStack() as stack:
        stack.enter_context(managed())
        stack.callback(lambda: send(mark()))


@case
def class_bodies():
    class Meta(type):
        def __new__(mcs, name, bases, names):
            send(mark())
            return super().__new__(mcs, name, bases, names)

        def __call__(cls, *args):
            send(mark())
            return super().__call__(*args)

        def __prepare__(name, bases):
            send(mark())
            return {}

    class Made(metaclass=Meta):
        send(mark())
        inner = [send(mark()) for i in range(2)]

        def __init_subclass__(cls):
            send(mark())

        def __set_name__(self, owner, name):
            send(mark())

    class Child(Made):
        member = Made()
    Child()


class Dunder:
    def __init__(self):
        send(mark())

    def act(self, *_):
        send(mark())
        return 1

    __add__ = __radd__ = __call__ = __len__ = __hash__ = __index__ = __contains__ = act
    __getitem__ = __enter__ = __neg__ = __int__ = __setitem__ = __delitem__ = __sub__ = act

    def __eq__(self, other):
        send(mark())
        return True

    def __lt__(self, other):
        send(mark())
        return False

    def __bool__(self):
        send(mark())
        return True

    def __str__(self):
        send(mark())
        return ""

    def __format__(self, spec):
        send(mark())
        return ""

    def __iter__(self):
        send(mark())
        return iter((1,))

    def __getattr__(self, name):
        send(mark())
        return 1

    @property
    def value(self):
        send(mark())
        return 1

    @value.setter
    def value(self, value):
        send(mark())


@case
def operators():
    for _ in range(40):
        d = Dunder()
        d + 1, 1 + d, d(), len(d), hash(d), -d, int(d), 1 in d, d[0], d == 1, [d < 2], d - 1
        d[1] = 2
        del d[1]
        [0, 1, 2][d]
        if d and not (not d):
            f"{d}" + str(d)
        a, = d
        *b, = d
        {d: 1}


@case
def properties():
    d = Dunder()
    for _ in range(100):
        d.value = d.value
        getattr(d, "missing")
        operator.attrgetter("value")(d)


@case
def warm_constructors():
    class Point:
        def __init__(self, x):
            self.x = x
            send(mark())
    for i in range(600):
        Point(i)


@case
def warm_attributes():
    class Every:
        def __getattribute__(self, name):
            send(mark())
            return object.__getattribute__(self, name)

        def __getitem__(self, i):
            send(mark())
            return i
        a = 1
    e = Every()
    for i in range(300):
        e.a, e[i]


@case
def generated_methods():
    def noted():
        send(mark())
        return []

    @dataclasses.dataclass(order=True)
    class Data:
        a: int
        b: list = dataclasses.field(default_factory=noted)

        def __post_init__(self):
            send(mark())
    Named = collections.namedtuple("Named", "a b")
    Data(1)
    Named(send(mark()), 2)._replace(a=send(mark()))


@case
def called_from_c():
    def note(*args):
        send(mark())
        return args[0]
    sorted([3, 1, 2], key=note)
    sorted([3, 1], key=functools.cmp_to_key(lambda a, b: note(a) - b))
    list(map(note, [1, 2]))
    list(filter(note, [1, 2]))
    functools.reduce(note, [1, 2, 3])
    max([1, 2], key=note)
    re.sub("a", lambda m: note("b"), "aaa")
    collections.defaultdict(lambda: note(1))[1]
    iter_until = iter(lambda: note(1), 1)
    list(iter_until)
    bytes(copy.copy(Copied()).size)


class Copied:
    size = 1

    def __reduce__(self):
        send(mark())
        return make_copied, ()

    def __copy__(self):
        send(mark())
        return self


def make_copied():
    send(mark())
    return 1


@case
def pickled():
    pickle.loads(pickle.dumps([Copied(), Copied()]))
    pickle._loads(pickle._dumps(Copied()))


@case
def deep_in_c():
    def down(n):
        send(mark())
        if n:
            list(map(down, [n - 1]))
            min([n - 1], key=lambda m: send(mark()))
    down(30)


@case
def foreign_callbacks():
    compare = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.POINTER(ctypes.c_int), ctypes.POINTER(ctypes.c_int))

    @compare
    def by_value(a, b):
        send(mark())
        return a[0] - b[0]
    numbers = (ctypes.c_int * 4)(3, 1, 2, 0)
    ctypes.CDLL(None).qsort(numbers, 4, ctypes.sizeof(ctypes.c_int), by_value)


@case
def exceptions():
    def raises(n):
        try:
            if n:
                raises(n - 1)
            raise ValueError
        except ValueError:
            send(mark())
            raise
        finally:
            send(mark())
    for _ in range(20):
        try:
            raises(5)
        except ValueError:
            send(mark())
        else:
            pass
    with contextlib.suppress(KeyError):
        {}[send(mark())]


@case
def destructors():
    class Dying:
        def __del__(self):
            send(mark())

    class Weak:
        pass

    def leave():
        d = Dying()
        return d is None
    for _ in range(5):
        Dying()
        leave()
        d = Dying()
        del d
        cycle = Dying()
        cycle.self = cycle
        del cycle
        gc.collect()
        target = Weak()
        ref = weakref.ref(target, lambda r: send(mark()))
        del target
        weakref.finalize(Dying(), lambda: send(mark()))
    assert ref() is None


@case
def recursion():
    def down(n):
        return down(n - 1) if n else send(mark())
    for n in (10, 50, 100, 200):
        down(n)


@case
def recursion_beyond_the_limit():
    def down(n):
        return down(n - 1) if n else send(mark())
    sys.setrecursionlimit(5000)
    for n in (300, 900):
        down(n)


@case
def executed_strings():
    run("send(mark())\n", "<string>")
    run("def f():\n\n    send(mark())\n\n\nf()\n[f() for i in range(2)]\n", "made up.py")
    eval("send(mark())", {"send": send, "mark": mark})
    eval(compile("(lambda:\n send(mark()))()", "<eval>", "eval"), {"send": send, "mark": mark})


@case
def far_lines():
    run("\n" * 70000 + "def f():\n    send(mark())\nf()\n", "far.py")
    body = "".join(f"    a = {i}\n" + ("    send(mark())\n" if i % 500 == 499 else "") for i in range(3000))
    run("def long():\n" + body + "long()\n", "long.py")
    run("def wide(c):\n    x = (" + "\n" * 300 + "  send(mark()), [\n\n0])\n    return c()\nwide(lambda:\n\n send(mark()))\n", "w.py")


@case
def lines_that_go_back():
    run("def f():\n    for i in (1,\n  2): send(mark())\n    while send(mark()) and 0:\n        pass\n"
        "    return (send(mark()) if 1 else\n            send(mark())) + (\n        send(mark()))\nf()\n", "back.py")


@case
def other_alphabets():
    for name in ("straße", "Ωμέγα", "函数", "𝒻"):
        run(f"def {name}():\n    class Ünï:\n        def {name}(self): send(mark())\n    Ünï().{name}()\n{name}()\n",
            f"{name}.py")
    run("send(mark())", "bad \udc80\udcff name.py")
    run("send(mark())", "e\u0301 \U0001f600" * 300)


@case
def imports():
    write_module("imported_here.py", "from __main__ import send, mark\nsend(mark())\ndef f():\n    send(mark())\nf()\n")
    sys.path.insert(0, FOLDER)
    import imported_here
    importlib.reload(imported_here)
    imported_here.f()


@case
def zipped_modules():
    archive = os.path.join(FOLDER, "archive.zip")
    with zipfile.ZipFile(archive, "w") as z:
        z.writestr("zipped_here.py", "from __main__ import send, mark\ndef f():\n    send(mark())\nf()\n")
    sys.path.insert(0, archive)
    import zipped_here
    zipped_here.f()


@case
def signal_handlers():
    def handler(*_):
        send(mark())
    previous = signal.signal(signal.SIGUSR1, handler)
    for _ in range(15):
        os.kill(os.getpid(), signal.SIGUSR1)
        sum(range(100))
    signal.signal(signal.SIGUSR1, previous)


@case
def traced_and_profiled():
    def traced():
        send(mark())
        [send(mark()) for i in range(2)]
    sys.settrace(lambda *_: None)
    traced()
    sys.settrace(lambda *_: (lambda *a: None))
    traced()
    sys.settrace(None)
    sys.setprofile(lambda *_: None)
    traced()
    sys.setprofile(None)


@case
def threads():
    def work(n):
        for _ in range(200):
            (lambda: send(mark()))() if n % 2 else send(mark())
    workers = [threading.Thread(target=work, args=(n,)) for n in range(8)]
    for w in workers:
        w.start()
    for w in workers:
        w.join()


@case
def raw_threads():
    done = _thread.allocate_lock()
    done.acquire()

    def work():
        send(mark())
        done.release()
    _thread.start_new_thread(work, ())
    done.acquire()


@case
def contexts():
    variable = contextvars.ContextVar("v", default=1)
    context = contextvars.copy_context()
    context.run(lambda: (variable.set(2), context.copy().run(lambda: send(mark()))))


@case
def unpacked_arguments():
    def f(*args, **kwargs):
        return g(*args, **kwargs) if args else send(mark())

    def g(first, *args, **kwargs):
        return f(*args, **{**kwargs, str(first): send(mark())})
    f(*range(5), **{"a": 1})
    operator.methodcaller("f", 1)(types.SimpleNamespace(f=lambda x: send(mark())))
    types.MethodType(lambda self: send(mark()), 1)()


@case
def coroutines():
    class Manager:
        async def __aenter__(self):
            await asyncio.sleep(0)
            send(mark())

        async def __aexit__(self, *_):
            send(mark())

    class Waits:
        def __await__(self):
            send(mark())
            yield from asyncio.sleep(0).__await__()
            send(mark())

    async def numbers(n):
        for i in range(n):
            await asyncio.sleep(0)
            send(mark())
            yield i

    async def leaf():
        send(mark())
        await asyncio.sleep(0)
        send(mark())

    async def task(n):
        await (task(n - 1) if n else leaf())
        send(mark())

    async def main():
        await asyncio.gather(*(task(n) for n in range(5)))
        async with Manager():
            async for _ in numbers(5):
                send(mark())
        [send(mark()) async for _ in numbers(3)]
        [await leaf() for _ in range(2)]
        await Waits()
        await asyncio.wait_for(asyncio.ensure_future(leaf()), None)
        loop = asyncio.get_running_loop()
        loop.call_soon(lambda: send(mark()))
        await loop.run_in_executor(None, lambda: send(mark()))
    asyncio.run(main())


@case
def statements():
    for _ in range(50):
        for i in (send(mark()),):
            send(mark()) if i else None
        while send(mark()) and i:
            i = 0
            continue
        with contextlib.nullcontext(send(mark())):
            assert send(mark())
        a = b = send(mark()) or send(mark())
        if a and \
                send(mark()):
            del b
        try:
            raise KeyError(send(mark()))
        except (KeyError, send(mark()) and ValueError):
            pass


@case
def forked_children():
    pid = os.fork()
    if not pid:
        reference.expected.clear()
        send(mark())
        (lambda: send(mark()))()
        reference.write(FOLDER)
        os._exit(0)
    os.waitpid(pid, 0)
    send(mark())


@case
def code_that_dies():
    """The memory of code objects is used again at once, by ones of the same length and names."""
    for i in range(3000):
        run("\n" * (i % 50) + "def f():\n" + "\n" * (i % 7) + "    send(mark())\nf()\n", "churn.py")


@case
def functions_that_die():
    for i in range(3000):
        names = {"send": send, "mark": mark}
        exec(f"def f{i % 3}():\n" + "\n" * (i % 11) + "    send(mark())", names)
        names[f"f{i % 3}"]()
        del names


@case
def lambdas_that_die():
    for i in range(3000):
        eval("\n" * (i % 13) + "(lambda: send(mark()))()", {"send": send, "mark": mark})


def main():
    threading.Thread(target=drain, daemon=True).start()
    for function in cases:
        reference.kind = function.__name__
        function()
    import call_libraries
    call_libraries.run(FOLDER)
    reference.write(FOLDER)


if __name__ == "__main__":
    main()
