// Recordings: start, stop, download, delete.

import { card, clockTime, h, icon, setText } from "./dom.js";
import { texts } from "./texts.js";

export class Recordings {
  constructor(connection, notices) {
    this._connection = connection;
    this._notices = notices;
    this._recording = null;
    this._label = h("span", {});
    this._icon = h("span", {});
    this._button = h("button", { class: "record", onclick: () => this._toggle() }, this._icon, this._label);
    this._list = h("ul", { class: "recordings" });
    this._none = h("p", { class: "hint" }, texts.operate.recordingsNone);
    this.element = card(texts.operate.recordings, this._button, this._none, this._list);
    connection.on("recordings", ({ recordings }) => this._show(recordings));
    connection.on("download", ({ url, name }) => h("a", { href: url, download: name }).click());
    this._showButton();
  }

  allow(allowed) {
    if (allowed && !this._allowed) this._connection.send("list_recordings");
    this._allowed = allowed;
    this._button.disabled = !allowed;
    this._list.querySelectorAll("button").forEach((button) => (button.disabled = !allowed));
  }

  status({ recording }) {
    this._recording = recording;
    this._showButton();
  }

  _showButton() {
    const running = this._recording;
    const label = running ? `${texts.operate.stopRecording} (${clockTime(running.seconds)})` : texts.operate.record;
    // Each second: only the text, as a press on a sign that is replaced meanwhile is lost.
    setText(this._label, label);
    const shown = running ? "stop" : "record";
    if (this._icon.dataset.shown !== shown) this._icon.replaceChildren(running ? icon("stop") : icon("record"));
    this._icon.dataset.shown = shown;
    this._button.setAttribute("aria-pressed", String(Boolean(running)));
  }

  async _toggle() {
    this._button.disabled = true;
    await this._request(this._recording ? "stop_recording" : "start_recording");
    this._button.disabled = !this._allowed;
  }

  async _request(type, fields) {
    try {
      await this._connection.request(type, fields);
    } catch (error) {
      this._notices.refused(error);
    }
  }

  _show(recordings) {
    this._none.hidden = recordings.length > 0;
    this._list.replaceChildren(...recordings.map((each) => this._item(each)));
    this.allow(this._allowed);
  }

  _item({ recording, seconds, video_bytes: video, motion_bytes: motion, started_ms: started }) {
    const file = (name, label, bytes) =>
      h("button", { onclick: () => this._request("download", { recording, file: name }) }, icon("download"), `${label} ${size(bytes)}`);
    const remove = h("button", { class: "quiet", "aria-label": texts.operate.remove, onclick: () => confirm(texts.operate.removeAsk) && this._request("delete_recording", { recording }) }, icon("close"));
    const time = new Date(started).toLocaleTimeString();
    return h("li", {}, h("span", {}, `${time}, ${clockTime(seconds)}`), file("video", texts.operate.video, video), file("motion", texts.operate.motion, motion), remove);
  }
}

function size(bytes) {
  return bytes > 1e6 ? `${(bytes / 1e6).toFixed(1)} MB` : `${Math.max(1, Math.round(bytes / 1e3))} kB`;
}
