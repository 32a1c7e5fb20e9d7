"""Settings: what ``reconciler.yaml`` says, as a checked value, before any environment variable is looked at."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, Field, field_validator, model_validator
from pydantic_core import PydanticCustomError

from reconciler.model.layers import Layers
from reconciler.model.spec import Spec
from reconciler.model.trust import IdentitySettings

DEFAULT_DATABASE = "sqlite:///.reconciler/live.db"
"""The embedded database of a working folder without configuration."""

CONFIGURATION = "reconciler.yaml"
"""The configuration of a working folder."""
DATABASE_VARIABLE = "RECONCILER_DATABASE_URL"
VARIABLE_PATTERN = "^[A-Za-z_][A-Za-z0-9_]*$"

Count = Annotated[int, Field(ge=0, le=1_000_000)]


def _pattern(text: str) -> str:
    """A pattern that a search below the working folder understands."""
    steps = text.split("/")
    odd = any(step in ("", ".", "..") or ("**" in step and step != "**") or "[" in step for step in steps)
    if odd or "\0" in text or not text.endswith(".cel.yaml"):
        raise PydanticCustomError("CFGF-03", "must be a pattern below this folder, as in policies/*.cel.yaml")
    return text


def _folder(text: str) -> str:
    """A folder below the working folder."""
    path = text.removeprefix("./").rstrip("/")
    if any(step in ("", ".", "..") for step in path.split("/")) or "\0" in path:
        raise PydanticCustomError("CFGF-03", "must be a folder below this one, as in waivers")
    return path


def _own_folder(text: str) -> str:
    """A folder of an environment. Hidden ones are passed over in commits, so that nobody would miss them."""
    path = _folder(text)
    if any(step.startswith(".") for step in path.split("/")):
        raise PydanticCustomError("CFGF-03", "must be a folder that is not hidden, as in overlays/staging")
    return path


class DatabaseSource(Spec):
    """Where the database is: exactly one of the two."""

    from_env: str | None = Field(None, pattern=VARIABLE_PATTERN, description="Variable that holds the URL.")
    url: str | None = Field(None, min_length=1, description="URL without a password.")

    @model_validator(mode="after")
    def _one(self) -> DatabaseSource:
        if (self.from_env is None) == (self.url is None):
            raise PydanticCustomError("CFGF-03", "must hold exactly one of fromEnv and url")
        return self


class EnvironmentSettings(Spec):
    """One environment of ``environments``."""

    database: DatabaseSource | None = Field(None, description="The database of this environment.")
    overlays: list[Annotated[str, AfterValidator(_own_folder)]] = Field(
        default_factory=list, description="Folders of partial manifests, laid over the manifests in this order."
    )
    manifests: list[Annotated[str, AfterValidator(_own_folder)]] = Field(
        default_factory=list, description="Folders of manifests that this environment alone has."
    )

    @property
    def layers(self) -> Layers:
        """The folders of this environment."""
        return Layers(manifests=tuple(self.manifests), overlays=tuple(self.overlays))


class DeleteBudget(Spec):
    """How many rows a plan may delete before it needs ``--allow-delete``."""

    count: Count = Field(10, description="Deletes of all kinds together.")
    percent: Annotated[int, Field(ge=0, le=100)] = Field(30, description="Share of all managed resources.")
    percent_from: Count = Field(10, description="With fewer managed resources the share is not judged.")
    per_tenant: Count = Field(5, description="Deletes in one tenant.")


class GuardSettings(Spec):
    """Limits that hold a plan."""

    max_deletes: DeleteBudget = Field(default_factory=DeleteBudget, description="The budget of deletes.")
    min_administrators: Annotated[int, Field(ge=1, le=1000)] = Field(
        1, description="Active administrators that must stay."
    )


class ApprovalSettings(Spec):
    """How many people must agree."""

    sensitive: Count = Field(1, description="Approvals of a plan with a sensitive change.")
    critical: Count = Field(2, description="Approvals of a plan with a critical change.")
    valid_for: str = Field("24h", pattern="^[1-9][0-9]{0,5}[smhd]$", description="How long an approval holds.")


class SecretSettings(Spec):
    """Which secret sources a tenant may use: tenant, then scheme, then patterns of names."""

    allow: dict[str, dict[str, list[str]]] = Field(default_factory=dict, description="Sources by tenant.")


class SnapshotSettings(Spec):
    """Which snapshots are believed."""

    public_key: str | None = Field(
        None, pattern="^ed25519:[A-Za-z0-9+/]{43}=$", description="Public key by which snapshots are believed."
    )
    max_age: str = Field("24h", pattern="^[1-9][0-9]{0,5}[smhd]$", description="How old a snapshot may be.")


class WebhookSettings(Spec):
    """Who hears what turns while drift is watched. Addresses of webhooks are secrets: they stand in variables."""

    from_env: str = Field(pattern=VARIABLE_PATTERN, description="Variable that holds the address.")
    secret_from_env: str | None = Field(
        None, pattern=VARIABLE_PATTERN, description="Variable that holds the secret that signs."
    )


class WatchSettings(Spec):
    """What ``drift --every`` does beside looking."""

    webhook: WebhookSettings | None = Field(None, description="Who hears what turns.")


class Settings(Spec):
    """The whole file. Folders are relative to the working folder."""

    manifests: Annotated[list[Annotated[str, Field(min_length=1)]], Field(min_length=1)] = Field(
        default_factory=lambda: ["."], description="Folders of manifests, in any order."
    )
    layout: str = Field("", description="Shape of the tree: below tenants/x only tenant x.")
    database: DatabaseSource | None = Field(None, description="Where the database is.")
    environments: dict[str, EnvironmentSettings] = Field(default_factory=dict, description="Environments by name.")
    guards: GuardSettings = Field(default_factory=GuardSettings, description="Limits that hold a plan.")
    approvals: ApprovalSettings | None = Field(None, description="How many people must agree.")
    identity: IdentitySettings = Field(default_factory=IdentitySettings, description="Whom the program believes.")
    secrets: SecretSettings = Field(default_factory=SecretSettings, description="Which sources a tenant may use.")
    snapshots: SnapshotSettings = Field(default_factory=SnapshotSettings, description="Which snapshots are believed.")
    policies: list[Annotated[str, AfterValidator(_pattern)]] = Field(
        default_factory=lambda: ["policies/*.cel.yaml"], description="Files of policies, as patterns."
    )
    waivers: list[Annotated[str, AfterValidator(_folder)]] = Field(
        default_factory=lambda: ["waivers"], description="Folders of waivers, which hold nothing else."
    )
    watch: WatchSettings = Field(default_factory=WatchSettings, description="What drift --every does beside looking.")

    cache: bool = Field(True, description="Whether sound manifests are remembered in the user's cache folder.")

    def layers_of(self, environment: str) -> Layers:
        """The folders of an environment; none for one that is not there."""
        chosen = self.environments.get(environment)
        return Layers() if chosen is None else chosen.layers

    @property
    def own_folders(self) -> list[str]:
        """The folders of all environments, each once."""
        every = [one.layers for one in self.environments.values()]
        return list(dict.fromkeys(folder for one in every for folder in (*one.manifests, *one.overlays)))

    @field_validator("layout")
    @classmethod
    def _shape(cls, text: str) -> str:
        if text and "{tenant}" not in text.split("/"):
            wanted = {"sample": "tenants/{tenant}"}
            raise PydanticCustomError("CFGF-03", "must have a folder of the tenant, as in {sample}", wanted)
        return text
