// Starts the page: one connection, one place for the face, three roles.

import { BePanel } from "./be.js";
import { Connection, takeToken } from "./connection.js";
import { byId, h, setText } from "./dom.js";
import { Media } from "./media.js";
import { Microphone } from "./microphone.js";
import { Notices } from "./notices.js";
import { OperatePanel } from "./operate.js";
import { Seats } from "./seats.js";
import { Stage } from "./stage.js";
import { TalkPanel } from "./talk.js";
import { texts } from "./texts.js";

const ROLES = ["talk", "be", "operate"];

function pageName() {
  const phone = matchMedia("(max-width: 700px)").matches || /Mobi/.test(navigator.userAgent);
  const system = navigator.userAgentData?.platform || /\((?:X11; )?([A-Za-z]+)/.exec(navigator.userAgent)?.[1] || "";
  return `${phone ? "Phone" : "Computer"} ${system}`.trim().slice(0, 40);
}

class Page {
  constructor() {
    const scheme = location.protocol === "https:" ? "wss" : "ws";
    const connection = (this.connection = new Connection(`${scheme}://${location.host}/ws`, pageName()));
    connection.token = takeToken();
    this.notices = new Notices(byId("notices"));
    const screens = { faceVideo: byId("face-video"), faceCanvas: byId("face-canvas"), cameraVideo: byId("camera-video"), cameraCanvas: byId("camera-canvas") };
    this.media = new Media(connection, screens);
    this.seats = new Seats(connection, this.notices);
    this.microphone = new Microphone(connection, this.media);
    this.microphone.addEventListener("problem", ({ detail }) => this.notices.show(detail, "problem"));
    this.stage = new Stage(connection, this.media);
    this.panels = { talk: new TalkPanel(this), be: new BePanel(this), operate: new OperatePanel(this) };
    connection.on("state", (state) => this._state(state));
    connection.on("notice", ({ text }) => this.notices.show(text));
    connection.on("error", ({ text }) => this.notices.show(text, "problem"));
    connection.on("levels", (levels) => {
      this.stage.levels(levels);
      this.panels[this.role].levels(levels);
    });
    this.media.addEventListener("path", () => this._state(connection.state));
    this._tabs();
    const asked = new URLSearchParams(location.search).get("role");
    this.choose(ROLES.includes(asked) ? asked : "talk");
    connection.on("welcome", () => this.panels[this.role].enter?.());
    // Who closes the page does not keep others waiting for its seat.
    addEventListener("pagehide", () => this.panels[this.role].leave());
    setInterval(() => this._reportLatency(), 1000);
    setInterval(() => this.role === "operate" && !document.hidden && this.panels.operate.draw(), 200);
    connection.open();
  }

  choose(role) {
    if (role === this.role) return;
    const former = this.panels[this.role];
    this.role = role;
    former?.leave();
    for (const each of ROLES) {
      byId(`tab-${each}`).setAttribute("aria-selected", String(each === role));
      byId(`tab-${each}`).tabIndex = each === role ? 0 : -1;
      byId(`panel-${each}`).hidden = this.panels[each].element.hidden = each !== role;
    }
    document.body.dataset.role = role;
    setText(byId("lead"), texts.roles[role].lead);
    const panel = this.panels[role];
    this.media.show(panel.look);
    this.stage.camera(panel.look.camera);
    if (this.connection.online) panel.enter?.();
  }

  _tabs() {
    for (const role of ROLES) {
      const tab = byId(`tab-${role}`);
      tab.textContent = texts.roles[role].tab;
      tab.addEventListener("click", () => this.choose(role));
      byId(`panel-${role}`).append(this.panels[role].element);
    }
    byId("tabs").addEventListener("keydown", (event) => {
      const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
      if (!step) return;
      const next = ROLES[(ROLES.indexOf(this.role) + step + ROLES.length) % ROLES.length];
      this.choose(next);
      byId(`tab-${next}`).focus();
    });
    setText(byId("skip"), texts.skip);
    document.title = texts.title;
  }

  _state(state) {
    const said = {
      connecting: texts.connection.connecting,
      online: `${texts.connection.online}, ${texts.connection.path[this.media.path]}`,
      lost: texts.connection.lost,
      full: texts.connection.full,
      token: texts.token.title,
      stopped: texts.connection.stopped,
      defect: texts.connection.defect(this.connection.closeCode),
    };
    document.body.dataset.connection = state;
    setText(byId("connection"), said[state]);
    if (state === "token") this._askToken();
  }

  /** A form in place of the page: without a token nothing else is of use. */
  _askToken() {
    const dialog = byId("token-dialog");
    const input = h("input", { type: "password", id: "token", autocomplete: "off", maxlength: 200, required: true });
    const form = h(
      "form",
      {
        onsubmit: (event) => {
          event.preventDefault();
          sessionStorage.setItem("token", input.value);
          this.connection.token = input.value;
          dialog.close();
          this.connection.again();
        },
      },
      h("h2", {}, texts.token.title),
      this.connection.token && h("p", { class: "problem", role: "alert" }, texts.token.wrong),
      h("p", {}, texts.token.lead),
      h("label", { class: "field" }, h("span", {}, texts.token.label), input),
      h("div", { class: "row end" }, h("button", { class: "primary" }, texts.token.enter)),
    );
    dialog.replaceChildren(form);
    if (!dialog.open) dialog.showModal();
    input.focus();
  }

  async _reportLatency() {
    if (!this.connection.online) return;
    const half = this.connection.roundTrip === null ? null : this.connection.roundTrip / 2;
    const playout = document.hidden ? null : await this.media.playout();
    const bounded = (value) => (value === null ? null : Math.max(0, Math.min(10000, value)));
    const parts = { capture: this.microphone.captureDelay(), uplink: half, downlink: half, playout };
    this.connection.send("page_latency", Object.fromEntries(Object.entries(parts).map(([name, value]) => [name, bounded(value)])));
  }
}

window.page = new Page(); // for tests, and the console
