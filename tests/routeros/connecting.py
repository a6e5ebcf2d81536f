"""How a connection comes about, or does not: to the pinned box alone, with the credentials of now, within bounds."""

import asyncio
import contextlib
import socket
from dataclasses import replace
from pathlib import Path

import asyncssh
import pytest

from rds_csi_async.domain.errors import UnreachableError
from rds_csi_async.routeros.session import open_session
from rds_csi_async.routeros.settings import ApplianceSettings, Limits
from tests.fakes.ssh_server import USER, FakeSshServer
from tests.planted import PASSWORD

OTHER = "SHA256:" + "A" * 43  # nobody's fingerprint
LONG_S = 20.0
SHORT_S = 0.2


def _swap(secret: Path, version: str, pins: str, password: str) -> None:
    """Put new values into a mounted Secret as kubelet does: a link that all names lead through is replaced."""
    (secret / version).mkdir(parents=True)
    (secret / version / "host-key").write_text(pins)
    (secret / version / "password").write_text(password)
    (secret / "..new").symlink_to(version)
    (secret / "..new").replace(secret / "..data")
    for name in ("host-key", "password"):
        if not (secret / name).is_symlink():
            (secret / name).symlink_to(f"..data/{name}")


class Connecting:
    """Whoever inherits has the fixtures `server` and `settings`."""

    async def test_a_fingerprint_pins_as_a_key_does(self, settings: ApplianceSettings, server: FakeSshServer) -> None:
        """Either form, and one of several is enough."""
        pinned = replace(settings, host_keys=(OTHER, server.fingerprint))
        session = await open_session(pinned)
        assert await session.execute("say x", LONG_S) == "x"
        session.abort()

    async def test_any_other_box_is_refused(self, settings: ApplianceSettings, server: FakeSshServer) -> None:
        """The key that it shows is in the message, and what to do."""
        with pytest.raises(UnreachableError, match="not the pinned one") as caught:
            await open_session(replace(settings, host_keys=(OTHER,)))
        assert server.fingerprint in str(caught.value)

    async def test_without_a_pin_there_is_no_trust_at_all(
        self, settings: ApplianceSettings, server: FakeSshServer
    ) -> None:
        """Nobody is even asked."""
        with pytest.raises(UnreachableError, match="no host key is pinned"):
            await open_session(replace(settings, host_keys=()))
        assert server.connections == []

    async def test_pins_and_keys_follow_a_mounted_secret(
        self, settings: ApplianceSettings, server: FakeSshServer, tmp_path: Path
    ) -> None:
        """Whose link is swapped, as kubelet does: what was wrong before is right now, and the other way round."""
        mounted = replace(
            settings,
            host_keys=(),
            host_key_file=tmp_path / "secret/host-key",
            password_file=tmp_path / "secret/password",
        )
        await asyncio.to_thread(_swap, tmp_path / "secret", "1", OTHER, PASSWORD)
        with pytest.raises(UnreachableError, match="not the pinned one"):
            await open_session(mounted)
        await asyncio.to_thread(
            _swap, tmp_path / "secret", "2", f"# both, while they change\n{OTHER}\n{server.host_key}\n", PASSWORD
        )
        (await open_session(mounted)).abort()
        await asyncio.to_thread(_swap, tmp_path / "secret", "3", server.fingerprint, "wrong")
        with pytest.raises(UnreachableError, match="does not let user"):
            await open_session(mounted)

    async def test_the_kernel_watches_the_connection(
        self, settings: ApplianceSettings, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """RouterOS answers no keep-alive of SSH; TCP's is answered by its kernel."""
        watched: list[tuple[str, float]] = []
        monkeypatch.setattr(
            "rds_csi_async.routeros.session.guard", lambda made, bound_s: watched.append((type(made).__name__, bound_s))
        )
        (await open_session(settings)).abort()
        assert watched == [("TransportSocket", 25.0)]

    async def test_another_whole_key_is_refused(self, settings: ApplianceSettings) -> None:
        """As a fingerprint is."""
        other = asyncssh.generate_private_key("ssh-ed25519").export_public_key().decode()
        with pytest.raises(UnreachableError, match="not the pinned one"):
            await open_session(replace(settings, host_keys=(other,)))

    async def test_a_user_who_is_not_let_in_is_named(self, settings: ApplianceSettings) -> None:
        """With what to check."""
        with pytest.raises(UnreachableError, match="does not let user 'nobody' in"):
            await open_session(replace(settings, user="nobody"))

    async def test_a_key_lets_in_and_is_read_at_each_connect(
        self, settings: ApplianceSettings, server: FakeSshServer, tmp_path: Path
    ) -> None:
        """A changed file is taken up."""
        old, new = (asyncssh.generate_private_key("ssh-ed25519") for _ in range(2))
        server.user_keys = [new.get_fingerprint()]
        by_key = replace(settings, password_file=None, key_file=tmp_path / "key")
        await asyncio.to_thread(old.write_private_key, tmp_path / "key")
        with pytest.raises(UnreachableError, match="does not let user"):
            await open_session(by_key)
        await asyncio.to_thread(new.write_private_key, tmp_path / "key")
        (await open_session(by_key)).abort()

    @pytest.mark.parametrize("change", [{"key_file": Path("/nowhere/key")}, {"host_keys": ("rubbish",)}, {"port": 1}])
    async def test_what_cannot_be_used_is_unreachable(
        self, settings: ApplianceSettings, change: dict[str, Path]
    ) -> None:
        """A missing file, a key that is none, a port where nobody listens."""
        with pytest.raises(UnreachableError):
            await open_session(replace(settings, **change))  # type: ignore[arg-type]  # each is of its field's type

    async def test_a_silent_peer_is_given_up(self) -> None:
        """One that accepts and says nothing."""
        hold = asyncio.Event()

        async def be_silent(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await hold.wait()
            writer.close()

        silent = await asyncio.start_server(be_silent, "127.0.0.1", 0)
        port = silent.sockets[0].getsockname()[1]
        limits = Limits(connect_timeout_s=LONG_S, login_timeout_s=SHORT_S)
        with pytest.raises(UnreachableError, match=r"it is there, but no login came about within 0\.2 s"):
            await open_session(ApplianceSettings("127.0.0.1", USER, (OTHER,), (), port, limits=limits))
        hold.set()
        silent.close()
        await silent.wait_closed()

    async def test_a_dark_host_is_given_up_by_a_bound_of_its_own(self) -> None:
        """One that does not even accept: its queue is full, so the kernel drops what comes."""
        with socket.socket() as dark, contextlib.ExitStack() as queue:
            dark.bind(("127.0.0.1", 0))
            dark.listen(0)
            for _ in range(4):
                waiting = queue.enter_context(socket.socket())
                waiting.setblocking(False)  # noqa: FBT003 - the library's argument
                waiting.connect_ex(dark.getsockname())
            limits = Limits(connect_timeout_s=SHORT_S, login_timeout_s=LONG_S)
            reached = ApplianceSettings("127.0.0.1", USER, (OTHER,), (), dark.getsockname()[1], limits=limits)
            with pytest.raises(UnreachableError, match=r"does not answer within 0\.2 s"):
                await open_session(reached)
