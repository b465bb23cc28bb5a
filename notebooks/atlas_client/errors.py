"""What can go wrong, in French then in English, with what to do about it."""

from __future__ import annotations

from typing import Any


class AtlasError(Exception):
    """The Atlas did not answer as asked; `status` is the HTTP code, None without an answer."""

    def __init__(self, french: str, english: str, status: int | None = None) -> None:
        super().__init__(f"{french} / {english}")
        self.status = status


def from_response(status: int, problem: dict[str, Any], address: str) -> AtlasError:
    """The error of an answer; `problem` is its RFC 9457 document, empty when it had none."""
    detail = str(problem.get("detail", ""))
    if status == 401:
        return AtlasError(
            "Jeton inconnu, révoqué ou expiré : créez-en un dans « Mon compte », « Jetons ».",
            "Unknown, revoked or expired token: create one in your account.",
            status,
        )
    if status == 404:
        return AtlasError(
            f"Rien à {address} pour ce lecteur : nom inconnu, ou jeton sans ce droit.",
            "Nothing there for this reader: unknown name, or a token without this right.",
            status,
        )
    if status == 400:
        name = problem.get("parameter", "?")
        return AtlasError(
            f"Paramètre « {name} » refusé : {detail}", f"Parameter {name!r} refused.", status
        )
    return AtlasError(
        f"L'Atlas a répondu {status} à {address}. {detail}".strip(),
        f"The Atlas answered {status}.",
        status,
    )
