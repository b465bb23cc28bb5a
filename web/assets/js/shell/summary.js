/** Puts the focus on the summary of errors of a form, so that it is read first. */

/** @param {Document} page */
export function focusSummary(page) {
  page.querySelector("[data-focus]")?.focus();
}
