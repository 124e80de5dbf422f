// What the page does by itself: uploads, downloads, keys, and a notice when the server is gone.
(() => {
  "use strict";
  const state = (name, value) => window.trame.state.set(name, value);
  const read = (name) => window.trame.state.get(name);
  const showError = (text) => { state("message", text); state("wrong", true); };

  // Uploads. Files come from a chooser or are dropped, folders with all that is in them.

  function send(files) {
    if (!files.length) return;
    if (read("busy") || read("upload") >= 0) return showError("Wait for what is going on, or cancel it.");
    const size = files.reduce((sum, file) => sum + file.size, 0);
    if (files.length > read("most_files")) return showError(`${files.length} files are too many: at most ${read("most_files")}.`);
    if (size > read("most_bytes")) return showError(`${(size / 2 ** 30).toFixed(1)} GiB are too much: at most ${(read("most_bytes") / 2 ** 30).toFixed(1)} GiB. Send one series.`);
    const form = new FormData();
    for (const file of files) form.append("file", file, file.name);
    const request = new XMLHttpRequest();
    request.open("POST", "upload");
    request.upload.onprogress = (event) => state("upload", (100 * event.loaded) / event.total);
    request.onload = () => { state("upload", -1); if (request.status >= 400) showError(line(request)); };
    request.onerror = () => { state("upload", -1); showError("The upload was broken off. Try it again."); };
    state("upload", 0);
    state("message", "");
    request.send(form);
  }

  function line(request) {
    try { return JSON.parse(request.responseText).error; } catch { return `The server refused the upload (${request.status}).`; }
  }

  function choose(folder) {
    const input = document.createElement("input");
    input.type = "file";
    input.multiple = true;
    input.webkitdirectory = folder;
    input.style.display = "none";
    document.body.append(input);
    input.onchange = () => { send([...input.files]); input.remove(); };
    input.oncancel = () => input.remove();
    input.click();
  }

  async function below(entry) {
    if (entry.isFile) return [await new Promise((done, fail) => entry.file(done, fail))];
    const reader = entry.createReader();
    const files = [];
    for (;;) {
      const some = await new Promise((done, fail) => reader.readEntries(done, fail));
      if (!some.length) return files;
      for (const one of some) files.push(...(await below(one)));
    }
  }

  const holdsFiles = (event) => event.dataTransfer && [...event.dataTransfer.types].includes("Files");
  let inside = 0;
  const drag = (on) => document.body.classList.toggle("gd-dragging", on);
  addEventListener("dragenter", (event) => { if (holdsFiles(event)) { inside += 1; drag(true); } });
  addEventListener("dragleave", (event) => { if (holdsFiles(event) && --inside <= 0) { inside = 0; drag(false); } });
  addEventListener("dragover", (event) => { if (holdsFiles(event)) event.preventDefault(); });
  addEventListener("drop", async (event) => {
    if (!holdsFiles(event)) return;
    event.preventDefault();
    inside = 0;
    drag(false);
    const entries = [...event.dataTransfer.items].map((item) => item.webkitGetAsEntry()).filter(Boolean);
    try {
      send((await Promise.all(entries.map(below))).flat());
    } catch {
      showError("What was dropped cannot be read. Try 'Open files'.");
    }
  });

  // Downloads come as answers of the server, so that an error is shown and not saved.

  async function download(name) {
    const answer = await fetch(`download/${name}`).catch(() => null);
    if (!answer) return showError("The server does not answer.");
    if (!answer.ok) return showError((await answer.json().catch(() => ({}))).error || `There is no ${name}.`);
    const link = document.createElement("a");
    link.href = URL.createObjectURL(await answer.blob());
    link.download = name;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 60000);
  }

  addEventListener("click", (event) => {
    const open = event.target.closest?.("[data-open]");
    const save = event.target.closest?.("[data-download]");
    if (open && !open.disabled) choose(open.dataset.open === "folder");
    if (save && !save.disabled) download(save.dataset.download);
  });

  // Keys: up and down turn the axial view, in the table they go from row to row; h is
  // the heat, escape ends drawing.

  const STEPS = { ArrowUp: 1, ArrowDown: -1, PageUp: 5, PageDown: -5 };
  addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.altKey || event.metaKey) return;
    const row = event.target.closest?.("tr[data-row]");
    if (row && event.key.startsWith("Arrow")) {
      const next = event.key === "ArrowDown" ? row.nextElementSibling : event.key === "ArrowUp" ? row.previousElementSibling : null;
      if (next) { next.focus(); next.click(); }
      return event.preventDefault();
    }
    if (event.key === "Escape" && read("drawing")) window.trame.trigger("draw_box");
    if (event.target.closest?.("input, [role=slider], summary, .v-btn-group")) return;
    if (event.key in STEPS) {
      event.preventDefault();
      window.trame.trigger("step", ["Red", STEPS[event.key]]);
    } else if (event.key === "h" && read("vote")) {
      state("overlay", !read("overlay"));
    }
  });

  // The row of the slice in view stays in sight.
  new MutationObserver(() => {
    const row = document.querySelector(".gd-current");
    if (row && row !== document.activeElement) row.scrollIntoView({ block: "nearest" });
  }).observe(document.documentElement, { subtree: true, attributes: true, attributeFilter: ["class"] });

  // Whoever looks at a page whose server is gone must know.
  let leaving = false;
  addEventListener("beforeunload", () => { leaving = true; });
  window.trame.client.onConnectionClose(() => {
    if (leaving || document.querySelector(".gd-lost")) return;
    // Not one of the page's templates: trame takes those down.
    const lost = document.createElement("div");
    lost.className = "gd-lost";
    lost.setAttribute("role", "alert");
    const text = document.createElement("p");
    text.textContent = "The connection to the server is lost.";
    const again = document.createElement("button");
    again.textContent = "Connect again";
    again.onclick = () => location.reload();
    lost.append(text, again);
    document.body.append(lost);
    again.focus();
  });
})();
