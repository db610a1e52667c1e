// Operate it: how the head is doing, and what it should do.

import { Diagnostics } from "./diagnostics.js";
import { card, h, setText, toggle } from "./dom.js";
import { Parameters } from "./parameters.js";
import { LinePlot, Meter, StackPlot } from "./plots.js";
import { Recordings } from "./recordings.js";
import { texts } from "./texts.js";

const PARTS = Object.keys(texts.operate.parts);
const FIGURES = ["frame_rate", "picture_rate", "frames_dropped", "images_dropped", "latency", "processing", "queued", "degradation"];
const COMMANDS = ["activate", "deactivate", "configure", "cleanup", "reset", "interrupt"];
const FITTING = {
  missing: [],
  unconfigured: ["configure"],
  inactive: ["activate", "cleanup"],
  active: ["deactivate", "reset", "interrupt"],
};

export class OperatePanel {
  constructor({ connection, media, seats, notices }) {
    Object.assign(this, { connection, media, seats, notices });
    this._parameters = new Parameters(connection, notices);
    this._recordings = new Recordings(connection, notices);
    this._diagnostics = new Diagnostics(connection);
    const left = [this._seatCard(), this._stateCard(), this._levelsCard(), this._latencyCard(), this._stagesCard()];
    const right = [this._diagnostics.element, ...this._parameters.cards, this._recordings.element, this._peopleCard()];
    this.element = h("div", { class: "panel wide" }, h("div", { class: "column" }, left), h("div", { class: "column" }, right));
    seats.addEventListener("change", () => this._showSeat());
    connection.on("status", (status) => this._status(status));
    connection.on("motion", (motion) => this._motion(motion));
    connection.on("latency", (latency) => this._latency(latency));
    this._showSeat();
  }

  look = { face: true, hear: "none", camera: false };

  enter() {
    this.connection.send("get_parameters");
    // Who has the controls keeps them: looking is free, and the button asks.
    this.seats.take("control", { quiet: true });
  }

  leave() {
    this.seats.release("control");
  }

  levels(levels) {
    for (const party of ["self", "other"]) {
      const { rms, peak, speaking, receiving } = levels[party];
      this._meters[party].show(rms, peak);
      const said = !receiving ? texts.operate.absent : speaking ? texts.operate.speaking : texts.operate.silent;
      setText(this._who[party], said);
      this._who[party].classList.toggle("live", speaking);
    }
    this._levelPlot.add({ self: Math.max(-60, levels.self.rms), other: Math.max(-60, levels.other.rms) });
  }

  draw() {
    this._levelPlot.draw();
    this._latencyPlot.draw(PARTS);
  }

  _seatCard() {
    this._seatText = h("p", {});
    this._seatButton = h("button", { onclick: () => (this.seats.mine("control") ? this.seats.release("control") : this.seats.take("control")) });
    return h("section", { class: "card slim" }, h("div", { class: "row between" }, this._seatText, this._seatButton));
  }

  _stateCard() {
    this._state = h("strong", { class: "badge" });
    this._buttons = Object.fromEntries(
      COMMANDS.map((name) => [name, h("button", { onclick: () => this._command(name) }, texts.operate.commands[name])]),
    );
    this._rest = Object.fromEntries(
      ["mute", "idle", "sleep"].map((name) => [name, toggle(texts.operate.commands[name], false, (on) => this._command(name, on))]),
    );
    this._figures = Object.fromEntries(FIGURES.map((name) => [name, h("dd", {}, "–")]));
    const figures = FIGURES.map((name) => h("div", {}, h("dt", {}, texts.operate.figures[name]), this._figures[name]));
    return card(
      texts.operate.state,
      h("div", { class: "row" }, this._state, Object.values(this._buttons)),
      h("div", { class: "row", role: "group", "aria-label": texts.operate.rest }, Object.values(this._rest).map(({ element }) => element)),
      h("dl", { class: "figures" }, figures),
    );
  }

  _levelsCard() {
    this._meters = {};
    this._who = {};
    const rows = ["self", "other"].map((party) => {
      const canvas = h("canvas", { class: "meter" });
      this._meters[party] = new Meter(canvas, party, texts.operate.parties[party]);
      this._who[party] = h("small", { class: "who" });
      return h("div", { class: "meter-row" }, h("span", {}, texts.operate.parties[party]), canvas, this._who[party]);
    });
    const plot = h("canvas", { class: "plot", "aria-label": texts.operate.levels });
    const series = [{ key: "self", colour: "self" }, { key: "other", colour: "other" }];
    this._levelPlot = new LinePlot(plot, series, { low: -60, high: 0 });
    const choices = ["none", "self", "other", "both"].map((value) => h("option", { value }, texts.operate.hearChoices[value]));
    const hear = h("select", { onchange: () => this._listen(hear.value) }, choices);
    return card(texts.operate.levels, rows, plot, h("label", { class: "field" }, h("span", {}, texts.operate.hear), hear));
  }

  _latencyCard() {
    this._total = h("p", { class: "total" }, texts.operate.latencyNone);
    const plot = h("canvas", { class: "plot", "aria-label": texts.operate.latency });
    this._latencyPlot = new StackPlot(plot);
    this._parts = Object.fromEntries(PARTS.map((name) => [name, h("span", {}, "–")]));
    const legend = PARTS.map((name, k) => h("li", {}, h("i", { class: `part-${k + 1}` }), `${texts.operate.parts[name]} `, this._parts[name]));
    return card(texts.operate.latency, this._total, plot, h("ul", { class: "legend" }, legend));
  }

  _stagesCard() {
    this._stages = h("tbody", {});
    const head = h("tr", {}, h("th", { scope: "col" }, texts.operate.stage), texts.operate.quantiles.map((each) => h("th", { scope: "col" }, each)));
    const table = h("table", {}, h("thead", {}, head), this._stages);
    return h("details", { class: "card" }, h("summary", {}, texts.operate.stages), table);
  }

  _peopleCard() {
    this._people = h("ul", { class: "people" });
    return card(texts.operate.people, this._people);
  }

  _showSeat() {
    const mine = this.seats.mine("control");
    const holder = this.seats.seats.control;
    const others = holder ? texts.seats.taken(holder.name, texts.seats.control) : texts.seats.readOnly;
    setText(this._seatText, mine ? texts.seats.yours : others);
    setText(this._seatButton, mine ? texts.seats.release : texts.seats.take);
    this._parameters.allow(mine);
    this._recordings.allow(mine);
    this._mine = mine;
    this._allow();
  }

  _allow() {
    const fitting = FITTING[this._head] ?? [];
    for (const [name, button] of Object.entries(this._buttons)) {
      button.hidden = !fitting.includes(name);
      button.disabled = !this._mine;
    }
    for (const { input } of Object.values(this._rest)) input.disabled = !this._mine || this._head !== "active";
  }

  async _command(name, on = true) {
    try {
      await this.connection.request("command", ["mute", "idle", "sleep"].includes(name) ? { name, on } : { name });
    } catch (error) {
      this.notices.refused(error);
      if (this._rest[name]) this._rest[name].input.checked = !on;
    }
  }

  async _listen(hear) {
    await this.media.unlock();
    this.look.hear = hear;
    this.media.show({ hear });
  }

  _status(status) {
    this._head = status.head;
    setText(this._state, texts.operate.states[status.head] ?? status.head);
    this._state.dataset.state = status.head;
    this._allow();
    for (const [name, { input }] of Object.entries(this._rest)) input.checked = status.rest[name];
    const show = (name, text) => setText(this._figures[name], text);
    show("frame_rate", status.frame_rate.toFixed(1));
    show("picture_rate", status.picture_rate.toFixed(1));
    show("frames_dropped", String(status.frames_dropped));
    show("images_dropped", String(status.images_dropped));
    show("queued", `${status.self.queued_s.toFixed(1)} s`);
    show("degradation", texts.operate.degradation[status.degradation]);
    const cells = ({ name, p50, p95 }) => h("tr", {}, h("td", {}, name), h("td", {}, p50.toFixed(1)), h("td", {}, p95.toFixed(1)));
    this._stages.replaceChildren(...status.stages.map(cells));
    this._people.replaceChildren(...status.pages.map((page) => this._person(page)));
    this._recordings.status(status);
  }

  _person({ name, you, path, seats, microphone }) {
    const notes = [you && texts.operate.you, ...seats.map((seat) => texts.seats[seat]), microphone && texts.operate.microphoneOpen];
    return h("li", {}, h("strong", {}, name), h("small", {}, [texts.connection.path[path] ?? path, ...notes.filter(Boolean)].join(", ")));
  }

  _motion({ latency_ms, processing_ms }) {
    setText(this._figures.latency, `${Math.round(latency_ms)} ms`);
    setText(this._figures.processing, `${processing_ms.toFixed(1)} ms`);
  }

  _latency({ parts, total }) {
    this._latencyPlot.add(parts);
    setText(this._total, total ? texts.operate.total(Math.round(total.p50), Math.round(total.p95)) : texts.operate.latencyNone);
    const known = new Map(parts.map((part) => [part.name, part]));
    for (const name of PARTS) setText(this._parts[name], known.has(name) ? `${Math.round(known.get(name).p50)} ms` : "–");
  }
}
