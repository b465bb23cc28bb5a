/** The pages of the second factor: creating a passkey, answering with one. */
import { enhancePasskeys } from "../shell/passkeys.js";

enhancePasskeys(document);
