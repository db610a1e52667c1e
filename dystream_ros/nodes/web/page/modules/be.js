// Be it: the operator's voice moves the face; push to talk or open; the robot's side is heard and seen.

import { h, icon } from "./dom.js";
import { microphoneChoice } from "./microphone_choice.js";
import { Meter } from "./plots.js";
import { texts } from "./texts.js";

export class BePanel {
  constructor({ connection, media, microphone, seats, notices, cameraStage }) {
    Object.assign(this, { connection, media, microphone, seats, notices, cameraStage });
    this._turn = 0; // changes with the role: what was begun before is void
    this._pending = false; // the browser or another page is asked
    this.element = h("div", { class: "panel" }, this._seat(), this._voice());
    microphone.addEventListener("change", () => this._show());
    seats.addEventListener("change", () => this._show());
    connection.on("welcome", ({ camera }) => {
      this._noCamera.hidden = camera;
      this.look.camera = camera;
    });
    document.addEventListener("keydown", (event) => this._key(event, true));
    document.addEventListener("keyup", (event) => this._key(event, false));
    window.addEventListener("blur", () => this._hold(false));
    this._show();
  }

  look = { face: true, hear: "other", camera: false };

  leave() {
    this._turn++;
    this._pending = false;
    this.microphone.release();
    this.seats.release("telepresence");
  }

  levels(levels) {
    this._you.show(this.microphone.open ? levels.self.rms : -100, this.microphone.open ? levels.self.peak : -100);
    this._them.show(levels.other.rms, levels.other.peak);
  }

  _seat() {
    this._take = h("button", { class: "primary big", id: "be", onclick: () => this._toggleSeat() });
    this._noCamera = h("p", { class: "hint" }, texts.be.camera);
    return h("section", { class: "card" }, this._take, h("p", { class: "hint" }, texts.be.hears), this._noCamera);
  }

  _voice() {
    const mode = (value, label, checked) => {
      const input = h("input", { type: "radio", name: "mode", value, checked, onchange: () => this._changeMode(value) });
      return h("label", {}, input, h("span", {}, label));
    };
    const modes = [mode("push", texts.microphone.push, true), mode("open", texts.microphone.open, false)];
    this._mode = "push";
    this._talk = h("button", {
      class: "big push",
      id: "push",
      onpointerdown: (event) => {
        this._talk.setPointerCapture(event.pointerId);
        this._hold(true);
      },
      onpointerup: () => this._hold(false),
      onpointercancel: () => this._hold(false),
      onclick: (event) => this._press(event),
      oncontextmenu: (event) => event.preventDefault(),
    });
    const you = h("canvas", { class: "meter" });
    const them = h("canvas", { class: "meter" });
    this._you = new Meter(you, "self", texts.be.you);
    this._them = new Meter(them, "other", texts.be.them);
    this._voiceCard = h(
      "section",
      { class: "card" },
      h("fieldset", { class: "segments" }, h("legend", { class: "hidden-text" }, texts.microphone.mode), modes),
      this._talk,
      h("div", { class: "meter-row" }, h("span", {}, texts.be.you), you),
      h("div", { class: "meter-row" }, h("span", {}, texts.be.them), them),
      microphoneChoice(this.microphone),
    );
    return this._voiceCard;
  }

  async _toggleSeat() {
    if (this.seats.mine("telepresence")) return this.leave();
    const turn = this._turn;
    this._pending = true;
    this.media.unlock();
    const seated = (await this.microphone.prepare()) && (await this.seats.take("telepresence"));
    if (turn !== this._turn) {
      if (seated && !this._pending) this.seats.release("telepresence"); // another role was chosen meanwhile
      return;
    }
    this._pending = false;
    this._show();
    if (!seated) this.microphone.release();
    else if (this._mode === "open") await this.microphone.start();
    else this._talk.focus(); // the space bar is for speaking now, not for giving the face back
  }

  async _changeMode(mode) {
    this._mode = mode;
    this._show();
    if (!this.seats.mine("telepresence")) return;
    if (mode === "open") await this.microphone.start();
    else this.microphone.close();
  }

  _key(event, down) {
    if (this.element.hidden || !(event.code === "Space" || (event.code === "Enter" && event.target === this._talk))) return;
    // Released is released, wherever the focus went meanwhile.
    if (!down) this._hold(false);
    if (event.target.closest?.("input, select, button:not(#push), a, summary, dialog")) return;
    event.preventDefault();
    if (down && !event.repeat) this._hold(true);
  }

  /** A screen reader presses the button without holding it: each press opens or closes. */
  _press(event) {
    if (event.detail === 0) this._hold(!this.microphone.open);
  }

  _hold(down) {
    if (this._mode !== "push" || !this.seats.mine("telepresence")) return;
    if (down) this.microphone.start();
    else this.microphone.close();
  }

  _show() {
    const mine = this.seats.mine("telepresence");
    this._take.replaceChildren(icon(mine ? "leave" : "face"), mine ? texts.be.stop : texts.be.start);
    this._take.setAttribute("aria-pressed", String(mine));
    this._take.disabled = this.microphone.busy || this._pending;
    this._talk.disabled = !mine || this._mode === "open";
    const open = this.microphone.open;
    this._talk.classList.toggle("live", open);
    this._talk.setAttribute("aria-pressed", String(open));
    const label = open ? texts.microphone.live : this._mode === "open" ? texts.microphone.off : texts.microphone.hold;
    this._talk.replaceChildren(icon(open ? "mic" : "mic-off"), h("span", {}, label), h("small", {}, this._mode === "push" && mine ? texts.microphone.key : ""));
  }
}
