"""RayWorkers: tasks given to processes of a Ray cluster, and given to others where these die."""

from __future__ import annotations

import contextlib
import logging
import os
from collections import Counter, deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import beir_hybrid
from beir_hybrid import WorkerError, Workers, shorten
from beir_hybrid_ray.size import WorkerSize, describe_resources
from beir_hybrid_ray.worker import Outcome, Worker

Task = TypeVar("Task")
Result = TypeVar("Result")

logger = logging.getLogger("beir_hybrid.ray")

AHEAD = 2
"""Tasks that a worker is given at a time, so that it need not wait for the next one."""
DEATHS = 3
"""Workers that may die of a task."""
_SENT = ("BEIR_HYBRID_", "HF_HOME", "HF_HUB_OFFLINE")
_THREADS = ("OMP_NUM_THREADS", "RAYON_NUM_THREADS")  # the latter are those of tokenizers, which take all CPUs else
_PATIENCE = 60.0  # seconds until somebody is told that no worker has started


@dataclass(eq=False)
class _Member:
    """One worker.

    Attributes:
        actor: Ray's handle of it.
        name: Who it is; empty until it has started.
        doing: Numbers of the tasks that it was given, in order; it does the first.
        dead: Whether it died.
    """

    actor: Any
    name: str = ""
    doing: list[int] = field(default_factory=list)
    dead: bool = False


class RayWorkers(Workers):
    """Processes of a Ray cluster.

    A worker that dies is replaced by a new one, elsewhere if its node is gone, and its tasks are given away again; this
    is decided here and not by Ray, which does not count how many workers die of a task.

    Args:
        size: How many there are, and what each takes.
        disconnect: Ends the connection to the cluster.
    """

    def __init__(self, size: WorkerSize, disconnect: Callable[[], object] = lambda: None) -> None:
        import ray

        self._ray = ray
        self._size = size
        self._disconnect = disconnect
        self._members: list[_Member] = []
        self._asked: dict[Any, tuple[_Member, int | None]] = {}  # answers to come: a task's, or the introduction
        self._stillborn = 0  # workers that died before they had started, one after another
        self._works = 0
        self._told: set[str] = set()
        self._fill()

    @property
    def count(self) -> int:
        """How many workers there are."""
        return self._size.count

    def run(
        self,
        work: Callable[[Task], Result],
        tasks: Sequence[Task],
        *,
        weights: Sequence[float] | None = None,
        advance: Callable[[float], object] | None = None,
    ) -> Iterator[tuple[int, Result]]:
        """Do tasks on the cluster, about in their order; arrays in results are read-only."""
        if not tasks:
            return
        self._fill()
        self._works += 1
        key, works = self._works, [self._ray.put(work)]  # in a list, or Ray would read it again for every task
        waiting, deaths, left = deque(range(len(tasks))), Counter[int](), len(tasks)
        try:
            while left:
                self._hand_out(waiting, lambda member, number: member.do.remote(key, works, tasks[number]))
                member, number, answer = self._next()
                if number is None:
                    self._introduce(member, answer)
                    continue
                if isinstance(answer, Exception):
                    self._bury(member, number, tasks, answer, deaths)
                    waiting.appendleft(number)
                    continue
                member.doing.remove(number)
                self._tell(answer)
                left -= 1
                if advance is not None:
                    advance(1 if weights is None else weights[number])
                yield number, answer.result
        finally:  # whoever stops early wants nothing done any more
            for member in [member for member in self._members if member.doing]:
                self._remove(member)
            self._asked = {ref: asked for ref, asked in self._asked.items() if asked[0] in self._members}

    def close(self) -> None:
        """End the workers, and Ray if it was started here."""
        for member in list(self._members):
            self._remove(member)
        self._asked.clear()
        self._disconnect()

    def _fill(self) -> None:
        """Start the workers that are lacking."""
        while len(self._members) < self._size.count:
            actor = self._ray.remote(Worker).options(
                num_cpus=self._size.cpus,
                num_gpus=self._size.gpus,
                max_restarts=0,
                max_task_retries=0,
                runtime_env={"env_vars": self._variables()},
            )
            verbose = logging.getLogger("beir_hybrid").isEnabledFor(logging.DEBUG)
            member = _Member(actor.remote(str(Path.cwd()), verbose))
            self._members.append(member)
            self._asked[member.actor.introduce.remote()] = (member, None)

    def _variables(self) -> dict[str, str]:
        """Return the environment that workers have besides their node's: threads, and where data are."""
        ours = {name: value for name, value in os.environ.items() if name.startswith(_SENT)}
        if not self._size.gpus:
            ours["CUDA_VISIBLE_DEVICES"] = ""  # those of a node are others' then
        return {**ours, **dict.fromkeys(_THREADS, str(self._size.threads))}

    def _remove(self, member: _Member) -> None:
        """End a worker for good, so that it writes nothing while another one does its tasks."""
        member.dead = True
        if member in self._members:
            self._members.remove(member)
        with contextlib.suppress(Exception):  # of a connection that is gone
            self._ray.kill(member.actor)

    def _hand_out(self, waiting: deque[int], ask: Callable[[Any, int], Any]) -> None:
        """Assign tasks to the workers that have started; the last tasks only to idle workers."""
        while waiting:
            started = [member for member in self._members if member.name]
            idlest = min(started, key=lambda member: len(member.doing), default=None)
            most = AHEAD if len(waiting) > len(self._members) else 1
            if idlest is None or len(idlest.doing) >= most:
                return
            number = waiting.popleft()
            idlest.doing.append(number)
            self._asked[ask(idlest.actor, number)] = (idlest, number)

    def _next(self) -> tuple[_Member, int | None, Any]:
        """Wait for the next answer: who gives it, to which task, and what it is; an exception where Ray raises one."""
        while True:
            done, _ = self._ray.wait(list(self._asked), num_returns=1, timeout=_PATIENCE)
            if done:
                break
            if not any(member.name for member in self._members):
                size = self._size
                self._warn(f"No worker has started yet: no node has {describe_resources(size.cpus, size.gpus)} free.")
        member, number = self._asked.pop(done[0])
        try:
            return member, number, self._ray.get(done[0])
        except Exception as error:
            return member, number, error

    def _introduce(self, member: _Member, answer: Any) -> None:
        """Take in a worker that has started, or replace one that could not."""
        if member.dead:
            return
        if isinstance(answer, Exception):
            self._stillborn += 1
            self._remove(member)
            if self._stillborn >= DEATHS:
                reason = (str(answer).strip().splitlines() or [type(answer).__name__])[-1]
                raise WorkerError(
                    f"Workers cannot start: {reason}",
                    "Install beir-hybrid and beir-hybrid-ray on every node, in the same versions.",
                )
            self._fill()
            return
        name, version = answer
        if version != beir_hybrid.__version__:
            raise WorkerError(
                f"The worker {name} has beir-hybrid {version}, and here is {beir_hybrid.__version__}.",
                "Install the same version on every node.",
            )
        self._stillborn, member.name = 0, name

    def _bury(self, member: _Member, number: int, tasks: Sequence[Any], error: Exception, deaths: Counter[int]) -> None:
        """Replace a worker that died, unless the task has had enough of them."""
        if isinstance(error, self._ray.exceptions.RayTaskError):  # what it returned cannot be sent, or the like
            reason = (str(error).strip().splitlines() or [type(error).__name__])[-1]
            raise WorkerError(
                f"A worker fails at {shorten(tasks[number])}: {reason}", "See where with --verbose."
            ) from error
        if not member.dead:
            memory = "running low on memory" in str(error)
            why = " as its node ran out of memory" if memory else ""
            doing = member.doing[0]  # while the others waited, whichever is answered first
            deaths[doing] += 1
            task = tasks[doing]
            if deaths[doing] >= DEATHS:
                raise WorkerError(
                    f"{DEATHS} workers died one after another at the task {shorten(task)}{why}.",
                    "Give each more memory by fewer --workers or a smaller --batch-size, and look at its data.",
                ) from error
            logger.warning(
                "A worker (%s) died%s at the task %s, which another one does now.", member.name, why, shorten(task)
            )
        member.doing.remove(number)
        self._remove(member)
        self._fill()

    def _tell(self, outcome: Outcome) -> None:
        """Log what a worker said, each message once, and raise what it raised."""
        for level, message in outcome.said:
            self._warn(message, level)
        if outcome.error is not None:
            logger.debug("%s", outcome.trace)
            raise outcome.error

    def _warn(self, message: str, level: int = logging.WARNING) -> None:
        if message not in self._told:
            self._told.add(message)
            logger.log(level, "%s", message)
