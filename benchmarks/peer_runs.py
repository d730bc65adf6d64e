"""One peer on one problem, in an environment that has the peers: called by `peers.py`.

    python peer_runs.py PEER PROBLEM.json SECONDS

Prints one line of JSON: the version of the peer, and the best labelling it found in the time (a
number for every practice), or why there is none. The problem holds list sizes, places, links, the
window and the number of networks, which is ours: a gift to the peers that need one.
"""

from __future__ import annotations

import json
import sys
import time
import warnings
from collections.abc import Callable, Iterator
from importlib.metadata import version
from pathlib import Path

import networkx as nx
import numpy as np

warnings.simplefilter("ignore")
Labels = list[int]


class Problem:
    """What every peer is given."""

    def __init__(self, content: dict, seconds: float) -> None:
        self.size = np.array(content["list_size"], float)
        self.xy = np.array(content["xy"], float)
        self.links = [tuple(link) for link in content["links"]]
        self.floor, self.ceiling = content["floor"], content["ceiling"]
        self.count = content["count"]
        self.n = len(self.size)
        self.metres = np.hypot(*(self.xy[:, None] - self.xy).transpose(2, 0, 1))
        self.graph: nx.Graph = nx.empty_graph(self.n)  # GerryChain numbers nodes as they come
        self.graph.add_edges_from(self.links)
        self.until = time.perf_counter() + seconds

    @property
    def left(self) -> float:
        """Return the seconds that are left."""
        return max(0.0, self.until - time.perf_counter())

    def score(self, labels: Labels) -> tuple[int, float]:
        """Networks out of the window or split, and the distance total: less is better."""
        bad, total = 0, 0.0
        for label in sorted(set(labels)):
            group = np.flatnonzero(np.array(labels) == label)
            patients = self.size[group].sum()
            whole = nx.is_connected(self.graph.subgraph(group.tolist()))
            bad += not (whole and self.floor <= patients <= self.ceiling)
            total += (self.size[group][:, None] * self.metres[np.ix_(group, group)]).sum(0).min()
        return bad, total

    def best(self, tries: Iterator[Labels]) -> Labels:
        """Keep the best of the tries that begin before the time is over."""
        best, score = [], (self.n + 1, np.inf)
        for labels in tries:
            if self.score(labels) < score:
                best, score = labels, self.score(labels)
            if not self.left:
                break
        return best


def metis(problem: Problem) -> Labels:
    import pymetis

    near = [sorted(problem.graph[i]) for i in range(problem.n)]
    weights = problem.size.astype(int).tolist()

    def tries() -> Iterator[Labels]:
        for seed in range(10_000):
            options = pymetis.Options(seed=seed, contig=1)
            _, labels = pymetis.part_graph(
                problem.count, adjacency=near, vweights=weights, options=options
            )
            yield [int(label) for label in labels]

    return problem.best(tries())


def gerrychain(problem: Problem) -> Labels:
    from functools import partial

    from gerrychain import Graph, Partition, constraints, updaters
    from gerrychain.optimization import SingleMetricOptimizer
    from gerrychain.proposals import recom
    from gerrychain.tree import recursive_tree_part

    graph = nx.Graph(problem.graph)
    nx.set_node_attributes(graph, {i: int(s) for i, s in enumerate(problem.size)}, "patients")
    mean = problem.size.sum() / problem.count
    give = min(mean - problem.floor, problem.ceiling - mean) / mean
    ours = Graph.from_networkx(graph)
    rng = __import__("random").Random(0)
    try:
        start = recursive_tree_part(ours, range(problem.count), mean, "patients", give, rng=rng)
    except TypeError:  # earlier versions draw from the module
        start = recursive_tree_part(ours, range(problem.count), mean, "patients", give)
    count = updaters.Tally("patients", alias="patients")
    first = Partition(ours, assignment=start, updaters={"patients": count})
    proposal = partial(recom, pop_col="patients", pop_target=mean, epsilon=give, node_repeats=1)

    def labels_of(partition: Partition) -> Labels:
        return [int(partition.assignment.mapping[i]) for i in range(problem.n)]

    window = constraints.within_percent_of_ideal_population(first, give, pop_key="patients")
    search = SingleMetricOptimizer(
        proposal, [window], first, lambda p: problem.score(labels_of(p))[1], maximize=False
    )
    best, score = labels_of(first), problem.score(labels_of(first))
    for partition in search.short_bursts(10, 10_000_000):
        labels = labels_of(partition)
        if problem.score(labels) < score:
            best, score = labels, problem.score(labels)
        if not problem.left:
            break
    return best


def _frame(problem: Problem) -> tuple:
    import geopandas as gpd
    from libpysal.weights import W

    points = gpd.points_from_xy(problem.xy[:, 0], problem.xy[:, 1])
    frame = gpd.GeoDataFrame({"patients": problem.size}, geometry=points, crs=27700)
    frame["x"], frame["y"] = problem.xy[:, 0], problem.xy[:, 1]
    near = {i: sorted(problem.graph[i]) for i in range(problem.n)}
    return frame, W(near, silence_warnings=True)


def maxp(problem: Problem) -> Labels:
    from spopt.region import MaxPHeuristic

    frame, weights = _frame(problem)

    def tries() -> Iterator[Labels]:
        for seed in range(1000):
            np.random.seed(seed)  # noqa: NPY002 - what spopt draws from
            model = MaxPHeuristic(
                frame, weights, ["x", "y"], "patients", problem.floor, top_n=2,
                max_iterations_construction=20, max_iterations_sa=20,
            )  # fmt: skip
            model.solve()
            yield [int(label) for label in model.labels_]

    return problem.best(tries())


def skater(problem: Problem) -> Labels:
    from spopt.region import Skater

    frame, weights = _frame(problem)
    model = Skater(frame, weights, ["x", "y"], n_clusters=problem.count, floor=1)
    model.solve()
    return [int(label) for label in model.labels_]


def azp(problem: Problem) -> Labels:
    from spopt.region import AZP

    frame, weights = _frame(problem)

    def tries() -> Iterator[Labels]:
        for seed in range(1000):
            model = AZP(frame, weights, ["x", "y"], n_clusters=problem.count, random_state=seed)
            model.solve()
            yield [int(label) for label in model.labels_]

    return problem.best(tries())


def cpsat(problem: Problem) -> Labels:
    from ortools.sat.python import cp_model

    n, size = problem.n, problem.size.astype(int)
    model = cp_model.CpModel()
    x = [[model.new_bool_var("") for _ in range(n)] for _ in range(n)]
    arcs = problem.links + [(b, a) for a, b in problem.links]
    for i in range(n):
        model.add_exactly_one(x[i])
    for j in range(n):
        load = sum(int(size[i]) * x[i][j] for i in range(n))
        model.add(load <= problem.ceiling * x[j][j])
        model.add(load >= problem.floor * x[j][j])
        flow = {a: model.new_int_var(0, n, "") for a in arcs}
        for i in range(n):
            if i != j:
                model.add_implication(x[i][j], x[j][j])
                into = sum(f for (_, v), f in flow.items() if v == i)
                out = sum(f for (u, _), f in flow.items() if u == i)
                model.add(into - out == x[i][j])
                model.add(into <= n * x[i][j])
    model.add(sum(x[j][j] for j in range(n)) == problem.count)
    cost = (problem.size[:, None] * problem.metres).round().astype(int)
    model.minimize(sum(int(cost[i, j]) * x[i][j] for i in range(n) for j in range(n)))
    solver = cp_model.CpSolver()
    solver.parameters.max_time_in_seconds = problem.left
    solver.parameters.num_workers = 1
    if solver.solve(model) not in (cp_model.OPTIMAL, cp_model.FEASIBLE):
        raise RuntimeError("no plan in the time")
    return [next(j for j in range(n) if solver.value(x[i][j])) for i in range(n)]


def hess(problem: Problem) -> Labels:
    """Assign practices to hubs, with flow contiguity, by HiGHS."""
    from scipy.optimize import Bounds, LinearConstraint, milp
    from scipy.sparse import csr_array

    n = problem.n
    arcs = problem.links + [(b, a) for a, b in problem.links]
    m, served = len(arcs), problem.n**2
    entries: list[tuple[int, int, float]] = []
    lower: list[float] = []
    upper: list[float] = []

    def row(terms: dict[int, float], low: float, high: float) -> None:
        entries.extend((len(lower), column, value) for column, value in terms.items())
        lower.append(low)
        upper.append(high)

    for i in range(n):
        row({i * n + j: 1.0 for j in range(n)}, 1, 1)
    row({j * n + j: 1.0 for j in range(n)}, problem.count, problem.count)
    for j in range(n):
        load = {i * n + j: problem.size[i] for i in range(n)}
        row({**load, j * n + j: problem.size[j] - problem.ceiling}, -np.inf, 0)
        row({**load, j * n + j: problem.size[j] - problem.floor}, 0, np.inf)
        for i in set(range(n)) - {j}:
            row({i * n + j: 1.0, j * n + j: -1.0}, -np.inf, 0)
            into = {served + j * m + a: 1.0 for a, (_, v) in enumerate(arcs) if v == i}
            out = {served + j * m + a: -1.0 for a, (u, _) in enumerate(arcs) if u == i}
            row({**into, **out, i * n + j: -1.0}, 0, 0)
            row({**into, i * n + j: -float(n)}, -np.inf, 0)
    rows, columns, values = zip(*entries, strict=True)
    width = served + n * m
    cost = np.zeros(width)
    cost[:served] = (problem.size[:, None] * problem.metres).ravel() / 1e6
    answer = milp(
        cost,
        constraints=LinearConstraint(csr_array((values, (rows, columns)), (len(lower), width)),
                                     lower, upper),
        bounds=Bounds(0, np.where(np.arange(width) < served, 1, n)),
        integrality=(np.arange(width) < served).astype(int),
        options={"time_limit": problem.left},
    )  # fmt: skip
    if answer.x is None:
        raise RuntimeError("no plan in the time")
    return [int(j) for j in answer.x[:served].reshape(n, n).argmax(axis=1)]


#: Peer -> what runs it, and the package whose version counts.
PEERS: dict[str, tuple[Callable[[Problem], Labels], str]] = {
    "GerryChain short bursts": (gerrychain, "gerrychain"),
    "spopt MaxP": (maxp, "spopt"),
    "spopt SKATER": (skater, "spopt"),
    "spopt AZP": (azp, "spopt"),
    "METIS": (metis, "pymetis"),
    "CP-SAT": (cpsat, "ortools"),
    "Hess + flow (HiGHS)": (hess, "scipy"),
}


def main() -> None:
    name, path, seconds = sys.argv[1:]
    run, package = PEERS[name]
    answer: dict = {}
    try:
        answer["version"] = f"{package} {version(package)}"
        answer["labels"] = run(Problem(json.loads(Path(path).read_text()), float(seconds)))
    except Exception as fault:  # whatever a peer may raise is its answer
        answer["why"] = (
            f"{type(fault).__name__}: {str(fault).splitlines()[0] if str(fault) else ''}"
        )
    print("\n" + json.dumps(answer))


if __name__ == "__main__":
    main()
