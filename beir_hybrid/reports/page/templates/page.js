"use strict";
// Tables are sorted by a click on a heading, and runs are left out; without this script all is read as it stands.
for (const table of document.querySelectorAll("table.sortable")) {
  const body = table.tBodies[0];
  table.querySelectorAll("thead th[data-column]").forEach((heading) => {
    const button = document.createElement("button");
    button.type = "button";
    button.title = "Sort";
    button.append(...heading.childNodes);
    heading.append(button);
    let down = true;
    button.addEventListener("click", () => {
      const column = Number(heading.dataset.column);
      const key = (row) => row.cells[column].dataset.value ?? row.cells[column].textContent.trim();
      const rows = [...body.rows].sort((one, other) => {
        const [a, b] = [key(one), key(other)];
        if (a === "" || b === "") return (a === "") - (b === ""); // what is missing stays last
        const order = "text" in heading.dataset ? a.localeCompare(b) : Number(a) - Number(b);
        return down ? -order : order;
      });
      table.querySelectorAll("th[aria-sort]").forEach((other) => other.removeAttribute("aria-sort"));
      heading.setAttribute("aria-sort", down ? "descending" : "ascending");
      down = !down;
      body.append(...rows);
    });
  });
}
const filter = document.getElementById("filter");
if (filter) {
  filter.hidden = false;
  filter.addEventListener("change", (event) => {
    for (const part of document.querySelectorAll(`[data-run="${event.target.value}"]`)) {
      part.toggleAttribute("hidden", !event.target.checked);
      part.style.display = event.target.checked ? "" : "none";
    }
  });
}
