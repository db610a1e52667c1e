// Who has the conversation, the face and the controls; asking for a seat, and handing one over.

import { byId, h } from "./dom.js";
import { texts } from "./texts.js";

/** Event "change". */
export class Seats extends EventTarget {
  constructor(connection, notices) {
    super();
    this.seats = { visitor: null, telepresence: null, control: null };
    this._connection = connection;
    this._notices = notices;
    this._dialog = byId("dialog");
    connection.on("seats", ({ seats }) => this._set(seats));
    connection.on("seat_lost", ({ seat, name }) => notices.show(texts.seats.lost(name, texts.seats[seat]), "problem"));
    connection.on("seat_request", (request) => this._asked(request));
    connection.on("state", (state) => state !== "online" && this._set(this.seats));
  }

  mine(seat) {
    return this._connection.online && Boolean(this.seats[seat]?.you);
  }

  /** Take a seat; asks its holder when `ask`, else a dialog offers to ask. Whether it was taken. */
  async take(seat, ask = false) {
    if (this.mine(seat)) return true;
    const answered = ask ? this._notices.show(texts.seats.waiting, "info", true) : () => {};
    try {
      await this._connection.request("take_seat", { seat, ask });
      this.seats = { ...this.seats, [seat]: { ...this.seats[seat], you: true } };
      this._set(this.seats);
      return true;
    } catch (error) {
      const holder = this.seats[seat]?.name ?? "";
      if (error.code === "seat_taken" && !ask && (await this._offer(seat, holder))) return this.take(seat, true);
      if (error.code === "seat_refused") this._notices.show(texts.seats.kept(holder), "problem");
      else if (error.code !== "seat_taken") this._notices.refused(error);
      return false;
    } finally {
      answered();
    }
  }

  release(seat) {
    if (this.mine(seat)) this._connection.request("release_seat", { seat }).catch(() => {});
  }

  _offer(seat, name) {
    return this._ask(texts.seats.taken(name, texts.seats[seat]), "", texts.seats.ask, texts.close);
  }

  async _asked({ request, seat, name, seconds }) {
    const lead = texts.seats.askedLead(Math.round(seconds));
    const asked = this._ask(texts.seats.asked(name, texts.seats[seat]), lead, texts.seats.give, texts.seats.keep);
    const timer = setTimeout(() => this._dialog.close(""), 1000 * seconds);
    const give = await asked;
    clearTimeout(timer);
    if (give !== null) this._connection.send("answer_seat", { request, give });
  }

  /** A question with two answers; null when neither was chosen. */
  _ask(title, lead, yes, no) {
    const dialog = this._dialog;
    dialog.replaceChildren(
      h(
        "form",
        { method: "dialog" },
        h("h2", { id: "dialog-title" }, title),
        lead && h("p", {}, lead),
        h("div", { class: "row end" }, h("button", { value: "no" }, no), h("button", { value: "yes", class: "primary" }, yes)),
      ),
    );
    if (dialog.open) dialog.close("");
    dialog.returnValue = "";
    dialog.showModal();
    return new Promise((resolve) => {
      const answers = { yes: true, no: false };
      dialog.addEventListener("close", () => resolve(answers[dialog.returnValue] ?? null), { once: true });
    });
  }

  _set(seats) {
    this.seats = seats;
    this.dispatchEvent(new CustomEvent("change"));
  }
}
