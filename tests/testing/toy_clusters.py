"""Clusters that break their contract in one way each, and a sound one that they are made from."""

import multiprocessing
import pickle
from collections import Counter, deque
from multiprocessing.connection import wait

from beir_hybrid.errors import BeirHybridError, WorkerError
from beir_hybrid.workers import LocalWorkers, Workers


class Sound(Workers):
    """Processes that are forked for each piece of work."""

    count = 0  # which is set
    deaths = 3

    def __init__(self, count):
        self.count = count
        self.members = {}  # by connection: the process, and the number of its task

    def run(self, work, tasks, *, weights=None, advance=None):
        waiting, died = deque(range(len(tasks))), Counter()
        self.start(work, self.count if tasks else 0)
        try:
            while waiting or any(number is not None for _, number in self.members.values()):
                for connection, (process, number) in self.members.items():
                    if number is None and waiting:
                        self.members[connection] = process, waiting.popleft()
                        connection.send(tasks[self.members[connection][1]])
                for connection in wait(list(self.members)):
                    number, answer = self.receive(connection)
                    if isinstance(answer, EOFError):
                        died[number] += 1
                        self.bury(number, died[number], waiting)
                        self.start(work, 1)
                        continue
                    self.check(answer)
                    self.tell(advance, None if weights is None else weights[number])
                    yield from self.answers(number, answer)
        finally:
            self.finish([tasks[number] for number in waiting])

    def start(self, work, count):
        context = multiprocessing.get_context("fork")
        for _ in range(count):
            ours, theirs = context.Pipe()
            process = context.Process(target=self.serve, args=(theirs, pickle.dumps(work)), daemon=True)
            process.start()
            theirs.close()
            self.members[ours] = process, None

    def receive(self, connection):
        process, number = self.members[connection]
        try:
            answer = connection.recv()
        except EOFError as error:
            process.join()
            del self.members[connection]
            return number, error
        self.members[connection] = process, None
        return number, answer

    def serve(self, connection, pickled):
        work = pickle.loads(pickled)
        while True:
            task = connection.recv()
            try:
                connection.send(self.load(work, pickled)(task))
            except Exception as error:
                connection.send(self.wrapped(error, task))

    def load(self, work, pickled):
        return work

    def wrapped(self, error, task):
        return error if isinstance(error, BeirHybridError) else WorkerError(f"It fails at {task!r}: {error!r}.")

    def bury(self, number, deaths, waiting):
        if deaths >= self.deaths:
            raise WorkerError(f"Workers die at task {number}.")
        waiting.appendleft(number)

    def check(self, answer):
        if isinstance(answer, Exception):
            raise answer

    def tell(self, advance, weight):
        if advance is not None:
            advance(1 if weight is None else weight)

    def answers(self, number, answer):
        yield number, answer

    def finish(self, left):
        for process, _ in self.members.values():
            process.kill()
            process.join()
        self.members.clear()


class Miscounting(Sound):
    def __init__(self, count):
        super().__init__(count + 1)


class Numbering(Sound):
    def answers(self, number, answer):
        yield number + 1, answer


class Repeating(Sound):
    def answers(self, number, answer):
        yield number, answer
        yield number, answer


class Silent(Sound):
    def tell(self, advance, weight):
        pass


class Weightless(Sound):
    def tell(self, advance, weight):
        super().tell(advance, None)


class Weighing(Sound):
    def tell(self, advance, weight):
        super().tell(advance, weight or 0)


class Reloading(Sound):
    def load(self, work, pickled):
        return pickle.loads(pickled)


class Translating(Sound):
    def wrapped(self, error, task):
        return WorkerError(f"It fails at {task!r}: {error}")


class Losing(Sound):
    def check(self, answer):
        pass


class Nameless(Sound):
    def wrapped(self, error, task):
        return error if isinstance(error, BeirHybridError) else WorkerError("A task fails.")


class Raw(Sound):
    def wrapped(self, error, task):
        return error


class Spent(Sound):
    spent = False

    def run(self, work, tasks, **options):
        spent, self.spent = self.spent, False
        yield from super().run(work, [] if spent else tasks, **options)

    def check(self, answer):
        self.spent = isinstance(answer, Exception)
        super().check(answer)


class Mortal(Sound):
    deaths = 1


class Forgetful(Sound):
    def bury(self, number, deaths, waiting):
        pass


class Stubborn(Sound):
    deaths = 20


class Resigned(Sound):
    def bury(self, number, deaths, waiting):
        if deaths < self.deaths:
            waiting.append(number)


class Hasty(Sound):
    def finish(self, left):
        for connection in self.members:
            for task in left:
                connection.send(task)
        self.ended = list(self.members.values())
        self.members.clear()

    def close(self):
        self.members = dict(enumerate(self.ended))
        super().finish([])


class Lingering(Sound):
    def __init__(self, count):
        super().__init__(count)
        self.kept = []

    def finish(self, left):
        self.kept.append(dict(self.members))
        self.members.clear()


class Alone(Sound):
    def run(self, work, tasks, **options):
        return LocalWorkers().run(work, tasks, **options)


class Strange(list):
    def __init__(self, count):
        super().__init__(range(count))


KINDS = [
    thing for thing in list(globals().values()) if isinstance(thing, type) and (issubclass(thing, (Sound, Strange)))
]


def opener(kind):
    return lambda address, *, workers=None, gpus=None: kind(workers)


for thing in KINDS:
    globals()[thing.__name__.upper()] = opener(thing)
