"""What every launcher raises when a server cannot be had."""


class LaunchError(RuntimeError):
    """A server could not be started or reached; the text names the cause and, where one is known, the remedy."""


class AlreadyServed(LaunchError):
    """Another process of ours owns this directory and serves from it; connect to it instead of starting a second one."""
