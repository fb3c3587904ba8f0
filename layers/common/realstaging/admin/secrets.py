"""The secrets that administrators may write while the system runs. Nothing here can read one."""

from functools import cached_property

from realstaging.admin.changes import Change, ChangeRequest, VersionedSettings
from realstaging.admin.settings import shown
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
    """Under which key the secret is written that a model needs."""
    return model.needs_secret and f"{PREFIX}models/{model.id}/{model.needs_secret}"


def references(settings: Settings) -> dict[str, str]:
    """Every secret by its key, and where it is kept."""
    fixed = {
        "replicate_api_token": settings.replicate.api_token,
        "replicate_webhook_secret": settings.replicate.webhook_secret,
        "stripe_secret_key": settings.stripe.secret_key,
        "stripe_webhook_secret": settings.stripe.webhook_secret,
    }
    models = {str(key_of(model)): model.needed_secret for model in registry.all() if model.needed_secret}
    return {PREFIX + name: reference for name, reference in fixed.items()} | models


class SecretAdmin:
    """Everything that keeps secrets, bound once per process."""

    def __init__(self, desk: VersionedSettings, vault: SecretWriter) -> None:
        self._desk, self._vault = desk, vault

    def everything(self) -> list[SecretView]:
        live = self._desk.live()
        return [_view(key, live, held=self._vault.exists(kept)) for key, kept in self._references.items()]

    def get(self, key: str) -> SecretView:
        """Raises NotFoundError."""
        held = self._vault.exists(self._reference(key))
        return _view(key, self._desk.live(), held=held)

    def put(self, key: str, order: NewValue, act: ChangeRequest) -> SecretView:
        """Raises NotFoundError, ValidationFailedError, VersionConflictError, ProviderUnavailableError.

        Noted first: who dies half-way has perhaps changed a secret, and that must not go unseen.
        """
        reference, secret = self._reference(key), _checked(order.value)

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

        live = self._desk.change(wanted, act)
        try:
            self._vault.put(reference, secret)
        except ProviderUnavailableError:
            self._desk.record(act, "secret.not_stored", f"settings/{key}")
            raise
        # SSM cannot say which concurrent write won: report a conflict to all but the last recorded one.
        if self._desk.live().secrets.get(key) != live.secrets[key]:
            self._desk.record(act, "secret.overtaken", f"settings/{key}")
            raise VersionConflictError("Somebody wrote it at the same time; send it again.")
        return _view(key, live, held=True)

    def history(self, key: str, *, limit: int, before: int | None) -> SettingRevisionPage:
        """Who wrote it last, and when. Raises NotFoundError."""
        self._reference(key)
        found, more = self._desk.revisions(f"settings/{key}", limit=limit, before=before)
        return SettingRevisionPage(items=[shown(each) for each in found], next_cursor=version_cursor(more))

    def roll_back(self, key: str) -> SecretView:
        self._reference(key)
        raise SecretNotKeptError("Earlier values of a secret are not kept. Write the one that you want.")

    @cached_property
    def _references(self) -> dict[str, str]:
        """At the first need: every model is imported for them."""
        return references(self._desk.settings)

    def _reference(self, key: str) -> str:
        if key not in self._references:
            raise NotFoundError("secret", where="")
        return self._references[key]


def _view(key: str, live: Overrides, *, held: bool) -> SecretView:
    note = live.secrets.get(key)
    return SecretView(
        key=key,
        set=held,
        version=note.version if note else 0,
        updated_at=note.at if note else None,
        updated_by=note.by if note else None,
    )


def _checked(value: object) -> str:
    """Raises ValidationFailedError, which does not repeat it."""
    secret = value.strip() if isinstance(value, str) else ""
    if SHORTEST <= len(secret) <= LONGEST and secret.isascii() and secret.isprintable():
        return secret
    message = f"Should be {SHORTEST} to {LONGEST} printable ASCII characters."
    raise ValidationFailedError([{"pointer": "/value", "message": message}])
