// What needs attention, in words, and the values of the diagnostics.

import { card, h } from "./dom.js";
import { texts } from "./texts.js";

export class Diagnostics {
  constructor(connection) {
    this._advice = h("ul", { class: "advice", "aria-live": "polite" });
    this._fine = h("p", { class: "hint" }, texts.operate.fine);
    this._items = h("div", {});
    const details = h("details", {}, h("summary", {}, texts.operate.details), this._items);
    this.element = card(texts.operate.warnings, this._fine, this._advice, details);
    this._details = details;
    this._shown = "";
    connection.on("diagnostics", ({ items, advice }) => {
      const troubled = items.filter(({ level }) => level !== "ok" && !advice.some((each) => each.level === level));
      this._show(advice, troubled);
      if (this._details.open) this._items.replaceChildren(...items.map(item));
    });
  }

  _show(advice, troubled) {
    const key = JSON.stringify([advice, troubled.map(({ name, message }) => [name, message])]);
    if (key === this._shown) return; // a screen reader says only what is new
    this._shown = key;
    this._fine.hidden = advice.length + troubled.length > 0;
    const said = advice.map(({ level, cause, what_to_do: todo, count }) =>
      h("li", { class: level }, h("p", {}, cause, count > 1 && h("small", {}, ` ${texts.operate.times(count)}`)), h("p", { class: "todo" }, todo)),
    );
    const named = troubled.map(({ name, level, message }) => h("li", { class: level }, h("p", {}, `${name}: ${message}`)));
    this._advice.replaceChildren(...said, ...named);
  }
}

function item({ name, level, message, values }) {
  const rows = Object.entries(values).map(([key, value]) => h("tr", {}, h("th", { scope: "row" }, key), h("td", {}, value)));
  return h("div", { class: "diagnostic" }, h("p", {}, h("strong", {}, name), ` ${level}: ${message}`), h("table", {}, h("tbody", {}, rows)));
}
