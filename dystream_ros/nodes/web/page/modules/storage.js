// What the browser keeps for the page. A browser that keeps nothing (cookies blocked) refuses even to be asked.

/** Text by name for this tab, or with `localStorage` for all tabs; in memory where the browser refuses. */
export class Kept {
  constructor(kind) {
    this._memory = new Map();
    try {
      this._store = window[kind];
    } catch {
      this._store = null;
    }
  }

  get(name) {
    return this._memory.get(name) ?? this._store?.getItem(name) ?? null;
  }

  set(name, value) {
    this._memory.set(name, value);
    try {
      this._store?.setItem(name, value);
    } catch {
      // Full, or refused: it is kept as long as the page is open.
    }
  }
}

export const ofTab = new Kept("sessionStorage");
export const ofBrowser = new Kept("localStorage");
