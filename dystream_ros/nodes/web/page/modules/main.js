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
import { ofTab } from "./storage.js";
import { TalkPanel } from "./talk.js";
import { texts } from "./texts.js";

const ROLES = ["talk", "be", "operate"];
const SILENT = { rms: -100, peak: -100, speaking: false, receiving: false };

function pageName() {
  const phone = matchMedia("(max-width: 700px)").matches || /Mobi/.test(navigator.userAgent);
  const system = navigator.userAgentData?.platform || /\((?:X11; )?([A-Za-z]+)/.exec(navigator.userAgent)?.[1] || "";
  return `${phone ? texts.page.phone : texts.page.computer} ${system}`.trim().slice(0, 40);
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
    this.media.addEventListener("problem", ({ detail }) => this.notices.show(texts.stage.noSound(detail.message), "problem"));
    this.stage = new Stage(connection, this.media);
    this.panels = { talk: new TalkPanel(this), be: new BePanel(this), operate: new OperatePanel(this) };
    connection.on("state", (state) => this._state(state));
    connection.on("notice", ({ text }) => this.notices.show(text));
    connection.on("error", ({ text }) => this.notices.show(text, "problem"));
    connection.on("levels", (levels) => this._levels(levels));
    this.media.addEventListener("path", () => this._state(connection.state));
    this._tabs();
    const asked = new URLSearchParams(location.search).get("role");
    this.choose(ROLES.includes(asked) ? asked : "talk");
    connection.on("welcome", () => {
      this._look(); // whether there is a camera is known only now
      this.panels[this.role].enter?.();
    });
    addEventListener("hashchange", () => {
      if (!location.hash.startsWith("#token=")) return;
      connection.token = takeToken();
      connection.again();
      byId("token-dialog").close();
    });
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
    this._look();
    if (this.connection.online) this.panels[role].enter?.();
  }

  _look() {
    const { look } = this.panels[this.role];
    this.media.show(look);
    this.stage.camera(look.camera);
  }

  _levels(levels) {
    this.stage.levels(levels);
    this.panels[this.role].levels(levels);
  }

  _tabs() {
    for (const role of ROLES) {
      const tab = byId(`tab-${role}`);
      tab.textContent = texts.roles[role].tab;
      tab.addEventListener("click", () => this.choose(role));
      byId(`panel-${role}`).append(this.panels[role].element);
    }
    byId("tabs").addEventListener("keydown", (event) => {
      const now = ROLES.indexOf(this.role);
      const to = { ArrowRight: now + 1, ArrowLeft: now - 1, Home: 0, End: ROLES.length - 1 }[event.key];
      if (to === undefined) return;
      event.preventDefault();
      const next = ROLES[(to + ROLES.length) % ROLES.length];
      this.choose(next);
      byId(`tab-${next}`).focus();
    });
    byId("tabs").setAttribute("aria-label", texts.page.roles);
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
    // What was measured last is no longer true.
    if (state !== "online") this._levels({ self: SILENT, other: SILENT });
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
          ofTab.set("token", input.value.trim());
          this.connection.token = input.value.trim();
          this.connection.again();
          dialog.close();
        },
      },
      h("h2", { id: "token-title" }, texts.token.title),
      this.connection.token && h("p", { class: "problem", role: "alert" }, texts.token.wrong),
      h("p", {}, texts.token.lead),
      h("label", { class: "field" }, h("span", {}, texts.token.label), input),
      h("div", { class: "row end" }, h("button", { class: "primary" }, texts.token.enter)),
    );
    dialog.replaceChildren(form);
    // Without a token nothing else works: the Escape key does not lead away from the question.
    dialog.onclose = () => this.connection.state === "token" && dialog.showModal();
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
