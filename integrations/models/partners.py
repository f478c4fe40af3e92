"""Tables of partners, their people, and what accounts have granted them."""

from django.db import models
from django.db.models import Q

from integrations.partners import rules
from users.keys import LookupKeyField
from users.models import User
from users.rules import MAX_EMAIL_LENGTH
from users.scopes import Scope


class Partner(models.Model):
    """Another service that uses the logic of this one for its own people.

    `account` is a managed user that owns its habits and challenges. Once `removed_at` is set, its keys are dead.
    """

    name = models.CharField(max_length=rules.MAX_NAME_LENGTH, help_text="As people see it.")
    account = models.OneToOneField(User, models.PROTECT, related_name="partner", editable=False)
    contact_email = models.EmailField(
        max_length=MAX_EMAIL_LENGTH,
        blank=True,
        default="",
        db_default="",
        help_text="Is told of new keys, and of webhooks that fail. Without it staff are told of the latter.",
    )
    created_at = models.DateTimeField(editable=False)
    removed_at = models.DateTimeField(
        null=True,
        blank=True,
        editable=False,
        help_text=f"Since then its keys do not work. {rules.REMOVED_AFTER.days} days later it is deleted, with its people.",
    )

    class Meta:
        constraints = [models.CheckConstraint(condition=~Q(name=""), name="partner_has_a_name")]

    def __str__(self) -> str:
        return self.name


class PartnerPerson(models.Model):
    """A person as a partner knows them: a managed user of its own, or an account that has granted it something."""

    partner = models.ForeignKey(Partner, models.PROTECT, db_index=False, related_name="people")
    user = models.ForeignKey(User, models.PROTECT, related_name="partner_people")
    is_managed = models.BooleanField(help_text="Managed by the partner; otherwise linked by a grant.")
    external_id = models.CharField(max_length=rules.MAX_EXTERNAL_ID_LENGTH, help_text="What the partner calls them.")
    email = models.EmailField(
        max_length=MAX_EMAIL_LENGTH, blank=True, help_text="As the partner gave it. It is no address of an account."
    )
    email_key = LookupKeyField("email")
    created_at = models.DateTimeField()
    records_changes = models.BooleanField(
        default=False, db_default=False, help_text="What happens to them is recorded, because the partner asks for it."
    )

    class Meta:
        verbose_name_plural = "partner people"
        indexes = [models.Index("partner", name="partner_person_unrecorded", condition=Q(records_changes=False))]
        constraints = [
            models.UniqueConstraint("partner", "external_id", name="partner_person_external_id_unique"),
            models.UniqueConstraint(
                "partner", "email_key", condition=~Q(email_key=""), name="partner_person_email_unique"
            ),
            models.UniqueConstraint("partner", "user", name="partner_person_once"),
            models.UniqueConstraint("user", condition=Q(is_managed=True), name="partner_person_managed_by_one"),
            models.CheckConstraint(condition=~Q(external_id=""), name="partner_person_has_an_id"),
        ]

    def __str__(self) -> str:
        return f"{self.partner}: {self.external_id}"


class Grant(models.Model):
    """What an account has let a partner do, until it ends."""

    partner = models.ForeignKey(Partner, models.PROTECT, related_name="grants")
    user = models.ForeignKey(User, models.PROTECT, related_name="grants")
    scopes = models.JSONField(help_text="What it may do: names of users.scopes.Scope.")
    created_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint("partner", "user", condition=Q(ended_at=None), name="grant_one_at_a_time")
        ]

    def __str__(self) -> str:
        return f"{self.user} to {self.partner}"

    def may(self, scope: Scope) -> bool:
        """Return whether the grant has the scope."""
        return scope.value in self.scopes


class LinkRequest(models.Model):
    """A partner has asked the person who has an address to link their account. Also stored where nobody has it."""

    class Answer(models.TextChoices):
        ACCEPTED = "accepted"
        DECLINED = "declined"
        EXPIRED = "expired"

    partner = models.ForeignKey(Partner, models.PROTECT, db_index=False, related_name="link_requests")
    email = models.EmailField(max_length=MAX_EMAIL_LENGTH)
    email_key = LookupKeyField("email")
    external_id = models.CharField(
        max_length=rules.MAX_EXTERNAL_ID_LENGTH,
        blank=True,
        help_text="What the partner will call them; empty: made up.",
    )
    scopes = models.JSONField(help_text="What it asks for.")
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    answered_at = models.DateTimeField(null=True, blank=True)
    answer = models.CharField(max_length=8, choices=Answer.choices, blank=True)

    class Meta:
        indexes = [models.Index("email_key", "created_at", name="link_request_of_address")]
        constraints = [
            models.UniqueConstraint(
                "partner", "email_key", condition=Q(answered_at=None), name="link_request_one_open"
            ),
            models.CheckConstraint(
                condition=Q(answered_at=None, answer="") | (Q(answered_at__isnull=False) & ~Q(answer="")),
                name="link_request_answered_with_its_answer",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.partner} to {self.email}"


class LinkRefusal(models.Model):
    """The person who has the address never wants to be asked by the partner again."""

    partner = models.ForeignKey(Partner, models.PROTECT, db_index=False, related_name="link_refusals")
    email = models.EmailField(max_length=MAX_EMAIL_LENGTH)
    email_key = LookupKeyField("email")
    created_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint("partner", "email_key", name="link_refusal_once")]

    def __str__(self) -> str:
        return f"{self.email} refuses {self.partner}"
