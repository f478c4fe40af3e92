"""Tables of integrations, a module for each feature."""

from integrations.models.idempotency import IdempotentRequest
from integrations.models.keys import ApiKey
from integrations.models.partners import Grant, LinkRefusal, LinkRequest, Partner, PartnerPerson

__all__ = ["ApiKey", "Grant", "IdempotentRequest", "LinkRefusal", "LinkRequest", "Partner", "PartnerPerson"]
