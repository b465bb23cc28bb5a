/** Asks /geocodage/ one thing at a time: a new question ends the one before it. */

export class Asker {
  constructor(address) {
    this.address = address;
  }

  /** `{results, note}`, or null when a newer question was asked or the server refused. */
  async ask(text, near) {
    this.under?.abort();
    this.under = new AbortController();
    const query = new URLSearchParams({ q: text });
    if (near) {
      query.set("lon", near[0].toFixed(3));
      query.set("lat", near[1].toFixed(3));
    }
    try {
      const response = await fetch(`${this.address}?${query}`, {
        signal: this.under.signal,
        headers: { Accept: "application/json" },
      });
      const body = await response.json();
      return response.ok ? body : { results: [], note: body.detail ?? "" };
    } catch (error) {
      if (error.name === "AbortError") return null;
      return { results: [], note: "La recherche ne répond pas : écrivez les coordonnées." };
    }
  }
}
