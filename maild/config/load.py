"""config.toml: the machinery, as one frozen value, judged whole (the organisation is in rules/).

Relative paths are relative to the file. Secrets come from files or the environment and never stand in
:meth:`Config.public`, which is what the log shows.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import quote, urlsplit

from maild.config import mailboxes, values
from maild.config.judge import (
    MB,
    Config,
    DeskConfig,
    HttpConfig,
    Listen,
    LogConfig,
    OutgoingConfig,
    ReadingConfig,
    StoreConfig,
    TrustConfig,
)
from maild.config.shape import ConfigFile, ListenTable, SubmissionTable
from maild.config.toml_file import Document, judge, read, shown, tell
from maild.config.toml_lines import Path as Keys
from maild.config.values import RelayTls
from maild.core.errors import Problem, Unusable, decoded
from maild.core.rules.organisation import Caps

T = TypeVar("T")


def load(path: Path) -> Config:
    """Read and judge the file.

    Raises:
        Unusable: with every problem, each with file and line.

    """
    document = read(path)
    if isinstance(document, Problem):
        raise Unusable((document,))
    judged = judge(document, ConfigFile)
    if judged.value is None:
        raise Unusable(judged.problems)
    return _Maker(document, judged.value).make()


def _is(kind: Callable[[Path], bool], path: Path) -> bool:
    """Ask the disk; a name that no disk can hold names nothing."""
    try:
        return kind(path)
    except (OSError, ValueError):
        return False


class _Maker:
    """Turns the file's shape into the value; gathers what is wrong on the way."""

    def __init__(self, document: Document, file: ConfigFile) -> None:
        self.document, self.file = document, file
        self.folder = document.path.absolute().parent
        self.problems: list[Problem] = []

    def make(self) -> Config:
        """Make all of it."""
        file = self.file
        config = Config(
            path=self.document.path,
            desk=self._desk(),
            store=StoreConfig(url=self._store()),
            rules=self._folder("rules", file.files.rules),
            templates=self._folder("templates", file.files.templates),
            keys=self.folder / file.files.keys,
            outgoing=self._outgoing(),
            smtp=self._listen("smtp", file.smtp),
            lmtp=self._listen("lmtp", file.lmtp),
            submission=self._listen("submission", file.submission),
            imap=mailboxes.mailboxes(
                file.imap, wrong=self._wrong, file=self._file, secret=self._secret, where=self.document.where
            ),
            http=self._http(),
            trust=self._trust(),
            caps=Caps(
                **file.caps.model_dump(exclude={"allow_domains"}),
                allow_domains=frozenset(
                    self._domain(("caps", "allow_domains", i), name) for i, name in enumerate(file.caps.allow_domains)
                ),
            ),
            reading=ReadingConfig(
                processes=file.reading.processes,
                wall_seconds=file.reading.wall_seconds,
                memory=self._value(("reading", "memory"), values.size, file.reading.memory, 512 * MB),
            ),
            log=LogConfig(format=file.log.format, level=file.log.level),
        )
        if not (file.smtp or file.lmtp or file.submission or file.imap):
            self._wrong((), "no door for mail: there is no [smtp], [lmtp], [submission] or [[imap]]")
        if self.problems:
            raise Unusable(tuple(self.problems))
        return config

    def _wrong(self, keys: Keys, what: str) -> None:
        self.problems.append(self.document.problem(keys, what))

    def _value(self, keys: Keys, parse: Callable[[Any], T], found: Any, otherwise: T) -> T:
        try:
            return parse(found)
        except values.Secret as error:
            self._wrong(keys, str(error))
        except ValueError as error:
            self._wrong(keys, f"found {tell(found)}, expected {error}")
        return otherwise

    def _desk(self) -> DeskConfig:
        desk = self.file.desk
        languages = [
            self._value(("desk", "languages", i), values.language, name, name) for i, name in enumerate(desk.languages)
        ]
        if len(set(languages)) != len(languages):
            self._wrong(("desk", "languages"), "a language stands there twice")
        operator = desk.operator
        if operator is not None:
            operator = self._value(("desk", "operator"), values.address, operator, operator)
        return DeskConfig(
            name=desk.name,
            number_prefix=self._value(("desk", "number_prefix"), values.prefix, desk.number_prefix, "X"),
            timezone=self._value(("desk", "timezone"), values.timezone, desk.timezone, "UTC"),
            languages=tuple(languages),
            reply_domain=None
            if desk.reply_domain is None
            else self._domain(("desk", "reply_domain"), desk.reply_domain),
            first_number=desk.first_number,
            hostname=None if desk.hostname is None else self._domain(("desk", "hostname"), desk.hostname),
            operator=operator,
        )

    def _domain(self, keys: Keys, name: str) -> str:
        return self._value(keys, values.domain, name, "invalid.example")

    def _store(self) -> str:
        store = self.file.store
        url = self._value(("store", "url"), self._store_url, store.url, "sqlite://")
        password = self._secret(("store",), store.password_file, store.password_env)
        if password is None or not url.startswith("postgresql"):
            return url
        scheme, _, rest = url.partition("://")
        user, at, place = rest.rpartition("@")
        if not at:
            self._wrong(("store", "url"), "a password needs a user in the url, as in postgresql://maild@host/db")
        return f"{scheme}://{user.partition(':')[0]}:{quote(password, safe='')}@{place}"

    def _store_url(self, url: str) -> str:
        if url.startswith("sqlite:///"):
            file = url.removeprefix("sqlite:///")
            if file:
                return f"sqlite:///{self.folder / file}"
        elif url.startswith(("postgresql://", "postgresql+psycopg://")) and urlsplit(url).path.strip("/"):
            return url
        raise ValueError('"sqlite:///FILE" or "postgresql://user@host/db"')

    def _folder(self, name: str, given: str) -> Path:
        found = self.folder / given
        if not _is(Path.is_dir, found):
            self._wrong(("files", name), f"there is no folder {shown(found)}")
        return found

    def _file(self, keys: Keys, given: str | None) -> Path | None:
        if given is None:
            return None
        found = self.folder / given
        if not _is(Path.is_file, found) or not os.access(found, os.R_OK):
            self._wrong(keys, f"there is no readable file {shown(found)}")
        return found

    def _listen(self, name: str, given: ListenTable | None) -> Listen | None:
        if given is None:
            return None
        host, port = self._value((name, "listen"), values.host_and_port, given.listen, ("", 0))
        certificate = self._file((name, "certificate"), given.certificate)
        tls = given.tls or ("none" if certificate is None else "starttls")
        if tls != "none" and given.certificate is None:
            self._wrong((name, "tls"), f'tls = "{tls}" needs a certificate')
        if given.key is not None and given.certificate is None:
            self._wrong((name, "key"), "a key needs a certificate")
        passwords = None
        if isinstance(given, SubmissionTable):
            passwords = self._file((name, "passwords"), given.passwords)
            if tls == "none" and given.certificate is None:
                self._wrong((name,), "passwords would cross the network in the clear: give a certificate")
        key = self._file((name, "key"), given.key)
        if certificate is not None and not self.problems:
            try:
                values.certificate(certificate, key)
            except ValueError as error:
                self._wrong((name, "certificate"), str(error))
        return Listen(
            host=host,
            port=port,
            max_size=self._value((name, "max_size"), values.size, given.max_size, 35 * MB),
            tls="tls" if tls == "implicit" else tls,
            certificate=certificate,
            key=key,
            max_connections=given.max_connections,
            per_ip=given.per_ip,
            passwords=passwords,
            trust=None
            if given.trust is None
            else mailboxes.door_trust((name, "trust"), given.trust, wrong=self._wrong),
        )

    def _http(self) -> HttpConfig | None:
        given = self.file.http
        if given is None:
            return None
        host, port = self._value(("http", "listen"), values.host_and_port, given.listen, ("127.0.0.1", 0))
        return HttpConfig(host=host, port=port)

    def _trust(self) -> TrustConfig:
        trust = self.file.trust
        if trust.mode == "headers" and not trust.authserv_id:
            self._wrong(("trust", "mode"), 'mode = "headers" needs authserv_id: whose results to believe')
        if trust.mode != "headers" and trust.authserv_id:
            self._wrong(("trust", "authserv_id"), 'only mode = "headers" reads it')
        return TrustConfig(
            mode=trust.mode, authserv_id=trust.authserv_id, agents=trust.agents, spam_header=trust.spam_header
        )

    def _outgoing(self) -> OutgoingConfig:
        given = self.file.outgoing
        keys: Keys = ("outgoing", "relay")
        where = self.document.where(*keys)
        scheme, _, rest = given.relay.partition(":")
        if scheme == "maildir" and rest:
            for name in ("tls", "username", "password_file", "password_env", "oauth2"):
                if getattr(given, name) is not None:
                    self._wrong(("outgoing", name), "a maildir has no use for it")
            return OutgoingConfig(where=where, maildir=self.folder / rest, connections=given.connections)
        nowhere: tuple[str, int, RelayTls, str | None] = ("", 25, "none", None)
        host, port, tls, user = self._value(keys, values.relay_of, given.relay, nowhere)
        username = given.username or user
        password = self._secret(("outgoing",), given.password_file, given.password_env)
        oauth2 = None
        if given.oauth2 is not None:
            oauth2 = mailboxes.oauth(("outgoing", "oauth2"), given.oauth2, wrong=self._wrong, file=self._file)
            if username is None or password is not None:
                self._wrong(keys, "oauth2 needs a username, and no password beside it")
        elif (username is None) == bool(given.password_file or given.password_env):
            self._wrong(keys, "a username and password_file (or password_env) belong together")
        if given.tls is not None and tls == "implicit":
            self._wrong(("outgoing", "tls"), "smtps:// is TLS from the first byte; leave tls out")
        if tls != "implicit":
            tls = given.tls or ("starttls" if password is not None or oauth2 is not None else "opportunistic")
        if tls == "none" and username is not None and host not in values.THIS_MACHINE:
            what = f'a password would cross the network to {host} in the clear: "starttls", or smtps:// in relay'
            self._wrong(("outgoing", "tls"), what)
        return OutgoingConfig(
            where=where,
            host=host,
            port=port,
            tls=tls,
            username=username,
            password=password,
            oauth2=oauth2,
            connections=given.connections,
        )

    def _secret(self, section: Keys, file: str | None, variable: str | None) -> str | None:
        if file is not None and variable is not None:
            self._wrong((*section, "password_env"), "password_file stands there too; keep one")
        if file is not None:
            path = self._file((*section, "password_file"), file)
            if path is None:
                return None
            try:
                text = decoded(path.read_bytes(), shown(path))
            except OSError:
                return None
            if isinstance(text, Problem):
                self.problems.append(text)
                return None
            return text.strip("\r\n")
        if variable is None:
            return None
        if not os.environ.get(variable):
            self._wrong((*section, "password_env"), f"the environment has no {variable}")
        return os.environ.get(variable)
