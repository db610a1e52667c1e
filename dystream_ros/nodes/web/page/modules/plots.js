// Meters and live plots on canvas. Colours come from the style sheet, so that light and dark hold here too.

import { texts } from "./texts.js";

const FLOOR_DB = -60;

// A longer pause between two points is a gap: nobody looked.
const GAP_MS = 2500;

/** A canvas whose pixels follow its size and the screen's density. */
export class Surface {
  constructor(canvas) {
    this.canvas = canvas;
    this.context = canvas.getContext("2d");
  }

  /** The context, cleared, in units of CSS pixels; null while the canvas is not shown. */
  begin() {
    const { clientWidth: width, clientHeight: height } = this.canvas;
    if (!width || !height) return null;
    const density = window.devicePixelRatio || 1;
    const [wide, high] = [Math.round(width * density), Math.round(height * density)];
    if (this.canvas.width !== wide || this.canvas.height !== high) [this.canvas.width, this.canvas.height] = [wide, high];
    this.context.setTransform(density, 0, 0, density, 0, 0);
    this.context.clearRect(0, 0, width, height);
    this.style = getComputedStyle(this.canvas);
    return { context: this.context, width, height };
  }

  colour(name) {
    return this.style.getPropertyValue(`--${name}`).trim();
  }
}

const dark = window.matchMedia("(prefers-color-scheme: dark)");
const scaled = (db) => Math.max(0, Math.min(1, (db - FLOOR_DB) / -FLOOR_DB));

/** A level of a party, -60 to 0 dBFS, with a peak that falls slowly. */
export class Meter {
  constructor(canvas, colour, label) {
    this.surface = new Surface(canvas);
    this.colour = colour;
    this.label = label;
    this.peak = 0;
    this.shown = FLOOR_DB;
    canvas.setAttribute("role", "meter");
    canvas.setAttribute("aria-label", label);
    canvas.setAttribute("aria-valuemin", FLOOR_DB);
    canvas.setAttribute("aria-valuemax", 0);
    dark.addEventListener("change", () => this._draw()); // also where no level arrives
  }

  show(rms, peak = rms) {
    const value = Math.round(Math.max(FLOOR_DB, Math.min(0, rms)));
    this.surface.canvas.setAttribute("aria-valuenow", value);
    this.surface.canvas.setAttribute("aria-valuetext", rms <= FLOOR_DB ? texts.meter.silence : texts.meter.level(value));
    this.shown = rms;
    this.peak = Math.max(scaled(peak), this.peak - 0.02);
    this._draw();
  }

  _draw() {
    const drawn = this.surface.begin();
    if (!drawn) return;
    const { context, width, height } = drawn;
    context.fillStyle = this.surface.colour("track");
    context.beginPath();
    context.roundRect(0, 0, width, height, height / 2);
    context.fill();
    context.save();
    context.clip();
    context.fillStyle = this.surface.colour(this.colour);
    context.fillRect(0, 0, width * scaled(this.shown), height);
    if (this.peak > 0.02) context.fillRect(Math.max(0, width * this.peak - 2), 0, 2, height);
    context.restore();
  }
}

/**
 * Lines over the last seconds. `series`: [{key, colour, label}]; `add` takes a value for each key (null: a gap).
 */
export class LinePlot {
  constructor(canvas, series, { seconds = 30, low = 0, high = null, unit = "" } = {}) {
    this.surface = new Surface(canvas);
    this.series = series;
    this.options = { seconds, low, high, unit };
    this.points = [];
    canvas.setAttribute("role", "img");
  }

  add(values, now = performance.now()) {
    this.points.push({ now, values });
    while (this.points.length && now - this.points[0].now > 1000 * this.options.seconds) this.points.shift();
  }

  draw(now = performance.now()) {
    const drawn = this.surface.begin();
    if (!drawn) return;
    const { context, width, height } = drawn;
    const { seconds, low, unit } = this.options;
    const all = this.points.flatMap((point) => this.series.map(({ key }) => point.values[key] ?? low));
    const high = this.options.high ?? niceAbove(Math.max(low + 1, ...all));
    const [left, top, bottom] = [34, 8, 8];
    const y = (value) => top + (height - top - bottom) * (1 - (Math.max(low, Math.min(high, value)) - low) / (high - low));
    grid(this.surface, context, { left, width, low, high, y, unit });
    context.lineWidth = 1.75;
    context.lineJoin = "round";
    for (const { key, colour } of this.series) {
      context.strokeStyle = this.surface.colour(colour);
      context.beginPath();
      let pen = false;
      let last = -Infinity;
      for (const { now: at, values } of this.points) {
        const value = values[key];
        if (value === null || value === undefined) {
          pen = false;
          continue;
        }
        const x = left + (width - left) * (1 - (now - at) / (1000 * seconds));
        if (pen && at - last <= GAP_MS) context.lineTo(x, y(value));
        else context.moveTo(x, y(value));
        pen = true;
        last = at;
      }
      context.stroke();
    }
  }
}

/** Stacked areas of the parts of a sum, over the last seconds. */
export class StackPlot {
  constructor(canvas, seconds = 60) {
    this.surface = new Surface(canvas);
    this.seconds = seconds;
    this.points = [];
    canvas.setAttribute("role", "img");
  }

  add(parts, now = performance.now()) {
    this.points.push({ now, parts: new Map(parts.map(({ name, p50 }) => [name, p50])) });
    while (this.points.length && now - this.points[0].now > 1000 * this.seconds) this.points.shift();
  }

  draw(names, now = performance.now()) {
    const drawn = this.surface.begin();
    if (!drawn) return;
    const { context, width, height } = drawn;
    const sums = this.points.map(({ parts }) => [...parts.values()].reduce((sum, value) => sum + value, 0));
    const high = niceAbove(Math.max(50, ...sums));
    const [left, top, bottom] = [34, 8, 8];
    const y = (value) => top + (height - top - bottom) * (1 - value / high);
    const x = (at) => left + (width - left) * (1 - (now - at) / (1000 * this.seconds));
    for (const points of pieces(this.points)) {
      const base = points.map(() => 0);
      names.forEach((name, index) => {
        const upper = points.map(({ parts }, k) => base[k] + (parts.get(name) ?? 0));
        context.fillStyle = this.surface.colour(`part-${index + 1}`);
        context.beginPath();
        points.forEach(({ now: at }, k) => context.lineTo(x(at), y(upper[k])));
        for (let k = points.length - 1; k >= 0; k--) context.lineTo(x(points[k].now), y(base[k]));
        context.fill();
        upper.forEach((value, k) => (base[k] = value));
      });
    }
    grid(this.surface, context, { left, width, low: 0, high, y, unit: " ms" });
  }
}

/** Runs of points without a gap between them. */
function pieces(points) {
  const found = [];
  points.forEach((point, k) => {
    if (k === 0 || point.now - points[k - 1].now > GAP_MS) found.push([]);
    found.at(-1).push(point);
  });
  return found;
}

function grid(surface, context, { left, width, low, high, y, unit }) {
  context.font = `11px ${surface.style.fontFamily}`;
  context.textBaseline = "middle";
  context.textAlign = "right";
  context.lineWidth = 1;
  for (const value of [low, (low + high) / 2, high]) {
    context.strokeStyle = surface.colour("line");
    context.beginPath();
    context.moveTo(left, Math.round(y(value)) + 0.5);
    context.lineTo(width, Math.round(y(value)) + 0.5);
    context.stroke();
    context.fillStyle = surface.colour("muted");
    context.fillText(`${Math.round(value)}${value === high && unit.length < 2 ? unit : ""}`, left - 6, y(value));
  }
}

function niceAbove(value) {
  const power = 10 ** Math.floor(Math.log10(value));
  return [1, 1.5, 2, 3, 4, 5, 6, 8, 10].map((factor) => factor * power).find((each) => each >= value);
}
