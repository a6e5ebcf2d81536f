"""A stretch of network that can go dark: what is sent into it is taken, and nothing comes out."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field


@dataclass
class Relay:
    """Passes bytes on between a port of its own and another, while it is not `dark`."""

    target: int
    port: int = 0
    dark: bool = False
    writers: list[asyncio.StreamWriter] = field(default_factory=list)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Join one connection to the target, until either end closes it."""
        self.writers.append(writer)
        far_reader, far_writer = await asyncio.open_connection("127.0.0.1", self.target)
        self.writers.append(far_writer)
        await asyncio.gather(self._pass_on(reader, far_writer), self._pass_on(far_reader, writer))

    async def _pass_on(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while data := await reader.read(1 << 16):
                if not self.dark:
                    writer.write(data)
        except ConnectionError:
            pass
        writer.close()


@asynccontextmanager
async def relaying(target: int) -> AsyncIterator[Relay]:
    """Relay to a port of this machine."""
    relay = Relay(target)
    server = await asyncio.start_server(relay.serve, "127.0.0.1", 0)
    relay.port = server.sockets[0].getsockname()[1]
    try:
        yield relay
    finally:
        for writer in relay.writers:
            writer.transport.abort()
        server.close()
        await server.wait_closed()
