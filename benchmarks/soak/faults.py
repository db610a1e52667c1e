"""Carries out the faults of a plan on a running chain."""

import json
import threading
import time

from benchmarks.soak.chain import Chain
from benchmarks.soak.observer import Observer
from benchmarks.soak.plan import Fault

_CYCLE = ("deactivate", "cleanup", "configure", "activate")


class Injector:
    """Begins and ends faults.

    Args:
        chain: the processes.
        observer: the way to the services and topics of the head.
        stopping: ends a fault early.
    """

    def __init__(self, chain: Chain, observer: Observer, stopping: threading.Event) -> None:
        self._chain, self._observer, self._stopping = chain, observer, stopping

    def inject(self, fault: Fault) -> tuple[float, float]:
        """Carry out a fault with its companions; returns its begin and its end, s on the steady clock."""
        begun = time.monotonic()
        for each in (fault, *fault.companions):
            self._begin(each)
        ends = sorted((fault, *fault.companions), key=lambda each: each.seconds)
        for each in ends:
            self._stopping.wait(max(0.0, begun + each.seconds - time.monotonic()))
            self._end(each)
        return begun, time.monotonic()

    def _begin(self, fault: Fault) -> None:
        chain, observer = self._chain, self._observer
        if fault.kind == "kill":
            if fault.target == "head":
                observer.forget_calls()
            chain.kill(fault.target)
        elif fault.kind == "suspend":
            chain.suspend(fault.target)
        elif fault.kind == "busy":
            chain.busy(int(str(fault.value)))
        elif fault.kind == "voices_restart":
            observer.command(json.dumps({"fault": "restart"}))
        elif fault.kind.startswith("voices_"):
            observer.command(json.dumps(_voice_fault(fault) | {"on": True}))
        elif fault.kind in ("interrupt", "reset"):
            observer.trigger(fault.kind)
        elif fault.kind in ("portrait", "parameter"):
            name = "portrait" if fault.kind == "portrait" else fault.target
            observer.set_parameter(name, fault.target if fault.kind == "portrait" else fault.value)
        elif fault.kind in ("look_at", "expression", "gesture"):
            observer.direct(fault.kind, int(str(fault.value)))
        elif fault.kind == "rest":
            observer.rest(fault.target, True)
        elif fault.kind == "cycle":
            for transition in _CYCLE:
                if not observer.change(transition):
                    observer.seen.deaf.append((time.monotonic(), f"change_state: {transition} failed"))
        else:
            raise ValueError(f"there is no fault {fault.kind!r}")

    def _end(self, fault: Fault) -> None:
        chain, observer = self._chain, self._observer
        if fault.kind == "kill":
            chain.start(fault.target)
        elif fault.kind == "suspend":
            chain.resume(fault.target)
        elif fault.kind == "busy":
            chain.busy(0)
        elif fault.kind.startswith("voices_") and fault.kind != "voices_restart":
            observer.command(json.dumps(_voice_fault(fault) | {"on": False}))
        elif fault.kind in ("expression", "gesture"):
            observer.end_directions()
        elif fault.kind == "rest":
            observer.rest(fault.target, False)


def _voice_fault(fault: Fault) -> dict[str, object]:
    return {"fault": fault.kind.removeprefix("voices_"), "how": fault.target, "by": fault.value}
