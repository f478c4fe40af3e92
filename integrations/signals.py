"""Signals sent by integrations, each inside the transaction that makes the change. `person`: a PartnerPerson."""

from common.signals import DomainSignal

person_linked = DomainSignal("partner", "person", "now")  # an account said yes to a partner
person_unlinked = DomainSignal("partner", "person", "now")  # its grant ends; the row is deleted after this
person_deleted = DomainSignal(
    "partner", "person", "now"
)  # a managed person with all logs; the row is deleted after this
