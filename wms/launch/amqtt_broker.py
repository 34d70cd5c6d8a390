"""The demonstration broker: amqtt in a process of its own, with our users and rules.

    python -m wms.launch.amqtt_broker USERS.json PORT

Good for looking at Kouan where Mosquitto is not installed: it takes some 15 times Mosquitto's CPU for a message, keeps
nothing across a restart and drops a delivery that is not acknowledged within 5 s. The gateway's outbox makes up for the
latter two; nothing makes up for the first.

amqtt 0.12.1 leaves three doors open that Mosquitto closes; they are closed here, and tests hold it:
- a CONNECT with a wrong password may end another client's session before the password is looked at;
- a reconnecting client gets the retained messages of everybody's subscriptions;
- a last will is published without asking whether its topic may be written.
"""

import asyncio
import json
import logging
import signal
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import amqtt.broker
from amqtt.adapters import ReaderAdapter, WriterAdapter
from amqtt.contexts import Action, BaseContext
from amqtt.errors import MQTTError
from amqtt.mqtt.connack import NOT_AUTHORIZED, ConnackPacket
from amqtt.mqtt.protocol.broker_handler import BrokerProtocolHandler
from amqtt.plugins.base import BaseAuthPlugin, BaseTopicPlugin
from amqtt.session import Session

from wms.launch.broker_users import AclRule, allows, password_fits

# A line's directory has hundreds of buckets; all of them in flight at once would run into amqtt's 5 s for an answer.
_RETAINED_AT_ONCE = 50

_log = logging.getLogger("wms.launch.amqtt_broker")


def read_users(file: Path) -> dict[str, tuple[str, list[AclRule]]]:
    """Name -> (password hash, rules), as `wms.launch.broker` wrote them."""
    rows = json.loads(file.read_text())
    return {row["name"]: (row["hash"], [AclRule(*rule) for rule in row["rules"]]) for row in rows}


class OurUsers(BaseAuthPlugin):  # type: ignore[misc] # amqtt ships no types
    """Authentication against the users file."""

    @dataclass
    class Config:
        """`users`: path of the users file."""

        users: str

    def __init__(self, context: BaseContext) -> None:
        super().__init__(context)
        self._users = read_users(Path(self.config.users))

    async def authenticate(self, *, session: Session) -> bool:
        """Whether name and password belong together; a last will needs the right to be published."""
        known = self._users.get(session.username or "")
        if known is None or not password_fits(session.password or "", known[0]):
            return False
        return not session.will_flag or allows(known[1], "write", session.will_topic or "")


class OurRules(BaseTopicPlugin):  # type: ignore[misc] # amqtt ships no types
    """Access by topic. Like Mosquitto it judges each message, so a wide subscription is harmless and simply silent."""

    @dataclass
    class Config:
        """`users`: path of the users file."""

        users: str

    def __init__(self, context: BaseContext) -> None:
        super().__init__(context)
        self._rules = {name: rules for name, (_, rules) in read_users(Path(self.config.users)).items()}

    async def topic_filtering(
        self, *, session: Session | None = None, topic: str | None = None, action: Action | None = None
    ) -> bool:
        """Publishing and receiving need a rule; subscribing alone gives nothing away."""
        if action == Action.SUBSCRIBE:
            return True
        rules = self._rules.get((session.username if session else None) or "", [])
        return allows(rules, "write" if action == Action.PUBLISH else "read", topic or "")


class PasswordFirst(BrokerProtocolHandler):  # type: ignore[misc] # amqtt ships no types
    """Looks at the password before anything is done to the session that has the same client id."""

    @classmethod
    async def init_from_connect(
        cls, reader: ReaderAdapter, writer: WriterAdapter, plugins_manager: Any, loop: Any = None
    ) -> tuple[BrokerProtocolHandler, Session]:
        """The handler and session of a CONNECT whose user is known; MQTTError for any other."""
        handler, session = await super().init_from_connect(reader, writer, plugins_manager, loop)
        verdicts = await plugins_manager.map_plugin_auth(session=session)
        if not verdicts or not all(verdicts.values()):
            await ConnackPacket.build(0, NOT_AUTHORIZED).to_stream(writer)
            await writer.close()
            raise MQTTError(f"user {session.username!r} refused")
        return handler, session


class DemonstrationBroker(amqtt.broker.Broker):  # type: ignore[misc] # amqtt ships no types
    """amqtt's broker that hands retained messages only to those who asked for them and may read them."""

    async def _publish_retained_messages_for_subscription(
        self, subscription: tuple[str, int], session: Session
    ) -> None:
        topic_filter, wanted_qos = subscription
        if all(
            subscriber.client_id != session.client_id for subscriber, _ in self._subscriptions.get(topic_filter, [])
        ):
            return
        wanted = [topic for topic in self._retained_messages if self._matches(topic, topic_filter)]
        allowed = [topic for topic in wanted if await self._topic_filtering(session, topic, Action.RECEIVE)]
        for start in range(0, len(allowed), _RETAINED_AT_ONCE):
            sent = [
                self._send_retained(topic, wanted_qos, session) for topic in allowed[start : start + _RETAINED_AT_ONCE]
            ]
            failures = [error for error in await asyncio.gather(*sent, return_exceptions=True) if error is not None]
            if failures:
                _log.warning("client %s does not take retained messages: %s", session.client_id, failures[0])
                return

    async def _send_retained(self, topic: str, wanted_qos: int, session: Session) -> None:
        """Send what is retained now: while the ones before were on their way, it may have been replaced."""
        handler, retained = self._get_handler(session), self._retained_messages.get(topic)
        if handler is not None and retained is not None:
            await handler.mqtt_publish(topic, retained.data, min(wanted_qos, retained.qos or 0), retain=True)


async def serve(users: Path, port: int) -> None:
    """Run the broker until SIGTERM or SIGINT."""
    amqtt.broker.BrokerProtocolHandler = PasswordFirst  # the only place where amqtt takes the class from
    plugins = {f"{__name__}.{plugin.__name__}": {"users": str(users)} for plugin in (OurUsers, OurRules)}
    broker = DemonstrationBroker(
        {"listeners": {"default": {"type": "tcp", "bind": f"127.0.0.1:{port}"}}, "plugins": plugins}
    )
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    await broker.start()
    _log.warning("demonstration broker (amqtt) on 127.0.0.1:%d; install mosquitto for a real line", port)
    await stop.wait()
    await broker.shutdown()


if __name__ == "__main__":
    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    # Run as a script this module is called __main__, but the plugins are found by their real name.
    from wms.launch.amqtt_broker import serve as serve_imported

    asyncio.run(serve_imported(Path(sys.argv[1]), int(sys.argv[2])))
