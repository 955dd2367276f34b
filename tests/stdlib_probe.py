"""Writes a module that calls each operation of the standard library once, on the loop.

``probe`` is a pure function of its rows: the line of each operation bears a comment with the operation's name, so that
whoever runs the engine over the module can count what is reported. Arguments are unannotated parameters, receivers are
annotated ones; nothing here gives a reason to think that a call does not block.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping


def words(text: str) -> set[str]:
    return set(text.split())


# Classes whose name starts with a small letter.
CLASSES = {
    "curses.window",
    "filecmp.dircmp",
    "mailbox.mbox",
    "mmap.mmap",
    "sched.scheduler",
    "select.devpoll",
    "select.epoll",
    "select.kqueue",
    "select.poll",
    "socket.socket",
}

# Values that a module holds: methods are called on them, not on a parameter.
VALUES = {"ctypes.cdll", "sys.stderr", "sys.stdin", "sys.stdout"}

# Classes that no annotation can name: what makes an instance.
MADE_BY = {
    "_multiprocessing.SemLock": "_multiprocessing.SemLock(*args)",
    "os.ScandirIterator": "os.scandir(*args)",
    "zlib.Compress": "zlib.compressobj()",
    "zlib.Decompress": "zlib.decompressobj()",
}

# Class methods and static methods.
ON_CLASS = {
    "pathlib.Path.cwd",
    "pathlib.Path.home",
    "tarfile.TarFile.bz2open",
    "tarfile.TarFile.gzopen",
    "tarfile.TarFile.open",
    "tarfile.TarFile.taropen",
    "tarfile.TarFile.xzopen",
    "traceback.StackSummary.extract",
    "tracemalloc.Snapshot.load",
    "zoneinfo.ZoneInfo.from_file",
    "zoneinfo.ZoneInfo.no_cache",
}

# Calls that do their work while their result is iterated.
LAZY = {
    "concurrent.futures.Executor.map",
    "concurrent.futures.as_completed",
    "csv.DictReader",
    "csv.reader",
    "difflib.unified_diff",
    "glob.iglob",
    "multiprocessing.pool.Pool.imap",
    "multiprocessing.pool.Pool.imap_unordered",
    "os.fwalk",
    "os.walk",
    "pathlib.Path.glob",
    "pathlib.Path.iterdir",
    "pathlib.Path.rglob",
    "pathlib.Path.walk",
    "pkgutil.iter_modules",
    "pkgutil.walk_packages",
    "sqlite3.Connection.iterdump",
}

# Calls that need other arguments than one: how they are given.
ARGUMENTS = {
    **dict.fromkeys(
        words(
            "asyncio.AbstractEventLoop.run_forever builtins.breakpoint builtins.help builtins.input code.interact "
            "email.utils.make_msgid ensurepip.bootstrap fileinput.input gc.collect getpass.getpass getpass.getuser "
            "grp.getgrall http.server.test importlib.metadata.distributions importlib.metadata.entry_points "
            "importlib.metadata.packages_distributions inspect.stack inspect.trace linecache.checkcache "
            "logging.shutdown mimetypes.init multiprocessing.Manager os.abort os.cpu_count os.fork os.forkpty "
            "os.getcwd os.getcwdb os.getloadavg os.getlogin os.listdrives os.listvolumes os.openpty os.pipe "
            "os.sched_yield os.sync os.uname os.wait pathlib.Path.cwd pathlib.Path.home pdb.post_mortem pdb.set_trace "
            "platform.architecture platform.freedesktop_os_release platform.libc_ver platform.mac_ver "
            "platform.platform platform.processor platform.uname platform.win32_ver pty.fork pwd.getpwall "
            "signal.pause socket.gethostname socket.getfqdn ssl.create_default_context tempfile.TemporaryDirectory "
            "tempfile.gettempdir tempfile.gettempdirb tempfile.mkdtemp tempfile.mkstemp tempfile.mktemp time.tzset "
            "timeit.repeat timeit.timeit tkinter.mainloop tracemalloc.take_snapshot turtle.mainloop "
            "urllib.request.urlcleanup uuid.getnode uuid.uuid1 webbrowser.get zoneinfo.available_timezones "
            "msvcrt.getch msvcrt.getche msvcrt.getwch msvcrt.getwche netrc.netrc nis.maps syslog.closelog "
            "xml.sax.make_parser cgi.FieldStorage"
        ),
        "",
    ),
    **dict.fromkeys(
        words(
            "builtins.open bz2.BZ2File codecs.EncodedFile codecs.open csv.DictWriter difflib.get_close_matches "
            "difflib.unified_diff fcntl.fcntl fcntl.flock fcntl.ioctl fcntl.lockf filecmp.cmp gettext.bindtextdomain "
            "hashlib.file_digest importlib.resources.is_resource importlib.resources.open_binary "
            "importlib.resources.open_text importlib.resources.path importlib.resources.read_binary "
            "importlib.resources.read_text json.dump linecache.getline marshal.dump mmap.mmap nis.match os.access "
            "os.chflags os.chmod os.closerange os.dup2 os.eventfd_write os.execv os.execvp "
            "os.fchmod os.ftruncate os.getgrouplist os.getxattr os.initgroups os.kill os.killpg os.lchflags os.lchmod "
            "os.link os.open os.path.samefile os.path.sameopenfile os.pathconf os.read os.readv os.removexattr "
            "os.rename os.renames os.replace os.set_blocking os.symlink os.truncate os.wait4 os.waitpid os.write "
            "os.writev pickle.dump pkgutil.get_data plistlib.dump shutil.chown shutil.copy shutil.copy2 "
            "shutil.copyfile shutil.copyfileobj shutil.copymode shutil.copystat shutil.copytree shutil.make_archive "
            "shutil.move signal.pthread_kill signal.sigtimedwait socket.getaddrinfo socket.getnameinfo "
            "socketserver.TCPServer socketserver.UDPServer socketserver.UnixStreamServer termios.tcflow "
            "termios.tcflush termios.tcsendbreak wave.open winreg.ConnectRegistry winreg.CreateKey winreg.EnumKey "
            "winreg.OpenKey winreg.QueryValueEx winsound.Beep winsound.PlaySound xml.sax.parse "
            "concurrent.futures.Executor.map ftplib.FTP.rename ftplib.FTP.retrbinary ftplib.FTP.storbinary ftplib.FTP.storlines "
            "http.client.HTTPConnection.putrequest http.client.HTTPConnection.request imaplib.IMAP4.authenticate "
            "imaplib.IMAP4.copy imaplib.IMAP4.deleteacl imaplib.IMAP4.fetch imaplib.IMAP4.login "
            "imaplib.IMAP4.login_cram_md5 imaplib.IMAP4.rename imaplib.IMAP4.search imaplib.IMAP4.status "
            "imaplib.IMAP4.uid logging.handlers.SysLogHandler multiprocessing.pool.Pool.apply "
            "multiprocessing.pool.Pool.imap multiprocessing.pool.Pool.imap_unordered multiprocessing.pool.Pool.map "
            "multiprocessing.pool.Pool.starmap nntplib.NNTP.newnews poplib.POP3.apop poplib.POP3.top "
            "select.kqueue.control smtplib.SMTP.auth smtplib.SMTP.login socket.socket.sendto "
            "sqlite3.Connection.executemany sqlite3.Cursor.executemany ssl.SSLSocket.sendto tarfile.TarFile.bz2open "
            "xml.etree.ElementTree.iterparse zipfile.ZipFile.writestr"
        ),
        "a, b",
    ),
    **dict.fromkeys(
        words(
            "difflib.HtmlDiff.make_file filecmp.cmpfiles hmac.digest hmac.new imaplib.IMAP4.getannotation "
            "imaplib.IMAP4.setacl imaplib.IMAP4.sort imaplib.IMAP4.store imaplib.IMAP4.thread msvcrt.locking os.chown "
            "os.copy_file_range "
            "os.execve os.fchown os.lchown os.lockf os.lseek os.posix_fallocate os.posix_spawn os.posix_spawnp "
            "os.pread os.preadv os.pwrite os.pwritev os.setxattr os.spawnl os.spawnle os.spawnlp os.spawnlpe "
            "os.spawnv os.spawnvp os.waitid select.select smtplib.SMTP.sendmail socket.recv_fds "
            "socket.send_fds sqlite3.Connection.blobopen termios.tcsetattr wsgiref.simple_server.make_server "
            "xmlrpc.client.Transport.request xmlrpc.client.Transport.single_request os.splice os.execvpe"
        ),
        "a, b, c",
    ),
    **dict.fromkeys(
        words(
            "hashlib.pbkdf2_hmac imaplib.IMAP4.append imaplib.IMAP4.partial os.posix_fadvise os.sendfile os.spawnve os.spawnvpe"
        ),
        "a, b, c, d",
    ),
    "hashlib.scrypt": "a, salt=b, n=c, r=d, p=c",
    "gzip.GzipFile": "a, b",
    "logging.basicConfig": "filename=a",
    "os.execl": "a, b",
    "os.execle": "a, b, c",
    "os.execlp": "a, b",
    "os.execlpe": "a, b, c",
    "tarfile.TarFile.extractall": "a",
    "winreg.SetValueEx": "a, b, c, d, a",
}

# Methods that are called with one argument; the others get none.
ONE = words(
    "write writelines update compress decompress readinto readinto1 seek recv recv_into recvfrom recvfrom_into recvmsg "
    "recvmsg_into send sendall sendfile sendmsg sendmsg_afalg shutdown connect connect_ex bind put submit poll "
    "execute executescript backup deserialize load_extension load_cert_chain load_dh_params load_verify_locations "
    "wrap_socket extract extractfile extractall getmember add addfile gettarinfo wait_for emit handle readframes "
    "writeframes chmod glob rglob hardlink_to lchmod rename replace samefile symlink_to write_bytes write_text copy "
    "copy_into move move_into from_file no_cache LoadLibrary mkdir read_file cwd delete mkd ntransfercmd retrlines "
    "rmd sendcmd size storlines transfercmd voidcmd dele pass_ retr rpop user data docmd expn mail putcmd rcpt vrfy "
    "send_message dump_stats load create enable getacl getquota getquotaroot myrights proxyauth subscribe unsubscribe "
    "xatom group newgroups over post expect open read_until retrieve parse writepy read1 _callmethod recv_bytes_into "
    "send_bytes resize ftp_open file_open http_open https_open dump run_until_complete run critical debug error "
    "exception info warning shouldRollover create putheader taropen gzopen xzopen extract wait_variable control"
)
NONE = {
    "concurrent.futures.Executor.shutdown",
    "concurrent.futures.Future.exception",
    "concurrent.futures.ProcessPoolExecutor.shutdown",
    "concurrent.futures.ThreadPoolExecutor.shutdown",
    "http.cookiejar.FileCookieJar.load",
    "multiprocessing.managers.BaseManager.connect",
    "multiprocessing.managers.BaseManager.shutdown",
    "nntplib.NNTP.list",
    "queue.Queue.shutdown",
    "sched.scheduler.run",
    "select.epoll.poll",
    "select.poll.poll",
    "select.devpoll.poll",
    "socketserver.BaseServer.shutdown",
    "http.client.HTTPConnection.connect",
    "http.client.HTTPSConnection.connect",
}
MORE_ONE = {
    "configparser.ConfigParser.read",
    "imaplib.IMAP4.read",
    "mimetypes.MimeTypes.read",
    "urllib.request.OpenerDirector.open",
    "xml.etree.ElementTree.ElementTree.write",
    "zipfile.ZipFile.read",
    "zipfile.ZipFile.open",
}


def split(name: str) -> tuple[str, str, str]:
    """Module, class (or value, or nothing) and last part of the name of an operation."""
    owner, _, last = name.rpartition(".")
    module, _, holder = owner.rpartition(".")
    if owner in VALUES or owner in CLASSES or holder.lstrip("_")[:1].isupper():
        return module, owner, last
    return owner, "", last


def arguments(name: str, holder: str, last: str) -> str:
    if name in ARGUMENTS:
        return ARGUMENTS[name]
    if not holder:
        return "a"
    return "a" if name in MORE_ONE or (last in ONE and name not in NONE) else ""


def statement(name: str) -> tuple[str, list[str], str]:
    """Annotation of the receiver (or nothing), lines before, and the line of the operation."""
    module, holder, last = split(name)
    given = arguments(name, holder, last)
    if not holder or name in ON_CLASS:
        call = f"{last if module == 'builtins' else name}({given})"
        return "", [], f"for item in {call}:" if name in LAZY else call
    receiver, before = "obj", [f"obj = {MADE_BY[holder]}"] if holder in MADE_BY else []
    annotation = "" if holder in MADE_BY else holder
    if holder in VALUES:
        receiver, annotation = holder, ""
    operation = {
        "__enter__": f"with {receiver}:",
        "__exit__": f"with {receiver}:",
        "__next__": f"for item in {receiver}:" if holder in VALUES else f"next({receiver})",
        "__call__": f"{receiver}({given})",
        "__getitem__": f"{receiver}[a]",
        "__setitem__": f"{receiver}[a] = b",
        "__delitem__": f"del {receiver}[a]",
    }.get(last, f"{receiver}.{last}({given})")
    return annotation, before, f"for item in {operation}:" if name in LAZY else operation


def probe(rows: Iterable[Mapping[str, str]]) -> str:
    """The module for the rows of ``tests/data/stdlib_operations.csv``, one function for each, in their order."""
    names = [row["name"] for row in rows]
    modules = sorted({split(name)[0] for name in names} - {"builtins"})
    lines = ["from __future__ import annotations", "", *(f"import {module}" for module in modules)]
    for number, name in enumerate(names):
        annotation, before, operation = statement(name)
        receiver = f"obj: {annotation}, " if annotation else ""
        lines += ["", "", f"async def probe_{number}({receiver}a, b, c, d, *args):"]
        lines += [f"    {line}" for line in before]
        lines.append(f"    {operation}  # {name}")
        if operation.endswith(":"):
            lines.append("        pass")
    return "\n".join(lines) + "\n"
