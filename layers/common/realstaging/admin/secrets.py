"""The secrets that administrators may write while the system runs. Nothing here can read them."""

from functools import cached_property

from realstaging.admin.changes import Change, ChangeRequest, VersionedSettings
from realstaging.admin.settings import build_revision_view
from realstaging.config import Settings
from realstaging.errors import (
    NotFoundError,
    ProviderUnavailableError,
    SecretNotKeptError,
    ValidationFailedError,
    VersionConflictError,
)
from realstaging.gateways.secrets import SecretWriter
from realstaging.image_models import registry
from realstaging.image_models.registry import StagingModel
from realstaging.models.admin import NewValue, SecretView, SettingRevisionPage
from realstaging.models.runtime_settings import Overrides, SecretNote
from realstaging.pagination import version_cursor

PREFIX = "secrets."
SHORTEST, LONGEST = 8, 2048


def key_of(model: StagingModel) -> str | None:
    """The settings key of the secret that a model needs."""
    return model.needs_secret and f"{PREFIX}models/{model.id}/{model.needs_secret}"


def references(settings: Settings) -> dict[str, str]:
    """The reference of every secret, by its settings key."""
    fixed = {
        "replicate_api_token": settings.replicate.api_token,
        "replicate_webhook_secret": settings.replicate.webhook_secret,
        "stripe_secret_key": settings.stripe.secret_key,
        "stripe_webhook_secret": settings.stripe.webhook_secret,
    }
    for name in settings.replicate.accounts:
        access = settings.replicate.every_account[name]
        fixed |= {f"replicate/{name}/api_token": access.api_token}
        fixed |= {f"replicate/{name}/webhook_secret": access.webhook_secret}
    models = {str(key_of(model)): model.needed_secret for model in registry.all() if model.needed_secret}
    return {PREFIX + name: reference for name, reference in fixed.items()} | models


class SecretAdmin:
    """Writes secrets, and says which exist."""

    def __init__(self, versioned: VersionedSettings, writer: SecretWriter) -> None:
        self._versioned, self._writer = versioned, writer

    def list_all(self) -> list[SecretView]:
        live = self._versioned.live()
        return [_build_view(key, live, held=self._writer.exists(kept)) for key, kept in self._references.items()]

    def get(self, key: str) -> SecretView:
        """Raises NotFoundError."""
        held = self._writer.exists(self._get_reference(key))
        return _build_view(key, self._versioned.live(), held=held)

    def put(self, key: str, order: NewValue, act: ChangeRequest) -> SecretView:
        """Raises NotFoundError, ValidationFailedError, VersionConflictError, ProviderUnavailableError.

        Recorded before the secret is written: a crash in between may have changed it, and that must be seen.
        """
        reference, secret = self._get_reference(key), _check_secret(order.value)

        def wanted(live: Overrides) -> Change:
            version = live.secrets[key].version if key in live.secrets else 0
            act.meant_for(version)
            note = SecretNote(version=version + 1, by=act.by, at=act.at)
            return Change(
                live=live.model_copy(update={"secrets": live.secrets | {key: note}}),
                subject=f"settings/{key}",
                version=version + 1,
                content={},
                action="secret.set",
                before=None,
                after=None,
            )

        live = self._versioned.change(wanted, act)
        try:
            self._writer.put(reference, secret)
        except ProviderUnavailableError:
            self._versioned.record(act, "secret.not_stored", f"settings/{key}")
            raise
        # SSM cannot say which concurrent write won: report a conflict to all but the last recorded one.
        if self._versioned.live().secrets.get(key) != live.secrets[key]:
            self._versioned.record(act, "secret.overtaken", f"settings/{key}")
            raise VersionConflictError("Somebody wrote it at the same time; send it again.")
        return _build_view(key, live, held=True)

    def history(self, key: str, *, limit: int, before: int | None) -> SettingRevisionPage:
        """Who wrote it, and when. Raises NotFoundError."""
        self._get_reference(key)
        found, more = self._versioned.revisions(f"settings/{key}", limit=limit, before=before)
        return SettingRevisionPage(
            items=[build_revision_view(each) for each in found], next_cursor=version_cursor(more)
        )

    def roll_back(self, key: str) -> SecretView:
        self._get_reference(key)
        raise SecretNotKeptError("Earlier values of a secret are not kept. Write the one that you want.")

    @cached_property
    def _references(self) -> dict[str, str]:
        """Built on first use: it imports every model."""
        return references(self._versioned.settings)

    def _get_reference(self, key: str) -> str:
        if key not in self._references:
            raise NotFoundError("secret", where="")
        return self._references[key]


def _build_view(key: str, live: Overrides, *, held: bool) -> SecretView:
    note = live.secrets.get(key)
    return SecretView(
        key=key,
        set=held,
        version=note.version if note else 0,
        updated_at=note.at if note else None,
        updated_by=note.by if note else None,
    )


def _check_secret(value: object) -> str:
    """Raises ValidationFailedError, which does not repeat it."""
    secret = value.strip() if isinstance(value, str) else ""
    if SHORTEST <= len(secret) <= LONGEST and secret.isascii() and secret.isprintable():
        return secret
    message = f"Should be {SHORTEST} to {LONGEST} printable ASCII characters."
    raise ValidationFailedError([{"pointer": "/value", "message": message}])
