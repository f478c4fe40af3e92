import { on } from "@telegram-apps/bridge";
import { router } from "../routes";
import { post } from "./events";

/** Show Telegram's back button wherever there is a screen to go back to. */
export function followBackButton(): void {
  const show = () => {
    const index = (history.state as { idx?: number } | null)?.idx ?? 0;
    post("web_app_setup_back_button", { is_visible: index > 0 });
  };
  show();
  router.subscribe(show);
  on("back_button_pressed", () => void router.navigate(-1));
}
