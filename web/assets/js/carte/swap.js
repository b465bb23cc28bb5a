/**
 * Another query without another page: the server's page is read and its parts are put in place,
 * the map stays. Leaves the query itself to the server, which alone knows its normal form.
 */
import { readConfig } from "./config.js";
import { getPage } from "./load.js";

export class Swap {
  constructor(root, onConfig) {
    this.root = root;
    this.onConfig = onConfig;
    this.path = location.pathname;
    root.addEventListener("click", (event) => this.clicked(event));
    root.addEventListener("submit", (event) => this.submitted(event));
    root.addEventListener("change", (event) => this.changed(event));
    this.query = location.search;
    // The camera moves in the hash: only another query is another state.
    addEventListener("popstate", () => {
      if (location.search !== this.query) this.go(location.href, { push: false });
    });
  }

  clicked(event) {
    const link = event.target.closest("a[data-swap-link]");
    if (!link || event.metaKey || event.ctrlKey || event.shiftKey || event.button !== 0) return;
    event.preventDefault();
    this.go(link.href);
  }

  submitted(event) {
    const form = event.target.closest("form[data-filtres]");
    if (!form) return;
    event.preventDefault();
    this.send(form);
  }

  changed(event) {
    const form = event.target.closest("form[data-filtres]");
    if (form && event.target.matches("input[type=checkbox]")) this.send(form);
  }

  send(form) {
    const sent = new URLSearchParams(new FormData(form));
    this.go(`${form.action}?${sent}`);
  }

  /** Read a page of ours and put its parts in place; a page that cannot be read is gone to. */
  async go(address, { push = true } = {}) {
    const wanted = new URL(address, location.origin);
    if (wanted.pathname !== this.path) {
      location.assign(wanted);
      return;
    }
    this.abort?.abort();
    this.abort = new AbortController();
    this.root.setAttribute("aria-busy", "true");
    try {
      const page = await getPage(wanted.href, this.abort.signal);
      this.place(page.document);
      if (push) history.pushState(null, "", withCamera(page.address));
      this.query = location.search;
      this.onConfig(readConfig());
    } catch (error) {
      if (error.name !== "AbortError") location.assign(wanted);
      return;
    }
    this.root.removeAttribute("aria-busy");
  }

  place(other) {
    const focused = document.activeElement?.id;
    for (const part of document.querySelectorAll("[data-swap]")) {
      const fresh = other.querySelector(`[data-swap="${part.dataset.swap}"]`);
      if (fresh) part.replaceChildren(...fresh.childNodes);
    }
    document.title = other.title;
    if (focused) document.getElementById(focused)?.focus();
  }
}

function withCamera(address) {
  const url = new URL(address);
  url.hash = location.hash;
  return url.href;
}
