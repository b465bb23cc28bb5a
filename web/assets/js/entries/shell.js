/** What every page runs: the menu of small screens, the focus on an error summary. */
import { focusSummary } from "../shell/summary.js";
import { enhanceMenu } from "../shell/menu.js";

enhanceMenu(document);
focusSummary(document);
