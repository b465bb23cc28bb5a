/** The page of exports. */
import { followExports } from "../exports/follow.js";

followExports(document);
