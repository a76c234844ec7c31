"""The list of scenarios. Each takes a World, injects its fault and lets the consumption come to its end; the journals are
checked afterwards."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Scenario:
    name: str
    run: object
    fault: str  # for the table
    promise: str
    brokers: int = 1
    proxied: bool = False
    partitions: int = 4
    rate: int = 150  # records per second and partition
    duplicates: str = "open"  # open: what was begun since the last acknowledged commit; none
    failing: str = ""  # why it does not pass yet
    long: bool = False  # --short leaves it out, unless it is asked for by its name


SCENARIOS = {}


def scenario(fault, promise, **options):
    def register(function):
        name = function.__name__
        SCENARIOS[name] = Scenario(name, function, fault, promise, **options)
        return function

    return register


def load():
    import broker_scenarios  # noqa: F401
    import group_scenarios  # noqa: F401
    import network_scenarios  # noqa: F401
    import process_scenarios  # noqa: F401
    import table_scenarios  # noqa: F401
    import topic_scenarios  # noqa: F401

    return SCENARIOS
