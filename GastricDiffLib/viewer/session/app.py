"""The session: state for the page, and what its buttons do."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

from trame.app import get_server
from trame_server.utils.asynchronous import create_task

from GastricDiffLib.app.messages import Messages
from GastricDiffLib.app.models import model_card, model_problem
from GastricDiffLib.app.open_case import OpenCase
from GastricDiffLib.app.result import ShownResult
from GastricDiffLib.ct import BoxROI
from GastricDiffLib.errors import InputError
from GastricDiffLib.resources import demo_model
from GastricDiffLib.viewer.config import PORT_FILE, Config
from GastricDiffLib.viewer.session.classification import Classification
from GastricDiffLib.viewer.session.page import build_page
from GastricDiffLib.viewer.session.result import result_values
from GastricDiffLib.viewer.session.routes import Routes
from GastricDiffLib.viewer.session.state import first_values
from GastricDiffLib.viewer.session.upload import SessionUpload
from GastricDiffLib.viewer.session.views import Views

TICK = 0.2
"""Seconds between two looks at jobs and at the box."""
AFTERWARDS = 0.06
"""Seconds until the page learns which slice it shows: to draw its panels takes a browser about
as long as to show the slice."""


class ViewerSession:
    """One scene with its page. All of it runs in one thread, the event loop's."""

    def __init__(self, config: Config) -> None:
        self._config = config
        self.server = get_server("gastricdiff", client_type="vue3")
        self.state = self.server.state
        self.state.update(first_values())
        self.messages = Messages(self._show_message)
        self.views = Views(self.server)
        self.case = OpenCase(self.views.scene, self.views)
        self.result = ShownResult(self.views.scene)
        model = str(config.model or demo_model())
        self.classification = Classification(
            self.case, config.queue, config.folder.name, model, config.device
        )
        self.upload = SessionUpload(config.folder)
        self._routes = Routes(self, config)
        self._seen: Any = None
        self._pending = False
        build_page(self.server, self.views.layout)
        self._connect()
        self._show_model(model)
        self._open_first()

    def serve(self) -> None:
        """Until the process is asked to end."""
        server = self.server
        # Known to the front alone; without it nobody else on this computer gets in.
        server.cli.set_defaults(authKey=self._config.secret)
        server.controller.on_server_bind.add(self._routes.bind)
        server.controller.on_server_ready.add(lambda **_: self._ready())
        try:
            server.start(
                port=0, host="127.0.0.1", timeout=0, open_browser=False,
                show_connection_info=False, disable_logging=True,
            )  # fmt: skip
        finally:
            self.classification.abandon()
            self.upload.abandon()

    @property
    def busy(self) -> bool:
        return self.classification.waiting or self.classification.running or self.upload.running

    # What the page asks for.

    def classify(self) -> None:
        """Classify, or while that waits or runs, cancel."""
        if self.classification.waiting or self.classification.running:
            if self.classification.cancel():
                self.messages.info("Cancelled.")
            return
        if self.upload.running:
            raise InputError("files are being opened", hint="wait for that first")
        self.messages.clear()
        self.classification.start()
        self._refresh()

    def open_upload(self, folder: Path) -> None:
        """Open what was uploaded into ``folder``, which is removed at the end.

        Raises
        ------
        InputError
            When a classification was begun while it came.
        """
        if self.busy:
            raise InputError("the session is busy", hint="wait, or cancel the classification")
        self.messages.clear()
        self.upload.start(folder)
        self._refresh()

    def place_box(self) -> None:
        self.case.place()
        self._refresh()

    def draw_box(self) -> None:
        self.case.draw()
        self._refresh()

    def jump(self, row: int) -> None:
        self.result.jump(int(row))

    def step(self, name: str, slices: int) -> None:
        self.views.step(name, int(slices))

    def slide(self, name: str, offset: float) -> None:
        self.views.slide(name, offset)

    def fit(self) -> None:
        self.views.fit()

    # What happens meanwhile.

    def _connect(self) -> None:
        for name in ("classify", "place_box", "draw_box", "jump", "step", "slide", "fit"):
            handler = self.messages.guarded(getattr(self, name), passing=True)
            self.server.controller.trigger(name)(handler)
        clear = self.messages.guarded(self.messages.clear)
        self.server.controller.trigger("clear_message")(clear)
        self._on_change(("window",), lambda: self.case.show_window(self.state.window))
        self.views.on_turn(self._turned)
        self._on_change(("overlay", "opacity", "threshold"), self._set_overlay)

    def _on_change(self, names: tuple[str, ...], do: Callable[[], None]) -> None:
        guarded = self.messages.guarded(do)
        self.state.change(*names)(lambda **_: guarded())

    def _ready(self) -> None:
        create_task(self._attend())
        path = self._config.folder / PORT_FILE
        beside = path.with_suffix(".new")
        beside.write_text(str(self.server.port), encoding="utf-8")
        beside.replace(path)

    async def _attend(self) -> None:
        look = self.messages.guarded(self._look)
        while True:
            with self.state:
                look()
            await asyncio.sleep(TICK)

    def _look(self) -> None:
        try:
            outcome = self.classification.poll()
            if outcome is not None:
                self.messages.outcome(outcome)
                if outcome.done:
                    self._show_result(self.classification.box)
            opened = self.upload.poll()
            if opened is not None:
                opened.into(self.case)
                self._show_case(demo=False)
        finally:
            self._refresh()

    def _refresh(self) -> None:
        state = self.state
        seen = (self.case.version(), self.case.drawing)
        if seen != self._seen:
            self._seen = seen
            self.views.lighten()
            facts = self.case.facts()
            state.ct, state.box, state.problem = facts.ct, facts.box, facts.problem
            state.notes = list(facts.notes)
            state.opened = self.case.ct is not None
            state.has_box, state.drawing = bool(facts.box), self.case.drawing
            state.stale = self.result.is_stale(self.case.roi)
        if self.classification.waiting or self.classification.running:
            state.busy = "wait" if self.classification.waiting else "classify"
            state.doing, state.percent = self.classification.progress()
        elif self.upload.running:
            state.busy = "open"
            state.doing, state.percent = self.upload.progress()
        else:
            state.busy, state.doing, state.percent = "", "", -1

    def _open_first(self) -> None:
        """What the command line names; else the sample."""
        config = self._config
        if config.ct is None:
            self.case.open_phantom()
        else:
            self.case.open_files(config.ct, config.roi)
        self._show_case(demo=config.ct is None)
        self._refresh()

    def _show_case(self, demo: bool) -> None:
        self.state.demo = demo
        self.case.show_window(self.state.window)
        self._show_result()

    def _show_result(self, box: BoxROI | None = None) -> None:
        result = self.result.read(self.case.ct, self.case.roi, box)
        self.state.update(result_values(result))
        self.state.stale = self.result.is_stale(self.case.roi)
        self._set_overlay()
        self._show_slices()

    def _set_overlay(self) -> None:
        state = self.state
        self.result.set_overlay(bool(state.overlay), float(state.opacity), float(state.threshold))

    def _turned(self) -> None:
        """A slice view shows another slice. The page learns it when the picture has been sent."""
        if not self._pending:
            self._pending = True
            asyncio.get_event_loop().call_later(AFTERWARDS, self._show_slices)

    def _show_slices(self) -> None:
        self._pending = False
        with self.state:
            self.state.views = self.views.describe()
            self.state.current = self.result.row_at(self.views.axial_mm)

    def _show_model(self, path: str) -> None:
        demo = path == str(demo_model())
        self.state.model_title = "Demo model, phantoms only" if demo else Path(path).stem
        self.state.model_card = model_card(path)
        self.state.model_problem = model_problem(path)

    def _show_message(self, text: str, is_error: bool) -> None:
        self.state.message, self.state.wrong = text, is_error
