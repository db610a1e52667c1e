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
    connection.on("parameters", ({ parameters }) => parameters.forEach((each) => this._show(each)));
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
    this._rows.get(parameter.name).show(parameter.value);
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
    return { ...control, element: h("div", { class: "parameter" }, title, h("div", { class: "control" }, control.elements), help) };
  }

  async _set(name, value) {
    try {
      await this._connection.request("set_parameter", { name, value });
    } catch (error) {
      this._notices.refused(error);
      this._connection.send("get_parameters");
    }
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
      select.replaceChildren(...all.map((each) => h("option", { value: each }, String(each))));
      select.value = value;
    },
  };
}

function background({ choices }, set) {
  const select = choice({ choices }, set);
  const colour = h("input", { type: "color", "aria-label": "Colour", onchange: () => set(colour.value) });
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
    step: slides && !whole ? (maximum - minimum) / 100 : step,
    oninput: () => setText(output, input.value),
    onchange: () => input.value !== "" && set(Number(input.value)),
  });
  const output = h("output", { "aria-hidden": "true", hidden: !slides });
  return {
    inputs: [input],
    elements: [input, output],
    show(value) {
      if (document.activeElement !== input || !slides) input.value = value;
      setText(output, String(Math.round(100 * value) / 100));
    },
  };
}
