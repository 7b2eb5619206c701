"use strict";
(() => {
  const root = document.documentElement;
  const fail = (words) => { root.dataset.error = (root.dataset.error || "") + words + ";"; };
  addEventListener("error", (event) => fail(event.message || "resource"), true);
  document.addEventListener("securitypolicyviolation", (event) => fail(event.violatedDirective));

  const theme = document.getElementById("theme");
  theme.addEventListener("click", () => {
    const dark = root.dataset.theme ? root.dataset.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
    root.dataset.theme = dark ? "light" : "dark";
  });

  const stages = document.querySelectorAll(".stage");
  for (const box of document.querySelectorAll("[data-overlay]")) {
    const show = () => {
      for (const stage of stages) stage.classList.toggle("show-" + box.dataset.overlay, box.checked);
      for (const item of document.querySelectorAll(`.legend [data-for="${box.dataset.overlay}"]`)) item.classList.toggle("on", box.checked);
    };
    box.addEventListener("change", show);
    show();
  }
  const strength = document.getElementById("strength");
  if (strength) strength.addEventListener("input", () => {
    for (const stage of stages) stage.style.setProperty("--overlay", strength.value / 100);
  });

  const viewer = document.getElementById("viewer");
  if (viewer) view(viewer);
  for (const table of document.querySelectorAll("table.sortable")) sortable(table);
  root.dataset.ready = "yes";

  function view(viewer) {
    const pane = viewer.querySelector(".window"), stage = viewer.querySelector(".stage");
    const columns = +viewer.dataset.columns, rows = +viewer.dataset.rows, um = +viewer.dataset.um;
    const most = columns * 2, aspect = columns / rows;
    let width = 0;
    const least = () => Math.min(pane.clientWidth, most);
    const filled = () => Math.max(least(), Math.min(420 * aspect, columns / +viewer.dataset.step));
    const zoom = (wanted, x = pane.clientWidth / 2, y = pane.clientHeight / 2) => {
      const to = Math.min(Math.max(wanted, least()), most);
      const left = (pane.scrollLeft + x) / (width || to), top = (pane.scrollTop + y) / ((width || to) / aspect);
      width = to;
      stage.style.width = to + "px";
      pane.scrollLeft = left * to - x;
      pane.scrollTop = top * to / aspect - y;
      bar();
      locate();
    };
    const bar = () => {
      const scale = um * columns / width, target = 160 * scale, power = 10 ** Math.floor(Math.log10(target));
      const size = [5, 2, 1].map((m) => m * power).find((v) => v <= target);
      viewer.querySelector(".bar i").style.width = size / scale + "px";
      viewer.querySelector(".bar b").textContent = size >= 1000 ? size / 1000 + " mm" : size + " µm";
    };
    const acts = { in: () => zoom(width * 1.5), out: () => zoom(width / 1.5), fit: () => zoom(0), full: () => zoom(filled()) };
    for (const button of document.querySelectorAll("[data-zoom]")) button.addEventListener("click", acts[button.dataset.zoom]);
    pane.addEventListener("keydown", (event) => {
      const act = { "+": "in", "=": "in", "-": "out", "0": "fit" }[event.key];
      if (act) { acts[act](); event.preventDefault(); }
    });
    pane.addEventListener("wheel", (event) => {
      if (!event.ctrlKey && !event.metaKey) return;
      const box = pane.getBoundingClientRect();
      zoom(width * Math.exp(-event.deltaY / 400), event.clientX - box.left, event.clientY - box.top);
      event.preventDefault();
    }, { passive: false });
    let held = null;
    pane.addEventListener("pointerdown", (event) => {
      if (event.button || event.target.closest("a")) return;
      held = [event.clientX + pane.scrollLeft, event.clientY + pane.scrollTop];
      pane.classList.add("drag");
    });
    addEventListener("pointerup", () => { held = null; pane.classList.remove("drag"); });
    pane.addEventListener("pointermove", (event) => {
      if (held) { pane.scrollLeft = held[0] - event.clientX; pane.scrollTop = held[1] - event.clientY; }
      const box = stage.getBoundingClientRect(), scale = um * columns / box.width;
      const x = (event.clientX - box.left) * scale, y = (event.clientY - box.top) * scale;
      viewer.querySelector(".where").textContent = `x ${x.toFixed(1)} µm, y ${y.toFixed(1)} µm`;
    });
    const go = (x, y) => {
      pane.scrollLeft = x * width - pane.clientWidth / 2;
      pane.scrollTop = y * width / aspect - pane.clientHeight / 2;
    };
    for (const link of document.querySelectorAll("[data-x]")) link.addEventListener("click", () => go(+link.dataset.x, +link.dataset.y));
    const locator = viewer.querySelector(".locator"), thumb = locator.querySelector("i");
    const locate = () => {
      const share = pane.clientWidth / width;
      locator.classList.toggle("on", share < 0.999);
      thumb.style.left = 100 * pane.scrollLeft / width + "%";
      thumb.style.width = 100 * share + "%";
    };
    pane.addEventListener("scroll", locate);
    locator.addEventListener("click", (event) => {
      const box = locator.getBoundingClientRect();
      go((event.clientX - box.left) / box.width, 0.5);
    });
    addEventListener("resize", () => zoom(width));
    zoom(filled());
    pane.scrollLeft = 0;
    pane.scrollTop = 0;
    locate();
  }

  function sortable(table) {
    const heads = [...table.tHead.rows[0].cells], body = table.tBodies[0];
    heads.forEach((head, place) => head.querySelector("button").addEventListener("click", () => {
      const up = head.getAttribute("aria-sort") !== "ascending";
      for (const other of heads) other.setAttribute("aria-sort", "none");
      head.setAttribute("aria-sort", up ? "ascending" : "descending");
      const value = (row) => row.cells[place].dataset.value ?? row.cells[place].textContent.trim();
      const compare = (a, b) => {
        const [x, y] = [value(a), value(b)], [p, q] = [parseFloat(x), parseFloat(y)];
        if (x === "" || y === "") return (x === "") - (y === "");
        const sign = Number.isNaN(p) || Number.isNaN(q) || row_is_text(place) ? x.localeCompare(y, "en", { numeric: true }) : p - q;
        return up ? sign : -sign;
      };
      body.append(...[...body.rows].sort(compare));
    }));
    function row_is_text(place) { return body.rows[0] && body.rows[0].cells[place].dataset.value === undefined; }
  }
})();
