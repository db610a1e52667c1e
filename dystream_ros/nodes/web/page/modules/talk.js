// Talk to it: the visitor's microphone, and sentences that the face says.

import { card, h, icon, setText, toggle } from "./dom.js";
import { microphoneChoice } from "./microphone_choice.js";
import { Meter } from "./plots.js";
import { texts } from "./texts.js";

const SHOWN_SENTENCES = 8;

export class TalkPanel {
  constructor({ connection, media, microphone, seats, notices }) {
    Object.assign(this, { connection, media, microphone, seats, notices });
    this._turn = 0; // changes with the role: what was begun before is void
    this._pending = false; // the browser or another page is asked
    this._barge = toggle(texts.talk.barge, true, (enabled) => this._sendBargeIn(enabled));
    this.element = h("div", { class: "panel" }, this._voice(), this._sentences());
    microphone.addEventListener("change", () => this._showMicrophone());
    connection.on("speech", (speech) => this._speech(speech));
    connection.on("status", ({ say }) => (this._noVoice.hidden = say));
    connection.on("welcome", (welcome) => {
      this._noVoice.hidden = welcome.say;
      if (!this._barge.input.checked) this._sendBargeIn(false);
    });
    this._showMicrophone();
  }

  /** What the page shows and hears in this role. */
  look = { face: true, hear: "self", camera: false };

  leave() {
    this._turn++;
    this._pending = false;
    this.microphone.release();
    this.seats.release("visitor");
  }

  levels(levels) {
    this._you.show(this.microphone.open ? levels.other.rms : -100, this.microphone.open ? levels.other.peak : -100);
    this._face.show(levels.self.rms, levels.self.peak);
  }

  _voice() {
    this._button = h("button", { class: "primary big", id: "talk", onclick: () => this._toggleMicrophone() });
    const you = h("canvas", { class: "meter" });
    const face = h("canvas", { class: "meter" });
    this._you = new Meter(you, "other", texts.talk.you);
    this._face = new Meter(face, "self", texts.talk.face);
    const rows = [
      h("div", { class: "meter-row" }, h("span", {}, texts.talk.you), you),
      h("div", { class: "meter-row" }, h("span", {}, texts.talk.face), face),
    ];
    const choice = microphoneChoice(this.microphone);
    return h("section", { class: "card", "aria-label": texts.roles.talk.tab }, this._button, ...rows, this._barge.element, choice);
  }

  _sentences() {
    this._input = h("input", { id: "sentence", type: "text", placeholder: texts.talk.placeholder, "aria-label": texts.talk.label, autocomplete: "off", enterkeyhint: "send" });
    const say = h("button", { class: "primary", type: "submit" }, texts.talk.say);
    const form = h("form", { class: "say", onsubmit: (event) => this._submit(event) }, this._input, say);
    const chips = texts.talk.sentences.map((text) => h("button", { class: "chip", type: "button", onclick: () => this._say(text) }, text));
    this._stop = h("button", { class: "quiet", id: "stop", onclick: () => this._interrupt() }, icon("stop"), texts.talk.stop);
    this._list = h("ol", { class: "said" });
    this._noVoice = h("p", { class: "hint", hidden: true }, texts.talk.noVoice);
    this._empty = h("p", { class: "hint" }, texts.talk.empty);
    const head = h("div", { class: "row between" }, h("h3", {}, texts.talk.said), this._stop);
    return h(
      "section",
      { class: "card" },
      form,
      this._noVoice,
      h("div", { class: "chips", role: "group", "aria-label": texts.talk.pick }, chips),
      head,
      this._empty,
      this._list,
    );
  }

  async _toggleMicrophone() {
    if (this.microphone.open) return this.leave();
    const turn = this._turn;
    this._pending = true;
    this.media.unlock();
    // First the device: who has none does not take the conversation from others.
    const seated = (await this.microphone.prepare()) && (await this.seats.take("visitor"));
    if (turn !== this._turn) {
      if (seated && !this._pending) this.seats.release("visitor"); // another role was chosen meanwhile
      return;
    }
    this._pending = false;
    if (seated) await this.microphone.start();
    else this.microphone.release();
  }

  async _submit(event) {
    event.preventDefault();
    const written = this._input.value;
    const text = written.replace(/\s+/g, " ").trim();
    const most = this.connection.welcome?.text_limit ?? Infinity;
    if (text.length > most) return this.notices.show(texts.talk.tooLong(text.length, most), "problem");
    if (text && (await this._say(text)) && this._input.value === written) this._input.value = "";
  }

  async _say(text) {
    this.media.unlock();
    if (!this.seats.mine("control") && !(await this.seats.take("visitor"))) return false;
    try {
      await this.connection.request("say", { text });
      return true;
    } catch (error) {
      this.notices.refused(error);
      return false;
    }
  }

  _interrupt() {
    this.media.hush();
    this.connection.send("interrupt");
  }

  _sendBargeIn(enabled) {
    this.connection.send("barge_in", { enabled });
  }

  _showMicrophone() {
    const { open, busy } = this.microphone;
    this._button.replaceChildren(icon(open ? "mic" : "mic-off"), busy ? texts.microphone.asking : open ? texts.microphone.stop : texts.microphone.start);
    this._button.setAttribute("aria-pressed", String(open));
    this._button.disabled = busy || this._pending;
  }

  _speech({ event, text }) {
    if (event === "interrupted" || event === "barge_in") {
      for (const item of this._list.children) if (!["heard", "interrupted"].includes(item.dataset.state)) this._mark(item, "interrupted");
      return;
    }
    if (!text || !texts.talk.states[event]) return;
    this._empty.hidden = true;
    const open = [...this._list.children].filter((each) => !["heard", "interrupted"].includes(each.dataset.state));
    const same = open.find((each) => each.dataset.text.includes(text) || text.includes(each.dataset.text));
    if (same) return this._mark(same, event);
    if (event === "heard") return;
    const item = h("li", { "data-text": text }, h("span", {}, text), h("small", {}));
    this._mark(item, event);
    this._list.prepend(item);
    while (this._list.children.length > SHOWN_SENTENCES) this._list.lastChild.remove();
  }

  _mark(item, state) {
    item.dataset.state = state;
    setText(item.querySelector("small"), texts.talk.states[state]);
  }
}
