"""The administrator of the appliance, who logs in and types."""

import asyncio
import tomllib

import asyncssh

from tests.e2e.rig import Rig


async def run(rig: Rig, *lines: str) -> str:
    """Log in and run lines; give what they printed."""
    appliance = (await asyncio.to_thread(lambda: tomllib.loads(rig.config.read_text())))["appliances"]["mock"]
    address = f"[{appliance['address']}]:{appliance['port']}"
    key = await asyncio.to_thread(asyncssh.read_private_key, appliance["key_file"])
    async with asyncssh.connect(
        appliance["address"],
        appliance["port"],
        username=appliance["user"],
        client_keys=[key],
        known_hosts=asyncssh.import_known_hosts(f"{address} {appliance['host_keys'][0]}\n"),
        config=None,
        agent_path=None,
        x509_trusted_certs=None,
    ) as connection:
        return "".join([str((await connection.run(line, check=True)).stdout) for line in lines])
