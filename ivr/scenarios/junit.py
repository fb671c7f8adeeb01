"""JUnit XML of a run, as build servers show it: a testsuite for each file, a testcase for each scenario."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from xml.etree import ElementTree

from ivr.catalog.faults import Fault
from ivr.scenarios.suite import Result
from ivr.scenarios.transcript import difference, transcript

_NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def write_junit(path: Path, results: Sequence[Result], faults: Sequence[Fault]) -> None:
    """Write the file. Raises OSError."""
    top = ElementTree.Element("testsuites", tests=str(len(results) + len(faults)), time=_seconds(results))
    top.set("failures", str(sum(not result.passed for result in results)))
    top.set("errors", str(len(faults)))
    for shown in dict.fromkeys([*(fault.file for fault in faults), *(result.scenario.shown for result in results)]):
        of_file = [result for result in results if result.scenario.shown == shown]
        wrong = [fault for fault in faults if fault.file == shown]
        suite = ElementTree.SubElement(top, "testsuite", name=shown, tests=str(len(of_file) + len(wrong)), time=_seconds(of_file))
        suite.set("failures", str(sum(not result.passed for result in of_file)))
        suite.set("errors", str(len(wrong)))
        for fault in wrong:
            case = ElementTree.SubElement(suite, "testcase", classname=_class(shown), name=f"line {fault.line}", file=shown)
            ElementTree.SubElement(case, "error", message=_clean(fault.message), type=fault.code).text = _clean(str(fault))
        for result in of_file:
            _case(suite, result)
    ElementTree.indent(top)
    ElementTree.ElementTree(top).write(path, encoding="utf-8", xml_declaration=True)


def _case(suite: ElementTree.Element, result: Result) -> None:
    scenario = result.scenario
    case = ElementTree.SubElement(suite, "testcase", classname=_class(scenario.shown), name=scenario.name, file=scenario.shown)
    case.set("line", scenario.place.rsplit(":", 2)[1])
    case.set("time", f"{result.seconds:.3f}")
    if not result.passed:
        message = "; ".join(f"{failure.place}: {failure.message}" for failure in result.failures)
        failure = ElementTree.SubElement(case, "failure", message=_clean(message), type="expectation")
        failure.text = _clean(difference(result.played, result.failures))
    ElementTree.SubElement(case, "system-out").text = _clean(transcript(result.played))


def _class(shown: str) -> str:
    """`menus/azercell/scenarios/balance.yaml` as `azercell.balance`."""
    parts = shown.removesuffix(".yaml").split("/")
    return ".".join(part for part in parts[-3:] if part != "scenarios")


def _seconds(results: Sequence[Result]) -> str:
    return f"{sum(result.seconds for result in results):.3f}"


def _clean(text: str) -> str:
    """`text` without the signs that XML 1.0 cannot hold."""
    return _NOT_XML.sub("�", text)
