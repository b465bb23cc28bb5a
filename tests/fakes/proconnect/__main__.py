"""The fake as a process: `python -m tests.fakes.proconnect --client-id … --redirect …`.

Prints its issuer on the first line, then serves until it is told to stop. The demonstration starts
it with invented agents; the tests start it and give it orders over HTTP.
"""

from __future__ import annotations

import argparse
import os
import signal
import threading
from pathlib import Path

from tests.fakes.proconnect.provider import ProConnect


def main() -> None:
    """Serve until TERM, INT, or the death of the parent."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--agents", type=Path, required=True)
    parser.add_argument("--base", required=True, help="adresse du service client")
    options = parser.parse_args()
    client = {"id": os.environ["OIDC_CLIENT_ID"], "secret": os.environ["OIDC_CLIENT_SECRET"]}
    fake = ProConnect(
        client,
        options.agents,
        redirect_uris={f"{options.base}/connexion/proconnect/retour/"},
        logout_uris={f"{options.base}/deconnexion/retour/"},
        port=options.port,
    )
    print(fake.issuer, flush=True)
    told = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: told.set())
    parent = os.getppid()
    while not told.wait(1):
        if os.getppid() != parent:
            break
    fake.close()


if __name__ == "__main__":
    main()
