"""The bytes of files, in rows of a bounded size, so that every process of the service has them."""

import hashlib
from collections.abc import Iterable, Iterator
from typing import IO

from integrations.models import Transfer, TransferPiece

PIECE = 1 << 20


def save(transfer: Transfer, pieces: Iterable[bytes]) -> None:
    """Store the bytes of a transfer, with their size and hash. The caller has a transaction."""
    digest, size = hashlib.sha256(), 0
    for number, piece in enumerate(pieces):
        TransferPiece.objects.create(transfer=transfer, number=number, packed_bytes=piece)
        digest.update(piece)
        size += len(piece)
    transfer.size, transfer.sha256 = size, digest.hexdigest()
    transfer.save(update_fields=["size", "sha256"])


def pieces_of(stream: IO[bytes]) -> Iterator[bytes]:
    """Yield a stream in pieces."""
    while piece := stream.read(PIECE):
        yield piece


def stored_pieces(transfer_id: int) -> Iterator[bytes]:
    """Yield the stored bytes of a transfer, one row at a time."""
    number = 0
    while (piece := TransferPiece.objects.filter(transfer=transfer_id, number=number).first()) is not None:
        yield bytes(piece.packed_bytes)
        number += 1


def load(transfer: Transfer) -> bytes:
    """Return the bytes of a transfer."""
    return b"".join(stored_pieces(transfer.pk))


def forget(transfer: Transfer) -> None:
    """Delete the bytes of a transfer."""
    TransferPiece.objects.filter(transfer=transfer).delete()
