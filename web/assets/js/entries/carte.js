/** Entry of the territorial view. */
import { Page } from "../carte/page.js";

const root = document.querySelector("[data-carte]");
if (root) new Page(root).start();
