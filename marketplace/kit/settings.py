"""Settings, from the environment (MARKETPLACE_...) with defaults for the embedded house."""

import os
import secrets
import tempfile
from functools import cached_property
from hashlib import sha256
from pathlib import Path

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict

from marketplace.kit.errors import ConfigurationError

REFUSED_SECRETS = frozenset({"", "secret", "changeme", "change-me", "default", "password", "dev", "example"})


class Settings(BaseSettings):
    """Every setting of the service. Anything not given runs embedded: SQLite and a bundled Valkey in `data_dir`."""

    model_config = SettingsConfigDict(env_prefix="MARKETPLACE_", extra="ignore")

    data_dir: Path = Field(Path("var"), description="where the embedded database, broker and secrets live")
    database_url: str = Field("", description="empty: SQLite in data_dir; else postgresql+psycopg://...")
    broker_url: str = Field("", description="empty: bundled Valkey on a socket in data_dir; else redis://...")
    secret_key: str = Field("", description="signs cookies; empty: made once and kept in data_dir (embedded only)")
    host: str = "127.0.0.1"
    port: int = 8000
    public_url: str = Field("", description="the address in mails; empty: http://host:port")
    web_processes: int = Field(1, ge=1, le=64)
    web_threads: int = Field(16, ge=1, le=256)
    worker_processes: int = Field(2, ge=1, le=64)
    proxies: int = Field(
        0, ge=0, le=5, description="how many reverse proxies stand in front (X-Forwarded-* is trusted from them)"
    )
    secure_cookies: bool = Field(False, description="set when the site is served over https")
    smtp_url: str = Field(
        "", description="smtp://user:password@host:port or smtps://...; empty: mails stay in the outbox page"
    )
    mail_from: str = "Commissioning Support Marketplace <no-reply@marketplace.invalid>"
    metrics_token: str = Field("", description="bearer token for /metrics; empty: only from this machine")
    example_market: bool = Field(False, description="the data are made up: say so on every page, show the outbox")
    upload_megabytes: int = Field(10, ge=1, le=100)

    @cached_property
    def database(self) -> str:
        """The database's address for SQLAlchemy."""
        return self.database_url or f"sqlite:///{self.data_dir.absolute() / 'marketplace.sqlite'}"

    @cached_property
    def broker_socket(self) -> Path:
        """The embedded broker's socket. Short: a Unix socket's path may have at most 107 characters."""
        path = self.data_dir.absolute() / "valkey.sock"
        if len(str(path)) < 100:
            return path
        name = sha256(str(path).encode()).hexdigest()[:16]
        return Path(tempfile.gettempdir()) / f"marketplace-{name}" / "valkey.sock"

    @cached_property
    def broker(self) -> str:
        """The broker's address for Celery and the rate limits."""
        return self.broker_url or f"redis+socket://{self.broker_socket}"

    @property
    def embedded_broker(self) -> bool:
        """Whether our own supervisor runs the broker."""
        return not self.broker_url

    @cached_property
    def address(self) -> str:
        """The site's address, without a slash at the end."""
        return (self.public_url or f"http://{self.host}:{self.port}").rstrip("/")

    @cached_property
    def secret(self) -> str:
        """The secret that signs cookies. Raises ConfigurationError for a default or short one."""
        if self.secret_key:
            if self.secret_key.lower() in REFUSED_SECRETS or len(self.secret_key) < 32:
                raise ConfigurationError(
                    "MARKETPLACE_SECRET_KEY is a default or shorter than 32 characters: make one with "
                    "`python -c 'import secrets; print(secrets.token_urlsafe(48))'`."
                )
            return self.secret_key
        if self.database_url:
            raise ConfigurationError(
                "MARKETPLACE_SECRET_KEY is not set: with a database of your own the secret must be given, "
                "the same for every process."
            )
        self.data_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
        path = self.data_dir / "secret_key"
        try:
            with open(path, "x", encoding="ascii", opener=_private) as file:  # 0600 from its first moment
                file.write(secrets.token_urlsafe(48))
        except FileExistsError:
            pass
        return path.read_text().strip()


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)
