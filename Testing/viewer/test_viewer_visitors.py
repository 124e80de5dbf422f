"""Several browsers, reloads and restarts: nobody's result is lost, or another's."""

import http.client
from urllib.parse import urlsplit

import numpy as np
import pytest
from job_processes import until
from made_models import fresh_model
from viewer_page import Visitor, slow
from viewer_server import resident, serving, session_processes

from GastricDiffLib.jobs.process import started
from GastricDiffLib.nets.input import InputSpec


@pytest.fixture(scope="module")
def slow_model(tmp_path_factory):
    """A model that takes a moment longer: wider, and every slice of the CT."""
    path = tmp_path_factory.mktemp("model") / "slow.safetensors"
    return fresh_model(path, "r50-imp-dpn-tad", InputSpec(size=224, scope="all"), width=0.5)


@pytest.fixture(scope="module")
def server(tmp_path_factory, slow_model):
    folder = tmp_path_factory.mktemp("viewer")
    # None of the tests' visitors comes back to what it left behind.
    with serving(folder, "--model", slow_model, "--sessions", 8, standin=False) as server:
        yield server


def slices(visitor):
    """How many slices the box cuts, as the page shows."""
    return int(visitor.box.split(" cuts ")[1].split()[0])


def in_box(visitor):
    return sum(row[2] == "●" for row in visitor.rows)


def move_up(visitor):
    """Move the box three slices up."""
    visitor.page.evaluate("window.trame.trigger('step', ['Red', 3])")
    visitor.page.get_by_text("Move here").click()
    visitor.settle()


def test_two_browsers_take_turns_and_each_gets_its_own_result(server, browser):
    first, second = Visitor(browser, server.url), Visitor(browser, server.url)
    second.drag(second.corner(), (25, -25))
    move_up(second)
    first.classify(wait=False)
    first.until(lambda: first.state("busy") == "classify")
    second.classify(wait=False)
    second.until(lambda: second.state("busy") == "wait")
    assert "Waiting for another classification" in second.text(".gd-go")

    # The first goes away in the middle; its own goes on, and so does the other's.
    address = first.page.url
    first.page.goto("about:blank")
    second.wait_for_vote()
    assert second.state("stale") is False
    assert in_box(second) == slices(second)

    first.page.goto(address)
    first.wait_for_views()
    first.wait_for_vote()
    assert in_box(first) == slices(first) == 14
    assert [row[0] for row in first.rows] == [row[0] for row in second.rows], "not the same CT"
    assert [row[2] for row in first.rows] != [row[2] for row in second.rows], "the same box"
    for visitor in (first, second):
        assert visitor.faults == []
        visitor.close()


def test_a_visitor_who_waits_can_give_up_the_place(server, browser):
    first, second = Visitor(browser, server.url), Visitor(browser, server.url)
    first.classify(wait=False)
    first.until(lambda: first.state("busy") == "classify")
    second.classify(wait=False)
    second.until(lambda: second.state("busy") == "wait")
    second.classify(wait=False)
    second.until(lambda: second.state("busy") == "")
    assert second.state("message") == "Cancelled." and not second.state("vote")
    first.classify(wait=False)
    first.until(lambda: first.state("busy") == "")
    assert first.state("message") == "Cancelled." and not first.state("vote")
    for visitor in (first, second):
        visitor.close()


def test_an_upload_that_a_classification_overtook_is_refused_and_changes_nothing(server, browser):
    visitor = Visitor(browser, server.url)
    (cookie,) = visitor.context.cookies()
    first = b'--x\r\nContent-Disposition: form-data; name="file"; filename="ct.nrrd"\r\n\r\n'
    last = b"\r\n--x--\r\n"
    connection = http.client.HTTPConnection("127.0.0.1", server.port)
    connection.putrequest("POST", urlsplit(visitor.page.url).path + "upload")
    for name, value in {
        "Origin": server.url.rstrip("/"),
        "Cookie": f"{cookie['name']}={cookie['value']}",
        "Content-Type": "multipart/form-data; boundary=x",
        "Content-Length": len(first) + len(last) + 8,
    }.items():
        connection.putheader(name, str(value))
    connection.endheaders(first + b"NRRD")

    def uploads():
        return [one for folder in server.folders() for one in folder.glob("upload-*")]

    visitor.until(uploads)
    visitor.classify(wait=False)
    visitor.until(lambda: visitor.state("busy") == "classify")
    connection.send(b"0004" + last)
    answer = connection.getresponse()
    assert (answer.status, b"the session is busy" in answer.read()) == (422, True)
    assert uploads() == []
    visitor.wait_for_vote()
    assert in_box(visitor) == slices(visitor)
    visitor.close()


def test_a_reload_in_the_middle_keeps_the_classification(server, browser):
    visitor = Visitor(browser, server.url)
    visitor.classify(wait=False)
    visitor.until(lambda: visitor.state("busy") == "classify")
    visitor.page.reload()
    visitor.wait_for_views()
    visitor.wait_for_vote()
    assert in_box(visitor) == slices(visitor)
    assert visitor.faults == []
    visitor.close()


def test_a_stopped_server_is_noticed_and_the_next_one_begins_anew(tmp_path, slow_model, browser):
    with serving(tmp_path, "--model", slow_model, standin=False) as server:
        visitor = Visitor(browser, server.url)
        visitor.classify(wait=False)
        visitor.until(lambda: visitor.state("busy") == "classify")
        family = server.family()
        server.end()
    visitor.page.locator(".gd-lost").wait_for(timeout=slow())
    assert until(lambda: all(started(number) != since for number, since in family.items()))
    assert not list(server.temporary.iterdir())

    port = "--port", server.port
    with serving(tmp_path, "--model", slow_model, *port, standin=False) as again:
        visitor.page.get_by_text("Connect again").click()
        visitor.until(lambda: "ended" in visitor.text("body"))
        visitor.page.goto(again.url)
        visitor.wait_for_views()
        assert not visitor.state("vote"), "a result of the server before"
        visitor.classify()
        assert in_box(visitor) == slices(visitor)
        visitor.close()


def test_memory_does_not_grow_with_the_number_of_classifications(tmp_path, browser):
    # Without a spare session, in whose memory another's growth would drown.
    with serving(tmp_path, "--sessions", 1, standin=False) as server:
        visitor = Visitor(browser, server.url)
        used = []
        for _ in range(6):
            visitor.page.evaluate("window.trame.state.set('message', '')")
            visitor.classify(wait=False)
            visitor.until(lambda: visitor.state("message") and not visitor.state("busy"))
            used.append(sum(resident(number) for number in session_processes(server)))
        visitor.close()
    assert max(used[3:]) <= 1.05 * np.median(used[1:3]), used
