"""Every setting, typed and documented. Environment variables carry the prefix `KOUAN_`; secrets come from files or the
environment and are never logged."""

from functools import cache
from pathlib import Path

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict


class Settings(BaseSettings):
    model_config = SettingsConfigDict(env_prefix="KOUAN_", extra="ignore")

    home: Path = Field(default=Path(".kouan"), description="Folder for embedded servers, secrets, logs and run files.")
    database_url: str | None = Field(
        default=None, description="External PostgreSQL (>= 15), `postgresql+asyncpg://…`; without it one is embedded."
    )
    mqtt_url: str | None = Field(
        default=None, description="External MQTT broker, `mqtt://user@host:port`; without it one is embedded."
    )
    mqtt_port: int = Field(default=0, ge=0, le=65535, description="Port of the embedded broker; 0 takes a free one.")
    mqtt_password_file: Path | None = Field(default=None, description="File with the password for `mqtt_url`.")
    http_host: str = Field(default="127.0.0.1", description="Address the web server listens on.")
    http_port: int = Field(default=8000, ge=0, le=65535, description="Port of the web server; 0 takes a free one.")
    http_workers: int = Field(
        default=1, ge=1, le=64, description="Processes of the web server; two keep two cores busy."
    )
    personal_data_key_file: Path | None = Field(
        default=None,
        description="File with 32 bytes (hex) that encrypt personal data; made on the first start if absent.",
    )
    token_hours: int = Field(default=12, ge=1, le=24 * 30, description="How long a person's sign-in lasts.")
    gs1_company_prefix: str = Field(
        default="9501101",
        pattern=r"^\d{6,12}$",
        description="GS1 company prefix for minted SSCCs (default: GS1's example).",
    )
    log_level: str = Field(default="INFO", description="DEBUG, INFO, WARNING or ERROR.")
    webhooks_to_private_networks: bool = Field(
        default=False,
        description="Let webhooks reach private addresses and plain http: for systems in one's own house.",
    )
    max_upload_bytes: int = Field(default=50_000_000, ge=1_000, description="Largest manifest taken over HTTP.")


@cache
def settings() -> Settings:
    return Settings()
