// Questions with two answers, one after the other: a second one waits until the first is answered.

import { h } from "./dom.js";

export class Questions {
  constructor(dialog) {
    this._dialog = dialog;
    this._waiting = [];
    this._present = null;
    // Also the Escape key closes it, which means the first answer: no.
    dialog.addEventListener("close", () => this._closed());
  }

  /** Ask; `answer` resolves with true, false, or null after `withdraw`. */
  ask(title, lead, yes, no) {
    const question = { title, lead, yes, no };
    const answer = new Promise((resolve) => (question.resolve = resolve));
    this._waiting.push(question);
    this._next();
    return { answer, withdraw: () => this._withdraw(question) };
  }

  /** End all questions without an answer. */
  withdrawAll() {
    for (const question of [this._present, ...this._waiting]) if (question) this._withdraw(question);
  }

  _next() {
    // While it is still open its event "close" is to come, and would end the next question.
    if (this._present || this._dialog.open || !this._waiting.length) return;
    const question = (this._present = this._waiting.shift());
    const choose = (value) => () => {
      question.chosen = value;
      this._dialog.close();
    };
    this._dialog.replaceChildren(
      h(
        "div",
        { class: "question" },
        h("h2", { id: "dialog-title" }, question.title),
        question.lead && h("p", {}, question.lead),
        h(
          "div",
          { class: "row end" },
          h("button", { type: "button", value: "no", onclick: choose(false) }, question.no),
          h("button", { type: "button", value: "yes", class: "primary", onclick: choose(true) }, question.yes),
        ),
      ),
    );
    this._dialog.showModal();
  }

  _withdraw(question) {
    question.resolve(null);
    this._waiting = this._waiting.filter((each) => each !== question);
    if (question === this._present) this._dialog.close();
  }

  _closed() {
    this._present?.resolve(this._present.chosen ?? false);
    this._present = null;
    this._next();
  }
}
