"""Time-outs, Ctrl-C and progress: the best plan so far, never nothing, never an unproven claim."""

from __future__ import annotations

import itertools
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, ClassVar

import highspy
import networkx as nx
import numpy as np
import pytest
from test_optimise_groups import random_graph
from test_optimise_solve import check

from pcngeo.demands import Apart
from pcngeo.errors import InfeasibleError, RulesError, SolverError
from pcngeo.optimise import (
    counts,
    differing,
    exact,
    ground,
    in_order,
    search,
    settle,
    solve,
    stages,
)
from pcngeo.optimise.clock import Clock, OutOfTimeError
from pcngeo.optimise.differing import alternatives
from pcngeo.optimise.groups.compiled import stoppable
from pcngeo.optimise.master import Master
from pcngeo.optimise.options import each_count, options_table, solve_counts
from pcngeo.optimise.plain import best_partition
from pcngeo.optimise.pool import Pool
from pcngeo.optimise.priced import Settled
from pcngeo.optimise.pricing import price
from pcngeo.optimise.sturdy import most_headroom
from pcngeo.optimise.task import Outcome, Task
from pcngeo.optimise.trade import trade
from pcngeo.plan import Plan, Status
from pcngeo.recheck import verify
from pcngeo.rules import Rules


def large_graph() -> nx.Graph:
    """Dense small lists: far more than can be proven in a moment."""
    return random_graph(150, 1, mean=4_000)


@pytest.mark.parametrize("limit", [1e-9, 0.05, 0.5])
def test_out_of_time_returns_the_best_so_far(limit: float) -> None:
    graph = large_graph()
    solve(random_graph(8, 1))  # kernels compiled
    plan = solve(graph, Rules(networks="free"), time_limit=limit)
    if plan.objective is not None:
        check(graph, plan, Rules())
        assert plan.bound is None or plan.bound <= plan.objective
    if plan.status is not Status.OPTIMAL:
        assert plan.status is Status.TIME_LIMIT
    assert set(plan.assignment.index) == set(graph)


def out_of_time(*_: Any, **__: Any) -> Any:
    raise OutOfTimeError


@pytest.mark.parametrize("seed", range(6))
def test_a_plan_for_everybody_stands_before_the_search_begins(
    seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(settle, "prove", out_of_time)
    graph = random_graph(30, seed, mean=8_000)
    plan = solve(graph)
    assert plan.status is Status.TIME_LIMIT
    assert plan.unplaced_patients == 0
    assert plan.proof == "The best plan found in the time it had; nothing is proven about it."
    assert plan.bound is None
    assert plan.gap is None
    check(graph, plan, Rules())


@pytest.mark.parametrize("seed", [5, 7])
def test_a_plan_under_headroom_stands_before_groups_are_priced_to_the_end(
    seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    graph, rules = random_graph(50, seed, mean=7_000), Rules(headroom=15)
    real = exact.generate

    def quick_only(*given: Any, **options: Any) -> Any:
        return out_of_time() if options.get("exact", True) else real(*given, **options)

    monkeypatch.setattr(stages, "PRICED_BEYOND", 0)  # no list of all groups
    monkeypatch.setattr(exact, "generate", quick_only)
    plan = solve(graph, rules)
    assert plan.status is Status.TIME_LIMIT
    monkeypatch.setattr(exact, "generate", real)
    assert plan.unplaced_patients == solve(graph, rules).unplaced_patients
    verify(plan, graph, rules)


def of_today(seed: int, practices: int) -> nx.Graph:
    graph = random_graph(practices, seed, mean=8_000)
    for i, practice in enumerate(sorted(graph)):
        graph.nodes[practice]["network_today"] = f"N{i % 4}"
    return graph


@pytest.mark.parametrize("objective", ["changed", ["distance", "size"]])
def test_out_of_time_before_an_objective_is_searched_for_nothing_is_proven_of_it(
    objective: str | list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    graph, rules = of_today(1, 30), Rules(objective=objective)
    real = in_order.ground_of

    def late(search: stages.Search, wanted: Any, *more: Any) -> Any:
        return out_of_time() if wanted == rules.stages[-1] else real(search, wanted, *more)

    monkeypatch.setattr(in_order, "ground_of", late)
    plan = solve(graph, rules)
    assert plan.status is Status.TIME_LIMIT
    assert plan.unplaced_patients == 0
    assert plan.objectives == rules.stages
    assert not plan.bound
    assert "nothing is proven" in plan.proof
    verify(plan, graph, rules)  # the objective is that of the last one, counted anew


def test_out_of_time_while_the_first_plan_is_valued_it_is_not_called_the_answer(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    graph, rules = of_today(1, 20), Rules(objective=["size", "distance"])
    monkeypatch.setattr(in_order, "_offered", out_of_time)
    plan = solve(graph, rules)
    assert plan.status is Status.TIME_LIMIT
    assert plan.objectives == rules.stages[:1]
    assert plan.bound is None
    verify(plan, graph, rules)


def test_the_narrow_window_of_soft_ends_proves_nothing_of_the_wide_one(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    graph, real = random_graph(9, 2), in_order._stages
    rules = Rules(soft_min_list=20_000, soft_max_list=60_000, objective=["size", "distance"])
    best = solve(graph, rules)

    def once(*given: Any) -> Any:
        real(*given)
        out_of_time()

    monkeypatch.setattr(in_order, "_stages", once)
    plan = solve(graph, rules)
    assert plan.status is Status.TIME_LIMIT
    assert plan.unplaced_patients > best.unplaced_patients
    assert plan.unplaced_bound <= best.unplaced_bound
    assert plan.bound is None
    assert not plan.held
    assert "proven least" not in plan.objective_name
    verify(plan, graph, rules)


def end_after_a_plan(monkeypatch: pytest.MonkeyPatch) -> None:
    """Run out of time after the first number of networks that has a plan."""
    real, made = in_order._stages, []

    def until_a_plan(search: stages.Search, *given: Any) -> Any:
        if made:
            out_of_time()
        real(search, *given)
        made.extend([] if search.answer.plan is None else [search.answer])

    monkeypatch.setattr(in_order, "_stages", until_a_plan)


@pytest.mark.parametrize("objective", ["distance", ["size", "distance"]])
def test_a_balanced_number_of_networks_proves_nothing_of_the_others(
    objective: str | list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    graph = random_graph(11, 3, mean=13_000)
    rules = Rules(networks="free", balance=20, objective=objective)
    best = solve(graph, rules)
    end_after_a_plan(monkeypatch)
    plan = solve(graph, rules)
    assert plan.status is Status.TIME_LIMIT
    assert plan.unplaced_patients > best.unplaced_patients >= plan.unplaced_bound
    assert plan.bound is None
    assert not plan.held
    assert "proven least" not in plan.objective_name
    verify(plan, graph, rules)


def test_a_balanced_number_of_a_range_proves_nothing_of_the_others(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    graph, rules = random_graph(11, 6, mean=12_000), Rules(networks=(3, 4), balance=30)
    best = solve(graph, rules)
    end_after_a_plan(monkeypatch)
    plan = solve(graph, rules)
    assert plan.status is Status.TIME_LIMIT
    assert plan.unplaced_patients == best.unplaced_patients == 0
    assert (plan.objective or 0) > (best.objective or 0)
    assert plan.bound is None
    verify(plan, graph, rules)


def test_what_the_nearest_number_leaves_out_is_not_proven_of_the_others(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    graph = random_graph(9, 0, mean=16_000)
    assert solve(graph).unplaced_patients == 0  # with one network more than is nearest
    real, made = counts.settle, []

    def one(*given: Any) -> Any:
        made.append(out_of_time() if made else real(*given))

    monkeypatch.setattr(counts, "settle", one)
    plan = solve(graph)
    assert plan.status is Status.TIME_LIMIT
    assert plan.unplaced_patients > plan.unplaced_bound == 0
    assert "might leave up to" in plan.proof


def test_a_plan_of_another_number_is_not_balanced(monkeypatch: pytest.MonkeyPatch) -> None:
    """The window goes with the number: one in place of the number asked for would break it."""
    graph, rules = random_graph(12, 6), Rules(networks=3, balance=5)
    monkeypatch.setattr(counts, "settle", out_of_time)
    monkeypatch.setattr(settle, "counted_plan", lambda ground, task, plan, clock: plan)
    monkeypatch.setattr(settle, "has_count", lambda plan, task: False)
    plan = solve(graph, rules)
    assert plan.status is Status.TIME_LIMIT
    assert plan.objective is None


@pytest.mark.parametrize("objective", ["changed", "size", ["changed", "distance"]])
def test_no_time_to_list_all_groups_is_no_end(
    objective: str | list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    graph, rules = of_today(2, 16), Rules(objective=objective)
    listed = solve(graph, rules)
    monkeypatch.setattr(stages, "every_group", out_of_time)
    priced = solve(graph, rules)
    assert listed.status is priced.status is Status.OPTIMAL
    assert priced.objective == pytest.approx(listed.objective, rel=1e-6)
    assert priced.held == pytest.approx(listed.held)
    own = solve(graph, objective=len)  # what that costs only a list says
    assert own.status is Status.TIME_LIMIT


@pytest.mark.parametrize("objective", ["changed", "size"])
def test_a_plan_that_no_kernel_prices_is_divided_anew_before_the_proof(
    objective: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    graph, rules = of_today(3, 40), Rules(objective=objective)
    monkeypatch.setattr(stages, "every_group", out_of_time)
    monkeypatch.setattr(exact, "generate", exact_for_distance_only(exact.generate))
    plan = solve(graph, rules)
    monkeypatch.setattr(settle, "cheaper_plan", lambda ground, task, plan, clock: plan)
    first = solve(graph, rules)
    for found in (plan, first):
        assert found.status is Status.TIME_LIMIT
        verify(found, graph, rules)
    assert plan.objective is not None and first.objective is not None
    assert plan.objective < 0.95 * first.objective
    assert len(plan.networks) == len(first.networks)


@pytest.mark.parametrize("objective", [["changed", "distance"], ["size", "changed"]])
def test_networks_divided_anew_keep_what_earlier_objectives_hold(
    objective: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    graph, rules = of_today(4, 18), Rules(objective=objective)
    usual = solve(graph, rules)
    monkeypatch.setattr(ground, "SHORT_LIST", 10)  # every list is a long one
    divided = []
    real = settle.cheaper_plan

    def watched(*given: Any) -> Pool:
        divided.append(given[1].budgets)
        return real(*given)

    monkeypatch.setattr(settle, "cheaper_plan", watched)
    plan = solve(graph, rules)
    assert divided
    assert (plan.status, plan.held) == (usual.status, usual.held)
    assert plan.objective == pytest.approx(usual.objective, rel=1e-6)
    verify(plan, graph, rules)


def test_nearly_full_networks_pass_practices_on_for_those_left_out(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(settle, "prove", out_of_time)
    monkeypatch.setattr(settle, "TIGHT", 0.0)  # without exchange
    graph, rules = random_graph(60, 4, mean=7_000), Rules(networks=11)  # 97 per cent full
    plan = solve(graph, rules)
    monkeypatch.setattr(search._Redraw, "fill", lambda redraw: False)
    first = solve(graph, rules)
    assert plan.unplaced_patients < 0.5 * first.unplaced_patients
    assert len(plan.networks) == 11
    verify(plan, graph, rules)


def exact_for_distance_only(real: Callable[..., Any]) -> Callable[..., Any]:
    def generate(problem: Any, *given: Any, **options: Any) -> Any:
        return out_of_time() if problem.value is not None else real(problem, *given, **options)

    return generate


def test_a_limit_that_is_not_reached_changes_nothing() -> None:
    graph = random_graph(20, 2)
    one, other = solve(graph), solve(graph, time_limit=600)
    assert one.assignment.equals(other.assignment)
    assert (one.objective, one.bound) == (other.objective, other.bound)


@pytest.mark.parametrize("objective", ["distance", ["changed", "distance"]])
def test_without_a_limit_a_slow_machine_finds_the_same_plan(
    objective: list[str] | str, monkeypatch: pytest.MonkeyPatch
) -> None:
    graph = random_graph(16, 3)
    for i, practice in enumerate(sorted(graph)):
        graph.nodes[practice]["network_today"] = f"N{i % 4}"
    usual = solve(graph, objective=objective)
    hours = itertools.count(time.perf_counter() + 3_600.0, 3_600.0)
    monkeypatch.setattr(time, "perf_counter", lambda: next(hours))
    slow = solve(graph, objective=objective)
    assert slow.seconds > 3_000
    assert slow.assignment.equals(usual.assignment)
    assert (slow.status, slow.objective) == (usual.status, usual.objective)


@pytest.mark.parametrize("objective", ["authorities", "travel", "deprivation_mixed", "changed"])
def test_what_lacks_its_input_is_refused_however_short_the_time(objective: str) -> None:
    with pytest.raises(RulesError, match="needs what has not been given"):
        solve(random_graph(16, 3), objective=objective, time_limit=0)


def test_progress_tells_a_falling_gap() -> None:
    told: list[tuple[str, float | None, float | None, float | None]] = []
    plan = solve(random_graph(20, 2), progress=lambda *news: told.append(news))
    bounds = [bound for _, _, bound, _ in told if bound is not None]
    assert bounds
    assert bounds == sorted(bounds)
    assert told[-1][1] == plan.objective


def test_interrupted_from_the_keyboard() -> None:
    graph = large_graph()
    seen = []

    def stop(phase: str, best: float | None, bound: float | None, gap: float | None) -> None:
        seen.append(best)
        if best is not None:
            raise KeyboardInterrupt

    plan = solve(graph, Rules(networks="free"), progress=stop)
    assert plan.status is Status.FEASIBLE
    assert plan.objective == seen[-1]
    assert "The search was stopped by hand, without a proof." in plan.explanation
    check(graph, plan, Rules())


@pytest.mark.parametrize("objective", ["distance", "span"])
def test_interrupted_at_some_number_of_networks(
    objective: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    graph, rules = random_graph(20, 2), Rules(objective=objective)
    plans: list[tuple[int, Plan]] = []
    real = settle.prove

    def halt(task: Task, stock: Pool, outcome: Outcome, *rest: Any) -> Pool:
        met = real(task, stock, outcome, *rest)
        if plans:
            raise KeyboardInterrupt
        return met

    monkeypatch.setattr(settle, "prove", halt)
    with pytest.raises(KeyboardInterrupt):
        for count, plan in each_count(graph, rules):
            plans.append((count, plan))
    assert [plan.status for _, plan in plans] == [Status.OPTIMAL, Status.FEASIBLE]
    verify(plans[1][1], graph, rules)  # the objective is the one asked for
    assert plans[1][1].objectives == rules.stages


def test_a_fault_of_the_lp_solver_is_told() -> None:
    def fail(phase: str, best: float | None, bound: float | None, gap: float | None) -> None:
        if best is not None:
            raise SolverError("the LP ended badly.")

    plan = solve(large_graph(), Rules(networks="free"), progress=fail)
    assert plan.status is Status.FEASIBLE
    assert any("the LP solver failed: the LP ended badly." in said for said in plan.explanation)


@pytest.mark.parametrize(
    ("again", "seconds", "error"),
    [
        (highspy.HighsModelStatus.kTimeLimit, 100.0, OutOfTimeError),
        (highspy.HighsModelStatus.kUnknown, 0.0, OutOfTimeError),
        (highspy.HighsModelStatus.kUnknown, 100.0, SolverError),
    ],
)
def test_an_lp_that_is_broken_off_at_the_limit_is_no_fault(
    again: highspy.HighsModelStatus,
    seconds: float,
    error: type[Exception],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    master = Master(np.ones(2), None, 1.0, 10.0)
    clock = Clock(100.0)

    class Broken:
        def getModelStatus(self) -> highspy.HighsModelStatus:
            return highspy.HighsModelStatus.kUnknown

        def __getattr__(self, name: str) -> Any:
            return getattr(lp, name)

    def later() -> highspy.HighsModelStatus:
        clock.limit = seconds
        return again

    lp = master._lp
    monkeypatch.setattr(master, "_lp", Broken())
    monkeypatch.setattr(master, "_again", later)
    with pytest.raises(error):
        master.solve(clock)


def test_no_thread_and_no_process_is_left_behind() -> None:
    before = threading.active_count()
    solve(large_graph(), Rules(networks="free"), time_limit=0.1)
    time.sleep(0.01)
    assert threading.active_count() == before


@pytest.mark.parametrize("seed", [2, 3, 7])
def test_every_number_of_networks(seed: int) -> None:
    graph = random_graph(11, seed, mean=12_000)
    rules = Rules()
    best = best_partition(graph, rules.min_list, rules.max_list)
    plans = solve_counts(graph, rules)
    table = options_table(graph, plans)
    assert len(plans) >= 2
    assert len(set(plans) & set(best)) >= 2
    for count, plan in plans.items():
        if count not in best:
            assert plan.status is Status.INFEASIBLE
            continue
        assert plan.status is Status.OPTIMAL
        out, cost = best[count]
        assert plan.unplaced_patients == plan.unplaced_bound == out
        assert plan.objective == pytest.approx(cost, rel=1e-6)
        assert len(plan.networks) == count
        sizes = [sum(graph.nodes[p]["list_size"] for p in g) for g in plan.groups().values()]
        assert table.loc[count, "smallest"] == min(sizes)
        assert table.loc[count, "largest"] == max(sizes)
        assert table.loc[count, "objective"] == plan.objective


def test_a_limit_of_memory_ends_with_the_best_so_far() -> None:
    graph = large_graph()
    plan = solve(graph, Rules(networks="free"), max_memory=1.7)
    assert plan.status is Status.FEASIBLE
    assert plan.bound is None  # so early that nothing is proven
    assert plan.objective is not None
    said = "The search ended at its limit of memory (1.7 MB), without a proof."
    assert said in plan.explanation
    check(graph, plan, Rules())


def test_a_limit_of_memory_that_is_not_reached_changes_nothing() -> None:
    graph = random_graph(20, 2)
    one, other = solve(graph), solve(graph, max_memory=500)
    assert one.assignment.equals(other.assignment)
    assert other.status is Status.OPTIMAL


@pytest.mark.parametrize(
    ("option", "value"),
    [
        ("seed", -1),
        ("seed", 1.5),
        ("seed", True),
        ("seed", 2**32),
        ("time_limit", "5"),
        ("time_limit", -1),
        ("time_limit", float("nan")),
        ("max_memory", 0),
        ("max_memory", "1 GB"),
    ],
)
def test_an_option_that_makes_no_sense(option: str, value: object) -> None:
    with pytest.raises(RulesError, match=f"^{option} must be a .*number.*, not "):
        solve(random_graph(6, 1), **{option: value})
    with pytest.raises(RulesError, match=f"^{option} must be a .*number.*, not "):
        solve_counts(random_graph(6, 1), **{option: value})


def test_strict_raises_with_the_plan_and_the_reasons() -> None:
    graph = nx.Graph()
    graph.add_node("A1", list_size=35_000, x=0.0, y=0.0)
    graph.add_node("A2", list_size=9_000, x=9_000.0, y=0.0)
    with pytest.raises(InfeasibleError, match="1 practice") as told:
        solve(graph, strict=True)
    assert told.value.plan.unplaced == ("A2",)
    assert all(said in str(told.value) for said in told.value.plan.explanation)
    assert solve(random_graph(20, 2), strict=True).status is Status.OPTIMAL


STOPPED = """
import sys, os, signal
sys.path.insert(0, sys.argv[1])
from test_optimise_groups import random_graph
from pcngeo.recheck import verify
from pcngeo.optimise import counts, differing, exact, settle, solve, stages
from pcngeo.rules import Rules

graph = random_graph(150, 1, mean=4_000)
told = []

def progress(phase, best, bound, gap):
    if best is not None and not told:
        told.append(best)
        os.kill(os.getpid(), signal.SIGINT)

plan = solve(graph, Rules(networks="free"), progress=progress)
known = plan.bound is None or plan.bound <= plan.objective
print(plan.status, len(plan.networks), known, *plan.explanation)
"""


def test_a_real_ctrl_c_in_the_middle_of_the_search() -> None:
    done = subprocess.run(
        [sys.executable, "-c", STOPPED, str(Path(__file__).parent)],
        capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("feasible ")
    assert " True The search was stopped by hand, without a proof." in done.stdout


def test_there_is_a_plan_however_early_the_search_ends() -> None:
    graph = random_graph(60, 1, mean=5_000)
    plan = solve(graph, max_memory=1)
    assert plan.status is Status.FEASIBLE
    assert plan.networks
    check(graph, plan, Rules())


COMPILED = """
import pcngeo.optimise.groups as room
from pcngeo.optimise.block_bound import compile_kernel
from pcngeo.optimise.block_exchange import compile_exchange
from pcngeo.optimise.planning import compile_kernels
compile_kernels()
compile_kernel()
compile_exchange()
kernels = [getattr(getattr(room, name), "__wrapped__", None) for name in room.__all__]
kernels = [kernel for kernel in kernels if kernel is not None]
print(len(kernels), [k.__name__ for k in kernels if len(k.signatures) != 1])
"""


def test_every_kernel_is_compiled_before_a_time_limit_counts() -> None:
    done = subprocess.run(
        [sys.executable, "-c", COMPILED], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "16 []"


def test_ctrl_c_inside_a_kernel_is_ctrl_c() -> None:
    def handed_over() -> None:  # as Python says it of a function that gives both back
        try:
            raise KeyboardInterrupt
        except KeyboardInterrupt as stop:
            raise SystemError("returned a result with an exception set") from stop

    with pytest.raises(KeyboardInterrupt):
        stoppable(handed_over)()

    def broken() -> None:
        raise SystemError

    with pytest.raises(SystemError):
        stoppable(broken)()


def test_ctrl_c_waits_for_the_kernel_that_is_being_compiled_and_no_longer() -> None:
    done = []

    class Kernel:
        """Compiled by its first call, like numba's."""

        __name__ = "kernel"
        overloads: ClassVar[dict[str, str]] = {}

        def __call__(self) -> None:
            self.overloads["its types"] = "machine code"
            signal.raise_signal(signal.SIGINT)
            done.append("to the end")

    called = stoppable(Kernel())
    with pytest.raises(KeyboardInterrupt):
        called()
    assert done == ["to the end"]
    with pytest.raises(KeyboardInterrupt):
        called()
    assert done == ["to the end"]


def test_compiling_does_not_count_against_a_time_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    from pcngeo.optimise import planning

    made = []
    monkeypatch.setattr(planning, "compile_kernels", lambda: made.append(time.perf_counter()))
    clocks = []
    monkeypatch.setattr(planning, "Clock", lambda *a: clocks.append(Clock(*a)) or clocks[-1])
    solve(random_graph(8, 1), time_limit=60)
    assert len(made) == 1
    assert made[0] <= clocks[0].start


@pytest.mark.parametrize("count", [17, 18, 19])
def test_a_fixed_number_has_a_plan_from_the_start(count: int) -> None:
    graph = random_graph(150, 1, mean=4_000)
    plan = solve(graph, Rules(networks=count), max_memory=1)
    assert plan.status is Status.FEASIBLE
    assert len(plan.networks) == count
    assert plan.unplaced_patients == plan.unplaced_bound  # one practice that no group can hold
    assert plan.objective is not None
    check(graph, plan, Rules())


def test_where_no_plan_of_the_number_is_found_the_nearest_number_answers() -> None:
    graph = random_graph(150, 1, mean=4_000)
    most = 21  # by list sizes alone
    plan = solve(graph, Rules(networks=most, max_practices=8), max_memory=1)
    assert plan.status is Status.FEASIBLE
    assert most - 3 < len(plan.networks) < most
    said = f"No plan of {most} networks was found in the time given, and it is not proven"
    assert plan.explanation[0].startswith(said)
    assert f"This plan has {len(plan.networks)} networks" in plan.explanation[0]
    assert plan.bound is None
    check(graph, plan, Rules())


def test_the_options_never_show_a_plan_of_another_number() -> None:
    graph = random_graph(150, 1, mean=4_000)
    most = 21  # by list sizes alone
    rules = Rules(max_practices=8)
    plan = solve_counts(graph, rules, counts=(most, most), max_memory=1)[most]
    assert plan.status is Status.FEASIBLE
    assert plan.objective is None


def test_a_function_of_ones_own_says_how_many_groups_are_too_many_and_what_to_do() -> None:
    with pytest.raises(RulesError, match="more than 1,000 here") as told:
        solve(large_graph(), objective=lambda group: float(len(group)), max_memory=1)
    assert "Set max_practices or max_span_m" in str(told.value)
    assert "max_memory" in str(told.value)
    plan = solve(random_graph(12, 1), objective=lambda group: float(len(group)))
    assert plan.status is Status.OPTIMAL


def test_work_in_shares_ends_before_the_limit_or_with_the_whole() -> None:
    done: list[int] = []

    def run(share: int) -> tuple[int, bool]:
        done.append(share)
        return share, share >= 70

    assert Clock(None).paced(100, 10, run) == 100  # without a limit at once
    assert Clock(600.0).paced(100, 10, run) == 100
    assert Clock(600.0).paced(5, 10, run) == 5
    assert done == [100, 10, 40, 100, 5]

    def slow(share: int) -> tuple[int, bool]:
        done.append(share)
        clock.start -= 3.0
        return share, False

    done.clear()
    clock = Clock(10.0)
    with pytest.raises(OutOfTimeError):
        clock.paced(1_000, 1, slow)
    assert done == [1]  # the next, four times as long, would end at 15 seconds


def test_searches_beside_a_plan_keep_the_limit_of_memory_and_say_so() -> None:
    graph = random_graph(60, 1, mean=5_000)
    some = alternatives(graph, None, 9, differ=0.9, within=1.0, max_memory=2)
    assert len(some.plans) < 9
    assert "ended at its limit of memory (2 MB), without a proof" in some.sentence
    with pytest.raises(RulesError, match="more time or memory"):
        alternatives(graph, max_memory=1)
    with pytest.raises(RulesError, match="more time or memory"):
        trade(graph, None, ["distance", "borders"], max_memory=1)
    asked = price(graph, None, Apart("P00", "P01"), max_memory=1)
    assert asked.settled is Settled.BETWEEN
    bears = most_headroom(graph, max_memory=1)
    assert not bears.proven
    assert "was not looked for: the best plan is not proven" in bears.sentence


def test_a_time_limit_that_ends_before_the_first_alternative_is_said(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def ended(*_: object) -> None:
        raise OutOfTimeError

    monkeypatch.setattr(differing.Near, "of", ended)
    found = alternatives(random_graph(20, 2), time_limit=60)
    assert len(found.plans) == 1
    assert "ended at its time limit, without a proof" in found.sentence


def test_what_is_not_proven_is_not_said_of_a_number(monkeypatch: pytest.MonkeyPatch) -> None:
    """Somebody is left out and the search gave the question up how few that can be."""
    graph, rules = random_graph(12, 6), Rules(networks=3)
    proven = solve(graph, rules)
    assert any("not everybody can be placed" in said for said in proven.explanation)
    monkeypatch.setattr(settle, "STEEPEST", 0.0)
    monkeypatch.setattr(settle, "_proven_left_out", lambda *asked: 0)
    plan = solve(graph, rules)
    assert plan.unplaced_bound < plan.unplaced_patients
    assert not any("not everybody can be placed" in said for said in plan.explanation)
    assert any("it is not proven that there is none" in said for said in plan.explanation)
