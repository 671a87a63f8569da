/** A dialog that asks for one name. */
import { html } from "lit";
import { ApiError, showError } from "../api";
import { openDialog } from "../dialog/dialog";
import { t } from "../i18n";

export interface AskName {
  heading: string;
  label: string;
  value?: string;
  action: string;
  /** Carry out also what is left as it was. */
  always?: boolean;
  /** Carry it out; a refusal is shown beside the input and the dialog stays. */
  run(name: string): Promise<void>;
}

/** Ask for a name and do something with it; true if it was done. */
export async function askName(options: AskName): Promise<boolean> {
  const done = await openDialog<boolean>({
    heading: options.heading,
    body: html`<form class="field" @submit=${submit}>
      <label class="lab" for="ask-name">${options.label}</label>
      <input class="inp" id="ask-name" name="name" autofocus autocomplete="off" maxlength="100" .value=${options.value ?? ""} />
    </form>`,
    actions: [
      { label: t("取消"), value: false },
      { label: options.action, value: true, kind: "p" },
    ],
    before: (wanted, dialog) => (wanted ? attempt(options, dialog) : true),
  });
  return done === true;
}

/** Enter in the input presses the dialog's main button. */
function submit(event: Event): void {
  event.preventDefault();
  (event.target as HTMLElement).closest("dialog")?.querySelector<HTMLElement>(".dlg-f .btn.p")?.click();
}

async function attempt(options: AskName, dialog: HTMLElement): Promise<boolean> {
  const input = dialog.querySelector<HTMLInputElement>("#ask-name")!;
  const name = input.value.trim();
  if (!name) return refuse(input, t("先起个名字"));
  if (name === options.value && !options.always) return true;
  try {
    await options.run(name);
    return true;
  } catch (failure) {
    if (!(failure instanceof ApiError)) showError(failure);
    else refuse(input, failure.problems[0]?.message ?? failure.message);
    return false;
  }
}

function refuse(input: HTMLInputElement, message: string): false {
  input.parentElement!.querySelector("[data-problem]")?.remove();
  const hint = document.createElement("p");
  hint.className = "hint bad";
  hint.dataset.problem = "";
  hint.id = "ask-name-problem";
  hint.textContent = message;
  input.setAttribute("aria-invalid", "true");
  input.setAttribute("aria-describedby", hint.id);
  input.after(hint);
  input.focus();
  return false;
}
