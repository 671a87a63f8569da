/** Signing out takes the customers' data that workbenches keep for bad networks off this device. */
import { forgetWorkbenches } from "../workbench/memory";

export function startSignOut(): void {
  document.addEventListener("submit", (event) => {
    const form = event.target as HTMLFormElement;
    if (form.getAttribute("action") === "/logout") void forgetWorkbenches();
  });
}
