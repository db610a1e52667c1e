// The place of the face: its picture, who speaks, what is being said, sound and full screen.

import { byId, icon, setText } from "./dom.js";
import { texts } from "./texts.js";

export class Stage {
  constructor(connection, media) {
    this._media = media;
    this._element = byId("stage");
    this._caption = byId("caption");
    this._cover = byId("cover");
    this._sound = byId("sound");
    this._sound.append(icon("sound"), texts.stage.unmute);
    this._sound.addEventListener("click", () => media.unlock());
    media.addEventListener("locked", ({ detail }) => (this._sound.hidden = !detail));
    this._full = byId("fullscreen");
    this._full.append(icon("full"));
    this._nameFull();
    document.addEventListener("fullscreenchange", () => this._nameFull()); // also by the Escape key
    this._full.hidden = !document.fullscreenEnabled;
    this._full.addEventListener("click", () => this._toggleFull());
    for (const id of ["face-video", "face-canvas"]) byId(id).setAttribute("aria-label", texts.stage.label);
    for (const id of ["camera-video", "camera-canvas"]) byId(id).setAttribute("aria-label", texts.stage.camera);
    setText(byId("camera-cover"), texts.stage.cameraWaiting);
    connection.on("status", ({ head, camera }) => {
      this._head(head);
      byId("camera-cover").hidden = camera;
    });
    connection.on("speech", (speech) => this._speech(speech));
    connection.on("state", (state) => {
      if (state === "online") return;
      this._head("waiting");
      setText(this._caption, "");
    });
    this._head("waiting");
  }

  camera(shown) {
    byId("camera").hidden = !shown;
    this._element.classList.toggle("with-camera", shown);
  }

  levels({ self, other }) {
    const who = self.speaking ? "self" : other.speaking ? "other" : "";
    if (this._element.dataset.who !== who) this._element.dataset.who = who;
  }

  _head(state) {
    const said = { active: "", missing: texts.stage.missing, waiting: texts.stage.waiting };
    const text = said[state] ?? texts.stage.inactive;
    setText(this._cover, text);
    this._cover.hidden = !text;
  }

  _speech({ event, text }) {
    if (event === "said" && text) setText(this._caption, text);
    if (["heard", "interrupted", "barge_in"].includes(event) || (event === "said" && !text)) {
      this._caption.classList.add("over");
      this._timer ??= setTimeout(() => {
        this._timer = null;
        if (this._caption.classList.contains("over")) setText(this._caption, "");
      }, 1500);
    } else if (event === "said") this._caption.classList.remove("over");
  }

  async _toggleFull() {
    // A browser that refuses leaves the page as it is.
    await (document.fullscreenElement ? document.exitFullscreen() : this._element.requestFullscreen()).catch(() => {});
  }

  _nameFull() {
    this._full.setAttribute("aria-label", document.fullscreenElement ? texts.stage.leave : texts.stage.fullscreen);
  }
}
