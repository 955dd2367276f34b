"""The form of a knowledge table: one TOML file says what is known of one module tree.

A table is named after the import name that it is about (``requests.toml``, ``google.cloud.storage.toml``)
and holds facts that no analysis of the caller's source can find: what blocks inside C extensions and dynamic
clients, what moves a call off the loop, which types factories return. Names are dotted paths as a user would
import them: ``pkg.function``, ``pkg.Class.method``, ``pkg.Class`` (constructing it), ``pkg.Class.*`` (every
public method). A table whose name ends with an underscore is about all packages whose names begin so
(``mypy_boto3_.toml``).
"""

from __future__ import annotations

from typing import Literal

import msgspec

from flake8_noblock.knowledge.parts import Part as Part

Kind = Literal[
    "sleep",
    "network",
    "database",
    "subprocess",
    "file",
    "thread",
    "terminal",
    "declared",
    "metadata",
    "cpu",
    "import",
    "lock",
]
Severity = Literal["unbounded", "disk", "micro"]
FailureKind = Literal["network", "database", "subprocess", "file", "timeout"]
Constant = bool | int | float | str | None


class Argument(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An argument of a call, by keyword, by position, or both; positions don't count ``self``, which is the ``receiver``.

    With ``rest`` all from that position on are meant (``gather(a, b)``), with keyword ``**`` those by keyword, too; with
    ``items`` what the argument, a list or the like, holds.
    """

    keyword: str | None = None
    position: int | None = None
    receiver: bool = False
    rest: bool = False
    items: bool = False


class Condition(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """When a call of a blocking operation does not block: one test of one argument.

    The argument is that of the call itself; of the latest earlier call of method ``earlier`` on the same receiver
    (``sock.setblocking(False)``); or, with ``creator``, of the call that made the receiver
    (``sqlite3.connect(":memory:")``). Exactly one of the tests holds:

    ``equals``    the argument is this constant (``equals_none`` for None), or one of ``one_of``
    ``instance``  its type is one of these classes (dotted paths)
    ``given``     it is given (true) or left out (false)
    ``mentions``  its expression names this constant (``os.WNOHANG`` in ``os.WNOHANG | os.WUNTRACED``)
    ``matches``   it is a string literal in which this regular expression matches from its start

    With ``in_doubt`` a ``creator`` that can't be seen counts as fulfilling the condition.

    Three tests are of the receiver itself: with ``guard`` the call stands where a call of this method on it was true
    (``if future.done():``), or, with ``fails``, false (``if not queue.empty():``); with ``source`` it comes out of a call of
    one of these (``for f in as_completed(fs)``); with ``awaited`` it, or what was made of it, was awaited before
    (``await asyncio.wrap_future(future)``).
    """

    keyword: str | None = None
    position: int | None = None
    earlier: str | None = None
    creator: bool = False
    equals: Constant | msgspec.UnsetType = msgspec.UNSET
    equals_none: bool = False
    one_of: tuple[Constant, ...] = ()
    instance: tuple[str, ...] = ()
    given: bool | None = None
    mentions: str | None = None
    matches: str | None = None
    in_doubt: bool = False
    guard: str | None = None
    fails: bool = False
    awaited: bool = False
    source: tuple[str, ...] = ()


class Blocking(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Operations that block alike.

    ``instead`` is the way out, a short phrase after "use" (default: ``await asyncio.to_thread(...)``). ``unless`` lists
    the conditions any of which makes the call not block. ``opens``: the call returns a file handle, whose reads in
    the same function cost nothing next to the opening. ``handle``: the argument that is such a handle, or
    ``receiver = true`` where the method's own object is. ``iterates``: the call is lazy, its result blocks when iterated.
    ``reason`` says why, where the name doesn't; ``effect`` is the end of "blocks the event loop ..." where the kind's own
    doesn't fit. ``attribute``: the names are properties, which block when they are read. ``direct``: only calls that stand in
    code on the loop count, not those reached through other functions. ``python`` and ``platform`` say where the names exist,
    if not everywhere.
    """

    names: tuple[str, ...]
    kind: Kind
    severity: Severity = "unbounded"
    instead: str = ""
    unless: tuple[Condition, ...] = ()
    opens: bool = False
    handle: Argument | None = None
    handle_receiver: bool = False
    iterates: bool = False
    attribute: bool = False
    direct: bool = False
    reason: str = ""
    effect: str = ""
    python: str = ""
    platform: str = ""


class Offload(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Callables that run their argument away from the loop: in a thread, a process, a worker.

    ``callable`` is that argument, ``given`` are those that it is called with. With ``decorator`` the name is used as ``@name``
    (or ``name(f)``): the result of decorating runs away from the loop. ``takes_async``: async callables are welcome, too.
    ``later``: it runs in no other thread, but when a signal or an event comes, an object goes or the interpreter ends.
    """

    names: tuple[str, ...]
    callable: Argument = Argument(position=0)
    given: Argument | None = None
    decorator: bool = False
    takes_async: bool = False
    later: bool = False


class LoopCallback(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Callables whose argument the loop runs on its own thread, or (``decorator``) that mark such a function.

    ``given`` are the arguments that it is called with. ``takes_async``: async callables are welcome, too, and awaited.
    """

    names: tuple[str, ...]
    callable: Argument = Argument(position=0)
    given: Argument | None = None
    decorator: bool = False
    takes_async: bool = False


class Protocol(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Callables that call methods of their argument: ``list(x)`` calls ``__iter__`` and ``__next__``.

    ``elements``: of what the argument iterates over (``sorted``); ``contained``: of what it holds, a container of the language
    (``repr([x])``); unless keyword ``unless`` is given. ``lazily``: when their result is iterated (``zip``).
    """

    names: tuple[str, ...]
    methods: tuple[str, ...]
    argument: Argument = Argument(position=0)
    elements: bool = False
    contained: bool = False
    unless: str = ""
    lazily: bool = False


class Invoke(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Callables that call an argument of theirs on the thread that calls them: ``sorted(key=f)``.

    ``lazily``: not at once, but when their result is iterated (``map(f, xs)``). ``later``: when the object that they are
    methods of ends, so that it counts only where that was made in the same function. ``missing``: when an item is read from what
    they make (``defaultdict``). ``takes_async``: async callables are welcome, too: they, or what they give, are awaited.
    """

    names: tuple[str, ...]
    callable: Argument = Argument(position=0)
    lazily: bool = False
    later: bool = False
    missing: bool = False
    takes_async: bool = False


class Decorator(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Decorators whose result runs the decorated function when it is called (``lru_cache``, ``wraps``, ``retry``).

    ``factory`` says how they are written: ``never`` as ``@name``, ``always`` as ``@name(...)``, ``maybe`` either way.
    ``gives``: the result is called like the function ``itself``, or gives a ``context manager`` that runs it when entered.
    ``runs`` is the path of a blocking operation that calling the result runs besides: the pause between two tries.
    ``remembers``: what the function gave once is given again without running it.
    """

    names: tuple[str, ...]
    factory: Literal["never", "always", "maybe"] = "never"
    gives: Literal["itself", "context manager"] = "itself"
    runs: str = ""
    remembers: bool = False


class Cut(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Names whose source says less, or other, than what happens: calls of them are not followed, and do not block.

    A name is a function, a class or a module; with ``.*`` everything below it. ``reason`` says why.
    """

    names: tuple[str, ...]
    reason: str


class Hooks(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What making an object runs besides its constructor (``__post_init__``, validators).

    It holds for subclasses of ``classes`` and for classes that one of these decorates: their ``methods``, and the methods that
    one of ``decorators`` marks, run whenever an object is made. Keyword ``factory`` of ``fields`` is called where a field isn't
    given.
    """

    classes: tuple[str, ...]
    methods: tuple[str, ...] = ()
    decorators: tuple[str, ...] = ()
    fields: tuple[str, ...] = ()
    factory: str = ""


class Dispatch(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Methods that run what was registered on the same object: ``logger.info(...)`` runs the handlers of the logger.

    ``register`` are the registering methods, ``callable`` is the argument that they take; with ``method`` that is an object
    of which this method is called (``emit``). With ``hierarchy`` an object is the one with the name that it was made with, and
    runs what is registered on those above it, whose names are its own up to such a separator, or empty.
    """

    names: tuple[str, ...]
    register: tuple[str, ...]
    callable: Argument = Argument(position=0)
    method: str = ""
    hierarchy: str = ""


class Awaitable(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Callables whose result has to be awaited, or entered, or iterated asynchronously, in libraries that may not be at hand.

    ``gives`` is what a call of them makes: a ``coroutine``, which does nothing until it is awaited; a ``future``, which goes on
    by itself; a ``manager``, which may be awaited or entered with ``async with``; an async ``iterator``; a plain ``value``, where
    a base class's method of that name gives one of the others; a ``result``, which can't be awaited. What awaiting or entering
    gives stands in ``returns``: for a manager directly, or as a class of its own with ``Class.__await__`` and ``__aenter__``.
    """

    names: tuple[str, ...]
    gives: Literal["coroutine", "future", "manager", "iterator", "value", "result"] = "coroutine"


class Task(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Callables that start a coroutine as a task of its own (``asyncio.create_task``).

    ``coroutine`` is that argument; with ``function`` it is an async function, which they call. ``kept``: somebody else keeps the
    task and sees how it ends, as a task group does.
    ``futures``: futures are welcome, too, and given back as they are.
    """

    names: tuple[str, ...]
    coroutine: Argument = Argument(position=0)
    function: bool = False
    kept: bool = False
    futures: bool = False


class Consumer(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Callables that await coroutines that they are given (``asyncio.wait_for``), or run them to their end (``asyncio.run``).

    ``coroutine`` is that argument; with ``function`` it is an async function, which they call. Where argument ``collects`` is
    true they give errors as results instead of raising them. ``shields``: cancelling the caller does not reach the coroutine.
    ``unopened``: they give the tasks back as they ended, and raise nothing (``asyncio.wait``).
    """

    names: tuple[str, ...]
    coroutine: Argument = Argument(position=0)
    function: bool = False
    collects: Argument | None = None
    shields: bool = False
    unopened: bool = False


class Reads(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Callables that look into an argument at once, so that a coroutine in its place is a mistake: ``print(load())``.

    ``tests``: they ask whether it is true (``any([ok()])``, with ``argument.items``).
    """

    names: tuple[str, ...]
    argument: Argument = Argument(position=0)
    tests: bool = False


class SyncMethods(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Methods of subclasses of these classes that a framework calls and does not await; a pattern such as ``test*`` is allowed.

    The nearest ancestor with a row decides. A class that has one of ``runners`` runs them in its own way.
    """

    classes: tuple[str, ...]
    methods: tuple[str, ...]
    runners: tuple[str, ...] = ()


class Fails(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Awaited operations that can fail for reasons that no program controls: a network, a server, a subprocess, a time limit.

    ``kind`` says why, in a word for the message. ``errors`` are the classes to catch, the most general of the library's own
    first. ``limited``: the library sets a time limit; argument ``timeout``, here or where the object is made, sets one or, None,
    removes it.
    """

    names: tuple[str, ...]
    kind: FailureKind
    errors: tuple[str, ...]
    limited: bool = False
    timeout: Argument | None = None


class Limit(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Context managers that put a time limit on what is awaited within, and callables on what they await.

    ``limit`` says how long; None is no limit. With ``shield`` true, what runs within is not reached by a cancellation.
    """

    names: tuple[str, ...]
    limit: Argument | None = None
    shield: Argument | None = None


class Guard(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Context managers that let no error of some classes through (``contextlib.suppress``), and decorators whose result doesn't.
    ``errors`` are the arguments that name the classes; without, all errors are kept in. ``silent``: nothing is left of the error.
    """

    names: tuple[str, ...]
    errors: Argument | None = None
    silent: bool = False


class Outcome(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Methods of a task or future that have to do with how it ends.

    They ``look`` at its failure, or raise it; they ``cancel`` it; they make it ``fail`` with an exception that they are given,
    which whoever waits for it gets, or ``succeed`` with a result; they ``register`` a callback that is given it at its end.
    """

    names: tuple[str, ...]
    does: Literal["look", "cancel", "fail", "succeed", "register"]


class Entry(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Functions that a framework calls and whose errors it handles or shows: routes, commands, tests, jobs.

    They are those that one of ``decorators`` marks (``fastapi.FastAPI.get``), ``methods`` of subclasses of ``classes`` (a
    pattern such as ``test*`` is allowed), and what is given to ``registers`` as argument ``callable``; or, by ``functions``,
    those with such a name in a module whose last name is one of ``modules``, both patterns. ``sync``: they are not awaited.
    ``answer``: what one that isn't async returns is taken for the answer, awaitable or not.
    """

    what: Literal["route", "command", "test", "fixture", "job", "hook"]
    decorators: tuple[str, ...] = ()
    classes: tuple[str, ...] = ()
    methods: tuple[str, ...] = ()
    registers: tuple[str, ...] = ()
    callable: Argument = Argument(position=0)
    functions: tuple[str, ...] = ()
    modules: tuple[str, ...] = ()
    sync: bool = False
    answer: bool = False


class Role(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The part that callables play for an event loop, or for what waits on one.

    ``starts a loop``         runs coroutine ``argument`` on a loop of its own, on the thread that calls it
    ``checks for a loop``     says whether a loop runs on this thread
    ``allows nested loops``   from then on a loop may be started inside a running one
    ``gets the loop``, ``sets the loop``, ``sets the policy``, ``makes a loop``, ``closes the loop``   manage loops by hand
    ``crosses threads``       hands a coroutine to loop ``argument``, from another thread; gives a future for threads
    ``belongs to the loop``   may only be called on the loop's own thread
    ``binds to the loop``     needs a running loop, and belongs to it from then on
    ``thread lock``           a class whose objects are locks between threads
    ``acquires``, ``releases``   methods of such a lock
    ``thread callback``       another thread than the caller's may call ``argument``
    ``pause``                 a coroutine that waits for ``argument`` seconds and does nothing else
    ``clock``                 tells the time
    ``moved by the loop``     tells a state that changes only while the loop runs
    ``flag``                  tells a state of an object that an event, condition or queue could announce
    ``tells a closed loop``   says whether a loop has been closed, so that nothing of it runs any more
    ``flag of threads``       the same, of an object that other threads change
    ``changes nothing``       computes or shows something
    ``done callback``, ``timer``, ``callback chain``   have callable ``argument`` called later
    ``scope``                 entered, cancels or awaits what happens inside
    ``looks at the failure``  tells how a task failed, or tells somebody of it
    ``forgets``               takes something out of a collection
    ``drops the result``      has callable ``argument`` called, and nobody looks at what it gives
    ``outcome``               gives how a task or future ended
    ``cancels``               asks a task to end
    ``tells awaitables``      says whether something can be awaited, or gives what can be
    ``makes coroutines``      a decorator by which ``yield from`` in a generator awaits

    ``instead`` is what to write instead, a short phrase after "use". ``coroutine``: the argument is a coroutine.
    """

    names: tuple[str, ...]
    part: Part
    argument: Argument = Argument(position=0)
    coroutine: bool = False
    instead: str = ""


class Combine(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Callables that join awaitables (``asyncio.gather``): ``awaitables`` are these arguments.

    ``awaited``: what they give has to be awaited although it is no coroutine. ``tasks``: they take tasks, no coroutines.
    ``several``: with one argument they do nothing that awaiting it doesn't, unless keyword ``unless`` is given.
    ``refers``: they keep no reference to what they are given.
    """

    names: tuple[str, ...]
    awaitables: Argument = Argument(position=0)
    awaited: bool = False
    tasks: bool = False
    several: bool = False
    unless: str = ""
    refers: bool = False


class ThreadMethods(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Methods that other threads call on subclasses of these classes (``threading.Thread.run``)."""

    classes: tuple[str, ...]
    methods: tuple[str, ...]


class LoopMethods(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Sync methods that the loop calls on subclasses of these classes (``asyncio.Protocol.data_received``)."""

    classes: tuple[str, ...]
    methods: tuple[str, ...]


class Table(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One knowledge file.

    ``aliases`` maps another path of a name to the one that the table uses, or all paths that a pattern matches, in which ``*``
    stands for a part of a name between dots. ``returns`` maps a callable to the class of which its call gives an instance, also
    for the protocols behind operators (``pkg.Class.__getitem__``, ``__getattr__``, ``__enter__``, ``__next__``); ``asynchronous``
    maps a class to those of ``__aenter__`` and ``__aiter__`` that its objects have, and not the plain twin of; ``attributes``
    maps an attribute to the class of its value. ``bases`` gives the base classes of a class. ``safe`` lists names that never
    block although a ``.*`` row or a reading of their source says so. ``fields`` lists descriptors that are made with the class of
    what they hold (``traitlets.Instance(Manager)``). ``running`` lists callables that give something where a loop runs, and fail
    elsewhere (``asyncio.get_running_loop``). ``closing`` are names of methods that give something back: a failure of theirs is
    nothing to act on.
    """

    aliases: dict[str, str] = {}
    returns: dict[str, str] = {}
    attributes: dict[str, str] = {}
    asynchronous: dict[str, tuple[str, ...]] = {}
    bases: dict[str, tuple[str, ...]] = {}
    safe: tuple[str, ...] = ()
    fields: tuple[str, ...] = ()
    running: tuple[str, ...] = ()
    closing: tuple[str, ...] = ()
    blocking: tuple[Blocking, ...] = ()
    offload: tuple[Offload, ...] = ()
    loop_callback: tuple[LoopCallback, ...] = ()
    loop_methods: tuple[LoopMethods, ...] = ()
    protocol: tuple[Protocol, ...] = ()
    invoke: tuple[Invoke, ...] = ()
    decorator: tuple[Decorator, ...] = ()
    cut: tuple[Cut, ...] = ()
    hooks: tuple[Hooks, ...] = ()
    dispatch: tuple[Dispatch, ...] = ()
    awaitable: tuple[Awaitable, ...] = ()
    task: tuple[Task, ...] = ()
    consumer: tuple[Consumer, ...] = ()
    reads: tuple[Reads, ...] = ()
    sync_methods: tuple[SyncMethods, ...] = ()
    fails: tuple[Fails, ...] = ()
    limit: tuple[Limit, ...] = ()
    guard: tuple[Guard, ...] = ()
    outcome: tuple[Outcome, ...] = ()
    entry: tuple[Entry, ...] = ()
    role: tuple[Role, ...] = ()
    combine: tuple[Combine, ...] = ()
    thread_methods: tuple[ThreadMethods, ...] = ()
