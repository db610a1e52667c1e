// Who has the conversation, the face and the controls; asking for a seat, and handing one over.

import { byId } from "./dom.js";
import { Questions } from "./questions.js";
import { texts } from "./texts.js";

/** Event "change". */
export class Seats extends EventTarget {
  constructor(connection, notices) {
    super();
    this.seats = { visitor: null, telepresence: null, control: null };
    this._connection = connection;
    this._notices = notices;
    this._questions = new Questions(byId("dialog"));
    this._unwanted = new Set(); // given up while there was no connection
    connection.on("seats", ({ seats }) => {
      this._set(seats);
      for (const seat of this._unwanted) this.release(seat);
      this._unwanted.clear();
    });
    connection.on("seat_lost", ({ seat, name }) => notices.show(texts.seats.lost(name, texts.seats[seat]), "problem"));
    connection.on("seat_request", (request) => this._asked(request));
    connection.on("state", (state) => {
      if (state === "online") return;
      this._questions.withdrawAll();
      this._set(this.seats);
    });
  }

  mine(seat) {
    return this._connection.online && Boolean(this.seats[seat]?.you);
  }

  /** Take a seat; asks its holder when `ask`, else a dialog offers to ask, unless `quiet`. Whether it was taken. */
  async take(seat, { ask = false, quiet = false } = {}) {
    this._unwanted.delete(seat);
    if (this.mine(seat)) return true;
    const answered = ask ? this._notices.show(texts.seats.waiting, "info", true) : () => {};
    try {
      await this._connection.request("take_seat", { seat, ask });
      this.seats = { ...this.seats, [seat]: { ...this.seats[seat], you: true } };
      this._set(this.seats);
      return true;
    } catch (error) {
      const holder = this.seats[seat]?.name ?? "";
      if (error.code === "seat_taken" && !ask && !quiet && (await this._offer(seat, holder))) return this.take(seat, { ask: true });
      if (error.code === "seat_refused") this._notices.show(texts.seats.kept(holder), "problem");
      else if (error.code !== "seat_taken") this._notices.refused(error);
      return false;
    } finally {
      answered();
    }
  }

  release(seat) {
    if (!this._connection.online && this.seats[seat]?.you) this._unwanted.add(seat);
    else if (this.mine(seat)) this._connection.request("release_seat", { seat }).catch(() => {});
  }

  _offer(seat, name) {
    return this._questions.ask(texts.seats.taken(name, texts.seats[seat]), "", texts.seats.ask, texts.close).answer;
  }

  async _asked({ request, seat, name, seconds }) {
    const lead = texts.seats.askedLead(Math.round(seconds));
    const asked = this._questions.ask(texts.seats.asked(name, texts.seats[seat]), lead, texts.seats.give, texts.seats.keep);
    const timer = setTimeout(asked.withdraw, 1000 * seconds);
    const give = await asked.answer;
    clearTimeout(timer);
    if (give === null) return;
    // The one who asked may be gone, or the time over: then there is nothing to answer.
    await this._connection.request("answer_seat", { request, give }).catch((error) => error.code === "bad_message" || this._notices.refused(error));
  }

  _set(seats) {
    this.seats = seats;
    this.dispatchEvent(new CustomEvent("change"));
  }
}
