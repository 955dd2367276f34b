"""Edits of what findings depend on, however indirectly, are noticed, also where a module is edited with them."""

from __future__ import annotations

from pathlib import Path

import pytest

from flake8_noblock.effects import summaries
from flake8_noblock.effects.edges import Edge, edges
from flake8_noblock.link.inference import Inference, Site
from tests.support import HELPER, IDLE, caller, lint, write

ABSTRACT = "from abc import ABC, abstractmethod\n\n\nclass A(ABC):\n    @abstractmethod\n    def f(self): ...\n"
IMPLEMENTED = "import time\nfrom {module} import {base}\n\n\nclass {name}({base}):\n    def f(self):\n        time.sleep(1)\n"
INHERITED = "from base import A\n\n\nclass B(A):\n    pass\n"
ON_A = "from base import A\n\n\nasync def main(a: A):\n    a.f()\n"
ON_B = "from mid import B\n\n\nasync def main(b: B):\n    b.f()\n"
IMPLEMENTATION = IMPLEMENTED.format(module="base", base="A", name="B")
GRANDCHILD = IMPLEMENTED.format(module="mid", base="B", name="C")
HIDDEN = {
    "import": ({"main.py": caller("import h", "h.f()"), "h.py": HELPER}, {"h.py": IDLE}),
    "from": ({"main.py": caller("from h import f", "f()"), "h.py": HELPER}, {"h.py": IDLE}),
    "star": ({"main.py": caller("from h import *", "f()"), "h.py": HELPER}, {"h.py": IDLE}),
    "through a star": ({"main.py": caller("import a", "a.f()"), "a.py": "from h import *\n", "h.py": HELPER}, {"h.py": IDLE}),
    "semicolon": ({"main.py": caller("import time;import h", "h.f()"), "h.py": HELPER}, {"h.py": IDLE}),
    "continued line": ({"main.py": caller("from \\\n  h import \\\n  f", "f()"), "h.py": HELPER}, {"h.py": IDLE}),
    "import in a function": ({"main.py": caller("import time", "import h", "h.f()"), "h.py": HELPER}, {"h.py": IDLE}),
    "no space": (
        {"p/__init__.py": "", "main.py": caller("import p.a", "p.a.g()"), "p/a.py": "from.h import f as g\n", "p/h.py": HELPER},
        {"p/h.py": IDLE},
    ),
    "spaces in a name": (
        {"p/__init__.py": "", "main.py": caller("from p . h import f", "f()"), "p/h.py": HELPER},
        {"p/h.py": IDLE},
    ),
    "form feed": ({"main.py": caller("import\x0ch", "h.f()"), "h.py": HELPER}, {"h.py": IDLE}),
    "parenthesis in a comment": (
        {
            "p/__init__.py": "",
            "p/a.py": "",
            "main.py": caller("from p import (\n    a,  # the first (of two)\n    h,\n)", "h.f()"),
            "p/h.py": HELPER,
        },
        {"p/h.py": IDLE},
    ),
    "name beyond ASCII": ({"main.py": caller("import hülf", "hülf.f()"), "hülf.py": HELPER}, {"hülf.py": IDLE}),
    "from a name beyond ASCII": ({"main.py": caller("from hülf import f", "f()"), "hülf.py": HELPER}, {"hülf.py": IDLE}),
    "submodule of a package": (
        {"p/__init__.py": "", "main.py": caller("import p", "p.h.f()"), "p/h.py": HELPER},
        {"p/h.py": IDLE},
    ),
    "submodule of a local name": (
        {"p/__init__.py": "", "main.py": caller("import p", "q = p", "q.h.f()"), "p/h.py": HELPER},
        {"p/h.py": IDLE},
    ),
    "submodule of an alias": (
        {"p/__init__.py": "", "p/a/__init__.py": "", "main.py": caller("from p import a as q", "q.h.f()"), "p/a/h.py": HELPER},
        {"p/a/h.py": IDLE},
    ),
    "submodule of a package from elsewhere": (
        {"p/__init__.py": "", "a.py": "import p\n", "main.py": caller("import a", "a.p.h.f()"), "p/h.py": HELPER},
        {"p/h.py": IDLE},
    ),
    "submodule of a package through a star": (
        {"p/__init__.py": "", "a.py": "import p\n", "main.py": caller("from a import *", "p.h.f()"), "p/h.py": HELPER},
        {"p/h.py": IDLE},
    ),
    "submodule over lines": (
        {"p/__init__.py": "", "main.py": caller("import p", "(p", "    .h", "    .f())"), "p/h.py": HELPER},
        {"p/h.py": IDLE},
    ),
    "submodule by getattr": (
        {"p/__init__.py": "", "main.py": caller("import p", "getattr(p, 'h').f()"), "p/h.py": HELPER},
        {"p/h.py": IDLE},
    ),
    "source beside a stub": (
        {"main.py": caller("import h", "h.f()"), "h.pyi": "def f() -> None: ...\n", "h.py": HELPER},
        {"h.py": IDLE},
    ),
    "a source root before": ({"main.py": caller("import h", "h.f()"), "h.py": HELPER}, {"src/h.py": IDLE}),
    "a package before": ({"main.py": caller("import h", "h.f()"), "h.py": HELPER}, {"h/__init__.py": IDLE}),
    "a namespace that becomes a package": (
        {"main.py": caller("import p.h", "p.h.f()"), "p/h.py": HELPER},
        {"p/__init__.py": "h = None\n"},
    ),
    "a class of the result's type": (
        {
            "main.py": caller("from m import make", "make().x.f()"),
            "m.py": "from n import N\n\n\ndef make():\n    return N()\n",
            "n.py": "import o\n\n\nclass N:\n    def __init__(self):\n        self.x = o.O()\n",
            "o.py": "import time\n\n\nclass O:\n    def f(self):\n        time.sleep(1)\n",
        },
        {"o.py": "class O:\n    def f(self):\n        pass\n"},
    ),
    "a new implementation": ({"main.py": ON_A, "base.py": ABSTRACT}, {"impl.py": IMPLEMENTATION}),
    "another implementation": (
        {"main.py": ON_A, "base.py": ABSTRACT, "impl.py": IMPLEMENTATION},
        {"impl.py": IMPLEMENTATION.replace("time.sleep(1)", "pass")},
    ),
    "what an implementation calls": (
        {
            "main.py": ON_A,
            "base.py": ABSTRACT,
            "h.py": HELPER,
            "impl.py": IMPLEMENTATION.replace("time.sleep(1)", "h.f()").replace("time", "h", 1),
        },
        {"h.py": IDLE},
    ),
    "an implementation of what isn't abstract by its mark": (
        {"main.py": ON_A, "base.py": "class A:\n    def f(self):\n        raise NotImplementedError\n"},
        {"impl.py": IMPLEMENTATION},
    ),
    "a new implementation below a class that declares nothing": (
        {"main.py": ON_B, "base.py": ABSTRACT, "mid.py": INHERITED},
        {"impl.py": GRANDCHILD},
    ),
    "another implementation below a class that declares nothing": (
        {"main.py": ON_B, "base.py": ABSTRACT, "mid.py": INHERITED, "impl.py": GRANDCHILD},
        {"impl.py": GRANDCHILD.replace("time.sleep(1)", "pass")},
    ),
    "a function handed over": (
        {"main.py": caller("import a, h", "a.run(h.f)"), "a.py": "def run(f):\n    f()\n", "h.py": HELPER},
        {"h.py": IDLE},
    ),
    "the class of an object handed over": (
        {
            "main.py": caller("import a, h", "a.run(h.A())"),
            "a.py": "def run(a):\n    a.f()\n",
            "h.py": "import time\n\n\nclass A:\n    def f(self):\n        time.sleep(1)\n",
        },
        {"h.py": "class A:\n    def f(self):\n        pass\n"},
    ),
    "a call further on": (
        {"main.py": caller("import a", "a.g()"), "a.py": "import h\n\n\ndef g():\n    h.f()\n", "h.py": HELPER},
        {"h.py": IDLE},
    ),
}


@pytest.fixture
def cache(tmp_path: Path) -> Path:
    return tmp_path / "cache"


@pytest.mark.parametrize(("files", "edit"), HIDDEN.values(), ids=HIDDEN)
def test_whatever_findings_depend_on_is_noticed(tmp_path: Path, cache: Path, files: dict[str, str], edit: dict[str, str]) -> None:
    project = write(tmp_path / "project", files)
    options = [f"--noblock-cache-dir={cache}"]
    main = [project / "main.py"]
    before = lint(main, project)
    assert lint(main, project, options) == lint(main, project, options) == before
    write(project, edit)
    right = lint(main, project)
    assert right != before, "the edit makes a difference"
    assert lint(main, project, options) == right


@pytest.mark.parametrize(("files", "edit"), HIDDEN.values(), ids=HIDDEN)
def test_an_edited_module_relies_on_nothing_that_has_changed(
    tmp_path: Path, cache: Path, files: dict[str, str], edit: dict[str, str]
) -> None:
    """Its findings are found anew; of bodies elsewhere it is known that they did nothing before."""
    project = write(tmp_path / "project", files)
    options = [f"--noblock-cache-dir={cache}"]
    main = [project / "main.py"]
    for added, changed in (("FIRST = 1", edit), ("SECOND = 2", files)):
        lint(main, project, options)
        for name in edit.keys() - files.keys():
            (project / name).unlink(missing_ok=True)
        write(project, {**changed, "main.py": f"{files['main.py']}\n\n{added}\n"})
        assert lint(main, project, options) == lint(main, project)


def test_bodies_that_do_nothing_are_not_looked_at_again(tmp_path: Path, cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    main = caller("import a, h", "a.g(len)", "h.f()")
    a = "import b\n\n\ndef g(f):\n    b.g()\n    return f\n"
    files = {"main.py": main, "a.py": a, "b.py": "def g():\n    print(1)\n", "h.py": HELPER}
    project = write(tmp_path / "project", files)
    options = [f"--noblock-cache-dir={cache}"]
    looked_at: list[str] = []

    def noted(infer: Inference, site: Site) -> tuple[Edge, ...]:
        looked_at.append(site.module)
        return edges(infer, site)

    monkeypatch.setattr(summaries, "edges", noted)
    right = lint([project / "main.py"], project, options)
    assert set(looked_at) == {"main", "a", "b", "h"}
    looked_at.clear()
    write(project, {"main.py": f"{main}\n\nADDED = 1\n"})
    assert lint([project / "main.py"], project, options) == right
    assert set(looked_at) == {"main", "h"}
