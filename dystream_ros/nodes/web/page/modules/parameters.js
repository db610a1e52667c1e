// Controls of the head's parameters, made from their description. What the node refuses is shown, and taken back.

import { card, h, setText } from "./dom.js";
import { texts } from "./texts.js";

const GROUPS = ["appearance", "behaviour", "other"];

export class Parameters {
  constructor(connection, notices) {
    this._connection = connection;
    this._notices = notices;
    this._rows = new Map();
    this._allowed = false;
    this._bodies = Object.fromEntries(GROUPS.map((group) => [group, h("div", { class: "parameters" })]));
    this.cards = [
      card(texts.operate.appearance, this._bodies.appearance),
      card(texts.operate.behaviour, this._bodies.behaviour),
      h("details", { class: "card" }, h("summary", {}, texts.operate.other), this._bodies.other),
    ];
    this._refused = new Set(); // their controls show what the head has, whatever was entered
    connection.on("parameters", ({ parameters }) => {
      parameters.forEach((each) => this._show(each));
      this._refused.clear();
    });
  }

  /** Whether this page may change them. */
  allow(allowed) {
    this._allowed = allowed;
    for (const { inputs } of this._rows.values()) inputs.forEach((input) => (input.disabled = !allowed));
  }

  _show(parameter) {
    if (!this._rows.has(parameter.name)) {
      const row = this._row(parameter);
      this._rows.set(parameter.name, row);
      this._bodies[parameter.group].append(row.element);
    }
    const row = this._rows.get(parameter.name);
    // What somebody is entering is not overwritten when another parameter changes.
    if (!row.edited || this._refused.has(parameter.name)) row.show(parameter.value);
    if (this._refused.has(parameter.name)) row.edited = false;
  }

  _row(parameter) {
    const make = parameter.name === "background" ? background : parameter.choices ? choice : { bool: flag, string: text }[parameter.type] ?? number;
    const { name, description } = parameter;
    const control = make(parameter, (value) => this._set(name, value));
    const note = texts.operate.applied[parameter.applies] ?? parameter.applies;
    const id = `parameter-${name}`;
    control.inputs[0].id = id;
    control.inputs.forEach((input) => {
      input.disabled = !this._allowed;
      input.setAttribute("aria-describedby", `${id}-text`);
    });
    const title = h("label", { for: id }, name.replaceAll("_", " "));
    const help = h("small", { id: `${id}-text` }, description.replaceAll("`", "") + (note ? ` (${note})` : ""));
    const row = { ...control, edited: false, element: h("div", { class: "parameter" }, title, h("div", { class: "control" }, control.elements), help) };
    for (const input of control.inputs) {
      input.addEventListener("input", () => (row.edited = true));
      input.addEventListener("change", () => (row.edited = false));
      input.addEventListener("blur", () => (row.edited = false));
    }
    return row;
  }

  /** Set what was entered; null: nothing that can be sent. */
  async _set(name, value) {
    try {
      if (value !== null) return await this._connection.request("set_parameter", { name, value });
    } catch (error) {
      this._notices.refused(error);
    }
    this._refused.add(name);
    this._connection.send("get_parameters");
  }
}

function flag({}, set) {
  const input = h("input", { type: "checkbox", role: "switch", onchange: () => set(input.checked) });
  return { inputs: [input], elements: [input], show: (value) => (input.checked = value) };
}

function choice({ choices, type }, set) {
  const select = h("select", { onchange: () => set(type === "integer" ? Number(select.value) : select.value) });
  return {
    inputs: [select],
    elements: [select],
    show(value) {
      const all = choices.includes(value) ? choices : [...choices, value];
      // An open list would close when its options are made anew.
      if ([...select.options].map((each) => each.value).join("\n") !== all.map(String).join("\n"))
        select.replaceChildren(...all.map((each) => h("option", { value: each }, String(each))));
      if (select.value !== String(value)) select.value = value;
    },
  };
}

function background({ choices }, set) {
  const select = choice({ choices }, set);
  const colour = h("input", { type: "color", "aria-label": texts.operate.colour, onchange: () => set(colour.value) });
  return {
    inputs: [...select.inputs, colour],
    elements: [...select.elements, colour],
    show(value) {
      select.show(value);
      if (/^#[0-9a-f]{6}$/i.test(value)) colour.value = value;
    },
  };
}

function text({}, set) {
  const input = h("input", { type: "text", maxlength: 100, onchange: () => set(input.value) });
  return { inputs: [input], elements: [input], show: (value) => (input.value = value) };
}

function number({ type, minimum, maximum }, set) {
  const whole = type === "integer";
  const slides = minimum !== null && maximum !== null && maximum - minimum <= (whole ? 100 : 10);
  const step = whole ? 1 : "any";
  const input = h("input", {
    type: slides ? "range" : "number",
    min: minimum,
    max: maximum,
    step: slides && !whole ? roundStep((maximum - minimum) / 100) : step,
    oninput: () => setText(output, input.value),
    onchange: () => set(input.value === "" ? null : Number(input.value)),
  });
  const output = h("output", { "aria-hidden": "true", hidden: !slides });
  return {
    inputs: [input],
    elements: [input, output],
    show(value) {
      input.value = value ?? "";
      setText(output, value === null ? "" : String(Math.round(100 * value) / 100));
    },
  };
}

/** The largest of 1, 2 and 5 times a power of ten that is not above `most`: round values can be set exactly. */
function roundStep(most) {
  const power = 10 ** Math.floor(Math.log10(most * (1 + 1e-9)));
  return Number(([5, 2, 1].find((factor) => factor * power <= most * (1 + 1e-9)) * power).toPrecision(6));
}
