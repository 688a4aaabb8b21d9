"""A name server on loopback, for what asks the domain name system."""

import socketserver
import threading
from collections.abc import Generator
from contextlib import contextmanager
from typing import cast

from dns.message import from_wire, make_response
from dns.rcode import NXDOMAIN, SERVFAIL
from dns.rdatatype import to_text
from dns.rrset import from_text_list


class NameServer(socketserver.ThreadingUDPServer):
    """A name server on loopback that knows some records, and answers SERVFAIL about names that begin with `broken`."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Answerer)
        self.records: dict[tuple[str, str], list[str]] = {}

    @classmethod
    @contextmanager
    def serving(cls) -> Generator["NameServer"]:
        """One that serves, in a thread of its own."""
        with cls() as server:
            threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
            yield server
            server.shutdown()

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self.server_address[1]}"


class Answerer(socketserver.BaseRequestHandler):
    def handle(self) -> None:
        server = cast("NameServer", self.server)
        data, socket = self.request
        message = from_wire(data)
        question = message.question[0]
        name, kind = question.name.to_text(omit_final_dot=True), to_text(question.rdtype)
        answer = make_response(message)
        held = server.records.get((name, kind))
        if held:
            answer.answer.append(from_text_list(question.name, 60, "IN", kind, held))
        elif name.startswith("broken"):
            answer.set_rcode(SERVFAIL)
        elif not any(name == known for known, _ in server.records):
            answer.set_rcode(NXDOMAIN)
        socket.sendto(answer.to_wire(), self.client_address)
