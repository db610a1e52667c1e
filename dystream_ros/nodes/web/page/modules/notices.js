// Short messages at the edge of the page; a screen reader says them.

import { h, icon } from "./dom.js";
import { texts } from "./texts.js";

const SHOWN_MS = 9000; // at least
const READ_MS = 80; // for each character

export class Notices {
  constructor(element) {
    this.element = element;
  }

  /**
   * Show a sentence; `level` is info or problem. The same sentence is shown once. Returns what removes it; with `stay`
   * nothing else does, but its button.
   */
  show(text, level = "info", stay = false) {
    if (!text || [...this.element.children].some((each) => each.dataset.text === text)) return () => {};
    const close = h("button", { class: "quiet", "aria-label": texts.close, onclick: () => item.remove() }, icon("close"));
    const item = h("div", { class: `notice ${level}`, "data-text": text }, h("p", {}, text), close);
    this.element.append(item);
    if (!stay) setTimeout(() => item.remove(), Math.max(SHOWN_MS, READ_MS * text.length));
    return () => item.remove();
  }

  /** What a refused request says. */
  refused(error) {
    const said = { offline: texts.offline, no_answer: texts.noAnswer };
    this.show(error.message || said[error.code] || texts.failed, "problem");
  }
}
