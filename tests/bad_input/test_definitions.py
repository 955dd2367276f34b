"""Definitions that lead nowhere, and hostile sizes."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.bad_input.support import BLOCKING, found_after, write

# --- definitions that lead nowhere ------------------------------------------------------------------------------------

TANGLED = {
    "bases in a circle": "class A(B): pass\nclass B(C): pass\nclass C(A): pass\nx = A().m\n",
    "own base": "class A(A): pass\nclass B(B, B): pass\nclass C(A, B): pass\nx = C().m()\n",
    "bases without order": "class A: pass\nclass B(A): pass\nclass C(A, B): pass\nclass D(C, object, A): pass\nx = D().m()\n",
    "metaclasses": (
        "class M(type):\n    def __call__(cls): return cls\n    def __getattr__(cls, n): return cls\n"
        "class A(metaclass=A): pass\nclass N(type, metaclass=M): pass\nclass B(A, metaclass=N): pass\n"
        "class C(metaclass=lambda *a: C): pass\nx = B()()().m.n\ny = C().m()\n"
    ),
    "decorator of itself": "@f\ndef f(g): return f(f)\n@A\nclass A: pass\n@h.x\ndef h(): pass\nx = f(f)(A)(h)\n",
    "name of itself": "x = x.y\ny = y\nz = z()\nu, v = v, u\nw = w[w]\nx()\nz.a()\n",
    "names of each other": "a = b.c\nb = a.c\na = b\nb = a\na().b()\n",
    "functions of each other": (
        "def f(n): return g(n)\ndef g(n): return h(n) or f(n)\ndef h(n): return [f(n), g(n)][0]\n"
        "async def many(n):\n    for x in f(n):\n        g(x)(h)(x.f(n))\n"
    ),
    "function of itself": "def f(g=None): return f(f)(g)\ndef k(*a): return k(*a, k)\nf(f)(f)(k)(k)\n",
    "alias of itself": "import typing\nT = list['T']\nU = 'U | None'\nV: typing.TypeAlias = 'V'\nx: T = []\ny: U\nz: V\nx[0][0][0].m()\n",
    "alias in a circle": "A = 'B'\nB = 'A'\nx: A\ndef f(a: A) -> B: return a.m()\nf(x).m()\n",
    "huge union": "import typing\ndef f(x: " + " | ".join(f"C{n}" for n in range(400)) + "): return x.m()\n",
    "huge typing union": "import typing\nx: typing.Union[" + ", ".join(f"C{n}" for n in range(3000)) + "]\nx.m()\n",
    "nested optional": "from typing import Optional\nx: " + "Optional[" * 80 + "int" + "]" * 80 + "\nx.m()\n",
    "all computed": "import os\n__all__ = [n for n in dir()]\n__all__ += os.__all__\n__all__.extend(['x'])\n",
    "all of odd things": "__all__ = ('a', 1, b'x', None, *c)\n__all__: int\n__all__ += 1\n",
    "property of itself": "class A:\n    @property\n    def a(self): return self.a.b\n    @a.setter\n    def a(self, v): self.a = v\nx = A().a.a\n",
    "attribute of itself": "class A:\n    def __init__(self): self.a = self.a.a\n    def m(self): self.b = self.m()\nx = A().a.a.b\n",
    "attributes of each other": "class A:\n    def __init__(self, b: 'B'): self.b = b.a\nclass B:\n    def __init__(self, a: A): self.a = a.b\nx = A().b.a\n",
    "operators of themselves": (
        "class A:\n    def __add__(self, o): return self + o\n    def __getattr__(self, n): return self.nothing\n"
        "    def __getitem__(self, i): return self[i]\n    def __call__(self): return self()\n"
        "    def __iter__(self): return iter(self)\n    def __enter__(self): return self.__enter__()\n"
        "a = A()\nx = (a + a + a)[0]()\nwith a as b:\n    [c() for c in a]\n"
    ),
    "types of themselves": "from typing import *\nT = TypeVar('T', bound='T')\nclass A(Generic[T], list[T], Protocol[T]): pass\nx: A[A[A[T]]]\nx[0].m()\n",
    "generic growth": (
        "from typing import Generic, TypeVar\nT = TypeVar('T')\n"
        "class A(Generic[T]):\n    def m(self) -> 'A[A[T]]': return self.m().m()\n"
        "def f(a: A[int]):\n    while a: a = a.m()\n    return a\nx = f(A()).m().m()\n"
    ),
    "list growth": "def f(x):\n    while x: x = [x, (x,), {x: x}]\n    return x\ny = f(f(f(1)))\ny[0][0][0].m()\n",
    "closures of themselves": "def f():\n    def g(): return g\n    return g\nx = f()()()()()\ny = (lambda s: s(s))(lambda s: s(s))\n",
    "argument growth": "def f(a, b=None): return f([a], f(b, a)) or f(lambda: a)\nx = f(f)\nx.m()\n",
    "super": "class A:\n    def m(self): return super().m().m()\nclass B(A):\n    def m(self): return super(B, self).m()\nx = B().m()\n",
    "odd globals": "def f():\n    global f, x\n    x = f\n    f = x\n    del x\ndel f\nf().m()\n",
    "odd dunders": "__name__ = 1\n__builtins__ = None\n__import__ = print\nobject = type = super = int = None\nclass A(object): pass\nx = A()\n",
    "enum and named tuple": "import enum, collections\nE = enum.Enum('E', 'E E E')\nN = collections.namedtuple('N', 'N N')\nclass F(E, N, F): a = a\nx = F.a.a\n",
    "dataclass": "import dataclasses\n@dataclasses.dataclass\nclass A:\n    a: 'A' = A\n    b: b = b\n    def m(self): return self.a.b.m()\nx = A(A).a.a.m()\n",
    "wildcards of itself": "from main import *\nfrom . import *\nfrom .main import *\nfrom .. import *\nimport main\nx = main.main.x\n",
    "names no file has": "import a\u0660, ünïcode\nfrom con import aux\nfrom ......... import x\nx().m()\n",
}


@pytest.mark.parametrize("text", TANGLED.values(), ids=TANGLED)
def test_definitions_that_lead_nowhere(project: Path, text: str) -> None:
    write(project, {"main.py": text + BLOCKING})
    assert found_after(text) == [(5, "NBL101")]


@pytest.mark.parametrize("text", TANGLED.values(), ids=TANGLED)
def test_definitions_that_lead_nowhere_in_a_coroutine(project: Path, text: str) -> None:
    if "import *" in text:
        pytest.skip("not allowed in a function")
    lines = "".join(f"    {line}\n" for line in text.splitlines())
    assert found_after(f"async def tangled():\n{lines}") == [(5, "NBL101")]


@pytest.mark.skipif(sys.version_info < (3, 12), reason="a statement of Python 3.12")
def test_type_statements_of_themselves(project: Path) -> None:
    text = "type A = A\ntype B = C[B]\ntype C[T: C] = list[B | C[T]]\nclass D[T: D](D[T]): pass\nx: A\ny: B\nx.m(y.m(D[D]()))\n"
    assert found_after(text) == [(5, "NBL101")]


def test_stars_in_a_circle_of_many_modules(project: Path) -> None:
    count = 60
    for number in range(count):
        others = "".join(f"from m{(number + step) % count} import *\n" for step in (1, 2, 3, 7))
        write(project, {f"m{number}.py": others})
    assert found_after("from m0 import *\nfrom m1 import *\nmissing().read_text()\n") == [(5, "NBL101")]


# --- hostile sizes ----------------------------------------------------------------------------------------------------


def _chain_of_modules(project: Path) -> str:
    for number in range(400):
        write(project, {f"m{number}.py": f"from m{number + 1} import where\n"})
    return "from m0 import where\n\n\nasync def read():\n    where().read_text()\n"


HOSTILE: dict[str, Callable[[Path], str]] = {
    "assignments in branches": lambda _: (
        "async def f(a):\n    x = 0\n" + "".join(f"    if a.b:\n        x = a.m{n % 7}(x)\n" for n in range(20_000))
    ),
    "assignments": lambda _: "async def f(a):\n" + "".join(f"    x = a.m(x, {n})\n" for n in range(10_000)),
    "assignments to a global": lambda _: (
        "x = 0\n" + "".join(f"if x.m:\n    x = x + {n}\n" for n in range(5000)) + "async def f():\n    x.m()\n"
    ),
    "assignments to a global in functions": lambda _: (
        "".join(f"def f{n}():\n    global x\n    x = x.m(f{n})\n" for n in range(3000)) + "async def f():\n    x.m()\n"
    ),
    "attributes of self": lambda _: (
        "class A:\n    def m(self):\n"
        + "".join(f"        self.a{n} = self.a{n + 1}.b\n" for n in range(5000))
        + "        self.a5000 = 1\n    async def f(self):\n        self.a0.m()\n"
    ),
    "one attribute of self": lambda _: (
        "class A:\n    async def m(self, x):\n"
        + "".join(f"        self.a = self.a.b(x, {n})\n        x = self.a\n" for n in range(1500))
    ),
    "long paths of self": lambda _: (
        "class A:\n    async def m(self):\n" + "".join(f"        self{'.a' * (n % 40 + 1)} = self.b{n}\n" for n in range(5000))
    ),
    "inheritance": lambda _: (
        "class C0: pass\n"
        + "".join(f"class C{n}(C{n - 1}):\n    def m{n}(self): return self.m{n - 1}()\n" for n in range(1, 3000))
        + "async def f():\n    C2999().m2999()\n    C2999().m0()\n    C2999().missing.m()\n"
    ),
    "wide inheritance": lambda _: (
        "".join(f"class C{n}:\n    def m(self): return self.n()\n" for n in range(500))
        + "class D("
        + ", ".join(f"C{n}" for n in range(500))
        + "): pass\nasync def f():\n    D().m().n()\n"
    ),
    "overrides that call each other": lambda _: (
        "class A:\n    def m(self, a: 'A'): raise NotImplementedError\n"
        + "".join(f"class C{n}(A):\n    def m(self, a: A): return a.m(self)\n" for n in range(800))
        + "async def f(a: A):\n    a.m(a)\n"
    ),
    "diamonds": lambda _: (
        "class A0: pass\nclass B0: pass\n"
        + "".join(f"class A{n}(A{n - 1}, B{n - 1}): pass\nclass B{n}(A{n - 1}, B{n - 1}): pass\n" for n in range(1, 200))
        + "async def f():\n    A199().m()\n"
    ),
    "calls of calls": lambda _: (
        "def f0(x): return x\n"
        + "".join(f"def f{n}(x): return f{n - 1}(f{n - 1}(x))\n" for n in range(1, 200))
        + "async def f():\n    f199(1).m()\n"
    ),
    "two ways each": lambda _: (
        "def f0(x): return x\n"
        + "".join(f"def f{n}(x): return f{n - 1}(x) if x else f{n - 1}([x])\n" for n in range(1, 200))
        + "async def f():\n    f199(1).m()\n"
    ),
    "many callers": lambda _: "def g(x): return x.m()\nasync def f(a):\n" + "".join(f"    g(a.b{n})\n" for n in range(2000)),
    "many arguments": lambda _: (
        "def g(*a, **k): return a[0].m()\nasync def f(a):\n    g(" + ", ".join(f"a.b{n}" for n in range(5000)) + ")\n"
    ),
    "many definitions": lambda _: "".join(f"def g(x): return {n}\n" for n in range(5000)) + "async def f():\n    g(1).m()\n",
    "many coroutines": lambda _: "".join(f"async def f{n}(x): return await f{n + 1}(x.m())\n" for n in range(2000)),
    "many closures": lambda _: (
        "async def f(x):\n" + "".join(f"    def g{n}(): return x.m(g{n - 1 if n else 0})\n    x = g{n}()\n" for n in range(2000))
    ),
    "loops in a row": lambda _: (
        "async def f(x):\n" + "".join(f"    for i in x.m({n}):\n        x = x.n(i)\n" for n in range(3000))
    ),
    "loops in loops": lambda _: (
        "async def f(x):\n"
        + "".join("    " * (n + 1) + f"for i{n} in x:\n" + "    " * (n + 2) + f"x = x.m(i{n})\n" for n in range(18))
    ),
    "tries in a row": lambda _: (
        "async def f(x):\n"
        + "".join(
            f"    try:\n        x = x.m({n})\n    except x.E:\n        x = x.n\n    finally:\n        x.o\n" for n in range(3000)
        )
    ),
    "narrowing in a row": lambda _: (
        "async def f(x):\n" + "".join(f"    if isinstance(x, C{n}):\n        x.m()\n" for n in range(3000))
    ),
    "wide display": lambda _: (
        "x = [" + ", ".join(f"f({n})" for n in range(5000)) + "]\nasync def f():\n    x[0].m()\n    for y in x: y.m()\n"
    ),
    "items of a dict": lambda _: (
        "x = {}\n" + "".join(f"x[{n}] = x[{n - 1}]\n" for n in range(5000)) + "async def f():\n    x[4999].m()\n"
    ),
    "appends": lambda _: (
        "async def f(x, y):\n    z = []\n" + "".join(f"    z.append(y.m{n})\n" for n in range(5000)) + "    z[0].m()\n"
    ),
    "module chain": _chain_of_modules,
    "imports": lambda _: "".join(f"import a{n}\nfrom b{n} import c{n}\n" for n in range(5000)) + "async def f():\n    c1().m()\n",
    "stars": lambda _: "".join(f"from a{n} import *\n" for n in range(2000)) + "async def f():\n    missing().m()\n",
    "long names": lambda _: f"async def {'f' * 100_000}():\n    {'a' * 100_000}.{'b' * 100_000}()\n",
    "long string": lambda _: f"async def f():\n    x = '{'a' * 1_000_000}'\n    x.m()\n",
    "big number": lambda _: f"async def f():\n    x = 0x{'f' * 100_000} ** 99999999 << 99999999\n    y = 'a' * 99999999999\n",
    "unpacking": lambda _: "async def f(x):\n" + "    a, (b, *c), d = a, b, c, d = x\n" * 3000,
    "match": lambda _: (
        "async def f(x):\n    match x:\n"
        + "".join(f"        case C{n}(a=[y, *_]) | D{n}(a=y):\n            y.m()\n" for n in range(2000))
    ),
}


@pytest.mark.parametrize("make", HOSTILE.values(), ids=HOSTILE)
def test_hostile_sizes(project: Path, make: Callable[[Path], str], request: pytest.FixtureRequest) -> None:
    if "module chain" in request.node.name and sys.version_info < (3, 12):
        pytest.xfail("Python 3.11 counts its own C calls: a chain of modules may be too deep for it, and is NBL900 then")
    assert found_after(make(project)) == [(5, "NBL101")]
