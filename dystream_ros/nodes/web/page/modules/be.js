// Be it: the operator's voice moves the face; push to talk or open; the robot's side is heard and seen.

import { h, icon } from "./dom.js";
import { microphoneChoice } from "./microphone_choice.js";
import { Meter } from "./plots.js";
import { texts } from "./texts.js";

export class BePanel {
  constructor({ connection, media, microphone, seats, notices, cameraStage }) {
    Object.assign(this, { connection, media, microphone, seats, notices, cameraStage });
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
    await this.media.unlock();
    if (this.seats.mine("telepresence")) return this.leave();
    if ((await this.microphone.prepare()) && (await this.seats.take("telepresence")) && this._mode === "open") await this.microphone.start();
  }

  async _changeMode(mode) {
    this._mode = mode;
    this._show();
    if (!this.seats.mine("telepresence")) return;
    if (mode === "open") await this.microphone.start();
    else this.microphone.close();
  }

  _key(event, down) {
    const busy = event.target.closest?.("input[type=text], select, button:not(#push), a, summary, [role=switch], [type=radio]");
    if (event.code !== "Space" || this.element.hidden || busy) return;
    event.preventDefault();
    if (!event.repeat) this._hold(down);
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
    this._take.disabled = this.microphone.busy;
    this._talk.disabled = !mine || this._mode === "open";
    const open = this.microphone.open;
    this._talk.classList.toggle("live", open);
    const label = open ? texts.microphone.live : this._mode === "open" ? texts.microphone.off : texts.microphone.hold;
    this._talk.replaceChildren(icon(open ? "mic" : "mic-off"), h("span", {}, label), h("small", {}, this._mode === "push" && mine ? texts.microphone.key : ""));
  }
}
